/* record_size_limit (RFC 8449), and other limits of what a record holds. */
#include "record_size_setup.h"
#include "scripted_random.h"

#include <string.h>

/* RFC 8449 §4: the limit is of TLSInnerPlaintext, so that padding counts. */
static void padding_over_record_size_limit_is_record_overflow(void **state)
{
    test_setup setup;
    test_pair pair;
    (void)state;
    setup_version(&setup, SHK_TLS13);
    setup.client.record_size_limit = 256;
    setup.server.record_size_limit = SHK_MAX_PLAINTEXT;
    setup.server.record_padding = 512;
    test_pair_connect(&pair, &setup);
    assert_int_equal(records_of(pair.server, 1), 1);
    assert_int_equal(test_move_output(pair.server, pair.client), SHK_OK);
    assert_overflow(pair.server, pair.client, 1);
    test_pair_close_all(&pair, &setup);
}

static void record_size_limit_limits_what_the_peer_sends(void **state)
{
    (void)state;
    for (size_t v = 0; v < VERSION_COUNT; v++) {
        test_setup setup;
        test_pair pair;
        uint16_t type = all_versions[v] >= SHK_TLS13 ? 1 : 0; /* counted with the content (§4) */
        setup_version(&setup, all_versions[v]);
        setup.client.record_size_limit = 64;
        setup.server.record_size_limit = 1000;
        test_pair_connect(&pair, &setup);
        assert_int_equal(shk_conn_info_of(pair.client).send_limit, 1000 - type);
        assert_int_equal(shk_conn_info_of(pair.server).send_limit, 64 - type);
        assert_carried(pair.client, pair.server, 1000u - type);
        assert_carried(pair.server, pair.client, 64u - type);
        test_pair_close_all(&pair, &setup);
    }
}

/* RFC 8449 §4: only protected records are limited. */
static void record_size_limit_limits_protected_handshake_records(void **state)
{
    (void)state;
    for (size_t v = 0; v < VERSION_COUNT; v++) {
        test_setup setup;
        test_pair pair;
        size_t longest;
        setup_version(&setup, all_versions[v]);
        setup.client.record_size_limit = 64;
        setup.server.record_size_limit = 64;
        test_pair_send_hello(&pair, &setup);
        if (all_versions[v] >= SHK_TLS13) {
            assert_true(test_records_in(pair.server, SHK_APPLICATION_DATA, &longest) > 10);
            assert_int_equal(longest, 64 + TAG);
        } else {
            assert_int_equal(test_records_in(pair.server, SHK_HANDSHAKE, &longest), 1);
        }
        test_pair_close_all(&pair, &setup);
    }
}

static void record_over_record_size_limit_is_record_overflow(void **state)
{
    (void)state;
    for (size_t v = 0; v < VERSION_COUNT; v++) {
        test_setup setup;
        test_pair pair;
        size_t over = all_versions[v] >= SHK_TLS13 ? 100 : 101;
        setup_version(&setup, all_versions[v]);
        setup.client.record_size_limit = 100;
        setup.server.record_size_limit = 100;
        test_pair_connect(&pair, &setup);
        assert_overflow(pair.client, pair.server, over);
        test_pair_close(&pair);
        test_pair_connect(&pair, &setup);
        assert_overflow(pair.server, pair.client, over);
        test_pair_close_all(&pair, &setup);
    }
}

static void padding_counts_towards_record_size_limit(void **state)
{
    test_setup setup;
    test_pair pair;
    (void)state;
    setup_version(&setup, SHK_TLS13);
    setup.client.record_size_limit = 100;
    setup.server.record_size_limit = 100;
    setup.client.record_padding = 128;
    test_pair_connect(&pair, &setup);
    assert_overflow(pair.client, pair.server, 10);
    test_pair_close_all(&pair, &setup);
}

static void server_without_record_size_limit_does_not_answer_it(void **state)
{
    test_setup setup;
    test_pair pair;
    (void)state;
    setup_version(&setup, SHK_TLS13);
    setup.client.record_size_limit = 100;
    test_pair_connect(&pair, &setup);
    assert_int_equal(shk_conn_info_of(pair.server).send_limit, 0);
    assert_int_equal(shk_conn_info_of(pair.client).send_limit, 0);
    test_pair_close_all(&pair, &setup);
}

