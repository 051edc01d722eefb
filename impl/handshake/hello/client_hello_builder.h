/* The ClientHello, built by the client and remembered (RFC 8446 §4.1.2). */
#ifndef SHK_HANDSHAKE_HELLO_CLIENT_HELLO_BUILDER_H
#define SHK_HANDSHAKE_HELLO_CLIENT_HELLO_BUILDER_H

#include "handshake/state/send.h"
#include "shakedown/conn.h"
#include "shakedown/crypto.h"
#include "shakedown/types.h"

/* Keeps the ClientHello message that was sent, decoded: what was offered is what it says. */
shk_status shk_store_client_hello(shk_conn *conn, shk_span message);
/* Adds a whole ClientHello message of this configuration and what has been received so far. */
shk_status shk_build_client_hello(shk_conn *conn, shk_flight *flight);

#endif
