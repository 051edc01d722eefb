/* The server's view of the ClientHello, before the version is known (RFC 8446 §4.1.2, RFC 5246
 * §7.4.1.2). */
#include <string.h>

#include "extensions/supported_versions.h"
#include "handshake/flow/flow_table.h"
#include "handshake/hello/ech_server.h"
#include "handshake/hello/hello_extensions.h"
#include "handshake/hello/hello_renegotiation.h"
#include "handshake/state/handshake.h"
#include "shakedown/errors.h"

/* The highest version both allow: from supported_versions alone where it is there (RFC 8446
 * §4.2.1). */
static shk_status choose_version(shk_conn *conn, const shk_client_hello *m, uint16_t *out)
{
    shk_supported_versions offered;
    uint16_t best = 0;
    if (m->legacy_version <= SHK_SSL30)
        return shk_conn_fail_field(conn, "legacy_version", SHK_E_SSL3_VERSION);
    if (shk_extension_get(&m->extensions, SHK_EXT_supported_versions, SHK_IN_CLIENT_HELLO,
                          &offered)) {
        for (unsigned v = conn->min_version; v <= conn->max_version; v++)
            if (shk_u16_list_has(offered.versions, (uint16_t)v))
                best = (uint16_t)v;
    } else {
        uint16_t limit = m->legacy_version < SHK_TLS12 ? m->legacy_version : SHK_TLS12;
        best = conn->max_version < limit ? conn->max_version : limit;
        if (best < conn->min_version)
            best = 0;
    }
    if (best == 0)
        return shk_conn_fail_field(conn, "legacy_version", SHK_E_NO_COMMON_VERSION);
    *out = best;
    return SHK_OK;
}

/* Keeps the ClientHello's body, and decodes it again so that the spans point into what is kept. */
static shk_status remember(shk_conn *conn, const shk_received *message)
{
    shk_handshake *hs = conn->handshake;
    hs->hello.len = 0;
    SHK_TRY(shk_buf_append(&hs->hello, message->bytes));
    return shk_decode(shk_message_rows[SHK_MSG_client_hello].layout->shape, NULL,
                      shk_buf_span(&hs->hello), &hs->offered, NULL);
}

/* ServerHello.random, with the mark of a version below our best, which a server below TLS 1.2 does
 * not know of (RFC 8446 §4.1.3). */
static void draw_server_random(shk_conn *conn)
{
    uint16_t best = conn->max_version;
    uint16_t version = conn->version;
    conn->random.fill(conn->random.context, conn->server_random, 32);
    if (best < SHK_TLS12 || version >= best)
        return;
    memcpy(conn->server_random + 24, shk_downgrade_sentinel, sizeof shk_downgrade_sentinel);
    conn->server_random[31] = version == SHK_TLS12 ? 1 : 0;
}

shk_status shk_do_read_client_hello(shk_conn *conn, const shk_received *message)
{
    shk_handshake *hs = conn->handshake;
    SHK_TRY(shk_ech_open(conn, &message));
    SHK_TRY(shk_transcript_add(&hs->transcript, message->raw));
    const shk_client_hello *m = SHK_MESSAGE_BODY(message, client_hello);
    SHK_TRY(choose_version(conn, m, &conn->version));
    if (shk_u16_list_has(m->cipher_suites, SHK_TLS_FALLBACK_SCSV) &&
        conn->version < conn->max_version)
        return shk_conn_fail_field(conn, "cipher_suites", SHK_E_INAPPROPRIATE_FALLBACK);
    SHK_TRY(remember(conn, message));
    memcpy(conn->client_random, m->random.data, 32);
    hs->session_id_len = (uint8_t)m->legacy_session_id.len;
    memcpy(hs->session_id, m->legacy_session_id.data, hs->session_id_len);
    draw_server_random(conn);
    conn->record_version = conn->version < SHK_TLS12 ? conn->version : SHK_TLS12;
    SHK_TRY(shk_check_renegotiation(conn, &hs->offered.extensions));
    return shk_read_extensions(conn);
}
