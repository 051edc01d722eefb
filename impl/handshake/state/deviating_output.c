/* What the hooks of a deviating end may call (shakedown/deviation.h). */
#include "handshake/state/deviating.h"

#ifdef SHK_DEVIATIONS

#include "handshake/state/handshake.h"
#include "handshake/state/output.h"
#include "record/record_pieces.h"
#include "shakedown/errors.h"

enum { MESSAGE_HEADER = 4 };

shk_status shk_flight_append(shk_flight *flight, shk_span bytes)
{
    shk_conn_show_sent(flight->conn, bytes);
    return shk_buf_append(&flight->messages, bytes);
}

shk_status shk_flight_flush(shk_flight *flight)
{
    shk_buf *messages = &flight->messages;
    if (messages->len > 0)
        SHK_TRY(shk_conn_send(flight->conn, SHK_HANDSHAKE, shk_buf_span(messages)));
    messages->len = 0;
    return SHK_OK;
}

shk_status shk_conn_hash(shk_conn *conn, shk_span message)
{
    return conn->handshake == NULL ? SHK_OK
                                   : shk_transcript_add(&conn->handshake->transcript, message);
}

void shk_conn_show_sent(shk_conn *conn, shk_span messages)
{
    const shk_config *config = conn->config;
    shk_form form = shk_form_of(conn);
    form.certificate_type = conn->own_certificate_type;
    while (config->observer != NULL && messages.len >= MESSAGE_HEADER) {
        const uint8_t *data = messages.data;
        size_t body = (size_t)data[1] << 16 | (size_t)data[2] << 8 | data[3];
        size_t len = MESSAGE_HEADER + body;
        if (len > messages.len)
            return;
        shk_message id =
            shk_message_identify(data[0], conn->version, shk_span_of(data + MESSAGE_HEADER, body));
        if (id < SHK_MSG_COUNT)
            config->observer(config->observer_context, true, id, &form, shk_span_of(data, len));
        messages = shk_span_of(data + len, messages.len - len);
    }
}

int shk_conn_epochs(const shk_conn *conn)
{
    return (int)(conn->lost_writes + conn->former_write_count) + (conn->write != NULL ? 2 : 1);
}

shk_buf *shk_conn_pending_output(shk_conn *conn)
{
    return &conn->out;
}

static shk_status emit_plain(shk_conn *conn, uint8_t type, uint16_t version, shk_span content)
{
    uint8_t header[SHK_RECORD_HEADER];
    shk_record_header(header, type, version != 0 ? version : conn->record_version, content.len);
    SHK_TRY(shk_buf_append(&conn->out, shk_span_of(header, sizeof header)));
    return content.len > 0 ? shk_buf_append(&conn->out, content) : SHK_OK;
}

/* The keys of an epoch; NULL: none, for it is plaintext. */
static shk_status keys_of(shk_conn *conn, int epoch, shk_protection **out)
{
    int current = shk_conn_epochs(conn) - 1;
    if (epoch == SHK_EPOCH_CURRENT)
        epoch = current;
    if (epoch == SHK_EPOCH_PREVIOUS)
        epoch = current > 0 ? current - 1 : 0;
    *out = NULL;
    if (epoch == 0)
        return SHK_OK;
    int first_kept = (int)conn->lost_writes + 1;
    if (epoch < first_kept || epoch > current)
        return SHK_E_CONFIG;
    *out = epoch == current ? conn->write : conn->former_writes[epoch - first_kept];
    return SHK_OK;
}

/* The version stands in a protected record too, outside of what TLS 1.3 authenticates as it is
 * sent by an honest end. */
static void set_version(shk_conn *conn, size_t start, uint16_t version)
{
    if (version == 0)
        return;
    conn->out.data[start + 1] = (uint8_t)(version >> 8);
    conn->out.data[start + 2] = (uint8_t)version;
}

shk_status shk_conn_emit(shk_conn *conn, int epoch, uint8_t type, uint16_t version,
                         shk_span content)
{
    shk_protection *keys;
    size_t start = conn->out.len;
    SHK_TRY(keys_of(conn, epoch, &keys));
    if (content.len > UINT16_MAX - SHK_MAX_HASH - 1)
        return SHK_E_CONFIG;
    bool plain = keys == NULL || (epoch == SHK_EPOCH_CURRENT && type == SHK_CHANGE_CIPHER_SPEC &&
                                  conn->version >= SHK_TLS13);
    if (plain)
        return emit_plain(conn, type, version, content);
    keys->padding = 0;
    SHK_TRY(shk_protection_seal(keys, type, content, &conn->out));
    set_version(conn, start, version);
    return SHK_OK;
}
#endif
