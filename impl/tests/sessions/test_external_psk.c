/* External PSKs: the suites of RFC 4279 and related RFCs, the modes of TLS 1.3 (RFC 8446 §4.2.9)
 * and the importer (RFC 9258). Also anonymous suites. */
#include "message_changes.h"
#include "scripted_random.h"
#include "session_setup.h"

#include <string.h>

static const uint8_t key[32] = {0x5a, 1, 2, 3, 4, 5, 6, 7, 8};
static const uint8_t other_key[32] = {0x5b};
static const shk_external_psk psks[] = {
    {.identity = {(const uint8_t *)"first", 5}, .key = {key, sizeof key}},
    {.identity = {(const uint8_t *)"second", 6}, .key = {key, sizeof key}},
    {.identity = {(const uint8_t *)"first", 5}, .key = {other_key, sizeof other_key}},
};
static const shk_external_psk imported = {.identity = {(const uint8_t *)"imported", 8},
                                          .key = {key, sizeof key},
                                          .import = true,
                                          .import_context = {(const uint8_t *)"here", 4}};

static void give_psk(test_setup *setup, const shk_external_psk *client,
                     const shk_external_psk *server)
{
    setup->client.psks = client;
    setup->client.psk_count = 1;
    setup->server.psks = server;
    setup->server.psk_count = 1;
    setup->server.credential_count = 0;
}

/* Runs a pair and expects it to be connected with a PSK. */
static void assert_connects_with_psk(test_setup *setup)
{
    test_pair pair;
    test_pair_open_and_run(&pair, setup);
    assert_true(shk_conn_info_of(pair.client).connected);
    assert_true(shk_conn_info_of(pair.client).external_psk);
    assert_true(shk_conn_info_of(pair.server).external_psk);
    test_pair_close(&pair);
}

/* Runs a pair and expects the server to refuse with a row. */
static void assert_server_refuses(test_setup *setup, shk_status row)
{
    test_pair pair;
    test_pair_open_and_run(&pair, setup);
    assert_refused(NULL, pair.server, row);
    test_pair_close(&pair);
}

static void suite_alone(test_setup *setup, const uint16_t *suite)
{
    setup->client.suites = setup->server.suites = (shk_u16s){suite, 1};
    setup->client.max_version = setup->server.max_version = shk_suite_of(*suite)->max_version;
}

static void server_without_certificate_selects_a_psk_suite(void **state)
{
    static const uint16_t suites[] = {SHK_TLS_PSK_WITH_AES_128_GCM_SHA256,
                                      SHK_TLS_DHE_PSK_WITH_AES_128_CBC_SHA,
                                      SHK_TLS_ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256};
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        test_setup setup;
        test_setup_new(&setup, "p256");
        give_psk(&setup, &psks[0], &psks[0]);
        suite_alone(&setup, &suites[i]);
        assert_connects_with_psk(&setup);
        test_setup_free(&setup);
    }
}

/* RFC 4279 §5.3 */
static void psk_identity_of_128_and_key_of_64_bytes_are_accepted(void **state)
{
    static const uint8_t bytes[128] = {1, 2, 3};
    static const uint16_t suites[] = {SHK_TLS_PSK_WITH_AES_128_GCM_SHA256,
                                      SHK_TLS_AES_128_GCM_SHA256};
    const shk_external_psk psk = {.identity = shk_span_of(bytes, 128),
                                  .key = shk_span_of(bytes, 64)};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        test_setup setup;
        test_setup_new(&setup, "p256");
        give_psk(&setup, &psk, &psk);
        suite_alone(&setup, &suites[i]);
        assert_connects_with_psk(&setup);
        test_setup_free(&setup);
    }
}

/* RFC 4279 §2: psk_identity<0..2^16-1>; identities of TLS 1.3 and RFC 9258 have at least one byte.
 */
