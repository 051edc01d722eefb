/* Tickets: sessions sealed with a key of the server's (RFC 5077, RFC 8446 §4.6.1). */
#ifndef SHK_HANDSHAKE_SESSIONS_TICKET_H
#define SHK_HANDSHAKE_SESSIONS_TICKET_H

#include "handshake/state/session_content.h"

/* Seals a session into a ticket with the configuration's first key, appended to `out`. */
shk_status shk_ticket_seal(shk_conn *conn, shk_session *session, shk_buf *out);
/* Opens a ticket into `bytes`, which backs `out`. False, without an error, if it is not one of
 * ours. */
bool shk_ticket_open(shk_conn *conn, shk_span ticket, shk_buf *bytes, shk_session *out);

#endif
