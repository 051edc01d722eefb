/* The client of Encrypted ClientHello (RFC 9849 §6): two ClientHellos, one in the other, and
 * GREASE. */
#ifndef SHK_HANDSHAKE_HELLO_ECH_CLIENT_H
#define SHK_HANDSHAKE_HELLO_ECH_CLIENT_H

#include "extensions/extension_block.h"
#include "handshake/state/conn_state.h"
#include "handshake/state/send.h"
#include "shakedown/conn.h"
#include "shakedown/crypto.h"
#include "shakedown/types.h"

/* Client, before its first ClientHello: sets up what the configuration asks for. */
shk_status shk_ech_begin(shk_conn *conn);
/* Client: puts the ClientHello message that hs->offered was decoded from into an outer one, which
 * takes its place in `flight`. */
shk_status shk_ech_build_outer(shk_conn *conn, shk_flight *flight);
/* Client: whether ServerHello, the transcript's last message, or HelloRetryRequest, which the
 * transcript has not yet, accepts the inner hello; if not, the handshake goes on with the outer. */
shk_status shk_ech_check_server_hello(shk_conn *conn, shk_span message);
shk_status shk_ech_check_retry(shk_conn *conn, const shk_received *message,
                               const shk_extension_block *extensions);
/* Client, at the end of such a handshake: SHK_E_ECH_REJECTED, with the server's configurations for
 * the application. */
shk_status shk_ech_fail_rejected(shk_conn *conn);

#endif
