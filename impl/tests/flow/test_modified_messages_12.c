/* Messages of TLS 1.2 and below with one thing wrong, hashed and signed as if they were right: each
 * is refused with its own error row and alert. Offsets are into the message's body. */
#include "message_changes.h"
#include "scripted_random.h"

#include <string.h>

#include "handshake/flow/flow_table.h"
#include "handshake/hello/client_hello_builder.h"
#include "handshake/state/handshake.h"
#include "messages/certificate_12.h"

/* ServerHello without session id. */
enum { SUITE = 2 + 32 + 1 };

#define RUN_CASES(setup, cases, at_server)                                                         \
    assert_changes_refused(setup, cases, sizeof(cases) / sizeof(cases)[0], at_server)

/* TLS 1.2 with one suite and one group. */
static void setup_12(test_setup *setup, const char *key_name, const uint16_t *suite,
                     const uint16_t *group)
{
    test_setup_new(setup, key_name);
    setup->client.max_version = SHK_TLS12;
    setup->client.suites.values = suite;
    setup->client.suites.count = 1;
    setup->client.groups.values = group;
    setup->client.groups.count = 1;
    setup->server.groups = setup->client.groups;
}

static const uint16_t ecdsa[] = {SHK_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256};
static const uint16_t dhe[] = {SHK_TLS_DHE_RSA_WITH_AES_128_GCM_SHA256};
static const uint16_t rsa[] = {SHK_TLS_RSA_WITH_AES_128_GCM_SHA256};
static const uint16_t p256[] = {SHK_secp256r1};
static const uint16_t x25519[] = {SHK_x25519};
static const uint16_t ffdhe2048[] = {SHK_ffdhe2048};

#define ZEROS_32 "0000000000000000000000000000000000000000000000000000000000000000"

static void client_refuses_modified_ecdhe_parameters(void **state)
{
    static const changed_case cases[] = {
        {"curve_type", {SHK_MSG_server_key_exchange, 0, 0, 1, "01"}, SHK_E_CURVE_TYPE},
        {"unoffered_group", {SHK_MSG_server_key_exchange, 0, 1, 2, "0019"}, SHK_E_UNOFFERED_GROUP},
        {"grease_group", {SHK_MSG_server_key_exchange, 0, 1, 2, "7a7a"}, SHK_E_UNOFFERED_GROUP},
        {"off_the_curve",
         {SHK_MSG_server_key_exchange, 0, 4 + 33, 32, ZEROS_32},
         SHK_E_BAD_ECDHE_POINT},
        {"compressed_point", {SHK_MSG_server_key_exchange, 0, 4, 1, "02"}, SHK_E_BAD_ECDHE_POINT},
        {"signature",
         {SHK_MSG_server_key_exchange, 1, -8, 8, "0000000000000000"},
         SHK_E_BAD_SIGNATURE},
        {"point_after_signing",
         {SHK_MSG_server_key_exchange, 1, 4 + 33, 32, ZEROS_32},
         SHK_E_BAD_SIGNATURE},
        {"scheme_of_rsa",
         {SHK_MSG_server_key_exchange, 1, 4 + 65, 2, "0401"},
         SHK_E_SIGNATURE_SCHEME_KEY},
        {"scheme_of_eddsa",
         {SHK_MSG_server_key_exchange, 1, 4 + 65, 2, "0807"},
         SHK_E_SIGNATURE_SCHEME_KEY},
        {"unoffered_scheme",
         {SHK_MSG_server_key_exchange, 1, 4 + 65, 2, "0603"},
         SHK_E_UNOFFERED_SIGNATURE_SCHEME},
        {"grease_scheme",
         {SHK_MSG_server_key_exchange, 1, 4 + 65, 2, "7a7a"},
         SHK_E_UNOFFERED_SIGNATURE_SCHEME},
    };
    static const uint16_t schemes[] = {SHK_ecdsa_secp256r1_sha256, SHK_rsa_pkcs1_sha256,
                                       SHK_ed25519};
    test_setup setup;
    (void)state;
    setup_12(&setup, "p256", ecdsa, p256);
    setup.client.schemes.values = schemes;
    setup.client.schemes.count = 3;
    RUN_CASES(&setup, cases, false);
    test_setup_free(&setup);
}

