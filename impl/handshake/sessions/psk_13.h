/* Pre-shared keys of TLS 1.3: offered, bound and selected (RFC 8446 §4.2.11), and imported (RFC
 * 9258). */
#ifndef SHK_HANDSHAKE_SESSIONS_PSK_13_H
#define SHK_HANDSHAKE_SESSIONS_PSK_13_H

#include "handshake/state/handshake.h"

/* Client: fills in hs->psk.list with what can be offered. */
shk_status shk_collect_psks(shk_conn *conn);
/* Bytes of the binders at the end of a ClientHello. */
size_t shk_binders_length(const shk_handshake *hs);
/* Puts the binders of hs->psk.list at the end of a whole ClientHello message. */
shk_status shk_fill_binders(shk_conn *conn, shk_buf *message);
/* Client: the server selected this one. */
shk_status shk_accept_psk(shk_conn *conn, uint16_t selected);
/* Server: finds the first PSK of a hello that is known and goes with suites of the hash. None is no
 * error. */
shk_status shk_find_psk(shk_conn *conn, const shk_client_hello *hello, shk_hash hash);
/* Server: uses the PSK that was found, if the groups allow it and its binder verifies. Its hello is
 * the transcript's last message. */
shk_status shk_select_psk(shk_conn *conn);

#endif
