/* The way in: bytes -> records -> handshake messages, alerts, application data (RFC 8446 §5, RFC
 * 5246 §6.2). Records are opened into conn->opened; handshake messages are handed on from there
 * without a copy where they are whole. */
#ifndef SHK_CONN_INPUT_H
#define SHK_CONN_INPUT_H

#include "shakedown/conn.h"
#include "shakedown/crypto.h"

shk_status shk_record_input(shk_conn *conn, shk_span bytes);

#endif
