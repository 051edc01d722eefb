/* Ends that resume (support/session_setup.h). */
#include "session_setup.h"

#include <string.h>

void test_keep_session(void *context, shk_span session)
{
    test_session *kept = (test_session *)context;
    assert_true(session.len <= sizeof kept->bytes);
    memcpy(kept->bytes, session.data, session.len);
    kept->len = session.len;
    kept->count++;
}

int64_t test_clock_ms;

static int64_t moving_clock(void *context)
{
    (void)context;
    return test_clock_ms;
}

const shk_ticket_key test_ticket_keys[2] = {{.name = {1}, .key = {2}}, {.name = {3}, .key = {4}}};

void test_setup_tickets(test_setup *setup, test_session *kept, uint16_t version)
{
    memset(kept, 0, sizeof *kept);
    test_setup_new(setup, "p256");
    test_clock_ms = INT64_C(1764547200000);
    setup->client.clock.now_ms = moving_clock;
    setup->server.clock.now_ms = moving_clock;
    setup->client.max_version = version;
    setup->client.session_sink = test_keep_session;
    setup->client.session_sink_context = kept;
    setup->server.ticket_keys = test_ticket_keys;
    setup->server.ticket_key_count = 1;
}

bool test_resumes(const test_setup *setup)
{
    test_pair pair;
    uint8_t client_keys[32], server_keys[32];
    test_pair_connect(&pair, setup);
    const shk_conn_info info = shk_conn_info_of(pair.client);
    bool resumed = info.resumed;
    bool exports = info.version >= SHK_TLS13 || info.extended_master_secret; /* RFC 7627 §5.4 */
    assert_int_equal(shk_conn_info_of(pair.server).resumed, resumed);
    shk_span none = {NULL, 0};
    if (exports) {
        assert_int_equal(shk_conn_export(pair.client, "EXPORTER-x", none, client_keys, 32), SHK_OK);
        assert_int_equal(shk_conn_export(pair.server, "EXPORTER-x", none, server_keys, 32), SHK_OK);
        assert_memory_equal(client_keys, server_keys, 32);
    }
    test_pair_close(&pair);
    return resumed;
}

void test_offer_session(test_setup *setup, const test_session *kept)
{
    assert_true(kept->len > 0);
    setup->client.session = shk_span_of(kept->bytes, kept->len);
}

void test_setup_resumption(test_setup *setup, test_session *kept, test_session *first,
                           uint16_t version)
{
    test_setup_tickets(setup, kept, version);
    assert_false(test_resumes(setup));
    *first = *kept;
    test_offer_session(setup, first);
}
