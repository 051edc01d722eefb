/* encrypt_then_mac: a flag (RFC 7366 §2).
 * The spans point into the decoded input; the lists are walked with shk_list_next. */
#ifndef SHK_EXTENSIONS_ENCRYPT_THEN_MAC_H
#define SHK_EXTENSIONS_ENCRYPT_THEN_MAC_H

#include "shakedown/codec.h"

typedef struct {
    uint8_t none; /* extension_data is empty */
} shk_encrypt_then_mac;

void shk_encrypt_then_mac_shape(shk_codec *c, shk_encrypt_then_mac *m);

#endif
