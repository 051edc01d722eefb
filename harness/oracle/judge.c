/* What the oracles share (oracle/judge.h). */
#include "oracle/judge.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "keys/key_functions.h"

enum { HELLO_REQUEST = 0, MESSAGE_HASH = 254, FATAL = 2 };

const shk_oracle_row shk_oracle_rows[SHK_ORACLES] = {
#define SHK_ORACLE(name, clause, words) {#name, clause, words},
#include "oracle/oracles.def"
#undef SHK_ORACLE
};

void shk_raise(shk_case *c, const char *clause, const char *format, ...)
{
    size_t own = 0;
    for (size_t i = 0; i < c->out->count; i++)
        own += c->out->alarms[i].oracle == c->oracle;
    if (own == SHK_ALARMS_OF_ORACLE) /* there is room for all oracles */
        return;
    shk_alarm *alarm = &c->out->alarms[c->out->count++];
    va_list arguments;
    va_start(arguments, format);
    alarm->oracle = c->oracle;
    alarm->clause = clause;
    vsnprintf(alarm->words, sizeof alarm->words, format, arguments);
    va_end(arguments);
}

void shk_unseen(shk_case *c, const char *why)
{
    if (c->out->unjudged[c->oracle] == NULL)
        c->out->unjudged[c->oracle] = why;
}

const char *shk_side_name(size_t side)
{
    return side == 0 ? "client" : "server";
}

static size_t index_of(const shk_view *view, const shk_item *item)
{
    return (size_t)(item - view->items);
}

/* Whether the end shows by this item that it goes on. */
static bool goes_on(const shk_item *item)
{
    return item->sent && item->opened &&
           (item->content == SHK_HANDSHAKE || item->content == SHK_APPLICATION_DATA);
}

/* An end that says nothing of itself has completed if, behind the peer's Finished, it has sent its
 * own or what only comes later. */
static bool has_shown_completion(const shk_view *view)
{
    const shk_item *peer = view->first.finished[!view->of_server];
    if (peer == NULL)
        return false;
    for (size_t i = index_of(view, peer) + 1; i < view->count; i++)
        if (goes_on(&view->items[i]))
            return true;
    return false;
}

bool shk_has_completed(const shk_observed *end)
{
    return end->who.kind != NULL ? end->connected : has_shown_completion(&end->view);
}

bool shk_tells_of_first(const shk_observed *end)
{
    for (size_t i = 0; i < end->view.count; i++)
        if (end->view.items[i].handshake > 0)
            return false;
    return end->who.kind != NULL;
}

/* What came in one piece, or more, and what the end sent then: items [from, sent) and [sent, to).
 */
typedef struct {
    size_t from;
    size_t sent;
    size_t to;
} exchange;

static bool next_exchange(const shk_view *view, exchange *x)
{
    x->from = x->sent = x->to;
    while (x->sent < view->count && !view->items[x->sent].sent)
        x->sent++;
    x->to = x->sent;
    while (x->to < view->count && view->items[x->to].sent)
        x->to++;
    return x->to > x->from;
}

/* Whether the end may have failed by something of this exchange. */
static bool may_have_failed(const shk_observed *end, const exchange *x)
{
    const shk_endpoint_result *r = &end->result;
    const bool silent = end->who.kind != NULL && r->state == SHK_FAILED && r->alert_sent < 0 &&
                        r->alert_received < 0;
    for (size_t i = x->sent; i < x->to; i++) {
        const shk_item *item = &end->view.items[i];
        if (!item->opened ||
            (item->content == SHK_ALERT_RECORD && item->raw.len == 2 && item->raw.data[0] == FATAL))
            return true;
    }
    return silent && x->to == end->view.count;
}

/* What an end answers by a flight of its own. */
static bool asks_for_flight(const shk_item *item, bool of_server)
{
    if (!item->opened || item->content != SHK_HANDSHAKE)
        return false;
    if (of_server)
        return item->id == SHK_MSG_client_hello || item->id == SHK_MSG_finished;
    return item->id == SHK_MSG_finished || item->id == SHK_MSG_server_hello_done ||
           item->id == SHK_MSG_hello_retry_request || item->id == SHK_MSG_hello_request;
}

