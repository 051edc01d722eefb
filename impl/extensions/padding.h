/* padding: zero bytes that make a ClientHello longer (RFC 7685 §3).
 * The spans point into the decoded input; the lists are walked with shk_list_next. */
#ifndef SHK_EXTENSIONS_PADDING_H
#define SHK_EXTENSIONS_PADDING_H

#include "shakedown/codec.h"

typedef struct {
    shk_span padding;
} shk_padding;

void shk_padding_shape(shk_codec *c, shk_padding *m);

#endif
