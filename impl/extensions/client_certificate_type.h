/* client_certificate_type: X.509 or raw public keys (RFC 7250 §3).
 * The spans point into the decoded input; the lists are walked with shk_list_next. */
#ifndef SHK_EXTENSIONS_CLIENT_CERTIFICATE_TYPE_H
#define SHK_EXTENSIONS_CLIENT_CERTIFICATE_TYPE_H

#include "shakedown/codec.h"

typedef struct {
    shk_span certificate_types; /* ClientHello: of one-byte CertificateTypes */
    uint8_t certificate_type;   /* the answer */
} shk_client_certificate_type;

void shk_client_certificate_type_shape(shk_codec *c, shk_client_certificate_type *m);

#endif
