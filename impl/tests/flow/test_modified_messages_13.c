/* TLS 1.3 messages with one thing wrong, protected and hashed as if they were right: each is
 * refused with its own error row and alert. Offsets are into the message's body. */
#include "message_changes.h"
#include "session_setup.h"

#include "shakedown/session.h"

/* Bytes of a ServerHello of 1.3 or HelloRetryRequest that echoes a session id of 32 bytes. */
enum { SUITE = 2 + 32 + 33, COMPRESSION = SUITE + 2, EXTENSIONS = COMPRESSION + 1 };
/* Within key_share: behind its type, length, group and the length of the value. */
enum { SHARE = 2 + 2 + 2 + 2 };

#define RUN_CASES(setup, cases, at_server)                                                         \
    assert_changes_refused(setup, cases, sizeof(cases) / sizeof(cases)[0], at_server)

static void client_refuses_modified_server_hello_and_retry(void **state)
{
    static const changed_case cases[] = {
        {"compression_method",
         {SHK_MSG_server_hello, 0, COMPRESSION, 1, "01"},
         SHK_E_COMPRESSION_METHOD},
        {"bytes_behind", {SHK_MSG_server_hello, 0, EXTENSIONS, 2, "0000"}, SHK_E_TRAILING_DATA},
        {"share_not_a_point",
         {SHK_MSG_server_hello, 0, IN(key_share, SHARE + 1), 64,
          "00000000000000000000000000000000000000000000000000000000000000000000000000000000"
          "000000000000000000000000000000000000000000000000"},
         SHK_E_BAD_KEY_SHARE},
    };
    static const uint16_t p256[] = {SHK_secp256r1};
    test_setup setup;
    (void)state;
    test_setup_new(&setup, "p256");
    setup.client.groups.values = p256;
    setup.client.groups.count = 1;
    RUN_CASES(&setup, cases, false);
    test_setup_free(&setup);
}

#define ZEROS_32 "0000000000000000000000000000000000000000000000000000000000000000"
#define ZEROS_224 ZEROS_32 ZEROS_32 ZEROS_32 ZEROS_32 ZEROS_32 ZEROS_32 ZEROS_32
#define ONES_32 "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"

/* RFC 8446 §4.2.8.1 */
static void client_refuses_ffdhe_value_out_of_range(void **state)
{
    static const changed_case cases[] = {
        {"zero",
         {SHK_MSG_server_hello, 0, IN(key_share, SHARE), 256, ZEROS_224 ZEROS_32},
         SHK_E_BAD_KEY_SHARE},
        {"one",
         {SHK_MSG_server_hello, 0, IN(key_share, SHARE), 256,
          ZEROS_224 "0000000000000000000000000000000000000000000000000000000000000001"},
         SHK_E_BAD_KEY_SHARE},
        {"above_the_prime",
         {SHK_MSG_server_hello, 0, IN(key_share, SHARE), 32, ONES_32},
         SHK_E_BAD_KEY_SHARE},
    };
    static const uint16_t ffdhe2048[] = {SHK_ffdhe2048};
    test_setup setup;
    (void)state;
    test_setup_new(&setup, "p256");
    setup.client.groups.values = ffdhe2048;
    setup.client.groups.count = 1;
    setup.server.groups = setup.client.groups;
    RUN_CASES(&setup, cases, false);
    test_setup_free(&setup);
}

static void client_refuses_server_hello_inconsistent_with_retry(void **state)
{
    static const changed_case cases[] = {
        {"suite_changed", {SHK_MSG_server_hello, 0, SUITE, 2, "1303"}, SHK_E_RETRY_SUITE_CHANGED},
        {"version_changed",
         {SHK_MSG_server_hello, 0, EXTENSIONS, ALL, "0000"},
         SHK_E_RETRY_VERSION_CHANGED},
        {"group_changed",
         {SHK_MSG_server_hello, 0, IN(key_share, 4), 2, "001d"},
         SHK_E_KEY_SHARE_UNOFFERED_GROUP},
        {"unoffered_suite",
         {SHK_MSG_hello_retry_request, 0, SUITE, 2, "1399"},
         SHK_E_UNOFFERED_SUITE},
        {"compression_method",
         {SHK_MSG_hello_retry_request, 0, COMPRESSION, 1, "01"},
         SHK_E_COMPRESSION_METHOD},
    };
    static const uint16_t p384[] = {SHK_secp384r1};
    test_setup setup;
    (void)state;
    test_setup_new(&setup, "p256");
    setup.server.groups.values = p384;
    setup.server.groups.count = 1;
    RUN_CASES(&setup, cases, false);
    test_setup_free(&setup);
}

