/* The way out: content -> records (RFC 8446 §5.1, RFC 5246 §6.2.1), in pieces that neither end
 * finds too large. */
#ifndef SHK_HANDSHAKE_STATE_OUTPUT_H
#define SHK_HANDSHAKE_STATE_OUTPUT_H

#include "shakedown/conn.h"
#include "shakedown/crypto.h"

/* Sends the first bytes of the content as one record, as many as fit, and takes them off it.
 * `first`: of what is sent in one call. */
shk_status shk_send_record(shk_conn *conn, uint8_t type, bool first, shk_span *content);
/* Appends content to the output as records of the type, protected if
 * there are keys. */
shk_status shk_conn_send(shk_conn *conn, uint8_t type, shk_span content);
/* Sends a warning or fatal alert. */
shk_status shk_conn_send_alert(shk_conn *conn, uint8_t level, uint8_t description);

#endif
