/* The properties of stateful targets see a connection that breaks them, and what is fed otherwise
 * is seen to end otherwise (state/properties.h). */
#include <string.h>

#include "assertions.h"
#include "handshake/flow/flow_table.h"
#include "handshake/state/conn_state.h"
#include "state/kinds.h"
#include "state/properties.h"

typedef struct {
    shk_state_ends ends;
    uint64_t ways[SHK_STATE_WAYS];
    shk_config config;
    shk_state_random drawn;
    shk_conn *conn;
    shk_state_outcome outcome;
    shk_state_watch watch;
} watched;

/* A server that waits for a ClientHello. */
static void watched_new(watched *w)
{
    const shk_state_settings usual = {0};
    memset(w, 0, sizeof *w);
    assert_true(shk_state_ends_new(&w->ends, SHK_TOY_PERMISSIVE, &shk_libc_allocator));
    w->config = shk_state_config(&w->ends, &usual, true, true);
    shk_random random = shk_state_random_of(&w->drawn, true);
    assert_int_equal(shk_conn_new(&w->config, &random, &w->conn), SHK_OK);
    shk_state_find_ways(w->ways);
    w->watch = shk_state_watch_of(w->conn, &w->config, w->ways, &w->outcome);
}

static void watched_free(watched *w)
{
    shk_conn_free(w->conn);
    shk_state_ends_free(&w->ends);
}

/* What is said of a connection that has come to the state, in the version. */
static const char *said_of_state(shk_state from, shk_state to, uint16_t version)
{
    static watched w;
    watched_new(&w);
    w.watch.state = from;
    w.conn->state = to;
    w.conn->version = version;
    shk_state_holds(&w.watch, w.conn, true, SHK_OK);
    watched_free(&w);
    return w.outcome.violation;
}

static void a_state_has_to_be_of_the_end_and_version_and_come_in_order(void **state)
{
    (void)state;
    assert_null(said_of_state(SHK_STATE_s13_wait_finished, SHK_STATE_s13_connected, SHK_TLS13));
    assert_null(
        said_of_state(SHK_STATE_s_wait_client_hello, SHK_STATE_s12_wait_finished, SHK_TLS12));
    assert_string_equal(
        said_of_state(SHK_STATE_s13_connected, SHK_STATE_s13_wait_finished, SHK_TLS13),
        "state-out-of-order");
    assert_string_equal(
        said_of_state(SHK_STATE_s13_wait_finished, SHK_STATE_c13_connected, SHK_TLS13),
        "state-of-other-end");
    assert_string_equal(said_of_state(SHK_STATE_s_hello_read, SHK_STATE_s12_connected, SHK_TLS13),
                        "state-of-other-version");
    assert_string_equal(said_of_state(SHK_STATE_s_hello_read, SHK_STATE_COUNT, SHK_TLS13),
                        "state-unknown");
}

/* What is said where these bytes wait to be sent. */
static const char *said_of_output(const uint8_t *bytes, size_t len)
{
    static watched w;
    watched_new(&w);
    assert_int_equal(shk_buf_append(&w.conn->out, shk_span_of(bytes, len)), SHK_OK);
    shk_state_holds(&w.watch, w.conn, true, SHK_OK);
    watched_free(&w);
    return w.outcome.violation;
}

static void output_is_whole_records_and_ends_with_a_fatal_alert(void **state)
{
    static const uint8_t two_alerts[] = {21, 3, 3, 0, 2, 2, 40, 21, 3, 3, 0, 2, 2, 40};
    static const uint8_t warning_first[] = {21, 3, 3, 0, 2, 1, 100, 21, 3, 3, 0, 2, 2, 40};
    (void)state;
    assert_null(said_of_output(two_alerts, 7));
    assert_null(said_of_output(warning_first, sizeof warning_first));
    assert_string_equal(said_of_output(two_alerts, sizeof two_alerts), "sent-after-alert");
    assert_string_equal(said_of_output(two_alerts, 6), "output-not-records");
    assert_string_equal(said_of_output(two_alerts, 3), "output-not-records");
}

