/* NewSessionTicket of TLS 1.3 (RFC 8446 §4.6.1). */
#include "messages/new_session_ticket.h"

#include "registry/layout.h"

/* RFC 8446 §4.6.1 */
void shk_new_session_ticket_shape(shk_codec *c, shk_new_session_ticket *m)
{
    shk_u32(c, "ticket_lifetime", &m->ticket_lifetime, NULL);
    shk_u32(c, "ticket_age_add", &m->ticket_age_add, NULL);
    shk_opaque8(c, "ticket_nonce", &m->ticket_nonce, 0, 255);
    shk_opaque16(c, "ticket", &m->ticket, 1, 65535);
    shk_extensions(c, SHK_IN_NEW_SESSION_TICKET, &m->extensions);
}

SHK_LAYOUT(new_session_ticket);
