/* ClientKeyExchange of TLS 1.2 and below; its layout depends on the suite's key exchange (RFC 5246
 * §7.4.7, RFC 8422 §5.7, RFC 4279 §2). */
#include "messages/client_key_exchange.h"

#include "registry/layout.h"

/* RFC 5246 §7.4.7, RFC 8422 §5.7, RFC 4279 §2 */
void shk_client_key_exchange_shape(shk_codec *c, shk_client_key_exchange *m)
{
    unsigned kx = c->form.key_exchange;
    if (kx & SHK_FORM_PSK)
        shk_opaque16(c, "psk_identity", &m->psk_identity, 0, 65535);
    if (kx & SHK_FORM_RSA)
        shk_opaque16(c, "encrypted_pre_master_secret", &m->encrypted_pre_master_secret, 0, 65535);
    if (kx & SHK_FORM_ECDHE)
        shk_opaque8(c, "ecdh_Yc", &m->ecdh_yc, 1, 255);
    if (kx & SHK_FORM_DHE)
        shk_opaque16(c, "dh_Yc", &m->dh_yc, 1, 65535);
}

SHK_LAYOUT(client_key_exchange);
