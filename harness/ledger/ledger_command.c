/* `shakedown ledger`: what peers can make an end take. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/number.h"
#include "cli/options.h"
#include "cli/test_pki.h"
#include "ledger/ledger.h"
#include "ledger/ledger_command.h"
#include "play/cases.h"

/* What is sent arrives in pieces, as over a network: else what waits for the library would count as
 * its own. */
enum { MOST_ROUNDS = 99, LIST = 256, SEGMENT = 1400 };

typedef struct {
    char against[LIST];
    uint64_t rounds;
    bool json;
    shk_play_peer peers[SHK_LEDGER_PEERS];
    shk_play_cases cases;
    shk_ledger ledger;
} ledger_job;

static bool set_against(void *context, const char *value, char *why)
{
    ledger_job *job = (ledger_job *)context;
    if (strlen(value) >= LIST) {
        snprintf(why, SHK_WHY_SIZE, "is longer than %d characters", LIST - 1);
        return false;
    }
    snprintf(job->against, LIST, "%s", value);
    return true;
}

static bool set_rounds(void *context, const char *value, char *why)
{
    return shk_cli_number(value, 1, MOST_ROUNDS, &((ledger_job *)context)->rounds, why);
}

static bool set_json(void *context, const char *value, char *why)
{
    (void)value;
    (void)why;
    ((ledger_job *)context)->json = true;
    return true;
}

/* Splits the list of peers in place. Only what runs in our own process can be measured so. */
static bool read_peers(ledger_job *job, char *why)
{
    char reason[SHK_WHY_SIZE];
    char *rest = NULL;
    for (char *word = strtok_r(job->against, ",", &rest); word != NULL;
         word = strtok_r(NULL, ",", &rest)) {
        if (job->ledger.peer_count == SHK_LEDGER_PEERS) {
            snprintf(why, SHK_WHY_SIZE, "--against: more than %d", SHK_LEDGER_PEERS);
            return false;
        }
        shk_play_peer *peer = &job->peers[job->ledger.peer_count++];
        if (!shk_peer_parse(word, peer, reason)) {
            snprintf(why, SHK_WHY_SIZE, "--against: %.240s", reason);
            return false;
        }
        if (peer->type != SHK_PEER_KIND) {
            snprintf(why, SHK_WHY_SIZE,
                     "--against: '%.100s' is not an end in memory: ours, "
                     "openssl, gnutls, or a shared object with one",
                     word);
            return false;
        }
    }
    job->ledger.peers = job->peers;
    snprintf(why, SHK_WHY_SIZE, "--against: names nobody");
    return job->ledger.peer_count > 0;
}

/* "corpora/ledger/server/NAME.case" */
static void name_row(shk_ledger_row *row)
{
    const char *slash = strrchr(row->test->name, '/');
    const char *name = slash != NULL ? slash + 1 : row->test->name;
    const size_t len = strlen(name);
    const size_t end = len > 5 && strcmp(name + len - 5, ".case") == 0 ? len - 5 : len;
    snprintf(row->name, sizeof row->name, "%.*s", (int)(end < 63 ? end : 63), name);
}

/* Gives a case of one connection an honest one before it, whose session is not kept: what a set-up
 * keeps from its first connection for all others is not taken by the attacker. */
static bool warm_up(shk_script *script)
{
    if (script->second)
        return true;
    script->second = true;
    for (size_t i = 0; i < script->setting_count; i++)
        if (strcmp(script->settings[i].option, "keep_sessions") == 0)
            return true;
    if (script->setting_count == SHK_SCRIPT_SETTINGS)
        return false;
    script->settings[script->setting_count++] =
        (shk_script_setting){SHK_OF_CLIENT, false, "keep_sessions", "no"};
    return true;
}

/* A row for each script; the victim is the end that does not deviate. */
static bool make_rows(ledger_job *job, char *why)
{
    shk_ledger *ledger = &job->ledger;
    ledger->rows = (shk_ledger_row *)calloc(job->cases.count, sizeof *ledger->rows);
    snprintf(why, SHK_WHY_SIZE, "no memory");
    if (ledger->rows == NULL)
        return false;
    for (size_t i = 0; i < job->cases.count; i++) {
        shk_ledger_row *row = &ledger->rows[ledger->row_count++];
        row->test = &job->cases.rows[i];
        if (row->test->script == NULL) {
            snprintf(why, SHK_WHY_SIZE, "%.250s", row->test->why);
            return false;
        }
        if (row->test->script->player == SHK_PLAYER_MIDDLE) {
            snprintf(why, SHK_WHY_SIZE,
                     "%.150s: 'player middle' names no victim; a ledger is of client or server",
                     row->test->name);
            return false;
        }
        if (!warm_up(row->test->script)) {
            snprintf(why, SHK_WHY_SIZE, "%.200s: more than %d settings", row->test->name,
                     SHK_SCRIPT_SETTINGS - 1);
            return false;
        }
        row->side = row->test->script->player == SHK_PLAYER_CLIENT ? 1 : 0;
        name_row(row);
    }
    return true;
}

