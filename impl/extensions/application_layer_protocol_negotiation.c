/* application_layer_protocol_negotiation (ALPN) (RFC 7301 §3.1). */
#include "extensions/application_layer_protocol_negotiation.h"

#include "registry/layout.h"

void shk_protocol_name_shape(shk_codec *c, void *element)
{
    shk_protocol_name *m = (shk_protocol_name *)element;
    shk_opaque8(c, "name", &m->name, 1, 255);
}

/* RFC 7301 §3.1 */
void shk_application_layer_protocol_negotiation_shape(shk_codec *c,
                                                      shk_application_layer_protocol_negotiation *m)
{
    shk_protocol_name name;
    shk_list16(c, "protocol_name_list", &m->protocol_name_list, 2, 65535, shk_protocol_name_shape,
               &name);
    if (c->mode != SHK_DECODE || (c->form.place & SHK_IN_CLIENT_HELLO) != 0)
        return;
    shk_span rest = m->protocol_name_list;
    shk_list_next(&rest, &c->form, shk_protocol_name_shape, &name);
    shk_require(c, "protocol_name_list", rest.len == 0, SHK_E_ALPN_ONE_NAME);
}

SHK_LAYOUT(application_layer_protocol_negotiation);
