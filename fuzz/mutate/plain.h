/* The mutation that libFuzzer does by itself. */
#ifndef SHK_FUZZ_MUTATE_PLAIN_H
#define SHK_FUZZ_MUTATE_PLAIN_H

#include <stddef.h>
#include <stdint.h>

#if defined(__has_feature)
#if __has_feature(memory_sanitizer)
#include <sanitizer/msan_interface.h>
#define SHK_HAS_VALUE(data, len) __msan_unpoison(data, len)
#endif
#endif
#ifndef SHK_HAS_VALUE
#define SHK_HAS_VALUE(data, len) ((void)0)
#endif

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t cap);

/* MemorySanitizer does not see what libFuzzer writes, since that is not built with it. */
static inline size_t shk_mutate_plain(uint8_t *data, size_t size, size_t cap)
{
    size_t len = LLVMFuzzerMutate(data, size, cap);
    SHK_HAS_VALUE(data, len);
    return len;
}

#endif
