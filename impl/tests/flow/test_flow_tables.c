/* Walks the flow tables: a message in a state without a row for it is unexpected_message. Every
 * state is reachable, and every state but the last ones has a successor. */
#include "conn_pair.h"
#include "scripted_random.h"

#include <string.h>

#include "handshake/flow/flow_table.h"
#include "handshake/state/handshake.h"

/* Whether a row accepts it in the connection's present state. */
static bool row_holds(const shk_conn *conn, unsigned on)
{
    for (size_t i = 0; i < shk_flow_row_count; i++) {
        const shk_flow_row *row = &shk_flow_rows[i];
        if (row->state == (shk_state)conn->state && row->on == on && row->condition(conn))
            return true;
    }
    return false;
}

/* Whether the state accepts a message of this HandshakeType: layouts of other versions look alike
 * on the wire. */
static bool type_is_taken(const shk_conn *conn, unsigned id)
{
    if (id == SHK_MSG_hello_retry_request) /* told apart from ServerHello by its random */
        return row_holds(conn, id);
    for (unsigned other = 0; other < SHK_MSG_COUNT; other++)
        if (shk_message_rows[other].value == shk_message_rows[id].value && row_holds(conn, other))
            return true;
    return false;
}

static bool is_client_state(unsigned state)
{
    return shk_state_name((shk_state)state)[0] == 'c';
}

static void put_in_state(shk_conn *conn, unsigned state)
{
    const char *name = shk_state_name((shk_state)state);
    bool tls13 = strncmp(name + 1, "13", 2) == 0;
    conn->state = state;
    conn->version = tls13 ? SHK_TLS13 : strncmp(name + 1, "12", 2) == 0 ? SHK_TLS12 : 0;
    conn->suite = shk_suite_of(tls13 ? SHK_TLS_AES_128_GCM_SHA256
                                     : SHK_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256);
}

static void every_message_without_a_flow_row_is_unexpected(void **state)
{
    test_setup setup;
    unsigned checked = 0;
    (void)state;
    test_setup_new(&setup, "p256");
    for (unsigned s = 0; s < SHK_STATE_COUNT; s++)
        for (unsigned id = 0; id < SHK_MSG_COUNT; id++) {
            uint8_t message[4 + 2 + 32] = {shk_message_rows[id].value, 0, 0, 34};
            uint64_t seed = 1;
            shk_random random = counting(&seed);
            shk_conn *conn;
            if (id == SHK_MSG_hello_retry_request)
                memcpy(message + 6, shk_retry_random, 32);
            assert_int_equal(
                shk_conn_new(is_client_state(s) ? &setup.client : &setup.server, &random, &conn),
                SHK_OK);
            put_in_state(conn, s);
            if (type_is_taken(conn, id)) {
                shk_conn_free(conn);
                continue;
            }
            shk_status status = shk_flow_message(conn, shk_span_of(message, sizeof message));
            /* of a type that this version does not have: the same alert, another error row */
            assert_fails(status, status == SHK_E_UNKNOWN_MESSAGE ? SHK_E_UNKNOWN_MESSAGE
                                                                 : SHK_E_UNEXPECTED_MESSAGE);
            shk_conn_free(conn);
            checked++;
        }
    assert_true(checked > 600);
    test_setup_free(&setup);
}

static void change_cipher_spec_is_accepted_only_in_states_that_wait_for_it(void **state)
{
    test_setup setup;
    (void)state;
    test_setup_new(&setup, "p256");
    for (unsigned s = 0; s < SHK_STATE_COUNT; s++) {
        uint64_t seed = 1;
        shk_random random = counting(&seed);
        shk_conn *conn;
        assert_int_equal(
            shk_conn_new(is_client_state(s) ? &setup.client : &setup.server, &random, &conn),
            SHK_OK);
        put_in_state(conn, s);
        if (!row_holds(conn, SHK_ON_change_cipher_spec))
            assert_fails(shk_flow_change_cipher_spec(conn), SHK_E_UNEXPECTED_CHANGE_CIPHER_SPEC);
        shk_conn_free(conn);
    }
    test_setup_free(&setup);
}

