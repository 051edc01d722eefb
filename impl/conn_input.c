/* The way in: bytes -> records -> handshake messages, alerts, application data (RFC 8446 §5, RFC
 * 5246 §6.2). Records are opened into conn->opened; handshake messages are handed on from there
 * without a copy where they are whole. */
#include "conn_input.h"

#include "handshake/flow/flow_table.h"
#include "handshake/flow/post_handshake.h"
#include "handshake/sessions/early_data_13.h"
#include "handshake/state/deviating.h"
#include "handshake/state/handshake.h"
#include "messages/alert_message.h"
#include "messages/change_cipher_spec.h"
#include "record/record_pieces.h"
#include "shakedown/errors.h"

enum { RECORD_OVERHEAD_13 = 1 + 16 /* ContentType and the longest tag */ };
enum { MAX_EMPTY_RECORDS = 32, MAX_WARNING_ALERTS = 32, MESSAGE_HEADER = 4 };
enum { ALERT = 2 /* bytes */, LEVEL_FATAL = 2 };

static bool tls13(const shk_conn *conn)
{
    return conn->version >= SHK_TLS13;
}

/* Whether messages and records keep to the order of TLS 1.3 (RFC 8446 §5.1), which is stricter than
 * that of RFC 5246 §6.2.1: also while the version may still become it. */
static bool ordered_as_13(const shk_conn *conn)
{
    return tls13(conn) || (conn->version == 0 && conn->max_version >= SHK_TLS13);
}

/* A message that is longer than our limits is refused before it is gathered. */
static shk_status check_length(shk_conn *conn, uint8_t type, size_t len)
{
    bool certificate = type == shk_message_rows[SHK_MSG_certificate].value ||
                       type == shk_message_rows[SHK_MSG_compressed_certificate].value;
    if (len <= (certificate ? conn->config->max_certificate : conn->config->max_message))
        return SHK_OK;
    uint16_t version = conn->version != 0 ? conn->version : conn->max_version;
    shk_message id = shk_message_identify(type, version, shk_span_of(NULL, 0));
    conn->failure.message = id < SHK_MSG_COUNT ? shk_message_rows[id].name : NULL;
    return shk_conn_fail_field(conn, "length",
                               certificate ? SHK_E_CERTIFICATE_TOO_LONG : SHK_E_MESSAGE_TOO_LONG);
}

static size_t body_length(const uint8_t *header)
{
    return (size_t)header[1] << 16 | (size_t)header[2] << 8 | header[3];
}

/* The length of the message at the front of `bytes`, header included; 0: it is not all there. */
static shk_status front_message(shk_conn *conn, shk_span bytes, size_t *len)
{
    *len = 0;
    if (bytes.len < MESSAGE_HEADER)
        return SHK_OK;
    size_t body = body_length(bytes.data);
    SHK_TRY(check_length(conn, bytes.data[0], body));
    if (bytes.len - MESSAGE_HEADER >= body)
        *len = MESSAGE_HEADER + body;
    return SHK_OK;
}

/* Hands on the whole messages at the front of `bytes`; returns in `taken` how much they were. */
static shk_status whole_messages(shk_conn *conn, shk_span bytes, size_t *taken)
{
    size_t at = 0;
    size_t len;
    for (;; at += len) {
        const shk_protection *keys = conn->read;
        SHK_TRY(front_message(conn, shk_span_of(bytes.data + at, bytes.len - at), &len));
        if (len == 0)
            break;
        conn->hello_received = true;
        SHK_TRY(shk_flow_message(conn, shk_span_of(bytes.data + at, len)));
        if (conn->read != keys && at + len != bytes.len)
            return SHK_E_KEY_CHANGE_ALIGNMENT;
    }
    *taken = at;
    return SHK_OK;
}

/* Handshake data: joins it to what is left of the records before, and keeps what is left of this
 * one. What is gathered is not moved before a message is whole: records may hold one byte each. */
static shk_status handshake_data(shk_conn *conn, shk_span data)
{
    size_t taken = 0;
    if (data.len == 0)
        return SHK_E_EMPTY_FRAGMENT;
    conn->empty_records = 0;
    if (conn->reassembly.len == 0) {
        SHK_TRY(whole_messages(conn, data, &taken));
        return shk_buf_append(&conn->reassembly, shk_span_of(data.data + taken, data.len - taken));
    }
    SHK_TRY(shk_buf_append(&conn->reassembly, data));
    SHK_TRY(front_message(conn, shk_buf_span(&conn->reassembly), &taken));
    if (taken == 0)
        return SHK_OK;
    shk_buf joined = conn->reassembly; /* steps may free the connection's buffer */
    conn->reassembly = shk_buf_growing(conn->allocator);
    shk_status status = whole_messages(conn, shk_buf_span(&joined), &taken);
    if (status == SHK_OK && taken < joined.len)
        status =
            shk_buf_append(&conn->reassembly, shk_span_of(joined.data + taken, joined.len - taken));
    shk_buf_free(&joined);
    return status;
}

