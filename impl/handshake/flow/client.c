/* The client's hellos, before the version is known (RFC 8446 §4.1, RFC 5246 §7.4.1). */
#include <string.h>

#include "extensions/cookie.h"
#include "extensions/key_share.h"
#include "extensions/pre_shared_key.h"
#include "extensions/supported_versions.h"
#include "handshake/certificates/authentication.h"

/* A ClientHello message but for session id, suites and extensions: header, version, random, null
 * compression and the lengths of all lists (RFC 8446 §4.1.2). */
enum { HELLO_WITHOUT_LISTS = 4 + 2 + 32 + 1 + 2 + 2 + 2 };

/* Suites of the configuration that a version within the range can use; list in wire order. */
static size_t suites_to_offer(const shk_conn *conn, uint8_t *list)
{
    const shk_config *config = conn->config;
    shk_buf grease = shk_buf_over(list, 2);
    shk_grease_u16(conn, SHK_GREASE_SUITE, &grease);
    size_t len = grease.len;
    for (size_t i = 0; i < config->suites.count; i++) {
        const shk_suite_row *row = shk_suite_of(config->suites.values[i]);
        if (!shk_suite_usable(conn, row->value, conn->min_version, conn->max_version))
            continue;
        list[len++] = (uint8_t)(row->value >> 8);
        list[len++] = (uint8_t)row->value;
    }
    if (config->fallback) { /* RFC 7507 §4 */
        list[len++] = (uint8_t)(SHK_TLS_FALLBACK_SCSV >> 8);
        list[len++] = (uint8_t)SHK_TLS_FALLBACK_SCSV;
    }
    return len;
}

/* Whether the ClientHello has a share for the group too. Left to itself it has one, and behind a
 * hybrid one that servers without hybrids take. */
static bool wants_share(const shk_conn *conn, uint16_t group)
{
    const shk_handshake *hs = conn->handshake;
    if (conn->config->key_shares > 0)
        return hs->pair_count < conn->config->key_shares;
    return hs->pair_count == 0 ||
           (hs->pair_count == 1 && shk_group_of(hs->pairs[0].group)->kind == SHK_GROUP_HYBRID &&
            shk_group_of(group)->kind != SHK_GROUP_HYBRID);
}

/* Randoms, session id and key shares of the first ClientHello. */
static shk_status draw(shk_conn *conn)
{
    shk_handshake *hs = conn->handshake;
    const shk_config *config = conn->config;
    conn->random.fill(conn->random.context, conn->client_random, sizeof conn->client_random);
    SHK_TRY(shk_ech_begin(conn));
    bool offers_12 = shk_offers_session_12(conn);
    bool by_id = offers_12 && hs->session.ticket.len == 0;
    if (by_id) {
        hs->session_id_len = (uint8_t)hs->session.session_id.len;
        memcpy(hs->session_id, hs->session.session_id.data, hs->session_id_len);
    } else if (offers_12 ||
               (conn->max_version >= SHK_TLS13 && !config->no_middlebox_compatibility)) {
        hs->session_id_len = sizeof hs->session_id;
        conn->random.fill(conn->random.context, hs->session_id, sizeof hs->session_id);
    }
    for (size_t i = 0; conn->max_version >= SHK_TLS13 && i < config->groups.count; i++)
        if (shk_group_usable(conn, config->groups.values[i], SHK_TLS13, SHK_TLS13) &&
            wants_share(conn, config->groups.values[i]))
            SHK_TRY(shk_add_key_pair(conn, config->groups.values[i]));
    return SHK_OK;
}

shk_status shk_remember_client_hello(shk_conn *conn, shk_span message)
{
    shk_handshake *hs = conn->handshake;
    hs->hello.len = 0;
    if (message.len < 4)
        return SHK_E_CONFIG;
    SHK_TRY(shk_buf_append(&hs->hello, shk_span_of(message.data + 4, message.len - 4)));
    SHK_TRY(shk_decode(shk_message_rows[SHK_MSG_client_hello].layout->shape, NULL,
                       shk_buf_span(&hs->hello), &hs->offered, NULL));
    memcpy(conn->client_random, hs->offered.random.data, 32);
    memcpy(hs->session_id, hs->offered.legacy_session_id.data, hs->offered.legacy_session_id.len);
    hs->session_id_len = (uint8_t)hs->offered.legacy_session_id.len;
    return SHK_OK;
}

