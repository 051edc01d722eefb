/* session_ticket: a ticket of TLS 1.2, or empty (RFC 5077 §3.2). */
#include "extensions/session_ticket.h"

#include "registry/layout.h"

/* RFC 5077 §3.2 */
void shk_session_ticket_shape(shk_codec *c, shk_session_ticket *m)
{
    shk_rest(c, "ticket", &m->ticket);
}

SHK_LAYOUT(session_ticket);
