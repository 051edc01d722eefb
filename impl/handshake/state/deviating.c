/* Where a deviating end meets its hooks (handshake/state/deviating.h), and what these may call. */
#include "handshake/state/deviating.h"

#ifdef SHK_DEVIATIONS

#include <string.h>

#include "handshake/state/handshake.h"
#include "handshake/state/output.h"
#include "record/protection.h"
#include "record/record_pieces.h"
#include "shakedown/errors.h"

enum { MESSAGE_HEADER = 4 };

/* Takes what stands from `start` on out of the flight. */
static shk_status take_out(shk_flight *flight, size_t start, shk_buf *out)
{
    shk_buf *messages = &flight->messages;
    SHK_TRY(shk_buf_append(out, shk_span_of(messages->data + start, messages->len - start)));
    messages->len = start;
    return SHK_OK;
}

static shk_status edit(shk_flight *flight, shk_message id, const shk_form *form, shk_buf *hashed)
{
    const shk_deviation_hooks *deviation = shk_deviating(flight->conn);
    if (deviation->message == NULL)
        return shk_flight_append(flight, shk_buf_span(hashed));
    return deviation->message(deviation->context, flight->conn, flight, id, form, hashed);
}

static shk_status deviate(shk_flight *flight, shk_message id, const shk_form *form, size_t start,
                          bool is_hashed, shk_buf *hashed)
{
    shk_conn *conn = flight->conn;
    SHK_TRY(take_out(flight, start, hashed));
    SHK_TRY(edit(flight, id, form, hashed));
    if (!is_hashed || conn->handshake == NULL)
        return SHK_OK;
    return shk_transcript_add(&conn->handshake->transcript, shk_buf_span(hashed));
}

shk_status shk_deviate_message(shk_flight *flight, shk_message id, const shk_form *form,
                               size_t start, bool is_hashed)
{
    shk_buf hashed = shk_buf_growing(flight->conn->allocator);
    shk_status status = deviate(flight, id, form, start, is_hashed, &hashed);
    shk_buf_free(&hashed);
    return status;
}

shk_status shk_deviate_client_hello(shk_flight *flight, shk_buf *hashed)
{
    const shk_form form = {.name = NULL};
    SHK_TRY(take_out(flight, 0, hashed));
    return edit(flight, SHK_MSG_client_hello, &form, hashed);
}

bool shk_is_client_hello(shk_span message)
{
    shk_client_hello m;
    return message.len > MESSAGE_HEADER &&
           message.data[0] == shk_message_rows[SHK_MSG_client_hello].value &&
           shk_decode(shk_message_rows[SHK_MSG_client_hello].layout->shape, NULL,
                      shk_span_of(message.data + MESSAGE_HEADER, message.len - MESSAGE_HEADER), &m,
                      NULL) == SHK_OK;
}

shk_status shk_deviate_received(shk_conn *conn, shk_message id, const shk_form *form, shk_span raw,
                                shk_buf *edited)
{
    const shk_deviation_hooks *deviation = shk_deviating(conn);
    SHK_TRY(shk_buf_append(edited, raw));
    if (deviation->received == NULL)
        return SHK_OK;
    SHK_TRY(deviation->received(deviation->context, id, form, edited));
    return edited->len >= MESSAGE_HEADER ? SHK_OK : SHK_E_CONFIG;
}

shk_status shk_deviate_record(shk_conn *conn, uint8_t type, shk_span content, bool *handled)
{
    const shk_deviation_hooks *deviation = shk_deviating(conn);
    if (deviation == NULL || deviation->record == NULL)
        return SHK_OK;
    return deviation->record(deviation->context, conn, type, content, handled);
}

void shk_deviate_keys(shk_conn *conn)
{
    const shk_deviation_hooks *deviation = shk_deviating(conn);
    if (deviation != NULL && deviation->keys_changed != NULL && conn->write != NULL)
        deviation->keys_changed(deviation->context, conn);
}

void shk_deviate_secret(shk_conn *conn, shk_secret_kind kind, uint8_t *secret, size_t *len,
                        size_t cap)
{
    const shk_deviation_hooks *deviation = shk_deviating(conn);
    if (deviation != NULL && deviation->secret != NULL)
        deviation->secret(deviation->context, kind, secret, len, cap);
}

shk_span shk_deviate_span(shk_conn *conn, shk_secret_kind kind, shk_span secret, uint8_t *other,
                          size_t cap)
{
    size_t len = secret.len < cap ? secret.len : cap;
    if (shk_deviating(conn) == NULL)
        return secret;
    if (len > 0)
        memcpy(other, secret.data, len);
    shk_deviate_secret(conn, kind, other, &len, cap);
    return shk_span_of(other, len);
}

void shk_deviate_shared(shk_conn *conn)
{
    shk_exchange_state *exchange = &conn->handshake->exchange;
    shk_deviate_secret(conn, SHK_SECRET_SHARED, exchange->secret, &exchange->secret_len,
                       sizeof exchange->secret);
}

shk_status shk_deviate_sign(shk_conn *conn, const shk_credential **credential,
                            const shk_signature_scheme_row **scheme, shk_buf *content)
{
    const shk_deviation_hooks *deviation = shk_deviating(conn);
    return deviation->sign == NULL
               ? SHK_OK
               : deviation->sign(deviation->context, credential, scheme, content);
}

bool shk_goes_on(shk_conn *conn, shk_status failure)
{
    const shk_deviation_hooks *deviation = shk_deviating(conn);
    if (deviation == NULL || deviation->go_on == NULL ||
        !deviation->go_on(deviation->context, failure))
        return false;
    conn->failure.fault = (shk_fault){SHK_OK, 0, NULL};
    conn->failure.message = NULL;
    return true;
}

bool shk_any_session(const shk_conn *conn)
{
    const shk_deviation_hooks *deviation = shk_deviating(conn);
    return deviation != NULL && deviation->any_session != NULL &&
           deviation->any_session(deviation->context);
}

bool shk_keep_write(shk_conn *conn)
{
    if (shk_deviating(conn) == NULL || conn->write == NULL ||
        conn->former_write_count == SHK_FORMER_WRITES)
        return false;
    conn->former_writes[conn->former_write_count++] = conn->write;
    return true;
}

void shk_free_former_writes(shk_conn *conn)
{
    while (conn->former_write_count > 0)
        shk_protection_free(conn->former_writes[--conn->former_write_count]);
}

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
    return (int)conn->former_write_count + (conn->write != NULL ? 2 : 1);
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
    if (epoch < 0 || epoch > current)
        return SHK_E_CONFIG;
    *out = epoch == current ? conn->write : conn->former_writes[epoch - 1];
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
