/* Tickets of TLS 1.3, given and kept (RFC 8446 §4.6.1). */
#ifndef SHK_HANDSHAKE_SESSIONS_TICKETS_13_H
#define SHK_HANDSHAKE_SESSIONS_TICKETS_13_H

#include "handshake/state/conn_state.h"
#include "shakedown/crypto.h"

/* Server: as many as are configured, to a client that takes PSKs. */
shk_status shk_send_tickets(shk_conn *conn);

/* Steps of the flow tables. */
shk_status shk_do_read_new_session_ticket(shk_conn *conn, const shk_received *message);

#endif
