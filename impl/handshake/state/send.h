/* Handshake messages and ChangeCipherSpec, sent. */
#ifndef SHK_HANDSHAKE_STATE_SEND_H
#define SHK_HANDSHAKE_STATE_SEND_H

#include "shakedown/conn.h"
#include "shakedown/crypto.h"
#include "shakedown/registry.h"
#include "shakedown/types.h"

/* Handshake messages that go out together, and the memory that they are built in. A flight keeps
 * its first failure: nothing is added after it, and shk_flight_send returns it. */
struct shk_flight {
    shk_conn *conn;
    shk_status status;
    shk_buf messages;
    shk_buf extensions; /* of the message being built: the raw bytes of its extension block */
    shk_buf pieces;     /* of the message being built: what other spans of its body point to */
};

/* Builds a message from the state of the connection and adds it with shk_add_message. */
typedef shk_status shk_flight_part(shk_conn *conn, shk_flight *flight);

/* An empty flight. It has to be sent, which also frees it. */
shk_flight shk_flight_begin(shk_conn *conn);
/* Runs `part`, unless the flight has failed. */
void shk_flight_add(shk_flight *flight, shk_flight_part *part);
/* Sends the flight unless it has failed, and frees it. Returns the first failure of it all. */
shk_status shk_flight_send(shk_flight *flight);

/* For a part: encodes the message, appends it to the flight, and adds it to the transcript if a
 * Finished covers it (but a ClientHello, which has binders to be filled in). Empties `extensions`
 * and `pieces` for the next message. */
shk_status shk_add_message(shk_flight *flight, shk_message id, void *body);
/* A flight of one message. */
shk_status shk_send_message(shk_conn *conn, shk_message id, void *body);
shk_status shk_send_change_cipher_spec(shk_conn *conn);
/* The ChangeCipherSpec of RFC 8446 §D.4, once and if the client's legacy_session_id asks for it. */
shk_status shk_send_compatibility(shk_conn *conn);

#endif
