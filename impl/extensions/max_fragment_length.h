/* max_fragment_length: a smaller limit for record plaintext (RFC 6066 §4).
 * The spans point into the decoded input; the lists are walked with shk_list_next. */
#ifndef SHK_EXTENSIONS_MAX_FRAGMENT_LENGTH_H
#define SHK_EXTENSIONS_MAX_FRAGMENT_LENGTH_H

#include "shakedown/codec.h"

typedef struct {
    uint8_t max_fragment_length; /* 1: 2^9 bytes ... 4: 2^12 bytes */
} shk_max_fragment_length;

void shk_max_fragment_length_shape(shk_codec *c, shk_max_fragment_length *m);

#endif
