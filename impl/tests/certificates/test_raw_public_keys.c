/* Raw public keys in place of certificates (RFC 7250, RFC 8446 §4.4.2). */
#include "conn_pair.h"
#include "raw_key_setup.h"
#include "scripted_random.h"

#include "handshake/flow/flow_table.h"
#include "handshake/state/handshake.h"

static void server_sends_its_raw_public_key(void **state)
{
    (void)state;
    for (int trusted = 0; trusted < 2; trusted++)
        for (uint16_t version = SHK_TLS12; version <= SHK_TLS13; version++) {
            test_setup setup;
            test_pair pair;
            setup_raw(&setup, version);
            if (!trusted) {
                setup.client.trust = NULL;
                setup.client.peer_key_count = 0;
            }
            test_pair_connect(&pair, &setup);
            assert_true(shk_conn_info_of(pair.client).raw_public_key);
            assert_true(shk_conn_info_of(pair.server).raw_public_key);
            assert_int_equal(shk_conn_info_of(pair.client).peer_verified, trusted);
            test_pair_close_all(&pair, &setup);
        }
}

static void raw_rsa_key_works_with_rsa_key_exchange(void **state)
{
    static const uint16_t suite[] = {SHK_TLS_RSA_WITH_AES_128_GCM_SHA256};
    test_setup setup;
    test_pair pair;
    (void)state;
    test_setup_new(&setup, "rsa2048");
    setup.client.max_version = SHK_TLS12;
    setup.client.suites = (shk_u16s){suite, 1};
    setup.client.peer_certificate_types = CERTIFICATE_TYPES(raw_alone);
    trust_key(&setup);
    setup.server.own_certificate_types = CERTIFICATE_TYPES(raw_alone);
    test_pair_connect(&pair, &setup);
    assert_true(shk_conn_info_of(pair.client).raw_public_key);
    test_pair_close_all(&pair, &setup);
}

static void untrusted_raw_public_key_is_refused(void **state)
{
    shk_buf pem = read_source_file("corpora/pki/p384.pem");
    shk_span other;
    (void)state;
    assert_int_equal(shk_key_info_from_pem(shk_buf_span(&pem), &other), SHK_OK);
    for (uint16_t version = SHK_TLS12; version <= SHK_TLS13; version++) {
        test_setup setup;
        test_pair pair;
        setup_raw(&setup, version);
        setup.client.peer_keys = &other;
        setup.client.peer_key_count = 1;
        test_pair_open_and_run(&pair, &setup);
        assert_refused(NULL, pair.client, SHK_E_RAW_KEY_UNTRUSTED);
        test_pair_close_all(&pair, &setup);
    }
    shk_key_info_free(other);
    shk_buf_free(&pem);
}

/* Both ends send raw public keys. */
static void client_sends_its_raw_public_key(void **state)
{
    (void)state;
    for (uint16_t version = SHK_TLS12; version <= SHK_TLS13; version++) {
        test_setup setup;
        test_pair pair;
        setup_raw(&setup, version);
        setup.client.credentials = setup.credentials;
        setup.client.credential_count = 1;
        setup.client.own_certificate_types = CERTIFICATE_TYPES(raw_or_x509);
        setup.server.peer_certificate_types = CERTIFICATE_TYPES(raw_alone);
        setup.server.client_auth = SHK_CLIENT_AUTH_REQUIRE;
        setup.server.peer_keys = &setup.credential->key_info;
        setup.server.peer_key_count = 1;
        test_pair_connect(&pair, &setup);
        assert_true(shk_conn_info_of(pair.server).peer_authenticated);
        assert_true(shk_conn_info_of(pair.server).peer_verified);
        test_pair_close_all(&pair, &setup);
    }
}

/* The client's key can make no signature that the server accepts. */
static void client_without_a_suitable_raw_key_sends_none(void **state)
{
    static const uint16_t ecdsa[] = {SHK_ecdsa_secp256r1_sha256};
    shk_credential *ed448 = test_credential("ed448");
    const shk_credential *own[] = {ed448};
    (void)state;
    for (int required = 0; required < 2; required++)
        for (uint16_t version = SHK_TLS12; version <= SHK_TLS13; version++) {
            test_setup setup;
            test_pair pair;
            setup_raw(&setup, version);
            setup.client.own_certificate_types = CERTIFICATE_TYPES(raw_alone);
            setup.client.credentials = own;
            setup.client.credential_count = 1;
            setup.server.schemes = (shk_u16s){ecdsa, 1};
            setup.server.peer_certificate_types = CERTIFICATE_TYPES(raw_alone);
            setup.server.client_auth = required ? SHK_CLIENT_AUTH_REQUIRE : SHK_CLIENT_AUTH_REQUEST;
            setup.server.peer_keys = &setup.credential->key_info;
            setup.server.peer_key_count = 1;
            test_pair_open_and_run(&pair, &setup);
            if (required)
                assert_refused(NULL, pair.server,
                               version == SHK_TLS13 ? SHK_E_CERTIFICATE_REQUIRED
                                                    : SHK_E_CERTIFICATE_REQUIRED_12);
            else
                assert_connected(&pair);
            assert_int_equal(pair.client->own_certificate_type, SHK_CERTIFICATE_RAW_PUBLIC_KEY);
            assert_false(shk_conn_info_of(pair.server).peer_authenticated);
            test_pair_close_all(&pair, &setup);
        }
    shk_credential_free(ed448);
}