/* RFC 8449 §5: a server that supports both ignores max_fragment_length if it receives both. */
static void record_size_limit_takes_precedence_over_max_fragment_length(void **state)
{
    (void)state;
    for (size_t v = 0; v < VERSION_COUNT; v++) {
        test_setup setup;
        test_pair pair;
        setup_version(&setup, all_versions[v]);
        setup.client.max_fragment_length = 512;
        setup.client.record_size_limit = 2000;
        setup.server.record_size_limit = 2000;
        test_pair_connect(&pair, &setup);
        assert_true(shk_conn_info_of(pair.server).send_limit > 512);
        assert_true(shk_conn_info_of(pair.client).send_limit > 512);
        test_pair_close(&pair);
        setup.server.record_size_limit = 0;
        test_pair_connect(&pair, &setup);
        assert_int_equal(shk_conn_info_of(pair.server).send_limit, 512);
        assert_int_equal(shk_conn_info_of(pair.client).send_limit, 512);
        test_pair_close_all(&pair, &setup);
    }
}

static void answer_with_both_size_extensions_is_illegal_parameter(void **state)
{
    static const test_change both = {SHK_MSG_encrypted_extensions, 0, 0, ALL,
                                     "000b 0001000101 001c00020200"};
    test_setup setup;
    (void)state;
    setup_version(&setup, SHK_TLS13);
    setup.client.max_fragment_length = 512;
    setup.client.record_size_limit = 2000;
    assert_change_refused(&setup, &both, false, SHK_E_RECORD_SIZE_LIMIT_TWICE);
    test_setup_free(&setup);
}

static void record_size_limit_below_64_is_illegal_parameter(void **state)
{
    static const test_change low = {SHK_MSG_encrypted_extensions, 0, 0, ALL, "0006 001c0002003f"};
    test_setup setup;
    (void)state;
    setup_version(&setup, SHK_TLS13);
    setup.client.record_size_limit = 2000;
    assert_change_refused(&setup, &low, false, SHK_E_RECORD_SIZE_LIMIT);
    test_setup_free(&setup);
}

/* RFC 8449 §4: an end sends no more than the maximum of its version. */
static void record_size_limit_is_at_most_the_largest_plaintext(void **state)
{
    (void)state;
    for (size_t v = 0; v < VERSION_COUNT; v++) {
        test_setup setup;
        test_pair pair;
        setup_version(&setup, all_versions[v]);
        setup.client.record_size_limit = SHK_MAX_PLAINTEXT + 1;
        setup.server.record_size_limit = SHK_MAX_PLAINTEXT + 1;
        test_pair_connect(&pair, &setup);
        assert_int_equal(shk_conn_info_of(pair.client).send_limit, SHK_MAX_PLAINTEXT);
        assert_int_equal(shk_conn_info_of(pair.server).send_limit, SHK_MAX_PLAINTEXT);
        assert_carried(pair.client, pair.server, SHK_MAX_PLAINTEXT);
        assert_carried(pair.server, pair.client, SHK_MAX_PLAINTEXT);
        test_pair_close_all(&pair, &setup);
    }
}

/* RFC 8449 §4: the client may know a later version, with larger records. */
static void record_size_limit_over_the_largest_plaintext_is_accepted(void **state)
{
    static const test_change most = {SHK_MSG_client_hello, 0, IN(record_size_limit, 4), 2, "ffff"};
    test_setup setup;
    test_pair pair;
    (void)state;
    setup_version(&setup, SHK_TLS13);
    setup.client.record_size_limit = setup.server.record_size_limit = 1000;
    test_change_messages(&most);
    test_pair_connect(&pair, &setup);
    test_change_messages(NULL);
    assert_int_equal(shk_conn_info_of(pair.server).send_limit, SHK_MAX_PLAINTEXT);
    test_pair_close_all(&pair, &setup);
}