static void client_refuses_modified_encrypted_extensions(void **state)
{
    static const changed_case cases[] = {
        {"answer_to_nothing",
         {SHK_MSG_encrypted_extensions, 0, 0, ALL, "0006001c00024000"},
         SHK_E_UNSOLICITED_EXTENSION},
        {"unknown_answer",
         {SHK_MSG_encrypted_extensions, 0, 0, ALL, "00047a7a0000"},
         SHK_E_UNSOLICITED_EXTENSION},
        {"extension_of_another_message",
         {SHK_MSG_encrypted_extensions, 0, 0, ALL, "000400170000"},
         SHK_E_EXTENSION_PLACE},
        {"key_share",
         {SHK_MSG_encrypted_extensions, 0, 0, ALL, "0009003300050017000161"},
         SHK_E_EXTENSION_PLACE},
        {"two_protocols",
         {SHK_MSG_encrypted_extensions, 0, 0, ALL,
          "000c0010000800060268320268"
          "33"},
         SHK_E_ALPN_ONE_NAME},
        {"unoffered_protocol",
         {SHK_MSG_encrypted_extensions, 0, 0, ALL,
          "000900100005000302"
          "6839"},
         SHK_E_UNOFFERED_PROTOCOL},
        {"extension_twice",
         {SHK_MSG_encrypted_extensions, 0, 0, ALL, "00080000000000000000"},
         SHK_E_DUPLICATE_EXTENSION},
        {"unknown_extension_twice",
         {SHK_MSG_encrypted_extensions, 0, 0, ALL, "00087a7a00007a7a0000"},
         SHK_E_DUPLICATE_EXTENSION},
        {"truncated", {SHK_MSG_encrypted_extensions, 0, 0, ALL, "0001"}, SHK_E_TRUNCATED},
    };
    static const char *const protocols[] = {"h2", "h3"};
    test_setup setup;
    (void)state;
    test_setup_new(&setup, "p256");
    setup.client.protocols = protocols;
    setup.client.protocol_count = 2;
    RUN_CASES(&setup, cases, false);
    test_setup_free(&setup);
}

static const changed_case certificate_cases[] = {
    {"context", {SHK_MSG_certificate, 0, 0, 1, "01aa"}, SHK_E_CERTIFICATE_CONTEXT},
    {"not_der", {SHK_MSG_certificate, 0, 7, 1, "00"}, SHK_E_CERTIFICATE_PARSE},
    {"empty_certificate",
     {SHK_MSG_certificate, 0, 0, ALL, "000000050000000000"},
     SHK_E_VECTOR_LENGTH},
    {"unsolicited_extension",
     {SHK_MSG_certificate, 0, 0, ALL, "0000000f000001aa00090012000500030001aa"},
     SHK_E_UNSOLICITED_EXTENSION},
    {"unknown_extension",
     {SHK_MSG_certificate, 0, 0, ALL, "0000000a000001aa00047a7a0000"},
     SHK_E_UNSOLICITED_EXTENSION},
    {"seventeen_certificates",
     {SHK_MSG_certificate, 0, 0, ALL,
      "00000066"
      "000001aa0000000001aa0000000001aa0000000001aa0000000001aa0000000001aa0000"
      "000001aa0000000001aa0000000001aa0000000001aa0000000001aa0000000001aa0000"
      "000001aa0000000001aa0000000001aa0000000001aa0000000001aa0000"},
     SHK_E_TOO_MANY_CERTIFICATES},
};

