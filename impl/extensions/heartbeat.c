/* heartbeat: read, never negotiated (RFC 6520 §2). */
#include "extensions/heartbeat.h"

#include "registry/layout.h"

/* RFC 6520 §2 */
void shk_heartbeat_shape(shk_codec *c, shk_heartbeat *m)
{
    shk_u8(c, "mode", &m->mode, NULL);
    shk_require(c, "mode", m->mode == 1 || m->mode == 2, SHK_E_HEARTBEAT_MODE);
}

SHK_LAYOUT(heartbeat);