static bool has_gone_on(const shk_view *view, const exchange *x)
{
    bool on = false;
    for (size_t i = x->sent; i < x->to; i++)
        on = on || goes_on(&view->items[i]);
    return on;
}

/* Whether all that comes from the end after the exchange is a failure. Over a socket an alert may
 * come behind what the other end has sent meanwhile. */
static bool fails_next(const shk_observed *end, const exchange *x)
{
    exchange next = *x;
    return next_exchange(&end->view, &next) && !has_gone_on(&end->view, &next) &&
           may_have_failed(end, &next);
}

/* Where what the end got ends, since nothing behind an alert that closes the connection is taken
 * (RFC 8446 §6): behind the one that it says it has got, or at the end of these items. */
static size_t until_alert(const shk_observed *end, size_t from, size_t to)
{
    const shk_endpoint_result *r = &end->result;
    for (size_t i = from; i < to; i++) {
        const shk_item *item = &end->view.items[i];
        if (item->sent || !item->opened || item->content != SHK_ALERT_RECORD || item->raw.len != 2)
            continue;
        const uint8_t description = item->raw.data[1];
        if (description == r->alert_received ||
            (description == SHK_ALERT_close_notify && r->state == SHK_ENDED))
            return i + 1;
    }
    return to;
}

/* How many items the exchange shows to be taken. Where the end goes on, and fails by what came
 * behind, it is the first that it answers. */
static size_t taken_in(const shk_observed *end, const exchange *x)
{
    const shk_view *view = &end->view;
    if (!has_gone_on(view, x))
        return 0;
    const bool fails = may_have_failed(end, x);
    const size_t until = until_alert(end, x->from, x->sent);
    if (!fails && !fails_next(end, x))
        return until;
    for (size_t i = x->from; i < until; i++)
        if (asks_for_flight(&view->items[i], view->of_server))
            return i + 1;
    return fails ? 0 : until;
}

/* A client that has secrets of the handshake has taken the ServerHello that they follow from. */
static size_t taken_by_secrets(const shk_observed *end)
{
    const shk_first_handshake *f = &end->view.first;
    const shk_hello *hello = shk_last_client_hello(f);
    shk_key_line line;
    if (end->view.of_server || f->server_hello == NULL || hello == NULL || f->version < SHK_TLS13 ||
        !shk_key_line_find(shk_buf_span(&end->key_log), "SERVER_HANDSHAKE_TRAFFIC_SECRET",
                           hello->random.data, &line))
        return 0;
    return index_of(&end->view, f->server_hello) + 1;
}

size_t shk_taken(const shk_observed *end)
{
    const shk_view *view = &end->view;
    const shk_item *peer_finished = view->first.finished[!view->of_server];
    exchange x = {0, 0, 0};
    size_t taken = taken_by_secrets(end);
    while (next_exchange(view, &x)) {
        const size_t now = taken_in(end, &x);
        taken = now > taken ? now : taken;
    }
    if (shk_has_completed(end) && peer_finished != NULL && index_of(view, peer_finished) >= taken)
        taken = index_of(view, peer_finished) + 1;
    if (end->who.kind == NULL || !end->connected || end->result.state == SHK_FAILED)
        return taken;
    const size_t closed = until_alert(end, 0, view->count);
    return closed > taken ? closed : taken;
}

bool shk_has_taken(const shk_observed *end, const shk_item *item)
{
    return item != NULL && (item->sent || index_of(&end->view, item) < shk_taken(end));
}

bool shk_is_judged(const shk_observed *end)
{
    return !end->who.deviates;
}

bool shk_is_encrypted_hello(const shk_observation *seen)
{
    return seen->ends[0].result.ech_accepted || seen->ends[1].result.ech_accepted;
}

static size_t secret_in(const shk_observed *end, const char *label, const uint8_t *random,
                        uint8_t *out)
{
    shk_key_line line;
    if (!shk_key_line_find(shk_buf_span(&end->key_log), label, random, &line))
        return 0;
    memcpy(out, line.secret, line.len);
    return line.len;
}

