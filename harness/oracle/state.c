/* The oracle of states (oracle/oracles.def): the messages that an end has taken are a way through
 * the flow tables, and one that has completed has come to their end. */
#include <stdio.h>
#include <string.h>

#include "oracle/cursor.h"
#include "oracle/judge.h"

typedef struct {
    shk_case *c;
    const shk_observed *end;
    size_t side;
    const shk_flow_model *model;
    uint64_t states;
    uint64_t connected; /* the states of an established connection */
    bool was_connected;
    shk_flow_seen seen;
} walk;

/* Whether there is a session that could be resumed: of a connection before, or in a renegotiation
 * of this one. */
static bool may_have_session(const walk *w, unsigned handshake)
{
    const shk_endpoint_config *config = w->end->who.config;
    if (handshake > 0)
        return true;
    if (shk_tells_of_first(w->end) && w->end->connected && !w->end->result.resumed)
        return false;
    return w->c->seen->first != NULL || config == NULL || config->saved.len > 0;
}

/* Whether the server takes up a session: it echoes the session id, or was shown a ticket (RFC 5246
 * §7.4.1.3, RFC 5077 §3.4). */
static bool takes_session(const shk_hello *client, const shk_hello *server)
{
    const shk_span ticket = shk_extension_of(client->extensions, SHK_EXT_session_ticket);
    return ticket.len > 0 ||
           (server->session_id.len > 0 && shk_span_equal(client->session_id, server->session_id));
}

static void note_client_hello(walk *w, const shk_hello *hello)
{
    shk_flow_seen *s = &w->seen;
    const bool retried = s->retried && !s->negotiated;
    memset(s, 0, sizeof *s);
    s->is_server = w->side == 1;
    s->retried = retried;
    s->compression = shk_has_extension(hello->extensions, SHK_EXT_compress_certificate);
    s->later_authentication = shk_has_extension(hello->extensions, SHK_EXT_post_handshake_auth);
}

static void note_server_hello(walk *w, unsigned handshake, const shk_hello *client,
                              const shk_hello *server)
{
    shk_flow_seen *s = &w->seen;
    const bool below_13 = shk_hello_version(server) < SHK_TLS13;
    s->negotiated = true;
    s->version = shk_hello_version(server);
    s->suite = shk_suite_of(server->suite);
    s->with_psk = !below_13 && shk_has_extension(server->extensions, SHK_EXT_pre_shared_key);
    s->status = below_13 && shk_has_extension(server->extensions, SHK_EXT_status_request);
    s->ticket = below_13 && shk_has_extension(server->extensions, SHK_EXT_session_ticket);
    s->may_resume = below_13 && client != NULL && takes_session(client, server) &&
                    may_have_session(w, handshake);
}

static bool is_empty_certificate(const shk_item *item)
{
    shk_cursor body = shk_cursor_over(shk_item_body(item));
    if (item->id == SHK_MSG_certificate)
        (void)shk_cursor_vector(&body, 1);
    return item->id != SHK_MSG_compressed_certificate && shk_cursor_vector(&body, 3).len == 0;
}

static bool has_early_data(const shk_item *item)
{
    shk_cursor body = shk_cursor_over(shk_item_body(item));
    return shk_has_extension(shk_cursor_vector(&body, 2), SHK_EXT_early_data);
}

/* The last hello of the client before the item. */
static bool client_hello_before(const walk *w, const shk_item *item, shk_hello *out)
{
    while (item-- > w->end->view.items)
        if (shk_item_is(item, SHK_MSG_client_hello))
            return shk_hello_of_client(shk_item_body(item), out);
    return false;
}

/* What a message, sent or taken, says that conditions depend on. */
static void note(walk *w, const shk_item *item)
{
    shk_hello hello, client;
    const shk_span body = shk_item_body(item);
    switch (item->id) {
    case SHK_MSG_client_hello:
        if (shk_hello_of_client(body, &hello))
            note_client_hello(w, &hello);
        break;
    case SHK_MSG_server_hello:
        if (shk_hello_of_server(body, &hello))
            note_server_hello(w, item->handshake,
                              client_hello_before(w, item, &client) ? &client : NULL, &hello);
        break;
    case SHK_MSG_hello_retry_request:
        w->seen.retried = true;
        break;
    case SHK_MSG_encrypted_extensions:
        w->seen.early_data = has_early_data(item);
        break;
    case SHK_MSG_certificate_request:
    case SHK_MSG_certificate_request_12:
        w->seen.requested = true;
        break;
    case SHK_MSG_new_session_ticket_12:
        w->seen.ticket = false;
        break;
    case SHK_MSG_certificate:
    case SHK_MSG_certificate_12:
    case SHK_MSG_compressed_certificate:
        if (!item->by_server)
            w->seen.client_has_key = !is_empty_certificate(item);
        break;
    default:
        break;
    }
}

static void settle(walk *w)
{
    w->states = shk_flow_model_settle(w->model, w->states, &w->seen);
    w->was_connected = w->was_connected || (w->states & w->connected) != 0;
}

