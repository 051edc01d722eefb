/* CompressedCertificate: a Certificate of TLS 1.3, compressed (RFC 8879 §4).
 * The spans point into the decoded input; the lists are walked with shk_list_next. */
#ifndef SHK_MESSAGES_COMPRESSED_CERTIFICATE_H
#define SHK_MESSAGES_COMPRESSED_CERTIFICATE_H

#include "shakedown/codec.h"

typedef struct {
    uint16_t algorithm;
    uint32_t uncompressed_length; /* bytes */
    shk_span compressed_certificate_message;
} shk_compressed_certificate;

void shk_compressed_certificate_shape(shk_codec *c, shk_compressed_certificate *m);

#endif
