/* What an end no longer does after it has closed or failed, and what a client refuses of any server
 * (RFC 8446 §6.1, RFC 5746 §3.4). */
#include "conn_pair.h"

#include <string.h>

static void closed_end_answers_no_key_update(void **state)
{
    test_setup setup;
    test_pair pair;
    (void)state;
    test_setup_new(&setup, "p256");
    test_pair_connect(&pair, &setup);
    assert_int_equal(shk_conn_key_update(pair.server, true), SHK_OK);
    assert_int_equal(shk_conn_close(pair.client), SHK_OK);
    shk_conn_sent(pair.client, shk_conn_output(pair.client).len);
    assert_int_equal(test_move_output(pair.server, pair.client), SHK_OK);
    assert_int_equal(shk_conn_output(pair.client).len, 0);
    test_pair_close_all(&pair, &setup);
}

/* RFC 8446 §6.1: nothing is sent after close_notify. */
static void closed_end_sends_no_alert(void **state)
{
    static const uint8_t garbage[] = {23, 3, 3, 0, 1, 0};
    test_setup setup;
    test_pair pair;
    (void)state;
    test_setup_new(&setup, "p256");
    test_pair_connect(&pair, &setup);
    assert_int_equal(shk_conn_close(pair.client), SHK_OK);
    size_t len = shk_conn_output(pair.client).len;
    assert_fails(shk_conn_feed(pair.client, garbage, sizeof garbage), SHK_E_BAD_RECORD_MAC);
    assert_int_equal(shk_conn_failure_of(pair.client)->alert_sent, -1);
    assert_int_equal(shk_conn_output(pair.client).len, len);
    test_pair_close_all(&pair, &setup);
}

static void failed_connection_refuses_every_call(void **state)
{
    static const uint8_t garbage[] = {23, 3, 3, 0, 1, 0};
    uint8_t out[32];
    test_setup setup;
    test_pair pair;
    shk_span none = {NULL, 0};
    (void)state;
    test_setup_new(&setup, "p256");
    test_pair_connect(&pair, &setup);
    assert_fails(shk_conn_feed(pair.client, garbage, sizeof garbage), SHK_E_BAD_RECORD_MAC);
    assert_fails(shk_conn_start(pair.client), SHK_E_CLOSED);
    assert_fails(shk_conn_write(pair.client, garbage, 1), SHK_E_CLOSED);
    assert_fails(shk_conn_write_early(pair.client, garbage, 1), SHK_E_CLOSED);
    assert_fails(shk_conn_export(pair.client, "EXPORTER-x", none, out, 32), SHK_E_CLOSED);
    assert_fails(shk_conn_export_early(pair.client, "EXPORTER-x", none, out, 32), SHK_E_CLOSED);
    assert_fails(shk_conn_feed_end(pair.client), SHK_E_CLOSED);
    test_pair_close_all(&pair, &setup);
}

/* Only servers recognise an SSL 2.0 header with a ClientHello. */
static void client_refuses_ssl_2_client_hello(void **state)
{
    static const uint8_t hello[] = {0x80, 0x2e, 1, 0, 2};
    test_setup setup;
    test_pair pair;
    (void)state;
    test_setup_new(&setup, "p256");
    test_pair_start(&pair, &setup);
    assert_fails(shk_conn_feed(pair.client, hello, sizeof hello), SHK_E_NOT_TLS);
    assert_fails(shk_conn_feed(pair.server, hello, sizeof hello), SHK_E_SSL2_CLIENT_HELLO);
    test_pair_close_all(&pair, &setup);
}

/* RFC 5746 §3.6: it could not be bound to the previous handshake. */
static void renegotiation_needs_renegotiation_info_of_the_peer(void **state)
{
    static const uint8_t extension[] = {0xff, 1, 0, 1, 0};
    test_setup setup;
    test_pair pair;
    size_t at = 0;
    (void)state;
    test_setup_new(&setup, "p256");
    setup.client.max_version = SHK_TLS12;
    setup.client.renegotiation = setup.server.renegotiation = true;
    shk_buf hello = test_first_hello(&setup);
    while (memcmp(hello.data + at, extension, sizeof extension) != 0)
        at++;
    hello.data[at] = 0x77; /* an unknown extension */
    setup.client.client_hello = shk_buf_span(&hello);
    test_pair_connect(&pair, &setup);
    assert_false(shk_conn_info_of(pair.client).secure_renegotiation);
    assert_fails(shk_conn_renegotiate(pair.client), SHK_E_NO_RENEGOTIATION);
    assert_fails(shk_conn_renegotiate(pair.server), SHK_E_NO_RENEGOTIATION);
    test_pair_close(&pair);
    shk_buf_free(&hello);
    test_setup_free(&setup);
}

/* Less than a MAC and a byte of padding, in whole blocks (RFC 5246 §6.2.3.2). */
static void cbc_record_shorter_than_its_mac_is_refused(void **state)
{
    static const uint16_t suite[] = {SHK_TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA};
    static const uint8_t record[5 + 32] = {23, 3, 3, 0, 32};
    test_setup setup;
    test_pair pair;
    (void)state;
    test_setup_new(&setup, "p256");
    setup.client.suites = (shk_u16s){suite, 1};
    setup.client.max_version = SHK_TLS12;
    setup.client.no_encrypt_then_mac = true;
    test_pair_connect(&pair, &setup);
    assert_fails(shk_conn_feed(pair.server, record, sizeof record), SHK_E_BAD_RECORD_MAC);
    test_pair_close_all(&pair, &setup);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(closed_end_answers_no_key_update),
        cmocka_unit_test(closed_end_sends_no_alert),
        cmocka_unit_test(failed_connection_refuses_every_call),
        cmocka_unit_test(client_refuses_ssl_2_client_hello),
        cmocka_unit_test(renegotiation_needs_renegotiation_info_of_the_peer),
        cmocka_unit_test(cbc_record_shorter_than_its_mac_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
