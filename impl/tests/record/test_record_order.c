/* Order of records and what may share one: below TLS 1.3 more is allowed (RFC 5246 §6.2.1, RFC 8446
 * §5.1), and after close_notify nothing (RFC 8446 §6.1). */
#include "conn_pair.h"

#include <string.h>

#include "handshake/flow/flow_table.h"
#include "handshake/state/handshake.h"
#include "handshake/state/output.h"
#include "record/record_pieces.h"

static void connect(test_setup *setup, test_pair *pair, uint16_t version)
{
    test_setup_new(setup, "p256");
    test_with_client_certificate(setup, "client-p256");
    setup->client.max_version = version;
    setup->client.renegotiation = setup->server.renegotiation = true;
    setup->client.post_handshake_auth = setup->server.post_handshake_auth = true;
    test_pair_connect(pair, setup);
}

static void several_alerts_in_one_record_are_accepted_below_tls_13(void **state)
{
    test_setup setup;
    test_pair pair;
    (void)state;
    connect(&setup, &pair, SHK_TLS12);
    test_send_hex(pair.client, SHK_ALERT_RECORD, "015a 015a");
    assert_int_equal(test_move_output(pair.client, pair.server), SHK_OK);
    assert_int_equal(pair.server->warning_alerts, 2);
    test_send_hex(pair.client, SHK_ALERT_RECORD,
                  "015a 0100 0228"); /* nothing counts behind the second */
    assert_int_equal(test_move_output(pair.client, pair.server), SHK_OK);
    assert_true(shk_conn_info_of(pair.server).peer_closed);
    test_pair_close_all(&pair, &setup);
}

static void fragmented_alert_is_accepted_below_tls_13(void **state)
{
    test_setup setup;
    test_pair pair;
    uint8_t got[4];
    (void)state;
    connect(&setup, &pair, SHK_TLS12);
    test_send_hex(pair.client, SHK_ALERT_RECORD, "02");
    test_send_hex(pair.client, SHK_APPLICATION_DATA, "64617461");
    assert_int_equal(test_move_output(pair.client, pair.server), SHK_OK);
    assert_int_equal(shk_conn_read(pair.server, got, sizeof got), 4);
    test_send_hex(pair.client, SHK_ALERT_RECORD, "28");
    assert_fails(test_move_output(pair.client, pair.server), SHK_E_PEER_ALERT);
    assert_int_equal(shk_conn_failure_of(pair.server)->alert_received, SHK_ALERT_handshake_failure);
    test_pair_close_all(&pair, &setup);
}

/* Before the version is known, the client's highest version decides. */
static void fragmented_alert_is_accepted_before_the_version_is_known(void **state)
{
    static const uint8_t first[] = {21, 3, 3, 0, 1, 2}, second[] = {21, 3, 3, 0, 1, 40};
    (void)state;
    for (uint16_t version = SHK_TLS12; version <= SHK_TLS13; version++) {
        test_setup setup;
        test_pair pair;
        test_setup_new(&setup, "p256");
        setup.client.max_version = version;
        test_pair_start(&pair, &setup);
        shk_status expected = version == SHK_TLS12 ? SHK_OK : SHK_E_EXPECTED_ALERT_LENGTH;
        assert_case_fails("first", shk_conn_feed(pair.client, first, sizeof first), expected);
        if (expected == SHK_OK)
            assert_fails(shk_conn_feed(pair.client, second, sizeof second), SHK_E_PEER_ALERT);
        test_pair_close_all(&pair, &setup);
    }
}

static shk_buf hello; /* the last ClientHello message that was sent; of one test */

static void keep_hello(void *context, bool sent, shk_message id, const shk_form *form, shk_span raw)
{
    (void)context;
    (void)form;
    if (sent && id == SHK_MSG_client_hello) {
        hello.len = 0;
        assert_int_equal(shk_buf_append(&hello, raw), SHK_OK);
    }
}

/* RFC 5246 §6.2.1: "Recipients MUST receive and process interleaved application layer traffic
 * during handshakes subsequent to the first one on a connection." */
