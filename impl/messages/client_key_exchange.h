/* ClientKeyExchange of TLS 1.2 and below; its layout depends on the suite's key exchange (RFC 5246
 * §7.4.7, RFC 8422 §5.7, RFC 4279 §2). The spans point into the decoded input; the lists are walked
 * with shk_list_next. */
#ifndef SHK_MESSAGES_CLIENT_KEY_EXCHANGE_H
#define SHK_MESSAGES_CLIENT_KEY_EXCHANGE_H

#include "shakedown/codec.h"

typedef struct {
    shk_span psk_identity;                /* PSK */
    shk_span encrypted_pre_master_secret; /* RSA */
    shk_span ecdh_yc;                     /* ECDHE */
    shk_span dh_yc;                       /* DHE */
} shk_client_key_exchange;

void shk_client_key_exchange_shape(shk_codec *c, shk_client_key_exchange *m);

#endif
