/* cookie: given in HelloRetryRequest, given back in the second ClientHello (RFC 8446 §4.2.2).
 * The spans point into the decoded input; the lists are walked with shk_list_next. */
#ifndef SHK_EXTENSIONS_COOKIE_H
#define SHK_EXTENSIONS_COOKIE_H

#include "shakedown/codec.h"

typedef struct {
    shk_span cookie;
} shk_cookie;

void shk_cookie_shape(shk_codec *c, shk_cookie *m);

#endif
