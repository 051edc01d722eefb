/* HelloRetryRequest, sent and read, and the second ClientHello: what it may change (RFC 8446
 * §4.1.2, §4.1.4, §4.2.2), and what is tolerated. */
#include "extensions/cookie.h"
#include "extensions/key_share.h"
#include "handshake/flow/client.h"
#include "handshake/flow/flow_table.h"
#include "handshake/flow/server_13.h"
#include "handshake/hello/ech_client.h"
#include "handshake/hello/ech_server.h"
#include "handshake/hello/hello_extensions.h"
#include "handshake/sessions/early_data_13.h"
#include "handshake/sessions/psk_13.h"
#include "handshake/state/key_exchange.h"
#include "handshake/state/negotiated.h"
#include "handshake/state/send.h"
#include "messages/hello_retry_request.h"
#include "shakedown/errors.h"
#include "wire/u16_list.h"

enum { COOKIE = 32, MAX_REORDERED = 64 };

/* Extensions that a second ClientHello may change (RFC 8446 §4.1.2); encrypted_client_hello is
 * compared apart. */
static bool may_change(uint16_t type)
{
    shk_extension id = shk_extension_identify(type);
    return id == SHK_EXT_key_share || id == SHK_EXT_cookie || id == SHK_EXT_early_data ||
           id == SHK_EXT_pre_shared_key || id == SHK_EXT_padding ||
           id == SHK_EXT_encrypted_client_hello;
}

/* The next extension that may not change. */
static bool next_fixed(shk_span *raw, shk_raw_extension *out)
{
    while (shk_extension_next(raw, out))
        if (!may_change(out->extension_type))
            return true;
    return false;
}

static bool same_extension(const shk_raw_extension *a, const shk_raw_extension *b)
{
    return a->extension_type == b->extension_type &&
           shk_span_equal(a->extension_data, b->extension_data);
}

/* Of two that hold the same extensions. */
static bool same_order(shk_span a, shk_span b)
{
    shk_raw_extension ea, eb;
    while (next_fixed(&a, &ea) && next_fixed(&b, &eb))
        if (!same_extension(&ea, &eb))
            return false;
    return true;
}

/* Whether both hold the same extensions. Those of no row here count too, hence the bound on the
 * work: no stack sends as many. */
static bool same_set(shk_span a, shk_span b)
{
    shk_raw_extension first[MAX_REORDERED], other;
    size_t count = 0, found = 0;
    for (; next_fixed(&a, &other); count++) {
        if (count == MAX_REORDERED)
            return false;
        first[count] = other;
    }
    while (next_fixed(&b, &other)) { /* no type is there twice */
        size_t i = 0;
        while (i < count && !same_extension(&first[i], &other))
            i++;
        if (i == count)
            return false;
        found++;
    }
    return found == count;
}

static bool same_fields(const shk_client_hello *a, const shk_client_hello *b)
{
    return a->legacy_version == b->legacy_version && shk_span_equal(a->random, b->random) &&
           shk_span_equal(a->legacy_session_id, b->legacy_session_id) &&
           shk_span_equal(a->cipher_suites, b->cipher_suites) &&
           shk_span_equal(a->legacy_compression_methods, b->legacy_compression_methods);
}

/* All zero where there is none. */
static shk_raw_extension find_ech(const shk_client_hello *m)
{
    shk_raw_extension e;
    for (shk_span rest = m->extensions.raw; shk_extension_next(&rest, &e);)
        if (shk_extension_identify(e.extension_type) == SHK_EXT_encrypted_client_hello)
            return e;
    return (shk_raw_extension){0, {NULL, 0}};
}

/* An encrypted_client_hello that was accepted has been checked already: it is compared inside. */
static shk_status check_same_ech(shk_conn *conn, const shk_client_hello *a,
                                 const shk_client_hello *b)
{
    shk_raw_extension first = find_ech(a), second = find_ech(b);
    if (same_extension(&first, &second))
        return SHK_OK;
    return shk_conn_deviation(conn, "encrypted_client_hello", SHK_DEVIATION_SECOND_HELLO_ECH);
}

static shk_status check_same_hello(shk_conn *conn, const shk_client_hello *a,
                                   const shk_client_hello *b)
{
    if (!same_fields(a, b) || !same_set(a->extensions.raw, b->extensions.raw))
        return shk_conn_fail_field(conn, NULL, SHK_E_SECOND_HELLO_CHANGED);
    if (!same_order(a->extensions.raw, b->extensions.raw))
        SHK_TRY(shk_conn_deviation(conn, "extensions", SHK_DEVIATION_SECOND_HELLO_ORDER));
    return check_same_ech(conn, a, b);
}

