/* The engine that runs the flow tables (handshake/flow/flow_table.h). */
#include "handshake/flow/flow_table.h"

#include "handshake/state/deviating.h"
#include "handshake/state/handshake.h"
#include "shakedown/flow.h"

enum { MAX_HELLO_REQUESTS = 32 };

static shk_status do_step(shk_conn *conn, const shk_flow_row *row, const shk_received *message)
{
    if (row->send != NULL)
        return row->send(conn);
    return row->receive != NULL ? row->receive(conn, message) : SHK_OK;
}

static const shk_flow_row *find(const shk_conn *conn, unsigned on)
{
    for (size_t i = 0; i < shk_flow_row_count; i++) {
        const shk_flow_row *row = &shk_flow_rows[i];
        if (row->state == conn->state && row->on == on && row->condition(conn))
            return row;
    }
    return NULL;
}

shk_status shk_flow_run(shk_conn *conn)
{
    const shk_flow_row *row;
    while ((row = find(conn, SHK_ON_ENTRY)) != NULL) {
        SHK_TRY(do_step(conn, row, NULL));
        conn->state = row->next;
    }
    return SHK_OK;
}

static shk_status hash_if(shk_conn *conn, const shk_flow_row *row, shk_flow_hashing when,
                          shk_span raw)
{
    if (row->hashing != when || conn->handshake == NULL)
        return SHK_OK;
    return shk_transcript_add(&conn->handshake->transcript, raw);
}

/* A client that is negotiating ignores HelloRequest, which is not hashed (RFC 5246 §7.4.1.1); rows
 * take it where it is connected, and TLS 1.3 has none. Counted, so that it ends. */
static bool is_idle_hello_request(shk_conn *conn, shk_message id, shk_span body)
{
    return id == SHK_MSG_hello_request && body.len == 0 && !conn->config->is_server &&
           conn->min_version < SHK_TLS13 && ++conn->warning_alerts <= MAX_HELLO_REQUESTS;
}

/* Decodes a message by its row and does the step; `bytes` is its body. */
static shk_status take_message(shk_conn *conn, const shk_flow_row *row, shk_message id,
                               const shk_form *form, shk_span raw, shk_span bytes)
{
    shk_any body;
    SHK_TRY(
        shk_decode(shk_message_rows[id].layout->shape, form, bytes, &body, &conn->failure.fault));
    if (conn->config->observer != NULL)
        conn->config->observer(conn->config->observer_context, false, id, form, raw);
    shk_received received = {id, raw, bytes, &body};
    SHK_TRY(hash_if(conn, row, SHK_HASH_BEFORE, raw));
    return do_step(conn, row, &received);
}

/* Likewise, with the bytes that a deviation has read in its place. */
static shk_status take_edited(shk_conn *conn, const shk_flow_row *row, shk_message id,
                              const shk_form *form, shk_span raw)
{
    shk_buf edited = shk_buf_growing(conn->allocator);
    shk_status status = shk_deviate_received(conn, id, form, raw, &edited);
    if (status == SHK_OK)
        status =
            take_message(conn, row, id, form, raw, shk_span_of(edited.data + 4, edited.len - 4));
    shk_buf_free(&edited);
    return status;
}

shk_status shk_flow_message(shk_conn *conn, shk_span raw)
{
    shk_span bytes = shk_span_of(raw.data + 4, raw.len - 4);
    shk_message id = shk_message_identify(raw.data[0], conn->version, bytes);
    if (id == SHK_MSG_COUNT)
        return SHK_E_UNKNOWN_MESSAGE;
    conn->failure.message = shk_message_rows[id].name;
    const shk_flow_row *row = find(conn, id);
    if (row == NULL && is_idle_hello_request(conn, id, bytes))
        return SHK_OK;
    if (row == NULL)
        return shk_goes_on(conn, SHK_E_UNEXPECTED_MESSAGE) ? SHK_OK : SHK_E_UNEXPECTED_MESSAGE;
    shk_form form = shk_form_of(conn);
    if (id == SHK_MSG_certificate_12)
        form.certificate_type = conn->peer_certificate_type;
    shk_status status = shk_deviating(conn) != NULL
                            ? take_edited(conn, row, id, &form, raw)
                            : take_message(conn, row, id, &form, raw, bytes);
    if (status != SHK_OK) /* a step that has not done its part leaves its state */
        return shk_goes_on(conn, status) ? SHK_OK : status;
    SHK_TRY(hash_if(conn, row, SHK_HASH_AFTER, raw));
    conn->state = row->next;
    conn->failure.message = NULL;
    return shk_flow_run(conn);
}

bool shk_flow_expects_change_cipher_spec(const shk_conn *conn)
{
    return find(conn, SHK_ON_change_cipher_spec) != NULL;
}

shk_status shk_flow_change_cipher_spec(shk_conn *conn)
{
    const shk_flow_row *row = find(conn, SHK_ON_change_cipher_spec);
    if (row == NULL)
        return SHK_E_UNEXPECTED_CHANGE_CIPHER_SPEC;
    SHK_TRY(do_step(conn, row, NULL));
    conn->state = row->next;
    return shk_flow_run(conn);
}
