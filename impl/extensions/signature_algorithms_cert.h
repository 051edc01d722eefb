/* signature_algorithms_cert: signature schemes accepted in certificate chains (RFC 8446 §4.2.3).
 * The spans point into the decoded input; the lists are walked with shk_list_next. */
#ifndef SHK_EXTENSIONS_SIGNATURE_ALGORITHMS_CERT_H
#define SHK_EXTENSIONS_SIGNATURE_ALGORITHMS_CERT_H

#include "shakedown/codec.h"

typedef struct {
    shk_span supported_signature_algorithms; /* of two-byte SignatureSchemes */
} shk_signature_algorithms_cert;

void shk_signature_algorithms_cert_shape(shk_codec *c, shk_signature_algorithms_cert *m);

#endif