/* RFC 8446 §6: TLS 1.3 knows no warnings but two; RFC 5246 §7.2.2 leaves them to the receiver. */
static shk_status one_alert(shk_conn *conn, shk_span content)
{
    shk_alert_message m;
    SHK_TRY(shk_decode(shk_record_rows[SHK_REC_alert_message].layout->shape, NULL, content, &m,
                       &conn->failure.fault));
    if (m.description == SHK_ALERT_close_notify) {
        conn->peer_closed = true;
        return SHK_OK;
    }
    if (m.description == SHK_ALERT_no_renegotiation && conn->renegotiating)
        return SHK_E_RENEGOTIATION_TURNED_DOWN; /* the new handshake has begun, and has no end */
    bool warning = tls13(conn) ? m.description == SHK_ALERT_user_canceled : m.level != LEVEL_FATAL;
    if (warning)
        return ++conn->warning_alerts > MAX_WARNING_ALERTS ? SHK_E_WARNING_ALERTS : SHK_OK;
    if (shk_goes_on(conn, SHK_E_PEER_ALERT))
        return SHK_OK;
    conn->failure.alert_received = m.description;
    return SHK_E_PEER_ALERT;
}

/* In TLS 1.3 a record holds one alert; below, alerts may share one or be spread over several (RFC
 * 5246 §6.2.1). */
static shk_status alerts(shk_conn *conn, shk_span content)
{
    if (content.len == 0) /* RFC 8446 §5.4 */
        return SHK_E_EMPTY_FRAGMENT;
    if (ordered_as_13(conn) && content.len != ALERT)
        return SHK_E_EXPECTED_ALERT_LENGTH;
    for (size_t i = 0; i < content.len && !conn->peer_closed; i++) {
        conn->alert[conn->alert_len++] = content.data[i];
        if (conn->alert_len < ALERT)
            continue;
        conn->alert_len = 0;
        SHK_TRY(one_alert(conn, shk_span_of(conn->alert, ALERT)));
    }
    return SHK_OK;
}

/* RFC 8446 §5: in TLS 1.3 a single byte 1 is dropped between the hellos and Finished; in TLS 1.2 it
 * changes keys. */
static shk_status change_cipher_spec(shk_conn *conn, shk_span content)
{
    shk_change_cipher_spec m;
    SHK_TRY(shk_decode(shk_record_rows[SHK_REC_change_cipher_spec].layout->shape, NULL, content, &m,
                       NULL) == SHK_OK
                ? SHK_OK
                : SHK_E_CHANGE_CIPHER_SPEC_VALUE);
    if (conn->reassembly.len > 0 || conn->alert_len > 0)
        return SHK_E_KEY_CHANGE_ALIGNMENT;
    if (shk_flow_expects_change_cipher_spec(conn))
        return shk_flow_change_cipher_spec(conn);
    bool maybe_13 = tls13(conn) || (conn->version == 0 && !conn->config->is_server &&
                                    conn->max_version >= SHK_TLS13);
    if (maybe_13 && !conn->connected) {
        if (++conn->empty_records > MAX_EMPTY_RECORDS)
            return SHK_E_EMPTY_RECORDS;
        return SHK_OK;
    }
    return SHK_E_UNEXPECTED_CHANGE_CIPHER_SPEC;
}

static shk_status application_data(shk_conn *conn, shk_span content)
{
    if (!shk_data_allowed(conn))
        return SHK_E_AUTHENTICATION_INTERRUPTED;
    bool old_keys = conn->renegotiating && !conn->handshake->tls12.peer_changed_keys;
    if (!conn->connected && !old_keys)
        SHK_TRY(shk_read_early_data(conn, content.len));
    if (content.len == 0)
        return ++conn->empty_records > MAX_EMPTY_RECORDS ? SHK_E_EMPTY_RECORDS : SHK_OK;
    conn->empty_records = 0;
    conn->warning_alerts = 0;
    conn->key_updates_in_row = 0;
    conn->requests_in_row = 0;
    conn->renegotiations_in_row = 0;
    return shk_buf_append(&conn->received, content);
}

/* Our record_size_limit. It is for the keys of the handshake that negotiates it, not for early data
 * (RFC 8449 §4). 0: none. */
