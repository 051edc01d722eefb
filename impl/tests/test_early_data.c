/* Early data: taken, turned down, limited, and never taken twice (RFC 8446 §2.3, §4.2.10, §8). */
#include "support.h"

#include <string.h>

enum { LIMIT = 64, GUARDED = 16 };
static const uint8_t text[] = "GET / HTTP/1.0";

typedef struct {
    test_setup setup;
    kept_session kept;
    shk_replay_guard *guard;
} early_setup;

/* Both ends want early data, and the client has a session that allows LIMIT bytes. */
static void setup_early(early_setup *s)
{
    setup_tickets(&s->setup, &s->kept, SHK_TLS13);
    s->guard = shk_replay_guard_new(&shk_libc_allocator, GUARDED);
    assert_non_null(s->guard);
    s->setup.client.early_data = true;
    s->setup.server.max_early_data = LIMIT;
    s->setup.server.replay_guard = s->guard;
    assert_false(handshake(&s->setup));
    offer(&s->setup, &s->kept);
}

static void free_early(early_setup *s)
{
    shk_replay_guard_free(s->guard);
    test_setup_free(&s->setup);
}

/* A pair whose client has written `text` before anything else. */
static void open_early(test_pair *pair, const early_setup *s)
{
    test_pair_open(pair, &s->setup);
    assert_int_equal(shk_conn_start(pair->client), SHK_OK);
    assert_int_equal(shk_conn_write_early(pair->client, text, sizeof text), SHK_OK);
}

/* What the server has read is `text`, or nothing; both ends know whether it was taken. */
static void assert_taken(const test_pair *pair, bool taken)
{
    uint8_t got[2 * sizeof text];
    assert_connected(pair);
    assert_int_equal(shk_conn_info_of(pair->client)->early_data, taken);
    assert_int_equal(shk_conn_info_of(pair->server)->early_data, taken);
    assert_int_equal(shk_conn_read(pair->server, got, sizeof got), taken ? sizeof text : 0);
    if (taken)
        assert_memory_equal(got, text, sizeof text);
}

static void assert_is_taken(early_setup *s, bool taken)
{
    test_pair pair;
    open_early(&pair, s);
    test_pair_pump(&pair);
    assert_taken(&pair, taken);
    test_pair_close(&pair);
}

static void early_data_arrives_with_the_client_hello(void **state)
{
    early_setup s;
    test_pair pair;
    uint8_t got[sizeof text];
    (void)state;
    setup_early(&s);
    open_early(&pair, &s);
    assert_int_equal(move_output(pair.client, pair.server), SHK_OK);
    assert_false(shk_conn_info_of(pair.server)->connected);
    assert_int_equal(shk_conn_info_of(pair.server)->early_data_received, sizeof text);
    assert_int_equal(shk_conn_read(pair.server, got, sizeof got), sizeof text);
    assert_memory_equal(got, text, sizeof text);
    test_pair_pump(&pair);
    assert_connected(&pair);
    test_pair_close(&pair);
    free_early(&s);
}

static void early_data_byte_by_byte_is_the_same(void **state)
{
    early_setup s;
    test_pair pair;
    (void)state;
    setup_early(&s);
    open_early(&pair, &s);
    shk_span out = shk_conn_output(pair.client);
    for (size_t i = 0; i < out.len; i++)
        assert_int_equal(shk_conn_feed(pair.server, out.data + i, 1), SHK_OK);
    shk_conn_sent(pair.client, out.len);
    test_pair_pump(&pair);
    assert_taken(&pair, true);
    test_pair_close(&pair);
    free_early(&s);
}

static void a_server_that_allows_none_turns_it_down(void **state)
{
    early_setup s;
    (void)state;
    setup_early(&s);
    s.setup.server.max_early_data = 0;
    assert_is_taken(&s, false);
    free_early(&s);
}

static void a_retry_turns_it_down(void **state)
{
    early_setup s;
    (void)state;
    setup_early(&s);
    s.setup.server.request_cookie = true;
    assert_is_taken(&s, false);
    free_early(&s);
}

/* RFC 8446 §4.2.10: the suite and the protocol are the session's. */
static void another_protocol_turns_it_down(void **state)
{
    static const char *const protocols[] = {"h2"};
    early_setup s;
    (void)state;
    setup_early(&s);
    s.setup.client.protocols = s.setup.server.protocols = protocols;
    s.setup.client.protocol_count = s.setup.server.protocol_count = 1;
    assert_is_taken(&s, false);
    free_early(&s);
}

static void another_suite_turns_it_down(void **state)
{
    static const uint16_t chacha[] = {SHK_TLS_CHACHA20_POLY1305_SHA256};
    early_setup s;
    (void)state;
    setup_early(&s);
    s.setup.server.suites = (shk_u16s){chacha, 1};
    assert_is_taken(&s, false);
    free_early(&s);
}

