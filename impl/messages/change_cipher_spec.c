/* ChangeCipherSpec: the single byte 1 (RFC 5246 §7.1, RFC 8446 §5). */
#include "messages/change_cipher_spec.h"

#include "registry/layout.h"

/* RFC 5246 §7.1, RFC 8446 §5 */
void shk_change_cipher_spec_shape(shk_codec *c, shk_change_cipher_spec *m)
{
    shk_u8(c, "type", &m->type, NULL);
    shk_require(c, "type", m->type == 1, SHK_E_CHANGE_CIPHER_SPEC_VALUE);
}

SHK_LAYOUT(change_cipher_spec);