static size_t own_size_limit(const shk_conn *conn)
{
    return conn->state == SHK_STATE_s13_wait_end_of_early_data ? 0 : conn->own_size_limit;
}

/* What was negotiated by max_fragment_length; early data was sent before, and keeps to the
 * session's (RFC 6066 §4). */
static size_t own_fragment_limit(const shk_conn *conn)
{
    size_t limit = conn->state == SHK_STATE_s13_wait_end_of_early_data
                       ? conn->handshake->session.max_fragment_length
                       : conn->fragment_limit;
    return limit > 0 ? limit : SHK_MAX_PLAINTEXT;
}

/* Most bytes of TLSInnerPlaintext, content type and padding included (RFC 8446 §5.4): to a whole
 * fragment of max_fragment_length the type is added, as to one of 2^14 bytes. */
static size_t inner_limit(const shk_conn *conn)
{
    size_t limit = own_fragment_limit(conn) + 1;
    size_t own = own_size_limit(conn);
    return own > 0 && own < limit ? own : limit;
}

/* Most bytes of content that a record may have by what was negotiated. */
static size_t content_limit(const shk_conn *conn)
{
    size_t limit = own_fragment_limit(conn);
    size_t own = own_size_limit(conn);
    return conn->read != NULL && own > 0 && own < limit ? own : limit;
}

/* The plaintext of one record. */
static shk_status content_of(shk_conn *conn, uint8_t type, shk_span content)
{
    if (content.len > content_limit(conn))
        return SHK_E_RECORD_OVERFLOW;
    bool interleaved = conn->reassembly.len > 0 && ordered_as_13(conn);
    if (interleaved && type != SHK_HANDSHAKE && type != SHK_ALERT_RECORD)
        return SHK_E_INTERLEAVED_RECORD;
    switch (type) {
    case SHK_HANDSHAKE:
        return handshake_data(conn, content);
    case SHK_ALERT_RECORD: /* one that ends the connection may come at any time */
        SHK_TRY(alerts(conn, content));
        return interleaved ? SHK_E_INTERLEAVED_RECORD : SHK_OK;
    case SHK_CHANGE_CIPHER_SPEC:
        return change_cipher_spec(conn, content);
    case SHK_APPLICATION_DATA:
        return application_data(conn, content);
    default:
        return SHK_E_RECORD_TYPE;
    }
}

/* Whether an unprotected record is taken where TLS 1.3 protects: ChangeCipherSpec, and the alert of
 * a peer that could not read our first flight and has no keys. */
static bool unprotected_allowed(const shk_conn *conn, uint8_t type)
{
    if (type == SHK_CHANGE_CIPHER_SPEC)
        return true;
    return type == SHK_ALERT_RECORD && !conn->connected && conn->read->sequence == 0;
}

/* Early data that is not accepted is dropped: records under keys we do not have, up to a limit (RFC
 * 8446 §4.2.10). */
static bool skip_early_data(shk_conn *conn, size_t len)
{
    size_t content = len > RECORD_OVERHEAD_13 ? len - RECORD_OVERHEAD_13 : 1;
    if (content > conn->early_data_skip_left)
        return false;
    conn->early_data_skip_left -= content;
    return true;
}

/* A record that was not ours to open does not count. */
static shk_status open_record(shk_conn *conn, uint8_t *type, uint16_t version, shk_span fragment)
{
    uint64_t sequence = conn->read->sequence;
    uint8_t outer = *type;
    shk_status status = shk_protection_open(conn->read, type, version, fragment, &conn->opened);
    if (status == SHK_E_BAD_RECORD_MAC && conn->early_data_skip_left > 0) {
        conn->read->sequence = sequence;
        *type = outer;
    }
    return status;
}

static shk_status one_record(shk_conn *conn, uint8_t type, uint16_t version, shk_span fragment)
{
    if (conn->read == NULL && type == SHK_APPLICATION_DATA && conn->negotiated.retried &&
        skip_early_data(conn, fragment.len))
        return SHK_OK;
    if (conn->read == NULL)
        return content_of(conn, type, fragment);
    if (tls13(conn) && type != SHK_APPLICATION_DATA) {
        if (!unprotected_allowed(conn, type))
            return SHK_E_UNPROTECTED_RECORD;
        return content_of(conn, type, fragment);
    }
    shk_status status = open_record(conn, &type, version, fragment);
    if (status == SHK_E_BAD_RECORD_MAC && skip_early_data(conn, fragment.len))
        return SHK_OK;
    SHK_TRY(status);
    conn->early_data_skip_left = 0;
    if (tls13(conn) && fragment.len - conn->read->cipher->tag > inner_limit(conn))
        return SHK_E_RECORD_OVERFLOW;
    if (tls13(conn) && type == SHK_CHANGE_CIPHER_SPEC)
        return SHK_E_UNEXPECTED_CHANGE_CIPHER_SPEC;
    return content_of(conn, type, shk_buf_span(&conn->opened));
}

