/* The key schedule of TLS 1.3 (RFC 8446 §7.1 to §7.3, §4.4.4). */
#ifndef SHK_HANDSHAKE_KEYS_SCHEDULE_13_H
#define SHK_HANDSHAKE_KEYS_SCHEDULE_13_H

#include "handshake/state/conn_state.h"
#include "shakedown/registry.h"

/* After ServerHello: the handshake traffic secrets (RFC 8446 §7.1). */
shk_status shk_schedule_handshake(shk_conn *conn);
/* After the server's Finished: the application traffic secrets. */
shk_status shk_schedule_application(shk_conn *conn);
/* After the client's Finished: resumption_master_secret. */
shk_status shk_schedule_resumption(shk_conn *conn);
/* The keys of a suite and a traffic secret for one direction (RFC 8446 §7.3), the caller's to use
 * or to free. */
shk_status shk_traffic_protection(shk_conn *conn, const shk_suite_row *suite, const uint8_t *secret,
                                  bool seal, shk_protection **out);
/* Puts such keys into use; `seal`: for what we send. */
shk_status shk_use_suite_secret(shk_conn *conn, const shk_suite_row *suite, const uint8_t *secret,
                                bool seal);
/* Likewise, of the negotiated suite. */
shk_status shk_use_traffic_secret(shk_conn *conn, const uint8_t *secret, bool seal);
/* Replaces a traffic secret by the next one (RFC 8446 §7.2). */
shk_status shk_next_traffic_secret(shk_conn *conn, uint8_t *secret);
/* verify_data of Finished under a traffic secret, over the transcript so far. */
shk_status shk_finished_13(shk_conn *conn, const uint8_t *traffic_secret, uint8_t *out);
/* Checks the peer's Finished of TLS 1.3 under its traffic secret. */
shk_status shk_check_finished_13(shk_conn *conn, const shk_received *message,
                                 const uint8_t *traffic_secret);

#endif
