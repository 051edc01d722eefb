/* The content of sessions and tickets (handshake/state/session_content.h, shakedown/session.h). */
#include "handshake/state/session_content.h"

#include "handshake/state/handshake.h"
#include "shakedown/errors.h"
#include "shakedown/session.h"

static void time_shape(shk_codec *c, const char *name, shk_session_time *time)
{
    shk_u32(c, name, &time->high, NULL);
    shk_u32(c, name, &time->low, NULL);
}

void shk_session_shape(shk_codec *c, void *session)
{
    shk_session *m = (shk_session *)session;
    shk_u16(c, "format", &m->format, NULL);
    shk_u16(c, "version", &m->version, shk_version_name);
    shk_u16(c, "suite", &m->suite, shk_suite_name);
    shk_u8(c, "extended_master_secret", &m->extended_master_secret, NULL);
    shk_u8(c, "peer_verified", &m->peer_verified, NULL);
    shk_u8(c, "external_psk", &m->external_psk, NULL);
    shk_u16(c, "max_fragment_length", &m->max_fragment_length, NULL);
    time_shape(c, "start", &m->start);
    time_shape(c, "authenticated", &m->authenticated);
    time_shape(c, "until", &m->until);
    shk_u32(c, "lifetime", &m->lifetime, NULL);
    shk_u32(c, "age_add", &m->age_add, NULL);
    shk_u32(c, "max_early_data", &m->max_early_data, NULL);
    shk_opaque8(c, "secret", &m->secret, 1, SHK_MAX_HASH);
    shk_opaque8(c, "trust", &m->trust, SHK_TRUST_DIGEST, SHK_TRUST_DIGEST);
    shk_opaque16(c, "server_name", &m->server_name, 0, 65535); /* RFC 6066 §3: as long */
    shk_opaque8(c, "protocol", &m->protocol, 0, 255);
    shk_opaque8(c, "session_id", &m->session_id, 0, SHK_MAX_SESSION_ID);
    shk_opaque16(c, "ticket", &m->ticket, 0, 65535);
}

/* Others are of no clock, and their differences need not be numbers that there are. */
static bool is_time(shk_session_time time)
{
    return shk_session_ms(time) >= 0;
}

bool shk_session_read(shk_span bytes, shk_session *out)
{
    return bytes.len > 0 && shk_decode(shk_session_shape, NULL, bytes, out, NULL) == SHK_OK &&
           out->format == SHK_SESSION_FORMAT && shk_suite_of(out->suite) != NULL &&
           is_time(out->start) && is_time(out->authenticated) && is_time(out->until);
}

void shk_load_session(shk_conn *conn)
{
    shk_session *session = &conn->handshake->session;
    if (!shk_session_read(conn->config->session, session))
        session->version = 0;
}

bool shk_session_readable(shk_span session)
{
    shk_session read;
    return shk_session_read(session, &read);
}

int64_t shk_session_ms(shk_session_time time)
{
    return (int64_t)((uint64_t)time.high << 32 | time.low);
}

/* `bytes` receives the encoded session. */
static shk_status give(shk_conn *conn, shk_session *session, shk_buf *bytes)
{
    SHK_TRY(shk_encode(shk_session_shape, NULL, session, bytes, NULL));
    conn->config->session_sink(conn->config->session_sink_context, shk_buf_span(bytes));
    conn->has_session = true;
    return SHK_OK;
}

shk_status shk_deliver_session(shk_conn *conn, shk_session *session)
{
    shk_buf bytes = shk_buf_growing(conn->allocator);
    shk_status status = give(conn, session, &bytes);
    shk_buf_wipe(&bytes);
    return status;
}
