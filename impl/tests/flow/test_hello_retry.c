/* What follows a HelloRetryRequest, and rejected early data (RFC 8446 §4.1.2, §4.2.2, §4.2.10). */
#include "handshake/state/handshake.h"
#include "hello_edits.h"
#include "message_changes.h"

#include <string.h>

/* pre_shared_key with one identity and its binder of 32 bytes. */
#define PSK_OF_ONE                                                                                 \
    "000700016100000000"                                                                           \
    "0021200000000000000000000000000000000000000000000000000000000000000000"

static const hello_case with_early_data = {"early_data", APPEND, 42, "", SHK_OK};
/* A record of early data whose keys the server does not have. */
static const uint8_t early_record[5 + SHK_MAX_PLAINTEXT] = {23, 3, 3, SHK_MAX_PLAINTEXT >> 8, 0};

/* A server that asks for another group than the client sends a share for; the client sends no
 * ChangeCipherSpec before its second hello. */
static void setup_retry(test_setup *setup)
{
    static const uint16_t p384[] = {SHK_secp384r1};
    test_setup_new(setup, "p256");
    setup->server.groups = (shk_u16s){p384, 1};
    setup->client.no_middlebox_compatibility = true;
}

static void run_up_to_second_hello(test_pair *pair)
{
    assert_int_equal(shk_conn_start(pair->client), SHK_OK);
    assert_int_equal(test_move_output(pair->client, pair->server), SHK_OK);
    assert_int_equal(test_move_output(pair->server, pair->client), SHK_OK);
}

static void server_refuses_modified_second_client_hello(void **state)
{
    static const hello_case cases[] = {
        {"suites_changed", SUITES, 0, "1301", SHK_E_SECOND_HELLO_CHANGED},
        {"extension_removed", REMOVE, 23, "", SHK_E_SECOND_HELLO_CHANGED},
        {"another_share", REPLACE, 51, "0005001d0001aa", SHK_E_SECOND_HELLO_SHARE},
        {"no_share", REPLACE, 51, "0000", SHK_E_SECOND_HELLO_SHARE},
        {"version_changed", VERSION, 0, "0302", SHK_E_SECOND_HELLO_CHANGED},
        {"session_id_changed", SESSION_ID, 0, "aa", SHK_E_SECOND_HELLO_CHANGED},
        {"cookie_missing", REMOVE, 44, "", SHK_E_COOKIE_MISMATCH},
        {"another_cookie", REPLACE, 44, "0001aa", SHK_E_COOKIE_MISMATCH},
        {"early_data_kept", APPEND, 42, "", SHK_E_SECOND_HELLO_CHANGED},
        {"shares_removed", REMOVE, 51, "", SHK_E_SECOND_HELLO_CHANGED},
        {"random_changed", RANDOM_END, 0, "0000000000000000", SHK_E_SECOND_HELLO_CHANGED},
        {"compression_added", COMPRESSION, 0, "0001", SHK_E_SECOND_HELLO_CHANGED},
        {"extension_changed", REPLACE, 13, "00020403", SHK_E_SECOND_HELLO_CHANGED},
        {"last_extension_removed", REMOVE, 0xff01, "", SHK_E_SECOND_HELLO_CHANGED},
        {"extension_added", APPEND, 0x7777, "", SHK_E_SECOND_HELLO_CHANGED},
        {"two_shares", REPLACE, 51, "000a00180001aa001d0001aa", SHK_E_SECOND_HELLO_SHARE},
        {"psk_added", APPEND, 41, PSK_OF_ONE, SHK_E_SECOND_HELLO_CHANGED},
    };
    test_setup setup;
    uint8_t bytes[MAX_VECTOR + 16];
    (void)state;
    setup_retry(&setup);
    setup.server.request_cookie = true;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        test_pair pair;
        test_pair_open(&pair, &setup);
        run_up_to_second_hello(&pair);
        size_t len = edited_client_hello(&cases[i], pair.client, bytes);
        assert_hello_refused(&cases[i], pair.server, bytes, len);
        test_pair_close(&pair);
    }
    test_setup_free(&setup);
}