static void all_zero_x25519_secret_is_refused(void **state)
{
    static const changed_case of_server[] = {
        {"server", {SHK_MSG_server_key_exchange, 0, 4, 32, ZEROS_32}, SHK_E_BAD_ECDHE_POINT}};
    static const changed_case of_client[] = {
        {"client", {SHK_MSG_client_key_exchange, 0, 1, 32, ZEROS_32}, SHK_E_BAD_ECDHE_POINT}};
    static const uint16_t rsa_ecdhe[] = {SHK_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256};
    test_setup setup;
    (void)state;
    setup_12(&setup, "rsa2048", rsa_ecdhe, x25519);
    RUN_CASES(&setup, of_server, false);
    RUN_CASES(&setup, of_client, true);
    test_setup_free(&setup);
}

/* ffdhe2048, which the client offers for DHE, is no curve; hybrid groups are not of TLS 1.2. */
static void client_refuses_named_curve_that_is_no_curve(void **state)
{
    static const uint16_t groups[] = {SHK_x25519, SHK_ffdhe2048, SHK_X25519MLKEM768};
    static const uint16_t rsa_ecdhe[] = {SHK_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256};
    static const changed_case cases[] = {
        {"finite_field", {SHK_MSG_server_key_exchange, 0, 1, 2, "0100"}, SHK_E_UNOFFERED_GROUP},
        {"hybrid", {SHK_MSG_server_key_exchange, 0, 1, 2, "11ec"}, SHK_E_UNOFFERED_GROUP},
        {"unknown", {SHK_MSG_server_key_exchange, 0, 1, 2, "feed"}, SHK_E_UNOFFERED_GROUP},
    };
    test_setup setup;
    (void)state;
    setup_12(&setup, "rsa2048", rsa_ecdhe, x25519);
    setup.client.groups = (shk_u16s){groups, 3};
    RUN_CASES(&setup, cases, false);
    test_setup_free(&setup);
}

static void server_refuses_modified_ecdhe_point(void **state)
{
    static const changed_case cases[] = {
        {"off_the_curve",
         {SHK_MSG_client_key_exchange, 0, 1 + 33, 32, ZEROS_32},
         SHK_E_BAD_ECDHE_POINT},
        {"compressed", {SHK_MSG_client_key_exchange, 0, 1, 1, "03"}, SHK_E_BAD_ECDHE_POINT},
    };
    test_setup setup;
    (void)state;
    setup_12(&setup, "p256", ecdsa, p256);
    RUN_CASES(&setup, cases, true);
    test_setup_free(&setup);
}

/* The prime of ffdhe2048 stands at 2, the generator's length behind it. */
static void client_refuses_modified_dhe_parameters(void **state)
{
    static const changed_case cases[] = {
        {"even_prime", {SHK_MSG_server_key_exchange, 0, 2 + 255, 1, "fe"}, SHK_E_DH_PRIME},
        {"generator_of_one",
         {SHK_MSG_server_key_exchange, 0, 2 + 256 + 2, 1, "01"},
         SHK_E_DH_PRIME},
        {"short_prime",
         {SHK_MSG_server_key_exchange, 0, 2, 224,
          ZEROS_32 ZEROS_32 ZEROS_32 ZEROS_32 ZEROS_32 ZEROS_32 ZEROS_32},
         SHK_E_DH_PRIME_SHORT},
        {"value_of_one",
         {SHK_MSG_server_key_exchange, 0, 2 + 256 + 3, 258, "000101"},
         SHK_E_DH_VALUE},
        {"value_of_zero",
         {SHK_MSG_server_key_exchange, 0, 2 + 256 + 3, 258, "000100"},
         SHK_E_DH_VALUE},
        {"value_above_the_prime",
         {SHK_MSG_server_key_exchange, 0, 2 + 256 + 5, 12, "ffffffffffffffffffffffff"},
         SHK_E_DH_VALUE},
    };
    test_setup setup;
    (void)state;
    setup_12(&setup, "rsa2048", dhe, ffdhe2048);
    RUN_CASES(&setup, cases, false);
    test_setup_free(&setup);
}

