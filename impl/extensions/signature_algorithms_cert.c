/* signature_algorithms_cert: signature schemes accepted in certificate chains (RFC 8446 §4.2.3). */
#include "extensions/signature_algorithms_cert.h"

#include "registry/layout.h"

/* RFC 8446 §4.2.3 */
void shk_signature_algorithms_cert_shape(shk_codec *c, shk_signature_algorithms_cert *m)
{
    shk_u16_list16(c, "supported_signature_algorithms", &m->supported_signature_algorithms, 2,
                   65534, shk_signature_scheme_name);
}

SHK_LAYOUT(signature_algorithms_cert);
