/* Channel bindings: what tells a connection from all others, for a protocol above (RFC 5929, RFC
 * 9266). */
#ifndef SHK_HANDSHAKE_KEYS_CHANNEL_BINDING_H
#define SHK_HANDSHAKE_KEYS_CHANNEL_BINDING_H

#include "shakedown/conn.h"
#include "shakedown/crypto.h"

/* Keeps tls-server-end-point (RFC 5929 §4.1) of the server's certificate. */
shk_status shk_store_end_point(shk_conn *conn, shk_span certificate);

#endif
