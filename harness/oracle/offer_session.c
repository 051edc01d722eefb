/* A resumed session is what it was when it was made (oracle/offer.h). */
#include "oracle/cursor.h"
#include "oracle/offer.h"

/* host_name of a ClientHello; empty: none (RFC 6066 §3). */
static shk_span name_of(const shk_hello *hello)
{
    shk_cursor body = shk_cursor_over(shk_extension_of(hello->extensions, SHK_EXT_server_name));
    shk_cursor list = shk_cursor_over(shk_cursor_vector(&body, 2));
    (void)shk_cursor_number(&list, 1);
    return shk_cursor_vector(&list, 2);
}

static bool is_resumed(const shk_offer *o)
{
    const shk_first_handshake *f = o->first;
    if (shk_tells_of_first(o->end))
        return o->end->connected && o->end->result.resumed;
    if (f->version >= SHK_TLS13)
        return shk_offer_has(o, f->server_hello) &&
               shk_has_extension(f->server.extensions, SHK_EXT_pre_shared_key);
    return f->suite != NULL && shk_suite_certified(f->suite) && f->certificates[1] == NULL &&
           f->finished[1] != NULL;
}

static void judge_parameters(const shk_offer *o, const shk_first_handshake *before)
{
    const shk_first_handshake *now = o->first;
    const bool is_13 = now->version >= SHK_TLS13;
    const char *side = shk_side_name(o->side);
    if (now->version != before->version)
        shk_raise(o->c, is_13 ? "RFC 8446 §4.2.11" : "RFC 5246 §7.4.1.3",
                  "the %s resumed a session of version 0x%04x in version 0x%04x", side,
                  before->version, now->version);
    if (now->suite == NULL || before->suite == NULL)
        return;
    if (is_13 ? now->suite->hash != before->suite->hash : now->suite != before->suite)
        shk_raise(o->c, is_13 ? "RFC 8446 §4.2.11" : "RFC 5246 §7.4.1.3",
                  "the %s resumed a session of %s with %s", side, before->suite->name,
                  now->suite->name);
    if (!is_13 && shk_has_extension(now->server.extensions, SHK_EXT_extended_master_secret) !=
                      shk_has_extension(before->server.extensions, SHK_EXT_extended_master_secret))
        shk_raise(o->c, "RFC 7627 §5.3",
                  "the %s resumed a session with another extended_master_secret", side);
}

/* A client resumes under the name that the session is of (RFC 8446 §4.6.1), and a server below
 * TLS 1.3 under no other (RFC 6066 §3). In TLS 1.3 a session of the server is of no name (RFC 8446
 * §4.2.11). */
static void judge_name(const shk_offer *o, const shk_first_handshake *before)
{
    const shk_hello *old = shk_last_client_hello(before);
    const bool is_13 = o->first->version >= SHK_TLS13;
    if (old == NULL || shk_is_encrypted_hello(o->c->seen) || (is_13 && o->side == 1))
        return;
    const shk_span was = name_of(old);
    const shk_span is = name_of(o->hello);
    if (!shk_span_equal(was, is))
        shk_raise(o->c, o->side == 0 ? "RFC 8446 §4.6.1" : "RFC 6066 §3",
                  "the %s resumed a session of '%.*s' as '%.*s'", shk_side_name(o->side),
                  (int)(was.len < 80 ? was.len : 80),
                  was.data != NULL ? (const char *)was.data : "", (int)(is.len < 80 ? is.len : 80),
                  is.data != NULL ? (const char *)is.data : "");
}

static void judge_verification(const shk_offer *o, const shk_observed *before)
{
    const shk_endpoint_result *now = &o->end->result;
    if (before->who.kind == NULL || o->end->who.kind == NULL)
        return;
    if (now->peer_verified && !before->result.peer_verified)
        shk_raise(o->c, "RFC 8446 §2.2",
                  "the %s reports its peer as verified, in a session that has verified nobody",
                  shk_side_name(o->side));
    if (now->client_authenticated && !before->result.client_authenticated &&
        now->later_authentications == 0)
        shk_raise(o->c, "RFC 8446 §2.2",
                  "the server reports the client as authenticated, by a session without it");
}

/* Early data go under the version, suite and protocol of the session (RFC 8446 §4.2.10). */
static void judge_early_data(const shk_offer *o, const shk_observed *before)
{
    const shk_first_handshake *f = o->first;
    if (f->version < SHK_TLS13 || f->encrypted_extensions == NULL)
        return;
    shk_cursor body = shk_cursor_over(shk_item_body(f->encrypted_extensions));
    const shk_span now = shk_cursor_vector(&body, 2);
    const shk_item *old = before->view.first.encrypted_extensions;
    if (!shk_has_extension(now, SHK_EXT_early_data) || old == NULL)
        return;
    shk_cursor old_body = shk_cursor_over(shk_item_body(old));
    const shk_span was = shk_cursor_vector(&old_body, 2);
    const shk_extension alpn = SHK_EXT_application_layer_protocol_negotiation;
    if (f->suite != before->view.first.suite ||
        !shk_span_equal(shk_extension_of(now, alpn), shk_extension_of(was, alpn)))
        shk_raise(o->c, "RFC 8446 §4.2.10",
                  "the %s let early data go under another suite or protocol than the session's",
                  shk_side_name(o->side));
}

void shk_judge_offered_session(const shk_offer *o)
{
    const shk_observation *first = o->c->seen->first;
    if (!is_resumed(o))
        return;
    if (first == NULL) {
        shk_unseen(o->c, "the connection that the session is of was not observed");
        return;
    }
    const shk_observed *before = &first->ends[o->side];
    judge_parameters(o, &before->view.first);
    judge_name(o, &before->view.first);
    judge_verification(o, before);
    judge_early_data(o, before);
}
