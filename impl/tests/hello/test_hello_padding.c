/* The padding extension (RFC 7685) in our ClientHello. */
#include "session_setup.h"

/* Length of the first ClientHello message; `retry`: of the second. */
static size_t hello_length(const test_setup *setup, bool retry)
{
    test_pair pair;
    test_pair_start(&pair, setup);
    if (retry) {
        assert_int_equal(test_move_output(pair.client, pair.server), SHK_OK);
        assert_int_equal(test_move_output(pair.server, pair.client), SHK_OK);
    }
    shk_span out = shk_conn_output(pair.client);
    size_t len = (size_t)out.data[3] << 8 | out.data[4];
    test_pair_close(&pair);
    return len;
}

static void client_hello_is_padded_to_the_configured_length(void **state)
{
    test_setup setup;
    test_pair pair;
    (void)state;
    test_setup_new(&setup, "p256");
    setup.client.hello_padding = 512;
    assert_int_equal(hello_length(&setup, false), 512);
    test_pair_connect(&pair, &setup);
    test_pair_close(&pair);
    setup.client.hello_padding = 65535;
    assert_int_equal(hello_length(&setup, false), 16384);
    test_pair_connect(&pair, &setup);
    test_pair_close_all(&pair, &setup);
}

static void longer_client_hello_is_not_padded(void **state)
{
    test_setup setup;
    (void)state;
    test_setup_new(&setup, "p256");
    size_t len = hello_length(&setup, false);
    setup.client.hello_padding = (uint16_t)len;
    assert_int_equal(hello_length(&setup, false), len);
    setup.client.hello_padding = (uint16_t)(len - 1);
    assert_int_equal(hello_length(&setup, false), len);
    test_setup_free(&setup);
}

/* Fewer bytes are missing than the 4 of an empty extension. */
static void padding_extension_is_empty_if_few_bytes_are_missing(void **state)
{
    test_setup setup;
    (void)state;
    test_setup_new(&setup, "p256");
    size_t len = hello_length(&setup, false);
    setup.client.hello_padding = (uint16_t)(len + 1);
    assert_int_equal(hello_length(&setup, false), len + 4);
    test_setup_free(&setup);
}

/* RFC 8446 §4.1.2: the padding may change. */
static void second_client_hello_is_padded_again(void **state)
{
    static const uint16_t p384[] = {SHK_secp384r1};
    test_setup setup;
    test_pair pair;
    (void)state;
    test_setup_new(&setup, "p256");
    setup.client.hello_padding = 1000;
    setup.client.no_middlebox_compatibility = true;
    setup.server.groups = (shk_u16s){p384, 1};
    assert_int_equal(hello_length(&setup, true), 1000);
    test_pair_connect(&pair, &setup);
    assert_true(shk_conn_info_of(pair.client).retried);
    test_pair_close_all(&pair, &setup);
}

/* It stands before pre_shared_key, whose binders cover it. */
static void client_hello_with_psk_is_padded(void **state)
{
    test_setup setup;
    test_session kept;
    (void)state;
    test_setup_tickets(&setup, &kept, SHK_TLS13);
    setup.client.hello_padding = 2000;
    assert_false(test_resumes(&setup));
    test_offer_session(&setup, &kept);
    assert_int_equal(hello_length(&setup, false), 2000);
    assert_true(test_resumes(&setup));
    test_setup_free(&setup);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(client_hello_is_padded_to_the_configured_length),
        cmocka_unit_test(longer_client_hello_is_not_padded),
        cmocka_unit_test(padding_extension_is_empty_if_few_bytes_are_missing),
        cmocka_unit_test(second_client_hello_is_padded_again),
        cmocka_unit_test(client_hello_with_psk_is_padded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
