/* Numbers and pieces of the binary form of scripts: what is missing at the end is 0, or shorter. */
#ifndef SHK_DEVIATE_NUMBERS_H
#define SHK_DEVIATE_NUMBERS_H

#include "shakedown/types.h"

/* Takes a number of up to 4 bytes off the front. */
uint32_t shk_take_number(shk_span *bytes, unsigned width);
/* Takes up to `len` bytes off the front. */
shk_span shk_take_bytes(shk_span *bytes, size_t len);
/* Each appends; false without memory. */
bool shk_put_number(shk_buf *out, uint32_t value, unsigned width);
bool shk_put_bytes(shk_buf *out, shk_span bytes);
bool shk_put_text(shk_buf *out, const char *text);

#endif
