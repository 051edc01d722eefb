/* Two ends with early data enabled (support/early_setup.h). */
#include "early_setup.h"

#include <string.h>

const uint8_t early_text[] = "GET / HTTP/1.0";

void setup_early(early_setup *s, uint32_t allowed)
{
    test_setup_tickets(&s->setup, &s->kept, SHK_TLS13);
    s->guard = shk_replay_guard_new(&shk_libc_allocator, 16);
    assert_non_null(s->guard);
    s->setup.client.early_data = true;
    s->setup.server.max_early_data = allowed;
    s->setup.server.replay_guard = s->guard;
    assert_false(test_resumes(&s->setup));
    s->setup.server.max_early_data = EARLY_LIMIT;
    test_offer_session(&s->setup, &s->kept);
}

void free_early(early_setup *s)
{
    shk_replay_guard_free(s->guard);
    test_setup_free(&s->setup);
}

void open_early(test_pair *pair, const early_setup *s)
{
    test_pair_start(pair, &s->setup);
    assert_int_equal(shk_conn_write_early(pair->client, early_text, sizeof early_text), SHK_OK);
}

void assert_early_data_taken(const test_pair *pair, bool taken)
{
    uint8_t got[2 * sizeof early_text];
    assert_connected(pair);
    assert_int_equal(shk_conn_info_of(pair->client).early_data, taken);
    assert_int_equal(shk_conn_info_of(pair->server).early_data, taken);
    assert_int_equal(shk_conn_read(pair->server, got, sizeof got), taken ? sizeof early_text : 0);
    if (taken)
        assert_memory_equal(got, early_text, sizeof early_text);
}

void assert_early_data_outcome(early_setup *s, bool taken)
{
    test_pair pair;
    open_early(&pair, s);
    test_pair_pump(&pair);
    assert_early_data_taken(&pair, taken);
    test_pair_close(&pair);
}
