/* What both ends of Encrypted ClientHello share. */
#ifndef SHK_HANDSHAKE_HELLO_ECH_COMMON_H
#define SHK_HANDSHAKE_HELLO_ECH_COMMON_H

#include "shakedown/conn.h"
#include "shakedown/crypto.h"
#include "shakedown/registry.h"

/* accept_confirmation (§7.2, §7.2.1) of SHK_ECH_CONFIRMATION bytes, with the hash of all messages
 * up to the one that holds it, which has zeros in its place. */
shk_status shk_ech_confirmation(shk_conn *conn, shk_hash hash, shk_hash_state *state, bool retry,
                                uint8_t *out);

#endif
