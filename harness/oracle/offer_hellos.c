/* What the server's hellos select was offered (oracle/offer.h). */
#include <string.h>

#include "oracle/cursor.h"
#include "oracle/offer.h"

enum { PSK_KE = 0, PSK_DHE_KE = 1, AFTER_SESSION_ID = 2 + 32 + 1 };

static const char *suite_name(uint16_t suite)
{
    const char *name = shk_suite_name(suite);
    return name != NULL ? name : "unknown";
}

static const char *group_name(uint16_t group)
{
    const char *name = shk_group_name(group);
    return name != NULL ? name : "unknown";
}

/* Whether the ClientHello has a share of the group. */
static bool has_share(const shk_hello *hello, uint16_t group)
{
    shk_cursor body = shk_cursor_over(shk_extension_of(hello->extensions, SHK_EXT_key_share));
    shk_cursor shares = shk_cursor_over(shk_cursor_vector(&body, 2));
    while (shares.rest.len > 0 && !shares.failed) {
        const uint32_t of = shk_cursor_number(&shares, 2);
        (void)shk_cursor_vector(&shares, 2);
        if (!shares.failed && of == group)
            return true;
    }
    return false;
}

static bool offers_mode(const shk_hello *hello, uint8_t mode)
{
    shk_cursor body =
        shk_cursor_over(shk_extension_of(hello->extensions, SHK_EXT_psk_key_exchange_modes));
    const shk_span modes = shk_cursor_vector(&body, 1);
    return modes.len > 0 && memchr(modes.data, mode, modes.len) != NULL;
}

static size_t count_identities(const shk_hello *hello)
{
    shk_cursor body = shk_cursor_over(shk_extension_of(hello->extensions, SHK_EXT_pre_shared_key));
    shk_cursor identities = shk_cursor_over(shk_cursor_vector(&body, 2));
    size_t count = 0;
    while (identities.rest.len > 0 && !identities.failed) {
        (void)shk_cursor_vector(&identities, 2);
        (void)shk_cursor_number(&identities, 4);
        count += identities.failed ? 0 : 1;
    }
    return count;
}

/* RFC 8446 §4.2.1; below, legacy_version is the highest that is offered (RFC 5246 §7.4.1.3). */
static bool offers_version(const shk_hello *hello, uint16_t version)
{
    const shk_span list = shk_extension_of(hello->extensions, SHK_EXT_supported_versions);
    if (list.data != NULL)
        return shk_offer_lists(list, 1, version);
    return version <= hello->legacy_version && version < SHK_TLS13;
}

static void judge_version(const shk_offer *o)
{
    const shk_first_handshake *f = o->first;
    const shk_span selected = shk_extension_of(f->server.extensions, SHK_EXT_supported_versions);
    if (!offers_version(o->hello, f->version))
        shk_raise(o->c, "RFC 8446 §4.1.3", "%s the version 0x%04x, which was not offered",
                  shk_offer_answered(o), f->version);
    if (selected.data != NULL && f->version < SHK_TLS13)
        shk_raise(o->c, "RFC 8446 §4.2.1", "%s supported_versions of 0x%04x", shk_offer_answered(o),
                  f->version);
    if (selected.data != NULL && o->side == 1 && f->server.legacy_version != SHK_TLS12)
        shk_raise(o->c, "RFC 8446 §4.1.3", "the server sent the legacy_version 0x%04x",
                  f->server.legacy_version); /* which a client ignores (§4.2.1) */
}

static void judge_suite(const shk_offer *o, const shk_hello *answer, uint16_t version)
{
    const shk_suite_row *row = shk_suite_of(answer->suite);
    if (!shk_u16_list_has(o->hello->suites, answer->suite))
        shk_raise(o->c, "RFC 8446 §4.1.3", "%s the suite 0x%04x (%s), which was not offered",
                  shk_offer_answered(o), answer->suite, suite_name(answer->suite));
    else if (row == NULL || version < row->min_version || version > row->max_version)
        shk_raise(o->c, "RFC 8446 §4.1.3", "%s the suite 0x%04x (%s) in version 0x%04x",
                  shk_offer_answered(o), answer->suite, suite_name(answer->suite), version);
}

/* legacy_compression_method is 0, and in TLS 1.3 the session id comes back (RFC 8446 §4.1.3). */
static void judge_legacy_fields(const shk_offer *o, const shk_item *item, const shk_hello *answer,
                                bool is_13)
{
    const shk_span body = shk_item_body(item);
    const size_t at = AFTER_SESSION_ID + answer->session_id.len + 2;
    if (at < body.len && body.data[at] != 0)
        shk_raise(o->c, "RFC 8446 §4.1.3", "%s the compression method %u, which was not offered",
                  shk_offer_answered(o), body.data[at]);
    if (is_13 && !shk_span_equal(answer->session_id, o->hello->session_id))
        shk_raise(o->c, "RFC 8446 §4.1.3", "%s a session id that is not the ClientHello's",
                  shk_offer_answered(o));
}

static void judge_psk(const shk_offer *o, shk_span selected, bool with_share)
{
    shk_cursor body = shk_cursor_over(selected);
    const uint32_t index = shk_cursor_number(&body, 2);
    if (index >= count_identities(o->hello))
        shk_raise(o->c, "RFC 8446 §4.2.11", "%s the PSK %u, of %zu that were offered",
                  shk_offer_answered(o), index, count_identities(o->hello));
    if (!offers_mode(o->hello, with_share ? PSK_DHE_KE : PSK_KE))
        shk_raise(o->c, "RFC 8446 §4.2.9", "%s a PSK %s key_share, a mode that was not offered",
                  shk_offer_answered(o), with_share ? "with" : "without");
}