/* More bytes than there is room for. */
static void finite_field_over_the_limit_is_refused(void **state)
{
    shk_crypto *crypto = shk_libcrypto_new();
    static uint8_t prime[SHK_MAX_SHARE + 1], share[SHK_MAX_SHARE];
    static const uint8_t two[1] = {2};
    uint64_t seed = 1;
    shk_random random = counting(&seed);
    shk_ephemeral *key;
    (void)state;
    assert_non_null(crypto);
    memset(prime, 0xff, sizeof prime);
    assert_fails(crypto->dh_new(crypto, shk_span_of(prime, sizeof prime), shk_span_of(two, 1),
                                &random, &key, share),
                 SHK_E_DH_PRIME);
    shk_libcrypto_free(crypto);
}

static void server_refuses_modified_dhe_value(void **state)
{
    static const changed_case cases[] = {
        {"one", {SHK_MSG_client_key_exchange, 0, 0, ALL, "000101"}, SHK_E_DH_VALUE},
        {"empty", {SHK_MSG_client_key_exchange, 0, 0, ALL, "0000"}, SHK_E_VECTOR_LENGTH},
    };
    test_setup setup;
    (void)state;
    setup_12(&setup, "rsa2048", dhe, ffdhe2048);
    RUN_CASES(&setup, cases, true);
    test_setup_free(&setup);
}

static void client_refuses_modified_certificate(void **state)
{
    static const changed_case cases[] = {
        {"none", {SHK_MSG_certificate_12, 0, 0, ALL, "000000"}, SHK_E_EMPTY_CERTIFICATE},
        {"not_der", {SHK_MSG_certificate_12, 0, 6, 1, "00"}, SHK_E_CERTIFICATE_PARSE},
        {"seventeen",
         {SHK_MSG_certificate_12, 0, 0, ALL,
          "000044000001aa000001aa000001aa000001aa000001aa000001aa000001aa000001aa000001aa"
          "000001aa000001aa000001aa000001aa000001aa000001aa000001aa000001aa"},
         SHK_E_TOO_MANY_CERTIFICATES},
    };
    test_setup setup;
    (void)state;
    setup_12(&setup, "p256", ecdsa, p256);
    RUN_CASES(&setup, cases, false);
    test_setup_free(&setup);
}

static void client_refuses_certificate_key_unfit_for_the_suite(void **state)
{
    static const changed_case to_rsa[] = {
        {"suite_of_rsa", {SHK_MSG_server_hello, 0, SUITE, 2, "c02f"}, SHK_E_CERTIFICATE_KEY_SUITE},
        {"suite_of_rsa_key_exchange",
         {SHK_MSG_server_hello, 0, SUITE, 2, "009c"},
         SHK_E_CERTIFICATE_KEY_SUITE},
        {"suite_of_dss", {SHK_MSG_server_hello, 0, SUITE, 2, "0032"}, SHK_E_CERTIFICATE_KEY_SUITE}};
    static const changed_case to_ecdsa[] = {{"suite_of_ecdsa",
                                             {SHK_MSG_server_hello, 0, SUITE, 2, "c02b"},
                                             SHK_E_CERTIFICATE_KEY_SUITE}};
    static const uint16_t suites[] = {
        SHK_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, SHK_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
        SHK_TLS_RSA_WITH_AES_128_GCM_SHA256, SHK_TLS_DHE_DSS_WITH_AES_128_CBC_SHA};
    test_setup setup;
    (void)state;
    for (int i = 0; i < 2; i++) {
        test_setup_new(&setup, i == 0 ? "p256" : "rsa2048");
        setup.client.trust = NULL; /* else the key usage is refused first */
        setup.client.max_version = SHK_TLS12;
        setup.client.suites.values = suites;
        setup.client.suites.count = 4;
        if (i == 0)
            RUN_CASES(&setup, to_rsa, false);
        else
            RUN_CASES(&setup, to_ecdsa, false);
        test_setup_free(&setup);
    }
}

