/* The way out: content -> records (RFC 8446 §5.1, RFC 5246 §6.2.1), in pieces that neither end
 * finds too large. */
#include "handshake/handshake.h"
#include "record/protection_state.h"

static bool tls13(const shk_conn *conn)
{
    return conn->info.version >= SHK_TLS13;
}

/* The max_fragment_length of the session that early data is sent with (RFC 6066 §4). 0: none. */
static size_t early_limit(const shk_conn *conn)
{
    const shk_handshake *hs = conn->handshake;
    return hs != NULL && hs->early_data_open ? hs->session.max_fragment_length : 0;
}

/* Most bytes of content in the next record. */
static size_t content_limit(const shk_conn *conn, bool plain)
{
    size_t limit = SHK_MAX_PLAINTEXT;
    size_t type = tls13(conn) ? 1 : 0; /* which the peer's limit counts (RFC 8449 §4) */
    if (conn->config->max_send_fragment > 0)
        limit = conn->config->max_send_fragment;
    if (conn->fragment_limit > 0 && conn->fragment_limit < limit)
        limit = conn->fragment_limit;
    if (early_limit(conn) > 0 && early_limit(conn) < limit)
        limit = early_limit(conn);
    if (!plain && conn->peer_size_limit > 0 && conn->peer_size_limit - type < limit)
        limit = conn->peer_size_limit - type;
    return limit;
}

/* Zeros that bring TLSInnerPlaintext to a multiple of what is configured, or as near as the peer
 * allows (RFC 8446 §5.4). */
static size_t padding_of(const shk_conn *conn, size_t content)
{
    size_t multiple = conn->config->record_padding;
    size_t inner = content + 1;
    size_t most = conn->peer_size_limit > 0 ? conn->peer_size_limit : SHK_MAX_PLAINTEXT + 1;
    if (multiple == 0 || !tls13(conn))
        return 0;
    size_t padded = (inner + multiple - 1) / multiple * multiple;
    return (padded < most ? padded : most) - inner;
}

/* A record as it is, before there are keys. */
static shk_status send_plain(shk_conn *conn, uint8_t type, shk_span content)
{
    uint8_t header[SHK_RECORD_HEADER];
    shk_record_header(header, type, conn->record_version, content.len);
    SHK_TRY(shk_buf_append(&conn->out, shk_span_of(header, sizeof header)));
    return shk_buf_append(&conn->out, content);
}

shk_status shk_conn_send(shk_conn *conn, uint8_t type, shk_span content)
{
    bool plain = conn->write == NULL || (type == SHK_CHANGE_CIPHER_SPEC && tls13(conn));
    bool whole = type == SHK_ALERT_RECORD || type == SHK_CHANGE_CIPHER_SPEC; /* RFC 8446 §5.1 */
    size_t limit = whole ? SHK_MAX_PLAINTEXT : content_limit(conn, plain);
    do {
        shk_span piece = shk_span_of(content.data, content.len < limit ? content.len : limit);
        if (type == SHK_APPLICATION_DATA && conn->info.connected) /* early data have one key */
            SHK_TRY(shk_replace_worn_key(conn));
        if (!plain)
            conn->write->padding = padding_of(conn, piece.len);
        SHK_TRY(plain ? send_plain(conn, type, piece)
                      : shk_protection_seal(conn->write, type, piece, &conn->out));
        content = shk_span_of(content.data + piece.len, content.len - piece.len);
    } while (content.len > 0);
    return SHK_OK;
}
