/* A new handshake inside a connection of TLS 1.2 and below (RFC 5746, RFC 5246 §7.4.1.1): begun by
 * either end, where the configuration wants it and the peer can bind it to what came before. */
#ifndef SHK_HANDSHAKE_FLOW_RENEGOTIATION_H
#define SHK_HANDSHAKE_FLOW_RENEGOTIATION_H

#include "shakedown/conn.h"
#include "shakedown/crypto.h"

/* Whether this end may ask for a new handshake. SHK_E_NOT_CONNECTED, SHK_E_NO_RENEGOTIATION. */
shk_status shk_may_renegotiate(const shk_conn *conn);
/* A server sends HelloRequest; a client is at the start of its flow again. */
shk_status shk_start_renegotiation(shk_conn *conn);

#endif