static const changed_case certificate_verify_cases[] = {
    {"scheme_of_sha1",
     {SHK_MSG_certificate_verify, 0, 0, 2, "0203"},
     SHK_E_UNOFFERED_SIGNATURE_SCHEME},
    {"scheme_of_tls_12",
     {SHK_MSG_certificate_verify, 0, 0, 2, "0401"},
     SHK_E_UNOFFERED_SIGNATURE_SCHEME},
    {"grease", {SHK_MSG_certificate_verify, 0, 0, 2, "7a7a"}, SHK_E_UNOFFERED_SIGNATURE_SCHEME},
    {"scheme_of_rsa", {SHK_MSG_certificate_verify, 0, 0, 2, "0804"}, SHK_E_SIGNATURE_SCHEME_KEY},
    {"scheme_of_another_curve",
     {SHK_MSG_certificate_verify, 0, 0, 2, "0503"},
     SHK_E_SIGNATURE_SCHEME_KEY},
    {"signature", {SHK_MSG_certificate_verify, 0, -8, 8, "0000000000000000"}, SHK_E_BAD_SIGNATURE},
};

/* All schemes of the registry but those of SHA-1: what is on by default at the time. */
static const uint16_t good_schemes[] = {SHK_ecdsa_secp256r1_sha256, SHK_ecdsa_secp384r1_sha384,
                                        SHK_rsa_pss_rsae_sha256, SHK_rsa_pkcs1_sha256};

static void with_schemes(test_setup *setup)
{
    test_setup_new(setup, "p256");
    setup->client.schemes.values = good_schemes;
    setup->client.schemes.count = sizeof good_schemes / sizeof good_schemes[0];
    setup->server.schemes = setup->client.schemes;
}

static void client_refuses_modified_server_authentication(void **state)
{
    static const changed_case empty[] = {
        {"no_certificate", {SHK_MSG_certificate, 0, 0, ALL, "00000000"}, SHK_E_EMPTY_CERTIFICATE}};
    test_setup setup;
    (void)state;
    with_schemes(&setup);
    RUN_CASES(&setup, certificate_cases, false);
    RUN_CASES(&setup, certificate_verify_cases, false);
    RUN_CASES(&setup, empty, false);
    test_setup_free(&setup);
}

static void server_refuses_modified_client_authentication_13(void **state)
{
    test_setup setup;
    changed_case later[6];
    (void)state;
    with_schemes(&setup);
    test_with_client_certificate(&setup, "client-p256");
    for (size_t i = 0; i < 6; i++) { /* the second such message is the client's */
        later[i] = certificate_cases[i];
        later[i].change.skip = 1;
    }
    RUN_CASES(&setup, later, true);
    for (size_t i = 0; i < 6; i++) {
        later[i] = certificate_verify_cases[i];
        later[i].change.skip = 1;
    }
    RUN_CASES(&setup, later, true);
    test_setup_free(&setup);
}

static void rsa_pss_scheme_needs_its_key_type(void **state)
{
    static const uint16_t both[] = {SHK_rsa_pss_rsae_sha256, SHK_rsa_pss_pss_sha256};
    static const changed_case to_pss[] = {
        {"rsae_key", {SHK_MSG_certificate_verify, 0, 0, 2, "0809"}, SHK_E_SIGNATURE_SCHEME_KEY}};
    static const changed_case to_rsae[] = {
        {"pss_key", {SHK_MSG_certificate_verify, 0, 0, 2, "0804"}, SHK_E_SIGNATURE_SCHEME_KEY}};
    test_setup setup;
    (void)state;
    for (int i = 0; i < 2; i++) {
        test_setup_new(&setup, i == 0 ? "rsa2048" : "rsapss2048");
        setup.client.schemes.values = both;
        setup.client.schemes.count = 2;
        if (i == 0)
            RUN_CASES(&setup, to_pss, false);
        else
            RUN_CASES(&setup, to_rsae, false);
        test_setup_free(&setup);
    }
}

