/* The client-facing server of Encrypted ClientHello (RFC 9849 §7.1), which is its own backend
 *. */
#ifndef SHK_HANDSHAKE_HELLO_ECH_SERVER_H
#define SHK_HANDSHAKE_HELLO_ECH_SERVER_H

#include "handshake/state/conn_state.h"
#include "shakedown/registry.h"

/* Server: reads the inner ClientHello if there is one that can be, and makes it the message. */
shk_status shk_ech_open(shk_conn *conn, const shk_received **message);
/* Server: the same for the ClientHello after a HelloRetryRequest. */
shk_status shk_ech_open_second(shk_conn *conn, const shk_received **message);
/* Server: with ECH accepted, puts the confirmation of a ServerHello or HelloRetryRequest into the
 * SHK_ECH_CONFIRMATION bytes at `at`, which its body points to. */
shk_status shk_ech_confirm(shk_conn *conn, shk_message id, void *body, uint8_t *at);

#endif