static void client_accepts_encrypt_then_mac_only_with_cbc(void **state)
{
    static const changed_case cases[] = {{"aead",
                                          {SHK_MSG_server_hello, 0, SUITE + 3, ALL, "000400160000"},
                                          SHK_E_ENCRYPT_THEN_MAC_SUITE}};
    static const uint16_t with_cbc[] = {SHK_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
                                        SHK_TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA};
    test_setup setup;
    (void)state;
    setup_12(&setup, "p256", ecdsa, p256);
    setup.client.suites = (shk_u16s){with_cbc, 2}; /* else it is not offered */
    RUN_CASES(&setup, cases, false);
    test_setup_free(&setup);
}

static void modified_finished_is_refused_in_every_version(void **state)
{
    static const changed_case of_client[] = {
        {"client", {SHK_MSG_finished, 0, -8, 8, "0000000000000000"}, SHK_E_BAD_FINISHED}};
    static const changed_case of_server[] = {
        {"server", {SHK_MSG_finished, 1, -8, 8, "0000000000000000"}, SHK_E_BAD_FINISHED}};
    (void)state;
    for (uint16_t version = SHK_TLS10; version <= SHK_TLS12; version++) {
        test_setup setup;
        test_setup_new(&setup, "rsa2048");
        setup.client.min_version = setup.client.max_version = version;
        setup.server.min_version = version;
        RUN_CASES(&setup, of_client, true);
        RUN_CASES(&setup, of_server, false);
        test_setup_free(&setup);
    }
}

static void server_refuses_modified_client_authentication(void **state)
{
    static const changed_case cases[] = {
        {"no_certificate",
         {SHK_MSG_certificate_12, 1, 0, ALL, "000000"},
         SHK_E_CERTIFICATE_REQUIRED_12},
        {"not_der", {SHK_MSG_certificate_12, 1, 6, 1, "00"}, SHK_E_CERTIFICATE_PARSE},
        {"unoffered_scheme",
         {SHK_MSG_certificate_verify, 0, 0, 2, "0603"},
         SHK_E_UNOFFERED_SIGNATURE_SCHEME},
        {"scheme_of_rsa",
         {SHK_MSG_certificate_verify, 0, 0, 2, "0401"},
         SHK_E_SIGNATURE_SCHEME_KEY},
        {"scheme_of_dsa",
         {SHK_MSG_certificate_verify, 0, 0, 2, "0402"},
         SHK_E_SIGNATURE_SCHEME_KEY},
        {"signature",
         {SHK_MSG_certificate_verify, 0, -8, 8, "0000000000000000"},
         SHK_E_BAD_SIGNATURE},
    };
    static const uint16_t schemes[] = {SHK_ecdsa_secp256r1_sha256, SHK_rsa_pkcs1_sha256,
                                       SHK_dsa_sha256};
    test_setup setup;
    (void)state;
    setup_12(&setup, "p256", ecdsa, p256);
    setup.server.schemes.values = schemes;
    setup.server.schemes.count = 3;
    test_with_client_certificate(&setup, "client-p256");
    RUN_CASES(&setup, cases, true);
    test_setup_free(&setup);
}

static void eddsa_key_signs_only_with_eddsa(void **state)
{
    static const changed_case of_server[] = {{"server",
                                              {SHK_MSG_server_key_exchange, 1, 4 + 32, 2, "0403"},
                                              SHK_E_SIGNATURE_SCHEME_KEY}};
    static const changed_case of_client[] = {
        {"client", {SHK_MSG_certificate_verify, 0, 0, 2, "0403"}, SHK_E_SIGNATURE_SCHEME_KEY}};
    test_setup setup;
    (void)state;
    setup_12(&setup, "ed25519", ecdsa, x25519);
    test_with_client_certificate(&setup, "client-ed25519");
    RUN_CASES(&setup, of_server, false);
    RUN_CASES(&setup, of_client, true);
    test_setup_free(&setup);
}

