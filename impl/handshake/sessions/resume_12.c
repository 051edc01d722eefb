/* Resumption in TLS 1.2: by session id (RFC 5246 §7.3) and by ticket (RFC 5077). */
#include "handshake/sessions/resume_12.h"

#include <string.h>

#include "extensions/session_ticket.h"
#include "handshake/keys/schedule_12.h"
#include "handshake/sessions/session_trust.h"
#include "handshake/sessions/ticket.h"
#include "handshake/state/handshake_lifetime.h"
#include "handshake/state/limits.h"
#include "handshake/state/send.h"
#include "messages/new_session_ticket_12.h"
#include "shakedown/errors.h"
#include "wire/u16_list.h"

bool shk_offers_session_12(shk_conn *conn)
{
    return conn->handshake->session.version < SHK_TLS13 && shk_session_offered(conn);
}

shk_status shk_check_resumed_12(shk_conn *conn, shk_span session_id_echo)
{
    shk_handshake *hs = conn->handshake;
    const shk_session *s = &hs->session;
    hs->tls12.resumes =
        shk_offers_session_12(conn) && session_id_echo.len > 0 &&
        shk_span_equal(session_id_echo, shk_span_of(hs->session_id, hs->session_id_len));
    memcpy(hs->session_id, session_id_echo.data, session_id_echo.len);
    hs->session_id_len = (uint8_t)session_id_echo.len;
    if (!hs->tls12.resumes)
        return SHK_OK;
    if (s->version != conn->version || s->suite != conn->suite->value)
        return shk_conn_fail_field(conn, "cipher_suite", SHK_E_RESUMED_SUITE);
    if ((s->extended_master_secret == 1) != conn->negotiated.extended_master_secret)
        return shk_conn_fail_field(conn, "extended_master_secret", SHK_E_RESUMED_EMS);
    return SHK_OK;
}

bool shk_uses_tickets_12(const shk_config *config)
{
    return config->ticket_key_count > 0 && !config->no_tickets_below_13;
}

/* Server: the session that a ClientHello names, by its ticket or else by its id. */
static bool find_named_session(shk_conn *conn, bool *by_id)
{
    shk_handshake *hs = conn->handshake;
    const shk_config *config = conn->config;
    shk_session_ticket m;
    shk_extension_get(&hs->offered.extensions, SHK_EXT_session_ticket, SHK_IN_CLIENT_HELLO, &m);
    *by_id = m.ticket.len == 0 || !shk_uses_tickets_12(config);
    if (!*by_id)
        return shk_ticket_open(conn, m.ticket, &hs->ticket_bytes, &hs->session);
    if (config->session_cache == NULL)
        return false;
    shk_span kept = shk_session_cache_get(config->session_cache, hs->offered.legacy_session_id);
    hs->ticket_bytes.len = 0;
    return kept.len > 0 && shk_buf_append(&hs->ticket_bytes, kept) == SHK_OK &&
           shk_session_read(shk_buf_span(&hs->ticket_bytes), &hs->session);
}

/* From here on a failure of the connection is one of the session (RFC 5246 §7.2). */
static void store_cached_id(shk_conn *conn)
{
    const shk_handshake *hs = conn->handshake;
    memcpy(conn->cached_id, hs->session_id, hs->session_id_len);
    conn->cached_id_len = hs->session_id_len;
}

shk_status shk_find_session_12(shk_conn *conn)
{
    shk_handshake *hs = conn->handshake;
    const shk_session *s = &hs->session;
    bool by_id;
    if (!find_named_session(conn, &by_id) || s->version != conn->version ||
        !shk_u16_list_has(hs->offered.cipher_suites, s->suite) ||
        !shk_u16s_have(&conn->config->suites, s->suite) || !shk_session_acceptable(conn, s))
        return SHK_OK;
    if (by_id)
        store_cached_id(conn);
    if (s->extended_master_secret == 1 &&
        !shk_extension_in(&hs->offered.extensions, SHK_EXT_extended_master_secret))
        return shk_conn_fail_field(conn, "extended_master_secret", SHK_E_RESUMED_EMS);
    hs->tls12.resumes = (s->extended_master_secret == 1) == conn->negotiated.extended_master_secret;
    return SHK_OK;
}

