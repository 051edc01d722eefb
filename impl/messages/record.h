/* TLSPlaintext or TLSCiphertext: a record with its header (RFC 8446 §5.1).
 * The spans point into the decoded input; the lists are walked with shk_list_next. */
#ifndef SHK_MESSAGES_RECORD_H
#define SHK_MESSAGES_RECORD_H

#include "shakedown/codec.h"

typedef struct {
    uint8_t type; /* SHK_CHANGE_CIPHER_SPEC ... SHK_APPLICATION_DATA */
    uint16_t legacy_record_version;
    shk_span fragment;
} shk_record;

void shk_record_shape(shk_codec *c, shk_record *m);

#endif
