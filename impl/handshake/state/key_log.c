/* Secrets for the key log. */
#include "handshake/state/key_log.h"

#include <stdio.h>

#include "handshake/state/conn_state.h"
#include "shakedown/registry.h"

/* Writes bytes in hex, and returns what is behind them. */
static char *put_hex(char *at, const uint8_t *bytes, size_t len)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < len; i++) {
        *at++ = digits[bytes[i] >> 4];
        *at++ = digits[bytes[i] & 15];
    }
    return at;
}

/* NSS key log format: label, client random, secret, in hex. */
void shk_log_secret(const shk_conn *conn, const char *label, const uint8_t *secret, size_t len)
{
    char line[32 + 2 * 32 + 2 * SHK_MAX_HASH + 4];
    if (conn->config->key_log == NULL)
        return;
    char *at = line + snprintf(line, sizeof line, "%s ", label);
    at = put_hex(at, conn->client_random, sizeof conn->client_random);
    *at++ = ' ';
    at = put_hex(at, secret, len);
    *at = 0;
    conn->config->key_log(conn->config->key_log_context, line);
    shk_wipe(line, sizeof line);
}