/* A HelloRetryRequest with only a cookie does not change the groups of the shares. */
static void server_refuses_shares_of_other_groups_after_a_cookie_request(void **state)
{
    static const hello_case cases[] = {
        {"other_group", REPLACE, 51, "000500170001aa", SHK_E_SECOND_HELLO_CHANGED},
        {"one_more", REPLACE, 51, "000a001d0001aa00170001aa", SHK_E_SECOND_HELLO_CHANGED},
        {"none", REPLACE, 51, "0000", SHK_E_SECOND_HELLO_CHANGED},
    };
    test_setup setup;
    uint8_t bytes[MAX_VECTOR + 16];
    (void)state;
    test_setup_new(&setup, "p256");
    setup.server.request_cookie = true;
    setup.client.no_middlebox_compatibility = true;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        test_pair pair;
        test_pair_open(&pair, &setup);
        run_up_to_second_hello(&pair);
        size_t len = edited_client_hello(&cases[i], pair.client, bytes);
        assert_hello_refused(&cases[i], pair.server, bytes, len);
        test_pair_close(&pair);
    }
    test_setup_free(&setup);
}

/* Changes that present stacks make in their second ClientHello, against RFC 8446 §4.1.2. */
static void tolerated_changes_are_recorded_or_refused_when_strict(void **state)
{
    static const struct {
        hello_case edit;
        shk_deviation deviation;
    } cases[] = {
        {{"order", MOVE, 10, "", SHK_E_SECOND_HELLO_ORDER}, SHK_DEVIATION_SECOND_HELLO_ORDER},
        {{"new_shares", REPLACE, 51,
          "0024001d00200900000000000000000000000000000000000000000000000000000000000000",
          SHK_E_SECOND_HELLO_NEW_SHARES},
         SHK_DEVIATION_SECOND_HELLO_NEW_SHARES},
        {{"ech", REPLACE, 0xfe0d, "00 0001 0001 07 0001 aa 0001 bb", SHK_E_SECOND_HELLO_ECH},
         SHK_DEVIATION_SECOND_HELLO_ECH},
        {{"ech_removed", REMOVE, 0xfe0d, "", SHK_E_SECOND_HELLO_ECH},
         SHK_DEVIATION_SECOND_HELLO_ECH},
    };
    test_setup setup;
    uint8_t bytes[MAX_VECTOR + 16];
    (void)state;
    test_setup_new(&setup, "p256");
    setup.server.request_cookie = true;
    setup.client.no_middlebox_compatibility = true;
    setup.client.ech_grease = true;
    for (size_t i = 0; i < 2 * sizeof cases / sizeof cases[0]; i++) {
        hello_case edit = cases[i / 2].edit;
        test_pair pair;
        setup.server.strict = i % 2 == 1;
        edit.expected = setup.server.strict ? edit.expected : SHK_OK;
        test_pair_open(&pair, &setup);
        run_up_to_second_hello(&pair);
        size_t len = edited_client_hello(&edit, pair.client, bytes);
        assert_hello_refused(&edit, pair.server, bytes, len);
        assert_int_equal(shk_conn_info_of(pair.server).deviations,
                         setup.server.strict ? 0 : 1U << cases[i / 2].deviation);
        test_pair_close(&pair);
    }
    test_setup_free(&setup);
}

/* Unknown extensions are compared in any order, up to a limit on the work. */
static void changed_unknown_extension_is_refused_in_any_order(void **state)
{
    static const hello_case first = {"first", APPEND, 0x1234, "aa", SHK_OK};
    static const hello_case cases[] = {
        {"data", APPEND, 0x1234, "bb", SHK_E_SECOND_HELLO_CHANGED},
        {"type", APPEND, 0x1235, "aa", SHK_E_SECOND_HELLO_CHANGED},
    };
    test_setup setup;
    test_pair pair;
    uint8_t bytes[MAX_VECTOR + 16];
    (void)state;
    setup_retry(&setup);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        test_pair_start(&pair, &setup);
        size_t len = edited_client_hello(&first, pair.client, bytes);
        assert_hello_refused(&first, pair.server, bytes, len);
        assert_int_equal(test_move_output(pair.server, pair.client), SHK_OK);
        len = edited_client_hello(&cases[i], pair.client, bytes);
        assert_hello_refused(&cases[i], pair.server, bytes, len);
        test_pair_close(&pair);
    }
    test_setup_free(&setup);
}

static size_t compatibility_records(const shk_conn *conn)
{
    size_t longest;
    return test_records_in(conn, SHK_CHANGE_CIPHER_SPEC, &longest);
}

