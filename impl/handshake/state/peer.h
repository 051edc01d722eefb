/* Who the peer is: what it has shown and proved, and how long that is good. */
#ifndef SHK_HANDSHAKE_STATE_PEER_H
#define SHK_HANDSHAKE_STATE_PEER_H

#include "shakedown/conn.h"
#include "shakedown/crypto.h"
#include "shakedown/session.h"

/* An external PSK goes into the keys: who has it is who it was given to. */
void shk_authenticated_by_psk(shk_conn *conn, const shk_external_psk *psk);
/* Whether the peer has shown a certificate rather than nothing or a raw key. */
bool shk_certificate_shown(const shk_conn *conn);
/* Server: whether the client is asked for its certificate after the handshake, if at all. */
bool shk_asks_after_handshake(const shk_conn *conn);
/* Server: whether a client must show a certificate in the handshake. */
bool shk_requires_client(const shk_conn *conn);
/* The peer has proved that the key it showed is its own. */
void shk_set_peer_authenticated(shk_conn *conn);
/* What the peer was verified by is good up to that second of the time since 1970; INT64_MAX: it
 * says nothing. */
void shk_limit_peer_validity(shk_conn *conn, int64_t seconds);
/* Client: in a renegotiation the server shows the certificate or key that it showed before, unless
 * the configuration lets it change. SHK_E_RENEGOTIATION_CERTIFICATE. */
shk_status shk_check_same_server(shk_conn *conn, shk_span shown);

#endif
