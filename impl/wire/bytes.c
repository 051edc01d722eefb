/* Spans, buffers and the allocator (shakedown/types.h). */
#include <stdlib.h>
#include <string.h>

#include "shakedown/types.h"

static void *libc_resize(void *context, void *old, size_t old_size, size_t new_size)
{
    (void)context;
    (void)old_size;
    if (new_size == 0) {
        free(old);
        return NULL;
    }
    return realloc(old, new_size);
}

const shk_allocator shk_libc_allocator = {libc_resize, NULL};

shk_span shk_span_of_text(const char *text)
{
    return shk_span_of(text, strlen(text));
}

bool shk_span_equal(shk_span a, shk_span b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

shk_span shk_buf_span(const shk_buf *buf)
{
    return shk_span_of(buf->data, buf->len);
}

shk_buf shk_buf_over(void *memory, size_t cap)
{
    shk_buf buf = {(uint8_t *)memory, 0, cap, NULL};
    return buf;
}

shk_buf shk_buf_growing(const shk_allocator *allocator)
{
    shk_buf buf = {NULL, 0, 0, allocator};
    return buf;
}

shk_status shk_buf_reserve(shk_buf *buf, size_t extra)
{
    if (extra <= buf->cap - buf->len)
        return SHK_OK;
    if (buf->allocator == NULL)
        return SHK_E_NO_ROOM;
    if (extra > SIZE_MAX / 2 - buf->len)
        return SHK_OWN(NO_MEMORY);
    size_t cap = buf->cap < 256 ? 256 : buf->cap;
    while (cap - buf->len < extra)
        cap *= 2;
    /* anew, not by realloc, which would leave what a buffer held where it was */
    uint8_t *grown = (uint8_t *)buf->allocator->resize(buf->allocator->context, NULL, 0, cap);
    if (grown == NULL)
        return SHK_OWN(NO_MEMORY);
    shk_buf moved = {grown, buf->len, cap, buf->allocator};
    if (buf->len > 0)
        memcpy(grown, buf->data, buf->len);
    shk_buf_wipe(buf);
    *buf = moved;
    return SHK_OK;
}

shk_status shk_buf_append(shk_buf *buf, shk_span bytes)
{
    SHK_TRY(shk_buf_reserve(buf, bytes.len));
    if (bytes.len > 0)
        memcpy(buf->data + buf->len, bytes.data, bytes.len);
    buf->len += bytes.len;
    return SHK_OK;
}

void shk_buf_drop(shk_buf *buf, size_t count)
{
    if (count < buf->len && count > 0)
        memmove(buf->data, buf->data + count, buf->len - count);
    buf->len -= count;
}

void shk_buf_free(shk_buf *buf)
{
    if (buf->allocator != NULL && buf->data != NULL) {
        buf->allocator->resize(buf->allocator->context, buf->data, buf->cap, 0);
        buf->data = NULL;
        buf->cap = 0;
    }
    buf->len = 0;
}

void shk_buf_wipe(shk_buf *buf)
{
    if (buf->data != NULL)
        shk_wipe(buf->data, buf->cap);
    shk_buf_free(buf);
}

void *shk_new(const shk_allocator *allocator, size_t size)
{
    void *memory = allocator->resize(allocator->context, NULL, 0, size);
    if (memory != NULL)
        memset(memory, 0, size);
    return memory;
}

void shk_delete(const shk_allocator *allocator, void *memory, size_t size)
{
    if (memory != NULL)
        allocator->resize(allocator->context, memory, size, 0);
}

bool shk_equal_constant_time(const uint8_t *a, const uint8_t *b, size_t len)
{
    volatile uint8_t difference = 0;
    for (size_t i = 0; i < len; i++)
        difference = (uint8_t)(difference | (a[i] ^ b[i]));
    return difference == 0;
}

/* A function that is not known when compiling cannot be dropped. */
static void *(*volatile const fill)(void *memory, int byte, size_t len) = memset;

void shk_wipe(void *memory, size_t len)
{
    fill(memory, 0, len);
}
