/* Certificate of TLS 1.3 (RFC 8446 §4.4.2). */
#include "messages/certificate.h"

#include "registry/layout.h"

void shk_certificate_entry_shape(shk_codec *c, void *element)
{
    shk_certificate_entry *m = (shk_certificate_entry *)element;
    shk_opaque24(c, "cert_data", &m->cert_data, 1, 0xffffff);
    shk_extensions(c, SHK_IN_CERTIFICATE, &m->extensions);
}

/* RFC 8446 §4.4.2 */
void shk_certificate_shape(shk_codec *c, shk_certificate *m)
{
    shk_certificate_entry entry;
    shk_opaque8(c, "certificate_request_context", &m->certificate_request_context, 0, 255);
    shk_list24(c, "certificate_list", &m->certificate_list, 0, 0xffffff,
               shk_certificate_entry_shape, &entry);
}

SHK_LAYOUT(certificate);