static void empty_psk_identity_is_used_only_below_tls_13(void **state)
{
    static const uint16_t suites[] = {SHK_TLS_PSK_WITH_AES_128_GCM_SHA256,
                                      SHK_TLS_ECDHE_PSK_WITH_AES_128_GCM_SHA256};
    const shk_external_psk psk = {.identity = {NULL, 0}, .key = shk_span_of(key, sizeof key)};
    const shk_external_psk no_import = {
        .identity = {NULL, 0}, .key = shk_span_of(key, sizeof key), .import = true};
    shk_conn *conn = NULL;
    test_setup setup;
    test_pair pair;
    uint64_t seed = 1;
    shk_random random = counting(&seed);
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        test_setup_new(&setup, "p256");
        give_psk(&setup, &psk, &psk);
        suite_alone(&setup, &suites[i]);
        assert_connects_with_psk(&setup);
        test_setup_free(&setup);
    }
    test_setup_new(&setup, "p256");
    give_psk(&setup, &psk, &psk);
    setup.server.credential_count = 1;
    test_pair_connect(&pair, &setup);
    assert_int_equal(shk_conn_info_of(pair.client).version, SHK_TLS13);
    assert_false(shk_conn_info_of(pair.client).external_psk);
    test_pair_close(&pair);
    setup.client.psks = &no_import;
    assert_fails(shk_conn_new(&setup.client, &random, &conn), SHK_E_CONFIG);
    test_setup_free(&setup);
}

static void psk_identity_hint_is_sent_and_read(void **state)
{
    static const uint16_t suite = SHK_TLS_PSK_WITH_AES_128_GCM_SHA256;
    test_setup setup;
    (void)state;
    test_setup_new(&setup, "p256");
    give_psk(&setup, &psks[0], &psks[0]);
    setup.server.psk_hint = shk_span_of_text("a hint");
    suite_alone(&setup, &suite);
    assert_connects_with_psk(&setup);
    test_setup_free(&setup);
}

static void unknown_psk_identity_is_refused(void **state)
{
    static const uint16_t suite = SHK_TLS_ECDHE_PSK_WITH_AES_128_GCM_SHA256;
    test_setup setup;
    (void)state;
    test_setup_new(&setup, "p256");
    give_psk(&setup, &psks[0], &psks[1]);
    suite_alone(&setup, &suite);
    assert_server_refuses(&setup, SHK_E_UNKNOWN_PSK_IDENTITY);
    test_setup_free(&setup);
}

/* RFC 4279 §2: the wrong key shows in the first protected record. */
static void wrong_psk_fails_at_the_first_protected_record(void **state)
{
    static const uint16_t suite = SHK_TLS_PSK_WITH_AES_128_GCM_SHA256;
    test_setup setup;
    (void)state;
    test_setup_new(&setup, "p256");
    give_psk(&setup, &psks[0], &psks[2]);
    suite_alone(&setup, &suite);
    assert_server_refuses(&setup, SHK_E_BAD_RECORD_MAC);
    test_setup_free(&setup);
}

/* One suite without PSK is left, so that the client can start. */
static void psk_suites_are_not_offered_without_a_psk(void **state)
{
    static const uint16_t suites[] = {SHK_TLS_PSK_WITH_AES_128_GCM_SHA256,
                                      SHK_TLS_RSA_WITH_AES_128_CBC_SHA};
    test_setup setup;
    (void)state;
    test_setup_new(&setup, "p256");
    setup.server.psks = &psks[0];
    setup.server.psk_count = 1;
    suite_alone(&setup, suites);
    setup.client.suites.count = 2;
    assert_server_refuses(&setup, SHK_E_NO_COMMON_SUITE);
    test_setup_free(&setup);
}

/* RFC 4279 §2: PSK suites have no CertificateRequest, so a server that requires a certificate
 * cannot select them. */
static void server_requiring_a_certificate_selects_no_psk_suite(void **state)
{
    static const uint16_t suite = SHK_TLS_PSK_WITH_AES_128_GCM_SHA256;
    test_setup setup;
    (void)state;
    test_setup_new(&setup, "p256");
    give_psk(&setup, &psks[0], &psks[0]);
    setup.server.client_auth = SHK_CLIENT_AUTH_REQUIRE;
    setup.server.trust = setup.trust;
    setup.server.clock = setup.client.clock;
    suite_alone(&setup, &suite);
    assert_server_refuses(&setup, SHK_E_NO_COMMON_SUITE);
    test_setup_free(&setup);
}

