/* Session ids, and what invalidates their sessions (RFC 5246 §7.2, §7.4.1.2, RFC 5077 §3.4). */
#include "hello_edits.h"
#include "message_changes.h"
#include "session_setup.h"

#include <stdio.h>
#include <string.h>

#include "handshake/state/handshake.h"

/* RFC 5077 §3.4: the client chooses the id that it sends with a ticket; it names no session. */
static void session_id_sent_with_a_ticket_is_not_looked_up(void **state)
{
    test_setup setup;
    test_pair pair;
    test_session kept, first;
    (void)state;
    test_setup_resumption(&setup, &kept, &first, SHK_TLS12);
    setup.server.ticket_keys = test_ticket_keys + 1; /* it does not decrypt the ticket */
    setup.server.session_cache = shk_session_cache_new(&shk_libc_allocator, 4);
    test_pair_start(&pair, &setup);
    const uint8_t *id = shk_conn_output(pair.client).data + 5 + 4 + 2 + 32;
    assert_int_equal(id[0], 32);
    shk_session_cache_put(setup.server.session_cache, shk_span_of(id + 1, 32),
                          shk_span_of(first.bytes, first.len));
    test_pair_pump(&pair);
    assert_true(shk_conn_info_of(pair.client).connected);
    assert_false(shk_conn_info_of(pair.server).resumed);
    test_pair_close(&pair);
    shk_session_cache_free(setup.server.session_cache);
    test_setup_free(&setup);
}

/* Sessions by id in a cache of the server's. */
static void setup_ids(test_setup *setup, test_session *kept)
{
    test_setup_tickets(setup, kept, SHK_TLS12);
    setup->server.ticket_key_count = 0;
    setup->server.session_cache = shk_session_cache_new(&shk_libc_allocator, 4);
    assert_non_null(setup->server.session_cache);
}

/* A first handshake, whose session is by id and is offered from then on. */
static void resume_id_next(test_setup *setup, test_session *kept, test_session *first)
{
    setup_ids(setup, kept);
    assert_false(test_resumes(setup));
    *first = *kept;
    test_offer_session(setup, first);
}

static void free_ids(test_setup *setup)
{
    shk_session_cache_free(setup->server.session_cache);
    test_setup_free(setup);
}

/* The length of the session id in the ServerHello that waits. */
static uint8_t answered_id(const shk_conn *server)
{
    shk_span out = shk_conn_output(server);
    assert_true(out.len > 5 + 4 + 2 + 32);
    return out.data[5 + 4 + 2 + 32];
}

/* RFC 5077 §3.4: the server stores no session under it. */
static void server_sends_no_session_id_with_a_ticket(void **state)
{
    (void)state;
    for (int tickets = 0; tickets < 2; tickets++) {
        test_setup setup;
        test_pair pair;
        test_session kept, first;
        setup_ids(&setup, &kept);
        setup.server.ticket_key_count = 1;
        setup.server.no_tickets_below_13 = tickets == 0;
        test_pair_send_hello(&pair, &setup);
        assert_int_equal(answered_id(pair.server), tickets == 0 ? 32 : 0);
        test_pair_pump(&pair);
        assert_connected(&pair);
        assert_int_equal(shk_conn_info_of(pair.client).tickets_received, tickets);
        test_pair_close(&pair);
        first = kept;
        test_offer_session(&setup, &first);
        assert_true(test_resumes(&setup));
        free_ids(&setup);
    }
}

/* RFC 5077 §3.4: the client may send an empty id; it then recognises a resumption by the
 * ChangeCipherSpec. */
static void ticket_with_an_empty_session_id_resumes(void **state)
{
    static const hello_case empty = {.kind = SESSION_ID, .hex = ""};
    test_setup setup;
    test_pair pair;
    test_session kept, first;
    uint8_t hello[MAX_VECTOR + 16];
    (void)state;
    test_setup_resumption(&setup, &kept, &first, SHK_TLS12);
    test_pair_start(&pair, &setup);
    size_t len = edited_client_hello(&empty, pair.client, hello);
    assert_int_equal(shk_conn_feed(pair.server, hello, len), SHK_OK);
    assert_true(shk_conn_info_of(pair.server).resumed);
    assert_int_equal(answered_id(pair.server), 0);
    test_pair_close_all(&pair, &setup);
}

/* RFC 5246 §7.2: also if the resumption was not complete. */
static void failed_resumption_invalidates_its_session(void **state)
{
    static const test_change of_client = {SHK_MSG_finished, 1, -8, 8, "0000000000000000"};
    static const test_change of_server = {SHK_MSG_finished, 0, -8, 8, "0000000000000000"};
    static const test_change *const changes[] = {&of_client, &of_server};
    (void)state;
    for (int i = 0; i < 2; i++) {
        test_setup setup;
        test_session kept, first;
        resume_id_next(&setup, &kept, &first);
        assert_true(test_resumes(&setup));
        assert_change_refused(&setup, changes[i], i == 0, SHK_E_BAD_FINISHED);
        assert_int_equal(kept.len, 0); /* the client's sink is told too */
        assert_false(test_resumes(&setup));
        free_ids(&setup);
    }
}

/* Before the server has answered. */
static void refused_resumption_invalidates_its_session(void **state)
{
    static const hello_case without = {.kind = REMOVE, .type = 23, .hex = ""};
    test_setup setup;
    test_pair pair;
    test_session kept, first;
    uint8_t hello[MAX_VECTOR + 16];
    (void)state;
    resume_id_next(&setup, &kept, &first);
    test_pair_start(&pair, &setup);
    size_t len = edited_client_hello(&without, pair.client, hello);
    assert_fails(shk_conn_feed(pair.server, hello, len), SHK_E_RESUMED_EMS);
    test_pair_close(&pair);
    assert_false(test_resumes(&setup));
    free_ids(&setup);
}

