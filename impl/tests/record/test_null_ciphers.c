/* Suites that do not encrypt (RFC 5246 §6.2.3.1, RFC 4785): only if a configuration names them, and
 * still authenticated. */
#include "conn_pair.h"

#include <string.h>

static bool is_null(uint16_t suite)
{
    return shk_suite_of(suite)->cipher == SHK_CIPHER_NULL;
}

static void default_suites_have_no_null_cipher(void **state)
{
    (void)state;
    for (size_t i = 0; i < shk_default_suites.count; i++)
        assert_false(is_null(shk_default_suites.values[i]));
}

static void connect_with(test_setup *setup, test_pair *pair, uint16_t suite)
{
    test_setup_for_suite(setup, shk_suite_of(suite));
    test_pair_connect(pair, setup);
    assert_int_equal(shk_conn_info_of(pair->client).suite, suite);
}

/* The content as it is, then the MAC of the suite. */
static void null_cipher_record_is_plaintext_with_mac(void **state)
{
    static const struct {
        uint16_t suite;
        size_t mac;
    } cases[] = {{SHK_TLS_RSA_WITH_NULL_MD5, 16},
                 {SHK_TLS_ECDHE_ECDSA_WITH_NULL_SHA, 20},
                 {SHK_TLS_RSA_WITH_NULL_SHA256, 32},
                 {SHK_TLS_PSK_WITH_NULL_SHA384, 48}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        test_setup setup;
        test_pair pair;
        connect_with(&setup, &pair, cases[i].suite);
        assert_int_equal(shk_conn_write(pair.client, (const uint8_t *)"readable", 8), SHK_OK);
        shk_span out = shk_conn_output(pair.client);
        assert_int_equal(out.len, 5 + 8 + cases[i].mac);
        assert_memory_equal(out.data + 5, "readable", 8);
        assert_int_equal(test_move_output(pair.client, pair.server), SHK_OK);
        test_pair_close_all(&pair, &setup);
    }
}

/* There is no IV that is known in advance (RFC 4346 §6.2.3.2). */
static void tls_10_null_cipher_data_is_not_split(void **state)
{
    test_setup setup;
    test_pair pair;
    size_t longest;
    (void)state;
    test_setup_for_suite(&setup, shk_suite_of(SHK_TLS_ECDHE_RSA_WITH_NULL_SHA));
    setup.client.min_version = setup.server.min_version = SHK_TLS10;
    setup.client.max_version = setup.server.max_version = SHK_TLS10;
    test_pair_connect(&pair, &setup);
    assert_int_equal(shk_conn_write(pair.client, (const uint8_t *)"readable", 8), SHK_OK);
    assert_int_equal(test_records_in(pair.client, SHK_APPLICATION_DATA, &longest), 1);
    test_pair_close_all(&pair, &setup);
}

static void modified_null_cipher_record_is_bad_record_mac(void **state)
{
    (void)state;
    for (size_t at = 5; at < 5 + 8 + 20; at += 9) { /* in the content, and in the MAC */
        uint8_t bytes[64];
        test_setup setup;
        test_pair pair;
        connect_with(&setup, &pair, SHK_TLS_ECDHE_RSA_WITH_NULL_SHA);
        assert_int_equal(shk_conn_write(pair.client, (const uint8_t *)"readable", 8), SHK_OK);
        shk_span out = shk_conn_output(pair.client);
        memcpy(bytes, out.data, out.len);
        bytes[at] ^= 1;
        assert_fails(shk_conn_feed(pair.server, bytes, out.len), SHK_E_BAD_RECORD_MAC);
        test_pair_close_all(&pair, &setup);
    }
}

static void null_cipher_record_shorter_than_mac_is_bad_record_mac(void **state)
{
    static const uint8_t record[5 + 19] = {23, 3, 3, 0, 19};
    test_setup setup;
    test_pair pair;
    (void)state;
    connect_with(&setup, &pair, SHK_TLS_ECDHE_RSA_WITH_NULL_SHA);
    assert_fails(shk_conn_feed(pair.server, record, sizeof record), SHK_E_BAD_RECORD_MAC);
    test_pair_close_all(&pair, &setup);
}

/* RFC 7366 §2: it is for block ciphers, and is not offered without one. */
static void encrypt_then_mac_is_not_negotiated_with_null_cipher(void **state)
{
    static const uint16_t with_cbc[] = {SHK_TLS_ECDHE_RSA_WITH_NULL_SHA,
                                        SHK_TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA};
    test_setup setup;
    test_pair pair;
    (void)state;
    connect_with(&setup, &pair, SHK_TLS_ECDHE_RSA_WITH_NULL_SHA);
    assert_false(shk_conn_info_of(pair.client).encrypt_then_mac);
    test_pair_close(&pair);
    setup.client.suites = (shk_u16s){with_cbc, 2};
    test_pair_connect(&pair, &setup);
    assert_int_equal(shk_conn_info_of(pair.server).suite, with_cbc[0]);
    assert_false(shk_conn_info_of(pair.server).encrypt_then_mac);
    test_pair_close_all(&pair, &setup);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(default_suites_have_no_null_cipher),
        cmocka_unit_test(null_cipher_record_is_plaintext_with_mac),
        cmocka_unit_test(tls_10_null_cipher_data_is_not_split),
        cmocka_unit_test(modified_null_cipher_record_is_bad_record_mac),
        cmocka_unit_test(null_cipher_record_shorter_than_mac_is_bad_record_mac),
        cmocka_unit_test(encrypt_then_mac_is_not_negotiated_with_null_cipher),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
