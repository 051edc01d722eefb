/* The record layer and its content: limits, order, alerts, key updates (RFC 8446 §5, §6). */
#include "conn_pair.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "handshake/state/handshake.h"
#include "handshake/state/output.h"

typedef struct {
    const char *name;
    const char *hex;
    shk_status expected;
} record_case;

/* A new server refuses the bytes. */
static void server_refuses_what_is_not_a_client_hello(void **state)
{
    static const record_case cases[] = {
        {"http", "474554202f20485454502f312e31", SHK_E_NOT_TLS},
        {"ssl2_client_hello", "802e0100020015", SHK_E_SSL2_CLIENT_HELLO},
        {"unknown_type", "1903010001aa", SHK_E_NOT_TLS},
        {"too_long", "1603014001", SHK_E_RECORD_OVERFLOW},
        {"empty_handshake", "1603010000", SHK_E_EMPTY_FRAGMENT},
        {"change_cipher_spec_first", "140303000101", SHK_E_UNEXPECTED_CHANGE_CIPHER_SPEC},
        {"application_data_first", "170303000101", SHK_E_EARLY_APPLICATION_DATA},
        {"empty_alert", "1503010000", SHK_E_EMPTY_FRAGMENT},
        {"alert_of_three_bytes", "1503010003022800", SHK_E_EXPECTED_ALERT_LENGTH},
        {"alert_of_level_three", "15030100020328", SHK_E_ALERT_LEVEL},
        {"unknown_message", "16030100045a000000", SHK_E_UNKNOWN_MESSAGE},
        {"server_hello_to_a_server", "160301000402000000", SHK_E_UNEXPECTED_MESSAGE},
        {"message_too_long", "160301000401020145", SHK_E_MESSAGE_TOO_LONG},
        {"certificate_too_long", "16030100040b019001", SHK_E_CERTIFICATE_TOO_LONG},
        {"alert_inside_a_message_is_heard", "160301000201001503010002022f", SHK_E_PEER_ALERT},
        {"data_inside_a_message", "16030100020100170303000101", SHK_E_INTERLEAVED_RECORD},
        {"warning_inside_a_message", "160301000201001503010002015a", SHK_E_INTERLEAVED_RECORD},
        {"end_inside_a_message", "1603010002010015030100020100", SHK_E_INTERLEAVED_RECORD},
        {"change_inside_a_message", "16030100020100140303000101", SHK_E_INTERLEAVED_RECORD},
    };
    test_setup setup;
    (void)state;
    test_setup_new(&setup, "p256");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        test_bytes bytes = from_hex(cases[i].hex);
        test_pair pair;
        test_pair_open(&pair, &setup);
        assert_case_fails(cases[i].name, shk_conn_feed(pair.server, bytes.data, bytes.len),
                          cases[i].expected);
        test_pair_close(&pair);
    }
    test_setup_free(&setup);
}

static void with_version(test_setup *setup, uint16_t version)
{
    test_setup_new(setup, "p256");
    setup->client.max_version = version;
}

static void flipped_bit_in_a_record_is_bad_record_mac(void **state)
{
    (void)state;
    for (uint16_t version = SHK_TLS12; version <= SHK_TLS13; version++) {
        test_setup setup;
        test_pair pair;
        with_version(&setup, version);
        test_pair_connect(&pair, &setup);
        assert_int_equal(shk_conn_write(pair.client, (const uint8_t *)"data", 4), SHK_OK);
        shk_span out = shk_conn_output(pair.client);
        uint8_t bytes[64];
        assert_true(out.len < sizeof bytes);
        memcpy(bytes, out.data, out.len);
        bytes[out.len - 1] ^= 1;
        assert_fails(shk_conn_feed(pair.server, bytes, out.len), SHK_E_BAD_RECORD_MAC);
        assert_int_equal(shk_conn_failure_of(pair.server)->alert_sent, SHK_ALERT_bad_record_mac);
        test_pair_close_all(&pair, &setup);
    }
}

static void thirty_third_consecutive_empty_record_is_refused(void **state)
{
    test_setup setup;
    test_pair pair;
    (void)state;
    with_version(&setup, SHK_TLS12);
    test_pair_connect(&pair, &setup);
    for (int i = 0; i < 33; i++) {
        assert_int_equal(shk_conn_send(pair.client, SHK_APPLICATION_DATA, shk_span_of("", 0)),
                         SHK_OK);
        assert_fails(test_move_output(pair.client, pair.server),
                     i < 32 ? SHK_OK : SHK_E_EMPTY_RECORDS);
    }
    test_pair_close_all(&pair, &setup);
}

