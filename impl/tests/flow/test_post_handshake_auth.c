/* After the handshake: the client's certificate asked for (RFC 8446 §4.6.2), and channel bindings
 * (RFC 5929, RFC 9266). */
#include "message_changes.h"
#include "session_setup.h"

#include <string.h>

#include "handshake/flow/flow_table.h"
#include "handshake/state/handshake.h"

static void setup_late(test_setup *setup)
{
    test_setup_new(setup, "p256");
    test_with_client_certificate(setup, "client-p256");
    setup->client.post_handshake_auth = setup->server.post_handshake_auth = true;
}

static void a_client_is_asked_after_the_handshake(void **state)
{
    test_setup setup;
    test_pair pair;
    (void)state;
    setup_late(&setup);
    test_pair_connect(&pair, &setup);
    assert_false(shk_conn_info_of(pair.server)->peer_authenticated);
    assert_int_equal(shk_conn_request_authentication(pair.server), SHK_OK);
    test_pair_pump(&pair);
    assert_connected(&pair);
    assert_true(shk_conn_info_of(pair.server)->peer_authenticated);
    assert_true(shk_conn_info_of(pair.server)->peer_verified);
    test_pair_close_all(&pair, &setup);
}

/* Each request goes on from the main handshake, not from the one before. */
static void it_can_be_asked_again_with_keys_updated_and_data_between(void **state)
{
    static const uint8_t ping[] = "ping";
    uint8_t got[sizeof ping];
    test_setup setup;
    test_pair pair;
    (void)state;
    setup_late(&setup);
    test_pair_connect(&pair, &setup);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(shk_conn_request_authentication(pair.server), SHK_OK);
        assert_int_equal(shk_conn_key_update(pair.client, true), SHK_OK);
        assert_int_equal(shk_conn_write(pair.client, ping, sizeof ping), SHK_OK);
        test_pair_pump(&pair);
        assert_connected(&pair);
        assert_int_equal(shk_conn_read(pair.server, got, sizeof got), sizeof ping);
        assert_true(shk_conn_info_of(pair.server)->peer_authenticated);
    }
    assert_int_equal(shk_conn_info_of(pair.server)->later_authentications, 3);
    assert_int_equal(shk_conn_info_of(pair.client)->later_authentications, 3);
    test_pair_close_all(&pair, &setup);
}

static void a_client_that_did_not_offer_it_is_not_asked(void **state)
{
    test_setup setup;
    test_pair pair;
    (void)state;
    setup_late(&setup);
    setup.client.post_handshake_auth = false;
    test_pair_connect(&pair, &setup);
    assert_fails(shk_conn_request_authentication(pair.server), SHK_E_NO_POST_HANDSHAKE_AUTH);
    test_pair_close_all(&pair, &setup);
}

static void one_request_at_a_time(void **state)
{
    test_setup setup;
    test_pair pair;
    (void)state;
    setup_late(&setup);
    test_pair_connect(&pair, &setup);
    assert_int_equal(shk_conn_request_authentication(pair.server), SHK_OK);
    assert_fails(shk_conn_request_authentication(pair.server), SHK_E_NO_POST_HANDSHAKE_AUTH);
    test_pair_close_all(&pair, &setup);
}

/* RFC 8446 §4.2.6, §4.6.2 */
static void an_unexpected_request_is_refused(void **state)
{
    static const char *const request = "0100 0008 000d 0004 0002 0403";
    test_setup setup;
    test_bytes body = from_hex(request);
    (void)state;
    test_setup_new(&setup, "p256");
    shk_conn *conn = test_conn_in(&setup.client, SHK_STATE_c13_connected);
    assert_fails(test_message(conn, SHK_MSG_certificate_request, &body), SHK_E_UNEXPECTED_MESSAGE);
    shk_conn_free(conn);
    test_setup_free(&setup);
}

