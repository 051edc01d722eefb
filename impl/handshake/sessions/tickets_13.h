/* Tickets of TLS 1.3, given and kept (RFC 8446 §4.6.1). */
#ifndef SHK_HANDSHAKE_SESSIONS_TICKETS_13_H
#define SHK_HANDSHAKE_SESSIONS_TICKETS_13_H

#include "shakedown/conn.h"
#include "shakedown/crypto.h"

shk_status shk_send_tickets(shk_conn *conn);

#endif