/* What both ends allow, and whether there is an (EC)DHE exchange then. */
static void psk_mode_of_both_ends_is_used(void **state)
{
    static const struct {
        shk_psk_mode client, server;
        bool group;
    } rows[] = {{SHK_PSK_DHE_KE, SHK_PSK_DHE_KE, true}, {SHK_PSK_KE, SHK_PSK_KE, false},
                {SHK_PSK_EITHER, SHK_PSK_KE, false},    {SHK_PSK_KE, SHK_PSK_EITHER, false},
                {SHK_PSK_EITHER, SHK_PSK_EITHER, true}, {SHK_PSK_EITHER, SHK_PSK_DHE_KE, true}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        test_setup setup;
        test_pair pair;
        test_setup_new(&setup, "p256");
        give_psk(&setup, &psks[0], &psks[0]);
        setup.client.psk_mode = rows[i].client;
        setup.server.psk_mode = rows[i].server;
        test_pair_open_and_run(&pair, &setup);
        assert_true(shk_conn_info_of(pair.server).external_psk);
        assert_int_equal(shk_conn_info_of(pair.client).group != 0, rows[i].group);
        assert_int_equal(shk_conn_info_of(pair.server).group != 0, rows[i].group);
        test_pair_close_all(&pair, &setup);
    }
}

static void no_common_psk_mode_falls_back_to_certificates(void **state)
{
    test_setup setup;
    test_pair pair;
    (void)state;
    test_setup_new(&setup, "p256");
    give_psk(&setup, &psks[0], &psks[0]);
    setup.server.credential_count = 1;
    setup.client.psk_mode = SHK_PSK_KE;
    test_pair_open_and_run(&pair, &setup);
    assert_true(shk_conn_info_of(pair.client).connected);
    assert_false(shk_conn_info_of(pair.client).external_psk);
    test_pair_close_all(&pair, &setup);
}

/* A PSK alone needs no group in common. */
static void psk_ke_needs_no_common_group(void **state)
{
    static const uint16_t ours[] = {SHK_x25519}, theirs[] = {SHK_secp384r1};
    test_setup setup;
    (void)state;
    test_setup_new(&setup, "p256");
    give_psk(&setup, &psks[0], &psks[0]);
    setup.client.psk_mode = setup.server.psk_mode = SHK_PSK_EITHER;
    setup.client.groups = (shk_u16s){ours, 1};
    setup.server.groups = (shk_u16s){theirs, 1};
    assert_connects_with_psk(&setup);
    test_setup_free(&setup);
}

static void second_of_two_psks_is_found(void **state)
{
    test_setup setup;
    (void)state;
    test_setup_new(&setup, "p256");
    give_psk(&setup, psks, &psks[1]);
    setup.client.psk_count = 2;
    assert_connects_with_psk(&setup);
    test_setup_free(&setup);
}

/* RFC 9258 §5.1: one PSK serves suites of either hash. */
static void imported_psk_serves_both_hashes(void **state)
{
    static const uint16_t suites[] = {SHK_TLS_AES_128_GCM_SHA256, SHK_TLS_AES_256_GCM_SHA384};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        test_setup setup;
        test_setup_new(&setup, "p256");
        give_psk(&setup, &imported, &imported);
        suite_alone(&setup, &suites[i]);
        assert_connects_with_psk(&setup);
        test_setup_free(&setup);
    }
}

static void imported_psk_works_after_hello_retry_request(void **state)
{
    static const uint16_t ours[] = {SHK_x25519, SHK_secp384r1}, theirs[] = {SHK_secp384r1};
    test_setup setup;
    (void)state;
    test_setup_new(&setup, "p256");
    give_psk(&setup, &imported, &imported);
    setup.client.groups = (shk_u16s){ours, 2};
    setup.server.groups = (shk_u16s){theirs, 1};
    assert_connects_with_psk(&setup);
    test_setup_free(&setup);
}

