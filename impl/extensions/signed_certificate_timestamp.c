/* signed_certificate_timestamp: asked for empty, answered with a list (RFC 6962 §3.3). */
#include "extensions/signed_certificate_timestamp.h"

#include "registry/layout.h"

void shk_serialized_sct_shape(shk_codec *c, void *element)
{
    shk_serialized_sct *m = (shk_serialized_sct *)element;
    shk_opaque16(c, "sct", &m->sct, 1, 65535);
}

/* RFC 6962 §3.3 */
void shk_signed_certificate_timestamp_shape(shk_codec *c, shk_signed_certificate_timestamp *m)
{
    if (c->form.place & (SHK_IN_CLIENT_HELLO | SHK_IN_CERTIFICATE_REQUEST))
        return;
    shk_serialized_sct sct;
    shk_list16(c, "sct_list", &m->sct_list, 1, 65535, shk_serialized_sct_shape, &sct);
}

SHK_LAYOUT(signed_certificate_timestamp);