static shk_status check_cookie(shk_conn *conn, const shk_client_hello *m)
{
    const shk_buf *sent = &conn->handshake->retry.cookie;
    shk_cookie cookie;
    bool has = shk_extension_get(&m->extensions, SHK_EXT_cookie, SHK_IN_CLIENT_HELLO, &cookie);
    if (has != (sent->len > 0) || (has && !shk_span_equal(cookie.cookie, shk_buf_span(sent))))
        return shk_conn_fail_field(conn, "cookie", SHK_E_COOKIE_MISMATCH);
    return SHK_OK;
}

/* No share was asked for: the first hello's stand. A client that draws new ones has one for the
 * group that was chosen. */
static shk_status check_same_shares(shk_conn *conn, shk_span first, shk_span second)
{
    shk_handshake *hs = conn->handshake;
    if (shk_span_equal(first, second))
        return SHK_OK;
    shk_span share = {NULL, 0};
    shk_key_share_entry entry;
    for (shk_span a = first, b = second;
         shk_list_next(&a, NULL, shk_key_share_entry_shape, &entry);) {
        uint16_t group = entry.group;
        if (!shk_list_next(&b, NULL, shk_key_share_entry_shape, &entry) || entry.group != group)
            return shk_conn_fail_field(conn, "client_shares", SHK_E_SECOND_HELLO_CHANGED);
        if (hs->exchange.group != NULL && group == hs->exchange.group->value)
            share = entry.key_exchange;
        second = b;
    }
    if (second.len != 0)
        return shk_conn_fail_field(conn, "client_shares", SHK_E_SECOND_HELLO_CHANGED);
    SHK_TRY(shk_conn_deviation(conn, "client_shares", SHK_DEVIATION_SECOND_HELLO_NEW_SHARES));
    hs->exchange.peer_share.len = 0;
    return shk_buf_append(&hs->exchange.peer_share, share);
}

/* The one share for the group that was asked for; without such a question the first hello's share
 * stands. */
static shk_status take_second_share(shk_conn *conn, const shk_client_hello *m)
{
    shk_handshake *hs = conn->handshake;
    shk_key_share first;
    shk_key_share second;
    shk_key_share_entry entry;
    bool had =
        shk_extension_get(&hs->offered.extensions, SHK_EXT_key_share, SHK_IN_CLIENT_HELLO, &first);
    bool has = shk_extension_get(&m->extensions, SHK_EXT_key_share, SHK_IN_CLIENT_HELLO, &second);
    if (shk_extension_in(&m->extensions, SHK_EXT_early_data))
        return shk_conn_fail_field(conn, "early_data", SHK_E_SECOND_HELLO_CHANGED);
    if (had != has)
        return shk_conn_fail_field(conn, "key_share", SHK_E_SECOND_HELLO_CHANGED);
    if (hs->retry.group == NULL)
        return check_same_shares(conn, first.client_shares, second.client_shares);
    shk_span list = second.client_shares;
    if (!shk_list_next(&list, NULL, shk_key_share_entry_shape, &entry) || list.len != 0 ||
        entry.group != hs->retry.group->value)
        return shk_conn_fail_field(conn, "client_shares", SHK_E_SECOND_HELLO_SHARE);
    hs->exchange.group = hs->retry.group;
    hs->exchange.peer_share.len = 0;
    return shk_buf_append(&hs->exchange.peer_share, entry.key_exchange);
}

static shk_status check_second_hello(shk_conn *conn, const shk_client_hello *m)
{
    const shk_client_hello *first = &conn->handshake->offered;
    if (!shk_extension_in(&first->extensions, SHK_EXT_pre_shared_key) &&
        shk_extension_in(&m->extensions, SHK_EXT_pre_shared_key))
        return shk_conn_fail_field(conn, "pre_shared_key", SHK_E_SECOND_HELLO_CHANGED);
    SHK_TRY(check_same_hello(conn, first, m));
    SHK_TRY(check_cookie(conn, m));
    return take_second_share(conn, m);
}

