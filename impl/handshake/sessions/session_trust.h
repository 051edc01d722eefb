/* What a session carries of its full handshake, and when it may replace one:
 * under a configuration that verifies the peer by the same, while that is still good (RFC 8446
 * §4.6.1, RFC 5246 §F.1.4). */
#ifndef SHK_HANDSHAKE_SESSIONS_SESSION_TRUST_H
#define SHK_HANDSHAKE_SESSIONS_SESSION_TRUST_H

#include "handshake/state/session_content.h"
#include "shakedown/config.h"
#include "shakedown/session.h"

/* What the peer is verified by under a configuration, as a digest of SHK_TRUST_DIGEST bytes: see
 * shk_config.session. With an external PSK, that too; NULL: without. */
shk_status shk_trust_digest(const shk_config *config, const shk_external_psk *psk, uint8_t *out);
/* The session of a connection that has come to its end: all but the secrets, and what is of one
 * version alone. Its spans point into the connection. */
shk_status shk_session_of(shk_conn *conn, uint32_t lifetime, shk_session *out);
/* How the peer was authenticated in the session that is resumed counts for the connection. */
void shk_session_restore_peer(shk_conn *conn, const shk_session *session);
/* What a session is bound to: the host name that was asked for (RFC 8446 §4.6.1). Empty where there
 * was none. */
shk_span shk_session_name(const shk_conn *conn);
/* Client: whether the configuration's session is offered, in both ClientHellos or in none. */
bool shk_session_offered(shk_conn *conn);
/* Whether a session may stand for the full handshake that this configuration wants now. */
bool shk_session_acceptable(shk_conn *conn, const shk_session *session);

#endif
