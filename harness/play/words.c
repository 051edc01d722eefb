/* Words of a command line (play/words.h). */
#include "play/words.h"

#include <string.h>

shk_words shk_words_begin(void)
{
    return (shk_words){.bytes = shk_buf_growing(&shk_libc_allocator)};
}

void shk_words_free(shk_words *words)
{
    shk_buf_free(&words->bytes);
}

void shk_words_add(shk_words *words, const char *text, size_t len)
{
    if (shk_buf_reserve(&words->bytes, len + 1) != SHK_OK) {
        words->failed = true;
        return;
    }
    memcpy(words->bytes.data + words->bytes.len, text, len);
    words->bytes.len += len;
    words->bytes.data[words->bytes.len++] = 0;
    words->count++;
}

bool shk_words_argv(const shk_words *words, char **argv)
{
    size_t at = 0;
    if (words->failed || words->count >= SHK_WORDS_MAX)
        return false;
    for (size_t i = 0; i < words->count; i++) {
        argv[i] = (char *)words->bytes.data + at;
        at += strlen(argv[i]) + 1;
    }
    argv[words->count] = NULL;
    return true;
}

void shk_text_add(shk_buf *out, const char *text, size_t len)
{
    if (shk_buf_reserve(out, len + 1) != SHK_OK)
        return;
    memcpy(out->data + out->len, text, len);
    out->len += len;
    out->data[out->len] = 0;
}

void shk_text_replace(shk_buf *out, const char *text, const char *from, const char *to)
{
    const char *found;
    while ((found = strstr(text, from)) != NULL) {
        shk_text_add(out, text, (size_t)(found - text));
        shk_text_add(out, to, strlen(to));
        text = found + strlen(from);
    }
    shk_text_add(out, text, strlen(text));
}
