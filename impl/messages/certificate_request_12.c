/* CertificateRequest of TLS 1.2 and below (RFC 5246 §7.4.4). */
#include "messages/certificate_request_12.h"

#include "registry/layout.h"

void shk_authority_shape(shk_codec *c, void *element)
{
    shk_authority *m = (shk_authority *)element;
    shk_opaque16(c, "name", &m->name, 1, 65535);
}

/* RFC 5246 §7.4.4 */
void shk_certificate_request_12_shape(shk_codec *c, shk_certificate_request_12 *m)
{
    shk_authority authority;
    shk_u8_list8(c, "certificate_types", &m->certificate_types, 1, 255,
                 shk_client_certificate_type_name);
    if (c->form.version >= SHK_TLS12)
        shk_u16_list16(c, "supported_signature_algorithms", &m->supported_signature_algorithms, 2,
                       65534, shk_signature_scheme_name);
    else if (c->mode == SHK_DECODE)
        m->supported_signature_algorithms = shk_span_of(NULL, 0);
    shk_list16(c, "certificate_authorities", &m->certificate_authorities, 0, 65535,
               shk_authority_shape, &authority);
}

SHK_LAYOUT(certificate_request_12);
