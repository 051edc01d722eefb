/* Early data (RFC 8446 §4.2.10): what it is limited to, and what is refused about it. */
#include "support.h"

#include <string.h>

#include "conn_state.h"

enum { ALLOWED = 100 };

/* A first handshake whose session allows early data, which is offered from then on. */
static void offer_early_data(test_setup *setup, kept_session *kept, kept_session *first)
{
    setup_tickets(setup, kept, SHK_TLS13);
    setup->server.max_early_data = ALLOWED;
    setup->server.replay_guard = shk_replay_guard_new(&shk_libc_allocator, 16);
    setup->client.early_data = true;
    assert_false(handshake(setup));
    *first = *kept;
    offer(setup, first);
}

static void end(test_setup *setup)
{
    shk_replay_guard_free(setup->server.replay_guard);
    test_setup_free(setup);
}

static void early_data_is_read_before_the_handshake_is_complete(void **state)
{
    test_setup setup;
    test_pair pair;
    kept_session kept, first;
    uint8_t data[8];
    (void)state;
    offer_early_data(&setup, &kept, &first);
    test_pair_open(&pair, &setup);
    assert_int_equal(shk_conn_start(pair.client), SHK_OK);
    assert_int_equal(shk_conn_write_early(pair.client, (const uint8_t *)"early", 5), SHK_OK);
    assert_int_equal(move_output(pair.client, pair.server), SHK_OK);
    assert_false(shk_conn_info_of(pair.server)->connected);
    assert_int_equal(shk_conn_read(pair.server, data, sizeof data), 5);
    assert_memory_equal(data, "early", 5);
    test_pair_pump(&pair);
    assert_true(shk_conn_info_of(pair.client)->early_data);
    assert_true(shk_conn_info_of(pair.server)->connected);
    test_pair_close(&pair);
    end(&setup);
}

static void client_writes_no_more_than_the_session_allows(void **state)
{
    static const uint8_t data[ALLOWED + 1];
    test_setup setup;
    test_pair pair;
    kept_session kept, first;
    (void)state;
    offer_early_data(&setup, &kept, &first);
    test_pair_open(&pair, &setup);
    assert_fails(shk_conn_write_early(pair.client, data, 1), SHK_E_NO_EARLY_DATA);
    assert_int_equal(shk_conn_start(pair.client), SHK_OK);
    assert_fails(shk_conn_write_early(pair.client, data, ALLOWED + 1), SHK_E_EARLY_DATA_LIMIT);
    assert_int_equal(shk_conn_write_early(pair.client, data, ALLOWED), SHK_OK);
    assert_fails(shk_conn_write_early(pair.client, data, 1), SHK_E_EARLY_DATA_LIMIT);
    assert_fails(shk_conn_write_early(pair.server, data, 1), SHK_E_NO_EARLY_DATA);
    test_pair_close(&pair);
    end(&setup);
}

static void server_refuses_more_than_it_allows(void **state)
{
    static const uint8_t data[ALLOWED + 1];
    test_setup setup;
    test_pair pair;
    kept_session kept, first;
    (void)state;
    offer_early_data(&setup, &kept, &first);
    test_pair_open(&pair, &setup);
    assert_int_equal(shk_conn_start(pair.client), SHK_OK);
    assert_int_equal(
        shk_conn_send(pair.client, SHK_APPLICATION_DATA, shk_span_of(data, sizeof data)), SHK_OK);
    assert_fails(move_output(pair.client, pair.server), SHK_E_TOO_MUCH_EARLY_DATA);
    assert_refused(NULL, pair.server, SHK_E_TOO_MUCH_EARLY_DATA);
    test_pair_close(&pair);
    end(&setup);
}

/* The server takes it, and says another protocol than that of the session. */
static void client_refuses_early_data_under_another_protocol(void **state)
{
    static const test_change change = {SHK_MSG_encrypted_extensions, 0, 0, ALL,
                                       "000d00100005000302683300"
                                       "2a0000"};
    static const char *const protocols[] = {"h2", "h3"};
    test_setup setup;
    test_pair pair;
    kept_session kept, first;
    (void)state;
    offer_early_data(&setup, &kept, &first);
    setup.client.protocols = protocols;
    setup.client.protocol_count = 2;
    test_arm(&change);
    test_pair_open(&pair, &setup);
    test_pair_run(&pair);
    assert_true(test_changed());
    assert_refused(NULL, pair.client, SHK_E_EARLY_DATA_SELECTION);
    test_pair_close(&pair);
    end(&setup);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(early_data_is_read_before_the_handshake_is_complete),
        cmocka_unit_test(client_writes_no_more_than_the_session_allows),
        cmocka_unit_test(server_refuses_more_than_it_allows),
        cmocka_unit_test(client_refuses_early_data_under_another_protocol),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
