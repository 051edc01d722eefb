/* Early data (RFC 8446 §2.3, §4.2.10, §8): offered, accepted or turned down, and ended, by either
 * end. */
#include "handshake/sessions/early_data_13.h"

#include <stdlib.h>

#include "crypto/derive.h"
#include "crypto/hash_parts.h"
#include "handshake/keys/schedule_13.h"
#include "handshake/state/handshake.h"
#include "handshake/state/key_log.h"
#include "handshake/state/negotiated.h"
#include "handshake/state/send.h"
#include "messages/end_of_early_data.h"
#include "shakedown/errors.h"
#include "shakedown/session.h"

enum { FRESHNESS_MS = 10 * 1000 /* §8.3: how far the ticket's age may be off */ };

/* client_early_traffic_secret and early_exporter_master_secret of an Early Secret, with the
 * ClientHello alone in the transcript (§7.1). */
static shk_status derive_early_secrets(shk_conn *conn, shk_hash hash, const uint8_t *early)
{
    const shk_crypto *crypto = conn->crypto;
    shk_handshake *hs = conn->handshake;
    const size_t size = shk_hash_size(hash);
    const shk_span hello = shk_transcript_messages(&hs->transcript);
    uint8_t *exporter = conn->early_exporter_secret;
    uint8_t digest[SHK_MAX_HASH];
    SHK_TRY(shk_hash_parts(crypto, hash, &hello, 1, digest));
    SHK_TRY(shk_derive_secret(crypto, hash, early, "c e traffic", digest, hs->early.traffic));
    SHK_TRY(shk_derive_secret(crypto, hash, early, "e exp master", digest, exporter));
    conn->early_exporter_hash = hash;
    shk_log_secret(conn, "CLIENT_EARLY_TRAFFIC_SECRET", hs->early.traffic, size);
    shk_log_secret(conn, "EARLY_EXPORTER_SECRET", exporter, size);
    return SHK_OK;
}

static shk_status derive_early(shk_conn *conn, shk_hash hash, shk_span psk)
{
    uint8_t early[SHK_MAX_HASH];
    SHK_TRY(shk_hkdf_extract(conn->crypto, hash, shk_span_of(NULL, 0), psk, early));
    shk_status status = derive_early_secrets(conn, hash, early);
    shk_wipe(early, sizeof early);
    return status;
}

bool shk_offers_early_data(const shk_conn *conn)
{
    const shk_handshake *hs = conn->handshake;
    const shk_session *s = &hs->session;
    return conn->config->early_data && !conn->negotiated.retried && hs->psk.count > 0 &&
           hs->psk.list[0].origin == SHK_PSK_RESUMPTION && s->max_early_data > 0 &&
           (s->protocol.len == 0 || shk_offers_protocol(conn->config, s->protocol));
}

/* Behind the ClientHello that offers it. */
shk_status shk_begin_early_data(shk_conn *conn)
{
    shk_handshake *hs = conn->handshake;
    const shk_psk *psk = &hs->psk.list[0];
    const shk_suite_row *suite = shk_suite_of(hs->session.suite);
    conn->negotiated.early_data_offered = true;
    conn->early_data_left = hs->session.max_early_data;
    SHK_TRY(shk_send_compatibility(conn)); /* §D.4 */
    SHK_TRY(derive_early(conn, suite->hash, shk_span_of(psk->key, psk->key_len)));
    SHK_TRY(shk_use_suite_secret(conn, suite, hs->early.traffic, true));
    hs->early.open = true;
    return SHK_OK;
}

shk_status shk_may_write_early(const shk_conn *conn, size_t len)
{
    if (conn->config->is_server || conn->handshake == NULL || !conn->handshake->early.open)
        return SHK_E_NO_EARLY_DATA;
    return len > conn->early_data_left ? SHK_E_EARLY_DATA_LIMIT : SHK_OK;
}

size_t shk_conn_early_data_left(const shk_conn *conn)
{
    bool open = !conn->config->is_server && conn->handshake != NULL && conn->handshake->early.open;
    return open ? conn->early_data_left : 0;
}

/* Client: what was sent is lost; a new ClientHello or the rest of the handshake follows. */
void shk_abandon_early_data(shk_conn *conn)
{
    conn->handshake->early.open = false;
    conn->early_data_left = 0;
    shk_wipe(conn->early_exporter_secret, sizeof conn->early_exporter_secret);
    shk_conn_set_write(conn, NULL);
}