/* RFC 7919 §4: if a client lists finite fields, the server uses one of them or no DHE suite. */
static void no_common_finite_field_is_insufficient_security(void **state)
{
    static const uint16_t ffdhe3072[] = {SHK_ffdhe3072};
    test_setup setup;
    test_pair pair;
    (void)state;
    setup_12(&setup, "rsa2048", dhe, ffdhe2048);
    setup.server.groups.values = ffdhe3072;
    test_pair_open_and_run(&pair, &setup);
    assert_refused(NULL, pair.server, SHK_E_NO_COMMON_FFDHE);
    test_pair_close_all(&pair, &setup);
}

/* The same clause says nothing of a client that lists curves alone. */
static void no_common_curve_is_handshake_failure_beside_dhe_suites(void **state)
{
    test_setup setup;
    test_pair pair;
    (void)state;
    setup_12(&setup, "rsa2048", dhe, x25519);
    setup.server.groups.values = p256;
    test_pair_open_and_run(&pair, &setup);
    assert_refused(NULL, pair.server, SHK_E_NO_COMMON_SUITE);
    test_pair_close_all(&pair, &setup);
}

static void server_selects_a_finite_field_of_the_client(void **state)
{
    static const uint16_t both[] = {SHK_ffdhe3072, SHK_ffdhe2048};
    test_setup setup;
    test_pair pair;
    (void)state;
    setup_12(&setup, "rsa2048", dhe, ffdhe2048);
    setup.server.groups.values = both;
    setup.server.groups.count = 2;
    test_pair_connect(&pair, &setup);
    assert_int_equal(shk_conn_info_of(pair.client).group, SHK_ffdhe2048);
    assert_int_equal(shk_conn_info_of(pair.server).group, SHK_ffdhe2048);
    test_pair_close_all(&pair, &setup);
}

/* RFC 7919 §4: a finite field in the list does not imply a DHE suite. */
static void server_selects_no_dhe_suite_the_client_did_not_offer(void **state)
{
    static const uint16_t suites[] = {SHK_TLS_DHE_RSA_WITH_AES_128_GCM_SHA256,
                                      SHK_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256};
    static const uint16_t groups[] = {SHK_ffdhe2048, SHK_x25519};
    test_setup setup;
    test_pair pair;
    (void)state;
    setup_12(&setup, "rsa2048", suites + 1, groups);
    setup.client.groups.count = 2;
    setup.server.groups = setup.client.groups;
    setup.server.suites.values = suites;
    setup.server.suites.count = 2;
    test_pair_connect(&pair, &setup);
    assert_int_equal(shk_conn_info_of(pair.server).suite, suites[1]);
    test_pair_close_all(&pair, &setup);
}

static void rsa_key_exchange_needs_key_encipherment(void **state)
{
    test_setup setup;
    test_pair pair;
    (void)state;
    setup_12(&setup, "no-key-encipherment", rsa, p256);
    test_pair_open_and_run(&pair, &setup);
    assert_refused(NULL, pair.client, SHK_E_KEY_USAGE);
    test_pair_close_all(&pair, &setup);
}

/* RFC 5246 §7.4.7.1: a wrong version in the RSA premaster secret shows only as a wrong Finished. */
static void version_in_rsa_premaster_secret_is_checked(void **state)
{
    test_setup setup;
    test_pair pair;
    (void)state;
    setup_12(&setup, "rsa2048", rsa, p256);
    test_pair_start(&pair, &setup);
    pair.client->handshake->offered.legacy_version = SHK_TLS11; /* after it was sent as 1.2 */
    test_pair_pump(&pair);
    assert_refused(NULL, pair.server, SHK_E_BAD_RECORD_MAC);
    test_pair_close_all(&pair, &setup);
}

