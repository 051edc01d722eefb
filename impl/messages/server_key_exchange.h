/* ServerKeyExchange of TLS 1.2 and below; its layout depends on the suite's key exchange (RFC 5246
 * §7.4.3, RFC 8422 §5.4, RFC 4279 §2). The spans point into the decoded input; the lists are walked
 * with shk_list_next. */
#ifndef SHK_MESSAGES_SERVER_KEY_EXCHANGE_H
#define SHK_MESSAGES_SERVER_KEY_EXCHANGE_H

#include "shakedown/codec.h"

typedef struct {
    shk_span psk_identity_hint; /* PSK */
    uint8_t curve_type;         /* ECDHE: 3, named_curve */
    uint16_t named_curve;       /* ECDHE */
    shk_span point;             /* ECDHE */
    shk_span dh_p;              /* DHE: big-endian */
    shk_span dh_g;              /* DHE */
    shk_span dh_ys;             /* DHE */
    shk_span params;            /* what the signature covers after the randoms; set by decoding */
    uint16_t algorithm;         /* a SignatureScheme, from TLS 1.2 on */
    shk_span signature;         /* none where anonymous or PSK */
} shk_server_key_exchange;

void shk_server_key_exchange_shape(shk_codec *c, shk_server_key_exchange *m);

#endif
