/* The TLS 1.3 server (RFC 8446 §4.1.1, §4.1.4, §4.4). */
#include "handshake/flow/server_13.h"

#include "extensions/key_share.h"
#include "extensions/supported_groups.h"
#include "handshake/certificates/authentication.h"
#include "handshake/certificates/cert_choice.h"
#include "handshake/certificates/cert_compression.h"
#include "handshake/certificates/cert_request.h"
#include "handshake/flow/flow_table.h"
#include "handshake/hello/ech_server.h"
#include "handshake/hello/hello_extensions.h"
#include "handshake/keys/schedule_13.h"
#include "handshake/sessions/early_data_13.h"
#include "handshake/sessions/psk_13.h"
#include "handshake/sessions/tickets_13.h"
#include "handshake/state/handshake_lifetime.h"
#include "handshake/state/key_exchange.h"
#include "handshake/state/negotiated.h"
#include "handshake/state/send.h"
#include "messages/encrypted_extensions.h"
#include "messages/finished.h"
#include "messages/hello_retry_request.h"
#include "messages/server_hello.h"
#include "shakedown/errors.h"
#include "shakedown/session.h"

enum { SKIPPED_EARLY_DATA = 64 * 1024 };

/* legacy_compression_methods is exactly null (RFC 8446 §4.1.2). */
static shk_status check_legacy_fields(shk_conn *conn, const shk_client_hello *m)
{
    if (m->legacy_compression_methods.len != 1)
        return shk_conn_fail_field(conn, "legacy_compression_methods", SHK_E_COMPRESSION_13);
    return SHK_OK;
}

/* Our most preferred suite for whose hash the client has a PSK that can be used (RFC 8446 §4.2.11),
 * else our most preferred in common. */
static shk_status choose_suite(shk_conn *conn)
{
    const shk_config *config = conn->config;
    shk_handshake *hs = conn->handshake;
    const shk_suite_row *best = NULL;
    bool tried[SHK_HASH_COUNT] = {false};
    for (size_t i = 0; i < config->suites.count && hs->psk.count == 0; i++) {
        const shk_suite_row *suite = shk_suite_of(config->suites.values[i]);
        if (!shk_suite_usable(conn, suite->value, SHK_TLS13, SHK_TLS13) ||
            !shk_u16_list_has(hs->offered.cipher_suites, suite->value))
            continue;
        best = best == NULL ? suite : best;
        if (!tried[suite->hash])
            SHK_TRY(shk_find_psk(conn, &hs->offered, suite->hash));
        tried[suite->hash] = true;
        best = hs->psk.count > 0 ? suite : best;
    }
    if (best == NULL)
        return shk_conn_fail_field(conn, "cipher_suites", SHK_E_NO_COMMON_SUITE);
    shk_set_suite(conn, best);
    return SHK_OK;
}

/* Which code points a list holds, so that many can be asked for in one pass: a hello may hold
 * thousands. */
typedef struct {
    uint8_t bits[65536 / 8];
} code_point_set;

static bool add_code_point(code_point_set *set, uint16_t value)
{
    uint8_t bit = (uint8_t)(1 << value % 8);
    bool is_new = (set->bits[value / 8] & bit) == 0;
    set->bits[value / 8] |= bit;
    return is_new;
}

/* Every share is of a group that was offered, and no group has two (RFC 8446 §4.2.8). */
static shk_status check_shares(shk_conn *conn, shk_span shares, shk_span groups)
{
    code_point_set offered = {{0}};
    code_point_set shared = {{0}};
    shk_key_share_entry entry;
    for (size_t i = 0; i < groups.len / 2; i++)
        add_code_point(&offered, shk_u16_at(groups, i));
    while (shk_list_next(&shares, NULL, shk_key_share_entry_shape, &entry)) {
        if (!add_code_point(&shared, entry.group))
            return shk_conn_fail_field(conn, "client_shares", SHK_E_KEY_SHARE_DUPLICATE);
        if (add_code_point(&offered, entry.group))
            return shk_conn_fail_field(conn, "client_shares", SHK_E_KEY_SHARE_UNOFFERED_GROUP);
    }
    return SHK_OK;
}

