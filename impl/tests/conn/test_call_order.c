/* Calls on a connection that is not established yet, has failed, or has sent close_notify. */
#include "conn_pair.h"

typedef shk_status call(shk_conn *conn);

static shk_status call_write(shk_conn *conn)
{
    return shk_conn_write(conn, (const uint8_t *)"data", 4);
}

static shk_status call_key_update(shk_conn *conn)
{
    return shk_conn_key_update(conn, true);
}

static shk_status call_export(shk_conn *conn)
{
    uint8_t out[16];
    return shk_conn_export(conn, "EXPORTER-x", shk_span_of_text(""), out, sizeof out);
}

static shk_status call_channel_binding(shk_conn *conn)
{
    uint8_t out[SHK_MAX_HASH];
    size_t len;
    return shk_conn_channel_binding(conn, SHK_TLS_EXPORTER, out, &len);
}

static shk_status call_write_early(shk_conn *conn)
{
    return shk_conn_write_early(conn, (const uint8_t *)"data", 4);
}

static shk_status call_export_early(shk_conn *conn)
{
    uint8_t out[16];
    return shk_conn_export_early(conn, "EXPORTER-x", shk_span_of_text(""), out, sizeof out);
}

static shk_status call_feed(shk_conn *conn)
{
    return shk_conn_feed(conn, (const uint8_t *)"", 0);
}

/* What each call returns on a new connection, on a failed one, and on an established one that has
 * sent close_notify. */
static const struct {
    const char *name;
    call *make;
    shk_status at_first, failed, closed;
} calls[] = {
    {"write", call_write, SHK_E_NOT_CONNECTED, SHK_E_CLOSED, SHK_E_CLOSED},
    {"key update", call_key_update, SHK_E_NOT_CONNECTED, SHK_E_CLOSED, SHK_E_CLOSED},
    {"renegotiate", shk_conn_renegotiate, SHK_E_NOT_CONNECTED, SHK_E_CLOSED, SHK_E_CLOSED},
    {"request authentication", shk_conn_request_authentication, SHK_E_NOT_CONNECTED, SHK_E_CLOSED,
     SHK_E_CLOSED},
    {"export", call_export, SHK_E_NOT_CONNECTED, SHK_E_CLOSED, SHK_OK},
    {"channel binding", call_channel_binding, SHK_E_NOT_CONNECTED, SHK_E_CLOSED, SHK_OK},
    {"write early", call_write_early, SHK_E_NO_EARLY_DATA, SHK_E_CLOSED, SHK_E_CLOSED},
    {"export early", call_export_early, SHK_E_NO_EARLY_DATA, SHK_E_CLOSED, SHK_E_NO_EARLY_DATA},
    {"feed", call_feed, SHK_OK, SHK_E_CLOSED, SHK_OK},
    {"feed end", shk_conn_feed_end, SHK_E_TRUNCATION, SHK_E_CLOSED, SHK_E_TRUNCATION},
    {"start", shk_conn_start, SHK_OK, SHK_E_CLOSED, SHK_OK},
};

static void each_call_in_the_wrong_state_is_an_error(void **state)
{
    static const uint8_t no_record[] = {0xff, 3, 3, 0, 0};
    test_setup setup;
    (void)state;
    test_setup_new(&setup, "p256");
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
        test_pair pair;
        test_pair_open(&pair, &setup);
        assert_case_fails(calls[i].name, calls[i].make(pair.server), calls[i].at_first);
        test_pair_close(&pair);

        test_pair_connect(&pair, &setup);
        assert_int_equal(shk_conn_feed(pair.server, no_record, sizeof no_record),
                         SHK_E_RECORD_TYPE);
        assert_case_fails(calls[i].name, calls[i].make(pair.server), calls[i].failed);
        test_pair_close(&pair);

        test_pair_connect(&pair, &setup);
        assert_int_equal(shk_conn_close(pair.server), SHK_OK);
        assert_case_fails(calls[i].name, calls[i].make(pair.server), calls[i].closed);
        test_pair_close(&pair);
    }
    test_setup_free(&setup);
}

/* Alert, text, clause, row and message: all that is needed to find the check that refused. */
static void description_of_a_failure_has_its_error_row(void **state)
{
    (void)state;
    static const uint8_t hello_done[] = {22, 3, 3, 0, 4, 14, 0, 0, 0};
    test_setup setup;
    test_pair pair;
    char text[256];
    test_setup_new(&setup, "p256");
    test_pair_open(&pair, &setup);
    assert_int_equal(shk_conn_feed(pair.server, hello_done, sizeof hello_done),
                     SHK_E_UNEXPECTED_MESSAGE);
    shk_conn_describe(pair.server, text, sizeof text);
    assert_string_equal(text,
                        "fatal unexpected_message (10): the message is not legal in this state "
                        "[RFC 8446 §4, UNEXPECTED_MESSAGE], in server_hello_done");
    test_pair_close(&pair);
    test_setup_free(&setup);
}

/* Calls that only one version or one role has. */
static void each_call_of_the_wrong_role_or_version_is_an_error(void **state)
{
    test_setup setup;
    test_pair pair;
    (void)state;
    test_setup_new(&setup, "p256");
    test_pair_connect(&pair, &setup);
    assert_fails(shk_conn_renegotiate(pair.client), SHK_E_NOT_CONNECTED);
    assert_fails(shk_conn_request_authentication(pair.client), SHK_E_NOT_CONNECTED);
    test_pair_close(&pair);
    setup.client.max_version = SHK_TLS12;
    test_pair_connect(&pair, &setup);
    assert_fails(shk_conn_key_update(pair.client, false), SHK_E_NOT_CONNECTED);
    assert_fails(shk_conn_request_authentication(pair.server), SHK_E_NOT_CONNECTED);
    test_pair_close_all(&pair, &setup);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(description_of_a_failure_has_its_error_row),
        cmocka_unit_test(each_call_in_the_wrong_state_is_an_error),
        cmocka_unit_test(each_call_of_the_wrong_role_or_version_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
