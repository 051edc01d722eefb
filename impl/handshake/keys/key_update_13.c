/* KeyUpdate, sent and received, by either end (RFC 8446 §4.6.3). */
#include "handshake/keys/key_update_13.h"

#include <string.h>

#include "handshake/keys/schedule_13.h"
#include "handshake/state/send.h"
#include "messages/key_update.h"
#include "record/record_pieces.h"
#include "shakedown/errors.h"

enum { MAX_KEY_UPDATES_IN_ROW = 32 };

/* The new key is there before the message that announces it is sent. `next` is our traffic secret,
 * and becomes the next one. */
static shk_status announce_next_key(shk_conn *conn, bool request, uint8_t *next)
{
    shk_key_update m = {request ? 1 : 0};
    shk_protection *protection;
    SHK_TRY(shk_next_traffic_secret(conn, next));
    SHK_TRY(shk_traffic_protection(conn, conn->suite, next, true, &protection));
    shk_status status = shk_send_message(conn, SHK_MSG_key_update, &m);
    if (status == SHK_OK)
        shk_conn_set_write(conn, protection);
    else
        shk_protection_free(protection);
    return status;
}

static shk_status change_write_key(shk_conn *conn, bool request, uint8_t *next)
{
    uint8_t *secret = conn->config->is_server ? conn->server_secret : conn->client_secret;
    memcpy(next, secret, SHK_MAX_HASH);
    SHK_TRY(announce_next_key(conn, request, next));
    memcpy(secret, next, SHK_MAX_HASH);
    conn->counters.key_updates_sent++;
    conn->key_updates_awaited += request ? 1 : 0;
    conn->key_update_due = false;
    return SHK_OK;
}

shk_status shk_send_key_update(shk_conn *conn, bool request)
{
    uint8_t next[SHK_MAX_HASH];
    shk_status status = change_write_key(conn, request, next);
    shk_wipe(next, sizeof next);
    return status;
}

/* The answer, if one is asked for, goes out before the next application data; many requests may
 * have one answer (RFC 8446 §4.6.3). The first is answered at once, for those who wait, and the
 * others when there is data to send: so the output depends neither on how the requests arrive nor
 * grows with them. */
static shk_status answer_request(shk_conn *conn)
{
    if (conn->close_sent)
        return SHK_OK;
    conn->key_update_due = conn->key_update_answered;
    if (conn->key_update_answered)
        return SHK_OK;
    conn->key_update_answered = true;
    return shk_send_key_update(conn, false);
}

shk_status shk_do_read_key_update(shk_conn *conn, const shk_received *message)
{
    const shk_key_update *m = SHK_MESSAGE_BODY(message, key_update);
    uint8_t *secret = conn->config->is_server ? conn->client_secret : conn->server_secret;
    if (conn->key_updates_awaited > 0)
        conn->key_updates_awaited--;
    else if (++conn->key_updates_in_row > MAX_KEY_UPDATES_IN_ROW)
        return SHK_E_TOO_MANY_KEY_UPDATES;
    conn->counters.key_updates_received++;
    SHK_TRY(shk_next_traffic_secret(conn, secret));
    SHK_TRY(shk_use_traffic_secret(conn, secret, false));
    return m->request_update == 1 ? answer_request(conn) : SHK_OK;
}

shk_status shk_rekey_if_needed(shk_conn *conn)
{
    conn->key_update_answered = false;
    conn->key_updates_in_row = 0;
    if (conn->version < SHK_TLS13)
        return SHK_OK;
    bool limit_reached = conn->write->sequence >= conn->config->records_per_key;
    return limit_reached || conn->key_update_due ? shk_send_key_update(conn, false) : SHK_OK;
}

#ifdef SHK_DEVIATIONS
shk_status shk_conn_next_keys(shk_conn *conn)
{
    uint8_t *secret = conn->config->is_server ? conn->server_secret : conn->client_secret;
    if (conn->version < SHK_TLS13 || conn->write == NULL)
        return SHK_E_CONFIG;
    SHK_TRY(shk_next_traffic_secret(conn, secret));
    return shk_use_traffic_secret(conn, secret, true);
}
#endif