static void a_client_without_a_certificate_says_so(void **state)
{
    (void)state;
    for (int require = 0; require < 2; require++) {
        test_setup setup;
        test_pair pair;
        setup_late(&setup);
        setup.client.credential_count = 0;
        setup.server.client_auth = require ? SHK_CLIENT_AUTH_REQUIRE : SHK_CLIENT_AUTH_REQUEST;
        test_pair_connect(&pair, &setup);
        assert_int_equal(shk_conn_request_authentication(pair.server), SHK_OK);
        test_pair_pump(&pair);
        if (require)
            assert_refused(NULL, pair.server, SHK_E_CERTIFICATE_REQUIRED);
        else
            assert_connected(&pair);
        assert_int_equal(shk_conn_info_of(pair.server)->later_authentications, require ? 0 : 1);
        assert_false(shk_conn_info_of(pair.server)->peer_authenticated);
        test_pair_close_all(&pair, &setup);
    }
}

/* Changes to the answer: the context is not the request's, the signature or Finished is wrong. */
static void a_changed_answer_is_refused(void **state)
{
    static const struct {
        test_change change;
        shk_status row;
    } rows[] = {
        {{SHK_MSG_certificate, 1, 1, 4, "00000000"}, SHK_E_CERTIFICATE_CONTEXT},
        {{SHK_MSG_certificate, 1, 0, 33, "00"}, SHK_E_CERTIFICATE_CONTEXT},
        {{SHK_MSG_certificate_verify, 1, -4, 4, "00000000"}, SHK_E_BAD_SIGNATURE},
        {{SHK_MSG_finished, 2, 0, 4, "00000000"}, SHK_E_BAD_FINISHED},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        test_setup setup;
        test_pair pair;
        setup_late(&setup);
        test_change_messages(&rows[i].change);
        test_pair_connect(&pair, &setup);
        assert_int_equal(shk_conn_request_authentication(pair.server), SHK_OK);
        test_pair_pump(&pair);
        assert_true(test_change_was_made());
        assert_refused(NULL, pair.server, rows[i].row);
        test_pair_close_all(&pair, &setup);
    }
}

/* RFC 8446 §4.3.2: a later request has a context. */
static void a_request_without_context_is_refused(void **state)
{
    static const test_change no_context = {SHK_MSG_certificate_request, 0, 0, 33, "00"};
    test_setup setup;
    test_pair pair;
    (void)state;
    setup_late(&setup);
    test_pair_connect(&pair, &setup);
    test_change_messages(&no_context);
    assert_int_equal(shk_conn_request_authentication(pair.server), SHK_OK);
    test_pair_pump(&pair);
    assert_refused(NULL, pair.client, SHK_E_CERTIFICATE_CONTEXT);
    test_pair_close_all(&pair, &setup);
}

/* RFC 8446 §4.6.2: nothing comes between the messages of the answer. */
static void data_inside_the_answer_is_refused(void **state)
{
    static const unsigned states[] = {SHK_STATE_s13_auth_wait_certificate_verify,
                                      SHK_STATE_s13_auth_wait_finished};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        test_setup setup;
        test_pair pair;
        setup_late(&setup);
        test_pair_connect(&pair, &setup);
        assert_int_equal(shk_conn_request_authentication(pair.server), SHK_OK);
        pair.server->state = states[i];
        assert_int_equal(shk_conn_write(pair.client, (const uint8_t *)"x", 1), SHK_OK);
        test_move_output(pair.client, pair.server);
        assert_refused(NULL, pair.server, SHK_E_AUTHENTICATION_INTERRUPTED);
        test_pair_close_all(&pair, &setup);
    }
}

/* A certificate alone proves nothing: its key has to sign. */
static void a_client_is_verified_once_it_has_signed(void **state)
{
    static const test_change wrong = {SHK_MSG_certificate_verify, 1, -4, 4, "00000000"};
    test_setup setup;
    test_pair pair;
    (void)state;
    setup_late(&setup);
    test_change_messages(&wrong);
    test_pair_connect(&pair, &setup);
    assert_int_equal(shk_conn_request_authentication(pair.server), SHK_OK);
    test_pair_pump(&pair);
    assert_refused(NULL, pair.server, SHK_E_BAD_SIGNATURE);
    assert_false(shk_conn_info_of(pair.server)->peer_verified);
    test_pair_close_all(&pair, &setup);
}