static void thirty_third_consecutive_key_update_is_refused(void **state)
{
    test_setup setup;
    test_pair pair;
    (void)state;
    with_version(&setup, SHK_TLS13);
    test_pair_connect(&pair, &setup);
    for (int i = 0; i < 33; i++) {
        assert_int_equal(shk_conn_key_update(pair.client, false), SHK_OK);
        assert_fails(test_move_output(pair.client, pair.server),
                     i < 32 ? SHK_OK : SHK_E_TOO_MANY_KEY_UPDATES);
    }
    test_pair_close_all(&pair, &setup);
}

static void key_update_changes_keys_in_both_directions(void **state)
{
    test_setup setup;
    test_pair pair;
    uint8_t data[8];
    (void)state;
    with_version(&setup, SHK_TLS13);
    test_pair_connect(&pair, &setup);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(shk_conn_key_update(pair.client, true), SHK_OK);
        test_pair_run(&pair);
        assert_int_equal(shk_conn_write(pair.client, (const uint8_t *)"ping", 4), SHK_OK);
        assert_int_equal(shk_conn_write(pair.server, (const uint8_t *)"pong", 4), SHK_OK);
        test_pair_run(&pair);
        assert_int_equal(shk_conn_read(pair.server, data, sizeof data), 4);
        assert_int_equal(shk_conn_read(pair.client, data, sizeof data), 4);
    }
    assert_int_equal(shk_conn_info_of(pair.server).key_updates_received, 3);
    assert_int_equal(shk_conn_info_of(pair.server).key_updates_sent, 3);
    test_pair_close_all(&pair, &setup);
}

/* RFC 8446 §5.5 */
static void key_is_updated_after_records_per_key(void **state)
{
    (void)state;
    for (uint16_t version = SHK_TLS12; version <= SHK_TLS13; version++) {
        test_setup setup;
        test_pair pair;
        uint8_t data[8];
        with_version(&setup, version);
        setup.client.records_per_key = 3;
        test_pair_connect(&pair, &setup);
        for (int i = 0; i < 10; i++) {
            assert_int_equal(shk_conn_write(pair.client, (const uint8_t *)"ping", 4), SHK_OK);
            test_pair_run(&pair);
            assert_int_equal(shk_conn_read(pair.server, data, sizeof data), 4);
        }
        unsigned expected = version == SHK_TLS13 ? 3 : 0; /* before the 4th, 7th and 10th */
        assert_int_equal(shk_conn_info_of(pair.client).key_updates_sent, expected);
        assert_int_equal(shk_conn_info_of(pair.server).key_updates_received, expected);
        test_pair_close_all(&pair, &setup);
    }
}

static void key_is_updated_within_one_write(void **state)
{
    test_setup setup;
    test_pair pair;
    uint8_t data[16];
    (void)state;
    with_version(&setup, SHK_TLS13);
    setup.client.records_per_key = 3;
    setup.client.max_send_fragment = 1;
    test_pair_connect(&pair, &setup);
    assert_int_equal(shk_conn_write(pair.client, (const uint8_t *)"0123456789", 10), SHK_OK);
    test_pair_run(&pair);
    assert_int_equal(shk_conn_read(pair.server, data, sizeof data), 10);
    assert_memory_equal(data, "0123456789", 10);
    assert_int_equal(shk_conn_info_of(pair.server).key_updates_received, 3);
    test_pair_close_all(&pair, &setup);
}

static void stream_end_without_close_notify_is_truncation(void **state)
{
    test_setup setup;
    test_pair pair;
    (void)state;
    with_version(&setup, SHK_TLS13);
    test_pair_connect(&pair, &setup);
    assert_fails(shk_conn_feed_end(pair.server), SHK_E_TRUNCATION);
    assert_int_equal(shk_conn_close(pair.server), SHK_OK);
    assert_int_equal(test_move_output(pair.server, pair.client), SHK_OK);
    test_pair_close(&pair);
    test_pair_connect(&pair, &setup);
    assert_int_equal(shk_conn_close(pair.client), SHK_OK);
    assert_fails(shk_conn_write(pair.client, (const uint8_t *)"x", 1), SHK_E_CLOSED);
    assert_int_equal(test_move_output(pair.client, pair.server), SHK_OK);
    assert_int_equal(shk_conn_feed_end(pair.server), SHK_OK);
    test_pair_close_all(&pair, &setup);
}

static void bytes_after_close_notify_are_ignored(void **state)
{
    static const uint8_t garbage[8] = {0x47, 0x45, 0x54, 0x20, 0x2f, 0x20, 0x48, 0x54};
    test_setup setup;
    test_pair pair;
    (void)state;
    with_version(&setup, SHK_TLS13);
    test_pair_connect(&pair, &setup);
    assert_int_equal(shk_conn_close(pair.client), SHK_OK);
    assert_int_equal(test_move_output(pair.client, pair.server), SHK_OK);
    assert_int_equal(shk_conn_feed(pair.server, garbage, sizeof garbage), SHK_OK);
    assert_int_equal(shk_conn_failure_of(pair.server)->alert_sent, -1);
    test_pair_close_all(&pair, &setup);
}

