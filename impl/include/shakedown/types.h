/* Spans, buffers and the allocator: how bytes travel through Shakedown.
 * Everything else in the public headers is built from these. */
#ifndef SHAKEDOWN_TYPES_H
#define SHAKEDOWN_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "errors.h"

/* Bytes that belong to someone else. `data` may be NULL only where `len` is 0. */
typedef struct {
    const uint8_t *data; /* the first byte; not owned */
    size_t len;          /* bytes */
} shk_span;

/* Where all memory of a connection comes from. */
typedef struct {
    /* malloc (old == NULL), realloc and free (new_size == 0, returns NULL) in one. It is told the
     * old size, so that it can account for it or make the N-th call fail. Returns NULL when there
     * is no memory; the old block is then still valid. */
    void *(*resize)(void *context, void *old, size_t old_size, size_t new_size);
    void *context; /* passed to `resize` */
} shk_allocator;

/* malloc, realloc and free of the C library. */
extern const shk_allocator shk_libc_allocator;

/* A writable buffer: `len` of `cap` bytes are in use. With an allocator it owns `data` and grows;
 * without one it is a view of the caller's memory and never grows. */
typedef struct {
    uint8_t *data;                  /* the first byte; NULL where `cap` is 0 */
    size_t len;                     /* bytes in use */
    size_t cap;                     /* bytes there is room for */
    const shk_allocator *allocator; /* NULL: a view of the caller's memory */
} shk_buf;

/* Calls, and returns the status from the function that it stands in unless it is SHK_OK. */
#define SHK_TRY(call)                                                                              \
    do {                                                                                           \
        shk_status shk_try_status = (call);                                                        \
        if (shk_try_status != SHK_OK)                                                              \
            return shk_try_status;                                                                 \
    } while (0)

/* A span over `len` bytes at `data`. */
static inline shk_span shk_span_of(const void *data, size_t len)
{
    shk_span span = {(const uint8_t *)data, len};
    return span;
}

/* A span over the text of a C string, without its terminator. */
shk_span shk_span_of_text(const char *text);
/* Whether two spans hold the same bytes. Not for secrets: see shk_equal_constant_time. */
bool shk_span_equal(shk_span a, shk_span b);
/* The part of `buf` that is in use. */
shk_span shk_buf_span(const shk_buf *buf);

/* A view of `cap` bytes of the caller's memory, empty. */
shk_buf shk_buf_over(void *memory, size_t cap);
/* An empty buffer that grows by `allocator`. */
shk_buf shk_buf_growing(const shk_allocator *allocator);
/* Makes room for `extra` more bytes. SHK_E_NO_MEMORY (growing) or SHK_E_NO_ROOM (a view) when there
 * is none. */
shk_status shk_buf_reserve(shk_buf *buf, size_t extra);
/* Appends bytes; they must not lie inside `buf`. Errors: as shk_buf_reserve. */
shk_status shk_buf_append(shk_buf *buf, shk_span bytes);
/* Removes `count` (at most len) bytes from the front. */
void shk_buf_drop(shk_buf *buf, size_t count);
/* Gives the memory back (a view is just emptied). Safe to call twice. */
void shk_buf_free(shk_buf *buf);
/* As shk_buf_free, but overwrites the memory first. */
void shk_buf_wipe(shk_buf *buf);

/* `size` bytes of zeroed memory, for the caller to give back with shk_delete. NULL: there is none.
 */
void *shk_new(const shk_allocator *allocator, size_t size);
/* Gives back what shk_new gave; `size` must be the one it was asked with. NULL is taken too. */
void shk_delete(const shk_allocator *allocator, void *memory, size_t size);

/* Compares `len` bytes in a time that depends on `len` alone. */
bool shk_equal_constant_time(const uint8_t *a, const uint8_t *b, size_t len);
/* Overwrites memory in a way the compiler may not drop. */
void shk_wipe(void *memory, size_t len);

#endif