/* The contexts of requests, and what the client says to them. */
typedef struct {
    unsigned requests;
    uint8_t contexts[2][32];
    unsigned sent;
    shk_message messages[8];
} answer_watch;

static void watch_answers(void *context, bool sent, shk_message id, const shk_form *form,
                          shk_span raw)
{
    answer_watch *watch = (answer_watch *)context;
    (void)form;
    if (sent && watch->requests > 0) {
        assert_true(watch->sent < 8);
        watch->messages[watch->sent++] = id;
    }
    if (sent || id != SHK_MSG_certificate_request)
        return;
    assert_true(watch->requests < 2);
    assert_int_equal(raw.data[4], 32);
    memcpy(watch->contexts[watch->requests++], raw.data + 5, 32);
}

/* RFC 8446 §4.3.2, §4.6.2 */
static void each_request_is_new_and_each_answer_in_one_piece(void **state)
{
    static const shk_message answer[] = {SHK_MSG_certificate, SHK_MSG_certificate_verify,
                                         SHK_MSG_finished};
    test_setup setup;
    test_pair pair;
    answer_watch watch = {.requests = 0};
    (void)state;
    setup_late(&setup);
    setup.client.observer = watch_answers;
    setup.client.observer_context = &watch;
    test_pair_connect(&pair, &setup);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(shk_conn_request_authentication(pair.server), SHK_OK);
        test_pair_pump(&pair);
        assert_connected(&pair);
    }
    assert_int_equal(watch.requests, 2);
    assert_memory_not_equal(watch.contexts[0], watch.contexts[1], 32);
    assert_int_equal(watch.sent, 6);
    assert_memory_equal(watch.messages, answer, sizeof answer);
    assert_memory_equal(watch.messages + 3, answer, sizeof answer);
    test_pair_close_all(&pair, &setup);
}

static size_t binding(shk_conn *conn, shk_channel_binding kind, uint8_t *out)
{
    size_t len;
    shk_status status = shk_conn_channel_binding(conn, kind, out, &len);
    assert_true(status == SHK_OK || status == SHK_E_NO_CHANNEL_BINDING);
    return len;
}

/* Which bindings a version has, and that both ends have the same. */
static void the_thirty_third_request_in_a_row_is_refused(void **state)
{
    test_setup setup;
    test_pair pair;
    uint8_t data[4];
    (void)state;
    setup_late(&setup);
    test_pair_connect(&pair, &setup);
    for (int i = 0; i < 64; i++) {
        if (i == 32) { /* data between, and all begins anew */
            assert_int_equal(shk_conn_write(pair.server, (const uint8_t *)"data", 4), SHK_OK);
            test_pair_run(&pair);
            assert_int_equal(shk_conn_read(pair.client, data, sizeof data), 4);
        }
        assert_int_equal(shk_conn_request_authentication(pair.server), SHK_OK);
        test_pair_run(&pair);
        assert_connected(&pair);
    }
    assert_int_equal(shk_conn_request_authentication(pair.server), SHK_OK);
    test_pair_run(&pair);
    assert_refused(NULL, pair.client, SHK_E_TOO_MANY_REQUESTS);
    test_pair_close_all(&pair, &setup);
}

static void both_ends_have_the_same_bindings(void **state)
{
    static const size_t lengths[][3] = {[0] = {12, 32, 32}, [1] = {0, 32, 32}};
    (void)state;
    for (uint16_t version = SHK_TLS12; version <= SHK_TLS13; version++) {
        test_setup setup;
        test_pair pair;
        test_setup_new(&setup, "p256");
        setup.client.max_version = version;
        test_pair_connect(&pair, &setup);
        for (int kind = SHK_TLS_UNIQUE; kind <= SHK_TLS_EXPORTER; kind++) {
            uint8_t client[SHK_MAX_HASH], server[SHK_MAX_HASH];
            size_t expected = lengths[version == SHK_TLS13][kind];
            assert_int_equal(binding(pair.client, (shk_channel_binding)kind, client), expected);
            assert_int_equal(binding(pair.server, (shk_channel_binding)kind, server), expected);
            assert_memory_equal(client, server, expected);
        }
        test_pair_close_all(&pair, &setup);
    }
}