static void output_without_end_is_seen(void **state)
{
    static uint8_t record[5 + 16384] = {23, 3, 3, 64, 0};
    static watched w;
    (void)state;
    watched_new(&w);
    for (int i = 0; i < 3 && w.outcome.violation == NULL; i++) {
        assert_int_equal(shk_buf_append(&w.conn->out, shk_span_of(record, sizeof record)), SHK_OK);
        shk_state_holds(&w.watch, w.conn, true, SHK_OK);
        shk_conn_sent(w.conn, sizeof record);
    }
    assert_string_equal(w.outcome.violation, "output-unbounded");
    watched_free(&w);
}

static void a_call_and_the_failure_have_to_agree(void **state)
{
    static watched w;
    (void)state;
    watched_new(&w);
    assert_false(shk_state_holds(&w.watch, w.conn, true, SHK_E_TRUNCATION));
    assert_string_equal(w.outcome.violation, "failed-without-failure");
    w.conn->failure.fault.status = SHK_E_BAD_RECORD_MAC;
    w.conn->failure.alert_sent = SHK_ALERT_handshake_failure;
    assert_false(shk_state_holds(&w.watch, w.conn, true, SHK_E_BAD_RECORD_MAC));
    assert_string_equal(w.outcome.violation, "alert-of-other-row");
    assert_false(shk_state_holds(&w.watch, w.conn, true, SHK_OK));
    assert_string_equal(w.outcome.violation, "goes-on-after-failure");
    watched_free(&w);
}

static void records_that_change_nothing_end(void **state)
{
    static watched w;
    int records = 0;
    (void)state;
    watched_new(&w);
    while (records < 100 && shk_state_goes_on(&w.watch, w.conn))
        records++;
    assert_int_equal(records, 64); /* the first one counts as a change */
    assert_string_equal(w.outcome.violation, "no-progress");
    watched_free(&w);
}

static void memory_beyond_what_was_fed_is_seen(void **state)
{
    static watched w;
    (void)state;
    watched_new(&w);
    assert_true(shk_state_fits(&w.watch, 48 * 1024));
    assert_false(shk_state_fits(&w.watch, 64 * 1024));
    w.watch.fed = 4096;
    assert_true(shk_state_fits(&w.watch, 64 * 1024));
    watched_free(&w);
}

/* The first handshake of the runner makes the start; the second one begins from its memory. */
static void an_input_does_the_same_from_a_kept_start(void **state)
{
    static shk_state_runner runner;
    shk_state_result result;
    shk_state_outcome first, second;
    shk_buf seed = shk_buf_growing(&shk_libc_allocator);
    (void)state;
    assert_true(shk_state_runner_open(&runner, "client13"));
    assert_true(
        shk_state_kind_run(&runner.ends, shk_state_kind_of(true, 0), false, &seed, &result));
    const shk_state_input input = shk_state_input_of(true, shk_buf_span(&seed));
    shk_state_run(&runner, &input, SHK_CUT_RECORDS, true, &first);
    shk_state_run(&runner, &input, SHK_CUT_RECORDS, true, &second);
    assert_true(first.connected && first.violation == NULL && second.violation == NULL);
    assert_int_equal(first.output, second.output);
    assert_int_equal(first.peak, second.peak);
    shk_buf_free(&seed);
    shk_state_runner_close(&runner);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_state_has_to_be_of_the_end_and_version_and_come_in_order),
        cmocka_unit_test(output_is_whole_records_and_ends_with_a_fatal_alert),
        cmocka_unit_test(output_without_end_is_seen),
        cmocka_unit_test(a_call_and_the_failure_have_to_agree),
        cmocka_unit_test(records_that_change_nothing_end),
        cmocka_unit_test(memory_beyond_what_was_fed_is_seen),
        cmocka_unit_test(an_input_does_the_same_from_a_kept_start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
