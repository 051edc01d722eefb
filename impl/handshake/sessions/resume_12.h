/* Resumption in TLS 1.2: by session id (RFC 5246 §7.3) and by ticket (RFC 5077). */
#ifndef SHK_HANDSHAKE_SESSIONS_RESUME_12_H
#define SHK_HANDSHAKE_SESSIONS_RESUME_12_H

#include "handshake/state/conn_state.h"
#include "shakedown/config.h"
#include "shakedown/crypto.h"

/* Client: whether the configuration's session, one of these versions, is offered. */
bool shk_offers_session_12(shk_conn *conn);
/* Client: whether the server resumes it; checks suite, version and extended_master_secret. Takes
 * the session id over. */
shk_status shk_check_resumed_12(shk_conn *conn, shk_span session_id_echo);
/* Server: whether it gives and takes tickets below TLS 1.3. */
bool shk_uses_tickets_12(const shk_config *config);
/* Server: sets hs->tls12.resumes where the ClientHello names a session that can be. */
shk_status shk_find_session_12(shk_conn *conn);
/* Keeps the session and ends the handshake. */
shk_status shk_finish_12(shk_conn *conn);

/* Steps of the flow tables. */
shk_status shk_do_use_session_12(shk_conn *conn);
shk_status shk_do_read_ticket_12(shk_conn *conn, const shk_received *message);
shk_status shk_do_send_ticket_12(shk_conn *conn);

#endif
