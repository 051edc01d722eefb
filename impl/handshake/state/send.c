/* Handshake messages and ChangeCipherSpec, sent. */
#include "handshake/state/send.h"

#include "handshake/state/handshake.h"
#include "handshake/state/output.h"
#include "shakedown/errors.h"

enum { MAX_MESSAGE = 0xffffff /* bytes, in a length of three */ };

/* What does not fit is no fault of the peer's, which the codec's own errors would tell it. */
static shk_status encode(shk_conn *conn, const shk_message_row *row, const shk_form *form,
                         void *body, shk_buf *out)
{
    shk_fault fault = {SHK_OK, 0, NULL};
    shk_status status = shk_encode(row->layout->shape, form, body, out, &fault);
    if (status == SHK_OK || status == SHK_E_NO_MEMORY)
        return status;
    conn->failure.message = row->name;
    return shk_conn_fail_field(conn, fault.field, SHK_E_OWN_MESSAGE);
}

shk_status shk_add_message(shk_conn *conn, shk_message id, void *body, bool hashed, shk_buf *flight)
{
    const shk_message_row *row = &shk_message_rows[id];
    uint8_t header[4] = {row->value, 0, 0, 0};
    shk_form form = shk_form_of(conn);
    if (id == SHK_MSG_certificate_12)
        form.certificate_type = conn->own_certificate_type;
    size_t start = flight->len;
    SHK_TRY(shk_buf_append(flight, shk_span_of(header, sizeof header)));
    SHK_TRY(encode(conn, row, &form, body, flight));
    size_t len = flight->len - start - sizeof header;
    if (len > MAX_MESSAGE)
        return shk_conn_fail_field(conn, "length", SHK_E_OWN_MESSAGE);
    flight->data[start + 1] = (uint8_t)(len >> 16);
    flight->data[start + 2] = (uint8_t)(len >> 8);
    flight->data[start + 3] = (uint8_t)len;
    if (conn->config->observer != NULL)
        conn->config->observer(conn->config->observer_context, true, id, &form,
                               shk_span_of(flight->data + start, flight->len - start));
    if (!hashed || conn->handshake == NULL)
        return SHK_OK;
    return shk_transcript_add(&conn->handshake->transcript,
                              shk_span_of(flight->data + start, flight->len - start));
}

shk_status shk_send_flight(shk_conn *conn, shk_buf *flight)
{
    shk_status status = shk_conn_send(conn, SHK_HANDSHAKE, shk_buf_span(flight));
    shk_buf_free(flight);
    return status;
}

/* Messages that no Finished covers (RFC 8446 §4.4, RFC 5246 §7.4.1.1). */
static bool is_hashed(shk_message id)
{
    return id != SHK_MSG_key_update && id != SHK_MSG_new_session_ticket &&
           id != SHK_MSG_hello_request;
}

shk_status shk_send_message(shk_conn *conn, shk_message id, void *body)
{
    shk_buf flight = shk_buf_growing(conn->allocator);
    shk_status status = shk_add_message(conn, id, body, is_hashed(id), &flight);
    if (status == SHK_OK)
        return shk_send_flight(conn, &flight);
    shk_buf_free(&flight);
    return status;
}

shk_status shk_send_change_cipher_spec(shk_conn *conn)
{
    static const uint8_t one[1] = {1};
    return shk_conn_send(conn, SHK_CHANGE_CIPHER_SPEC, shk_span_of(one, 1));
}

shk_status shk_send_compatibility(shk_conn *conn)
{
    shk_handshake *hs = conn->handshake;
    if (hs->session_id_len == 0 || hs->compatibility_sent)
        return SHK_OK;
    hs->compatibility_sent = true;
    return shk_send_change_cipher_spec(conn);
}