/* The client's share of a group; empty if there is none. */
static shk_span find_share(shk_span shares, uint16_t group)
{
    shk_key_share_entry entry;
    while (shk_list_next(&shares, NULL, shk_key_share_entry_shape, &entry))
        if (entry.group == group)
            return entry.key_exchange;
    return shk_span_of(NULL, 0);
}

/* Our most preferred group that comes with a share; else the most preferred in common, to be asked
 * for. */
static shk_status choose_group(shk_conn *conn, shk_span groups, shk_span shares)
{
    shk_handshake *hs = conn->handshake;
    const shk_u16s *ours = &conn->config->groups;
    for (size_t i = 0; i < ours->count; i++) {
        if (!shk_u16_list_has(groups, ours->values[i]) ||
            !shk_group_usable(conn, ours->values[i], SHK_TLS13, SHK_TLS13))
            continue;
        if (hs->retry.group == NULL)
            hs->retry.group = shk_group_of(ours->values[i]);
        shk_span share = find_share(shares, ours->values[i]);
        if (share.len == 0)
            continue;
        hs->exchange.group = shk_group_of(ours->values[i]);
        hs->retry.group = NULL;
        return shk_buf_append(&hs->exchange.peer_share, share);
    }
    bool has_psk = shk_extension_in(&hs->offered.extensions, SHK_EXT_pre_shared_key);
    return hs->retry.group != NULL || has_psk
               ? SHK_OK
               : shk_conn_fail_field(conn, "named_group_list", SHK_E_NO_COMMON_GROUP);
}

static shk_status choose_credential(shk_conn *conn)
{
    const shk_extension_block *block = &conn->handshake->offered.extensions;
    shk_cert_constraints constraints;
    if (!shk_extension_in(block, SHK_EXT_signature_algorithms))
        return shk_conn_fail_field(conn, "signature_algorithms", SHK_E_MISSING_EXTENSION);
    shk_read_cert_constraints(block, SHK_IN_CLIENT_HELLO, &constraints);
    if (!shk_choose_credential(conn, &constraints, conn->suite))
        return shk_conn_fail_field(conn, "signature_algorithms", SHK_E_NO_COMMON_SIGNATURE);
    return SHK_OK;
}

/* With a PSK that the last ClientHello offers, or else a certificate, for which keys must have been
 * exchanged. */
shk_status shk_choose_authentication_13(shk_conn *conn)
{
    shk_handshake *hs = conn->handshake;
    SHK_TRY(shk_select_psk(conn));
    SHK_TRY(shk_decide_early_data(conn));
    shk_transcript_forget(&hs->transcript);
    if (hs->psk.key_len > 0 && hs->psk.alone)
        hs->exchange.group = NULL;
    if (hs->psk.key_len > 0)
        return SHK_OK;
    if (hs->exchange.group == NULL)
        return shk_conn_fail_field(conn, "named_group_list", SHK_E_NO_COMMON_GROUP);
    return choose_credential(conn);
}

/* supported_groups and key_share come together, and may both be missing beside a PSK (RFC 8446
 * §9.2). */
static shk_status negotiate_group(shk_conn *conn)
{
    const shk_extension_block *block = &conn->handshake->offered.extensions;
    shk_supported_groups groups;
    shk_key_share shares;
    bool has_groups =
        shk_extension_get(block, SHK_EXT_supported_groups, SHK_IN_CLIENT_HELLO, &groups);
    bool has_shares = shk_extension_get(block, SHK_EXT_key_share, SHK_IN_CLIENT_HELLO, &shares);
    if (!has_groups && !has_shares && shk_extension_in(block, SHK_EXT_pre_shared_key))
        return SHK_OK;
    if (!has_groups)
        return shk_conn_fail_field(conn, "supported_groups", SHK_E_MISSING_EXTENSION);
    if (!has_shares)
        return shk_conn_fail_field(conn, "key_share", SHK_E_MISSING_EXTENSION);
    SHK_TRY(check_shares(conn, shares.client_shares, groups.named_group_list));
    return choose_group(conn, groups.named_group_list, shares.client_shares);
}

