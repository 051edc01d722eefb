/* renegotiation_info: verify_data of the handshake before, or empty (RFC 5746 §3.2). */
#include "extensions/renegotiation_info.h"

#include "registry/layout.h"

/* RFC 5746 §3.2 */
void shk_renegotiation_info_shape(shk_codec *c, shk_renegotiation_info *m)
{
    shk_opaque8(c, "renegotiated_connection", &m->renegotiated_connection, 0, 255);
}

SHK_LAYOUT(renegotiation_info);
