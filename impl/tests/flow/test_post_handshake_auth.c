/* Post-handshake authentication of the client (RFC 8446 §4.6.2). */
#include "message_changes.h"

#include <string.h>

#include "handshake/flow/flow_table.h"
#include "handshake/state/handshake.h"

static void setup_post_handshake_auth(test_setup *setup)
{
    test_setup_new(setup, "p256");
    test_with_client_certificate(setup, "client-p256");
    setup->client.post_handshake_auth = setup->server.post_handshake_auth = true;
}

static void client_authenticates_after_the_handshake(void **state)
{
    test_setup setup;
    test_pair pair;
    (void)state;
    setup_post_handshake_auth(&setup);
    test_pair_connect(&pair, &setup);
    assert_false(shk_conn_info_of(pair.server).peer_authenticated);
    assert_int_equal(shk_conn_request_authentication(pair.server), SHK_OK);
    test_pair_pump(&pair);
    assert_connected(&pair);
    assert_true(shk_conn_info_of(pair.server).peer_authenticated);
    assert_true(shk_conn_info_of(pair.server).peer_verified);
    test_pair_close_all(&pair, &setup);
}

/* The transcript of each request continues that of the main handshake, not of the request before.
 */
static void post_handshake_request_repeats_after_key_update_and_data(void **state)
{
    static const uint8_t ping[] = "ping";
    uint8_t got[sizeof ping];
    test_setup setup;
    test_pair pair;
    (void)state;
    setup_post_handshake_auth(&setup);
    test_pair_connect(&pair, &setup);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(shk_conn_request_authentication(pair.server), SHK_OK);
        assert_int_equal(shk_conn_key_update(pair.client, true), SHK_OK);
        assert_int_equal(shk_conn_write(pair.client, ping, sizeof ping), SHK_OK);
        test_pair_pump(&pair);
        assert_connected(&pair);
        assert_int_equal(shk_conn_read(pair.server, got, sizeof got), sizeof ping);
        assert_true(shk_conn_info_of(pair.server).peer_authenticated);
    }
    assert_int_equal(shk_conn_info_of(pair.server).later_authentications, 3);
    assert_int_equal(shk_conn_info_of(pair.client).later_authentications, 3);
    test_pair_close_all(&pair, &setup);
}

static void client_without_post_handshake_auth_is_not_asked(void **state)
{
    test_setup setup;
    test_pair pair;
    (void)state;
    setup_post_handshake_auth(&setup);
    setup.client.post_handshake_auth = false;
    test_pair_connect(&pair, &setup);
    assert_fails(shk_conn_request_authentication(pair.server), SHK_E_NO_POST_HANDSHAKE_AUTH);
    test_pair_close_all(&pair, &setup);
}

static void only_one_post_handshake_request_is_pending(void **state)
{
    test_setup setup;
    test_pair pair;
    (void)state;
    setup_post_handshake_auth(&setup);
    test_pair_connect(&pair, &setup);
    assert_int_equal(shk_conn_request_authentication(pair.server), SHK_OK);
    assert_fails(shk_conn_request_authentication(pair.server), SHK_E_NO_POST_HANDSHAKE_AUTH);
    test_pair_close_all(&pair, &setup);
}

/* RFC 8446 §4.2.6, §4.6.2 */
static void unoffered_post_handshake_request_is_refused(void **state)
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

static void client_without_a_certificate_answers_with_empty_list(void **state)
{
    (void)state;
    for (int require = 0; require < 2; require++) {
        test_setup setup;
        test_pair pair;
        setup_post_handshake_auth(&setup);
        setup.client.credential_count = 0;
        setup.server.client_auth = require ? SHK_CLIENT_AUTH_REQUIRE : SHK_CLIENT_AUTH_REQUEST;
        test_pair_connect(&pair, &setup);
        assert_int_equal(shk_conn_request_authentication(pair.server), SHK_OK);
        test_pair_pump(&pair);
        if (require)
            assert_refused(NULL, pair.server, SHK_E_CERTIFICATE_REQUIRED);
        else
            assert_connected(&pair);
        assert_int_equal(shk_conn_info_of(pair.server).later_authentications, require ? 0 : 1);
        assert_false(shk_conn_info_of(pair.server).peer_authenticated);
        test_pair_close_all(&pair, &setup);
    }
}

/* The answer has another context than the request, a wrong signature or a wrong Finished. */
static void modified_post_handshake_authentication_is_refused(void **state)
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
        setup_post_handshake_auth(&setup);
        test_change_messages(&rows[i].change);
        test_pair_connect(&pair, &setup);
        assert_int_equal(shk_conn_request_authentication(pair.server), SHK_OK);
        test_pair_pump(&pair);
        assert_true(test_change_was_made());
        assert_refused(NULL, pair.server, rows[i].row);
        test_pair_close_all(&pair, &setup);
    }
}