/* A PSK alone needs no group: then none is asked for. */
static shk_status try_psk_alone(shk_conn *conn)
{
    shk_handshake *hs = conn->handshake;
    if (hs->exchange.group != NULL || conn->config->psk_mode == SHK_PSK_DHE_KE)
        return SHK_OK;
    SHK_TRY(shk_select_psk(conn));
    if (hs->psk.key_len > 0)
        hs->retry.group = NULL;
    return SHK_OK;
}

static shk_status negotiate(shk_conn *conn)
{
    shk_handshake *hs = conn->handshake;
    const shk_extension_block *block = &hs->offered.extensions;
    SHK_TRY(check_legacy_fields(conn, &hs->offered));
    if (shk_extension_in(block, SHK_EXT_early_data))
        conn->early_data_skip_left = conn->config->max_early_data > SKIPPED_EARLY_DATA
                                         ? conn->config->max_early_data
                                         : SKIPPED_EARLY_DATA;
    SHK_TRY(choose_suite(conn));
    SHK_TRY(negotiate_group(conn));
    if (!shk_extension_in(block, SHK_EXT_pre_shared_key)) /* before any HelloRetryRequest */
        SHK_TRY(choose_credential(conn));
    SHK_TRY(shk_transcript_choose(&hs->transcript, conn->suite->hash));
    return try_psk_alone(conn);
}

shk_status shk_do_negotiate_13(shk_conn *conn)
{
    SHK_TRY(shk_conn_fail_message(conn, SHK_MSG_client_hello, negotiate(conn)));
    return shk_if_retry_needed(conn) ? SHK_OK : shk_choose_authentication_13(conn);
}

/* ServerHello or HelloRetryRequest with the given random and the answers that belong there. */
shk_status shk_add_hello_13(shk_conn *conn, shk_message id, uint16_t place, const uint8_t *random,
                            shk_flight *flight)
{
    shk_handshake *hs = conn->handshake;
    shk_buf *raw = &flight->extensions;
    shk_server_hello hello = {
        .legacy_version = SHK_TLS12,
        .random = shk_span_of(random, 32),
        .legacy_session_id_echo = shk_span_of(hs->session_id, hs->session_id_len),
        .cipher_suite = conn->suite->value,
    };
    SHK_TRY(shk_answer_extensions(conn, place, flight));
    hello.extensions = shk_extension_block_of(raw);
    shk_hello_retry_request retry = {
        hello.legacy_version, hello.random, hello.legacy_session_id_echo, hello.cipher_suite, 0,
        hello.extensions};
    void *body = id == SHK_MSG_server_hello ? (void *)&hello : (void *)&retry;
    if (hs->ech.status == SHK_ECH_ACCEPTED) {
        uint8_t *end = id == SHK_MSG_server_hello ? conn->server_random + sizeof conn->server_random
                                                  : raw->data + raw->len;
        SHK_TRY(shk_ech_confirm(conn, id, body, end - SHK_ECH_CONFIRMATION));
    }
    return shk_add_message(flight, id, body);
}

static shk_status agree(shk_conn *conn)
{
    shk_handshake *hs = conn->handshake;
    shk_status status =
        shk_answer_share(conn, hs->exchange.group, shk_buf_span(&hs->exchange.peer_share));
    if (status != SHK_OK)
        return shk_conn_fail_message(conn, SHK_MSG_client_hello,
                                     shk_conn_fail_field(conn, "key_exchange", status));
    conn->negotiated.group = hs->exchange.group->value;
    return SHK_OK;
}

static shk_status add_server_hello(shk_conn *conn, shk_flight *flight)
{
    return shk_add_hello_13(conn, SHK_MSG_server_hello, SHK_IN_SERVER_HELLO_13, conn->server_random,
                            flight);
}

static shk_status send_server_hello(shk_conn *conn)
{
    shk_flight flight = shk_flight_begin(conn);
    shk_flight_add(&flight, add_server_hello);
    SHK_TRY(shk_flight_send(&flight));
    return shk_send_compatibility(conn);
}

