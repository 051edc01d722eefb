/* When a certificate or its status is requested, by suite, version and configuration (RFC 4279 §2,
 * RFC 5246 §7.4.4, RFC 8446 §4.2.6, RFC 6066 §8). */
#include "conn_pair.h"

#include <string.h>

#include "handshake/state/handshake.h"

static const uint8_t key[32] = {7};

/* Counts the CertificateRequests that a client receives. */
static void count_requests(void *context, bool sent, shk_message id, const shk_form *form,
                           shk_span raw)
{
    (void)sent;
    (void)form;
    (void)raw;
    *(unsigned *)context +=
        id == SHK_MSG_certificate_request || id == SHK_MSG_certificate_request_12;
}

/* Connects with the suite, or with the defaults; returns the number of CertificateRequests. */
static unsigned requests(test_setup *setup, const uint16_t *suite)
{
    test_pair pair;
    unsigned count = 0;
    if (suite != NULL) {
        setup->client.suites = setup->server.suites = (shk_u16s){suite, 1};
        setup->client.max_version = SHK_TLS12;
    }
    setup->client.observer = count_requests;
    setup->client.observer_context = &count;
    test_pair_connect(&pair, setup);
    test_pair_close(&pair);
    return count;
}

static void psk_suite_has_no_certificate_request(void **state)
{
    static const uint16_t suites[] = {SHK_TLS_PSK_WITH_AES_128_GCM_SHA256,
                                      SHK_TLS_RSA_PSK_WITH_AES_128_GCM_SHA256,
                                      SHK_TLS_RSA_WITH_AES_128_GCM_SHA256};
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        test_setup setup;
        test_setup_new(&setup, "rsa2048");
        test_with_psk(&setup, key, key);
        setup.server.client_auth = SHK_CLIENT_AUTH_REQUEST;
        assert_int_equal(requests(&setup, &suites[i]), i == 2);
        test_setup_free(&setup);
    }
}

static void server_requiring_a_certificate_selects_no_rsa_psk_suite(void **state)
{
    static const uint16_t suite[] = {SHK_TLS_RSA_PSK_WITH_AES_128_GCM_SHA256};
    test_setup setup;
    test_pair pair;
    (void)state;
    test_setup_new(&setup, "rsa2048");
    test_with_client_certificate(&setup, "client-p256");
    test_with_psk(&setup, key, key);
    setup.client.suites = setup.server.suites = (shk_u16s){suite, 1};
    setup.client.max_version = SHK_TLS12;
    test_pair_open_and_run(&pair, &setup);
    assert_refused(NULL, pair.server, SHK_E_NO_COMMON_SUITE);
    test_pair_close_all(&pair, &setup);
}

/* RFC 5246 §7.4.4: an anonymous server may not request a certificate. */
static void server_requiring_a_certificate_selects_no_anonymous_suite(void **state)
{
    static const uint16_t suite[] = {SHK_TLS_ECDH_anon_WITH_AES_128_CBC_SHA};
    test_setup setup;
    test_pair pair;
    (void)state;
    test_setup_new(&setup, "p256");
    test_with_client_certificate(&setup, "client-p256");
    setup.client.suites = setup.server.suites = (shk_u16s){suite, 1};
    setup.client.max_version = SHK_TLS12;
    test_pair_open_and_run(&pair, &setup);
    assert_refused(NULL, pair.server, SHK_E_NO_COMMON_SUITE);
    test_pair_close_all(&pair, &setup);
}

/* Post-handshake authentication is of TLS 1.3; below it the server asks within the handshake. */
static void post_handshake_server_sends_certificate_request_at_once_below_tls_13(void **state)
{
    static const uint16_t suite[] = {SHK_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256};
    test_setup setup;
    (void)state;
    test_setup_new(&setup, "p256");
    test_with_client_certificate(&setup, "client-p256");
    setup.server.post_handshake_auth = true;
    assert_int_equal(requests(&setup, NULL), 0);
    assert_int_equal(requests(&setup, suite), 1);
    test_setup_free(&setup);
}

/* The post_handshake_auth of a TLS 1.3 client has no effect below TLS 1.3. */
static void post_handshake_auth_is_not_negotiated_below_tls_13(void **state)
{
    test_setup setup;
    test_pair pair;
    (void)state;
    test_setup_new(&setup, "p256");
    setup.client.post_handshake_auth = setup.server.post_handshake_auth = true;
    setup.server.max_version = SHK_TLS12;
    test_pair_connect(&pair, &setup);
    assert_false(pair.server->post_handshake_auth);
    assert_null(pair.server->main_transcript.state);
    assert_fails(shk_conn_request_authentication(pair.server), SHK_E_NOT_CONNECTED);
    test_pair_close_all(&pair, &setup);
}