/* RFC 5246 §7.4.1.4.1: the change makes the type of signature_algorithms an unknown one. */
static void without_signature_algorithms_server_signs_with_sha1_or_fails(void **state)
{
    static const uint16_t suite[] = {SHK_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256};
    static const uint16_t sha256[] = {SHK_rsa_pkcs1_sha256};
    static const uint16_t sha1[] = {SHK_rsa_pkcs1_sha1};
    static const test_change change = {SHK_MSG_client_hello, 0, IN(signature_algorithms, 0), 2,
                                       "7777"};
    (void)state;
    for (int old = 0; old < 2; old++) {
        test_setup setup;
        test_pair pair;
        setup_12(&setup, "rsa2048", suite, x25519);
        setup.client.schemes = setup.server.schemes = (shk_u16s){old ? sha1 : sha256, 1};
        test_change_messages(&change);
        test_pair_open_and_run(&pair, &setup);
        assert_true(test_change_was_made());
        if (old)
            assert_connected(&pair);
        else
            assert_refused(NULL, pair.server, SHK_E_NO_COMMON_SUITE);
        test_pair_close_all(&pair, &setup);
    }
}

/* RFC 8422 §5.3: no certificate on a curve that the client has not offered. */
static void client_refuses_certificate_on_unoffered_curve(void **state)
{
    static const uint16_t groups[] = {SHK_x25519, SHK_secp256r1};
    (void)state;
    for (int offered = 0; offered < 2; offered++) {
        test_setup setup;
        test_bytes body = {.len = 0};
        shk_buf list = shk_buf_growing(&shk_libc_allocator);
        test_setup_new(&setup, "p256");
        setup.client.max_version = SHK_TLS12;
        setup.client.groups = (shk_u16s){groups, offered ? 2 : 1};
        shk_buf hello = test_first_hello(&setup);
        shk_conn *conn = test_conn_in(&setup.client, SHK_STATE_c12_wait_certificate);
        conn->suite = shk_suite_of(SHK_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256);
        assert_int_equal(shk_store_client_hello(conn, shk_buf_span(&hello)), SHK_OK);
        for (size_t i = 0; i < setup.credential->count; i++) {
            shk_asn1_cert cert = {setup.credential->chain[i]};
            assert_int_equal(shk_encode(shk_asn1_cert_shape, NULL, &cert, &list, NULL), SHK_OK);
        }
        body.data[1] = (uint8_t)(list.len >> 8);
        body.data[2] = (uint8_t)list.len;
        memcpy(body.data + 3, list.data, list.len);
        body.len = 3 + list.len;
        assert_fails(test_message(conn, SHK_MSG_certificate_12, &body),
                     offered ? SHK_OK : SHK_E_CERTIFICATE_CURVE);
        shk_conn_free(conn);
        shk_buf_free(&hello);
        shk_buf_free(&list);
        test_setup_free(&setup);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(client_refuses_certificate_on_unoffered_curve),
        cmocka_unit_test(client_refuses_modified_ecdhe_parameters),
        cmocka_unit_test(all_zero_x25519_secret_is_refused),
        cmocka_unit_test(client_refuses_named_curve_that_is_no_curve),
        cmocka_unit_test(server_refuses_modified_ecdhe_point),
        cmocka_unit_test(client_refuses_modified_dhe_parameters),
        cmocka_unit_test(finite_field_over_the_limit_is_refused),
        cmocka_unit_test(server_refuses_modified_dhe_value),
        cmocka_unit_test(client_refuses_modified_certificate),
        cmocka_unit_test(client_refuses_certificate_key_unfit_for_the_suite),
        cmocka_unit_test(client_accepts_encrypt_then_mac_only_with_cbc),
        cmocka_unit_test(modified_finished_is_refused_in_every_version),
        cmocka_unit_test(server_refuses_modified_client_authentication),
        cmocka_unit_test(eddsa_key_signs_only_with_eddsa),
        cmocka_unit_test(no_common_finite_field_is_insufficient_security),
        cmocka_unit_test(no_common_curve_is_handshake_failure_beside_dhe_suites),
        cmocka_unit_test(server_selects_a_finite_field_of_the_client),
        cmocka_unit_test(server_selects_no_dhe_suite_the_client_did_not_offer),
        cmocka_unit_test(rsa_key_exchange_needs_key_encipherment),
        cmocka_unit_test(version_in_rsa_premaster_secret_is_checked),
        cmocka_unit_test(without_signature_algorithms_server_signs_with_sha1_or_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