static void data_and_alerts_may_interleave_handshake_below_tls_13(void **state)
{
    (void)state;
    for (uint16_t version = SHK_TLS10; version <= SHK_TLS12; version++) {
        test_setup setup;
        test_pair pair;
        uint8_t got[8];
        hello = shk_buf_growing(&shk_libc_allocator);
        test_setup_new(&setup, "p256");
        setup.client.min_version = setup.server.min_version = SHK_TLS10;
        setup.client.max_version = version;
        setup.client.renegotiation = setup.server.renegotiation = true;
        setup.client.observer = keep_hello;
        test_pair_connect(&pair, &setup);
        shk_protection before = *pair.client->write;
        assert_int_equal(shk_conn_renegotiate(pair.client), SHK_OK);
        shk_conn_sent(pair.client, shk_conn_output(pair.client).len); /* again, in two parts */
        *pair.client->write = before;
        assert_int_equal(
            shk_conn_send(pair.client, SHK_HANDSHAKE, shk_span_of(hello.data, hello.len / 2)),
            SHK_OK);
        test_send_hex(pair.client, SHK_APPLICATION_DATA, "64617461");
        test_send_hex(pair.client, SHK_ALERT_RECORD, "015a");
        assert_int_equal(
            shk_conn_send(pair.client, SHK_HANDSHAKE,
                          shk_span_of(hello.data + hello.len / 2, hello.len - hello.len / 2)),
            SHK_OK);
        assert_int_equal(test_move_output(pair.client, pair.server), SHK_OK);
        assert_int_equal(shk_conn_read(pair.server, got, sizeof got), 4);
        assert_int_equal(pair.server->state, SHK_STATE_s12_wait_client_key_exchange);
        shk_buf_free(&hello);
        test_pair_close_all(&pair, &setup);
    }
}

/* Where a record of the type begins in what waits to be sent. */
static size_t find_record(shk_span out, uint8_t type)
{
    size_t at = 0;
    while (out.data[at] != type) {
        at += SHK_RECORD_HEADER + ((size_t)out.data[at + 3] << 8 | out.data[at + 4]);
        assert_true(at < out.len);
    }
    return at;
}

static void message_or_alert_may_not_span_change_cipher_spec(void **state)
{
    static const uint8_t begun[][6] = {{22, 3, 3, 0, 1, 20}, {21, 3, 3, 0, 1, 1}};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        test_setup setup;
        test_pair pair;
        test_setup_new(&setup, "p256");
        setup.client.max_version = SHK_TLS12;
        test_pair_send_hello(&pair, &setup);
        assert_int_equal(test_move_output(pair.server, pair.client), SHK_OK);
        shk_span out = shk_conn_output(pair.client);
        size_t at = find_record(out, SHK_CHANGE_CIPHER_SPEC);
        assert_int_equal(shk_conn_feed(pair.server, out.data, at), SHK_OK);
        assert_int_equal(shk_conn_feed(pair.server, begun[i], sizeof begun[i]), SHK_OK);
        assert_fails(shk_conn_feed(pair.server, out.data + at, out.len - at),
                     SHK_E_KEY_CHANGE_ALIGNMENT);
        assert_refused(NULL, pair.server, SHK_E_KEY_CHANGE_ALIGNMENT);
        test_pair_close_all(&pair, &setup);
    }
}

static void protected_record_of_another_version_is_refused_below_tls_13(void **state)
{
    static const uint8_t others[] = {0, 1, 2, 4, 0xff};
    (void)state;
    for (size_t i = 0; i < sizeof others; i++) {
        for (size_t cut = 0; cut < 2; cut++) { /* the header is enough */
            test_setup setup;
            test_pair pair;
            connect(&setup, &pair, SHK_TLS12);
            test_send_hex(pair.client, SHK_APPLICATION_DATA, "64617461");
            pair.client->out.data[2] = others[i];
            shk_span out = shk_conn_output(pair.client);
            assert_fails(shk_conn_feed(pair.server, out.data, cut == 0 ? out.len : 3),
                         SHK_E_RECORD_VERSION);
            assert_refused(NULL, pair.server, SHK_E_RECORD_VERSION);
            test_pair_close_all(&pair, &setup);
        }
    }
}

static void bytes_after_close_notify_in_one_feed_are_ignored(void **state)
{
    (void)state;
    for (uint16_t version = SHK_TLS12; version <= SHK_TLS13; version++) {
        test_setup setup;
        test_pair pair;
        connect(&setup, &pair, version);
        assert_int_equal(shk_conn_close(pair.client), SHK_OK);
        assert_int_equal(shk_buf_append(&pair.client->out, shk_span_of_text("GET / HTTP/1.1")),
                         SHK_OK);
        assert_int_equal(test_move_output(pair.client, pair.server), SHK_OK);
        assert_true(shk_conn_info_of(pair.server).peer_closed);
        assert_int_equal(shk_conn_failure_of(pair.server)->alert_sent, -1);
        test_pair_close_all(&pair, &setup);
    }
}

