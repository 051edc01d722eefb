/* Handshake messages and ChangeCipherSpec, sent. */
#include "handshake/state/send.h"

#include "handshake/state/deviating.h"
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

shk_flight shk_flight_begin(shk_conn *conn)
{
    return (shk_flight){conn, SHK_OK, shk_buf_growing(conn->allocator),
                        shk_buf_growing(conn->allocator), shk_buf_growing(conn->allocator)};
}

void shk_flight_add(shk_flight *flight, shk_flight_part *part)
{
    if (flight->status == SHK_OK)
        flight->status = part(flight->conn, flight);
}

shk_status shk_flight_send(shk_flight *flight)
{
    shk_status status = flight->status;
    if (status == SHK_OK && flight->messages.len > 0) /* a deviation may have left nothing */
        status = shk_conn_send(flight->conn, SHK_HANDSHAKE, shk_buf_span(&flight->messages));
    shk_buf_free(&flight->messages);
    shk_buf_free(&flight->extensions);
    shk_buf_free(&flight->pieces);
    return status;
}

/* Messages that no Finished covers (RFC 8446 §4.4, RFC 5246 §7.4.1.1), and the ClientHello, whose
 * sender hashes it with the binders in it. */
static bool is_hashed(shk_message id)
{
    return id != SHK_MSG_key_update && id != SHK_MSG_new_session_ticket &&
           id != SHK_MSG_hello_request && id != SHK_MSG_client_hello;
}

shk_status shk_add_message(shk_flight *flight, shk_message id, void *body)
{
    shk_conn *conn = flight->conn;
    shk_buf *out = &flight->messages;
    const shk_message_row *row = &shk_message_rows[id];
    uint8_t header[4] = {row->value, 0, 0, 0};
    shk_form form = shk_form_of(conn);
    if (id == SHK_MSG_certificate_12)
        form.certificate_type = conn->own_certificate_type;
    size_t start = out->len;
    SHK_TRY(shk_buf_append(out, shk_span_of(header, sizeof header)));
    SHK_TRY(encode(conn, row, &form, body, out));
    flight->extensions.len = flight->pieces.len = 0;
    size_t len = out->len - start - sizeof header;
    if (len > MAX_MESSAGE)
        return shk_conn_fail_field(conn, "length", SHK_E_OWN_MESSAGE);
    out->data[start + 1] = (uint8_t)(len >> 16);
    out->data[start + 2] = (uint8_t)(len >> 8);
    out->data[start + 3] = (uint8_t)len;
    if (shk_deviating(conn) != NULL && id != SHK_MSG_client_hello)
        return shk_deviate_message(flight, id, &form, start, is_hashed(id));
    shk_span message = shk_span_of(out->data + start, out->len - start);
    if (conn->config->observer != NULL)
        conn->config->observer(conn->config->observer_context, true, id, &form, message);
    if (!is_hashed(id) || conn->handshake == NULL)
        return SHK_OK;
    return shk_transcript_add(&conn->handshake->transcript, message);
}

shk_status shk_send_message(shk_conn *conn, shk_message id, void *body)
{
    shk_flight flight = shk_flight_begin(conn);
    flight.status = shk_add_message(&flight, id, body);
    return shk_flight_send(&flight);
}

shk_status shk_send_change_cipher_spec(shk_conn *conn)
{
    static const uint8_t one[1] = {1};
    return shk_conn_send(conn, SHK_CHANGE_CIPHER_SPEC, shk_span_of(one, 1));
}

shk_status shk_send_compatibility(shk_conn *conn)
{
    shk_handshake *hs = conn->handshake;
    if (hs->session_id_len == 0 || hs->tls13.compatibility_sent)
        return SHK_OK;
    hs->tls13.compatibility_sent = true;
    return shk_send_change_cipher_spec(conn);
}
