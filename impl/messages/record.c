/* TLSPlaintext or TLSCiphertext: a record with its header (RFC 8446 §5.1). */
#include "messages/record.h"

#include "registry/layout.h"

/* RFC 8446 §5.1 */
void shk_record_shape(shk_codec *c, shk_record *m)
{
    shk_u8(c, "type", &m->type, shk_content_type_name);
    shk_u16(c, "legacy_record_version", &m->legacy_record_version, shk_version_name);
    shk_opaque16(c, "fragment", &m->fragment, 0, SHK_MAX_CIPHERTEXT);
}

SHK_LAYOUT(record);