/* The extensions; twice where the first time shows that the message is to be padded. */
static shk_status offer(shk_conn *conn, size_t suites, shk_buf *raw)
{
    shk_handshake *hs = conn->handshake;
    hs->padding = 0;
    SHK_TRY(shk_offer_extensions(conn, raw));
    size_t len = HELLO_WITHOUT_LISTS + hs->session_id_len + suites + raw->len;
    if (len >= conn->config->hello_padding || shk_ech_builds_inner(conn))
        return SHK_OK;
    hs->padding = conn->config->hello_padding - len;
    raw->len = 0;
    return shk_offer_extensions(conn, raw);
}

shk_status shk_build_client_hello(shk_conn *conn, shk_buf *flight)
{
    static const uint8_t null_compression[1] = {0};
    shk_handshake *hs = conn->handshake;
    uint8_t suites[2 * SHK_MAX_SUITES + 4];
    size_t suites_len = suites_to_offer(conn, suites);
    shk_buf raw = shk_buf_growing(conn->allocator);
    shk_status status = shk_collect_psks(conn);
    if (status == SHK_OK)
        status = shk_ech_grease_psks(conn);
    if (status == SHK_OK)
        status = offer(conn, suites_len, &raw);
    uint16_t version = conn->max_version;
    shk_client_hello m = {
        .legacy_version = version < SHK_TLS12 ? version : SHK_TLS12,
        .random = shk_span_of(shk_hello_random(conn), 32),
        .legacy_session_id = shk_span_of(hs->session_id, hs->session_id_len),
        .cipher_suites = shk_span_of(suites, suites_len),
        .legacy_compression_methods = shk_span_of(null_compression, 1),
        .extensions = shk_extension_block_of(&raw),
    };
    if (status == SHK_OK)
        status = shk_add_message(conn, SHK_MSG_client_hello, &m, false, flight);
    if (status == SHK_OK)
        status = shk_fill_binders(conn, flight);
    shk_buf_free(&raw);
    return status;
}

shk_status shk_do_send_client_hello(shk_conn *conn, const shk_received *message)
{
    shk_buf flight = shk_buf_growing(conn->allocator);
    bool first = !conn->info.retried;
    (void)message;
    shk_span given = first ? conn->config->client_hello : conn->config->second_client_hello;
    shk_status status = first ? draw(conn) : SHK_OK;
    if (status == SHK_OK)
        status =
            given.len > 0 ? shk_buf_append(&flight, given) : shk_build_client_hello(conn, &flight);
    if (status == SHK_OK)
        status = shk_remember_client_hello(conn, shk_buf_span(&flight));
    if (status == SHK_OK)
        status = shk_transcript_add(&conn->handshake->transcript, shk_buf_span(&flight));
    if (status == SHK_OK && shk_ech_builds_inner(conn))
        status = shk_ech_wrap(conn, &flight);
    if (status == SHK_OK && !first)
        status = shk_send_compatibility(conn);
    if (status == SHK_OK)
        status = shk_send_flight(conn, &flight);
    shk_buf_free(&flight);
    conn->record_version = SHK_TLS12;
    if (status == SHK_OK && given.len > 0)
        status = shk_collect_psks(conn);
    if (status == SHK_OK && shk_offers_early_data(conn) &&
        shk_extension_in(&conn->handshake->offered.extensions, SHK_EXT_early_data))
        status = shk_begin_early_data(conn);
    return status;
}

/* The version a ServerHello selects: supported_versions where it is there, else legacy_version (RFC
 * 8446 §4.2.1). */
static shk_status selected_version(shk_conn *conn, uint16_t legacy,
                                   const shk_extension_block *extensions, uint16_t place,
                                   uint16_t *out)
{
    shk_supported_versions m;
    if (!shk_extension_get(extensions, SHK_EXT_supported_versions, place, &m)) {
        if (legacy == SHK_SSL30)
            return shk_conn_fail_field(conn, "legacy_version", SHK_E_SSL3_VERSION);
        if (legacy > SHK_TLS12 || !shk_version_enabled(conn, legacy))
            return shk_conn_fail_field(conn, "legacy_version", SHK_E_UNSUPPORTED_SERVER_VERSION);
        *out = legacy;
        return SHK_OK;
    }
    if (legacy == SHK_SSL30) /* any other value is ignored (§4.2.1) */
        return shk_conn_fail_field(conn, "legacy_version", SHK_E_SSL3_VERSION);
    if (conn->renegotiating) /* §4.1.3: which has not offered it */
        return shk_conn_fail_field(conn, "selected_version", SHK_E_UNSUPPORTED_SERVER_VERSION);
    if (m.selected_version < SHK_TLS13 || !shk_version_enabled(conn, m.selected_version))
        return shk_conn_fail_field(conn, "selected_version", SHK_E_UNOFFERED_VERSION);
    *out = m.selected_version;
    return SHK_OK;
}

