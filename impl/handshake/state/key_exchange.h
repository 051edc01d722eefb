/* Key pairs for a group, and the secret that both ends agree on. */
#ifndef SHK_HANDSHAKE_STATE_KEY_EXCHANGE_H
#define SHK_HANDSHAKE_STATE_KEY_EXCHANGE_H

#include "handshake/state/handshake.h"

/* A key pair to be filled in, with room for `share` bytes of public value; the handshake frees it.
 */
shk_status shk_new_key_pair(shk_conn *conn, size_t share, shk_key_pair **out);
/* A key pair for the group, kept in the handshake. */
shk_status shk_add_key_pair(shk_conn *conn, uint16_t group);
/* Agrees with the peer's public value by the pair of the group; the result is in exchange.secret.
 */
shk_status shk_agree(shk_conn *conn, uint16_t group, shk_span peer);
/* Server of TLS 1.3: our share of the group and the secret, by the client's share.
 * SHK_E_BAD_KEY_SHARE.
 */
shk_status shk_answer_share(shk_conn *conn, const shk_group_row *group, shk_span peer);

#endif
