/* Hex texts, published vectors and files (support/vectors.h). */
#include "vectors.h"

#include <stdio.h>
#include <string.h>

static unsigned digit(char c)
{
    if (c >= '0' && c <= '9')
        return (unsigned)(c - '0');
    assert_true(c >= 'a' && c <= 'f');
    return (unsigned)(c - 'a' + 10);
}

test_bytes from_hex(const char *text)
{
    test_bytes bytes = {.len = 0};
    for (; text[0] != 0 && text[0] != '\n'; text++) {
        if (text[0] == ' ')
            continue;
        assert_true(bytes.len < MAX_VECTOR);
        bytes.data[bytes.len++] = (uint8_t)(digit(text[0]) << 4 | digit(text[1]));
        text++;
    }
    return bytes;
}

shk_span span_of(const test_bytes *bytes)
{
    return shk_span_of(bytes->data, bytes->len);
}

test_bytes vector_of(const char *file, const char *key)
{
    char path[512];
    char line[2 * MAX_VECTOR + 512];
    test_bytes found = {.len = 0};
    snprintf(path, sizeof path, "%s/corpora/vectors/%s", SHK_SOURCE_DIR, file);
    FILE *in = fopen(path, "r");
    assert_non_null(in);
    while (fgets(line, sizeof line, in) != NULL) {
        size_t len = strlen(key);
        if (strncmp(line, key, len) == 0 && line[len] == '|')
            found = from_hex(line + len + 1);
    }
    fclose(in);
    if (found.len == 0)
        fail_msg("no vector %s in %s", key, file);
    return found;
}

bool test_contains(shk_span bytes, shk_span part)
{
    for (const uint8_t *at = bytes.data; at + part.len <= bytes.data + bytes.len; at++) {
        at = (const uint8_t *)memchr(at, part.data[0],
                                     (size_t)(bytes.data + bytes.len - at) - part.len + 1);
        if (at == NULL)
            return false;
        if (memcmp(at, part.data, part.len) == 0)
            return true;
    }
    return false;
}

void test_put_u16(uint8_t *at, size_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

void assert_bytes(shk_span actual, const test_bytes *expected)
{
    assert_int_equal(actual.len, expected->len);
    assert_memory_equal(actual.data, expected->data, expected->len);
}

shk_buf read_source_file(const char *path)
{
    char full[512];
    uint8_t piece[4096];
    size_t got;
    shk_buf out = shk_buf_growing(&shk_libc_allocator);
    snprintf(full, sizeof full, "%s/%s", SHK_SOURCE_DIR, path);
    FILE *in = fopen(full, "rb");
    assert_non_null(in);
    while ((got = fread(piece, 1, sizeof piece, in)) > 0)
        assert_int_equal(shk_buf_append(&out, shk_span_of(piece, got)), SHK_OK);
    fclose(in);
    return out;
}
