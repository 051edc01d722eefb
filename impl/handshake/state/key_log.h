/* Secrets for the key log. */
#ifndef SHK_HANDSHAKE_STATE_KEY_LOG_H
#define SHK_HANDSHAKE_STATE_KEY_LOG_H

#include "shakedown/conn.h"

/* secrets for the key log */
void shk_log_secret(const shk_conn *conn, const char *label, const uint8_t *secret, size_t len);

#endif
