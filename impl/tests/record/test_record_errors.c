/* Faults in the record layer by a peer with the right keys, and faulty calls: each has its own
 * error row. */
#include "conn_pair.h"

#include <string.h>

#include "handshake/state/handshake.h"
#include "handshake/state/output.h"
#include "record/record_pieces.h"

static void connect(test_setup *setup, test_pair *pair, uint16_t version)
{
    test_setup_new(setup, "p256");
    setup->client.max_version = version;
    test_pair_connect(pair, setup);
}

/* The client sends the content under its keys, and the server refuses it. */
typedef struct {
    const char *name;
    uint8_t type;
    const char *hex;
    shk_status expected;
} content_case;

static void run_contents(const content_case *cases, size_t count, uint16_t version)
{
    for (size_t i = 0; i < count; i++) {
        test_setup setup;
        test_pair pair;
        connect(&setup, &pair, version);
        test_bytes content = from_hex(cases[i].hex);
        assert_int_equal(shk_conn_send(pair.client, cases[i].type, span_of(&content)), SHK_OK);
        assert_case_fails(cases[i].name, test_move_output(pair.client, pair.server),
                          cases[i].expected);
        assert_refused(cases[i].name, pair.server, cases[i].expected);
        test_pair_close_all(&pair, &setup);
    }
}

static void server_refuses_wrong_contents_of_tls_13(void **state)
{
    static const content_case cases[] = {
        {"zeros_alone", 0, "00000000", SHK_E_NO_CONTENT_TYPE},
        {"no_content_at_all", 0, "", SHK_E_NO_CONTENT_TYPE},
        {"unknown_type", 24, "aa", SHK_E_RECORD_TYPE},
        {"empty_handshake", SHK_HANDSHAKE, "", SHK_E_EMPTY_FRAGMENT},
        {"empty_alert", SHK_ALERT_RECORD, "", SHK_E_EMPTY_FRAGMENT},
        {"two_key_updates_in_one_record", SHK_HANDSHAKE, "18000001001800000100",
         SHK_E_KEY_CHANGE_ALIGNMENT},
        {"a_message_begun_before_a_key_change", SHK_HANDSHAKE, "180000010018",
         SHK_E_KEY_CHANGE_ALIGNMENT},
        {"two_alerts_in_one_record", SHK_ALERT_RECORD, "015a0100", SHK_E_EXPECTED_ALERT_LENGTH},
        {"half_an_alert", SHK_ALERT_RECORD, "01", SHK_E_EXPECTED_ALERT_LENGTH},
        {"unknown_alert", SHK_ALERT_RECORD, "02fe", SHK_E_PEER_ALERT},
        {"error_alert_as_a_warning", SHK_ALERT_RECORD, "0128", SHK_E_PEER_ALERT},
        {"grease_of_a_message", SHK_HANDSHAKE, "cb000000", SHK_E_UNKNOWN_MESSAGE},
    };
    (void)state;
    run_contents(cases, sizeof cases / sizeof cases[0], SHK_TLS13);
}

static void server_refuses_wrong_contents_of_tls_12(void **state)
{
    static const content_case cases[] = {
        {"fatal_alert", SHK_ALERT_RECORD, "0228", SHK_E_PEER_ALERT},
        {"fatal_alert_behind_a_warning", SHK_ALERT_RECORD, "015a0228", SHK_E_PEER_ALERT},
        {"change_cipher_spec", SHK_CHANGE_CIPHER_SPEC, "01", SHK_E_UNEXPECTED_CHANGE_CIPHER_SPEC},
        {"change_cipher_spec_of_two", SHK_CHANGE_CIPHER_SPEC, "02", SHK_E_CHANGE_CIPHER_SPEC_VALUE},
        {"certificate", SHK_HANDSHAKE, "0b000003000000", SHK_E_UNEXPECTED_MESSAGE},
    };
    (void)state;
    run_contents(cases, sizeof cases / sizeof cases[0], SHK_TLS12);
}

/* Unprotected bytes in between. */
static void run_raw(const content_case *cases, size_t count, uint16_t version)
{
    for (size_t i = 0; i < count; i++) {
        test_setup setup;
        test_pair pair;
        connect(&setup, &pair, version);
        test_bytes bytes = from_hex(cases[i].hex);
        assert_case_fails(cases[i].name, shk_conn_feed(pair.server, bytes.data, bytes.len),
                          cases[i].expected);
        assert_refused(cases[i].name, pair.server, cases[i].expected);
        test_pair_close_all(&pair, &setup);
    }
}