static void every_state_is_reachable_and_has_a_successor(void **state)
{
    (void)state;
    for (unsigned s = 0; s < SHK_STATE_COUNT; s++) {
        bool reached = s == SHK_STATE_c_start || s == SHK_STATE_s_wait_client_hello;
        bool leads_on = false;
        for (size_t i = 0; i < shk_flow_row_count; i++) {
            reached |= shk_flow_rows[i].next == (shk_state)s;
            leads_on |= shk_flow_rows[i].state == (shk_state)s;
        }
        if (!reached || !leads_on)
            fail_msg("%s is a dead row", shk_state_name((shk_state)s));
    }
}

/* RFC 5246 §7.4.1.1: a negotiating client ignores HelloRequests, up to a limit. A server refuses
 * them. */
static void thirty_third_hello_request_during_negotiation_is_refused(void **state)
{
    static const uint8_t request[] = {22, 3, 3, 0, 4, 0, 0, 0, 0};
    test_setup setup;
    test_pair pair;
    (void)state;
    test_setup_new(&setup, "p256");
    test_pair_start(&pair, &setup);
    for (int i = 0; i < 32; i++)
        assert_int_equal(shk_conn_feed(pair.client, request, sizeof request), SHK_OK);
    assert_fails(shk_conn_feed(pair.client, request, sizeof request), SHK_E_UNEXPECTED_MESSAGE);
    assert_fails(shk_conn_feed(pair.server, request, sizeof request), SHK_E_UNEXPECTED_MESSAGE);
    test_pair_close_all(&pair, &setup);
}

/* RFC 5246 §7.4.3: there is no ServerKeyExchange in the RSA key exchange. */
static void server_key_exchange_with_plain_rsa_is_unexpected(void **state)
{
    test_bytes body = from_hex("000000");
    test_setup setup;
    (void)state;
    test_setup_new(&setup, "rsa2048");
    shk_conn *conn = test_conn_in(&setup.client, SHK_STATE_c12_wait_server_key_exchange);
    conn->suite = shk_suite_of(SHK_TLS_RSA_WITH_AES_128_GCM_SHA256);
    assert_fails(test_message(conn, SHK_MSG_server_key_exchange, &body), SHK_E_UNEXPECTED_MESSAGE);
    shk_conn_free(conn);
    test_setup_free(&setup);
}

/* With an ephemeral key exchange ServerKeyExchange is required. */
static void missing_server_key_exchange_is_unexpected(void **state)
{
    static const test_bytes empty = {.len = 0};
    test_setup setup;
    (void)state;
    test_setup_new(&setup, "p256");
    shk_conn *conn = test_conn_in(&setup.client, SHK_STATE_c12_wait_server_key_exchange);
    conn->suite = shk_suite_of(SHK_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256);
    assert_fails(test_message(conn, SHK_MSG_server_hello_done, &empty), SHK_E_UNEXPECTED_MESSAGE);
    shk_conn_free(conn);
    test_setup_free(&setup);
}

/* RFC 5246 §7.4.1.1: a client ignores HelloRequest during a handshake, but no other message with an
 * empty body. */
static void only_hello_request_is_ignored_during_negotiation(void **state)
{
    static const uint8_t hello_request[] = {22, 3, 3, 0, 4, 0, 0, 0, 0};
    static const uint8_t hello_done[] = {22, 3, 3, 0, 4, 14, 0, 0, 0};
    test_setup setup;
    test_pair pair;
    (void)state;
    test_setup_new(&setup, "p256");
    test_pair_start(&pair, &setup);
    assert_int_equal(shk_conn_feed(pair.client, hello_request, sizeof hello_request), SHK_OK);
    assert_fails(shk_conn_feed(pair.client, hello_done, sizeof hello_done),
                 SHK_E_UNEXPECTED_MESSAGE);
    test_pair_close_all(&pair, &setup);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_message_without_a_flow_row_is_unexpected),
        cmocka_unit_test(change_cipher_spec_is_accepted_only_in_states_that_wait_for_it),
        cmocka_unit_test(every_state_is_reachable_and_has_a_successor),
        cmocka_unit_test(thirty_third_hello_request_during_negotiation_is_refused),
        cmocka_unit_test(server_key_exchange_with_plain_rsa_is_unexpected),
        cmocka_unit_test(missing_server_key_exchange_is_unexpected),
        cmocka_unit_test(only_hello_request_is_ignored_during_negotiation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
