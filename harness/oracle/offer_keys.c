/* Each message under the keys that it belongs to (oracle/offer.h; RFC 8446 §4, §5.1). */
#include "oracle/offer.h"

static const char *keys_name(shk_under under)
{
    static const char *const names[] = {[SHK_UNDER_NONE] = "in the clear",
                                        [SHK_UNDER_EARLY] = "under keys of early data",
                                        [SHK_UNDER_HANDSHAKE] = "under keys of the handshake",
                                        [SHK_UNDER_APPLICATION] = "under keys of application data"};
    return names[under];
}

/* The keys of a handshake message of TLS 1.3; `later`: both Finished were there. */
static shk_under keys_of_13(shk_message id, bool later)
{
    switch (id) {
    case SHK_MSG_client_hello:
    case SHK_MSG_server_hello:
    case SHK_MSG_hello_retry_request:
        return SHK_UNDER_NONE;
    case SHK_MSG_end_of_early_data:
        return SHK_UNDER_EARLY;
    case SHK_MSG_new_session_ticket:
    case SHK_MSG_key_update:
        return SHK_UNDER_APPLICATION;
    default:
        return later ? SHK_UNDER_APPLICATION : SHK_UNDER_HANDSHAKE;
    }
}

/* Below TLS 1.3: Finished is the first message behind ChangeCipherSpec (RFC 5246 §7.4.9), and in a
 * renegotiation everything is protected by the keys before. */
static shk_under keys_of_12(const shk_item *item)
{
    const bool later = item->handshake > 0 || item->id == SHK_MSG_hello_request;
    return later || item->id == SHK_MSG_finished ? SHK_UNDER_APPLICATION : SHK_UNDER_NONE;
}

/* What may precede a change of keys ends its record (RFC 8446 §5.1). */
static bool must_end_record(shk_message id)
{
    return id == SHK_MSG_client_hello || id == SHK_MSG_server_hello ||
           id == SHK_MSG_end_of_early_data || id == SHK_MSG_finished || id == SHK_MSG_key_update;
}

/* Whether the end has taken what follows in the record too. */
static bool goes_on_in_record(const shk_offer *o, const shk_item *item)
{
    const shk_view *view = &o->end->view;
    const shk_item *next = item + 1;
    while (next < view->items + view->count && next->by_server != item->by_server)
        next++;
    return !item->aligned && next < view->items + view->count && shk_has_taken(o->end, next);
}

static void judge_message(const shk_offer *o, const shk_item *item, bool later)
{
    const bool is_13 = o->first->version >= SHK_TLS13;
    const shk_under due = is_13 ? keys_of_13(item->id, later) : keys_of_12(item);
    const char *verb = item->sent ? "sent" : "took";
    const char *name = shk_message_rows[item->id].name;
    if (item->id == SHK_MSG_hello_request && item->under == SHK_UNDER_NONE)
        return; /* a client ignores one that comes too early (RFC 5246 §7.4.1.1) */
    if (item->across_keys)
        shk_raise(o->c, is_13 ? "RFC 8446 §5.1" : "RFC 5246 §7.1",
                  "the %s %s %s that lies across a change of keys", shk_side_name(o->side), verb,
                  name);
    else if (item->under != due)
        shk_raise(o->c, is_13 ? "RFC 8446 §4" : "RFC 5246 §7.1", "the %s %s %s %s, not %s",
                  shk_side_name(o->side), verb, name, keys_name(item->under), keys_name(due));
    if (is_13 && must_end_record(item->id) && goes_on_in_record(o, item))
        shk_raise(o->c, "RFC 8446 §5.1",
                  "the %s %s %s in one record with what follows a change of keys",
                  shk_side_name(o->side), verb, name);
}

/* A ChangeCipherSpec between the fragments of a message (RFC 5246 §7.1, RFC 8446 §5). */
static void judge_change(const shk_offer *o, const shk_item *item)
{
    if (!item->aligned)
        shk_raise(o->c, "RFC 8446 §5.1", "the %s %s ChangeCipherSpec within a message",
                  shk_side_name(o->side), item->sent ? "sent" : "took");
}

void shk_judge_offered_keys(const shk_offer *o)
{
    const shk_view *view = &o->end->view;
    const shk_first_handshake *f = o->first;
    const size_t taken = shk_taken(o->end);
    bool finished[2] = {false, false};
    if (f->version == 0)
        return;
    for (size_t i = 0; i < view->count; i++) {
        const shk_item *item = &view->items[i];
        if (!item->opened || (!item->sent && i >= taken))
            continue;
        if (item->content == SHK_CHANGE_CIPHER_SPEC)
            judge_change(o, item);
        if (item->content != SHK_HANDSHAKE || item->id == SHK_MSG_COUNT)
            continue;
        judge_message(o, item, finished[0] && finished[1]);
        finished[item->by_server] = finished[item->by_server] || item->id == SHK_MSG_finished;
    }
}