/* Suite and session id of a ServerHello or HelloRetryRequest. */
static shk_status check_suite(shk_conn *conn, uint16_t value, const shk_suite_row **out)
{
    const shk_suite_row *suite = shk_suite_of(value);
    const shk_handshake *hs = conn->handshake;
    if (suite == NULL || !shk_u16_list_has(hs->offered.cipher_suites, value))
        return shk_conn_fail_field(conn, "cipher_suite", SHK_E_UNOFFERED_SUITE);
    if (conn->info.version < suite->min_version || conn->info.version > suite->max_version)
        return shk_conn_fail_field(conn, "cipher_suite", SHK_E_SUITE_VERSION);
    if (hs->retry_suite != NULL && hs->retry_suite != suite)
        return shk_conn_fail_field(conn, "cipher_suite", SHK_E_RETRY_SUITE_CHANGED);
    *out = suite;
    return SHK_OK;
}

static shk_status check_session_id(shk_conn *conn, shk_span echo)
{
    const shk_handshake *hs = conn->handshake;
    if (!shk_span_equal(echo, shk_span_of(hs->session_id, hs->session_id_len)))
        return shk_conn_fail_field(conn, "legacy_session_id_echo", SHK_E_SESSION_ID_ECHO);
    return SHK_OK;
}

/* The last eight bytes of the random of a server that could do better; a client below TLS 1.2 does
 * not know of them (RFC 8446 §4.1.3). */
static shk_status check_downgrade(shk_conn *conn)
{
    const uint8_t *end = conn->server_random + 24;
    uint16_t version = conn->info.version;
    uint16_t best = conn->max_version;
    if (best < SHK_TLS12 || version >= best ||
        memcmp(end, shk_downgrade_mark, sizeof shk_downgrade_mark) != 0)
        return SHK_OK;
    if (end[7] == 0 || (end[7] == 1 && best >= SHK_TLS13))
        return shk_conn_fail_field(conn, "random", SHK_E_DOWNGRADE);
    return SHK_OK;
}

/* A PSK comes with a share or without, as was offered (RFC 8446 §4.2.9). */
static shk_status check_psk_mode(shk_conn *conn, bool has_share, bool has_psk)
{
    shk_psk_mode mode = conn->config->psk_mode;
    bool fits = has_share ? mode != SHK_PSK_KE : mode != SHK_PSK_DHE_KE;
    return !has_psk || fits ? SHK_OK
                            : shk_conn_fail_field(conn, "key_share", SHK_E_UNSUPPORTED_SELECTION);
}

static shk_status take_share(shk_conn *conn, const shk_key_share_entry *share)
{
    shk_handshake *hs = conn->handshake;
    uint16_t group = share->group;
    bool shared = false;
    for (size_t i = 0; i < hs->pair_count; i++)
        shared |= hs->pairs[i].group == group;
    if (!shared || (hs->retry_group != NULL && hs->retry_group->value != group))
        return shk_conn_fail_field(conn, "key_share", SHK_E_KEY_SHARE_UNOFFERED_GROUP);
    if (share->key_exchange.len != shk_group_of(group)->answer) /* §4.2.8.1: with leading zeros */
        return shk_conn_fail_field(conn, "key_exchange", SHK_E_BAD_KEY_SHARE);
    shk_status status = shk_agree(conn, group, share->key_exchange);
    if (status != SHK_OK)
        return shk_conn_fail_field(conn, "key_exchange", status);
    hs->group = shk_group_of(group);
    conn->info.group = group;
    return SHK_OK;
}

