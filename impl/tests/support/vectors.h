/* Bytes of hex texts, of published vectors in corpora/vectors, and of files of the source tree. */
#ifndef SHK_TESTS_VECTORS_H
#define SHK_TESTS_VECTORS_H

#include "assertions.h"

enum { MAX_VECTOR = 2048 };

/* The bytes of a hex text; at most MAX_VECTOR. */
typedef struct {
    uint8_t data[MAX_VECTOR];
    size_t len;
} test_bytes;

test_bytes from_hex(const char *text);
shk_span span_of(const test_bytes *bytes);
/* The field of a line "key|value" of corpora/vectors/FILE whose key is `key`. */
test_bytes vector_of(const char *file, const char *key);
/* Whether the bytes have the part in them. */
bool test_contains(shk_span bytes, shk_span part);
/* Writes a length of 16 bits. */
void test_put_u16(uint8_t *at, size_t value);
void assert_bytes(shk_span actual, const test_bytes *expected);

/* A file of the source tree; the caller frees. */
shk_buf read_source_file(const char *path);

#endif
