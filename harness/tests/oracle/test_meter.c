/* What a meter counts of each kind's ends, and which ends are over their budget. */
#include "oracle/oracle.h"
#include "pairings.h"

#include <stdlib.h>

typedef struct {
    shk_verdict verdict;
    shk_meter meters[2];
    shk_judgement judgement;
} metered_run;

/* One connection, both of whose ends are metered. */
static metered_run connect_metered(const pairing *pair, shk_endpoint_setup *setups[2])
{
    metered_run run;
    shk_endpoint *client = shk_metered_open(pair->client, setups[0], 1, &run.meters[0]);
    shk_endpoint *server = shk_metered_open(pair->server, setups[1], 2, &run.meters[1]);
    assert_non_null(client);
    assert_non_null(server);
    const shk_observed_end observed[2] = {
        {.kind = &shk_endpoint_metered, .end = client, .meter = &run.meters[0]},
        {.kind = &shk_endpoint_metered, .end = server, .meter = &run.meters[1]},
    };
    shk_oracles *oracles = shk_oracles_new(&shk_provider_libcrypto);
    shk_observation *observation = shk_observation_begin(oracles, observed, NULL);
    assert_non_null(observation);
    const shk_drive_options options = {.observer = shk_observation_flight,
                                       .observer_context = observation};
    shk_drive(&shk_endpoint_metered, client, &shk_endpoint_metered, server, &options, &run.verdict);
    shk_observation_end(observation);
    shk_endpoint_metered.close(client);
    shk_endpoint_metered.close(server);
    shk_oracles_judge(observation, &run.judgement);
    shk_observation_free(observation);
    shk_oracles_free(oracles);
    return run;
}

/* `count` connections of a pair, one after another; the last. */
static metered_run drive_metered(const pairing *pair, uint16_t version, size_t count)
{
    const shk_endpoint_config client = client_config(version);
    const shk_endpoint_config server = p256_server(version);
    shk_endpoint_setup *setups[2];
    metered_run run = {.verdict = {.kind = SHK_VERDICT_BROKEN}};
    set_up(pair, &client, &server, setups);
    for (size_t i = 0; i < count; i++)
        run = connect_metered(pair, setups);
    tear_down(pair, setups);
    return run;
}

static void honest_ends_of_all_kinds_are_within_their_budgets(void **state)
{
    (void)state;
    for (size_t p = 0; p < ALL_PAIRINGS; p++)
        for (size_t v = 0; v < VERSIONS; v++) {
            const metered_run run = drive_metered(&all_pairings[p], versions[v], 1);
            assert_int_equal(run.verdict.kind, SHK_VERDICT_GOOD);
            assert_int_equal(run.judgement.count, 0);
            for (size_t i = 0; i < 2; i++) {
                assert_string_equal(run.meters[i].why, "");
                assert_int_equal(run.meters[i].total.received,
                                 i == 0 ? run.verdict.server_bytes : run.verdict.client_bytes);
                assert_int_equal(run.meters[1 - i].total.taken[SHK_TAKES_OUTPUT],
                                 run.meters[i].total.received);
                assert_true(run.meters[i].total.taken[SHK_TAKES_TIME] > 0);
            }
        }
}

/* A sanitizer has an allocator of its own, which is not counted (oracle/memory.h). */
static void needs_counted_memory(void)
{
    if (shk_memory_is_counted())
        return;
    print_message("skipped: a sanitizer's allocator is not counted\n");
    skip();
}

/* The third connection finds the caches of both libraries filled. */
static void memory_of_each_kind_is_counted_and_given_back(void **state)
{
    (void)state;
    needs_counted_memory();
    for (size_t p = 0; p < ALL_PAIRINGS; p++) {
        const metered_run run = drive_metered(&all_pairings[p], SHK_TLS13, 3);
        for (size_t i = 0; i < 2; i++) {
            assert_true(run.meters[i].total.taken[SHK_TAKES_PEAK] > 8192);
            assert_in_range(run.meters[i].memory.live + 1024, 0, 2048);
            assert_true(run.meters[i].total.taken[SHK_TAKES_ALLOCATIONS] > 50);
        }
    }
}

static void blocks_count_for_the_account_that_is_open(void **state)
{
    (void)state;
    needs_counted_memory();
    shk_memory memory = {0};
    assert_null(shk_memory_open(&memory));
    void *volatile smaller = calloc(10, 100);
    void *volatile block = realloc(smaller, 3000);
    assert_ptr_equal(shk_memory_open(NULL), &memory);
    assert_in_range(memory.live, 3000, 3100);
    assert_int_equal(memory.allocations, 2);
    void *volatile other = malloc(5000);
    assert_in_range(memory.live, 3000, 3100);
    (void)shk_memory_open(&memory);
    free(block);
    (void)shk_memory_open(NULL);
    free(other);
    assert_int_equal(memory.live, 0);
    assert_in_range(memory.peak, 3000, 3100);
}