#define ED25519                                                                                    \
    "302a300506032b65700321003d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"

static void raw_public_key_must_be_one_complete_key(void **state)
{
    static const struct {
        const char *hex;
        shk_status expected;
    } cases[] = {
        {"00000031"
         "00002c" ED25519 "0000",
         SHK_OK},
        {"00000062"
         "00002c" ED25519 "0000"
         "00002c" ED25519 "0000",
         SHK_E_RAW_KEY_COUNT},
        {"00000006"
         "000001"
         "aa"
         "0000",
         SHK_E_RAW_KEY_PARSE},
        {"00000032"
         "00002d" ED25519 "00"
         "0000",
         SHK_E_RAW_KEY_PARSE},
        {"00000000", SHK_E_EMPTY_CERTIFICATE},
    };
    test_setup setup;
    (void)state;
    setup_raw(&setup, SHK_TLS13);
    setup.client.trust = NULL; /* any key is accepted */
    setup.client.peer_key_count = 0;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        test_bytes body = from_hex(cases[i].hex);
        shk_conn *conn = test_conn_in(&setup.client, SHK_STATE_c13_wait_certificate);
        conn->peer_certificate_type = SHK_CERTIFICATE_RAW_PUBLIC_KEY;
        assert_fails(test_message(conn, SHK_MSG_certificate, &body), cases[i].expected);
        shk_conn_free(conn);
    }
    test_setup_free(&setup);
}

/* RFC 7250 §3: one key, which is not in a list. */
static void raw_public_key_is_not_a_list_below_tls_13(void **state)
{
    static const struct {
        const char *hex;
        shk_status expected;
    } cases[] = {{"00002c" ED25519, SHK_E_CERTIFICATE_KEY_SUITE}, /* the suite needs an RSA key */
                 {"000000", SHK_E_EMPTY_CERTIFICATE},
                 {"00002f"
                  "00002c" ED25519,
                  SHK_E_RAW_KEY_PARSE},
                 {"00002c" ED25519 "00", SHK_E_TRAILING_DATA}};
    test_setup setup;
    (void)state;
    setup_raw(&setup, SHK_TLS12);
    setup.client.trust = NULL; /* any key is accepted */
    setup.client.peer_key_count = 0;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        test_bytes body = from_hex(cases[i].hex);
        shk_conn *conn = test_conn_in(&setup.client, SHK_STATE_c12_wait_certificate);
        conn->peer_certificate_type = SHK_CERTIFICATE_RAW_PUBLIC_KEY;
        assert_fails(test_message(conn, SHK_MSG_certificate_12, &body), cases[i].expected);
        shk_conn_free(conn);
    }
    test_setup_free(&setup);
}

static void unknown_certificate_types_are_refused_in_configuration(void **state)
{
    static const uint8_t openpgp[] = {1};
    test_setup setup;
    uint64_t seed = 1;
    shk_random random = counting(&seed);
    shk_conn *conn = NULL;
    (void)state;
    setup_raw(&setup, SHK_TLS13);
    setup.client.own_certificate_types = CERTIFICATE_TYPES(openpgp);
    assert_fails(shk_conn_new(&setup.client, &random, &conn), SHK_E_CONFIG);
    setup.server.peer_certificate_types = CERTIFICATE_TYPES(raw_alone);
    setup.server.client_auth = SHK_CLIENT_AUTH_REQUIRE;
    assert_fails(shk_conn_new(&setup.server, &random, &conn), SHK_E_CONFIG);
    test_setup_free(&setup);
}

/* A raw key has no issuer that the server could name (RFC 7250 §4.2). */
static void raw_public_key_is_sent_whatever_the_authorities(void **state)
{
    (void)state;
    for (uint16_t version = SHK_TLS12; version <= SHK_TLS13; version++) {
        test_setup setup;
        test_pair pair;
        shk_trust *other = test_trust("other-root.pem");
        test_setup_new(&setup, "p256");
        test_with_client_certificate(&setup, "client-p256");
        setup.client.max_version = version;
        setup.client.own_certificate_types = CERTIFICATE_TYPES(raw_alone);
        setup.server.peer_certificate_types = CERTIFICATE_TYPES(raw_or_x509);
        setup.server.peer_keys = &setup.client_credential->key_info;
        setup.server.peer_key_count = 1;
        setup.server.trust = other;
        test_pair_connect(&pair, &setup);
        assert_true(shk_conn_info_of(pair.server).peer_verified);
        test_pair_close(&pair);
        shk_trust_free(other);
        test_setup_free(&setup);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(server_sends_its_raw_public_key),
        cmocka_unit_test(raw_rsa_key_works_with_rsa_key_exchange),
        cmocka_unit_test(untrusted_raw_public_key_is_refused),
        cmocka_unit_test(client_sends_its_raw_public_key),
        cmocka_unit_test(client_without_a_suitable_raw_key_sends_none),
        cmocka_unit_test(raw_public_key_must_be_one_complete_key),
        cmocka_unit_test(raw_public_key_is_not_a_list_below_tls_13),
        cmocka_unit_test(unknown_certificate_types_are_refused_in_configuration),
        cmocka_unit_test(raw_public_key_is_sent_whatever_the_authorities),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
