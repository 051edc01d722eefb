/* Limits of early data, skipping of rejected data, and replays (RFC 8446 §4.2.10, §8). */
#include "early_setup.h"
#include "scripted_random.h"

#include <string.h>

#include "extensions/extension_block.h"
#include "handshake/state/handshake.h"
#include "messages/client_hello.h"

/* More than is skipped of early data that no ticket allowed. */
enum { MUCH = 100 * 1000 };
static const uint8_t much_data[MUCH] = {0};

/* RFC 8446 §8.2: the same ClientHello again. */
static void replayed_early_data_is_rejected(void **state)
{
    early_setup s;
    test_pair pair;
    shk_buf flight = shk_buf_growing(&shk_libc_allocator);
    shk_conn *second;
    uint64_t seed = 77;
    uint8_t got[sizeof early_text];
    (void)state;
    setup_early(&s, EARLY_LIMIT);
    open_early(&pair, &s);
    assert_int_equal(shk_buf_append(&flight, shk_conn_output(pair.client)), SHK_OK);
    test_pair_pump(&pair);
    assert_early_data_taken(&pair, true);
    shk_random random = counting(&seed);
    assert_int_equal(shk_conn_new(&s.setup.server, &random, &second), SHK_OK);
    assert_int_equal(shk_conn_feed(second, flight.data, flight.len), SHK_OK);
    assert_true(shk_conn_info_of(second).resumed);
    assert_false(shk_conn_info_of(second).early_data);
    assert_int_equal(shk_conn_read(second, got, sizeof got), 0);
    shk_conn_free(second);
    shk_buf_free(&flight);
    test_pair_close(&pair);
    free_early(&s);
}

/* RFC 8446 §8.3: a delayed ClientHello. */
static void early_data_of_a_stale_client_hello_is_rejected(void **state)
{
    early_setup s;
    test_pair pair;
    (void)state;
    setup_early(&s, EARLY_LIMIT);
    open_early(&pair, &s);
    test_clock_ms += 11 * 1000;
    test_pair_pump(&pair);
    assert_early_data_taken(&pair, false);
    test_pair_close(&pair);
    free_early(&s);
}

/* RFC 8446 §4.2.10: rejected early data is skipped up to max_early_data_size. */
static void rejected_early_data_is_skipped_up_to_the_limit(void **state)
{
    early_setup s;
    test_pair pair;
    (void)state;
    setup_early(&s, 2 * MUCH);
    s.setup.server.max_early_data = 2 * MUCH;
    test_pair_start(&pair, &s.setup);
    assert_int_equal(shk_conn_write_early(pair.client, much_data, MUCH), SHK_OK);
    test_clock_ms += 11 * 1000;
    test_pair_pump(&pair);
    assert_connected(&pair);
    assert_false(shk_conn_info_of(pair.server).early_data);
    test_pair_close(&pair);
    free_early(&s);
}

static void client_keeps_to_max_early_data_size(void **state)
{
    static const uint8_t zeros[EARLY_LIMIT + 1] = {0};
    early_setup s;
    test_pair pair;
    (void)state;
    setup_early(&s, EARLY_LIMIT);
    test_pair_start(&pair, &s.setup);
    assert_fails(shk_conn_write_early(pair.client, zeros, EARLY_LIMIT + 1), SHK_E_EARLY_DATA_LIMIT);
    assert_int_equal(shk_conn_early_data_left(pair.client), EARLY_LIMIT);
    assert_int_equal(shk_conn_write_early(pair.client, zeros, EARLY_LIMIT), SHK_OK);
    assert_int_equal(shk_conn_early_data_left(pair.client), 0);
    test_pair_close(&pair);
    free_early(&s);
}

/* A client that exceeds max_early_data_size of its ticket. */
static void more_early_data_than_the_ticket_allows_is_refused(void **state)
{
    static const uint8_t zeros[EARLY_LIMIT + 1] = {0};
    early_setup s;
    test_pair pair;
    (void)state;
    setup_early(&s, EARLY_LIMIT);
    test_pair_start(&pair, &s.setup);
    pair.client->early_data_left = sizeof zeros;
    assert_int_equal(shk_conn_write_early(pair.client, zeros, sizeof zeros), SHK_OK);
    test_pair_pump(&pair);
    assert_refused(NULL, pair.server, SHK_E_TOO_MUCH_EARLY_DATA);
    test_pair_close(&pair);
    free_early(&s);
}