static void server_refuses_wrong_records_once_connected(void **state)
{
    static const content_case of_13[] = {
        {"unprotected_handshake", 0, "16030300051800000100", SHK_E_UNPROTECTED_RECORD},
        {"unprotected_alert", 0, "15030300020228", SHK_E_UNPROTECTED_RECORD},
        {"change_cipher_spec", 0, "140303000101", SHK_E_UNEXPECTED_CHANGE_CIPHER_SPEC},
        {"unknown_record_type", 0, "1903030001aa", SHK_E_RECORD_TYPE},
        {"longer_than_2_14_and_256", 0, "1703034101", SHK_E_RECORD_OVERFLOW},
        {"shorter_than_a_tag", 0, "170303000400000000", SHK_E_BAD_RECORD_MAC},
    };
    static const content_case of_12[] = {
        {"longer_than_2_14_and_2048", 0, "1703034801", SHK_E_RECORD_OVERFLOW},
        {"another_major_version", 0, "17020300", SHK_E_RECORD_VERSION},
        {"shorter_than_a_tag", 0, "170303000400000000", SHK_E_BAD_RECORD_MAC},
    };
    (void)state;
    run_raw(of_13, sizeof of_13 / sizeof of_13[0], SHK_TLS13);
    run_raw(of_12, sizeof of_12 / sizeof of_12[0], SHK_TLS12);
}

static void change_cipher_spec_other_than_one_is_refused(void **state)
{
    static const uint8_t two[] = {20, 3, 3, 0, 1, 2}, long_one[] = {20, 3, 3, 0, 2, 1, 1};
    test_setup setup;
    (void)state;
    test_setup_new(&setup, "p256");
    for (int i = 0; i < 2; i++) {
        test_pair pair;
        test_pair_send_hello(&pair, &setup);
        assert_fails(shk_conn_feed(pair.server, i == 0 ? two : long_one,
                                   i == 0 ? sizeof two : sizeof long_one),
                     SHK_E_CHANGE_CIPHER_SPEC_VALUE);
        assert_refused(NULL, pair.server, SHK_E_CHANGE_CIPHER_SPEC_VALUE);
        test_pair_close(&pair);
    }
    test_setup_free(&setup);
}

static void thirty_third_consecutive_change_cipher_spec_is_refused(void **state)
{
    static const uint8_t one[] = {20, 3, 3, 0, 1, 1};
    test_setup setup;
    test_pair pair;
    (void)state;
    test_setup_new(&setup, "p256");
    test_pair_send_hello(&pair, &setup);
    for (int i = 0; i < 33; i++)
        assert_fails(shk_conn_feed(pair.server, one, sizeof one),
                     i < 32 ? SHK_OK : SHK_E_EMPTY_RECORDS);
    assert_refused(NULL, pair.server, SHK_E_EMPTY_RECORDS);
    test_pair_close_all(&pair, &setup);
}

/* RFC 8446 §5: a ChangeCipherSpec is never protected. */
static void protected_change_cipher_spec_is_unexpected(void **state)
{
    static const uint8_t one[1] = {1};
    test_setup setup;
    test_pair pair;
    (void)state;
    connect(&setup, &pair, SHK_TLS13);
    assert_int_equal(shk_protection_seal(pair.client->write, SHK_CHANGE_CIPHER_SPEC,
                                         shk_span_of(one, 1), &pair.client->out),
                     SHK_OK);
    assert_fails(test_move_output(pair.client, pair.server), SHK_E_UNEXPECTED_CHANGE_CIPHER_SPEC);
    assert_refused(NULL, pair.server, SHK_E_UNEXPECTED_CHANGE_CIPHER_SPEC);
    test_pair_close_all(&pair, &setup);
}

/* A plaintext record after ServerHello, in place of EncryptedExtensions. */
static void unprotected_message_after_server_hello_is_refused(void **state)
{
    static const uint8_t extensions[] = {22, 3, 3, 0, 6, 8, 0, 0, 2, 0, 0};
    test_setup setup;
    test_pair pair;
    (void)state;
    test_setup_new(&setup, "p256");
    test_pair_send_hello(&pair, &setup);
    shk_span out = shk_conn_output(pair.server);
    size_t hello = 5 + ((size_t)out.data[3] << 8 | out.data[4]);
    assert_int_equal(shk_conn_feed(pair.client, out.data, hello), SHK_OK);
    assert_fails(shk_conn_feed(pair.client, extensions, sizeof extensions),
                 SHK_E_UNPROTECTED_RECORD);
    assert_refused(NULL, pair.client, SHK_E_UNPROTECTED_RECORD);
    test_pair_close_all(&pair, &setup);
}

