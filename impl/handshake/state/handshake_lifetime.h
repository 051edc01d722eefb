/* The life of a handshake in progress and the helpers that all machines share
 *. */
#ifndef SHK_HANDSHAKE_STATE_HANDSHAKE_LIFETIME_H
#define SHK_HANDSHAKE_STATE_HANDSHAKE_LIFETIME_H

#include "shakedown/conn.h"
#include "shakedown/crypto.h"

shk_status shk_handshake_new(shk_conn *conn);
void shk_handshake_free(shk_conn *conn);
/* The handshake is complete. */
void shk_complete_handshake(shk_conn *conn);

#endif
