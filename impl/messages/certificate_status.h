/* CertificateStatus: a stapled OCSP response (TLS 1.2 and below) (RFC 6066 §8).
 * The spans point into the decoded input; the lists are walked with shk_list_next. */
#ifndef SHK_MESSAGES_CERTIFICATE_STATUS_H
#define SHK_MESSAGES_CERTIFICATE_STATUS_H

#include "shakedown/codec.h"

typedef struct {
    uint8_t status_type;
    shk_span response; /* OCSPResponse, DER */
} shk_certificate_status;

void shk_certificate_status_shape(shk_codec *c, shk_certificate_status *m);

#endif
