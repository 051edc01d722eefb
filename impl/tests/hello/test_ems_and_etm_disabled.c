/* Ends with encrypt_then_mac (RFC 7366) and extended_master_secret (RFC 7627) disabled. */
#include "scripted_random.h"
#include "session_setup.h"

#include "extensions/extension_block.h"
#include "handshake/state/handshake.h"

/* Both ends report this, and have the same keys. */
static void assert_ems_and_etm(const test_setup *setup, bool encrypt_then_mac,
                               bool extended_master_secret)
{
    test_pair pair;
    test_pair_connect(&pair, setup);
    const shk_conn_info infos[] = {shk_conn_info_of(pair.client), shk_conn_info_of(pair.server)};
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(infos[i].encrypt_then_mac, encrypt_then_mac);
        assert_int_equal(infos[i].extended_master_secret, extended_master_secret);
    }
    uint8_t data[8] = {1, 2, 3, 4};
    assert_int_equal(shk_conn_write(pair.client, data, 4), SHK_OK);
    test_pair_pump(&pair);
    assert_int_equal(shk_conn_read(pair.server, data, sizeof data), 4);
    test_pair_close(&pair);
}

static void either_end_can_disable_ems_and_etm(void **state)
{
    static const uint16_t cbc[] = {SHK_TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA};
    (void)state;
    for (uint16_t version = SHK_TLS10; version <= SHK_TLS12; version++) {
        test_setup setup;
        test_setup_new(&setup, "p256");
        setup.client.suites = setup.server.suites = (shk_u16s){cbc, 1};
        setup.client.min_version = setup.server.min_version = version;
        setup.client.max_version = setup.server.max_version = version;
        assert_ems_and_etm(&setup, true, true);
        setup.client.no_encrypt_then_mac = true;
        assert_ems_and_etm(&setup, false, true);
        setup.client.no_extended_master_secret = true;
        assert_ems_and_etm(&setup, false, false);
        setup.client.no_encrypt_then_mac = setup.client.no_extended_master_secret = false;
        setup.server.no_encrypt_then_mac = true;
        assert_ems_and_etm(&setup, false, true);
        setup.server.no_extended_master_secret = true;
        assert_ems_and_etm(&setup, false, false);
        test_setup_free(&setup);
    }
}

/* A disabled extension is not in the hello. */
static void disabled_ems_and_etm_are_not_offered(void **state)
{
    test_setup setup;
    test_pair pair;
    (void)state;
    test_setup_new(&setup, "p256");
    for (int without = 0; without < 2; without++) {
        setup.client.no_encrypt_then_mac = setup.client.no_extended_master_secret = without == 1;
        test_pair_send_hello(&pair, &setup);
        const shk_extension_block *offered = &pair.client->handshake->offered.extensions;
        assert_int_equal(shk_extension_in(offered, SHK_EXT_encrypt_then_mac), without == 0);
        assert_int_equal(shk_extension_in(offered, SHK_EXT_extended_master_secret), without == 0);
        test_pair_close(&pair);
    }
    test_setup_free(&setup);
}

/* RFC 7627 §5.3: a client that has since disabled extended_master_secret does not offer a session
 * with it, and such a server makes a full handshake. */
static void session_with_ems_is_not_resumed_without_ems(void **state)
{
    (void)state;
    for (int at_server = 0; at_server < 2; at_server++) {
        test_setup setup;
        test_session kept, first;
        test_setup_resumption(&setup, &kept, &first, SHK_TLS12);
        assert_true(test_resumes(&setup));
        if (at_server)
            setup.server.no_extended_master_secret = true;
        else
            setup.client.no_extended_master_secret = true;
        assert_false(test_resumes(&setup));
        first = kept; /* of the last handshake, without */
        test_offer_session(&setup, &first);
        assert_true(test_resumes(&setup));
        test_setup_free(&setup);
    }
}

static void disabled_ems_cannot_be_required(void **state)
{
    test_setup setup;
    shk_conn *conn = NULL;
    uint64_t counter = 0;
    const shk_random random = counting(&counter);
    (void)state;
    test_setup_new(&setup, "p256");
    setup.client.no_extended_master_secret = setup.client.require_extended_master_secret = true;
    assert_fails(shk_conn_new(&setup.client, &random, &conn), SHK_E_CONFIG);
    test_setup_free(&setup);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(either_end_can_disable_ems_and_etm),
        cmocka_unit_test(disabled_ems_and_etm_are_not_offered),
        cmocka_unit_test(session_with_ems_is_not_resumed_without_ems),
        cmocka_unit_test(disabled_ems_cannot_be_required),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
