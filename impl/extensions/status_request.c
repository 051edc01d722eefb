/* status_request: asks for an OCSP response, or carries it (RFC 6066 §8, RFC 8446 §4.4.2.1). */
#include "extensions/status_request.h"

#include "registry/layout.h"

void shk_responder_id_shape(shk_codec *c, void *element)
{
    shk_responder_id *m = (shk_responder_id *)element;
    shk_opaque16(c, "responder_id", &m->responder_id, 1, 65535);
}

/* RFC 6066 §8, RFC 8446 §4.4.2.1 */
void shk_status_request_shape(shk_codec *c, shk_status_request *m)
{
    if ((c->form.place & (SHK_IN_CLIENT_HELLO | SHK_IN_CERTIFICATE)) == 0)
        return;
    shk_u8(c, "status_type", &m->status_type, shk_status_type_name);
    if (c->form.place & SHK_IN_CERTIFICATE) {
        shk_require(c, "status_type", m->status_type == SHK_STATUS_TYPE_OCSP, SHK_E_STATUS_TYPE);
        shk_opaque24(c, "response", &m->response, 1, 0xffffff);
        return;
    }
    if (shk_variant(c, m->status_type == SHK_STATUS_TYPE_OCSP)) {
        shk_responder_id id;
        shk_list16(c, "responder_id_list", &m->responder_id_list, 0, 65535, shk_responder_id_shape,
                   &id);
        shk_opaque16(c, "request_extensions", &m->request_extensions, 0, 65535);
    }
    if (shk_variant(c, m->status_type != SHK_STATUS_TYPE_OCSP))
        shk_rest(c, "request", &m->request_extensions);
}

SHK_LAYOUT(status_request);