/* The group a HelloRetryRequest asks for: offered, and not shared yet (RFC 8446 §4.2.8). */
static shk_status read_retry_group(shk_conn *conn, uint16_t group)
{
    shk_handshake *hs = conn->handshake;
    bool shared = false;
    for (size_t i = 0; i < hs->exchange.pair_count; i++)
        shared |= hs->exchange.pairs[i].group == group;
    if (shared || !shk_u16s_have(&conn->config->groups, group) ||
        !shk_group_usable(conn, group, SHK_TLS13, SHK_TLS13))
        return shk_conn_fail_field(conn, "selected_group", SHK_E_RETRY_GROUP);
    hs->retry.group = shk_group_of(group);
    return shk_add_key_pair(conn, group);
}

shk_status shk_do_read_hello_retry_request(shk_conn *conn, const shk_received *message)
{
    const shk_hello_retry_request *m = SHK_MESSAGE_BODY(message, hello_retry_request);
    shk_handshake *hs = conn->handshake;
    shk_key_share share;
    shk_cookie cookie;
    if (!shk_extension_in(&m->extensions, SHK_EXT_supported_versions))
        return shk_conn_fail_field(conn, "supported_versions", SHK_E_MISSING_EXTENSION);
    SHK_TRY(shk_read_selected_version(conn, m->legacy_version, &m->extensions,
                                      SHK_IN_HELLO_RETRY_REQUEST, &conn->version));
    SHK_TRY(shk_check_session_id_echo(conn, m->legacy_session_id_echo));
    SHK_TRY(shk_check_selected_suite(conn, m->cipher_suite, &hs->retry.suite));
    SHK_TRY(shk_accept_extensions(conn, &m->extensions, SHK_IN_HELLO_RETRY_REQUEST));
    bool has_group =
        shk_extension_get(&m->extensions, SHK_EXT_key_share, SHK_IN_HELLO_RETRY_REQUEST, &share);
    bool has_cookie =
        shk_extension_get(&m->extensions, SHK_EXT_cookie, SHK_IN_HELLO_RETRY_REQUEST, &cookie);
    if (!has_group && !has_cookie)
        return shk_conn_fail_field(conn, "extensions", SHK_E_USELESS_RETRY);
    if (has_group)
        SHK_TRY(read_retry_group(conn, share.selected_group));
    if (has_cookie)
        SHK_TRY(shk_buf_append(&hs->retry.cookie, cookie.cookie));
    if (conn->negotiated.early_data_offered)
        shk_abandon_early_data(conn);
    conn->negotiated.retried = true;
    SHK_TRY(shk_transcript_choose(&hs->transcript, hs->retry.suite->hash));
    SHK_TRY(shk_transcript_restart(&hs->transcript));
    return shk_ech_check_retry(conn, message, &m->extensions);
}

static shk_status add_cookie(shk_conn *conn, shk_buf *raw)
{
    shk_buf *cookie = &conn->handshake->retry.cookie;
    SHK_TRY(shk_buf_reserve(cookie, COOKIE));
    conn->random.fill(conn->random.context, cookie->data, COOKIE);
    cookie->len = COOKIE;
    shk_cookie m = {shk_buf_span(cookie)};
    return shk_extension_add(raw, SHK_EXT_cookie, SHK_IN_HELLO_RETRY_REQUEST, &m);
}

static shk_status add_hello_retry_request(shk_conn *conn, shk_flight *flight)
{
    SHK_TRY(shk_transcript_restart(&conn->handshake->transcript));
    if (conn->config->request_cookie)
        SHK_TRY(add_cookie(conn, &flight->extensions));
    return shk_add_hello_13(conn, SHK_MSG_hello_retry_request, SHK_IN_HELLO_RETRY_REQUEST,
                            shk_retry_random, flight);
}

shk_status shk_do_send_hello_retry_request(shk_conn *conn)
{
    shk_flight flight = shk_flight_begin(conn);
    shk_flight_add(&flight, add_hello_retry_request);
    shk_status status = shk_flight_send(&flight);
    conn->negotiated.retried = true;
    SHK_TRY(status);
    return shk_send_compatibility(conn);
}

shk_status shk_do_read_second_client_hello(shk_conn *conn, const shk_received *message)
{
    SHK_TRY(shk_ech_open_second(conn, &message));
    SHK_TRY(shk_transcript_add(&conn->handshake->transcript, message->raw));
    const shk_client_hello *m = SHK_MESSAGE_BODY(message, client_hello);
    conn->early_data_skip_left = 0;
    SHK_TRY(check_second_hello(conn, m));
    SHK_TRY(shk_find_psk(conn, m, conn->suite->hash));
    return shk_choose_authentication_13(conn);
}
