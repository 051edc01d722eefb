/* The toy's one function: a sum over bytes, and bytes made of a number (sim/toy_parts.h). */
#include <string.h>

#include "sim/toy_parts.h"

#define MULTIPLIER UINT64_C(0x9e3779b97f4a7c15)

static uint64_t mix(uint64_t state, uint64_t word)
{
    state = (state ^ word) * MULTIPLIER;
    return state ^ state >> 29;
}

shk_toy_sum shk_toy_sum_begin(uint64_t key)
{
    return (shk_toy_sum){.state = mix(key, MULTIPLIER)};
}

static void add_byte(shk_toy_sum *sum, uint8_t byte)
{
    sum->word |= (uint64_t)byte << (8 * (sum->len % 8));
    if (++sum->len % 8 == 0) {
        sum->state = mix(sum->state, sum->word);
        sum->word = 0;
    }
}

void shk_toy_sum_add(shk_toy_sum *sum, shk_span bytes)
{
    size_t i = 0;
    while (i < bytes.len && sum->len % 8 != 0)
        add_byte(sum, bytes.data[i++]);
    for (; bytes.len - i >= 8; i += 8) {
        const uint8_t *at = bytes.data + i;
        uint64_t word = (uint64_t)at[0] | (uint64_t)at[1] << 8 | (uint64_t)at[2] << 16 |
                        (uint64_t)at[3] << 24 | (uint64_t)at[4] << 32 | (uint64_t)at[5] << 40 |
                        (uint64_t)at[6] << 48 | (uint64_t)at[7] << 56;
        sum->state = mix(sum->state, word);
        sum->len += 8;
    }
    while (i < bytes.len)
        add_byte(sum, bytes.data[i++]);
}

uint64_t shk_toy_sum_end(const shk_toy_sum *sum)
{
    return mix(mix(sum->state, sum->word), sum->len);
}

uint64_t shk_toy_sum_of(uint64_t key, shk_span bytes)
{
    shk_toy_sum sum = shk_toy_sum_begin(key);
    shk_toy_sum_add(&sum, bytes);
    return shk_toy_sum_end(&sum);
}

static uint64_t nth_word(uint64_t number, size_t i)
{
    return mix(mix(number, i), MULTIPLIER);
}

void shk_toy_hide(uint64_t number, shk_span in, uint8_t *out)
{
    uint64_t word = 0;
    for (size_t i = 0; i < in.len; i++) {
        if (i % 8 == 0)
            word = nth_word(number, i / 8);
        out[i] = (uint8_t)(in.data[i] ^ word >> (8 * (i % 8)));
    }
}

void shk_toy_expand(uint64_t number, uint8_t *out, size_t len)
{
    memset(out, 0, len);
    shk_toy_hide(number, shk_span_of(out, len), out);
}

bool shk_toy_is_expanded(uint64_t number, shk_span bytes)
{
    uint64_t word = 0;
    for (size_t i = 0; i < bytes.len; i++) {
        if (i % 8 == 0)
            word = nth_word(number, i / 8);
        if (bytes.data[i] != (uint8_t)(word >> (8 * (i % 8))))
            return false;
    }
    return true;
}