static size_t first_record(const shk_conn *conn)
{
    shk_span out = shk_conn_output(conn);
    return 5 + ((size_t)out.data[3] << 8 | out.data[4]);
}

/* A peer that has sent a protected record protects its alerts too. */
static void unprotected_alert_is_accepted_only_before_protected_records(void **state)
{
    static const uint8_t alert[] = {21, 3, 3, 0, 2, 2, SHK_ALERT_handshake_failure};
    (void)state;
    for (int protected_before = 0; protected_before < 2; protected_before++)
        for (int of_client = 0; of_client < 2; of_client++) {
            test_setup setup;
            test_pair pair;
            test_setup_new(&setup, "p256");
            test_with_client_certificate(&setup, "client-p256");
            setup.client.max_send_fragment = setup.server.max_send_fragment = 256;
            test_pair_open(&pair, &setup);
            shk_conn *from = of_client ? pair.client : pair.server;
            shk_conn *to = of_client ? pair.server : pair.client;
            assert_int_equal(shk_conn_start(pair.client), SHK_OK);
            assert_int_equal(test_move_output(pair.client, pair.server), SHK_OK);
            if (of_client)
                assert_int_equal(test_move_output(pair.server, pair.client), SHK_OK);
            while (to->read == NULL || (protected_before && to->read->sequence == 0)) {
                size_t len = first_record(from);
                assert_int_equal(shk_conn_feed(to, shk_conn_output(from).data, len), SHK_OK);
                shk_conn_sent(from, len);
            }
            shk_status expected = protected_before ? SHK_E_UNPROTECTED_RECORD : SHK_E_PEER_ALERT;
            assert_fails(shk_conn_feed(to, alert, sizeof alert), expected);
            assert_refused(NULL, to, expected);
            test_pair_close_all(&pair, &setup);
        }
}

/* ServerHello and a byte more in one record. */
static void bytes_after_server_hello_in_one_record_are_refused(void **state)
{
    test_setup setup;
    test_pair pair;
    uint8_t bytes[512];
    (void)state;
    test_setup_new(&setup, "p256");
    test_pair_send_hello(&pair, &setup);
    shk_span out = shk_conn_output(pair.server);
    size_t len = (size_t)out.data[3] << 8 | out.data[4];
    assert_true(len < 255 && 5 + len + 1 < sizeof bytes);
    memcpy(bytes, out.data, 5 + len);
    bytes[4]++;
    bytes[5 + len] = 8;
    assert_fails(shk_conn_feed(pair.client, bytes, 5 + len + 1), SHK_E_KEY_CHANGE_ALIGNMENT);
    assert_refused(NULL, pair.client, SHK_E_KEY_CHANGE_ALIGNMENT);
    test_pair_close_all(&pair, &setup);
}

/* The type is the last byte that is not zero, however much padding follows. */
static void record_padding_is_removed(void **state)
{
    static const uint8_t padded[] = {'d', 'a', 't', 'a', SHK_APPLICATION_DATA, 0, 0, 0};
    test_setup setup;
    test_pair pair;
    uint8_t data[16];
    (void)state;
    connect(&setup, &pair, SHK_TLS13);
    assert_int_equal(
        shk_protection_seal(pair.client->write, 0, shk_span_of(padded, 8), &pair.client->out),
        SHK_OK);
    assert_int_equal(test_move_output(pair.client, pair.server), SHK_OK);
    assert_int_equal(shk_conn_read(pair.server, data, sizeof data), 4);
    assert_memory_equal(data, "data", 4);
    test_pair_close_all(&pair, &setup);
}

