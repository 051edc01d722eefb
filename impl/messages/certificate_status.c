/* CertificateStatus: a stapled OCSP response (TLS 1.2 and below) (RFC 6066 §8). */
#include "messages/certificate_status.h"

#include "extensions/status_request.h"
#include "registry/layout.h"

/* RFC 6066 §8 */
void shk_certificate_status_shape(shk_codec *c, shk_certificate_status *m)
{
    shk_u8(c, "status_type", &m->status_type, shk_status_type_name);
    shk_require(c, "status_type", m->status_type == SHK_STATUS_TYPE_OCSP, SHK_E_STATUS_TYPE);
    shk_opaque24(c, "response", &m->response, 1, 0xffffff);
}

SHK_LAYOUT(certificate_status);