static void renegotiation_is_refused_with_a_warning(void **state)
{
    static const uint8_t hello_request[4] = {0};
    test_setup setup;
    test_pair pair;
    (void)state;
    with_version(&setup, SHK_TLS12);
    test_pair_connect(&pair, &setup);
    assert_int_equal(shk_conn_send(pair.server, SHK_HANDSHAKE, shk_span_of(hello_request, 4)),
                     SHK_OK);
    assert_int_equal(test_move_output(pair.server, pair.client), SHK_OK);
    assert_int_equal(test_move_output(pair.client, pair.server), SHK_OK); /* the warning */
    assert_true(shk_conn_info_of(pair.server).connected);
    test_pair_close_all(&pair, &setup);
}

static void every_suite_carries_a_megabyte_in_both_directions(void **state)
{
    enum { MEGABYTE = 1 << 20 };
    uint8_t *sent = (uint8_t *)malloc(MEGABYTE);
    uint8_t *got = (uint8_t *)malloc(MEGABYTE);
    (void)state;
    for (size_t i = 0; i < MEGABYTE; i++)
        sent[i] = (uint8_t)(i * 7 + i / 256);
    for (size_t s = 0; s < shk_suite_count; s++) {
        const shk_suite_row *row = &shk_suite_rows[s];
        test_setup setup;
        test_pair pair;
        test_setup_for_suite(&setup, row);
        test_pair_connect(&pair, &setup);
        assert_int_equal(shk_conn_info_of(pair.client).suite, row->value);
        assert_int_equal(shk_conn_write(pair.client, sent, MEGABYTE), SHK_OK);
        assert_int_equal(test_move_output(pair.client, pair.server), SHK_OK);
        assert_int_equal(shk_conn_read(pair.server, got, MEGABYTE), MEGABYTE);
        assert_memory_equal(sent, got, MEGABYTE);
        assert_int_equal(shk_conn_write(pair.server, got, MEGABYTE), SHK_OK);
        assert_int_equal(test_move_output(pair.server, pair.client), SHK_OK);
        assert_int_equal(shk_conn_read(pair.client, got, MEGABYTE), MEGABYTE);
        assert_memory_equal(sent, got, MEGABYTE);
        test_pair_close_all(&pair, &setup);
    }
    free(sent);
    free(got);
}

/* Half a megabyte, sent and read a byte at a time: in proportion to its length, that is a moment.
 */
static void small_feeds_cost_no_more_than_large_ones(void **state)
{
    enum { LEN = 500000, RECORDS = LEN + LEN / 20, SECONDS = 2 };
    test_setup setup;
    test_pair pair;
    uint8_t *data = (uint8_t *)malloc(LEN);
    (void)state;
    assert_non_null(data);
    for (size_t i = 0; i < LEN; i++)
        data[i] = (uint8_t)(i * 7 >> 3);
    with_version(&setup, SHK_TLS13);
    test_pair_connect(&pair, &setup);
    assert_int_equal(shk_conn_write(pair.client, data, LEN), SHK_OK);
    size_t moved = 0, read = 0;
    clock_t begin = clock();
    for (; shk_conn_output(pair.client).len > 0; moved++) {
        assert_int_equal(shk_conn_feed(pair.server, shk_conn_output(pair.client).data, 1), SHK_OK);
        shk_conn_sent(pair.client, 1);
    }
    for (uint8_t byte; shk_conn_read(pair.server, &byte, 1) == 1; read++)
        assert_int_equal(byte, data[read]);
    assert_true(clock() - begin < (clock_t)SECONDS * CLOCKS_PER_SEC);
    assert_int_equal(read, LEN);
    assert_in_range(moved, LEN, RECORDS);
    test_pair_close_all(&pair, &setup);
    free(data);
}

static void feeding_single_bytes_gives_the_same_handshake(void **state)
{
    (void)state;
    for (uint16_t version = SHK_TLS12; version <= SHK_TLS13; version++) {
        test_setup setup;
        test_pair pair;
        with_version(&setup, version);
        test_pair_start(&pair, &setup);
        for (int turn = 0; turn < 8; turn++) {
            shk_conn *from = turn % 2 == 0 ? pair.client : pair.server;
            shk_conn *to = turn % 2 == 0 ? pair.server : pair.client;
            shk_span out = shk_conn_output(from);
            for (size_t i = 0; i < out.len; i++)
                assert_int_equal(shk_conn_feed(to, out.data + i, 1), SHK_OK);
            shk_conn_sent(from, out.len);
        }
        assert_true(shk_conn_info_of(pair.client).connected);
        assert_true(shk_conn_info_of(pair.server).connected);
        test_pair_close_all(&pair, &setup);
    }
}

