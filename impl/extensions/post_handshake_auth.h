/* post_handshake_auth: a flag (RFC 8446 §4.2.6).
 * The spans point into the decoded input; the lists are walked with shk_list_next. */
#ifndef SHK_EXTENSIONS_POST_HANDSHAKE_AUTH_H
#define SHK_EXTENSIONS_POST_HANDSHAKE_AUTH_H

#include "shakedown/codec.h"

typedef struct {
    uint8_t none; /* extension_data is empty */
} shk_post_handshake_auth;

void shk_post_handshake_auth_shape(shk_codec *c, shk_post_handshake_auth *m);

#endif
