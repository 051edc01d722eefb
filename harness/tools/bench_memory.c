/* Counts memory (tools/bench_memory.h): each block stores its size before its bytes. */
#include "tools/bench_memory.h"

#include <openssl/crypto.h>
#include <stdlib.h>

static shk_memory_count count;

/* What stands before a block; as large as the strictest alignment. */
typedef union {
    size_t size;
    max_align_t align;
} block_head;

/* malloc, realloc and free in one, counted. */
static void *resize(void *old, size_t size)
{
    block_head *head = old == NULL ? NULL : (block_head *)old - 1;
    size_t before = head == NULL ? 0 : head->size;
    if (size == 0) {
        count.live -= before;
        free(head);
        return NULL;
    }
    block_head *grown = (block_head *)realloc(head, sizeof *grown + size);
    if (grown == NULL)
        return NULL;
    grown->size = size;
    count.live += size - before;
    if (count.live > count.peak)
        count.peak = count.live;
    return grown + 1;
}

static void *resize_ours(void *context, void *old, size_t old_size, size_t new_size)
{
    (void)context;
    (void)old_size;
    return resize(old, new_size);
}

const shk_allocator shk_counted_allocator = {resize_ours, NULL};

static void *take(size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    return resize(NULL, size);
}

static void *change(void *old, size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    return resize(old, size);
}

static void release(void *old, const char *file, int line)
{
    (void)file;
    (void)line;
    resize(old, 0);
}

bool shk_memory_start(void)
{
    return CRYPTO_set_mem_functions(take, change, release) == 1;
}

shk_memory_count *shk_memory_counted(void)
{
    return &count;
}
