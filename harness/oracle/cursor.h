/* Reads fields off bytes that nobody has checked: what is missing is 0 or empty, and notes it. */
#ifndef SHK_ORACLE_CURSOR_H
#define SHK_ORACLE_CURSOR_H

#include "shakedown/types.h"

typedef struct {
    shk_span rest;
    bool failed; /* a field was cut off */
} shk_cursor;

shk_cursor shk_cursor_over(shk_span bytes);
/* An integer of 1 to 4 bytes. */
uint32_t shk_cursor_number(shk_cursor *cursor, size_t bytes);
/* That many bytes. */
shk_span shk_cursor_bytes(shk_cursor *cursor, size_t len);
/* A vector whose length prefix has 1 to 3 bytes. */
shk_span shk_cursor_vector(shk_cursor *cursor, size_t prefix);

#endif
