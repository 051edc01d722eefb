/* signed_certificate_timestamp: asked for empty, answered with a list (RFC 6962 §3.3). */
#include "extensions/signed_certificate_timestamp.h"

#include "registry/layout.h"

void shk_serialized_sct_shape(shk_codec *c, void *element)
{
    shk_serialized_sct *m = (shk_serialized_sct *)element;
    shk_opaque16(c, "sct", &m->sct, 1, 65535);
}

void shk_timestamp_shape(shk_codec *c, void *element)
{
    shk_timestamp *m = (shk_timestamp *)element;
    shk_u8(c, "sct_version", &m->sct_version, NULL);
    shk_fixed(c, "id", &m->log_id, 32);
    shk_fixed(c, "timestamp", &m->timestamp, 8);
    shk_opaque16(c, "extensions", &m->extensions, 0, 65535);
    shk_u16(c, "algorithm", &m->algorithm, shk_signature_scheme_name);
    shk_opaque16(c, "signature", &m->signature, 0, 65535);
}

shk_status shk_check_timestamps(shk_span sct_list, uint16_t *count)
{
    shk_serialized_sct entry;
    shk_timestamp timestamp;
    while (shk_list_next(&sct_list, NULL, shk_serialized_sct_shape, &entry)) {
        if (entry.sct.data[0] == 0) /* v1 */
            SHK_TRY(shk_decode(shk_timestamp_shape, NULL, entry.sct, &timestamp, NULL));
        if (*count < UINT16_MAX)
            ++*count;
    }
    return SHK_OK;
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