static void there_is_no_memory_beyond_the_limit_of_an_account(void **state)
{
    (void)state;
    needs_counted_memory();
    shk_memory memory = {.limit = 4096};
    volatile size_t many = SIZE_MAX / 2;
    void *volatile blocks[4];
    (void)shk_memory_open(&memory);
    blocks[0] = malloc(3000);
    blocks[1] = malloc(3000);
    blocks[2] = realloc(blocks[0], 8000);
    blocks[3] = calloc(many, 4);
    free(blocks[0]);
    (void)shk_memory_open(NULL);
    assert_non_null(blocks[0]);
    assert_null(blocks[1]);
    assert_null(blocks[2]);
    assert_null(blocks[3]);
    assert_true(memory.refused);
    assert_int_equal(memory.live, 0);
}

/* Faulty ends: each is OpenSSL's with one function replaced. */
static void *leaked; /* a chain of blocks, freed by the test */

static void leak(size_t size)
{
    void **block = (void **)malloc(size);
    if (block == NULL)
        return;
    *block = leaked;
    leaked = (void *)block;
}

static void free_leaked(void)
{
    while (leaked != NULL) {
        void *next = *(void **)leaked;
        free(leaked);
        leaked = next;
    }
}

static void feed_and_keep(shk_endpoint *end, shk_span bytes)
{
    leak((size_t)1 << 20);
    shk_endpoint_openssl.feed(end, bytes);
}

static void feed_and_grow_without_end(shk_endpoint *end, shk_span bytes)
{
    shk_endpoint_openssl.feed(end, bytes);
    for (void *before = NULL; before == NULL || before != leaked;) {
        before = leaked;
        leak((size_t)8 << 20);
    }
}

static void feed_and_allocate_over_and_over(shk_endpoint *end, shk_span bytes)
{
    shk_endpoint_openssl.feed(end, bytes);
    for (size_t i = 0; i < 100000; i++) {
        void *volatile block = malloc(16);
        free(block);
    }
}

/* Whose last call, which begins a new period, gives nothing. */
static size_t read_and_allocate_over_and_over(shk_endpoint *end, uint8_t *data, size_t cap)
{
    for (size_t i = 0; i < 100000; i++) {
        void *volatile block = malloc(16);
        free(block);
    }
    return shk_endpoint_openssl.read(end, data, cap);
}

static void take_an_echo_of_256_kib(shk_endpoint *end, shk_buf *out)
{
    shk_endpoint_openssl.take(end, out);
    if (out->len == 0 || shk_buf_reserve(out, 262144) != SHK_OK)
        return;
    memset(out->data + out->len, 0, 262144);
    out->len += 262144;
}

static void close_and_leave(shk_endpoint *end)
{
    shk_endpoint_openssl.close(end);
    leak((size_t)256 << 10);
}

static void of_faulty_ends_the_oracle_of_resources_raises_an_alarm(void **state)
{
    (void)state;
    const struct {
        void (*feed)(shk_endpoint *end, shk_span bytes);
        void (*take)(shk_endpoint *end, shk_buf *out);
        size_t (*read)(shk_endpoint *end, uint8_t *data, size_t cap);
        void (*close)(shk_endpoint *end);
        bool memory; /* only where memory is counted */
        const char *why;
    } faults[] = {
        {feed_and_keep, NULL, NULL, NULL, true, "bytes of memory kept"},
        {feed_and_grow_without_end, NULL, NULL, NULL, true, "bytes of memory were asked for"},
        {feed_and_allocate_over_and_over, NULL, NULL, NULL, true, "allocations"},
        {NULL, NULL, read_and_allocate_over_and_over, NULL, true, "allocations"},
        {NULL, take_an_echo_of_256_kib, NULL, NULL, false, "bytes of output"},
        {NULL, NULL, NULL, close_and_leave, true, "closed: "},
    };
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        shk_endpoint_kind faulty = shk_endpoint_openssl;
        const pairing pair = {&shk_endpoint_openssl, &faulty};
        if (faults[i].memory && !shk_memory_is_counted())
            continue;
        faulty.feed = faults[i].feed != NULL ? faults[i].feed : faulty.feed;
        faulty.take = faults[i].take != NULL ? faults[i].take : faulty.take;
        faulty.read = faults[i].read != NULL ? faults[i].read : faulty.read;
        faulty.close = faults[i].close != NULL ? faults[i].close : faulty.close;
        const metered_run run = drive_metered(&pair, SHK_TLS13, 1);
        free_leaked();
        assert_string_equal(run.meters[0].why, "");
        assert_non_null(strstr(run.meters[1].why, faults[i].why));
        size_t alarms = 0;
        for (size_t k = 0; k < run.judgement.count; k++) {
            const shk_alarm *alarm = &run.judgement.alarms[k];
            if (alarm->oracle != SHK_ORACLE_resources)
                continue;
            alarms++;
            assert_non_null(strstr(alarm->words, "the server, "));
            assert_non_null(strstr(alarm->words, faults[i].why));
        }
        assert_int_equal(alarms, 1);
    }
}

