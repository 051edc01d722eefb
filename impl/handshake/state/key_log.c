/* Secrets for the key log. */
#include "handshake/state/key_log.h"

#include <stdio.h>

#include "handshake/state/conn_state.h"
#include "shakedown/registry.h"

/* NSS key log format: label, client random, secret, in hex. */
void shk_log_secret(const shk_conn *conn, const char *label, const uint8_t *secret, size_t len)
{
    char line[32 + 2 * 32 + 2 * SHK_MAX_HASH + 4];
    if (conn->config->key_log == NULL)
        return;
    int at = snprintf(line, sizeof line, "%s ", label);
    for (size_t i = 0; i < sizeof conn->client_random; i++)
        at += snprintf(line + at, sizeof line - (size_t)at, "%02x", conn->client_random[i]);
    at += snprintf(line + at, sizeof line - (size_t)at, " ");
    for (size_t i = 0; i < len; i++)
        at += snprintf(line + at, sizeof line - (size_t)at, "%02x", secret[i]);
    conn->config->key_log(conn->config->key_log_context, line);
    shk_wipe(line, sizeof line);
}