/* RFC 8446 §4.2.1: with supported_versions, legacy_version is ignored. */
static void client_ignores_legacy_version_in_tls_13(void **state)
{
    static const char *const versions[] = {"0301", "0302", "0304", "7a7a"};
    test_setup setup;
    (void)state;
    test_setup_new(&setup, "p256");
    for (size_t i = 0; i < sizeof versions / sizeof versions[0]; i++) {
        const test_change change = {SHK_MSG_server_hello, 0, 0, 2, versions[i]};
        test_pair pair;
        test_change_messages(&change);
        test_pair_connect(&pair, &setup);
        assert_true(test_change_was_made());
        test_pair_close(&pair);
    }
    test_setup_free(&setup);
}

static const changed_case finished_cases[] = {
    {"finished", {SHK_MSG_finished, 0, -8, 8, "0000000000000000"}, SHK_E_BAD_FINISHED},
    {"finished_short", {SHK_MSG_finished, 0, 0, 1, ""}, SHK_E_TRUNCATED},
    {"finished_long", {SHK_MSG_finished, 0, 0, 0, "00"}, SHK_E_TRAILING_DATA},
};

static void client_refuses_modified_finished(void **state)
{
    test_setup setup;
    (void)state;
    test_setup_new(&setup, "p256");
    RUN_CASES(&setup, finished_cases, false);
    test_setup_free(&setup);
}

static void server_refuses_modified_finished(void **state)
{
    changed_case later[3];
    test_setup setup;
    (void)state;
    test_setup_new(&setup, "p256");
    for (size_t i = 0; i < 3; i++) {
        later[i] = finished_cases[i];
        later[i].change.skip = 1;
    }
    RUN_CASES(&setup, later, true);
    test_setup_free(&setup);
}

static void client_refuses_modified_certificate_request(void **state)
{
    static const changed_case cases[] = {
        {"context", {SHK_MSG_certificate_request, 0, 0, 1, "01aa"}, SHK_E_CERTIFICATE_CONTEXT},
        {"no_signature_algorithms",
         {SHK_MSG_certificate_request, 0, 0, ALL, "0000047a7a0000"},
         SHK_E_MISSING_EXTENSION},
        {"extension_of_another_message",
         {SHK_MSG_certificate_request, 0, 0, ALL,
          "00000c000d0004000204030010"
          "0000"},
         SHK_E_EXTENSION_PLACE},
    };
    test_setup setup;
    (void)state;
    test_setup_new(&setup, "p256");
    test_with_client_certificate(&setup, "client-p256");
    RUN_CASES(&setup, cases, false);
    test_setup_free(&setup);
}

static void client_ignores_unknown_extensions_in_certificate_request(void **state)
{
    static const test_change change = {SHK_MSG_certificate_request, 0, 0, ALL,
                                       "000010000d000400020403"
                                       "7a7a000412345678"};
    test_setup setup;
    test_pair pair;
    (void)state;
    test_setup_new(&setup, "p256");
    test_with_client_certificate(&setup, "client-p256");
    test_change_messages(&change);
    test_pair_connect(&pair, &setup);
    assert_true(test_change_was_made());
    assert_true(shk_conn_info_of(pair.server).peer_authenticated);
    test_pair_close_all(&pair, &setup);
}

static void client_refuses_modified_new_session_ticket(void **state)
{
    static const changed_case cases[] = {
        {"no_ticket",
         {SHK_MSG_new_session_ticket, 0, 0, ALL,
          "0000000100000000000000"
          "0000"},
         SHK_E_VECTOR_LENGTH},
    };
    test_setup setup;
    test_session kept;
    (void)state;
    test_setup_tickets(&setup, &kept, SHK_TLS13);
    RUN_CASES(&setup, cases, false);
    assert_int_equal(kept.count, 0);
    test_setup_free(&setup);
}

