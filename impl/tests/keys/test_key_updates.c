/* KeyUpdates that are requested and answered (RFC 8446 §4.6.3). */
#include "conn_pair.h"

#include "handshake/state/handshake.h"

enum { MANY = 1000 };

static void open_pair(test_setup *setup, test_pair *pair)
{
    test_setup_new(setup, "p256");
    test_pair_connect(pair, setup);
}

static void carry(shk_conn *from, shk_conn *to)
{
    uint8_t got[8];
    assert_int_equal(shk_conn_write(from, (const uint8_t *)"data", 4), SHK_OK);
    assert_int_equal(test_move_output(from, to), SHK_OK);
    assert_int_equal(shk_conn_read(to, got, sizeof got), 4);
}

/* One answer per round does not count towards the limit. */
static void answers_to_own_key_update_requests_are_not_limited(void **state)
{
    test_setup setup;
    test_pair pair;
    (void)state;
    open_pair(&setup, &pair);
    for (int round = 0; round < 100; round++) {
        assert_int_equal(shk_conn_key_update(pair.client, true), SHK_OK);
        assert_int_equal(test_move_output(pair.client, pair.server), SHK_OK);
        assert_int_equal(shk_conn_write(pair.server, (const uint8_t *)"", 0), SHK_OK);
        assert_int_equal(shk_conn_key_update(pair.server, false), SHK_OK); /* it may be that */
        pair.server->key_updates_in_row = 0; /* only the client is checked */
        assert_int_equal(test_move_output(pair.server, pair.client), SHK_OK);
    }
    carry(pair.client, pair.server);
    carry(pair.server, pair.client);
    test_pair_close_all(&pair, &setup);
}

/* An end that only receives data sends none, and gets requests of its peer meanwhile. */
static void key_update_requests_between_own_data_are_not_limited(void **state)
{
    test_setup setup;
    test_pair pair;
    (void)state;
    open_pair(&setup, &pair);
    for (int round = 0; round < 100; round++) {
        assert_int_equal(shk_conn_key_update(pair.client, true), SHK_OK);
        assert_int_equal(test_move_output(pair.client, pair.server), SHK_OK);
        carry(pair.server, pair.client);
    }
    assert_int_equal(shk_conn_info_of(pair.client).key_updates_received, 100);
    test_pair_close_all(&pair, &setup);
}

/* A server that only reads has one answer waiting, however often it is asked. */
static void only_one_key_update_answer_waits(void **state)
{
    test_setup setup;
    test_pair pair;
    size_t one = 0;
    (void)state;
    open_pair(&setup, &pair);
    for (int i = 0; i < MANY; i++) {
        uint8_t got[8];
        assert_int_equal(shk_conn_key_update(pair.client, true), SHK_OK);
        assert_int_equal(shk_conn_write(pair.client, (const uint8_t *)"data", 4), SHK_OK);
        assert_int_equal(test_move_output(pair.client, pair.server), SHK_OK);
        assert_int_equal(shk_conn_read(pair.server, got, sizeof got), 4);
        one = i == 0 ? shk_conn_output(pair.server).len : one;
    }
    assert_true(one > 0);
    assert_int_equal(shk_conn_output(pair.server).len, one);
    carry(pair.server, pair.client); /* the others are answered before data, by one */
    assert_int_equal(shk_conn_info_of(pair.client).key_updates_received, 2);
    carry(pair.server, pair.client);
    assert_int_equal(shk_conn_info_of(pair.client).key_updates_received, 2);
    test_pair_close_all(&pair, &setup);
}

static void first_key_update_request_is_answered_at_once(void **state)
{
    test_setup setup;
    test_pair pair;
    (void)state;
    open_pair(&setup, &pair);
    for (unsigned i = 1; i <= 3; i++) { /* the first since data was sent */
        assert_int_equal(shk_conn_key_update(pair.client, true), SHK_OK);
        assert_int_equal(test_move_output(pair.client, pair.server), SHK_OK);
        assert_int_equal(test_move_output(pair.server, pair.client), SHK_OK);
        assert_int_equal(shk_conn_info_of(pair.client).key_updates_received, i);
        carry(pair.server, pair.client);
    }
    test_pair_close_all(&pair, &setup);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_to_own_key_update_requests_are_not_limited),
        cmocka_unit_test(key_update_requests_between_own_data_are_not_limited),
        cmocka_unit_test(only_one_key_update_answer_waits),
        cmocka_unit_test(first_key_update_request_is_answered_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
