/* signature_algorithms: signature schemes accepted in CertificateVerify and, failing the _cert
 * list, in chains (RFC 8446 §4.2.3). The spans point into the decoded input; the lists are walked
 * with shk_list_next. */
#ifndef SHK_EXTENSIONS_SIGNATURE_ALGORITHMS_H
#define SHK_EXTENSIONS_SIGNATURE_ALGORITHMS_H

#include "shakedown/codec.h"

typedef struct {
    shk_span supported_signature_algorithms; /* of two-byte SignatureSchemes */
} shk_signature_algorithms;

void shk_signature_algorithms_shape(shk_codec *c, shk_signature_algorithms *m);

#endif
