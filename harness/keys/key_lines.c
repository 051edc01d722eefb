/* Lines of a key log (keys/key_lines.h). */
#include "keys/key_lines.h"

#include <string.h>

static int digit(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The bytes of a word in hexadecimal. False if it is none, or has more than `cap`. */
static bool bytes_of(shk_span word, uint8_t *out, size_t cap, size_t *len)
{
    *len = word.len / 2;
    if (word.len % 2 != 0 || *len > cap)
        return false;
    for (size_t i = 0; i < *len; i++) {
        const int high = digit(word.data[2 * i]);
        const int low = digit(word.data[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        out[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

/* What stands before `end`, which is taken off with it. */
static shk_span cut(shk_span *text, uint8_t end)
{
    const uint8_t *at = text->len > 0 ? memchr(text->data, end, text->len) : NULL;
    const size_t len = at != NULL ? (size_t)(at - text->data) : text->len;
    const size_t used = at != NULL ? len + 1 : len;
    const shk_span word = shk_span_of(text->data, len);
    *text = shk_span_of(text->data + used, text->len - used);
    return word;
}

static bool read_line(shk_span line, shk_key_line *out)
{
    size_t random_len = 0;
    const shk_span label = cut(&line, ' ');
    const shk_span random = cut(&line, ' ');
    memset(out, 0, sizeof *out);
    if (label.len == 0 || label.len >= sizeof out->label)
        return false;
    memcpy(out->label, label.data, label.len);
    return bytes_of(random, out->random, sizeof out->random, &random_len) &&
           random_len == sizeof out->random &&
           bytes_of(line, out->secret, sizeof out->secret, &out->len) && out->len > 0;
}

bool shk_key_line_next(shk_span *text, shk_key_line *out)
{
    while (text->len > 0)
        if (read_line(cut(text, '\n'), out))
            return true;
    return false;
}

bool shk_key_line_find(shk_span text, const char *label, const uint8_t *random, shk_key_line *out)
{
    const size_t label_len = strlen(label);
    shk_key_line line;
    bool exact = false;
    out->len = 0;
    while (text.len > 0) {
        const shk_span whole = cut(&text, '\n');
        if (whole.len <= label_len || whole.data[label_len] != ' ' ||
            memcmp(whole.data, label, label_len) != 0 || !read_line(whole, &line))
            continue;
        const bool same = random != NULL && memcmp(line.random, random, sizeof line.random) == 0;
        if (exact && !same)
            continue;
        *out = line;
        exact = same;
    }
    return out->len > 0;
}
