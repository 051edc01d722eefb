/* Certificate of TLS 1.2 and below (RFC 5246 §7.4.2, RFC 7250 §3). */
#include "messages/certificate_12.h"

#include "registry/layout.h"

void shk_asn1_cert_shape(shk_codec *c, void *element)
{
    shk_asn1_cert *m = (shk_asn1_cert *)element;
    shk_opaque24(c, "cert", &m->cert, 1, 0xffffff);
}

/* RFC 5246 §7.4.2, RFC 7250 §3; a client that has no key sends an empty one (RFC 5246 §7.4.6) */
void shk_certificate_12_shape(shk_codec *c, shk_certificate_12 *m)
{
    shk_asn1_cert cert;
    bool raw = c->form.certificate_type == SHK_CERTIFICATE_RAW_PUBLIC_KEY;
    if (c->mode == SHK_DECODE)
        *(raw ? &m->certificate_list : &m->subject_public_key_info) = shk_span_of(NULL, 0);
    if (raw)
        shk_opaque24(c, "ASN1_subjectPublicKeyInfo", &m->subject_public_key_info, 0, 0xffffff);
    else
        shk_list24(c, "certificate_list", &m->certificate_list, 0, 0xffffff, shk_asn1_cert_shape,
                   &cert);
}

SHK_LAYOUT(certificate_12);