/* RFC 8446 §4.3.2: a post-handshake request has a context. */
static void post_handshake_request_without_context_is_refused(void **state)
{
    static const test_change no_context = {SHK_MSG_certificate_request, 0, 0, 33, "00"};
    test_setup setup;
    test_pair pair;
    (void)state;
    setup_post_handshake_auth(&setup);
    test_pair_connect(&pair, &setup);
    test_change_messages(&no_context);
    assert_int_equal(shk_conn_request_authentication(pair.server), SHK_OK);
    test_pair_pump(&pair);
    assert_refused(NULL, pair.client, SHK_E_CERTIFICATE_CONTEXT);
    test_pair_close_all(&pair, &setup);
}

/* RFC 8446 §4.6.2: the messages of the answer are consecutive. */
static void data_inside_post_handshake_authentication_is_refused(void **state)
{
    static const unsigned states[] = {SHK_STATE_s13_auth_wait_certificate_verify,
                                      SHK_STATE_s13_auth_wait_finished};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        test_setup setup;
        test_pair pair;
        setup_post_handshake_auth(&setup);
        test_pair_connect(&pair, &setup);
        assert_int_equal(shk_conn_request_authentication(pair.server), SHK_OK);
        pair.server->state = states[i];
        assert_int_equal(shk_conn_write(pair.client, (const uint8_t *)"x", 1), SHK_OK);
        test_move_output(pair.client, pair.server);
        assert_refused(NULL, pair.server, SHK_E_AUTHENTICATION_INTERRUPTED);
        test_pair_close_all(&pair, &setup);
    }
}

/* A certificate alone proves nothing: CertificateVerify does. */
static void client_is_verified_only_after_certificate_verify(void **state)
{
    static const test_change wrong = {SHK_MSG_certificate_verify, 1, -4, 4, "00000000"};
    test_setup setup;
    test_pair pair;
    (void)state;
    setup_post_handshake_auth(&setup);
    test_change_messages(&wrong);
    test_pair_connect(&pair, &setup);
    assert_int_equal(shk_conn_request_authentication(pair.server), SHK_OK);
    test_pair_pump(&pair);
    assert_refused(NULL, pair.server, SHK_E_BAD_SIGNATURE);
    assert_false(shk_conn_info_of(pair.server).peer_verified);
    test_pair_close_all(&pair, &setup);
}

/* The contexts of requests, and the messages of the client's answers. */
typedef struct {
    unsigned requests;
    uint8_t contexts[2][32];
    unsigned sent;
    shk_message messages[8];
} answer_watch;

static void observe_answers(void *context, bool sent, shk_message id, const shk_form *form,
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
static void post_handshake_contexts_differ_and_answers_are_contiguous(void **state)
{
    static const shk_message answer[] = {SHK_MSG_certificate, SHK_MSG_certificate_verify,
                                         SHK_MSG_finished};
    test_setup setup;
    test_pair pair;
    answer_watch watch = {.requests = 0};
    (void)state;
    setup_post_handshake_auth(&setup);
    setup.client.observer = observe_answers;
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

static void thirty_third_consecutive_post_handshake_request_is_refused(void **state)
{
    test_setup setup;
    test_pair pair;
    uint8_t data[4];
    (void)state;
    setup_post_handshake_auth(&setup);
    test_pair_connect(&pair, &setup);
    for (int i = 0; i < 64; i++) {
        if (i == 32) { /* data resets the count */
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(client_authenticates_after_the_handshake),
        cmocka_unit_test(post_handshake_request_repeats_after_key_update_and_data),
        cmocka_unit_test(client_without_post_handshake_auth_is_not_asked),
        cmocka_unit_test(only_one_post_handshake_request_is_pending),
        cmocka_unit_test(unoffered_post_handshake_request_is_refused),
        cmocka_unit_test(client_without_a_certificate_answers_with_empty_list),
        cmocka_unit_test(modified_post_handshake_authentication_is_refused),
        cmocka_unit_test(post_handshake_request_without_context_is_refused),
        cmocka_unit_test(data_inside_post_handshake_authentication_is_refused),
        cmocka_unit_test(client_is_verified_only_after_certificate_verify),
        cmocka_unit_test(post_handshake_contexts_differ_and_answers_are_contiguous),
        cmocka_unit_test(thirty_third_consecutive_post_handshake_request_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