static void psk_is_accepted_if_certificate_is_requested_post_handshake(void **state)
{
    test_setup setup;
    test_pair pair;
    (void)state;
    test_setup_new(&setup, "p256");
    test_with_client_certificate(&setup, "client-p256");
    test_with_psk(&setup, key, key);
    setup.server.post_handshake_auth = true;
    test_pair_connect(&pair, &setup);
    assert_true(shk_conn_info_of(pair.server).external_psk);
    test_pair_close_all(&pair, &setup);
}

/* RFC 8446 §4.2.6: the client's extension is only an offer. */
static void server_without_post_handshake_auth_cannot_request(void **state)
{
    test_setup setup;
    test_pair pair;
    (void)state;
    test_setup_new(&setup, "p256");
    setup.client.post_handshake_auth = true;
    test_pair_connect(&pair, &setup);
    assert_fails(shk_conn_request_authentication(pair.server), SHK_E_NO_POST_HANDSHAKE_AUTH);
    test_pair_close_all(&pair, &setup);
}

/* Without a certificate there is no status to demand. */
static void status_is_demanded_only_of_certificates(void **state)
{
    static const uint16_t suite[] = {SHK_TLS_PSK_WITH_AES_128_GCM_SHA256};
    static const uint8_t raw[] = {SHK_CERTIFICATE_RAW_PUBLIC_KEY};
    test_setup setup;
    (void)state;
    test_setup_new(&setup, "p256");
    test_with_psk(&setup, key, key);
    setup.client.status_request = SHK_STAPLING_DEMAND;
    assert_int_equal(requests(&setup, suite), 0);
    test_setup_free(&setup);
    test_setup_new(&setup, "p256");
    setup.client.max_version = SHK_TLS12;
    setup.client.status_request = SHK_STAPLING_DEMAND;
    setup.client.peer_certificate_types = shk_span_of(raw, 1);
    setup.client.peer_keys = &setup.credential->key_info;
    setup.client.peer_key_count = 1;
    setup.server.own_certificate_types = shk_span_of(raw, 1);
    assert_int_equal(requests(&setup, NULL), 0);
    test_setup_free(&setup);
}

static void missing_status_and_scts_are_not_sent(void **state)
{
    (void)state;
    for (uint16_t version = SHK_TLS12; version <= SHK_TLS13; version++) {
        test_setup setup;
        test_pair pair;
        test_setup_new(&setup, "p256");
        setup.client.max_version = version;
        setup.client.request_timestamps = true;
        setup.client.status_request = SHK_STAPLING_ASK;
        test_pair_connect(&pair, &setup);
        assert_int_equal(shk_conn_info_of(pair.client).timestamps, 0);
        assert_false(shk_conn_info_of(pair.client).status_verified);
        test_pair_close_all(&pair, &setup);
    }
}

/* A server that sends its raw public key does not send the status of its certificate. */
static void raw_key_has_no_status(void **state)
{
    static const uint8_t raw[] = {SHK_CERTIFICATE_RAW_PUBLIC_KEY};
    (void)state;
    for (uint16_t version = SHK_TLS12; version <= SHK_TLS13; version++) {
        test_setup setup;
        test_setup_new(&setup, "p256");
        assert_int_equal(shk_credential_set_status(setup.credential, shk_span_of("none", 4)),
                         SHK_OK);
        setup.client.max_version = version;
        setup.client.status_request = SHK_STAPLING_ASK;
        setup.client.peer_certificate_types = shk_span_of(raw, 1);
        setup.client.peer_keys = &setup.credential->key_info;
        setup.client.peer_key_count = 1;
        setup.server.own_certificate_types = shk_span_of(raw, 1);
        assert_int_equal(requests(&setup, NULL), 0);
        test_setup_free(&setup);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(psk_suite_has_no_certificate_request),
        cmocka_unit_test(server_requiring_a_certificate_selects_no_rsa_psk_suite),
        cmocka_unit_test(server_requiring_a_certificate_selects_no_anonymous_suite),
        cmocka_unit_test(post_handshake_server_sends_certificate_request_at_once_below_tls_13),
        cmocka_unit_test(post_handshake_auth_is_not_negotiated_below_tls_13),
        cmocka_unit_test(psk_is_accepted_if_certificate_is_requested_post_handshake),
        cmocka_unit_test(server_without_post_handshake_auth_cannot_request),
        cmocka_unit_test(status_is_demanded_only_of_certificates),
        cmocka_unit_test(missing_status_and_scts_are_not_sent),
        cmocka_unit_test(raw_key_has_no_status),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
