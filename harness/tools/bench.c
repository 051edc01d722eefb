/* `shakedown bench`: handshakes per second in memory, both ends counted, one kind against
 * itself, interleaved; and the memory that ours take. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/number.h"
#include "cli/options.h"
#include "cli/verdict_json.h"
#include "drive/endpoint_kinds.h"
#include "oracle/meter.h"
#include "tools/tools_commands.h"

enum { KINDS = 3, MAX_ROUNDS = 99, MAX_TURNS = 64 };

/* What is measured; the names are part of the output's form. */
static const struct {
    const char *name;
    const char *key;
    const char *tls;
    const char *suites;
    const char *groups;
    bool resumed; /* each from the session of the one before */
} rows[] = {
    {"1.3 x25519 ecdsa-p256", "p256", "1.3", "TLS_AES_128_GCM_SHA256", "x25519", false},
    {"1.3 x25519 rsa-2048", "rsa2048", "1.3", "TLS_AES_128_GCM_SHA256", "x25519", false},
    {"1.2 ecdhe-ecdsa", "p256", "1.2", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
     "x25519,secp256r1", false},
    {"1.2 rsa", "rsa2048", "1.2", "TLS_RSA_WITH_AES_128_GCM_SHA256", "x25519", false},
    {"1.3 resumed", "p256", "1.3", "TLS_AES_128_GCM_SHA256", "x25519", true},
};
enum { ROWS = sizeof rows / sizeof rows[0] };

static const char *const kind_names[KINDS] = {"ours", "openssl", "gnutls"};

typedef struct {
    uint64_t seconds_x10; /* of one measurement, in tenths */
    uint64_t rounds;
    bool json;
    bool memory; /* in place of speed */
    const char *pki;
} bench_options;

static bool set_rounds(void *context, const char *value, char *why)
{
    return shk_cli_number(value, 1, MAX_ROUNDS, &((bench_options *)context)->rounds, why);
}

static bool set_tenths(void *context, const char *value, char *why)
{
    return shk_cli_number(value, 1, 600, &((bench_options *)context)->seconds_x10, why);
}

static bool set_json(void *context, const char *value, char *why)
{
    (void)value;
    (void)why;
    ((bench_options *)context)->json = true;
    return true;
}

static bool set_memory(void *context, const char *value, char *why)
{
    (void)value;
    (void)why;
    ((bench_options *)context)->memory = true;
    return true;
}

static bool set_pki(void *context, const char *value, char *why)
{
    (void)why;
    ((bench_options *)context)->pki = value;
    return true;
}

static double now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* One handshake, no data; `chained`: the client also reads the ticket behind it, for the next.
 * False unless both ends are connected, and have `resumed` or not. `meters` of both ends, or NULL.
 */
static bool handshake(const shk_endpoint_kind *kind, shk_endpoint_setup *setups[2], shk_buf *wire,
                      uint64_t seed, bool resumed, bool chained, shk_meter *meters)
{
    shk_endpoint *ends[2];
    shk_endpoint_result results[2];
    bool good = false;
    for (size_t side = 0; side < 2; side++)
        ends[side] = meters != NULL
                         ? shk_metered_open(kind, setups[side], seed + side, &meters[side])
                         : kind->open(setups[side], seed + side);
    if (meters != NULL)
        kind = &shk_endpoint_metered;
    wire->len = 0;
    for (int turn = 0; ends[0] != NULL && ends[1] != NULL && turn < MAX_TURNS; turn++) {
        int side = turn % 2;
        kind->feed(ends[side], shk_buf_span(wire));
        wire->len = 0;
        kind->take(ends[side], wire);
        kind->result(ends[side], &results[side]);
        good = turn > 0 && results[0].state == SHK_CONNECTED && results[1].state == SHK_CONNECTED;
        if (good || (wire->len == 0 && turn > 0))
            break;
    }
    if (good && chained)
        kind->feed(ends[0], shk_buf_span(wire));
    for (int side = 0; side < 2; side++)
        if (ends[side] != NULL)
            kind->close(ends[side]);
    return good && results[0].resumed == resumed && results[1].resumed == resumed;
}

