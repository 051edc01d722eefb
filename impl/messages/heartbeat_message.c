/* HeartbeatMessage: a content type of its own, read by `shakedown decode` alone (RFC 6520 §4). */
#include "messages/heartbeat_message.h"

#include "registry/layout.h"

/* RFC 6520 §4 */
void shk_heartbeat_message_shape(shk_codec *c, shk_heartbeat_message *m)
{
    shk_u8(c, "type", &m->type, shk_heartbeat_message_type_name);
    shk_opaque16(c, "payload", &m->payload, 0, 65535);
    shk_rest(c, "padding", &m->padding);
}

SHK_LAYOUT(heartbeat_message);