/* RFC 8446 §8.2: the same ClientHello again. */
static void a_replay_is_turned_down(void **state)
{
    early_setup s;
    test_pair pair;
    shk_buf flight = shk_buf_growing(&shk_libc_allocator);
    shk_conn *second;
    uint64_t seed = 77;
    uint8_t got[sizeof text];
    (void)state;
    setup_early(&s);
    open_early(&pair, &s);
    assert_int_equal(shk_buf_append(&flight, shk_conn_output(pair.client)), SHK_OK);
    test_pair_pump(&pair);
    assert_taken(&pair, true);
    shk_random random = counting(&seed);
    assert_int_equal(shk_conn_new(&s.setup.server, &random, &second), SHK_OK);
    assert_int_equal(shk_conn_feed(second, flight.data, flight.len), SHK_OK);
    assert_true(shk_conn_info_of(second)->resumed);
    assert_false(shk_conn_info_of(second)->early_data);
    assert_int_equal(shk_conn_read(second, got, sizeof got), 0);
    shk_conn_free(second);
    shk_buf_free(&flight);
    test_pair_close(&pair);
    free_early(&s);
}

/* RFC 8446 §8.3: a ClientHello that was held back. */
static void a_stale_client_hello_is_turned_down(void **state)
{
    early_setup s;
    test_pair pair;
    (void)state;
    setup_early(&s);
    open_early(&pair, &s);
    clock_ms += 11 * 1000;
    test_pair_pump(&pair);
    assert_taken(&pair, false);
    test_pair_close(&pair);
    free_early(&s);
}

/* RFC 8446 §4.2.10: what is refused is skipped as far as it would have been taken. */
static void refused_early_data_is_skipped_up_to_what_is_allowed(void **state)
{
    enum { MUCH = 100 * 1000 };
    static const uint8_t zeros[MUCH] = {0};
    early_setup s;
    test_pair pair;
    (void)state;
    setup_early(&s);
    s.setup.client.session = shk_span_of(NULL, 0);
    s.setup.server.max_early_data = 2 * MUCH;
    assert_false(handshake(&s.setup));
    offer(&s.setup, &s.kept);
    test_pair_open(&pair, &s.setup);
    assert_int_equal(shk_conn_start(pair.client), SHK_OK);
    assert_int_equal(shk_conn_write_early(pair.client, zeros, MUCH), SHK_OK);
    clock_ms += 11 * 1000;
    test_pair_pump(&pair);
    assert_connected(&pair);
    assert_false(shk_conn_info_of(pair.server)->early_data);
    test_pair_close(&pair);
    free_early(&s);
}

/* RFC 8446 §D.3 */
static void a_server_that_went_back_to_tls_12_is_refused(void **state)
{
    early_setup s;
    test_pair pair;
    (void)state;
    setup_early(&s);
    s.setup.server.max_version = SHK_TLS12;
    s.setup.client.min_version = SHK_TLS12;
    open_early(&pair, &s);
    shk_span out = shk_conn_output(pair.client);
    size_t hello = 5 + (size_t)(out.data[3] << 8 | out.data[4]);
    assert_int_equal(shk_conn_feed(pair.server, out.data, hello), SHK_OK);
    shk_conn_sent(pair.client, out.len);
    move_output(pair.server, pair.client);
    assert_refused(NULL, pair.client, SHK_E_EARLY_DATA_DOWNGRADE);
    test_pair_close(&pair);
    free_early(&s);
}

static void a_full_replay_guard_admits_nothing(void **state)
{
    uint8_t binder[32] = {0};
    shk_replay_guard *guard = shk_replay_guard_new(&shk_libc_allocator, 2);
    (void)state;
    for (uint8_t i = 0; i < 2; i++) {
        binder[0] = i;
        assert_true(shk_replay_guard_admit(guard, shk_span_of(binder, 32), 1000));
    }
    binder[0] = 2;
    assert_false(shk_replay_guard_admit(guard, shk_span_of(binder, 32), 21000));
    assert_true(shk_replay_guard_admit(guard, shk_span_of(binder, 32), 21001));
    shk_replay_guard_free(guard);
}

static void the_client_keeps_to_what_the_session_allows(void **state)
{
    static const uint8_t zeros[LIMIT + 1] = {0};
    early_setup s;
    test_pair pair;
    (void)state;
    setup_early(&s);
    test_pair_open(&pair, &s.setup);
    assert_int_equal(shk_conn_start(pair.client), SHK_OK);
    assert_fails(shk_conn_write_early(pair.client, zeros, LIMIT + 1), SHK_E_EARLY_DATA_LIMIT);
    assert_int_equal(shk_conn_early_data_left(pair.client), LIMIT);
    assert_int_equal(shk_conn_write_early(pair.client, zeros, LIMIT), SHK_OK);
    assert_int_equal(shk_conn_early_data_left(pair.client), 0);
    test_pair_close(&pair);
    free_early(&s);
}

