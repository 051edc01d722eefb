/* The client's hellos, before the version is known (RFC 8446 §4.1, RFC 5246 §7.4.1). */
#include "handshake/flow/client.h"

#include <string.h>

#include "extensions/key_share.h"
#include "extensions/pre_shared_key.h"
#include "extensions/supported_versions.h"
#include "handshake/flow/flow_table.h"
#include "handshake/hello/client_hello_builder.h"
#include "handshake/hello/ech_client.h"
#include "handshake/hello/hello_certificates.h"
#include "handshake/hello/hello_extensions.h"
#include "handshake/hello/hello_renegotiation.h"
#include "handshake/sessions/early_data_13.h"
#include "handshake/sessions/psk_13.h"
#include "handshake/sessions/resume_12.h"
#include "handshake/state/deviating.h"
#include "handshake/state/key_exchange.h"
#include "handshake/state/negotiated.h"
#include "handshake/state/send.h"
#include "messages/server_hello.h"
#include "shakedown/errors.h"
#include "shakedown/session.h"

/* Whether the ClientHello has a share for the group too. Left to itself it has one, and behind a
 * hybrid one that servers without hybrids take. */
static bool should_share(const shk_conn *conn, uint16_t group)
{
    const shk_handshake *hs = conn->handshake;
    if (conn->config->key_shares > 0)
        return hs->exchange.pair_count < conn->config->key_shares;
    return hs->exchange.pair_count == 0 ||
           (hs->exchange.pair_count == 1 &&
            shk_group_of(hs->exchange.pairs[0].group)->kind == SHK_GROUP_HYBRID &&
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
            should_share(conn, config->groups.values[i]))
            SHK_TRY(shk_add_key_pair(conn, config->groups.values[i]));
    return SHK_OK;
}

/* The whole message that the configuration gives in place of ours; empty if there is none. */
static shk_span given_client_hello(const shk_conn *conn)
{
    return conn->negotiated.retried ? conn->config->second_client_hello
                                    : conn->config->client_hello;
}

static shk_status store(shk_conn *conn, shk_span hello)
{
    SHK_TRY(shk_store_client_hello(conn, hello));
    return shk_transcript_add(&conn->handshake->transcript, hello);
}

/* What goes out may be no ClientHello any more: then what it was made of counts as offered. */
static shk_status store_deviating(shk_conn *conn, shk_flight *flight)
{
    shk_buf hashed = shk_buf_growing(conn->allocator);
    shk_status status = shk_store_client_hello(conn, shk_buf_span(&flight->messages));
    if (status == SHK_OK)
        status = shk_deviate_client_hello(flight, &hashed);
    if (status == SHK_OK && shk_is_client_hello(shk_buf_span(&hashed)))
        status = shk_store_client_hello(conn, shk_buf_span(&hashed));
    if (status == SHK_OK)
        status = shk_transcript_add(&conn->handshake->transcript, shk_buf_span(&hashed));
    shk_buf_free(&hashed);
    return status;
}

/* With ECH, the transcript has the inner ClientHello, and what goes out is the outer one. */
static shk_status add_client_hello(shk_conn *conn, shk_flight *flight)
{
    shk_span given = given_client_hello(conn);
    if (!conn->negotiated.retried)
        SHK_TRY(draw(conn));
    SHK_TRY(given.len > 0 ? shk_buf_append(&flight->messages, given)
                          : shk_build_client_hello(conn, flight));
    if (conn->negotiated.retried)
        SHK_TRY(shk_send_compatibility(conn));
    SHK_TRY(shk_deviating(conn) != NULL ? store_deviating(conn, flight)
                                        : store(conn, shk_buf_span(&flight->messages)));
    return shk_ech_builds_inner(conn) ? shk_ech_build_outer(conn, flight) : SHK_OK;
}

shk_status shk_do_send_client_hello(shk_conn *conn)
{
    shk_flight flight = shk_flight_begin(conn);
    shk_flight_add(&flight, add_client_hello);
    shk_status status = shk_flight_send(&flight);
    conn->record_version = SHK_TLS12;
    SHK_TRY(status);
    if (given_client_hello(conn).len > 0)
        SHK_TRY(shk_collect_psks(conn));
    return shk_offers_early_data(conn) &&
                   shk_extension_in(&conn->handshake->offered.extensions, SHK_EXT_early_data)
               ? shk_begin_early_data(conn)
               : SHK_OK;
}

/* The version a ServerHello selects: supported_versions where it is there, else legacy_version (RFC
 * 8446 §4.2.1). */
