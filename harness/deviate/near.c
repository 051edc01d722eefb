/* The nearest of several words (deviate/near.h), by Levenshtein's distance. */
#include "deviate/near.h"

#include <string.h>

#include "shakedown/errors.h"

enum { LONGEST = 64 };

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static size_t distance(const char *a, size_t len_a, const char *b, size_t len_b)
{
    size_t row[LONGEST + 1];
    for (size_t j = 0; j <= len_b; j++)
        row[j] = j;
    for (size_t i = 1; i <= len_a; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= len_b; j++) {
            size_t changed = diagonal + (a[i - 1] != b[j - 1]);
            diagonal = row[j];
            row[j] = least(changed, least(row[j], row[j - 1]) + 1);
        }
    }
    return row[len_b];
}

const char *shk_nearest(const char *word, size_t len, const char *const *words, size_t count)
{
    const char *nearest = NULL;
    size_t best = (len + 1) / 2 + 1;
    for (size_t i = 0; i < count && len <= LONGEST; i++) {
        size_t other = strlen(words[i]);
        size_t far = other > LONGEST ? best : distance(word, len, words[i], other);
        if (far < best) {
            best = far;
            nearest = words[i];
        }
    }
    return nearest;
}

bool shk_alert_named(const char *word, size_t len, uint32_t *out, const char **near)
{
    const char *names[UINT8_MAX + 1];
    size_t count = 0;
    for (uint32_t value = 0; value <= UINT8_MAX; value++) {
        const char *name = shk_alert_name(value);
        if (name == NULL)
            continue;
        names[count++] = name;
        if (strlen(name) == len && memcmp(name, word, len) == 0) {
            *out = value;
            return true;
        }
    }
    *near = shk_nearest(word, len, names, count);
    return false;
}