static shk_status add_encrypted_extensions(shk_conn *conn, shk_flight *flight)
{
    SHK_TRY(shk_answer_extensions(conn, SHK_IN_ENCRYPTED_EXTENSIONS, flight));
    shk_encrypted_extensions m = {shk_extension_block_of(&flight->extensions)};
    return shk_add_message(flight, SHK_MSG_encrypted_extensions, &m);
}

static shk_status add_finished(shk_conn *conn, shk_flight *flight)
{
    uint8_t verify_data[SHK_MAX_HASH];
    SHK_TRY(shk_finished_13(conn, conn->handshake->tls13.server_traffic, verify_data));
    shk_finished m = {shk_span_of(verify_data, shk_hash_size(conn->suite->hash))};
    return shk_add_message(flight, SHK_MSG_finished, &m);
}

/* EncryptedExtensions to Finished, in one flight. */
static shk_status send_protected_flight(shk_conn *conn)
{
    shk_flight flight = shk_flight_begin(conn);
    shk_flight_add(&flight, add_encrypted_extensions);
    if (conn->handshake->psk.key_len == 0) {
        if (shk_if_asks_for_certificate(conn))
            shk_flight_add(&flight, shk_add_certificate_request);
        shk_flight_add(&flight, shk_add_certificate);
        shk_flight_add(&flight, shk_add_certificate_verify);
    }
    shk_flight_add(&flight, add_finished);
    return shk_flight_send(&flight);
}

shk_status shk_do_send_server_flight_13(shk_conn *conn)
{
    shk_handshake *hs = conn->handshake;
    if (hs->exchange.group != NULL)
        SHK_TRY(agree(conn));
    SHK_TRY(send_server_hello(conn));
    SHK_TRY(shk_schedule_handshake(conn));
    SHK_TRY(shk_use_traffic_secret(conn, hs->tls13.server_traffic, true));
    SHK_TRY(shk_use_traffic_secret(conn, hs->tls13.client_traffic, false));
    SHK_TRY(send_protected_flight(conn));
    SHK_TRY(shk_schedule_application(conn));
    return shk_use_traffic_secret(conn, conn->server_secret, true);
}

static shk_status read_certificate(shk_conn *conn, const shk_certificate *m)
{
    shk_span context = shk_span_of(conn->handshake->own.context, conn->handshake->own.context_len);
    if (!shk_span_equal(m->certificate_request_context, context))
        return shk_conn_fail_field(conn, "certificate_request_context", SHK_E_CERTIFICATE_CONTEXT);
    if (m->certificate_list.len == 0 && conn->config->client_auth == SHK_CLIENT_AUTH_REQUIRE)
        return shk_conn_fail_field(conn, "certificate_list", SHK_E_CERTIFICATE_REQUIRED);
    return shk_read_chain_13(conn, m->certificate_list);
}

shk_status shk_do_read_client_certificate(shk_conn *conn, const shk_received *message)
{
    return read_certificate(conn, SHK_MESSAGE_BODY(message, certificate));
}

static shk_status read_compressed(shk_conn *conn, const shk_compressed_certificate *m,
                                  shk_buf *plain)
{
    shk_certificate certificate;
    SHK_TRY(shk_decompress_certificate(conn, m, plain, &certificate));
    return read_certificate(conn, &certificate);
}

shk_status shk_do_read_compressed_client_certificate(shk_conn *conn, const shk_received *message)
{
    shk_buf plain = shk_buf_growing(conn->allocator);
    shk_status status =
        read_compressed(conn, SHK_MESSAGE_BODY(message, compressed_certificate), &plain);
    shk_buf_free(&plain);
    return status;
}

shk_status shk_do_read_client_finished(shk_conn *conn, const shk_received *message)
{
    SHK_TRY(shk_check_finished_13(conn, message, conn->handshake->tls13.client_traffic));
    return shk_use_traffic_secret(conn, conn->client_secret, false);
}

shk_status shk_do_send_tickets(shk_conn *conn)
{
    SHK_TRY(shk_schedule_resumption(conn));
    shk_complete_handshake(conn);
    return shk_send_tickets(conn);
}