/* RFC 5246 §7.2.1: truncation is no fatal alert. */
static void truncated_stream_keeps_the_session(void **state)
{
    test_setup setup;
    test_pair pair;
    test_session kept, first;
    (void)state;
    resume_id_next(&setup, &kept, &first);
    test_pair_connect(&pair, &setup);
    assert_fails(shk_conn_feed_end(pair.server), SHK_E_TRUNCATION);
    assert_fails(shk_conn_feed_end(pair.client), SHK_E_TRUNCATION);
    test_pair_close(&pair);
    assert_int_not_equal(kept.len, 0);
    assert_true(test_resumes(&setup));
    free_ids(&setup);
}

/* The client chooses the id that it sends with a ticket, which may be that of another session. */
static void failure_with_a_ticket_keeps_sessions_by_id(void **state)
{
    static const uint8_t garbage[6] = {23, 3, 3, 0, 1, 0};
    test_setup setup;
    test_pair pair;
    test_session kept, first;
    (void)state;
    test_setup_resumption(&setup, &kept, &first, SHK_TLS12);
    setup.server.session_cache = shk_session_cache_new(&shk_libc_allocator, 4);
    test_pair_start(&pair, &setup);
    shk_span id = shk_span_of(pair.client->handshake->session_id, 32);
    uint8_t copy[32];
    memcpy(copy, id.data, sizeof copy);
    shk_session_cache_put(setup.server.session_cache, id, shk_span_of(first.bytes, first.len));
    test_pair_pump(&pair);
    assert_true(shk_conn_info_of(pair.server).resumed);
    assert_fails(shk_conn_feed(pair.server, garbage, sizeof garbage), SHK_E_BAD_RECORD_MAC);
    shk_span left =
        shk_session_cache_get(setup.server.session_cache, shk_span_of(copy, sizeof copy));
    assert_int_not_equal(left.len, 0);
    test_pair_close(&pair);
    free_ids(&setup);
}

static void fill_fixed(void *context, uint8_t *bytes, size_t len)
{
    (void)context;
    memset(bytes, 0x5a, len);
}

/* RFC 5246 §7.4.1.2: if the server's randomness repeats one byte, so does the session id. */
static void session_id_is_pure_randomness(void **state)
{
    static const uint8_t fixed[32] = {0x5a, 0x5a, 0x5a, 0x5a, 0x5a, 0x5a, 0x5a, 0x5a,
                                      0x5a, 0x5a, 0x5a, 0x5a, 0x5a, 0x5a, 0x5a, 0x5a,
                                      0x5a, 0x5a, 0x5a, 0x5a, 0x5a, 0x5a, 0x5a, 0x5a,
                                      0x5a, 0x5a, 0x5a, 0x5a, 0x5a, 0x5a, 0x5a, 0x5a};
    test_setup setup;
    test_session kept;
    test_pair pair;
    shk_random random = {fill_fixed, NULL};
    (void)state;
    test_setup_tickets(&setup, &kept, SHK_TLS12);
    setup.server.session_cache = shk_session_cache_new(&shk_libc_allocator, 4);
    setup.server.ticket_key_count = 0;
    test_pair_open(&pair, &setup);
    shk_conn_free(pair.server);
    assert_int_equal(shk_conn_new(&setup.server, &random, &pair.server), SHK_OK);
    assert_int_equal(shk_conn_start(pair.client), SHK_OK);
    assert_int_equal(test_move_output(pair.client, pair.server), SHK_OK);
    const uint8_t *id = shk_conn_output(pair.server).data + 5 + 4 + 2 + 32;
    assert_int_equal(id[0], 32);
    assert_memory_equal(id + 1, fixed, 32);
    test_pair_close(&pair);
    shk_session_cache_free(setup.server.session_cache);
    test_setup_free(&setup);
}

/* The id of middlebox compatibility (RFC 8446 §D.4) names no session: a TLS 1.2 server that echoes
 * it continues with a full handshake. */
static void echoed_compatibility_session_id_does_not_resume(void **state)
{
    char hex[2 * 32 + 1];
    test_setup setup;
    test_pair pair;
    uint8_t bytes[MAX_VECTOR + 16];
    (void)state;
    test_setup_new(&setup, "p256");
    setup.server.max_version = SHK_TLS12;
    test_pair_start(&pair, &setup);
    assert_int_equal(pair.client->handshake->session_id_len, 32);
    for (size_t i = 0; i < 32; i++)
        snprintf(hex + 2 * i, 3, "%02x", pair.client->handshake->session_id[i]);
    const hello_case echo = {"echo", SESSION_ID, 0, hex, SHK_OK};
    assert_int_equal(test_move_output(pair.client, pair.server), SHK_OK);
    size_t len = edited_server_hello(&echo, pair.server, bytes);
    assert_hello_refused(&echo, pair.client, bytes, len);
    assert_false(pair.client->handshake->tls12.resumes);
    test_pair_close_all(&pair, &setup);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(session_id_sent_with_a_ticket_is_not_looked_up),
        cmocka_unit_test(server_sends_no_session_id_with_a_ticket),
        cmocka_unit_test(ticket_with_an_empty_session_id_resumes),
        cmocka_unit_test(failed_resumption_invalidates_its_session),
        cmocka_unit_test(refused_resumption_invalidates_its_session),
        cmocka_unit_test(truncated_stream_keeps_the_session),
        cmocka_unit_test(failure_with_a_ticket_keeps_sessions_by_id),
        cmocka_unit_test(session_id_is_pure_randomness),
        cmocka_unit_test(echoed_compatibility_session_id_does_not_resume),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