static shk_status session_of(shk_conn *conn, shk_session *out)
{
    const shk_handshake *hs = conn->handshake;
    uint32_t lifetime =
        hs->tls12.lifetime_hint > 0 ? hs->tls12.lifetime_hint : conn->config->ticket_lifetime;
    SHK_TRY(shk_session_of(conn, lifetime, out));
    out->extended_master_secret = conn->negotiated.extended_master_secret ? 1 : 0;
    out->secret = shk_span_of(conn->exporter_secret, SHK_MASTER_SECRET);
    out->session_id = shk_span_of(hs->session_id, hs->session_id_len);
    return SHK_OK;
}

/* Client: the session, if there is one to be resumed, goes to the sink. */
static shk_status give_session(shk_conn *conn)
{
    shk_handshake *hs = conn->handshake;
    bool has_id = !hs->tls12.resumes && hs->session_id_len > 0;
    if (conn->config->session_sink == NULL || (hs->ticket_bytes.len == 0 && !has_id))
        return SHK_OK;
    shk_session session;
    SHK_TRY(session_of(conn, &session));
    session.ticket = shk_buf_span(&hs->ticket_bytes);
    return shk_deliver_session(conn, &session);
}

/* `bytes` receives the encoded session. */
static shk_status put_in_cache(shk_session_cache *cache, shk_session *session, shk_buf *bytes)
{
    SHK_TRY(shk_encode(shk_session_shape, NULL, session, bytes, NULL));
    shk_session_cache_put(cache, session->session_id, shk_buf_span(bytes));
    return SHK_OK;
}

/* Server: a new session that has an id goes into the cache. */
static shk_status cache_session(shk_conn *conn)
{
    const shk_handshake *hs = conn->handshake;
    shk_session_cache *cache = conn->config->session_cache;
    if (cache == NULL || hs->tls12.resumes || hs->tls12.ticket_due)
        return SHK_OK;
    shk_session session;
    SHK_TRY(session_of(conn, &session));
    shk_buf bytes = shk_buf_growing(conn->allocator);
    shk_status status = put_in_cache(cache, &session, &bytes);
    shk_buf_wipe(&bytes);
    store_cached_id(conn);
    return status;
}

/* The connection is established: the session is kept for the next. */
shk_status shk_finish_12(shk_conn *conn)
{
    SHK_TRY(conn->config->is_server ? cache_session(conn) : give_session(conn));
    shk_complete_handshake(conn);
    return SHK_OK;
}

shk_status shk_do_use_session_12(shk_conn *conn)
{
    conn->negotiated.resumed = true;
    shk_session_restore_peer(conn, &conn->handshake->session);
    shk_restore_fragment_length(conn);
    return shk_schedule_resumed_12(conn, conn->handshake->session.secret);
}

/* One ticket at most; it is kept until Finished has verified. */
shk_status shk_do_read_ticket_12(shk_conn *conn, const shk_received *message)
{
    const shk_new_session_ticket_12 *m = SHK_MESSAGE_BODY(message, new_session_ticket_12);
    conn->handshake->tls12.ticket_due = false;
    conn->counters.tickets_received++;
    conn->handshake->tls12.lifetime_hint = m->ticket_lifetime_hint;
    return shk_buf_append(&conn->handshake->ticket_bytes, m->ticket);
}

static shk_status add_ticket(shk_conn *conn, shk_flight *flight)
{
    shk_session session;
    SHK_TRY(session_of(conn, &session));
    session.session_id = shk_span_of(NULL, 0);
    SHK_TRY(shk_ticket_seal(conn, &session, &flight->pieces));
    shk_new_session_ticket_12 m = {conn->config->ticket_lifetime, shk_buf_span(&flight->pieces)};
    return shk_add_message(flight, SHK_MSG_new_session_ticket_12, &m);
}

shk_status shk_do_send_ticket_12(shk_conn *conn)
{
    shk_flight flight = shk_flight_begin(conn);
    shk_flight_add(&flight, add_ticket);
    return shk_flight_send(&flight);
}