/* A TLSInnerPlaintext of 2^14 + 2 bytes, and one of 2^14 + 1 without padding. */
static void inner_plaintext_over_the_limit_is_record_overflow(void **state)
{
    static uint8_t content[SHK_MAX_PLAINTEXT + 1];
    test_setup setup;
    test_pair pair;
    (void)state;
    connect(&setup, &pair, SHK_TLS13);
    memset(content, 'x', sizeof content);
    assert_int_equal(
        shk_conn_send(pair.client, SHK_APPLICATION_DATA, shk_span_of(content, SHK_MAX_PLAINTEXT)),
        SHK_OK);
    assert_int_equal(test_move_output(pair.client, pair.server), SHK_OK);
    content[SHK_MAX_PLAINTEXT] = 0; /* one byte of padding more than fits */
    content[SHK_MAX_PLAINTEXT - 1] = SHK_APPLICATION_DATA;
    assert_int_equal(shk_protection_seal(pair.client->write, 0,
                                         shk_span_of(content, sizeof content), &pair.client->out),
                     SHK_OK);
    assert_fails(test_move_output(pair.client, pair.server), SHK_E_RECORD_OVERFLOW);
    assert_refused(NULL, pair.server, SHK_E_RECORD_OVERFLOW);
    test_pair_close_all(&pair, &setup);
}

static void sequence_number_does_not_wrap(void **state)
{
    (void)state;
    for (uint16_t version = SHK_TLS12; version <= SHK_TLS13; version++) {
        test_setup setup;
        test_pair pair;
        connect(&setup, &pair, version);
        pair.client->write->sequence = UINT64_MAX;
        assert_fails(shk_conn_write(pair.client, (const uint8_t *)"x", 1), SHK_E_SEQUENCE_LIMIT);
        test_pair_close_all(&pair, &setup);
        connect(&setup, &pair, version);
        pair.client->read->sequence = UINT64_MAX;
        assert_int_equal(shk_conn_write(pair.server, (const uint8_t *)"x", 1), SHK_OK);
        assert_fails(test_move_output(pair.server, pair.client), SHK_E_SEQUENCE_LIMIT);
        assert_refused(NULL, pair.client, SHK_E_SEQUENCE_LIMIT);
        test_pair_close_all(&pair, &setup);
    }
}

static void thirty_third_consecutive_warning_is_refused(void **state)
{
    (void)state;
    for (uint16_t version = SHK_TLS12; version <= SHK_TLS13; version++) {
        test_setup setup;
        test_pair pair;
        connect(&setup, &pair, version);
        for (int i = 0; i < 33; i++) {
            assert_int_equal(shk_conn_send_alert(pair.client, 1, SHK_ALERT_user_canceled), SHK_OK);
            assert_fails(test_move_output(pair.client, pair.server),
                         i < 32 ? SHK_OK : SHK_E_WARNING_ALERTS);
        }
        assert_refused(NULL, pair.server, SHK_E_WARNING_ALERTS);
        test_pair_close_all(&pair, &setup);
    }
}

static void thirty_third_consecutive_hello_request_is_refused(void **state)
{
    static const uint8_t request[4] = {0};
    test_setup setup;
    test_pair pair;
    (void)state;
    connect(&setup, &pair, SHK_TLS12);
    for (int i = 0; i < 33; i++) {
        assert_int_equal(shk_conn_send(pair.server, SHK_HANDSHAKE, shk_span_of(request, 4)),
                         SHK_OK);
        assert_fails(test_move_output(pair.server, pair.client),
                     i < 32 ? SHK_OK : SHK_E_RENEGOTIATION_REFUSED);
    }
    assert_refused(NULL, pair.client, SHK_E_RENEGOTIATION_REFUSED);
    test_pair_close_all(&pair, &setup);
}

/* RFC 8446 §6.1 */
static void data_after_user_canceled_and_close_notify_is_ignored(void **state)
{
    static const uint8_t garbage[8] = {0x47, 0x45, 0x54, 0x20, 0x2f, 0x20, 0x48, 0x54};
    test_setup setup;
    test_pair pair;
    (void)state;
    connect(&setup, &pair, SHK_TLS13);
    assert_int_equal(shk_conn_send_alert(pair.client, 1, SHK_ALERT_user_canceled), SHK_OK);
    assert_int_equal(shk_conn_close(pair.client), SHK_OK);
    assert_int_equal(shk_conn_send(pair.client, SHK_APPLICATION_DATA, shk_span_of(garbage, 8)),
                     SHK_OK); /* in the same bytes, behind it */
    assert_int_equal(test_move_output(pair.client, pair.server), SHK_OK);
    assert_true(shk_conn_info_of(pair.server).peer_closed);
    assert_int_equal(shk_conn_read(pair.server, (uint8_t[8]){0}, 8), 0);
    assert_int_equal(shk_conn_feed(pair.server, garbage, sizeof garbage), SHK_OK);
    test_pair_close_all(&pair, &setup);
}