/* How long a record's fragment may be: it is refused before it is gathered or decrypted (RFC 6066
 * §4). */
static size_t fragment_limit(const shk_conn *conn)
{
    size_t content = content_limit(conn);
    if (conn->early_data_skip_left > 0) /* early data that is refused keeps to another limit */
        return SHK_MAX_CIPHERTEXT_13;
    if (conn->read == NULL)
        return content;
    size_t most = tls13(conn) ? SHK_MAX_CIPHERTEXT_13 : SHK_MAX_CIPHERTEXT;
    size_t plaintext = tls13(conn) ? inner_limit(conn) : content;
    return plaintext < SHK_MAX_PLAINTEXT ? plaintext + shk_protection_expansion(conn->read) : most;
}

/* A record of SSL 2.0 has a header of two bytes, whose highest bit is set, or of three, whose two
 * highest are not; the type of the message, 1 for ClientHello, follows. */
static shk_status check_ssl2(const uint8_t *header, size_t have)
{
    size_t len = (header[0] & 0x80) != 0 ? 2 : 3;
    if (len == 3 && (header[0] & 0x40) != 0)
        return SHK_E_NOT_TLS;
    if (have <= len)
        return SHK_OK; /* the byte behind tells */
    return header[len] == 1 ? SHK_E_SSL2_CLIENT_HELLO : SHK_E_NOT_TLS;
}

/* What stands in a record header before its record has come: enough to refuse it. */
static shk_status check_header(const shk_conn *conn, const uint8_t *header, size_t have)
{
    if (header[0] < SHK_CHANGE_CIPHER_SPEC || header[0] > SHK_APPLICATION_DATA) {
        if (conn->hello_received)
            return SHK_E_RECORD_TYPE;
        return conn->config->is_server ? check_ssl2(header, have) : SHK_E_NOT_TLS;
    }
    bool below_13 = conn->version != 0 && !tls13(conn); /* else ignored (RFC 8446 §5.1) */
    if (below_13 && have >= 2 && header[1] != 3)
        return SHK_E_RECORD_VERSION;
    if (below_13 && have >= 3 && conn->read != NULL && header[2] != (conn->version & 0xff))
        return SHK_E_RECORD_VERSION;
    if (have < SHK_RECORD_HEADER)
        return SHK_OK;
    size_t len = (size_t)header[3] << 8 | header[4];
    return len > fragment_limit(conn) ? SHK_E_RECORD_OVERFLOW : SHK_OK;
}

/* Hands on the whole records at the front of `bytes`. Nothing counts behind close_notify (RFC 8446
 * §6.1). */
static shk_status whole_records(shk_conn *conn, shk_span bytes, size_t *taken)
{
    size_t at = 0;
    while (at < bytes.len && !conn->peer_closed) {
        const uint8_t *header = bytes.data + at;
        size_t have = bytes.len - at;
        SHK_TRY(check_header(conn, header, have));
        size_t len = have < SHK_RECORD_HEADER ? 0 : (size_t)header[3] << 8 | header[4];
        if (have < SHK_RECORD_HEADER || have < SHK_RECORD_HEADER + len)
            break;
        uint16_t version = (uint16_t)(header[1] << 8 | header[2]);
        at += SHK_RECORD_HEADER + len;
        SHK_TRY(one_record(conn, header[0], version, shk_span_of(header + SHK_RECORD_HEADER, len)));
    }
    *taken = conn->peer_closed ? bytes.len : at;
    return SHK_OK;
}

shk_status shk_record_input(shk_conn *conn, shk_span bytes)
{
    size_t taken = 0;
    shk_status status;
    if (conn->in.len == 0) {
        SHK_TRY(whole_records(conn, bytes, &taken));
        return taken == bytes.len
                   ? SHK_OK
                   : shk_buf_append(&conn->in, shk_span_of(bytes.data + taken, bytes.len - taken));
    }
    SHK_TRY(shk_buf_append(&conn->in, bytes));
    status = whole_records(conn, shk_buf_span(&conn->in), &taken);
    if (status == SHK_OK && taken == conn->in.len)
        shk_buf_free(&conn->in);
    else if (status == SHK_OK)
        shk_buf_drop(&conn->in, taken);
    return status;
}
