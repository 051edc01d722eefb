/* Our own end as the player of a script: its hooks (shakedown/deviation.h). */
#include <string.h>

#include "deviate/sending.h"

static shk_status replace(shk_buf *buf, shk_span bytes)
{
    buf->len = 0;
    return shk_buf_append(buf, bytes);
}

/* Edits the message; a ClientHello's binders cover what the other operations make of it. */
static shk_status edit(const shk_sending *s, const shk_form *form, shk_buf *message)
{
    shk_player *p = s->player;
    bool hello = s->target == SHK_MSG_client_hello;
    if (!shk_player_edit(p, p->own, s->target, s->time, form,
                         hello ? SHK_EDIT_BUT_BINDERS : SHK_EDIT_ALL, message, s->hashed))
        return SHK_E_NO_MEMORY;
    if (!hello || !p->active)
        return SHK_OK;
    SHK_TRY(shk_conn_rebind(s->conn, message));
    if (!shk_player_edit(p, p->own, s->target, s->time, form, SHK_EDIT_BINDERS, message, NULL))
        return SHK_E_NO_MEMORY;
    return replace(s->hashed, shk_buf_span(message));
}

/* The message says in which scheme its signature was made, if an operation has chosen one. */
static bool say_scheme(shk_player *p, unsigned target, const shk_form *form, shk_buf *message)
{
    enum { MESSAGE_HEADER = 4 };
    const uint8_t scheme[2] = {(uint8_t)(p->signed_scheme >> 8), (uint8_t)p->signed_scheme};
    static const char name[] = "algorithm";
    char why[SHK_WHY_SIZE];
    shk_path path;
    shk_fields fields;
    if ((target != SHK_MSG_certificate_verify && target != SHK_MSG_server_key_exchange) ||
        !shk_path_parse(target, name, strlen(name), &path, why))
        return true;
    p->signed_scheme = 0;
    if (!shk_fields_of(target, form,
                       shk_span_of(message->data + MESSAGE_HEADER, message->len - MESSAGE_HEADER),
                       &fields))
        return false;
    int field = shk_field_at(&fields, target, &path);
    if (field > 0)
        memcpy(message->data + MESSAGE_HEADER + fields.list[field].start, scheme, sizeof scheme);
    shk_fields_free(&fields);
    return true;
}

static shk_status on_message(void *context, shk_conn *conn, shk_flight *flight, shk_message id,
                             const shk_form *form, shk_buf *hashed)
{
    shk_player *p = (shk_player *)context;
    unsigned time = ++p->times[p->own][id];
    shk_sending s = {.player = p,
                     .side = p->own,
                     .conn = conn,
                     .flight = flight,
                     .target = id,
                     .time = time,
                     .hashed = hashed};
    p->form = *form;
    shk_buf message = shk_buf_growing(&shk_libc_allocator);
    shk_status status = shk_buf_append(&message, shk_buf_span(hashed));
    if (status == SHK_OK && p->signed_scheme != 0 && !say_scheme(p, id, form, &message))
        status = SHK_E_NO_MEMORY;
    if (status == SHK_OK)
        status = replace(hashed, shk_buf_span(&message));
    if (status == SHK_OK)
        status = edit(&s, form, &message);
    shk_player_remember(p, p->own, id, time, form, shk_buf_span(&message));
    if (status == SHK_OK)
        status = p->active ? shk_send_deviating(&s, SHK_HANDSHAKE, shk_buf_span(&message))
                           : shk_flight_append(flight, shk_buf_span(&message));
    shk_buf_free(&message);
    return status;
}

static shk_status send_record(const shk_sending *s, uint8_t type, shk_span content)
{
    shk_player *p = s->player;
    shk_buf message = shk_buf_growing(&shk_libc_allocator);
    shk_status status = content.len > 0 ? shk_buf_append(&message, content) : SHK_OK;
    if (status == SHK_OK &&
        !shk_player_edit(p, p->own, s->target, s->time, NULL, SHK_EDIT_ALL, &message, NULL))
        status = SHK_E_NO_MEMORY;
    if (status == SHK_OK)
        status = shk_send_deviating(s, type, shk_buf_span(&message));
    shk_buf_free(&message);
    return status;
}

static shk_status on_record(void *context, shk_conn *conn, uint8_t type, shk_span content,
                            bool *handled)
{
    shk_player *p = (shk_player *)context;
    unsigned target = shk_target_of_record(type);
    shk_sending record = {.player = p,
                          .side = p->own,
                          .conn = conn,
                          .target = SHK_TARGET_RECORD,
                          .time = ++p->times[p->own][SHK_TARGET_RECORD]};
    if (!p->active)
        return SHK_OK;
    if (target < SHK_TARGETS) {
        shk_sending s = record;
        s.target = target;
        s.time = ++p->times[p->own][target];
        shk_player_remember(p, p->own, target, s.time, NULL, content);
        *handled = shk_player_is_met(p, s.side, s.target, s.time);
        if (*handled)
            return send_record(&s, type, content);
    }
    if (type == SHK_CHANGE_CIPHER_SPEC && p->out[p->own].joined.len > 0) {
        *handled = p->out[p->own].change_cipher_spec_waits = true;
        return SHK_OK;
    }
    *handled = shk_player_is_met(p, record.side, record.target, record.time);
    return *handled ? shk_send_deviating(&record, type, content) : SHK_OK;
}

static void on_keys_changed(void *context, shk_conn *conn)
{
    shk_player *p = (shk_player *)context;
    if (p->active)
        shk_send_deferred(p, conn);
}

static shk_status on_received(void *context, shk_message id, const shk_form *form, shk_buf *message)
{
    shk_player *p = (shk_player *)context;
    shk_whose peer = p->own == SHK_CLIENT_MESSAGE ? SHK_SERVER_MESSAGE : SHK_CLIENT_MESSAGE;
    unsigned time = ++p->times[peer][id];
    return shk_player_edit(p, peer, id, time, form, SHK_EDIT_ALL, message, NULL) ? SHK_OK
                                                                                 : SHK_E_NO_MEMORY;
}

static bool on_go_on(void *context, shk_status failure)
{
    const shk_player *p = (const shk_player *)context;
    for (size_t i = 0; p->active && i < p->script->operation_count; i++) {
        const shk_operation *o = &p->script->operations[i];
        if (o->kind == SHK_OP_GO_ON ||
            (o->kind == SHK_OP_GO_ON_AFTER && o->numbers[0] == (uint32_t)failure))
            return true;
    }
    return false;
}

static bool on_any_session(void *context)
{
    shk_player *p = (shk_player *)context;
    bool any = false;
    for (size_t i = 0; p->active && i < p->script->operation_count; i++)
        if (p->script->operations[i].kind == SHK_OP_OFFER_SESSION)
            any = p->applied[i] = true;
    return any;
}

const shk_deviation_hooks shk_own_hooks = {
    .message = on_message,
    .received = on_received,
    .record = on_record,
    .keys_changed = on_keys_changed,
    .secret = shk_own_secret,
    .sign = shk_own_sign,
    .go_on = on_go_on,
    .any_session = on_any_session,
};