static void judge_exchange(const shk_offer *o)
{
    const shk_first_handshake *f = o->first;
    const shk_span psk = shk_extension_of(f->server.extensions, SHK_EXT_pre_shared_key);
    const shk_span share = shk_extension_of(f->server.extensions, SHK_EXT_key_share);
    shk_cursor body = shk_cursor_over(share);
    const uint16_t group = (uint16_t)shk_cursor_number(&body, 2);
    if (psk.data != NULL)
        judge_psk(o, psk, share.data != NULL);
    if (share.data == NULL && psk.data == NULL)
        shk_raise(o->c, "RFC 8446 §4.1.3", "%s a ServerHello with neither key_share nor a PSK",
                  shk_offer_answered(o));
    if (share.data != NULL && !has_share(o->hello, group))
        shk_raise(o->c, "RFC 8446 §4.2.8", "%s the group 0x%04x (%s), of which no share was sent",
                  shk_offer_answered(o), group, group_name(group));
    if (f->retry == NULL)
        return;
    shk_cursor asked = shk_cursor_over(shk_extension_of(f->retried.extensions, SHK_EXT_key_share));
    const uint16_t asked_for = (uint16_t)shk_cursor_number(&asked, 2);
    if (!asked.failed && share.data != NULL && group != asked_for)
        shk_raise(o->c, "RFC 8446 §4.2.8", "%s the group %s after a HelloRetryRequest for %s",
                  shk_offer_answered(o), group_name(group), group_name(asked_for));
    if (f->server.suite != f->retried.suite)
        shk_raise(o->c, "RFC 8446 §4.1.4", "%s the suite %s after a HelloRetryRequest with %s",
                  shk_offer_answered(o), suite_name(f->server.suite), suite_name(f->retried.suite));
}

/* A HelloRetryRequest answers the first ClientHello. */
static void judge_retry(const shk_offer *o)
{
    const shk_first_handshake *f = o->first;
    const shk_hello *hello = &f->client[0];
    const shk_offer first = {o->c, o->end, o->side, f, hello};
    const shk_span asked = shk_extension_of(f->retried.extensions, SHK_EXT_key_share);
    shk_cursor body = shk_cursor_over(asked);
    const uint16_t group = (uint16_t)shk_cursor_number(&body, 2);
    if (f->client_hellos[0] == NULL)
        return;
    if (!shk_u16_list_has(hello->suites, f->retried.suite))
        shk_raise(o->c, "RFC 8446 §4.1.4",
                  "%s a HelloRetryRequest with the suite 0x%04x (%s), which was not offered",
                  shk_offer_answered(o), f->retried.suite, suite_name(f->retried.suite));
    judge_legacy_fields(&first, f->retry, &f->retried, true);
    if (shk_hello_version(&f->retried) < SHK_TLS13 ||
        !offers_version(hello, shk_hello_version(&f->retried)))
        shk_raise(o->c, "RFC 8446 §4.1.4", "%s a HelloRetryRequest of version 0x%04x",
                  shk_offer_answered(o), shk_hello_version(&f->retried));
    if (asked.data == NULL && !shk_has_extension(f->retried.extensions, SHK_EXT_cookie))
        shk_raise(o->c, "RFC 8446 §4.1.4", "%s a HelloRetryRequest that changes nothing",
                  shk_offer_answered(o));
    if (asked.data == NULL)
        return;
    if (!shk_offer_lists(shk_extension_of(hello->extensions, SHK_EXT_supported_groups), 2, group))
        shk_raise(o->c, "RFC 8446 §4.2.8",
                  "%s a HelloRetryRequest for the group 0x%04x (%s), which was not offered",
                  shk_offer_answered(o), group, group_name(group));
    if (has_share(hello, group))
        shk_raise(o->c, "RFC 8446 §4.2.8",
                  "%s a HelloRetryRequest for the group %s, of which a share was sent",
                  shk_offer_answered(o), group_name(group));
}

/* A client's second ClientHello is the first but for what was asked for (RFC 8446 §4.1.2, §4.2.2).
 * No clause bids the server refuse another. */
static void judge_second_hello(const shk_offer *o)
{
    const shk_hello *first = &o->first->client[0];
    const shk_hello *second = &o->first->client[1];
    const shk_span cookie = shk_extension_of(o->first->retried.extensions, SHK_EXT_cookie);
    if (!shk_span_equal(first->random, second->random) ||
        !shk_span_equal(first->session_id, second->session_id) ||
        !shk_span_equal(first->suites, second->suites))
        shk_raise(o->c, "RFC 8446 §4.1.2",
                  "the client sent a second ClientHello with another random, session id or suites");
    if (cookie.data != NULL &&
        !shk_span_equal(cookie, shk_extension_of(second->extensions, SHK_EXT_cookie)))
        shk_raise(o->c, "RFC 8446 §4.2.2",
                  "the client sent a second ClientHello without the cookie");
    if (shk_has_extension(second->extensions, SHK_EXT_early_data))
        shk_raise(o->c, "RFC 8446 §4.1.2", "the client sent a second ClientHello with early_data");
}

void shk_judge_offered_hellos(const shk_offer *o)
{
    const shk_first_handshake *f = o->first;
    if (shk_offer_has(o, f->retry))
        judge_retry(o);
    if (f->retry != NULL && o->side == 0 && f->client_hellos[1] != NULL)
        judge_second_hello(o);
    if (!shk_offer_has(o, f->server_hello))
        return;
    const bool is_13 = f->version >= SHK_TLS13;
    judge_version(o);
    judge_suite(o, &f->server, f->version);
    judge_legacy_fields(o, f->server_hello, &f->server, is_13);
    if (is_13)
        judge_exchange(o);
}
