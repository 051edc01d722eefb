/* psk_key_exchange_modes: how PSKs may be used (RFC 8446 §4.2.9).
 * The spans point into the decoded input; the lists are walked with shk_list_next. */
#ifndef SHK_EXTENSIONS_PSK_KEY_EXCHANGE_MODES_H
#define SHK_EXTENSIONS_PSK_KEY_EXCHANGE_MODES_H

#include "shakedown/codec.h"

typedef struct {
    shk_span ke_modes; /* of one-byte PskKeyExchangeModes */
} shk_psk_key_exchange_modes;

void shk_psk_key_exchange_modes_shape(shk_codec *c, shk_psk_key_exchange_modes *m);

#endif
