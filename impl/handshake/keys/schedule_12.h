/* Keys and Finished of TLS 1.2 (RFC 5246 §8.1, §6.3, §7.4.9; RFC 7627 §4). */
#ifndef SHK_HANDSHAKE_KEYS_SCHEDULE_12_H
#define SHK_HANDSHAKE_KEYS_SCHEDULE_12_H

#include "handshake/state/conn_state.h"

/* Keys from exchange.secret (of RSA: the pre-master secret) and, in PSK suites, tls12.psk. */
shk_status shk_schedule_12(shk_conn *conn);
/* Keys of a resumed session from its master secret. */
shk_status shk_schedule_resumed_12(shk_conn *conn, shk_span master);
/* verify_data of one end's Finished, SHK_VERIFY_DATA_12 bytes. */
shk_status shk_finished_12(shk_conn *conn, bool from_server, uint8_t *out);
/* Our own end's keys, to be used after the ChangeCipherSpec that is sent now; then Finished. */
shk_status shk_send_finished_12(shk_conn *conn);
/* Checks the peer's Finished, and stores its verify_data (RFC 5746 §3). */
shk_status shk_check_finished_12(shk_conn *conn, const shk_received *message);

/* Steps of the flow tables. */
shk_status shk_do_read_change_cipher_spec(shk_conn *conn);

#endif