static shk_status read_server_hello_13(shk_conn *conn, const shk_server_hello *m)
{
    shk_handshake *hs = conn->handshake;
    shk_key_share share;
    shk_pre_shared_key psk;
    SHK_TRY(check_session_id(conn, m->legacy_session_id_echo));
    if (shk_ech_rejected(conn) && shk_extension_in(&m->extensions, SHK_EXT_pre_shared_key))
        return shk_conn_fail_field(conn, "pre_shared_key", SHK_E_UNSUPPORTED_SELECTION);
    SHK_TRY(shk_accept_extensions(conn, &m->extensions, SHK_IN_SERVER_HELLO_13));
    bool has_share =
        shk_extension_get(&m->extensions, SHK_EXT_key_share, SHK_IN_SERVER_HELLO_13, &share);
    bool has_psk =
        shk_extension_get(&m->extensions, SHK_EXT_pre_shared_key, SHK_IN_SERVER_HELLO_13, &psk);
    if (!has_share && !has_psk)
        return shk_conn_fail_field(conn, "key_share", SHK_E_MISSING_EXTENSION);
    SHK_TRY(check_psk_mode(conn, has_share, has_psk));
    if (has_share)
        SHK_TRY(take_share(conn, &share.server_share));
    if (has_psk)
        SHK_TRY(shk_accept_psk(conn, psk.selected_identity));
    shk_transcript_forget(&hs->transcript);
    return SHK_OK;
}
static shk_status read_server_hello_12(shk_conn *conn, const shk_server_hello *m)
{
    SHK_TRY(shk_accept_extensions(conn, &m->extensions, SHK_IN_SERVER_HELLO_12));
    SHK_TRY(shk_check_renegotiation(conn, &m->extensions));
    SHK_TRY(shk_keep_encrypt_then_mac(conn));
    SHK_TRY(shk_keep_extended_master_secret(conn));
    SHK_TRY(shk_check_resumed_12(conn, m->legacy_session_id_echo));
    if (conn->handshake->resumes_12)
        SHK_TRY(shk_check_type_unused(conn, &m->extensions));
    if (conn->config->require_extended_master_secret && !conn->info.extended_master_secret)
        return shk_conn_fail_field(conn, "extended_master_secret", SHK_E_EMS_REQUIRED);
    return check_downgrade(conn);
}

shk_status shk_do_read_server_hello(shk_conn *conn, const shk_received *message)
{
    const shk_server_hello *m = (const shk_server_hello *)message->body;
    const shk_suite_row *suite;
    uint16_t version = 0;
    memcpy(conn->server_random, m->random.data, 32);
    SHK_TRY(selected_version(conn, m->legacy_version, &m->extensions, SHK_IN_SERVER_HELLO_13,
                             &version));
    if (version < SHK_TLS13 && conn->info.early_data_offered)
        return shk_conn_fail_field(conn, "legacy_version", SHK_E_EARLY_DATA_VERSION);
    if (conn->info.retried && version != conn->info.version)
        return shk_conn_fail_field(conn, "selected_version", SHK_E_RETRY_VERSION_CHANGED);
    conn->info.version = version;
    conn->record_version = version < SHK_TLS12 ? version : SHK_TLS12;
    SHK_TRY(check_suite(conn, m->cipher_suite, &suite));
    shk_set_suite(conn, suite);
    SHK_TRY(shk_ech_judge_server_hello(conn, message->raw));
    SHK_TRY(shk_transcript_choose(&conn->handshake->transcript, shk_prf_hash(conn)));
    return version >= SHK_TLS13 ? read_server_hello_13(conn, m) : read_server_hello_12(conn, m);
}

/* The group a HelloRetryRequest asks for: offered, and not shared yet (RFC 8446 §4.2.8). */
static shk_status read_retry_group(shk_conn *conn, uint16_t group)
{
    shk_handshake *hs = conn->handshake;
    bool shared = false;
    for (size_t i = 0; i < hs->pair_count; i++)
        shared |= hs->pairs[i].group == group;
    if (shared || !shk_u16s_have(&conn->config->groups, group) ||
        !shk_group_usable(conn, group, SHK_TLS13, SHK_TLS13))
        return shk_conn_fail_field(conn, "selected_group", SHK_E_RETRY_GROUP);
    hs->retry_group = shk_group_of(group);
    return shk_add_key_pair(conn, group);
}

shk_status shk_do_read_hello_retry_request(shk_conn *conn, const shk_received *message)
{
    const shk_hello_retry_request *m = (const shk_hello_retry_request *)message->body;
    shk_handshake *hs = conn->handshake;
    shk_key_share share;
    shk_cookie cookie;
    if (!shk_extension_in(&m->extensions, SHK_EXT_supported_versions))
        return shk_conn_fail_field(conn, "supported_versions", SHK_E_MISSING_EXTENSION);
    SHK_TRY(selected_version(conn, m->legacy_version, &m->extensions, SHK_IN_HELLO_RETRY_REQUEST,
                             &conn->info.version));
    SHK_TRY(check_session_id(conn, m->legacy_session_id_echo));
    SHK_TRY(check_suite(conn, m->cipher_suite, &hs->retry_suite));
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
        SHK_TRY(shk_buf_append(&hs->cookie, cookie.cookie));
    if (conn->info.early_data_offered)
        shk_abandon_early_data(conn);
    conn->info.retried = true;
    SHK_TRY(shk_transcript_choose(&hs->transcript, hs->retry_suite->hash));
    SHK_TRY(shk_transcript_restart(&hs->transcript));
    return shk_ech_judge_retry(conn, message->raw, &m->extensions);
}
