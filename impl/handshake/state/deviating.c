/* Where a deviating end meets its hooks (handshake/state/deviating.h). */
#include "handshake/state/deviating.h"

#ifdef SHK_DEVIATIONS

#include <string.h>

#include "handshake/state/handshake.h"
#include "record/protection.h"
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
        return shk_buf_append(&flight->messages, shk_buf_span(hashed));
    return deviation->message(deviation->context, flight->conn, flight, id, form, hashed);
}

static shk_status deviate(shk_flight *flight, shk_message id, const shk_form *form, size_t start,
                          bool is_hashed, shk_buf *hashed)
{
    shk_conn *conn = flight->conn;
    SHK_TRY(take_out(flight, start, hashed));
    SHK_TRY(edit(flight, id, form, hashed));
    if (!is_hashed)
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
    const shk_deviation_hooks *deviation = shk_deviating(conn);
    size_t len = secret.len < cap ? secret.len : cap;
    if (deviation == NULL || deviation->secret == NULL)
        return secret;
    if (len > 0)
        memcpy(other, secret.data, len);
    deviation->secret(deviation->context, kind, other, &len, cap);
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

void shk_free_former_writes(shk_conn *conn)
{
    while (conn->former_write_count > 0)
        shk_protection_free(conn->former_writes[--conn->former_write_count]);
}
#endif