/* RFC 5246 §7.2.1; TLS 1.3 leaves the write side open (RFC 8446 §6.1). */
static void close_notify_is_answered_below_tls_13(void **state)
{
    (void)state;
    for (uint16_t version = SHK_TLS12; version <= SHK_TLS13; version++) {
        test_setup setup;
        test_pair pair;
        connect(&setup, &pair, version);
        assert_int_equal(shk_conn_close(pair.client), SHK_OK);
        assert_int_equal(test_move_output(pair.client, pair.server), SHK_OK);
        assert_int_equal(test_move_output(pair.server, pair.client), SHK_OK);
        assert_int_equal(shk_conn_info_of(pair.client).peer_closed, version == SHK_TLS12);
        test_pair_close_all(&pair, &setup);
    }
}

/* RFC 8446 §6: nothing is sent or accepted after an error alert. */
static void nothing_is_sent_or_accepted_after_an_error_alert(void **state)
{
    test_setup setup;
    test_pair pair;
    (void)state;
    connect(&setup, &pair, SHK_TLS13);
    assert_int_equal(shk_conn_send_alert(pair.client, 2, SHK_ALERT_internal_error), SHK_OK);
    assert_fails(test_move_output(pair.client, pair.server), SHK_E_PEER_ALERT);
    assert_fails(shk_conn_write(pair.server, (const uint8_t *)"x", 1), SHK_E_CLOSED);
    assert_fails(shk_conn_key_update(pair.server, false), SHK_E_CLOSED);
    assert_fails(shk_conn_start(pair.server), SHK_E_CLOSED);
    assert_fails(shk_conn_feed_end(pair.server), SHK_E_CLOSED);
    assert_int_equal(shk_conn_write(pair.client, (const uint8_t *)"x", 1), SHK_OK);
    assert_fails(test_move_output(pair.client, pair.server), SHK_E_CLOSED);
    assert_int_equal(shk_conn_output(pair.server).len, 0);
    test_pair_close_all(&pair, &setup);
}

/* The connection does not report the warning, so it is decrypted with the receiver's keys. */
static void hello_request_is_answered_with_no_renegotiation(void **state)
{
    static const uint8_t request[4] = {0}, warning[2] = {1, SHK_ALERT_no_renegotiation};
    test_setup setup;
    test_pair pair;
    uint8_t type = SHK_ALERT_RECORD;
    shk_buf opened = shk_buf_growing(&shk_libc_allocator);
    (void)state;
    connect(&setup, &pair, SHK_TLS12);
    assert_int_equal(shk_conn_send(pair.server, SHK_HANDSHAKE, shk_span_of(request, 4)), SHK_OK);
    assert_int_equal(test_move_output(pair.server, pair.client), SHK_OK);
    shk_span out = shk_conn_output(pair.client);
    assert_int_equal(out.data[0], SHK_ALERT_RECORD);
    assert_int_equal(shk_protection_open(pair.server->read, &type, SHK_TLS12,
                                         shk_span_of(out.data + 5, out.len - 5), &opened),
                     SHK_OK);
    assert_int_equal(opened.len, 2);
    assert_memory_equal(opened.data, warning, 2);
    shk_buf_free(&opened);
    test_pair_close_all(&pair, &setup);
}

/* RFC 8446 §5.1: the version of a plaintext record is ignored. */
static void client_accepts_any_record_version_around_server_hello(void **state)
{
    static const uint8_t versions[][2] = {{0, 0}, {2, 0}, {3, 0}, {3, 4}, {0x7a, 0x7a}};
    test_setup setup;
    (void)state;
    test_setup_new(&setup, "p256");
    for (size_t i = 0; i < sizeof versions / sizeof versions[0]; i++) {
        test_pair pair;
        test_pair_start(&pair, &setup);
        memcpy(pair.client->out.data + 1, versions[i], 2);
        assert_int_equal(test_move_output(pair.client, pair.server), SHK_OK);
        memcpy(pair.server->out.data + 1, versions[i], 2);
        test_pair_pump(&pair);
        assert_true(shk_conn_info_of(pair.client).connected);
        assert_true(shk_conn_info_of(pair.server).connected);
        test_pair_close(&pair);
    }
    test_setup_free(&setup);
}

