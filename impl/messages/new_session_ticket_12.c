/* NewSessionTicket of TLS 1.2 and below (RFC 5077 §3.3). */
#include "messages/new_session_ticket_12.h"

#include "registry/layout.h"

/* RFC 5077 §3.3 */
void shk_new_session_ticket_12_shape(shk_codec *c, shk_new_session_ticket_12 *m)
{
    shk_u32(c, "ticket_lifetime_hint", &m->ticket_lifetime_hint, NULL);
    shk_opaque16(c, "ticket", &m->ticket, 0, 65535);
}

SHK_LAYOUT(new_session_ticket_12);
