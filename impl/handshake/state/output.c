/* The way out: content -> records (RFC 8446 §5.1, RFC 5246 §6.2.1), in pieces that neither end
 * finds too large. */
#include "handshake/state/output.h"

#include "handshake/state/deviating.h"
#include "handshake/state/handshake.h"
#include "record/record_pieces.h"
#include "shakedown/errors.h"

static bool tls13(const shk_conn *conn)
{
    return conn->version >= SHK_TLS13;
}

/* The max_fragment_length of the session that early data is sent with (RFC 6066 §4). 0: none. */
static size_t early_limit(const shk_conn *conn)
{
    const shk_handshake *hs = conn->handshake;
    return hs != NULL && hs->early.open ? hs->session.max_fragment_length : 0;
}

/* Whether the content type and padding are in the record too; of early data the version is not
 * known yet. */
static bool has_inner(const shk_conn *conn, bool plain)
{
    return !plain && conn->write->version >= SHK_TLS13;
}

static size_t lower(size_t limit, size_t other)
{
    return other > 0 && other < limit ? other : limit;
}

/* Most bytes of a fragment by what was negotiated, in the clear too (RFC 6066 §4). */
static size_t fragment_limit(const shk_conn *conn)
{
    return lower(lower(SHK_MAX_PLAINTEXT, conn->fragment_limit), early_limit(conn));
}

/* Most bytes of content in the next record. The peer's limit counts the type too (RFC 8449 §4). */
static size_t content_limit(const shk_conn *conn, bool plain)
{
    size_t limit = lower(fragment_limit(conn), conn->config->max_send_fragment);
    size_t type = has_inner(conn, plain) ? 1 : 0;
    return plain || conn->peer_size_limit == 0 ? limit : lower(limit, conn->peer_size_limit - type);
}

/* Zeros that bring TLSInnerPlaintext to a multiple of what is configured, or as near as was
 * negotiated: a limit counts content, type and padding (RFC 8446 §5.4). */
static size_t padding_of(const shk_conn *conn, size_t content)
{
    size_t multiple = conn->config->record_padding;
    size_t inner = content + 1;
    size_t fragment = fragment_limit(conn);
    size_t most = lower(fragment < SHK_MAX_PLAINTEXT ? fragment : SHK_MAX_PLAINTEXT + 1,
                        conn->peer_size_limit);
    if (multiple == 0 || !has_inner(conn, false))
        return 0;
    size_t padded = lower((inner + multiple - 1) / multiple * multiple, most);
    return padded > inner ? padded - inner : 0;
}

/* A record as it is, before there are keys. */
static shk_status send_plain(shk_conn *conn, uint8_t type, shk_span content)
{
    uint8_t header[SHK_RECORD_HEADER];
    shk_record_header(header, type, conn->record_version, content.len);
    SHK_TRY(shk_buf_reserve(&conn->out, sizeof header + content.len)); /* all of it or nothing */
    SHK_TRY(shk_buf_append(&conn->out, shk_span_of(header, sizeof header)));
    return shk_buf_append(&conn->out, content);
}

/* Whether the next IV can be seen before it is used: application data then begins with a record of
 * one byte, whose ciphertext nobody can foresee who chooses the rest (TLS 1.0, RFC 4346 §6.2.3.2
 * and its reference [CBCATT]). */
static bool splits(const shk_conn *conn, uint8_t type)
{
    return type == SHK_APPLICATION_DATA && conn->write->version <= SHK_TLS10 &&
           conn->write->cipher->kind == SHK_KIND_CBC;
}

shk_status shk_send_record(shk_conn *conn, uint8_t type, bool first, shk_span *content)
{
    bool plain = conn->write == NULL || (type == SHK_CHANGE_CIPHER_SPEC && tls13(conn));
    bool whole = type == SHK_ALERT_RECORD || type == SHK_CHANGE_CIPHER_SPEC; /* RFC 8446 §5.1 */
    size_t limit = whole ? SHK_MAX_PLAINTEXT : content_limit(conn, plain);
    if (first && splits(conn, type))
        limit = 1;
    shk_span piece = shk_span_of(content->data, content->len < limit ? content->len : limit);
    bool handled = false;
    SHK_TRY(shk_deviate_record(conn, type, piece, &handled));
    if (!plain)
        conn->write->padding = padding_of(conn, piece.len);
    if (!handled)
        SHK_TRY(plain ? send_plain(conn, type, piece)
                      : shk_protection_seal(conn->write, type, piece, &conn->out));
    *content = shk_span_of(content->data + piece.len, content->len - piece.len);
    return SHK_OK;
}

shk_status shk_conn_send(shk_conn *conn, uint8_t type, shk_span content)
{
    bool first = true;
    do {
        SHK_TRY(shk_send_record(conn, type, first, &content));
        first = false;
    } while (content.len > 0);
    return SHK_OK;
}

shk_status shk_conn_send_alert(shk_conn *conn, uint8_t level, uint8_t description)
{
    uint8_t alert[2] = {level, description};
    return shk_conn_send(conn, SHK_ALERT_RECORD, shk_span_of(alert, sizeof alert));
}
