/* What the driver reads on the wire, independent of what the ends report. */
#include "pairings.h"

static const shk_drive_options plenty = {.data = 20000};

static uint64_t bit(shk_extension extension)
{
    return (uint64_t)1 << extension;
}

static void records_are_measured_with_their_padding(void **state)
{
    (void)state;
    for (size_t p = 0; p < ALL_PAIRINGS; p++) {
        const shk_endpoint_config client = client_config(SHK_TLS13);
        shk_endpoint_config server = p256_server(SHK_TLS13);
        server.record_padding = 100;
        const shk_verdict verdict = drive_good(&all_pairings[p], &client, &server, &plenty);
        assert_int_equal(verdict.wire[0].record_content, 16384);
        assert_false(verdict.wire[0].padded);
        assert_true(verdict.wire[1].padded);
    }
}

static void the_longest_record_is_as_long_as_the_end_may_make_it(void **state)
{
    (void)state;
    for (size_t p = 0; p < ALL_PAIRINGS * VERSIONS; p++) {
        shk_endpoint_config client = client_config(versions[p % VERSIONS]);
        const shk_endpoint_config server = p256_server(versions[p % VERSIONS]);
        client.max_send_fragment = 1000;
        const shk_verdict verdict =
            drive_good(&all_pairings[p / VERSIONS], &client, &server, &plenty);
        assert_int_equal(verdict.wire[0].record_content, 1000);
        assert_int_equal(verdict.wire[1].record_content, 16384);
    }
}

static void records_of_cbc_suites_do_not_tell_their_content(void **state)
{
    (void)state;
    const uint16_t cbc = SHK_TLS_RSA_WITH_AES_128_CBC_SHA;
    shk_endpoint_config client = client_config(SHK_TLS12);
    shk_endpoint_config server = rsa_server(SHK_TLS12);
    client.suites = server.suites = one(&cbc);
    const pairing pair = {&shk_endpoint_ours, &shk_endpoint_openssl};
    const shk_verdict verdict = drive_good(&pair, &client, &server, NULL);
    assert_int_equal(verdict.wire[0].record_content, 0);
}

static void a_client_hello_longer_than_a_record_is_seen_whole(void **state)
{
    (void)state;
    const pairing pair = {&shk_endpoint_ours, &shk_endpoint_openssl};
    shk_endpoint_config client = client_config(0);
    const shk_endpoint_config server = p256_server(0);
    client.hello_padding = 20000;
    const shk_verdict verdict = drive_good(&pair, &client, &server, NULL);
    assert_int_equal(verdict.wire[0].hello_length, 20000);
    assert_true((verdict.wire[0].offers & bit(SHK_EXT_padding)) != 0);
}

static void both_client_hellos_are_seen(void **state)
{
    (void)state;
    static const uint16_t offered[] = {SHK_secp256r1, SHK_secp384r1};
    for (size_t p = 0; p < ALL_PAIRINGS; p++) {
        shk_endpoint_config client = client_config(SHK_TLS13);
        shk_endpoint_config server = p256_server(SHK_TLS13);
        if (all_pairings[p].server == &shk_endpoint_gnutls) /* which sends no cookies */
            continue;
        client.groups = (shk_u16s){offered, 2};
        client.key_shares = 1;
        server.groups = one(&offered[1]);
        server.cookie = true;
        const shk_verdict verdict = drive_good(&all_pairings[p], &client, &server, NULL);
        assert_true((verdict.wire[0].offers & bit(SHK_EXT_cookie)) != 0);
        assert_int_equal(verdict.wire[0].key_shares, 1);
    }
}

static void a_hello_without_middlebox_compatibility_is_told_from_one_with_it(void **state)
{
    (void)state;
    for (size_t p = 0; p < ALL_PAIRINGS; p++) {
        shk_endpoint_config client = client_config(SHK_TLS13);
        const shk_endpoint_config server = p256_server(SHK_TLS13);
        shk_verdict verdict = drive_good(&all_pairings[p], &client, &server, NULL);
        assert_true(verdict.wire[0].session_id && verdict.wire[0].change_cipher_spec);
        client.no_middlebox_compatibility = true;
        verdict = drive_good(&all_pairings[p], &client, &server, NULL);
        assert_false(verdict.wire[0].session_id || verdict.wire[0].change_cipher_spec);
    }
}

static void grease_and_the_fallback_suite_are_seen(void **state)
{
    (void)state;
    const pairing pair = {&shk_endpoint_ours, &shk_endpoint_openssl};
    shk_endpoint_config client = client_config(SHK_TLS12);
    const shk_endpoint_config server = p256_server(SHK_TLS12);
    shk_verdict verdict = drive_good(&pair, &client, &server, NULL);
    assert_false(verdict.wire[0].grease || verdict.wire[0].fallback_scsv);
    client.grease = client.fallback = true;
    verdict = drive_good(&pair, &client, &server, NULL);
    assert_true(verdict.wire[0].grease && verdict.wire[0].fallback_scsv);
}

static void a_psk_identity_hint_is_seen(void **state)
{
    (void)state;
    static const uint8_t key[16] = {1};
    const uint16_t suite = SHK_TLS_DHE_PSK_WITH_AES_128_CBC_SHA;
    for (size_t p = 0; p < ALL_PAIRINGS; p++) {
        shk_endpoint_config client = client_config(SHK_TLS12);
        shk_endpoint_config server = server_config(SHK_TLS12, NULL, NULL);
        client.suites = server.suites = one(&suite);
        client.psk_identity = server.psk_identity = "who";
        client.psk_key = server.psk_key = shk_span_of(key, sizeof key);
        shk_verdict verdict = drive_good(&all_pairings[p], &client, &server, NULL);
        assert_false(verdict.wire[1].psk_hint);
        server.psk_hint = "someone";
        verdict = drive_good(&all_pairings[p], &client, &server, NULL);
        assert_true(verdict.wire[1].psk_hint);
    }
}

static void bytes_that_are_no_hello_show_nothing(void **state)
{
    (void)state;
    static const uint8_t junk[] = {22, 3, 3, 0, 6, 1, 0, 0, 2, 3, 3, 20, 3, 3, 0, 1, 1, 22, 3};
    shk_wire_reader reader;
    shk_wire wire = {0};
    shk_wire_begin(&reader);
    for (size_t i = 0; i < sizeof junk; i++)
        shk_wire_read(&reader, false, shk_span_of(junk + i, 1), &wire);
    shk_wire_end(&reader);
    assert_true(wire.change_cipher_spec);
    assert_int_equal(wire.hello_length, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_are_measured_with_their_padding),
        cmocka_unit_test(the_longest_record_is_as_long_as_the_end_may_make_it),
        cmocka_unit_test(records_of_cbc_suites_do_not_tell_their_content),
        cmocka_unit_test(a_client_hello_longer_than_a_record_is_seen_whole),
        cmocka_unit_test(both_client_hellos_are_seen),
        cmocka_unit_test(a_hello_without_middlebox_compatibility_is_told_from_one_with_it),
        cmocka_unit_test(grease_and_the_fallback_suite_are_seen),
        cmocka_unit_test(a_psk_identity_hint_is_seen),
        cmocka_unit_test(bytes_that_are_no_hello_show_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