static void client_ignores_unknown_extensions_in_new_session_ticket(void **state)
{
    static const test_change change = {SHK_MSG_new_session_ticket, 0, 0, ALL,
                                       "0000000100000000000001aa00047a7a0000"};
    test_setup setup;
    test_pair pair;
    test_session kept;
    (void)state;
    test_setup_tickets(&setup, &kept, SHK_TLS13);
    test_change_messages(&change);
    test_pair_connect(&pair, &setup);
    assert_true(test_change_was_made());
    assert_int_equal(shk_conn_info_of(pair.client).tickets_received, 2);
    assert_int_not_equal(kept.count, 0);
    test_pair_close_all(&pair, &setup);
}

static void request_update_other_than_0_or_1_is_refused(void **state)
{
    static const test_change change = {SHK_MSG_key_update, 0, 0, 1, "02"};
    test_setup setup;
    test_pair pair;
    (void)state;
    test_setup_new(&setup, "p256");
    test_pair_connect(&pair, &setup);
    test_change_messages(&change);
    assert_int_equal(shk_conn_key_update(pair.client, false), SHK_OK);
    assert_fails(test_move_output(pair.client, pair.server), SHK_E_KEY_UPDATE_VALUE);
    assert_refused(NULL, pair.server, SHK_E_KEY_UPDATE_VALUE);
    test_pair_close_all(&pair, &setup);
}

static void client_refuses_unoffered_psk(void **state)
{
    static const uint8_t key[32] = {7};
    static const changed_case cases[] = {
        {"selected_identity",
         {SHK_MSG_server_hello, 0, -2, 2, "0001"},
         SHK_E_UNSUPPORTED_SELECTION},
        {"suite_of_another_hash",
         {SHK_MSG_server_hello, 0, SUITE, 2, "1302"},
         SHK_E_UNSUPPORTED_SELECTION},
        {"without_key_share",
         {SHK_MSG_server_hello, 0, EXTENSIONS, ALL,
          "000c002b0002030400290002"
          "0000"},
         SHK_E_UNSUPPORTED_SELECTION},
    };
    test_setup setup;
    (void)state;
    test_setup_new(&setup, "p256");
    test_with_psk(&setup, key, key);
    RUN_CASES(&setup, cases, false);
    test_setup_free(&setup);
}

static void server_with_psk_sends_no_certificate_request(void **state)
{
    static const uint8_t key[32] = {7};
    static const test_change any_request = {SHK_MSG_certificate_request, 0, 0, 0, ""};
    test_setup setup;
    test_pair pair;
    (void)state;
    test_setup_new(&setup, "p256");
    test_with_psk(&setup, key, key);
    setup.server.client_auth = SHK_CLIENT_AUTH_REQUEST;
    test_change_messages(&any_request);
    test_pair_connect(&pair, &setup);
    assert_false(test_change_was_made());
    assert_true(shk_conn_info_of(pair.client).external_psk);
    test_pair_close_all(&pair, &setup);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(client_refuses_modified_server_hello_and_retry),
        cmocka_unit_test(client_refuses_ffdhe_value_out_of_range),
        cmocka_unit_test(client_refuses_server_hello_inconsistent_with_retry),
        cmocka_unit_test(client_refuses_modified_encrypted_extensions),
        cmocka_unit_test(client_refuses_modified_server_authentication),
        cmocka_unit_test(server_refuses_modified_client_authentication_13),
        cmocka_unit_test(rsa_pss_scheme_needs_its_key_type),
        cmocka_unit_test(client_ignores_legacy_version_in_tls_13),
        cmocka_unit_test(client_refuses_modified_finished),
        cmocka_unit_test(server_refuses_modified_finished),
        cmocka_unit_test(client_refuses_modified_certificate_request),
        cmocka_unit_test(client_ignores_unknown_extensions_in_certificate_request),
        cmocka_unit_test(client_refuses_modified_new_session_ticket),
        cmocka_unit_test(client_ignores_unknown_extensions_in_new_session_ticket),
        cmocka_unit_test(request_update_other_than_0_or_1_is_refused),
        cmocka_unit_test(client_refuses_unoffered_psk),
        cmocka_unit_test(server_with_psk_sends_no_certificate_request),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
