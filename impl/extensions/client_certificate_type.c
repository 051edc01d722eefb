/* client_certificate_type: X.509 or raw public keys (RFC 7250 §3). */
#include "extensions/client_certificate_type.h"

#include "registry/layout.h"

/* RFC 7250 §3 */
void shk_client_certificate_type_shape(shk_codec *c, shk_client_certificate_type *m)
{
    if (c->form.place & SHK_IN_CLIENT_HELLO)
        shk_u8_list8(c, "certificate_types", &m->certificate_types, 1, 255,
                     shk_certificate_type_name);
    else
        shk_u8(c, "certificate_type", &m->certificate_type, shk_certificate_type_name);
}

SHK_LAYOUT(client_certificate_type);
