/* KeyUpdate: the sender's next record uses new keys (RFC 8446 §4.6.3). */
#include "messages/key_update.h"

#include "registry/layout.h"

/* RFC 8446 §4.6.3 */
void shk_key_update_shape(shk_codec *c, shk_key_update *m)
{
    shk_u8(c, "request_update", &m->request_update, NULL);
    shk_require(c, "request_update", m->request_update <= 1, SHK_E_KEY_UPDATE_VALUE);
}

SHK_LAYOUT(key_update);
