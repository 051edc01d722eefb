/* CertificateRequest of TLS 1.2 and below (RFC 5246 §7.4.4).
 * The spans point into the decoded input; the lists are walked with shk_list_next. */
#ifndef SHK_MESSAGES_CERTIFICATE_REQUEST_12_H
#define SHK_MESSAGES_CERTIFICATE_REQUEST_12_H

#include "shakedown/codec.h"

typedef struct {
    shk_span name; /* a DistinguishedName, DER */
} shk_authority;

void shk_authority_shape(shk_codec *c, void *element);

typedef struct {
    shk_span certificate_types;              /* of one-byte ClientCertificateTypes */
    shk_span supported_signature_algorithms; /* of SignatureSchemes, from TLS 1.2 on */
    shk_span certificate_authorities;        /* of shk_authority */
} shk_certificate_request_12;

void shk_certificate_request_12_shape(shk_codec *c, shk_certificate_request_12 *m);

#endif
