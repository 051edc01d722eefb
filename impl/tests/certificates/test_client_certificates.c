/* The client's certificate, requested and not (RFC 8446 §4.4.2, §4.4.3, RFC 5246 §7.4.6, §7.4.8).
 */
#include "message_changes.h"

static test_change nth_certificate(uint16_t version, unsigned skip)
{
    test_change change = {version < SHK_TLS13 ? SHK_MSG_certificate_12 : SHK_MSG_certificate, skip,
                          0, 0, ""};
    return change;
}

static void client_sends_a_certificate_on_request(void **state)
{
    static const char *const keys[] = {"client-p256", "client-rsa2048", "client-ed25519"};
    (void)state;
    for (uint16_t version = SHK_TLS12; version <= SHK_TLS13; version++)
        for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
            test_setup setup;
            test_pair pair;
            test_setup_new(&setup, "p256");
            setup.client.max_version = version;
            test_with_client_certificate(&setup, keys[i]);
            test_pair_connect(&pair, &setup);
            assert_true(shk_conn_info_of(pair.server).peer_authenticated);
            assert_true(shk_conn_info_of(pair.server).peer_verified);
            test_pair_close_all(&pair, &setup);
        }
}

static void client_sends_no_certificate_without_a_request(void **state)
{
    (void)state;
    for (uint16_t version = SHK_TLS12; version <= SHK_TLS13; version++) {
        const test_change second = nth_certificate(version, 1);
        test_setup setup;
        test_pair pair;
        test_setup_new(&setup, "p256");
        setup.client.max_version = version;
        test_with_client_certificate(&setup, "client-p256");
        setup.server.client_auth = SHK_CLIENT_AUTH_NONE;
        test_change_messages(&second);
        test_pair_connect(&pair, &setup);
        assert_false(test_change_was_made());
        assert_false(shk_conn_info_of(pair.server).peer_authenticated);
        test_pair_close_all(&pair, &setup);
    }
}

/* Nothing but the empty list is changed to the empty list without harm. */
static void client_without_a_certificate_sends_an_empty_list(void **state)
{
    (void)state;
    for (uint16_t version = SHK_TLS12; version <= SHK_TLS13; version++) {
        test_change second = nth_certificate(version, 1);
        test_setup setup;
        test_pair pair;
        test_setup_new(&setup, "p256");
        setup.client.max_version = version;
        setup.server.client_auth = SHK_CLIENT_AUTH_REQUEST;
        second.cut = ALL;
        second.hex = version < SHK_TLS13 ? "000000" : "00000000";
        test_change_messages(&second);
        test_pair_connect(&pair, &setup);
        assert_true(test_change_was_made());
        assert_false(shk_conn_info_of(pair.server).peer_authenticated);
        test_pair_close_all(&pair, &setup);
    }
}

static void client_signs_with_a_scheme_of_the_request(void **state)
{
    /* the other is for its chain */
    static const uint16_t schemes[] = {SHK_rsa_pss_rsae_sha384, SHK_ecdsa_secp256r1_sha256};
    (void)state;
    for (uint16_t version = SHK_TLS12; version <= SHK_TLS13; version++) {
        test_setup setup;
        test_pair pair;
        test_setup_new(&setup, "rsa2048");
        setup.client.max_version = version;
        test_with_client_certificate(&setup, "client-rsa2048");
        setup.server.schemes.values = schemes;
        setup.server.schemes.count = 2;
        test_pair_connect(&pair, &setup);
        assert_true(shk_conn_info_of(pair.server).peer_authenticated);
        test_pair_close_all(&pair, &setup);
    }
}

static void client_without_a_common_scheme_sends_an_empty_list(void **state)
{
    static const uint16_t pss_384[] = {SHK_rsa_pss_rsae_sha384};
    (void)state;
    for (uint16_t version = SHK_TLS12; version <= SHK_TLS13; version++) {
        test_setup setup;
        test_pair pair;
        test_setup_new(&setup, "rsa2048");
        setup.client.max_version = version;
        test_with_client_certificate(&setup, "client-p256");
        setup.server.schemes.values = pss_384;
        setup.server.schemes.count = 1;
        test_pair_open_and_run(&pair, &setup);
        assert_refused(NULL, pair.server,
                       version < SHK_TLS13 ? SHK_E_CERTIFICATE_REQUIRED_12
                                           : SHK_E_CERTIFICATE_REQUIRED);
        test_pair_close_all(&pair, &setup);
    }
}

static void client_key_without_digital_signature_is_refused(void **state)
{
    (void)state;
    for (uint16_t version = SHK_TLS12; version <= SHK_TLS13; version++) {
        test_setup setup;
        test_pair pair;
        test_setup_new(&setup, "p256");
        setup.client.max_version = version;
        test_with_client_certificate(&setup, "client-no-digital-signature");
        test_pair_open_and_run(&pair, &setup);
        assert_refused(NULL, pair.server, SHK_E_KEY_USAGE);
        test_pair_close_all(&pair, &setup);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(client_sends_a_certificate_on_request),
        cmocka_unit_test(client_sends_no_certificate_without_a_request),
        cmocka_unit_test(client_without_a_certificate_sends_an_empty_list),
        cmocka_unit_test(client_signs_with_a_scheme_of_the_request),
        cmocka_unit_test(client_without_a_common_scheme_sends_an_empty_list),
        cmocka_unit_test(client_key_without_digital_signature_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
