/* What libFuzzer has and other engines lack, for SHK_FUZZING_ENGINE. */
#include <stddef.h>
#include <stdint.h>

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t cap) __attribute__((weak));

/* libFuzzer's own comes first. An engine without one mutates by itself, and calls no mutator of
 * ours. */
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t cap)
{
    (void)data;
    return size < cap ? size : cap;
}
