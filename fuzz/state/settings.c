/* Headers of inputs of stateful targets (state/settings.h). */
#include "state/settings.h"

#include <string.h>

enum {
#define SHK_STATE_SETTING(name, bits)                                                              \
    BITS_BEFORE_##name, LAST_OF_##name = BITS_BEFORE_##name + bits - 1,
#include "state/settings.def"
#undef SHK_STATE_SETTING
    BITS
};

enum { RECORD_HEADER = 5 };

_Static_assert(BITS <= 64, "the settings fit into 8 bytes");

static uint64_t bits_of(const shk_state_settings *settings)
{
    uint64_t bits = 0;
#define SHK_STATE_SETTING(name, count)                                                             \
    bits |= (uint64_t)(settings->name & ((1u << (count)) - 1)) << BITS_BEFORE_##name;
#include "state/settings.def"
#undef SHK_STATE_SETTING
    return bits;
}

shk_state_input shk_state_input_of(shk_span bytes)
{
    uint8_t header[SHK_STATE_HEADER] = {0};
    shk_state_input input = {.stream = bytes};
    size_t len = bytes.len < sizeof header ? bytes.len : sizeof header;
    if (len > 0)
        memcpy(header, bytes.data, len);
    uint64_t bits = 0;
    for (size_t i = 0; i < 8; i++)
        bits |= (uint64_t)header[i] << (8 * i);
#define SHK_STATE_SETTING(name, count)                                                             \
    input.settings.name = (uint8_t)(bits >> BITS_BEFORE_##name & ((1u << (count)) - 1));
#include "state/settings.def"
#undef SHK_STATE_SETTING
    for (size_t i = 0; i < SHK_STATE_ACTIONS; i++)
        input.steps[i] = (shk_state_step){header[8 + 2 * i],
                                          (shk_state_action)(header[9 + 2 * i] % SHK_ACTION_COUNT)};
    shk_state_settings uncut = input.settings;
    uncut.cut = 0;
    input.bits = bits_of(&uncut);
    input.stream = shk_span_of(bytes.data + len, bytes.len - len);
    return input;
}

size_t shk_state_record_len(shk_span stream)
{
    size_t len = stream.len;
    if (stream.len >= RECORD_HEADER)
        len = RECORD_HEADER + ((size_t)stream.data[3] << 8 | stream.data[4]);
    return len < stream.len ? len : stream.len;
}

void shk_state_write_header(const shk_state_settings *settings, const shk_state_step *steps,
                            uint8_t header[SHK_STATE_HEADER])
{
    uint64_t bits = bits_of(settings);
    for (size_t i = 0; i < 8; i++)
        header[i] = (uint8_t)(bits >> (8 * i));
    for (size_t i = 0; i < SHK_STATE_ACTIONS; i++) {
        header[8 + 2 * i] = steps[i].after;
        header[9 + 2 * i] = (uint8_t)steps[i].action;
    }
}
