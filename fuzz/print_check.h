/* A sink that checks what is printed without keeping it: plain ASCII, bounded, and balanced where
 * it is JSON. */
#ifndef SHK_FUZZ_PRINT_CHECK_H
#define SHK_FUZZ_PRINT_CHECK_H

#include "shakedown/registry.h"

enum { SHK_PRINT_CHECK_DEPTH = 64 };

typedef struct {
    bool json;
    bool one_line;
    bool in_string;
    bool escaped;
    unsigned depth;
    char open[SHK_PRINT_CHECK_DEPTH]; /* the closing character that each level waits for */
    size_t len;
    size_t limit;
    const char *complaint; /* the first thing that was wrong, or NULL */
} shk_print_check;

/* Prints `message` as text, or as one JSON object with its braces. */
void shk_print_whole(const shk_layout *layout, const shk_form *form, void *message,
                     shk_printer *printer);

/* The sink, whose context is the check. */
shk_sink shk_print_check_sink;
/* What is wrong with all that was printed, or NULL. */
const char *shk_print_check_end(shk_print_check *check);

/* Prints `message` into the check; NULL if all is well, otherwise what is wrong. */
const char *shk_print_checked(const shk_layout *layout, const shk_form *form, void *message,
                              shk_print_style style, size_t limit);

#endif