static void measure_all(ledger_job *job, const shk_play_options *options)
{
    shk_ledger *ledger = &job->ledger;
    for (size_t r = 0; r < ledger->row_count; r++)
        for (size_t peer = 0; peer < ledger->peer_count; peer++)
            shk_ledger_measure(options, (unsigned)job->rounds, &ledger->peers[peer],
                               &ledger->rows[r], &ledger->rows[r].entries[peer]);
    shk_ledger_mark(ledger);
}

/* 1 where a budget was passed, or nothing could be measured. */
static int exit_code(const shk_ledger *ledger)
{
    bool any = false;
    bool over = false;
    for (size_t r = 0; r < ledger->row_count; r++)
        for (size_t peer = 0; peer < ledger->peer_count; peer++) {
            any |= ledger->rows[r].entries[peer].is_measured;
            over |= ledger->rows[r].entries[peer].over[0] != 0;
        }
    return any && !over ? SHK_EXIT_GOOD : SHK_EXIT_FAILED;
}

static int run(ledger_job *job, int count, char **paths)
{
    static char whole[] = SHK_LEDGER_DIR;
    char *all[] = {whole};
    char files[SHK_TEST_PKI_PATH];
    char why[SHK_WHY_SIZE];
    shk_play_options options = {.seed = 1, .chunk = SEGMENT, .time = (int64_t)time(NULL)};
    if (count == 0) {
        paths = all;
        count = 1;
    }
    if (!read_peers(job, why))
        return shk_cli_fail("ledger", SHK_EXIT_USAGE, "%s", why);
    for (int i = 0; i < count; i++)
        if (!shk_cases_find(paths[i], &job->cases, why))
            return shk_cli_fail("ledger", SHK_EXIT_USAGE, "%s", why);
    if (!make_rows(job, why))
        return shk_cli_fail("ledger", SHK_EXIT_USAGE, "%s", why);
    shk_oracles *oracles = shk_oracles_new(&shk_provider_libcrypto);
    if (oracles == NULL)
        return shk_cli_fail("ledger", SHK_EXIT_ENVIRONMENT, "no memory");
    shk_test_pki_option("", "", files);
    options.files = files;
    options.oracles = oracles;
    measure_all(job, &options);
    shk_oracles_free(oracles);
    (job->json ? shk_ledger_print_json : shk_ledger_print)(&job->ledger);
    return exit_code(&job->ledger);
}

int shk_ledger_command(int argc, char **argv)
{
    static const shk_cli_option options[] = {
        {"against", "LIST", "whose ends (default ours,openssl,gnutls)", set_against},
        {"rounds", "N", "of each measurement, 1 to 99; of the time the least counts (default 3)",
         set_rounds},
        {"json", NULL, "the figures as JSON", set_json},
    };
    ledger_job job = {.against = "ours,openssl,gnutls", .rounds = 3};
    const shk_cli_command command = {
        .name = "ledger",
        .positional = "[SCRIPT|FOLDER...]",
        .help =
            "What a peer can make an end take: memory, output and work for the bytes of scripts\n"
            "(default corpora/ledger of the source tree), each played against each end in memory.\n"
            "Columns: bytes that it was sent; bytes of memory at the peak, and kept until it was\n"
            "closed; bytes that it sent; allocations; microseconds of the processor; bytes of\n"
            "memory that it left behind. docs/LEDGER.md says how they are measured.\n"
            "Exit: 0 all within the budgets, 1 one is not, 2 wrong use, 3 something is lacking.\n"
            "Example: shakedown ledger --rounds 1 corpora/ledger/server/client_hello-half.case",
        .options = options,
        .option_count = sizeof options / sizeof options[0],
        .context = &job};
    int first;
    int code = shk_cli_parse(&command, argc, argv, &first);
    if (code >= 0)
        return code;
    if (!shk_memory_is_counted())
        return shk_cli_fail(
            "ledger", SHK_EXIT_ENVIRONMENT,
            "this build does not count memory: it has AddressSanitizer, or no glibc");
    code = run(&job, argc - first, argv + first);
    free(job.ledger.rows);
    shk_cases_free(&job.cases);
    return code;
}
