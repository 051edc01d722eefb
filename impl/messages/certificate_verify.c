/* CertificateVerify: a signature over the handshake so far (RFC 8446 §4.4.3, RFC 5246 §7.4.8). */
#include "messages/certificate_verify.h"

#include "registry/layout.h"

/* RFC 8446 §4.4.3, RFC 5246 §7.4.8 */
void shk_certificate_verify_shape(shk_codec *c, shk_certificate_verify *m)
{
    if (c->form.version >= SHK_TLS12)
        shk_u16(c, "algorithm", &m->algorithm, shk_signature_scheme_name);
    else if (c->mode == SHK_DECODE)
        m->algorithm = 0;
    shk_opaque16(c, "signature", &m->signature, 0, 65535);
}

SHK_LAYOUT(certificate_verify);