shk_status shk_read_selected_version(shk_conn *conn, uint16_t legacy,
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

/* The suite of a ServerHello or HelloRetryRequest. */
shk_status shk_check_selected_suite(shk_conn *conn, uint16_t value, const shk_suite_row **out)
{
    const shk_suite_row *suite = shk_suite_of(value);
    const shk_handshake *hs = conn->handshake;
    if (suite == NULL || !shk_u16_list_has(hs->offered.cipher_suites, value))
        return shk_conn_fail_field(conn, "cipher_suite", SHK_E_UNOFFERED_SUITE);
    if (conn->version < suite->min_version || conn->version > suite->max_version)
        return shk_conn_fail_field(conn, "cipher_suite", SHK_E_SUITE_VERSION);
    if (hs->retry.suite != NULL && hs->retry.suite != suite)
        return shk_conn_fail_field(conn, "cipher_suite", SHK_E_RETRY_SUITE_CHANGED);
    *out = suite;
    return SHK_OK;
}

shk_status shk_check_session_id_echo(shk_conn *conn, shk_span echo)
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
    uint16_t version = conn->version;
    uint16_t best = conn->max_version;
    if (best < SHK_TLS12 || version >= best ||
        memcmp(end, shk_downgrade_sentinel, sizeof shk_downgrade_sentinel) != 0)
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
    for (size_t i = 0; i < hs->exchange.pair_count; i++)
        shared |= hs->exchange.pairs[i].group == group;
    if (!shared || (hs->retry.group != NULL && hs->retry.group->value != group))
        return shk_conn_fail_field(conn, "key_share", SHK_E_KEY_SHARE_UNOFFERED_GROUP);
    if (share->key_exchange.len != shk_group_of(group)->answer) /* §4.2.8.1: with leading zeros */
        return shk_conn_fail_field(conn, "key_exchange", SHK_E_BAD_KEY_SHARE);
    shk_status status = shk_agree(conn, group, share->key_exchange);
    if (status != SHK_OK)
        return shk_conn_fail_field(conn, "key_exchange", status);
    hs->exchange.group = shk_group_of(group);
    conn->negotiated.group = group;
    return SHK_OK;
}

static shk_status read_server_hello_13(shk_conn *conn, const shk_server_hello *m)
{
    shk_handshake *hs = conn->handshake;
    shk_key_share share;
    shk_pre_shared_key psk;
    SHK_TRY(shk_check_session_id_echo(conn, m->legacy_session_id_echo));
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
    SHK_TRY(shk_check_etm_unchanged(conn));
    SHK_TRY(shk_check_ems_unchanged(conn));
    SHK_TRY(shk_check_resumed_12(conn, m->legacy_session_id_echo));
    if (conn->handshake->tls12.resumes)
        SHK_TRY(shk_check_type_unused(conn, &m->extensions));
    if (conn->config->require_extended_master_secret && !conn->negotiated.extended_master_secret)
        return shk_conn_fail_field(conn, "extended_master_secret", SHK_E_EMS_REQUIRED);
    return check_downgrade(conn);
}

shk_status shk_do_read_server_hello(shk_conn *conn, const shk_received *message)
{
    const shk_server_hello *m = SHK_MESSAGE_BODY(message, server_hello);
    const shk_suite_row *suite;
    uint16_t version = 0;
    memcpy(conn->server_random, m->random.data, 32);
    SHK_TRY(shk_read_selected_version(conn, m->legacy_version, &m->extensions,
                                      SHK_IN_SERVER_HELLO_13, &version));
    if (version < SHK_TLS13 && conn->negotiated.early_data_offered)
        return shk_conn_fail_field(conn, "legacy_version", SHK_E_EARLY_DATA_VERSION);
    if (conn->negotiated.retried && version != conn->version)
        return shk_conn_fail_field(conn, "selected_version", SHK_E_RETRY_VERSION_CHANGED);
    conn->version = version;
    conn->record_version = version < SHK_TLS12 ? version : SHK_TLS12;
    SHK_TRY(shk_check_selected_suite(conn, m->cipher_suite, &suite));
    shk_set_suite(conn, suite);
    SHK_TRY(shk_ech_check_server_hello(conn, message->raw));
    SHK_TRY(shk_transcript_choose(&conn->handshake->transcript, shk_prf_hash(conn)));
    return version >= SHK_TLS13 ? read_server_hello_13(conn, m) : read_server_hello_12(conn, m);
}