static void max_send_fragment_limits_what_an_end_sends(void **state)
{
    (void)state;
    for (size_t v = 0; v < VERSION_COUNT; v++) {
        test_setup setup;
        test_pair pair;
        setup_version(&setup, all_versions[v]);
        setup.client.max_send_fragment = 1;
        setup.server.max_send_fragment = 700;
        test_pair_connect(&pair, &setup);
        assert_int_equal(shk_conn_info_of(pair.client).send_limit, 0);
        assert_carried(pair.client, pair.server, 1);
        assert_carried(pair.server, pair.client, 700);
        test_pair_close_all(&pair, &setup);
    }
}

/* RFC 8446 §5.1: alerts are not fragmented. */
static void alerts_are_not_fragmented_by_size_limits(void **state)
{
    test_setup setup;
    test_pair pair;
    (void)state;
    setup_version(&setup, SHK_TLS13);
    setup.client.max_send_fragment = 1;
    test_pair_connect(&pair, &setup);
    assert_int_equal(shk_conn_close(pair.client), SHK_OK);
    assert_int_equal(test_move_output(pair.client, pair.server), SHK_OK);
    assert_true(shk_conn_info_of(pair.server).peer_closed);
    test_pair_close_all(&pair, &setup);
}

/* A record that no plaintext within the limit can fill is refused by its header. */
static void oversized_tls_13_record_is_refused_by_its_header(void **state)
{
    static const struct {
        uint16_t fragment_length, size_limit;
        uint8_t longest[2]; /* the limit, the tag, and the type of a whole fragment */
    } cases[] = {{512, 0, {0x02, 0x11}}, {0, 500, {0x02, 0x04}}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        test_setup setup;
        test_pair pair;
        uint8_t header[] = {23, 3, 3, cases[i].longest[0], cases[i].longest[1]};
        setup_version(&setup, SHK_TLS13);
        setup.client.max_fragment_length = cases[i].fragment_length;
        setup.client.record_size_limit = setup.server.record_size_limit = cases[i].size_limit;
        test_pair_connect(&pair, &setup);
        assert_int_equal(shk_conn_feed(pair.client, header, sizeof header), SHK_OK);
        header[4]++;
        assert_fails(shk_conn_feed(pair.server, header, sizeof header), SHK_E_RECORD_OVERFLOW);
        assert_refused(NULL, pair.server, SHK_E_RECORD_OVERFLOW);
        test_pair_close_all(&pair, &setup);
    }
}

static void invalid_record_sizes_are_refused_in_configuration(void **state)
{
    uint64_t seed = 1;
    shk_random random = counting(&seed);
    test_setup setup;
    shk_conn *conn = NULL;
    (void)state;
    test_setup_new(&setup, "p256");
    shk_config bad[] = {setup.client, setup.client, setup.client, setup.client, setup.client};
    bad[0].max_fragment_length = 1000;
    bad[1].record_size_limit = 63;
    bad[2].record_size_limit = SHK_MAX_PLAINTEXT + 2;
    bad[3].max_send_fragment = SHK_MAX_PLAINTEXT + 1;
    bad[4].record_padding = SHK_MAX_PLAINTEXT + 1;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_fails(shk_conn_new(&bad[i], &random, &conn), SHK_E_CONFIG);
    test_setup_free(&setup);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(padding_over_record_size_limit_is_record_overflow),
        cmocka_unit_test(record_size_limit_limits_what_the_peer_sends),
        cmocka_unit_test(record_size_limit_limits_protected_handshake_records),
        cmocka_unit_test(record_over_record_size_limit_is_record_overflow),
        cmocka_unit_test(padding_counts_towards_record_size_limit),
        cmocka_unit_test(server_without_record_size_limit_does_not_answer_it),
        cmocka_unit_test(record_size_limit_takes_precedence_over_max_fragment_length),
        cmocka_unit_test(answer_with_both_size_extensions_is_illegal_parameter),
        cmocka_unit_test(record_size_limit_below_64_is_illegal_parameter),
        cmocka_unit_test(record_size_limit_is_at_most_the_largest_plaintext),
        cmocka_unit_test(record_size_limit_over_the_largest_plaintext_is_accepted),
        cmocka_unit_test(max_send_fragment_limits_what_an_end_sends),
        cmocka_unit_test(alerts_are_not_fragmented_by_size_limits),
        cmocka_unit_test(oversized_tls_13_record_is_refused_by_its_header),
        cmocka_unit_test(invalid_record_sizes_are_refused_in_configuration),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