/* The server now allows less than its ticket said, and the client does not know. */
static void more_than_the_server_allows_is_refused(void **state)
{
    early_setup s;
    test_pair pair;
    (void)state;
    setup_early(&s);
    s.setup.server.max_early_data = sizeof text - 1;
    open_early(&pair, &s);
    test_pair_pump(&pair);
    assert_refused(NULL, pair.server, SHK_E_TOO_MUCH_EARLY_DATA);
    test_pair_close(&pair);
    free_early(&s);
}

static void early_data_is_written_only_where_it_is_offered(void **state)
{
    early_setup s;
    test_pair pair;
    (void)state;
    setup_early(&s);
    test_pair_open(&pair, &s.setup);
    assert_fails(shk_conn_write_early(pair.server, text, sizeof text), SHK_E_NO_EARLY_DATA);
    assert_fails(shk_conn_write_early(pair.client, text, sizeof text), SHK_E_NO_EARLY_DATA);
    test_pair_run(&pair);
    assert_fails(shk_conn_write_early(pair.client, text, sizeof text), SHK_E_NO_EARLY_DATA);
    test_pair_close(&pair);
    free_early(&s);
}

/* Between ServerHello and its own Finished the client may go on (RFC 8446 §2.3). */
static void early_data_goes_on_while_the_server_answers(void **state)
{
    early_setup s;
    test_pair pair;
    uint8_t got[2 * sizeof text];
    (void)state;
    setup_early(&s);
    open_early(&pair, &s);
    assert_int_equal(move_output(pair.client, pair.server), SHK_OK);
    assert_int_equal(shk_conn_write_early(pair.client, text, sizeof text), SHK_OK);
    test_pair_pump(&pair);
    assert_connected(&pair);
    assert_int_equal(shk_conn_read(pair.server, got, sizeof got), 2 * sizeof text);
    test_pair_close(&pair);
    free_early(&s);
}

/* The server says yes to early data, but not to the PSK it came with. */
static void acceptance_without_the_psk_is_refused(void **state)
{
    static const test_change no_psk = {SHK_MSG_encrypted_extensions, 0, 0, ALL, "0004002a0000"};
    early_setup s;
    test_pair pair;
    (void)state;
    setup_early(&s);
    s.setup.server.ticket_keys = ticket_keys + 1; /* which do not open it */
    open_early(&pair, &s);
    test_arm(&no_psk);
    test_pair_pump(&pair);
    assert_refused(NULL, pair.client, SHK_E_EARLY_DATA_SELECTION);
    test_pair_close(&pair);
    free_early(&s);
}

static void both_ends_export_early_keys_alike(void **state)
{
    early_setup s;
    test_pair pair;
    uint8_t client[32], server[32];
    shk_span none = {NULL, 0};
    (void)state;
    setup_early(&s);
    open_early(&pair, &s);
    assert_int_equal(shk_conn_export_early(pair.client, "EXPORTER-x", none, client, 32), SHK_OK);
    assert_fails(shk_conn_export_early(pair.server, "EXPORTER-x", none, server, 32),
                 SHK_E_NO_EARLY_DATA);
    assert_int_equal(move_output(pair.client, pair.server), SHK_OK);
    assert_int_equal(shk_conn_export_early(pair.server, "EXPORTER-x", none, server, 32), SHK_OK);
    assert_memory_equal(client, server, 32);
    test_pair_close(&pair);
    free_early(&s);
}

static void a_server_without_a_replay_guard_is_no_configuration(void **state)
{
    early_setup s;
    shk_conn *conn;
    uint64_t seed = 1;
    (void)state;
    setup_early(&s);
    s.setup.server.replay_guard = NULL;
    shk_random random = counting(&seed);
    assert_fails(shk_conn_new(&s.setup.server, &random, &conn), SHK_E_CONFIG);
    free_early(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(early_data_arrives_with_the_client_hello),
        cmocka_unit_test(early_data_byte_by_byte_is_the_same),
        cmocka_unit_test(a_server_that_allows_none_turns_it_down),
        cmocka_unit_test(a_retry_turns_it_down),
        cmocka_unit_test(another_protocol_turns_it_down),
        cmocka_unit_test(another_suite_turns_it_down),
        cmocka_unit_test(a_replay_is_turned_down),
        cmocka_unit_test(a_stale_client_hello_is_turned_down),
        cmocka_unit_test(refused_early_data_is_skipped_up_to_what_is_allowed),
        cmocka_unit_test(a_server_that_went_back_to_tls_12_is_refused),
        cmocka_unit_test(a_full_replay_guard_admits_nothing),
        cmocka_unit_test(the_client_keeps_to_what_the_session_allows),
        cmocka_unit_test(more_than_the_server_allows_is_refused),
        cmocka_unit_test(early_data_is_written_only_where_it_is_offered),
        cmocka_unit_test(early_data_goes_on_while_the_server_answers),
        cmocka_unit_test(acceptance_without_the_psk_is_refused),
        cmocka_unit_test(both_ends_export_early_keys_alike),
        cmocka_unit_test(a_server_without_a_replay_guard_is_no_configuration),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
