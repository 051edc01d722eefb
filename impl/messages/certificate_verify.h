/* CertificateVerify: a signature over the handshake so far (RFC 8446 §4.4.3, RFC 5246 §7.4.8).
 * The spans point into the decoded input; the lists are walked with shk_list_next. */
#ifndef SHK_MESSAGES_CERTIFICATE_VERIFY_H
#define SHK_MESSAGES_CERTIFICATE_VERIFY_H

#include "shakedown/codec.h"

typedef struct {
    uint16_t algorithm; /* a SignatureScheme, from TLS 1.2 on */
    shk_span signature;
} shk_certificate_verify;

void shk_certificate_verify_shape(shk_codec *c, shk_certificate_verify *m);

#endif
