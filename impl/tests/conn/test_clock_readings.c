/* Each call reads the clock once: a lifetime that ends between two readings would give two
 * different answers. */
#include "handshake_kinds.h"

static struct {
    int64_t now_ms;
    unsigned readings; /* since the call began */
} ticking;

/* Each reading is a second later than the one before. */
static int64_t tick(void *context)
{
    (void)context;
    ticking.readings++;
    return ticking.now_ms += 1000;
}

static void expect_one_reading(const test_kind *kind)
{
    if (ticking.readings > 1)
        fail_msg("%s: %u readings in one call", kind->name, ticking.readings);
    ticking.readings = 0;
}

static bool move(const test_kind *kind, shk_conn *from, shk_conn *to)
{
    bool any = shk_conn_output(from).len > 0;
    test_move_output(from, to);
    expect_one_reading(kind);
    return any;
}

static void one_call_reads_the_clock_once(void **state)
{
    (void)state;
    for (size_t i = 0; i < test_kind_count; i++) {
        test_kind_state ends;
        test_pair pair;
        test_kind_new(&ends, &test_kinds[i]);
        shk_config *configs[] = {&ends.setup.client, &ends.setup.server};
        ticking.now_ms = configs[0]->clock.now_ms(configs[0]->clock.context);
        for (int k = 0; k < 2; k++)
            configs[k]->clock = (shk_clock){tick, NULL};
        test_pair_open(&pair, &ends.setup);
        ticking.readings = 0;
        assert_int_equal(shk_conn_start(pair.client), SHK_OK);
        expect_one_reading(&test_kinds[i]);
        while (move(&test_kinds[i], pair.client, pair.server) ||
               move(&test_kinds[i], pair.server, pair.client))
            continue;
        assert_connected(&pair);
        test_pair_close(&pair);
        test_kind_free(&ends);
    }
}

/* A ticket whose last millisecond is that of the first ClientHello, or of both. */
static void session_is_offered_in_both_client_hellos_or_in_none(void **state)
{
    (void)state;
    for (size_t i = 0; i < test_kind_count; i++) {
        test_kind_state ends;
        test_pair pair;
        if (!test_kinds[i].ech || test_kinds[i].resumption != TEST_BY_TICKET)
            continue;
        test_kind_new(&ends, &test_kinds[i]);
        ends.setup.client.clock = ends.setup.server.clock = (shk_clock){tick, NULL};
        ticking.now_ms = INT64_C(1764547200000) + INT64_C(7200) * 1000 - 1000;
        test_pair_connect(&pair, &ends.setup);
        assert_int_equal(shk_conn_info_of(pair.client).resumed,
                         shk_conn_info_of(pair.server).resumed);
        test_pair_close(&pair);
        test_kind_free(&ends);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_call_reads_the_clock_once),
        cmocka_unit_test(session_is_offered_in_both_client_hellos_or_in_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
