/* KeyUpdate, sent and received, by either end (RFC 8446 §4.6.3). */
#ifndef SHK_HANDSHAKE_KEYS_KEY_UPDATE_13_H
#define SHK_HANDSHAKE_KEYS_KEY_UPDATE_13_H

#include "handshake/state/conn_state.h"
#include "shakedown/crypto.h"

/* Sends a KeyUpdate and goes on with the next key; `request`: the peer shall do likewise. */
shk_status shk_send_key_update(shk_conn *conn, bool request);
/* Before a record of application data: a KeyUpdate where the peer waits for one, or where the key
 * has protected as many records as it may. */
shk_status shk_rekey_if_needed(shk_conn *conn);

/* Steps of the flow tables. */
shk_status shk_do_read_key_update(shk_conn *conn, const shk_received *message);

#endif
