/* Early data (RFC 8446 §2.3, §4.2.10, §8): offered, accepted or turned down, and ended, by either
 * end. */
#ifndef SHK_HANDSHAKE_SESSIONS_EARLY_DATA_13_H
#define SHK_HANDSHAKE_SESSIONS_EARLY_DATA_13_H

#include "shakedown/conn.h"
#include "shakedown/crypto.h"

/* Client: whether this ClientHello offers early data. */
bool shk_offers_early_data(const shk_conn *conn);
/* Client, with such a ClientHello sent: its keys. */
shk_status shk_begin_early_data(shk_conn *conn);
/* Client: whether early data of so many bytes may be written now. SHK_E_NO_EARLY_DATA,
 * SHK_E_EARLY_DATA_LIMIT. */
shk_status shk_may_write_early(const shk_conn *conn, size_t len);
/* Client: a HelloRetryRequest came. */
void shk_abandon_early_data(shk_conn *conn);
/* Client: EncryptedExtensions accept it; then, once all of them are read, what goes on. */
shk_status shk_accept_early_data(shk_conn *conn);
shk_status shk_end_refused_early_data(shk_conn *conn);
/* Server, with the PSK selected and the ClientHello alone in the transcript: takes it or not. */
shk_status shk_decide_early_data(shk_conn *conn);
/* Server: application data has come before the handshake is complete. */
shk_status shk_read_early_data(shk_conn *conn, size_t len);

/* Steps of the flow tables. */
shk_status shk_do_send_end_of_early_data(shk_conn *conn);
shk_status shk_do_use_early_data_keys(shk_conn *conn);
shk_status shk_do_read_end_of_early_data(shk_conn *conn);

#endif