/* RFC 5246 §7.4.7.1: whatever the fault inside the RSA block, the failure is that of Finished, or
 * of the first record that does not decrypt. */
static void invalid_premaster_secret_fails_at_finished(void **state)
{
    static const uint16_t suite[] = {SHK_TLS_RSA_WITH_AES_128_GCM_SHA256};
    test_setup setup;
    (void)state;
    test_setup_new(&setup, "rsa2048");
    setup.client.max_version = SHK_TLS12;
    setup.client.suites.values = suite;
    setup.client.suites.count = 1;
    for (size_t at = 6; at < 262; at += 51) { /* bytes of the encrypted block, and its length */
        test_pair pair;
        test_pair_send_hello(&pair, &setup);
        assert_int_equal(test_move_output(pair.server, pair.client), SHK_OK);
        shk_span out = shk_conn_output(pair.client);
        uint8_t bytes[1024];
        assert_true(out.len < sizeof bytes && out.len > 300);
        memcpy(bytes, out.data, out.len);
        bytes[5 + at] ^= 1;
        assert_int_equal(bytes[5], 16);
        assert_fails(shk_conn_feed(pair.server, bytes, out.len), SHK_E_BAD_RECORD_MAC);
        test_pair_close(&pair);
    }
    test_setup_free(&setup);
}

static void failed_connection_has_no_secrets(void **state)
{
    static const uint8_t garbage[6] = {23, 3, 3, 0, 1, 0};
    test_setup setup;
    test_pair pair;
    uint8_t keys[32];
    shk_span none = {NULL, 0};
    (void)state;
    with_version(&setup, SHK_TLS13);
    test_pair_connect(&pair, &setup);
    assert_fails(shk_conn_feed(pair.server, garbage, sizeof garbage), SHK_E_BAD_RECORD_MAC);
    assert_fails(shk_conn_export(pair.server, "EXPORTER-x", none, keys, 32), SHK_E_CLOSED);
    assert_fails(shk_conn_write(pair.server, garbage, 1), SHK_E_CLOSED);
    for (size_t i = 0; i < SHK_MAX_HASH; i++)
        assert_int_equal(pair.server->exporter_secret[i] | pair.server->client_secret[i], 0);
    test_pair_close_all(&pair, &setup);
}

static void closed_handshake_does_not_continue(void **state)
{
    test_setup setup;
    test_pair pair;
    (void)state;
    with_version(&setup, SHK_TLS13);
    test_pair_send_hello(&pair, &setup);
    assert_int_equal(shk_conn_close(pair.client), SHK_OK);
    size_t before = shk_conn_output(pair.client).len;
    assert_int_equal(test_move_output(pair.server, pair.client), SHK_OK);
    assert_int_equal(shk_conn_output(pair.client).len, before);
    assert_false(shk_conn_info_of(pair.client).connected);
    test_pair_close_all(&pair, &setup);
}

static void hello_request_during_negotiation_is_ignored(void **state)
{
    static const uint8_t request[9] = {22, 3, 3, 0, 4, 0, 0, 0, 0};
    test_setup setup;
    test_pair pair;
    (void)state;
    with_version(&setup, SHK_TLS12);
    test_pair_start(&pair, &setup);
    assert_int_equal(shk_conn_feed(pair.client, request, sizeof request), SHK_OK);
    test_pair_run(&pair);
    assert_true(shk_conn_info_of(pair.client).connected);
    test_pair_close_all(&pair, &setup);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(server_refuses_what_is_not_a_client_hello),
        cmocka_unit_test(flipped_bit_in_a_record_is_bad_record_mac),
        cmocka_unit_test(thirty_third_consecutive_empty_record_is_refused),
        cmocka_unit_test(thirty_third_consecutive_key_update_is_refused),
        cmocka_unit_test(key_update_changes_keys_in_both_directions),
        cmocka_unit_test(key_is_updated_after_records_per_key),
        cmocka_unit_test(key_is_updated_within_one_write),
        cmocka_unit_test(stream_end_without_close_notify_is_truncation),
        cmocka_unit_test(bytes_after_close_notify_are_ignored),
        cmocka_unit_test(renegotiation_is_refused_with_a_warning),
        cmocka_unit_test(every_suite_carries_a_megabyte_in_both_directions),
        cmocka_unit_test(small_feeds_cost_no_more_than_large_ones),
        cmocka_unit_test(feeding_single_bytes_gives_the_same_handshake),
        cmocka_unit_test(failed_connection_has_no_secrets),
        cmocka_unit_test(closed_handshake_does_not_continue),
        cmocka_unit_test(hello_request_during_negotiation_is_ignored),
        cmocka_unit_test(invalid_premaster_secret_fails_at_finished),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
