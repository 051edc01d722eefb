/* Handshake messages and ChangeCipherSpec, sent. */
#ifndef SHK_HANDSHAKE_STATE_SEND_H
#define SHK_HANDSHAKE_STATE_SEND_H

#include "shakedown/conn.h"
#include "shakedown/crypto.h"
#include "shakedown/registry.h"
#include "shakedown/types.h"

/* Encodes a message, adds it to the transcript unless `hashed` is false, and appends it to
 * `flight`. */
shk_status shk_add_message(shk_conn *conn, shk_message id, void *body, bool hashed,
                           shk_buf *flight);
/* Sends a flight that was put together, and frees it. */
shk_status shk_send_flight(shk_conn *conn, shk_buf *flight);
/* As shk_add_message, and sends it in records of its own. */
shk_status shk_send_message(shk_conn *conn, shk_message id, void *body);
shk_status shk_send_change_cipher_spec(shk_conn *conn);
/* The ChangeCipherSpec of RFC 8446 §D.4, once and if the client's legacy_session_id asks for it. */
shk_status shk_send_compatibility(shk_conn *conn);

#endif
