/* Memory accounts (oracle/memory.h): malloc and its like in place of the C library's. A linked
 * library calls these too, since a program's symbols come before those of libraries. */
#include "oracle/memory.h"

#include <stdlib.h>

#if defined(__SANITIZE_ADDRESS__)
#define COUNTED 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define COUNTED 0
#endif
#endif
#if !defined(COUNTED) && defined(__GLIBC__)
#define COUNTED 1
#endif

/* The one state that no argument can hand down: libraries call malloc without any. */
static _Thread_local shk_memory *account;

bool shk_memory_is_counted(void)
{
    return COUNTED;
}

shk_memory *shk_memory_open(shk_memory *opened)
{
    shk_memory *before = account;
    account = opened;
    return before;
}

#if COUNTED
#include <errno.h>
#include <malloc.h>

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);
void *__libc_memalign(size_t alignment, size_t size);
void __libc_free(void *block);

/* Whether the account may take `size` bytes more. */
static bool may_take(size_t size)
{
    if (account == NULL || account->limit == 0)
        return true;
    if (size <= INT64_MAX / 2 && account->live + (int64_t)size <= account->limit)
        return true;
    account->refused = true;
    errno = ENOMEM;
    return false;
}

static void *count_taken(void *block)
{
    if (account == NULL || block == NULL)
        return block;
    account->live += (int64_t)malloc_usable_size(block);
    account->allocations++;
    if (account->live > account->peak)
        account->peak = account->live;
    return block;
}

/* NOLINTBEGIN(readability-identifier-naming): the names are those of the C library. */
void *malloc(size_t size)
{
    return may_take(size) ? count_taken(__libc_malloc(size)) : NULL;
}

void *calloc(size_t count, size_t size)
{
    const bool fits = count == 0 || size <= SIZE_MAX / count;
    return may_take(fits ? count * size : SIZE_MAX) ? count_taken(__libc_calloc(count, size))
                                                    : NULL;
}

/* While the bytes move, the old block and the new one may both be held; only one is counted. */
void *realloc(void *old, size_t size)
{
    const size_t before = old != NULL ? malloc_usable_size(old) : 0;
    if (size > before && !may_take(size - before))
        return NULL;
    void *block = __libc_realloc(old, size);
    if (account != NULL && (block != NULL || size == 0))
        account->live -= (int64_t)before;
    return count_taken(block);
}

void *memalign(size_t alignment, size_t size)
{
    return may_take(size) ? count_taken(__libc_memalign(alignment, size)) : NULL;
}

void *aligned_alloc(size_t alignment, size_t size)
{
    return memalign(alignment, size);
}

int posix_memalign(void **out, size_t alignment, size_t size)
{
    if (alignment % sizeof(void *) != 0 || (alignment & (alignment - 1)) != 0 || alignment == 0)
        return EINVAL;
    void *block = memalign(alignment, size);
    if (block == NULL)
        return ENOMEM;
    *out = block;
    return 0;
}

void free(void *block)
{
    if (account != NULL && block != NULL)
        account->live -= (int64_t)malloc_usable_size(block);
    __libc_free(block);
}
/* NOLINTEND(readability-identifier-naming) */
#endif
