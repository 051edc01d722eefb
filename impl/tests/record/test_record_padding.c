/* Padding of TLS 1.3 records (RFC 8446 §5.4), within the limits of their length. */
#include "record_size_setup.h"
#include "session_setup.h"

static void tls_13_records_are_padded_to_a_multiple(void **state)
{
    static const size_t contents[] = {1, 255, 256, 16383};
    static const size_t expected[] = {256, 256, 512, 16384};
    test_setup setup;
    (void)state;
    setup_version(&setup, SHK_TLS13);
    setup.client.record_padding = 256;
    for (size_t i = 0; i < sizeof contents / sizeof contents[0]; i++) {
        static uint8_t got[MUCH_DATA];
        test_pair pair;
        size_t longest;
        test_pair_connect(&pair, &setup);
        records_of(pair.client, contents[i]);
        test_records_in(pair.client, SHK_APPLICATION_DATA, &longest);
        assert_int_equal(longest, expected[i] + TAG);
        assert_int_equal(test_move_output(pair.client, pair.server), SHK_OK);
        assert_int_equal(shk_conn_read(pair.server, got, sizeof got), contents[i]);
        test_pair_close(&pair);
    }
    test_setup_free(&setup);
}

/* RFC 8446 §5.4: padding makes no record longer than the peer accepts. */
static void record_padding_stays_within_the_limits(void **state)
{
    test_setup setup;
    test_pair pair;
    size_t longest;
    (void)state;
    setup_version(&setup, SHK_TLS13);
    setup.client.record_padding = 10000;
    test_pair_connect(&pair, &setup);
    assert_int_equal(records_of(pair.client, SHK_MAX_PLAINTEXT), 1);
    test_records_in(pair.client, SHK_APPLICATION_DATA, &longest);
    assert_int_equal(longest, SHK_MAX_PLAINTEXT + 1 + TAG);
    assert_int_equal(test_move_output(pair.client, pair.server), SHK_OK);
    test_pair_close(&pair);
    setup.client.record_size_limit = setup.server.record_size_limit = 500;
    test_pair_connect(&pair, &setup);
    assert_int_equal(records_of(pair.client, 10), 1);
    test_records_in(pair.client, SHK_APPLICATION_DATA, &longest);
    assert_int_equal(longest, 500 + TAG);
    assert_int_equal(test_move_output(pair.client, pair.server), SHK_OK);
    test_pair_close_all(&pair, &setup);
}

/* RFC 8446 §5.4: "the reduced limit applies to the full plaintext, including the content type and
 * padding". A whole fragment (RFC 6066 §4) has its type beside it, and no padding. */
static void record_padding_stays_within_max_fragment_length(void **state)
{
    test_setup setup;
    test_pair pair;
    size_t longest;
    uint8_t got[1024];
    (void)state;
    setup_version(&setup, SHK_TLS13);
    setup.client.max_fragment_length = 512;
    setup.client.record_padding = setup.server.record_padding = 1000;
    test_pair_connect(&pair, &setup);
    shk_conn *ends[] = {pair.client, pair.server};
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(records_of(ends[i], 10), 1);
        test_records_in(ends[i], SHK_APPLICATION_DATA, &longest);
        assert_int_equal(longest, 512 + TAG);
        assert_int_equal(records_of(ends[i], 512), 2);
        test_records_in(ends[i], SHK_APPLICATION_DATA, &longest);
        assert_int_equal(longest, 512 + 1 + TAG);
        assert_int_equal(test_move_output(ends[i], ends[1 - i]), SHK_OK);
        assert_int_equal(shk_conn_read(ends[1 - i], got, sizeof got), 10 + 512);
    }
    test_pair_close_all(&pair, &setup);
}

/* Early data is padded too, within the limit of its session. */
static void early_data_is_padded_within_its_limit(void **state)
{
    static const uint16_t lengths[] = {0, 1024};
    static const size_t expected[] = {4096, 1024};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        shk_replay_guard *guard = shk_replay_guard_new(&shk_libc_allocator, 16);
        test_setup setup;
        test_pair pair;
        test_session kept;
        size_t longest;
        test_setup_tickets(&setup, &kept, SHK_TLS13);
        setup.client.max_fragment_length = lengths[i];
        setup.client.record_padding = 4096;
        setup.client.early_data = true;
        setup.server.max_early_data = MUCH_DATA;
        setup.server.replay_guard = guard;
        assert_false(test_resumes(&setup));
        test_offer_session(&setup, &kept);
        test_pair_start(&pair, &setup);
        assert_int_equal(shk_conn_write_early(pair.client, (const uint8_t *)"early", 5), SHK_OK);
        assert_int_equal(test_records_in(pair.client, SHK_APPLICATION_DATA, &longest), 1);
        assert_int_equal(longest, expected[i] + TAG);
        test_pair_pump(&pair);
        assert_connected(&pair);
        assert_int_equal(shk_conn_info_of(pair.server).early_data_received, 5);
        test_pair_close_all(&pair, &setup);
        shk_replay_guard_free(guard);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tls_13_records_are_padded_to_a_multiple),
        cmocka_unit_test(record_padding_stays_within_the_limits),
        cmocka_unit_test(record_padding_stays_within_max_fragment_length),
        cmocka_unit_test(early_data_is_padded_within_its_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