/* RFC 8446 §4.2.10: all that the ticket allows is skipped, even if it is more than the present
 * limit. */
static void server_that_allows_less_than_its_ticket_rejects_early_data(void **state)
{
    static const uint32_t allowed[] = {MUCH, MUCH - 1, 1, 0};
    (void)state;
    for (size_t i = 0; i < sizeof allowed / sizeof allowed[0]; i++) {
        early_setup s;
        test_pair pair;
        setup_early(&s, MUCH);
        s.setup.server.max_early_data = allowed[i];
        test_pair_start(&pair, &s.setup);
        assert_int_equal(shk_conn_write_early(pair.client, much_data, MUCH), SHK_OK);
        test_pair_pump(&pair);
        assert_connected(&pair);
        assert_true(shk_conn_info_of(pair.server).resumed);
        assert_int_equal(shk_conn_info_of(pair.client).early_data, i == 0);
        assert_int_equal(shk_conn_info_of(pair.server).early_data, i == 0);
        test_pair_close(&pair);
        free_early(&s);
    }
}

/* The same with a HelloRetryRequest, or a session that the server no longer accepts. */
static void rejected_early_data_is_skipped_without_the_session(void **state)
{
    (void)state;
    for (int way = 0; way < 2; way++) {
        early_setup s;
        test_pair pair;
        setup_early(&s, MUCH);
        s.setup.server.max_early_data = 0;
        if (way == 0)
            s.setup.server.request_cookie = true;
        else
            s.setup.server.ticket_lifetime = 0, test_clock_ms++;
        test_pair_start(&pair, &s.setup);
        assert_int_equal(shk_conn_write_early(pair.client, much_data, MUCH), SHK_OK);
        test_pair_pump(&pair);
        assert_connected(&pair);
        assert_int_equal(shk_conn_info_of(pair.server).resumed, way == 0);
        test_pair_close(&pair);
        free_early(&s);
    }
}

/* Which ClientHellos of a connection offer early data. */
typedef struct {
    unsigned hellos;
    bool offers[2];
} hello_watch;

static void watch_hellos(void *context, bool sent, shk_message id, const shk_form *form,
                         shk_span raw)
{
    hello_watch *watch = (hello_watch *)context;
    shk_client_hello hello;
    (void)form;
    if (!sent || id != SHK_MSG_client_hello)
        return;
    assert_int_equal(shk_decode(shk_message_rows[id].layout->shape, NULL,
                                shk_span_of(raw.data + 4, raw.len - 4), &hello, NULL),
                     SHK_OK);
    assert_true(watch->hellos < 2);
    watch->offers[watch->hellos++] = shk_extension_in(&hello.extensions, SHK_EXT_early_data);
}

/* RFC 8446 §4.1.2, §4.2.10 */
static void second_client_hello_offers_no_early_data(void **state)
{
    early_setup s;
    hello_watch watch = {0, {false, false}};
    (void)state;
    setup_early(&s, EARLY_LIMIT);
    s.setup.server.request_cookie = true;
    s.setup.client.observer = watch_hellos;
    s.setup.client.observer_context = &watch;
    assert_early_data_outcome(&s, false);
    assert_int_equal(watch.hellos, 2);
    assert_true(watch.offers[0]);
    assert_false(watch.offers[1]);
    free_early(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(replayed_early_data_is_rejected),
        cmocka_unit_test(early_data_of_a_stale_client_hello_is_rejected),
        cmocka_unit_test(rejected_early_data_is_skipped_up_to_the_limit),
        cmocka_unit_test(client_keeps_to_max_early_data_size),
        cmocka_unit_test(more_early_data_than_the_ticket_allows_is_refused),
        cmocka_unit_test(server_that_allows_less_than_its_ticket_rejects_early_data),
        cmocka_unit_test(rejected_early_data_is_skipped_without_the_session),
        cmocka_unit_test(second_client_hello_offers_no_early_data),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