/* Until the peer's KeyUpdate arrives, only its old keys decrypt. */
static void receive_keys_change_only_after_key_update(void **state)
{
    test_setup setup;
    test_pair pair;
    (void)state;
    connect(&setup, &pair, SHK_TLS13);
    assert_int_equal(shk_conn_key_update(pair.client, false), SHK_OK);
    shk_conn_sent(pair.client, shk_conn_output(pair.client).len); /* lost on its way */
    assert_int_equal(shk_conn_write(pair.client, (const uint8_t *)"x", 1), SHK_OK);
    assert_fails(test_move_output(pair.client, pair.server), SHK_E_BAD_RECORD_MAC);
    test_pair_close_all(&pair, &setup);
}

static void call_before_the_handshake_ends_is_not_connected(void **state)
{
    test_setup setup;
    test_pair pair;
    uint8_t out[8];
    (void)state;
    test_setup_new(&setup, "p256");
    test_pair_open(&pair, &setup);
    assert_fails(shk_conn_write(pair.client, out, 1), SHK_E_NOT_CONNECTED);
    assert_fails(shk_conn_key_update(pair.client, false), SHK_E_NOT_CONNECTED);
    assert_fails(shk_conn_export(pair.client, "x", shk_span_of(NULL, 0), out, 8),
                 SHK_E_NOT_CONNECTED);
    test_pair_close_all(&pair, &setup);
}

static void full_fixed_buffer_is_an_error(void **state)
{
    uint8_t bytes[4];
    shk_buf buf = shk_buf_over(bytes, sizeof bytes);
    (void)state;
    assert_int_equal(shk_buf_append(&buf, shk_span_of(bytes, 3)), SHK_OK);
    assert_fails(shk_buf_append(&buf, shk_span_of(bytes, 2)), SHK_E_NO_ROOM);
}

static shk_status fail_to_sign(const shk_private_key *key, const shk_signature_scheme_row *scheme,
                               shk_span message, uint8_t *signature, size_t *len)
{
    (void)key, (void)scheme, (void)message, (void)signature, (void)len;
    return SHK_E_CRYPTO;
}

static void provider_failure_ends_the_handshake(void **state)
{
    test_setup setup;
    test_pair pair;
    (void)state;
    test_setup_new(&setup, "p256");
    shk_crypto failing = *setup.crypto;
    failing.sign = fail_to_sign;
    setup.server.crypto = &failing;
    test_pair_open_and_run(&pair, &setup);
    assert_refused(NULL, pair.server, SHK_E_CRYPTO);
    test_pair_close_all(&pair, &setup);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(server_refuses_wrong_contents_of_tls_13),
        cmocka_unit_test(server_refuses_wrong_contents_of_tls_12),
        cmocka_unit_test(server_refuses_wrong_records_once_connected),
        cmocka_unit_test(change_cipher_spec_other_than_one_is_refused),
        cmocka_unit_test(thirty_third_consecutive_change_cipher_spec_is_refused),
        cmocka_unit_test(protected_change_cipher_spec_is_unexpected),
        cmocka_unit_test(unprotected_message_after_server_hello_is_refused),
        cmocka_unit_test(unprotected_alert_is_accepted_only_before_protected_records),
        cmocka_unit_test(bytes_after_server_hello_in_one_record_are_refused),
        cmocka_unit_test(record_padding_is_removed),
        cmocka_unit_test(inner_plaintext_over_the_limit_is_record_overflow),
        cmocka_unit_test(sequence_number_does_not_wrap),
        cmocka_unit_test(thirty_third_consecutive_warning_is_refused),
        cmocka_unit_test(thirty_third_consecutive_hello_request_is_refused),
        cmocka_unit_test(data_after_user_canceled_and_close_notify_is_ignored),
        cmocka_unit_test(close_notify_is_answered_below_tls_13),
        cmocka_unit_test(nothing_is_sent_or_accepted_after_an_error_alert),
        cmocka_unit_test(hello_request_is_answered_with_no_renegotiation),
        cmocka_unit_test(client_accepts_any_record_version_around_server_hello),
        cmocka_unit_test(receive_keys_change_only_after_key_update),
        cmocka_unit_test(call_before_the_handshake_ends_is_not_connected),
        cmocka_unit_test(full_fixed_buffer_is_an_error),
        cmocka_unit_test(provider_failure_ends_the_handshake),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
