/* Post-handshake client authentication (RFC 8446 §4.6.2). Each request and its answer are hashed
 * behind the main handshake, and no two requests wait at once. */
#ifndef SHK_HANDSHAKE_FLOW_POST_HANDSHAKE_H
#define SHK_HANDSHAKE_FLOW_POST_HANDSHAKE_H

#include "shakedown/conn.h"
#include "shakedown/crypto.h"

/* Server: a handshake in which the client is asked for its certificate, where that may be.
 * SHK_E_NOT_CONNECTED, SHK_E_NO_POST_HANDSHAKE_AUTH, SHK_E_NO_COMMON_CERTIFICATE_TYPE. */
shk_status shk_begin_authentication(shk_conn *conn);
/* Server: sends its CertificateRequest. */
shk_status shk_request_authentication(shk_conn *conn);
/* Whether application data may come now: not between the messages of a client that authenticates
 * after the handshake. */
bool shk_data_allowed(const shk_conn *conn);

#endif
