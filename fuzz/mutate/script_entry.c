/* libFuzzer's mutator of targets whose input is a script; link it to them. */
#include "mutate/plain.h"
#include "mutate/script.h"

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t cap, unsigned seed);
size_t LLVMFuzzerCustomCrossOver(const uint8_t *first, size_t first_len, const uint8_t *second,
                                 size_t second_len, uint8_t *out, size_t cap, unsigned seed);

/* libFuzzer hands no context to its callbacks. */
static shk_mutator mutator = {.plain = shk_mutate_plain};

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t cap, unsigned seed)
{
    return shk_mutator_is_on(&mutator) ? shk_mutate_script(&mutator, data, size, cap, seed)
                                       : shk_mutate_plain(data, size, cap);
}

size_t LLVMFuzzerCustomCrossOver(const uint8_t *first, size_t first_len, const uint8_t *second,
                                 size_t second_len, uint8_t *out, size_t cap, unsigned seed)
{
    if (!shk_mutator_is_on(&mutator))
        return 0;
    return shk_cross_scripts(&mutator, shk_span_of(first, first_len),
                             shk_span_of(second, second_len), out, cap, seed);
}
