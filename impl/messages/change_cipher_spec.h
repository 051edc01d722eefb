/* ChangeCipherSpec: the single byte 1 (RFC 5246 §7.1, RFC 8446 §5).
 * The spans point into the decoded input; the lists are walked with shk_list_next. */
#ifndef SHK_MESSAGES_CHANGE_CIPHER_SPEC_H
#define SHK_MESSAGES_CHANGE_CIPHER_SPEC_H

#include "shakedown/codec.h"

typedef struct {
    uint8_t type;
} shk_change_cipher_spec;

void shk_change_cipher_spec_shape(shk_codec *c, shk_change_cipher_spec *m);

#endif
