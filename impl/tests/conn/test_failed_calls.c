/* A call that fails without memory has no partial effect, or ends the connection: the N-th
 * allocation fails, for all N, of those of connections and of those of libcrypto. */
#include <stdio.h>
#include <string.h>

#include "failing_allocator.h"
#include "handshake_kinds.h"

enum { MOST_ALLOCATIONS = 10000 };

/* Calls of the application on an established connection. */

static shk_status write_much(shk_conn *conn)
{
    static const uint8_t data[40000] = {0};
    return shk_conn_write(conn, data, sizeof data);
}

static shk_status update_key(shk_conn *conn)
{
    return shk_conn_key_update(conn, true);
}

static const struct {
    const char *name;
    uint16_t version;
    bool by_server;
    shk_status (*call)(shk_conn *conn);
} calls[] = {
    {"write, 1.3", SHK_TLS13, false, write_much},
    {"write, 1.2", SHK_TLS12, false, write_much},
    {"key update", SHK_TLS13, true, update_key},
    {"request", SHK_TLS13, true, shk_conn_request_authentication},
    {"renegotiate, client", SHK_TLS12, false, shk_conn_renegotiate},
    {"renegotiate, server", SHK_TLS12, true, shk_conn_renegotiate},
    {"close", SHK_TLS13, false, shk_conn_close},
    {"close, 1.2", SHK_TLS12, true, shk_conn_close},
};

/* A failure of our own names the line that raised it. */
static void assert_tells_line(const char *name, const shk_conn *conn)
{
    const shk_conn_failure *failure = shk_conn_failure_of(conn);
    shk_status status = failure->fault.status;
    char path[512], line[256] = "", text[512];
    if (status != SHK_E_NO_MEMORY && status != SHK_E_CRYPTO && status != SHK_E_INTERNAL)
        return;
    if (failure->at.file == NULL)
        fail_msg("%s: %s of no line", name, shk_error(status)->name);
    snprintf(path, sizeof path, "%s/%s", SHK_SOURCE_DIR, failure->at.file);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    for (int i = 0; i < failure->at.line; i++)
        assert_non_null(fgets(line, sizeof line, file));
    fclose(file);
    if (strstr(line, "SHK_OWN(") == NULL && strstr(line, "failure(") == NULL)
        fail_msg("%s: %s:%d has no failure: %s", name, path, failure->at.line, line);
    shk_conn_describe(conn, text, sizeof text);
    assert_non_null(strstr(text, failure->at.file));
}

/* Makes the call while one allocation fails. It has no effect, or all of it; or the connection has
 * failed and its peer can read the alert. Returns whether an allocation failed. */
static bool fail_in_call(const test_setup *setup, size_t i, unsigned *fail_at, unsigned at)
{
    test_pair pair;
    test_pair_connect(&pair, setup);
    shk_conn *one = calls[i].by_server ? pair.server : pair.client;
    shk_conn *other = calls[i].by_server ? pair.client : pair.server;
    const size_t before = shk_conn_output(one).len;
    test_own_allocations.count = test_libcrypto_allocations.count = 0;
    *fail_at = at;
    test_libcrypto_allocations.on = true;
    shk_status status = calls[i].call(one);
    test_libcrypto_allocations.on = false;
    bool failed = fail_at == &test_own_allocations.fail_at ? test_own_allocations.count >= at
                                                           : test_libcrypto_allocations.count >= at;
    *fail_at = 0;
    bool alive = shk_conn_failure_of(one)->fault.status == SHK_OK;
    if (status != SHK_OK && alive && shk_conn_output(one).len != before)
        fail_msg("%s: allocation %u: it has failed, and left output", calls[i].name, at);
    if (status != SHK_OK && alive) {
        status = calls[i].call(one);
        assert_case_fails(calls[i].name, status, SHK_OK);
    }
    assert_tells_line(calls[i].name, one);
    shk_status read = test_move_output(one, other);
    if (read != SHK_OK && read != SHK_E_PEER_ALERT)
        fail_msg("%s: allocation %u: the peer finds %s", calls[i].name, at, shk_error(read)->name);
    test_pair_close(&pair);
    return failed;
}

static void call_without_memory_does_nothing_or_ends_the_connection(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
        test_setup setup;
        test_setup_new(&setup, "p256");
        test_with_client_certificate(&setup, "client-p256");
        shk_config *ends[] = {&setup.client, &setup.server};
        for (int k = 0; k < 2; k++) {
            ends[k]->allocator = &test_failing_allocator;
            ends[k]->max_version = calls[i].version;
            ends[k]->records_per_key = 1;
            ends[k]->renegotiation = true;
            ends[k]->post_handshake_auth = true;
        }
        unsigned *const sorts[] = {&test_own_allocations.fail_at,
                                   &test_libcrypto_allocations.fail_at};
        for (int k = 0; k < 2; k++)
            for (unsigned at = 1; fail_in_call(&setup, i, sorts[k], at); at++)
                assert_true(at < MOST_ALLOCATIONS);
        test_setup_free(&setup);
    }
}

static void assert_whole_records(const char *name, unsigned at, const shk_conn *from)
{
    shk_span out = shk_conn_output(from);
    size_t end = 0;
    while (end + 5 <= out.len)
        end += 5 + (size_t)(out.data[end + 3] << 8 | out.data[end + 4]);
    if (end != out.len)
        fail_msg("%s: allocation %u: a record is in the output in part", name, at);
}

/* A handshake of the kind in which one allocation of ours fails; returns whether one did. */
static bool fail_in_handshake(test_kind_state *ends, unsigned at)
{
    test_pair pair;
    test_own_allocations.fail_at = 0;
    test_pair_open(&pair, &ends->setup);
    test_own_allocations.count = 0;
    test_own_allocations.fail_at = at;
    (void)shk_conn_start(pair.client);
    while (shk_conn_output(pair.client).len + shk_conn_output(pair.server).len > 0) {
        assert_whole_records(ends->kind->name, at, pair.client);
        test_move_output(pair.client, pair.server);
        assert_whole_records(ends->kind->name, at, pair.server);
        test_move_output(pair.server, pair.client);
    }
    bool failed = test_own_allocations.count >= at;
    test_own_allocations.fail_at = 0;
    test_pair_close(&pair);
    return failed;
}

static void failed_allocation_leaves_no_partial_record(void **state)
{
    (void)state;
    for (size_t i = 0; i < test_kind_count; i++) {
        test_kind_state ends;
        test_kind_new(&ends, &test_kinds[i]);
        ends.setup.client.allocator = ends.setup.server.allocator = &test_failing_allocator;
        for (unsigned at = 1; fail_in_handshake(&ends, at); at++)
            assert_true(at < MOST_ALLOCATIONS);
        test_kind_free(&ends);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(call_without_memory_does_nothing_or_ends_the_connection),
        cmocka_unit_test(failed_allocation_leaves_no_partial_record),
    };
    if (!test_watch_libcrypto_allocations())
        return 3;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
