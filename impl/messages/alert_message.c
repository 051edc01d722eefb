/* Alert: a level and a description (RFC 8446 §6). */
#include "messages/alert_message.h"

#include "registry/layout.h"

/* RFC 8446 §6 */
void shk_alert_message_shape(shk_codec *c, shk_alert_message *m)
{
    shk_u8(c, "level", &m->level, shk_alert_level_name);
    shk_require(c, "level", m->level == 1 || m->level == 2, SHK_E_ALERT_LEVEL);
    shk_u8(c, "description", &m->description, shk_alert_name);
}

SHK_LAYOUT(alert_message);