/* What an end begins by itself behind the handshake: a renegotiation, or a request for the client's
 * certificate. */
static void begin_by_itself(walk *w, const shk_item *item)
{
    settle(w);
    if ((w->states & w->connected) == 0)
        return;
    if (item->id == SHK_MSG_client_hello)
        w->states |= shk_flow_model_state(w->model, "c_wait_server_hello");
    if (item->id == SHK_MSG_certificate_request)
        w->states |= shk_flow_model_state(w->model, "s13_auth_wait_certificate");
}

static void refuse(walk *w, const char *name)
{
    char states[160] = "";
    size_t at = 0;
    for (size_t i = 0; i < w->model->state_count && at < sizeof states; i++)
        if ((w->states >> i & 1) != 0)
            at += (size_t)snprintf(states + at, sizeof states - at, "%s%s", at > 0 ? " or " : "",
                                   w->model->states[i]);
    shk_raise(w->c,
              w->seen.version >= SHK_TLS13 ? (w->side == 0 ? "RFC 8446 §A.1" : "RFC 8446 §A.2")
                                           : "RFC 5246 §7.3",
              "the %s took %s in the state %s, whose rows do not", shk_side_name(w->side), name,
              states);
}

/* False where the way ends. */
static bool take(walk *w, unsigned event, const char *name)
{
    settle(w);
    const uint64_t next = shk_flow_model_take(w->model, w->states, event, &w->seen);
    const bool ignored = event == SHK_MSG_hello_request && w->side == 0; /* RFC 5246 §7.4.1.1 */
    if (next == 0 && !ignored)
        refuse(w, name);
    if (next != 0)
        w->states = next;
    return next != 0 || ignored;
}

/* In TLS 1.3 ChangeCipherSpec means nothing, but comes in the clear, between the first ClientHello
 * and the peer's Finished, as one byte (RFC 8446 §5). */
static void judge_change_13(walk *w, const shk_item *item)
{
    const shk_item *finished = w->end->view.first.finished[1 - w->side];
    if (item->raw.len == 1 && item->raw.data[0] == 1 && item->under == SHK_UNDER_NONE &&
        (finished == NULL || item < finished))
        return;
    shk_raise(
        w->c, "RFC 8446 §5",
        "the %s took a change_cipher_spec record that is protected, comes after Finished, or is "
        "not the byte 1",
        shk_side_name(w->side));
}

/* One item of the view. False where the way ends. */
static bool go(walk *w, const shk_item *item)
{
    if (item->content == SHK_CHANGE_CIPHER_SPEC && !item->sent) {
        if (w->seen.negotiated && w->seen.version < SHK_TLS13)
            return take(w, SHK_EVENT_CHANGE_CIPHER_SPEC, "change_cipher_spec");
        if (w->seen.negotiated || w->seen.retried)
            judge_change_13(w, item);
        return true;
    }
    if (item->content != SHK_HANDSHAKE)
        return true;
    if (item->id == SHK_MSG_COUNT) {
        if (!item->sent)
            refuse(w, "a message of no known type");
        return item->sent;
    }
    if (!item->sent && !take(w, item->id, shk_message_rows[item->id].name))
        return false;
    if (item->sent && item->id == SHK_MSG_client_hello)
        begin_by_itself(w, item); /* before conditions are those of the new handshake */
    note(w, item);
    if (item->sent && item->id == SHK_MSG_certificate_request)
        begin_by_itself(w, item); /* as conditions now know of it */
    return true;
}

/* A server skips early data that it does not accept. */
static bool hides_messages(const walk *w, const shk_item *item)
{
    const shk_first_handshake *f = &w->end->view.first;
    const bool early = f->client_hellos[0] != NULL &&
                       shk_has_extension(f->client[0].extensions, SHK_EXT_early_data);
    return !item->opened && !(early && !item->by_server);
}

static void judge_end(shk_case *c, size_t side)
{
    const shk_observed *end = &c->seen->ends[side];
    const shk_flow_model *model = &c->seen->flow[side];
    walk w = {.c = c, .end = end, .side = side, .model = model};
    const size_t taken = shk_taken(end);
    w.states = shk_flow_model_state(model, side == 0 ? "c_start" : "s_wait_client_hello");
    w.connected = shk_flow_model_state(model, side == 0 ? "c13_connected" : "s13_connected") |
                  shk_flow_model_state(model, side == 0 ? "c12_connected" : "s12_connected");
    for (size_t i = 0; i < end->view.count; i++) {
        const shk_item *item = &end->view.items[i];
        if (!item->sent && i >= taken)
            continue;
        if (hides_messages(&w, item)) {
            shk_unseen(c, "a record could not be opened by any key that is told");
            return;
        }
        if (!go(&w, item))
            return;
    }
    settle(&w);
    if (shk_has_completed(end) && !w.was_connected)
        refuse(&w, "the handshake for complete");
}

void shk_judge_state(shk_case *c)
{
    for (size_t side = 0; side < 2; side++)
        if (shk_is_judged(&c->seen->ends[side]))
            judge_end(c, side);
}
