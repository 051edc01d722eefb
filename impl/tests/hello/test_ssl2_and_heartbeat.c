/* Versions before TLS 1.0, and heartbeat: recognised, and refused or ignored. */
#include "message_changes.h"

#include <string.h>

typedef struct {
    const char *name;
    const char *hex;
    shk_status expected;
} old_hello;

/* Each is refused with protocol_version, in a record of TLS 1.0. */
static void client_hello_of_ssl_is_refused(void **state)
{
    static const uint8_t alert[7] = {21, 3, 1, 0, 2, 2, SHK_ALERT_protocol_version};
    static const old_hello cases[] = {
        {"ssl_2", "802e 01 0002 0015 0000 0010", SHK_E_SSL2_CLIENT_HELLO},
        {"ssl_2_in_a_header_of_three_bytes", "002e00 01 0002 0015 0000 0010",
         SHK_E_SSL2_CLIENT_HELLO},
        {"ssl_3_in_the_format_of_ssl_2", "802e 01 0300 0015 0000 0010", SHK_E_SSL2_CLIENT_HELLO},
        {"tls_12_in_the_format_of_ssl_2", "802e 01 0303 0015 0000 0010", SHK_E_SSL2_CLIENT_HELLO},
        {"ssl_3",
         "16 0300 002f 01 00002b 0300 "
         "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f 00 0004 000a0005 01 00",
         SHK_E_SSL3_VERSION},
    };
    test_setup setup;
    (void)state;
    test_setup_new(&setup, "rsa2048");
    setup.server.min_version = SHK_TLS10;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        test_bytes hello = from_hex(cases[i].hex);
        test_pair pair;
        test_pair_open(&pair, &setup);
        assert_case_fails(cases[i].name, shk_conn_feed(pair.server, hello.data, hello.len),
                          cases[i].expected);
        shk_span out = shk_conn_output(pair.server);
        assert_int_equal(out.len, sizeof alert);
        assert_memory_equal(out.data, alert, sizeof alert);
        test_pair_close(&pair);
    }
    test_setup_free(&setup);
}

/* Fed byte by byte: nothing is answered before the type is known. */
static void ssl_2_client_hello_is_recognised_by_its_type(void **state)
{
    static const char *const hellos[] = {"802e01", "002e0001"};
    test_setup setup;
    (void)state;
    test_setup_new(&setup, "rsa2048");
    for (size_t i = 0; i < 2; i++) {
        test_bytes hello = from_hex(hellos[i]);
        test_pair pair;
        test_pair_open(&pair, &setup);
        for (size_t at = 0; at + 1 < hello.len; at++)
            assert_int_equal(shk_conn_feed(pair.server, hello.data + at, 1), SHK_OK);
        assert_fails(shk_conn_feed(pair.server, hello.data + hello.len - 1, 1),
                     SHK_E_SSL2_CLIENT_HELLO);
        test_pair_close(&pair);
    }
    test_setup_free(&setup);
}

static void other_ssl_2_records_are_not_tls(void **state)
{
    static const char *const cases[] = {"802e04", "002e0004", "502e0001"};
    test_setup setup;
    (void)state;
    test_setup_new(&setup, "rsa2048");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        test_bytes bytes = from_hex(cases[i]);
        test_pair pair;
        test_pair_open(&pair, &setup);
        assert_fails(shk_conn_feed(pair.server, bytes.data, bytes.len), SHK_E_NOT_TLS);
        assert_refused(cases[i], pair.server, SHK_E_NOT_TLS);
        test_pair_close(&pair);
    }
    test_setup_free(&setup);
}

/* The extension heartbeat with peer_allowed_to_send (RFC 6520 §2). */
static const uint8_t heartbeat[] = {0, 0x0f, 0, 1};

/* Our client does not implement RFC 6520. */
static void heartbeat_is_not_offered(void **state)
{
    test_setup setup;
    test_pair pair;
    (void)state;
    test_setup_new(&setup, "p256");
    test_pair_start(&pair, &setup);
    assert_false(
        test_contains(shk_conn_output(pair.client), shk_span_of(heartbeat, sizeof heartbeat)));
    test_pair_close_all(&pair, &setup);
}

/* Sees what the server sends. */
static void assert_no_heartbeat(void *context, bool sent, shk_message id, const shk_form *form,
                                shk_span raw)
{
    (void)form;
    *(unsigned *)context += sent;
    if (sent && (id == SHK_MSG_server_hello || id == SHK_MSG_encrypted_extensions))
        assert_false(test_contains(raw, shk_span_of(heartbeat, sizeof heartbeat)));
}

/* An offer replaces renegotiation_info, which has as many bytes; the server ignores it. */
static void heartbeat_is_not_answered(void **state)
{
    static const test_change offer = {SHK_MSG_client_hello, 0, IN(renegotiation_info, 0), 5,
                                      "000f000101"};
    (void)state;
    for (uint16_t version = SHK_TLS12; version <= SHK_TLS13; version++) {
        unsigned seen = 0;
        test_setup setup;
        test_pair pair;
        test_setup_new(&setup, "p256");
        setup.server.max_version = version;
        setup.server.observer = assert_no_heartbeat;
        setup.server.observer_context = &seen;
        test_change_messages(&offer);
        test_pair_connect(&pair, &setup);
        test_change_messages(NULL);
        assert_true(seen > 1);
        test_pair_close_all(&pair, &setup);
    }
}

static void heartbeat_in_a_server_answer_is_refused(void **state)
{
    static const test_change changes[] = {
        {SHK_MSG_server_hello, 0, 2 + 32 + 1 + 3, ALL, "0005000f000101"},
        {SHK_MSG_encrypted_extensions, 0, 0, ALL, "0005000f000101"},
    };
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        test_setup setup;
        test_pair pair;
        test_setup_new(&setup, "p256");
        setup.client.max_version = i == 0 ? SHK_TLS12 : SHK_TLS13;
        test_change_messages(&changes[i]);
        test_pair_open_and_run(&pair, &setup);
        assert_refused(NULL, pair.client, SHK_E_UNSOLICITED_EXTENSION);
        test_pair_close_all(&pair, &setup);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(client_hello_of_ssl_is_refused),
        cmocka_unit_test(ssl_2_client_hello_is_recognised_by_its_type),
        cmocka_unit_test(other_ssl_2_records_are_not_tls),
        cmocka_unit_test(heartbeat_is_not_offered),
        cmocka_unit_test(heartbeat_is_not_answered),
        cmocka_unit_test(heartbeat_in_a_server_answer_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