/* RFC 8446 §6.1: close_notify is the last record that an end sends. */
static void nothing_is_answered_after_our_close_notify(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++) {
        test_setup setup;
        test_pair pair;
        connect(&setup, &pair, i < 2 ? SHK_TLS13 : SHK_TLS12);
        shk_conn *asks = i == 3 ? pair.client : pair.server;
        shk_conn *closes = i == 3 ? pair.server : pair.client;
        assert_int_equal(shk_conn_close(closes), SHK_OK);
        shk_conn_sent(closes, shk_conn_output(closes).len); /* not read yet */
        if (i == 0)
            assert_int_equal(shk_conn_request_authentication(asks), SHK_OK);
        else if (i == 1)
            assert_int_equal(shk_conn_key_update(asks, true), SHK_OK);
        else
            assert_int_equal(shk_conn_renegotiate(asks), SHK_OK);
        assert_int_equal(test_move_output(asks, closes), SHK_OK);
        assert_int_equal(shk_conn_output(closes).len, 0);
        test_pair_close_all(&pair, &setup);
    }
}

/* RFC 8446 §4: there is no HelloRequest in TLS 1.3; RFC 5246 §7.4.1.1 has others ignore it. */
static void hello_request_before_server_hello_is_ignored_if_tls_12_is_offered(void **state)
{
    static const uint8_t request[] = {22, 3, 3, 0, 4, 0, 0, 0, 0};
    (void)state;
    for (uint16_t lowest = SHK_TLS12; lowest <= SHK_TLS13; lowest++) {
        test_setup setup;
        test_pair pair;
        shk_status expected = lowest == SHK_TLS13 ? SHK_E_UNEXPECTED_MESSAGE : SHK_OK;
        test_setup_new(&setup, "p256");
        setup.client.min_version = lowest;
        test_pair_start(&pair, &setup);
        assert_fails(shk_conn_feed(pair.client, request, sizeof request), expected);
        assert_refused(NULL, pair.client, expected);
        test_pair_close_all(&pair, &setup);
    }
}

static void compatibility_change_cipher_spec_does_not_count_as_empty_record(void **state)
{
    test_setup setup;
    test_pair pair;
    (void)state;
    connect(&setup, &pair, SHK_TLS13);
    shk_conn *ends[] = {pair.client, pair.server};
    for (size_t i = 0; i < 2; i++)
        for (int n = 0; n < 32; n++) {
            assert_int_equal(shk_conn_send(ends[i], SHK_APPLICATION_DATA, shk_span_of("", 0)),
                             SHK_OK);
            assert_int_equal(test_move_output(ends[i], ends[1 - i]), SHK_OK);
        }
    test_pair_close_all(&pair, &setup);
}

/* Counts what is allocated, in bytes. */
static void *counting_resize(void *context, void *old, size_t old_size, size_t new_size)
{
    *(size_t *)context += new_size;
    return shk_libc_allocator.resize(shk_libc_allocator.context, old, old_size, new_size);
}

/* A whole message in records of one byte each costs in proportion to its length. */
static void reassembly_from_small_records_is_linear(void **state)
{
    static const uint8_t lengths[][4] = {{1, 0, 0x20, 0}, {1, 0, 0x80, 0}}; /* 8 and 32 KiB */
    size_t allocated[2] = {0, 0};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        test_setup setup;
        test_pair pair;
        shk_allocator counted = {counting_resize, &allocated[i]};
        uint8_t record[6] = {22, 3, 1, 0, 1, 0};
        size_t len = (size_t)lengths[i][2] << 8;
        test_setup_new(&setup, "p256");
        setup.server.allocator = &counted;
        test_pair_open(&pair, &setup);
        allocated[i] = 0;
        for (size_t at = 0; at + 1 < len; at++) { /* the last byte does not come */
            record[5] = at < 4 ? lengths[i][at] : 0;
            assert_int_equal(shk_conn_feed(pair.server, record, sizeof record), SHK_OK);
        }
        test_pair_close_all(&pair, &setup);
    }
    assert_true(allocated[1] <= 5 * allocated[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(several_alerts_in_one_record_are_accepted_below_tls_13),
        cmocka_unit_test(fragmented_alert_is_accepted_below_tls_13),
        cmocka_unit_test(fragmented_alert_is_accepted_before_the_version_is_known),
        cmocka_unit_test(data_and_alerts_may_interleave_handshake_below_tls_13),
        cmocka_unit_test(message_or_alert_may_not_span_change_cipher_spec),
        cmocka_unit_test(protected_record_of_another_version_is_refused_below_tls_13),
        cmocka_unit_test(bytes_after_close_notify_in_one_feed_are_ignored),
        cmocka_unit_test(nothing_is_answered_after_our_close_notify),
        cmocka_unit_test(hello_request_before_server_hello_is_ignored_if_tls_12_is_offered),
        cmocka_unit_test(compatibility_change_cipher_spec_does_not_count_as_empty_record),
        cmocka_unit_test(reassembly_from_small_records_is_linear),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