/* RFC 8446 §D.4: each end sends one, after HelloRetryRequest or before the second ClientHello. */
static void one_compatibility_change_cipher_spec_is_sent(void **state)
{
    test_setup setup;
    test_pair pair;
    (void)state;
    setup_retry(&setup);
    setup.client.no_middlebox_compatibility = false;
    test_pair_send_hello(&pair, &setup);
    assert_int_equal(compatibility_records(pair.server), 1);
    assert_int_equal(test_move_output(pair.server, pair.client), SHK_OK);
    assert_int_equal(compatibility_records(pair.client), 1);
    assert_int_equal(test_move_output(pair.client, pair.server), SHK_OK);
    assert_int_equal(compatibility_records(pair.server), 0);
    assert_int_equal(test_move_output(pair.server, pair.client), SHK_OK);
    assert_int_equal(compatibility_records(pair.client), 0);
    test_pair_pump(&pair);
    assert_connected(&pair);
    test_pair_close_all(&pair, &setup);
}

/* The waiting hello with so many more empty unknown extensions. Returns its length. */
static size_t with_unknown(shk_conn *from, unsigned count, uint8_t *out)
{
    shk_span sent = shk_conn_output(from);
    size_t block = sent.len - from->handshake->offered.extensions.raw.len;
    uint8_t *lengths[] = {out + 4, out + 8, out + block - 1};
    memcpy(out, sent.data, sent.len);
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        unsigned sum = lengths[i][-1] * 256U + lengths[i][0] + 4 * count;
        lengths[i][-1] = (uint8_t)(sum >> 8);
        lengths[i][0] = (uint8_t)sum;
    }
    for (unsigned i = 0; i < count; i++) {
        uint8_t extension[4] = {0x50, (uint8_t)i, 0, 0};
        memcpy(out + sent.len + (size_t)4 * i, extension, sizeof extension);
    }
    shk_conn_sent(from, sent.len);
    return sent.len + (size_t)4 * count;
}

static void too_many_unknown_extensions_to_compare_are_refused(void **state)
{
    static const struct {
        unsigned unknown;
        shk_status expected;
    } cases[] = {{40, SHK_OK}, {64, SHK_E_SECOND_HELLO_CHANGED}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        test_setup setup;
        test_pair pair;
        uint8_t bytes[MAX_VECTOR];
        setup_retry(&setup);
        test_pair_start(&pair, &setup);
        size_t len = with_unknown(pair.client, cases[i].unknown, bytes);
        assert_int_equal(shk_conn_feed(pair.server, bytes, len), SHK_OK);
        assert_int_equal(test_move_output(pair.server, pair.client), SHK_OK);
        len = with_unknown(pair.client, cases[i].unknown, bytes);
        assert_case_fails("second", shk_conn_feed(pair.server, bytes, len), cases[i].expected);
        test_pair_close_all(&pair, &setup);
    }
}

/* Of several shares in the second hello the server uses that of the selected group, and none in
 * psk_ke. */
static void share_of_the_selected_group_is_used_in_second_hello(void **state)
{
    static const hello_case both = {
        "both", REPLACE, 51,
        "0029001d00200900000000000000000000000000000000000000000000000000000000000000"
        "00170001aa",
        SHK_OK};
    test_setup setup;
    test_pair pair;
    uint8_t bytes[MAX_VECTOR + 16];
    (void)state;
    test_setup_new(&setup, "p256");
    setup.server.request_cookie = true;
    setup.client.no_middlebox_compatibility = true;
    setup.client.key_shares = 2;
    test_pair_open(&pair, &setup);
    run_up_to_second_hello(&pair);
    size_t len = edited_client_hello(&both, pair.client, bytes);
    assert_hello_refused(&both, pair.server, bytes, len);
    assert_int_equal(shk_conn_info_of(pair.server).group, SHK_x25519);
    test_pair_close_all(&pair, &setup);
}

static void psk_ke_ignores_shares_of_second_hello(void **state)
{
    static const uint8_t key[32] = {7};
    static const test_change change = {SHK_MSG_client_hello, 1, IN(key_share, -1), 1, "55"};
    test_setup setup;
    test_pair pair;
    (void)state;
    setup_retry(&setup);
    test_with_psk(&setup, key, key);
    setup.client.psk_mode = setup.server.psk_mode = SHK_PSK_EITHER;
    setup.server.request_cookie = true;
    test_change_messages(&change);
    test_pair_open_and_run(&pair, &setup);
    assert_true(test_change_was_made());
    assert_connected(&pair);
    assert_int_equal(shk_conn_info_of(pair.server).group, 0);
    assert_int_equal(shk_conn_info_of(pair.server).deviations,
                     1U << SHK_DEVIATION_SECOND_HELLO_NEW_SHARES);
    test_pair_close_all(&pair, &setup);
}

