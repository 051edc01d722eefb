/* compress_certificate: algorithms that can be decompressed (RFC 8879 §3). */
#include "extensions/compress_certificate.h"

#include "registry/layout.h"

/* RFC 8879 §3 */
void shk_compress_certificate_shape(shk_codec *c, shk_compress_certificate *m)
{
    shk_u16_list8(c, "algorithms", &m->algorithms, 2, 254, shk_compression_algorithm_name);
}

SHK_LAYOUT(compress_certificate);
