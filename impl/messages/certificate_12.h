/* Certificate of TLS 1.2 and below (RFC 5246 §7.4.2), or a raw public key in its place (RFC 7250
 * §3). The spans point into the decoded input; the lists are walked with shk_list_next. */
#ifndef SHK_MESSAGES_CERTIFICATE_12_H
#define SHK_MESSAGES_CERTIFICATE_12_H

#include "shakedown/codec.h"

typedef struct {
    shk_span cert; /* DER */
} shk_asn1_cert;

void shk_asn1_cert_shape(shk_codec *c, void *element);

typedef struct {
    shk_span certificate_list;        /* of shk_asn1_cert, the end entity's first */
    shk_span subject_public_key_info; /* where the type is RawPublicKey: DER, and no list */
} shk_certificate_12;

void shk_certificate_12_shape(shk_codec *c, shk_certificate_12 *m);

#endif