/* RFC 9258 §5.1: the context is part of the identity. */
static void imported_psk_with_another_context_does_not_match(void **state)
{
    test_setup setup;
    test_pair pair;
    shk_external_psk elsewhere = imported;
    (void)state;
    elsewhere.import_context = shk_span_of_text("there");
    test_setup_new(&setup, "p256");
    give_psk(&setup, &imported, &elsewhere);
    setup.server.credential_count = 1;
    test_pair_open_and_run(&pair, &setup);
    assert_true(shk_conn_info_of(pair.client).connected);
    assert_false(shk_conn_info_of(pair.server).external_psk);
    test_pair_close_all(&pair, &setup);
}

/* Authentication by a PSK, or by its ticket, is not authentication by a certificate. */
static void ticket_from_a_psk_is_not_certificate_authentication(void **state)
{
    test_setup setup;
    test_session kept;
    test_pair pair;
    (void)state;
    test_setup_tickets(&setup, &kept, SHK_TLS13);
    setup.client.psks = setup.server.psks = &psks[0];
    setup.client.psk_count = setup.server.psk_count = 1;
    assert_false(test_resumes(&setup));
    test_offer_session(&setup, &kept);
    assert_true(test_resumes(&setup));
    setup.server.psk_count = 0;
    setup.server.client_auth = SHK_CLIENT_AUTH_REQUIRE;
    setup.server.trust = setup.trust;
    test_pair_open_and_run(&pair, &setup);
    assert_refused(NULL, pair.server, SHK_E_CERTIFICATE_REQUIRED);
    test_pair_close_all(&pair, &setup);
}

static void server_with_only_a_psk_selects_a_suite_of_its_hash(void **state)
{
    shk_external_psk long_hash = psks[0];
    test_setup setup;
    (void)state;
    long_hash.hash = SHK_HASH_SHA384;
    test_setup_new(&setup, "p256");
    give_psk(&setup, &long_hash, &long_hash);
    assert_connects_with_psk(&setup);
    test_setup_free(&setup);
}

static void default_suites_have_no_anonymous_or_null_suites(void **state)
{
    (void)state;
    for (size_t i = 0; i < shk_default_suites.count; i++) {
        const shk_suite_row *suite = shk_suite_of(shk_default_suites.values[i]);
        assert_int_not_equal(suite->auth, SHK_AUTH_ANON);
        assert_null(strstr(suite->name, "NULL"));
    }
}

/* RFC 5246 §7.4.4 */
static void certificate_request_with_anonymous_suite_is_refused(void **state)
{
    static const uint8_t request[] = {13, 0, 0, 8, 1, 1, 0, 2, 4, 3, 0, 0};
    test_setup setup;
    test_pair pair;
    (void)state;
    test_setup_for_suite(&setup, shk_suite_of(SHK_TLS_ECDH_anon_WITH_AES_128_CBC_SHA));
    setup.client.min_version = setup.server.min_version = SHK_TLS12;
    test_pair_send_hello(&pair, &setup);
    shk_span out = shk_conn_output(pair.server);
    shk_buf flight = shk_buf_growing(&shk_libc_allocator);
    assert_int_equal(shk_buf_append(&flight, out), SHK_OK);
    assert_memory_equal(flight.data + flight.len - 4, "\x0e\0\0\0", 4);
    flight.len -= 4; /* a CertificateRequest replaces ServerHelloDone */
    assert_int_equal(shk_buf_append(&flight, shk_span_of(request, sizeof request)), SHK_OK);
    size_t len = flight.len - 5;
    flight.data[3] = (uint8_t)(len >> 8);
    flight.data[4] = (uint8_t)len;
    (void)shk_conn_feed(pair.client, flight.data, flight.len);
    assert_refused(NULL, pair.client, SHK_E_ANONYMOUS_REQUEST);
    shk_buf_free(&flight);
    test_pair_close_all(&pair, &setup);
}

