/* The nearest of several words, for errors that say what was perhaps meant. */
#ifndef SHK_DEVIATE_NEAR_H
#define SHK_DEVIATE_NEAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SHK_NEAR_WORDS = 512 };

/* The word that is least different from the `len` characters of `word`; NULL if none is like it. */
const char *shk_nearest(const char *word, size_t len, const char *const *words, size_t count);

/* The AlertDescription of that name; else `*near` is the nearest name, or NULL. */
bool shk_alert_named(const char *word, size_t len, uint32_t *out, const char **near);

#endif