/* Client: the server takes it, which it may with the first PSK, its suite and its protocol alone
 * (§4.2.10). */
shk_status shk_accept_early_data(shk_conn *conn)
{
    const shk_handshake *hs = conn->handshake;
    if (hs->psk.key_len == 0 || hs->psk.index != 0 || conn->suite->value != hs->session.suite ||
        !shk_span_equal(conn->negotiated.protocol, hs->session.protocol))
        return shk_conn_fail_field(conn, "early_data", SHK_E_EARLY_DATA_SELECTION);
    conn->negotiated.early_data = true;
    return SHK_OK;
}

/* Client, after EncryptedExtensions: from here on the handshake's keys, unless early data goes on.
 */
shk_status shk_end_refused_early_data(shk_conn *conn)
{
    if (!conn->negotiated.early_data_offered || conn->negotiated.early_data ||
        conn->negotiated.retried)
        return SHK_OK;
    shk_abandon_early_data(conn);
    return shk_use_traffic_secret(conn, conn->handshake->tls13.client_traffic, true);
}

shk_status shk_do_send_end_of_early_data(shk_conn *conn)
{
    shk_end_of_early_data m = {0};
    conn->handshake->early.open = false;
    conn->early_data_left = 0;
    SHK_TRY(shk_send_message(conn, SHK_MSG_end_of_early_data, &m));
    return shk_use_traffic_secret(conn, conn->handshake->tls13.client_traffic, true);
}

/* How long ago the client says that it got the ticket, against the time that has passed here
 * (§8.3). */
static bool is_fresh(shk_conn *conn)
{
    const shk_handshake *hs = conn->handshake;
    int64_t said = (int64_t)(uint32_t)(hs->psk.obfuscated_ticket_age - hs->session.age_add);
    int64_t passed = shk_conn_now_ms(conn) - shk_session_ms(hs->session.start);
    return llabs(passed - said) <= FRESHNESS_MS;
}

/* Server: whether the early data of a resumed session is taken. */
static bool takes_early_data(shk_conn *conn)
{
    const shk_handshake *hs = conn->handshake;
    const shk_config *config = conn->config;
    return !conn->negotiated.retried && conn->negotiated.resumed && hs->psk.index == 0 &&
           hs->session.max_early_data > 0 && hs->session.max_early_data <= config->max_early_data &&
           hs->session.suite == conn->suite->value &&
           shk_span_equal(conn->negotiated.protocol, hs->session.protocol) && is_fresh(conn) &&
           shk_replay_guard_admit(config->replay_guard, hs->psk.binder, shk_conn_now_ms(conn));
}

shk_status shk_decide_early_data(shk_conn *conn)
{
    shk_handshake *hs = conn->handshake;
    if (!shk_extension_in(&hs->offered.extensions, SHK_EXT_early_data))
        return SHK_OK;
    conn->negotiated.early_data_offered = true;
    if (!takes_early_data(conn))
        return SHK_OK;
    conn->negotiated.early_data = true;
    conn->early_data_skip_left = 0;
    return derive_early(conn, conn->suite->hash, shk_span_of(hs->psk.key, hs->psk.key_len));
}

/* Server, with its own flight sent: what comes next is early data. */
shk_status shk_do_use_early_data_keys(shk_conn *conn)
{
    shk_handshake *hs = conn->handshake;
    hs->early.open = true;
    conn->early_data_left = hs->session.max_early_data; /* which is what the client knows */
    return shk_use_traffic_secret(conn, hs->early.traffic, false);
}

shk_status shk_read_early_data(shk_conn *conn, size_t len)
{
    if (conn->handshake == NULL || !conn->handshake->early.open || !conn->config->is_server)
        return SHK_E_EARLY_APPLICATION_DATA;
    if (len > conn->early_data_left)
        return SHK_E_TOO_MUCH_EARLY_DATA;
    conn->early_data_left -= len;
    conn->counters.early_data_received += len;
    return SHK_OK;
}

shk_status shk_do_read_end_of_early_data(shk_conn *conn)
{
    conn->handshake->early.open = false;
    conn->early_data_left = 0;
    return shk_use_traffic_secret(conn, conn->handshake->tls13.client_traffic, false);
}