/* Both ends of a row, verifying, set up by one kind. */
static bool set_up(const shk_endpoint_kind *kind, size_t row, const char *pki, shk_cli_end ends[2],
                   shk_endpoint_setup *setups[2], char *why)
{
    static char certificate[1024], key[1024],
        roots[1024]; /* outlive the set-up that points to them */
    snprintf(certificate, sizeof certificate, "%s/%s.pem", pki, rows[row].key);
    snprintf(key, sizeof key, "%s/%s.key", pki, rows[row].key);
    snprintf(roots, sizeof roots, "%s/roots.pem", pki);
    memset(ends, 0, 2 * sizeof ends[0]);
    ends[0].config.ca_file = roots;
    ends[0].config.server_name = "server.shakedown.test";
    ends[0].config.resume = rows[row].resumed;
    ends[1].config.server = true;
    ends[1].config.ticket_count =
        rows[row].resumed ? 1 : 0; /* as the defaults of the kinds differ */
    ends[1].config.certificate_file = certificate;
    ends[1].config.key_file = key;
    for (int side = 0; side < 2; side++)
        if (!shk_cli_set_end(&ends[side], "tls", rows[row].tls, why) ||
            !shk_cli_set_end(&ends[side], "suites", rows[row].suites, why) ||
            !shk_cli_set_end(&ends[side], "groups", rows[row].groups, why) ||
            !kind->setup(&ends[side].config, &setups[side], why))
            return false;
    return true;
}

/* Handshakes per second in one measurement; 0 if one fails. */
static double measure(const shk_endpoint_kind *kind, shk_endpoint_setup *setups[2], bool resumed,
                      double seconds, shk_buf *wire)
{
    double start = now_s();
    double elapsed = 0;
    uint64_t count = 0;
    while (elapsed < seconds) {
        for (int i = 0; i < 16; i++)
            if (!handshake(kind, setups, wire, 1 + 2 * count++, resumed, resumed, NULL))
                return 0;
        elapsed = now_s() - start;
    }
    return (double)count / elapsed;
}

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

/* All kinds of a row, in turn, `rounds` times; medians into `out`. */
static bool run_row(size_t row, const bench_options *o, double out[KINDS])
{
    static double figures[KINDS][MAX_ROUNDS];
    shk_cli_end ends[KINDS][2];
    shk_endpoint_setup *setups[KINDS][2] = {{NULL}};
    shk_buf wire = shk_buf_growing(&shk_libc_allocator);
    char why[SHK_WHY_SIZE];
    bool ok = true;
    for (int k = 0; ok && k < KINDS; k++) {
        const shk_endpoint_kind *kind = shk_endpoint_kind_named(kind_names[k]);
        ok = set_up(kind, row, o->pki, ends[k], setups[k], why);
        if (!ok)
            break;
        snprintf(why, sizeof why, "a handshake failed");
        ok = !rows[row].resumed || handshake(kind, setups[k], &wire, 1, false, true, NULL);
    }
    for (uint64_t round = 0; ok && round < o->rounds; round++)
        for (int k = 0; ok && k < KINDS; k++) {
            figures[k][round] = measure(shk_endpoint_kind_named(kind_names[k]), setups[k],
                                        rows[row].resumed, (double)o->seconds_x10 / 10, &wire);
            ok = figures[k][round] > 0;
        }
    for (int k = 0; k < KINDS; k++) {
        qsort(figures[k], o->rounds, sizeof figures[k][0], compare_doubles);
        out[k] = figures[k][o->rounds / 2];
        for (int side = 0; side < 2; side++)
            if (setups[k][side] != NULL)
                shk_endpoint_kind_named(kind_names[k])->teardown(setups[k][side]);
    }
    shk_buf_free(&wire);
    if (!ok)
        shk_cli_fail("bench", SHK_EXIT_FAILED, "%s: %s", rows[row].name, why);
    return ok;
}

/* The most of all rows: of one end that is connected, and of both together in a handshake. */
typedef struct {
    int64_t idle;
    int64_t peak;
} memory_figures;

/* The memory of one handshake of our ends, with all that libcrypto takes for them. Two handshakes
 * before it fill the caches of both set-ups. */