static void a_budget_grows_with_what_was_given(void **state)
{
    (void)state;
    const shk_budget budget = {
        "handshaking", {{100, 8}, {100, 4}, {0, 2}, {10, 0}, {1000, 10}}, "a test"};
    char why[SHK_WHY_SIZE];
    for (size_t takes = 0; takes < SHK_TAKES; takes++) {
        int64_t taken[SHK_TAKES] = {0};
        taken[takes] = budget.may[takes].fixed + 10 * budget.may[takes].per_byte;
        assert_true(shk_within_budget(&budget, taken, 10, why));
        taken[takes]++;
        assert_false(shk_within_budget(&budget, taken, 10, why));
        assert_non_null(strstr(why, "for 10 bytes"));
    }
}

static void a_program_is_metered_between_two_looks_at_it(void **state)
{
    (void)state;
    const int64_t mib = (int64_t)1 << 20;
    const shk_process_usage first = {10 * mib, 20 * mib, 500000};
    const struct {
        shk_process_usage last;
        const char *why;
    } looks[] = {
        {{12 * mib, 22 * mib, 900000}, NULL},
        {{200 * mib, 22 * mib, 900000}, "199229440 bytes of memory kept"},
        {{12 * mib, 300 * mib, 900000}, "bytes of memory at its peak for 1000 bytes"},
        {{12 * mib, 22 * mib, 9500000}, "9000000 microseconds of processor time"},
    };
    for (size_t i = 0; i < sizeof looks / sizeof looks[0]; i++) {
        shk_meter meter;
        shk_meter_program(&meter, &first, &looks[i].last, 1000);
        assert_int_equal(meter.taken[SHK_TAKES_PEAK], looks[i].last.peak - first.peak);
        assert_int_equal(meter.why[0] == 0, looks[i].why == NULL);
        if (looks[i].why != NULL)
            assert_non_null(strstr(meter.why, looks[i].why));
    }
}

/* RFC 8879: a ClientHello of 400 bytes makes a server compress. */
static void a_server_of_ours_compresses_within_the_budget(void **state)
{
    (void)state;
    static const char *const algorithms[] = {"zlib", "brotli", "zstd"};
    const shk_budget *budget = shk_subject_budget("compress_certificate", 20);
    const pairing ours = {&shk_endpoint_ours, &shk_endpoint_ours};
    needs_counted_memory();
    for (size_t i = 0; i < sizeof algorithms / sizeof algorithms[0]; i++) {
        shk_endpoint_config client = client_config(SHK_TLS13);
        shk_endpoint_config server = p256_server(SHK_TLS13);
        shk_endpoint_setup *setups[2];
        char why[SHK_WHY_SIZE];
        client.compress_certificate = server.compress_certificate = algorithms[i];
        set_up(&ours, &client, &server, setups);
        const metered_run run = connect_metered(&ours, setups);
        tear_down(&ours, setups);
        assert_int_equal(run.verdict.kind, SHK_VERDICT_GOOD);
        assert_true(shk_within_budget(budget, run.meters[1].total.taken,
                                      run.meters[1].total.received, why));
    }
}

static void every_budget_has_a_reason(void **state)
{
    (void)state;
    for (size_t i = 0; i < SHK_STAGES; i++)
        assert_true(strlen(shk_stage_budgets[i].reason) > 20);
    assert_non_null(shk_subject_budget("*", 1));
    assert_null(shk_subject_budget("no_message", 10));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(honest_ends_of_all_kinds_are_within_their_budgets),
        cmocka_unit_test(memory_of_each_kind_is_counted_and_given_back),
        cmocka_unit_test(blocks_count_for_the_account_that_is_open),
        cmocka_unit_test(there_is_no_memory_beyond_the_limit_of_an_account),
        cmocka_unit_test(of_faulty_ends_the_oracle_of_resources_raises_an_alarm),
        cmocka_unit_test(a_budget_grows_with_what_was_given),
        cmocka_unit_test(a_program_is_metered_between_two_looks_at_it),
        cmocka_unit_test(a_server_of_ours_compresses_within_the_budget),
        cmocka_unit_test(every_budget_has_a_reason),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