static void anonymous_handshake_verifies_nobody(void **state)
{
    test_setup setup;
    test_pair pair;
    (void)state;
    test_setup_for_suite(&setup, shk_suite_of(SHK_TLS_ECDH_anon_WITH_AES_128_CBC_SHA));
    setup.server.credential_count = 0;
    test_pair_open_and_run(&pair, &setup);
    assert_true(shk_conn_info_of(pair.client).connected);
    assert_false(shk_conn_info_of(pair.client).peer_verified);
    assert_false(shk_conn_info_of(pair.client).peer_authenticated);
    test_pair_close_all(&pair, &setup);
}

/* RFC 8446 §4.2.9: with psk_dhe_ke the PSK is used only together with an (EC)DHE exchange. */
static void psk_dhe_ke_without_common_group_is_not_used(void **state)
{
    static const uint16_t ours[] = {SHK_x25519}, theirs[] = {SHK_secp384r1};
    test_setup setup;
    (void)state;
    test_setup_new(&setup, "p256");
    give_psk(&setup, &psks[0], &psks[0]);
    setup.server.psk_mode = SHK_PSK_EITHER;
    setup.client.groups = (shk_u16s){ours, 1};
    setup.server.groups = (shk_u16s){theirs, 1};
    assert_server_refuses(&setup, SHK_E_NO_COMMON_GROUP);
    test_setup_free(&setup);
}

/* RFC 8734 §4: the client offers this code point for TLS 1.3 only. */
static void tls_13_group_is_not_selected_below_tls_13(void **state)
{
    static const uint16_t groups[] = {SHK_x25519, SHK_brainpoolP256r1tls13};
    static const test_change curve = {SHK_MSG_server_key_exchange, 0, 1, 2, "001f"};
    test_setup setup;
    test_pair pair;
    (void)state;
    test_setup_for_suite(&setup, shk_suite_of(SHK_TLS_ECDH_anon_WITH_AES_128_CBC_SHA));
    setup.client.groups = (shk_u16s){groups, 2};
    test_change_messages(&curve);
    test_pair_open_and_run(&pair, &setup);
    assert_true(test_change_was_made());
    assert_refused(NULL, pair.client, SHK_E_UNOFFERED_GROUP);
    test_pair_close_all(&pair, &setup);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(server_without_certificate_selects_a_psk_suite),
        cmocka_unit_test(empty_psk_identity_is_used_only_below_tls_13),
        cmocka_unit_test(psk_identity_hint_is_sent_and_read),
        cmocka_unit_test(unknown_psk_identity_is_refused),
        cmocka_unit_test(wrong_psk_fails_at_the_first_protected_record),
        cmocka_unit_test(psk_suites_are_not_offered_without_a_psk),
        cmocka_unit_test(server_requiring_a_certificate_selects_no_psk_suite),
        cmocka_unit_test(psk_mode_of_both_ends_is_used),
        cmocka_unit_test(no_common_psk_mode_falls_back_to_certificates),
        cmocka_unit_test(psk_ke_needs_no_common_group),
        cmocka_unit_test(second_of_two_psks_is_found),
        cmocka_unit_test(imported_psk_serves_both_hashes),
        cmocka_unit_test(imported_psk_works_after_hello_retry_request),
        cmocka_unit_test(imported_psk_with_another_context_does_not_match),
        cmocka_unit_test(ticket_from_a_psk_is_not_certificate_authentication),
        cmocka_unit_test(server_with_only_a_psk_selects_a_suite_of_its_hash),
        cmocka_unit_test(default_suites_have_no_anonymous_or_null_suites),
        cmocka_unit_test(certificate_request_with_anonymous_suite_is_refused),
        cmocka_unit_test(anonymous_handshake_verifies_nobody),
        cmocka_unit_test(psk_identity_of_128_and_key_of_64_bytes_are_accepted),
        cmocka_unit_test(psk_dhe_ke_without_common_group_is_not_used),
        cmocka_unit_test(tls_13_group_is_not_selected_below_tls_13),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
