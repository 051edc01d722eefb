/* signature_algorithms: signature schemes accepted in CertificateVerify and, failing the _cert
 * list, in chains (RFC 8446 §4.2.3). */
#include "extensions/signature_algorithms.h"

#include "registry/layout.h"

/* RFC 8446 §4.2.3 */
void shk_signature_algorithms_shape(shk_codec *c, shk_signature_algorithms *m)
{
    shk_u16_list16(c, "supported_signature_algorithms", &m->supported_signature_algorithms, 2,
                   65534, shk_signature_scheme_name);
}

SHK_LAYOUT(signature_algorithms);
