/* CompressedCertificate: a Certificate of TLS 1.3, compressed (RFC 8879 §4). */
#include "messages/compressed_certificate.h"

#include "registry/layout.h"

/* RFC 8879 §4 */
void shk_compressed_certificate_shape(shk_codec *c, shk_compressed_certificate *m)
{
    shk_u16(c, "algorithm", &m->algorithm, shk_compression_algorithm_name);
    shk_u24(c, "uncompressed_length", &m->uncompressed_length, NULL);
    shk_opaque24(c, "compressed_certificate_message", &m->compressed_certificate_message, 1,
                 0xffffff);
}

SHK_LAYOUT(compressed_certificate);
