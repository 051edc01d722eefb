/* CertificateRequest of TLS 1.3 (RFC 8446 §4.3.2). */
#include "messages/certificate_request.h"

#include "registry/layout.h"

/* RFC 8446 §4.3.2 */
void shk_certificate_request_shape(shk_codec *c, shk_certificate_request *m)
{
    shk_opaque8(c, "certificate_request_context", &m->certificate_request_context, 0, 255);
    shk_extensions(c, SHK_IN_CERTIFICATE_REQUEST, &m->extensions);
}

SHK_LAYOUT(certificate_request);