size_t shk_secret_of(const shk_observation *seen, size_t side, const char *label,
                     const uint8_t *random, uint8_t *out)
{
    size_t len = 0;
    for (size_t k = 0; len == 0 && k < 2; k++)
        len = secret_in(&seen->ends[k == 0 ? side : 1 - side], label, random, out);
    /* A session of TLS 1.2 has the master secret that it was made with, which GnuTLS does not log
     * again. */
    if (len == 0 && seen->first != NULL && strcmp(label, "CLIENT_RANDOM") == 0)
        len = shk_secret_of(seen->first, side, label, NULL, out);
    return len;
}

size_t shk_first_secret(const shk_observation *seen, size_t side, const char *label, uint8_t *out)
{
    const shk_hello *hello = shk_last_client_hello(&seen->ends[side].view.first);
    return hello != NULL ? shk_secret_of(seen, side, label, hello->random.data, out) : 0;
}

bool shk_is_covered(const shk_item *item)
{
    return item->content == SHK_HANDSHAKE && item->handshake == 0 &&
           !(item->opened && item->raw.len > 0 && item->raw.data[0] == HELLO_REQUEST);
}

/* Whether the message counts in the transcript, which what follows the handshake of TLS 1.3 does
 * not. */
static bool is_hashed(const shk_item *item)
{
    return item->opened && shk_is_covered(item) && item->id != SHK_MSG_new_session_ticket &&
           item->id != SHK_MSG_key_update;
}

bool shk_messages_before(const shk_observed *end, const shk_item *until, shk_buf *out)
{
    for (const shk_item *item = end->view.items; item < until; item++)
        if (is_hashed(item) && shk_buf_append(out, item->raw) != SHK_OK)
            return false;
    return true;
}

/* The first ClientHello before a HelloRetryRequest, as a message of its hash (RFC 8446 §4.4.1). */
static bool hash_first_hello(const shk_crypto *crypto, shk_hash hash, const shk_item *hello,
                             shk_hash_state *state)
{
    uint8_t message[4 + SHK_MAX_HASH] = {MESSAGE_HASH, 0, 0, (uint8_t)shk_hash_size(hash)};
    return shk_observer_hash(crypto, hash, &hello->raw, 1, message + 4) &&
           crypto->hash_update(state, shk_span_of(message, 4 + shk_hash_size(hash))) == SHK_OK;
}

/* Records that are not opened may hide a message; but for early data, which a server may skip. */
static bool is_whole(const shk_observed *end, const shk_item *until)
{
    const shk_first_handshake *f = &end->view.first;
    const bool early = f->client_hellos[0] != NULL &&
                       shk_has_extension(f->client[0].extensions, SHK_EXT_early_data);
    for (const shk_item *item = end->view.items; item < until; item++)
        if (!item->opened && !(early && !item->by_server))
            return false;
    return true;
}

bool shk_transcript_before(shk_case *c, const shk_observed *end, const shk_item *until,
                           shk_hash hash, uint8_t *out)
{
    const shk_crypto *crypto = c->seen->crypto;
    const shk_first_handshake *f = &end->view.first;
    shk_hash_state *state = NULL;
    if (shk_is_encrypted_hello(c->seen)) {
        shk_unseen(c, "the inner ClientHello, which the transcript begins with, is encrypted");
        return false;
    }
    if (!is_whole(end, until)) {
        shk_unseen(c, "a record could not be opened by any key that is told");
        return false;
    }
    bool ok = crypto->hash_new(crypto, hash, &state) == SHK_OK;
    for (const shk_item *item = end->view.items; ok && item < until; item++) {
        if (!is_hashed(item))
            continue;
        if (f->retry != NULL && item == f->client_hellos[0])
            ok = hash_first_hello(crypto, hash, item, state);
        else
            ok = crypto->hash_update(state, item->raw) == SHK_OK;
    }
    ok = ok && crypto->hash_digest(state, out) == SHK_OK;
    crypto->hash_free(state);
    return ok;
}