/* The PSK selected in psk_ke is missing in the second hello, and there is no common group either.
 */
static void psk_missing_in_second_hello_is_not_used(void **state)
{
    static const uint8_t key[32] = {7};
    static const hello_case without = {"no_psk", REMOVE, 41, "", SHK_E_NO_COMMON_GROUP};
    test_setup setup;
    test_pair pair;
    uint8_t bytes[MAX_VECTOR + 16];
    (void)state;
    setup_retry(&setup);
    test_with_psk(&setup, key, key);
    setup.client.psk_mode = setup.server.psk_mode = SHK_PSK_EITHER;
    setup.server.request_cookie = true;
    test_pair_open(&pair, &setup);
    run_up_to_second_hello(&pair);
    assert_true(shk_conn_info_of(pair.server).external_psk);
    size_t len = edited_client_hello(&without, pair.client, bytes);
    assert_hello_refused(&without, pair.server, bytes, len);
    assert_false(shk_conn_info_of(pair.server).external_psk);
    test_pair_close_all(&pair, &setup);
}

/* RFC 8446 §4.2.10: records of early data that is not accepted are skipped, up to 64 KiB. */
static void rejected_early_data_is_skipped_up_to_64_kib(void **state)
{
    test_setup setup;
    test_pair pair;
    uint8_t bytes[MAX_VECTOR + 16];
    (void)state;
    test_setup_new(&setup, "p256");
    test_pair_start(&pair, &setup);
    size_t len = edited_client_hello(&with_early_data, pair.client, bytes);
    assert_int_equal(shk_conn_feed(pair.server, bytes, len), SHK_OK);
    for (int i = 0; i < 4; i++)
        assert_int_equal(shk_conn_feed(pair.server, early_record, sizeof early_record), SHK_OK);
    assert_fails(shk_conn_feed(pair.server, early_record, sizeof early_record),
                 SHK_E_BAD_RECORD_MAC);
    test_pair_close_all(&pair, &setup);
}

/* After a HelloRetryRequest the second ClientHello ends the skipping: it has no early data. */
static void nothing_is_skipped_after_second_client_hello(void **state)
{
    static const hello_case as_it_is = {"as it is", REMOVE, 42, "", SHK_OK};
    test_setup setup;
    test_pair pair;
    uint8_t first[MAX_VECTOR + 16], second[MAX_VECTOR + 16];
    (void)state;
    setup_retry(&setup);
    test_pair_start(&pair, &setup);
    size_t len = edited_client_hello(&with_early_data, pair.client, first);
    assert_int_equal(shk_conn_feed(pair.server, first, len), SHK_OK);
    assert_int_equal(shk_conn_feed(pair.server, early_record, sizeof early_record), SHK_OK);
    assert_int_equal(test_move_output(pair.server, pair.client), SHK_OK);
    len = edited_client_hello(&as_it_is, pair.client, second);
    assert_int_equal(shk_conn_feed(pair.server, second, len), SHK_OK);
    assert_fails(shk_conn_feed(pair.server, early_record, sizeof early_record),
                 SHK_E_BAD_RECORD_MAC);
    test_pair_close_all(&pair, &setup);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(server_refuses_modified_second_client_hello),
        cmocka_unit_test(server_refuses_shares_of_other_groups_after_a_cookie_request),
        cmocka_unit_test(tolerated_changes_are_recorded_or_refused_when_strict),
        cmocka_unit_test(changed_unknown_extension_is_refused_in_any_order),
        cmocka_unit_test(too_many_unknown_extensions_to_compare_are_refused),
        cmocka_unit_test(share_of_the_selected_group_is_used_in_second_hello),
        cmocka_unit_test(one_compatibility_change_cipher_spec_is_sent),
        cmocka_unit_test(psk_ke_ignores_shares_of_second_hello),
        cmocka_unit_test(psk_missing_in_second_hello_is_not_used),
        cmocka_unit_test(rejected_early_data_is_skipped_up_to_64_kib),
        cmocka_unit_test(nothing_is_skipped_after_second_client_hello),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
