/* compress_certificate: algorithms that can be decompressed (RFC 8879 §3).
 * The spans point into the decoded input; the lists are walked with shk_list_next. */
#ifndef SHK_EXTENSIONS_COMPRESS_CERTIFICATE_H
#define SHK_EXTENSIONS_COMPRESS_CERTIFICATE_H

#include "shakedown/codec.h"

typedef struct {
    shk_span algorithms; /* of two-byte CertificateCompressionAlgorithms */
} shk_compress_certificate;

void shk_compress_certificate_shape(shk_codec *c, shk_compress_certificate *m);

#endif
