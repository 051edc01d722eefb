/* Allocations that fail (support/failing_allocator.h). */
#include "failing_allocator.h"

#include <openssl/crypto.h>

test_allocations test_own_allocations, test_libcrypto_allocations;

/* Counts one; whether it has to fail. */
static bool next_fails(test_allocations *a)
{
    a->count++;
    return a->fail_at != 0 && (a->lasting ? a->count >= a->fail_at : a->count == a->fail_at);
}

static void *resize_own(void *context, void *old, size_t old_size, size_t new_size)
{
    (void)context;
    if (new_size > 0 && next_fails(&test_own_allocations))
        return NULL;
    return shk_libc_allocator.resize(NULL, old, old_size, new_size);
}

const shk_allocator test_failing_allocator = {resize_own, NULL};

static void *resize_libcryptos(void *old, size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    if (test_libcrypto_allocations.on && size > 0 && next_fails(&test_libcrypto_allocations))
        return NULL;
    return shk_libc_allocator.resize(NULL, old, 0, size);
}

static void *allocate_libcryptos(size_t size, const char *file, int line)
{
    return resize_libcryptos(NULL, size, file, line);
}

static void free_libcryptos(void *old, const char *file, int line)
{
    resize_libcryptos(old, 0, file, line);
}

bool test_watch_libcrypto_allocations(void)
{
    return CRYPTO_set_mem_functions(allocate_libcryptos, resize_libcryptos, free_libcryptos) == 1;
}
