/* The TLS 1.3 server (RFC 8446 §4.1.1, §4.1.4, §4.4). */
#ifndef SHK_HANDSHAKE_FLOW_SERVER_13_H
#define SHK_HANDSHAKE_FLOW_SERVER_13_H

#include "handshake/state/send.h"
#include "shakedown/conn.h"
#include "shakedown/crypto.h"
#include "shakedown/registry.h"
#include "shakedown/types.h"

/* Server: by a PSK that the last ClientHello offers, or else by a certificate. */
shk_status shk_choose_authentication_13(shk_conn *conn);
/* Server: a ServerHello or HelloRetryRequest with the given random and the answers that belong
 * there, behind the extensions that the flight holds. */
shk_status shk_add_hello_13(shk_conn *conn, shk_message id, uint16_t place, const uint8_t *random,
                            shk_flight *flight);

#endif