static bool measure_row_memory(size_t row, const bench_options *o, memory_figures *most)
{
    const shk_endpoint_kind *ours = shk_endpoint_kind_named(kind_names[0]);
    shk_cli_end ends[2];
    shk_endpoint_setup *setups[2] = {NULL, NULL};
    shk_buf wire = shk_buf_growing(&shk_libc_allocator);
    shk_meter meters[2];
    bool resumed = rows[row].resumed;
    char why[SHK_WHY_SIZE];
    bool ok = set_up(ours, row, o->pki, ends, setups, why);
    if (ok) {
        snprintf(why, sizeof why, "a handshake failed");
        ok = handshake(ours, setups, &wire, 1, false, resumed, NULL) &&
             handshake(ours, setups, &wire, 3, resumed, resumed, NULL) &&
             handshake(ours, setups, &wire, 5, resumed, resumed, meters);
    }
    for (int side = 0; side < 2; side++)
        if (setups[side] != NULL)
            ours->teardown(setups[side]);
    shk_buf_free(&wire);
    if (!ok) {
        shk_cli_fail("bench", SHK_EXIT_FAILED, "%s: %s", rows[row].name, why);
        return false;
    }
    const int64_t kept[2] = {meters[0].total.taken[SHK_TAKES_KEPT],
                             meters[1].total.taken[SHK_TAKES_KEPT]};
    const int64_t idle = kept[0] > kept[1] ? kept[0] : kept[1];
    const int64_t peak =
        meters[0].total.taken[SHK_TAKES_PEAK] + meters[1].total.taken[SHK_TAKES_PEAK];
    if (!o->json)
        printf("%-24s %10" PRId64 " %10" PRId64 "\n", rows[row].name, idle, peak);
    most->idle = idle > most->idle ? idle : most->idle;
    most->peak = peak > most->peak ? peak : most->peak;
    return true;
}

static int measure_memory(const bench_options *o)
{
    memory_figures most = {0, 0};
    bool ok = true;
    if (!shk_memory_is_counted())
        return shk_cli_fail("bench", SHK_EXIT_ENVIRONMENT, "this build does not count memory");
    if (!o->json)
        printf("%-24s %10s %10s\n", "bytes", "idle", "peak");
    for (size_t row = 0; ok && row < ROWS; row++)
        ok = measure_row_memory(row, o, &most);
    if (ok)
        printf(o->json ? "{\"memory\": {\"idle\": %" PRId64 ", \"peak\": %" PRId64 "}}\n"
                       : "at most: %" PRId64 " in an idle connection, %" PRId64
                         " in a handshake of both ends\n",
               most.idle, most.peak);
    return ok ? SHK_EXIT_GOOD : SHK_EXIT_FAILED;
}

int shk_tools_bench(int argc, char **argv)
{
    static const shk_cli_option options[] = {
        {"rounds", "N", "interleaved rounds, of which the median counts (default 5)", set_rounds},
        {"tenths", "N", "tenths of a second of each measurement (default 10)", set_tenths},
        {"pki", "FOLDER", "the test PKI (default corpora/pki)", set_pki},
        {"memory", NULL, "the memory that ours take, in bytes, in place of speed", set_memory},
        {"json", NULL, "the figures as JSON", set_json},
    };
    bench_options o = {.seconds_x10 = 10, .rounds = 5, .pki = "corpora/pki"};
    shk_cli_command command = {
        .name = "bench",
        .positional = "",
        .help = "Handshakes per second in memory, both ends counted.\n"
                "Exit: 0 good, 1 a handshake failed, or the test PKI cannot be read, 2 wrong use.\n"
                "Example: shakedown bench --rounds 1 --tenths 1",
        .options = options,
        .option_count = sizeof options / sizeof options[0],
        .context = &o};
    int first;
    bool ok = true;
    int code = shk_cli_parse(&command, argc, argv, &first);
    if (code >= 0)
        return code;
    if (first != argc)
        return shk_cli_fail("bench", SHK_EXIT_USAGE, "'%s' is one argument too many", argv[first]);
    if (o.memory)
        return measure_memory(&o);
    printf(o.json ? "{\"rows\": [" : "%-24s %10s %10s %10s %14s\n", "handshakes/s", "ours",
           "openssl", "gnutls", "ours/openssl");
    for (size_t row = 0; ok && row < ROWS; row++) {
        double f[KINDS];
        ok = run_row(row, &o, f);
        if (ok)
            printf(o.json ? "%s{\"name\": \"%s\", \"ours\": %.1f, \"openssl\": %.1f, \"gnutls\": "
                            "%.1f, \"ours_over_openssl\": %.3f}"
                          : "%s%-24s %10.0f %10.0f %10.0f %14.2f\n",
                   o.json && row > 0 ? ", " : "", rows[row].name, f[0], f[1], f[2], f[0] / f[1]);
        fflush(stdout);
    }
    if (o.json)
        printf("]}\n");
    return ok ? SHK_EXIT_GOOD : SHK_EXIT_FAILED;
}
