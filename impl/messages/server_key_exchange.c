/* ServerKeyExchange of TLS 1.2 and below; its layout depends on the suite's key exchange (RFC 5246
 * §7.4.3, RFC 8422 §5.4, RFC 4279 §2). */
#include "messages/server_key_exchange.h"

#include "registry/layout.h"

static void ecdh_params(shk_codec *c, shk_server_key_exchange *m)
{
    shk_u8(c, "curve_type", &m->curve_type, NULL);
    shk_require(c, "curve_type", m->curve_type == 3, SHK_E_CURVE_TYPE);
    shk_u16(c, "named_curve", &m->named_curve, shk_group_name);
    shk_opaque8(c, "point", &m->point, 1, 255);
}

static void dh_params(shk_codec *c, shk_server_key_exchange *m)
{
    shk_opaque16(c, "dh_p", &m->dh_p, 1, 65535);
    shk_opaque16(c, "dh_g", &m->dh_g, 1, 65535);
    shk_opaque16(c, "dh_Ys", &m->dh_ys, 1, 65535);
}

/* RFC 5246 §7.4.3, RFC 8422 §5.4, RFC 4279 §2 */
void shk_server_key_exchange_shape(shk_codec *c, shk_server_key_exchange *m)
{
    unsigned kx = c->form.key_exchange;
    if (kx & SHK_FORM_PSK)
        shk_opaque16(c, "psk_identity_hint", &m->psk_identity_hint, 0, 65535);
    size_t start = c->pos;
    if (kx & SHK_FORM_ECDHE)
        ecdh_params(c, m);
    if (kx & SHK_FORM_DHE)
        dh_params(c, m);
    if (c->mode == SHK_DECODE)
        m->params = shk_span_of(c->in + start, c->pos - start);
    if (kx & (SHK_FORM_PSK | SHK_FORM_ANONYMOUS))
        return;
    if (c->form.version >= SHK_TLS12)
        shk_u16(c, "algorithm", &m->algorithm, shk_signature_scheme_name);
    else if (c->mode == SHK_DECODE)
        m->algorithm = 0;
    shk_opaque16(c, "signature", &m->signature, 0, 65535);
}

SHK_LAYOUT(server_key_exchange);