/* RFC 5929 §3: the first Finished, which is the server's in a resumed handshake. */
static void tls_unique_is_the_first_finished(void **state)
{
    test_setup setup;
    test_session kept;
    test_pair pair;
    uint8_t client[SHK_MAX_HASH], server[SHK_MAX_HASH], full[SHK_MAX_HASH];
    (void)state;
    test_setup_tickets(&setup, &kept, SHK_TLS12);
    test_pair_connect(&pair, &setup);
    assert_int_equal(binding(pair.client, SHK_TLS_UNIQUE, full), 12);
    test_pair_close(&pair);
    test_offer_session(&setup, &kept);
    test_pair_connect(&pair, &setup);
    assert_true(shk_conn_info_of(pair.client)->resumed);
    assert_int_equal(binding(pair.client, SHK_TLS_UNIQUE, client), 12);
    assert_int_equal(binding(pair.server, SHK_TLS_UNIQUE, server), 12);
    assert_memory_equal(client, server, 12);
    assert_memory_not_equal(client, full, 12);
    test_pair_close_all(&pair, &setup);
}

static void a_binding_that_is_not_there_is_told(void **state)
{
    test_setup setup;
    test_pair pair;
    uint8_t out[SHK_MAX_HASH];
    size_t len;
    (void)state;
    test_setup_new(&setup, "p256");
    test_pair_open(&pair, &setup);
    assert_fails(shk_conn_channel_binding(pair.client, SHK_TLS_EXPORTER, out, &len),
                 SHK_E_NOT_CONNECTED);
    test_pair_run(&pair);
    assert_fails(shk_conn_channel_binding(pair.client, SHK_TLS_UNIQUE, out, &len),
                 SHK_E_NO_CHANNEL_BINDING);
    test_pair_close_all(&pair, &setup);
}

/* RFC 7627 §5.4, RFC 9266 §4.2: there could be two connections that have them. */
static void without_extended_master_secret_only_the_end_point_binds(void **state)
{
    test_setup setup;
    test_pair pair;
    uint8_t out[SHK_MAX_HASH];
    (void)state;
    test_setup_new(&setup, "p256");
    setup.client.max_version = SHK_TLS12;
    test_pair_connect(&pair, &setup);
    assert_int_equal(binding(pair.client, SHK_TLS_UNIQUE, out), 12);
    assert_int_equal(binding(pair.client, SHK_TLS_EXPORTER, out), 32);
    pair.client->info.extended_master_secret = false;
    assert_int_equal(binding(pair.client, SHK_TLS_UNIQUE, out), 0);
    assert_int_equal(binding(pair.client, SHK_TLS_EXPORTER, out), 0);
    assert_int_equal(binding(pair.client, SHK_TLS_SERVER_END_POINT, out), 32);
    test_pair_close_all(&pair, &setup);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_client_is_asked_after_the_handshake),
        cmocka_unit_test(it_can_be_asked_again_with_keys_updated_and_data_between),
        cmocka_unit_test(a_client_that_did_not_offer_it_is_not_asked),
        cmocka_unit_test(one_request_at_a_time),
        cmocka_unit_test(an_unexpected_request_is_refused),
        cmocka_unit_test(a_client_without_a_certificate_says_so),
        cmocka_unit_test(a_changed_answer_is_refused),
        cmocka_unit_test(a_request_without_context_is_refused),
        cmocka_unit_test(data_inside_the_answer_is_refused),
        cmocka_unit_test(a_client_is_verified_once_it_has_signed),
        cmocka_unit_test(each_request_is_new_and_each_answer_in_one_piece),
        cmocka_unit_test(the_thirty_third_request_in_a_row_is_refused),
        cmocka_unit_test(both_ends_have_the_same_bindings),
        cmocka_unit_test(tls_unique_is_the_first_finished),
        cmocka_unit_test(without_extended_master_secret_only_the_end_point_binds),
        cmocka_unit_test(a_binding_that_is_not_there_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
