/* `shakedown play`: plays scripts against a peer, and says whether it answers as it should. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "app/socket.h"
#include "cli/test_pki.h"
#include "play/cases.h"
#include "play/compare.h"
#include "play/field_list.h"
#include "play/known.h"
#include "play/play_commands.h"
#include "play/play_job.h"
#include "play/workers.h"

enum { SOCKET_JOBS = 3 }; /* for each processor: a peer behind a socket mostly waits */

/* All runs of the scripts against one peer. */
typedef struct {
    const shk_play_job *job;
    const shk_play_peer *peer;
    shk_play_run *runs;
    size_t count;
    size_t left_out; /* scripts for a peer in the other role */
    shk_known known;
    shk_play_tally tally;
    shk_compare *compare; /* NULL: verdicts are printed as they come */
    size_t column;
} play_set;

/* A script of the middle is played twice, with the peer on either side of it. What needs a peer in
 * the other role than this one can have is left out. */
static bool list_runs(const shk_play_cases *cases, play_set *set)
{
    set->runs = (shk_play_run *)calloc(2 * cases->count + 1, sizeof *set->runs);
    if (set->runs == NULL)
        return false;
    for (size_t i = 0; i < cases->count; i++) {
        const shk_play_case *test = &cases->rows[i];
        const shk_player_role player =
            test->script != NULL ? test->script->player : SHK_PLAYER_CLIENT;
        for (int side = 0; side < 2; side++) {
            const shk_player_role other = side == 0 ? SHK_PLAYER_SERVER : SHK_PLAYER_CLIENT;
            if (player != SHK_PLAYER_MIDDLE && player != other)
                continue;
            if (shk_peer_can_be(set->peer, side))
                set->runs[set->count++] = (shk_play_run){test, set->peer, side};
            else
                set->left_out++;
        }
    }
    return true;
}

static void report(void *context, size_t n, shk_play_outcome *outcome)
{
    play_set *set = (play_set *)context;
    shk_known_apply(&set->known, set->runs[n].test->name, set->peer->text,
                    shk_play_peer_version(set->peer), outcome);
    shk_play_tally_add(&set->tally, outcome);
    if (set->compare != NULL)
        shk_compare_add(set->compare, set->column, &set->runs[n], outcome);
    else
        shk_play_print(&set->runs[n], outcome, &set->job->style);
}

static size_t jobs_for(const shk_play_job *job, const shk_play_peer *peer)
{
    const long processors = sysconf(_SC_NPROCESSORS_ONLN);
    const size_t n = processors > 0 ? (size_t)processors : 1;
    if (job->jobs > 0)
        return job->jobs;
    return peer->type == SHK_PEER_ADDRESS ? 1 : peer->type == SHK_PEER_KIND ? n : n * SOCKET_JOBS;
}

static bool read_known(const shk_play_job *job, const char *stack, shk_known *out, char *why)
{
    char path[PATH_MAX];
    memset(out, 0, sizeof *out);
    if (strpbrk(stack, "/ {:") != NULL)
        return true;
    snprintf(path, sizeof path, "%.4000s/%.60s.toml", job->expected, stack);
    if (!shk_known_read(path, out, why))
        return false;
    for (size_t i = 0; i < out->count; i++)
        if (out->rows[i].answer[0] == 0) {
            snprintf(why, SHK_WHY_SIZE, "%.120s, line %zu: a row needs an answer", path,
                     out->rows[i].line);
            return false;
        }
    return true;
}

/* Rows that no run needs any more are to go. Those of a library are about it in memory: its
 * programs may do otherwise. */
static void tell_stale(const shk_known *known, const shk_play_peer *peer)
{
    for (size_t i = 0; i < known->count; i++)
        if (known->rows[i].met && !known->rows[i].needed &&
            (peer->type == SHK_PEER_KIND || known->rows[i].against[0] != 0))
            fprintf(stderr, "shakedown play: %s, line %zu: %s does not fail so any more\n",
                    known->path, known->rows[i].line, known->rows[i].test);
}

static int exit_code(const size_t counts[SHK_PLAY_VERDICTS])
{
    if (counts[SHK_PLAY_NO_PEER] > 0)
        return SHK_EXIT_ENVIRONMENT;
    if (counts[SHK_PLAY_UNUSABLE] > 0)
        return SHK_EXIT_USAGE;
    return counts[SHK_PLAY_FAILED] + counts[SHK_PLAY_UNPLAYED] > 0 ? SHK_EXIT_FAILED
                                                                   : SHK_EXIT_GOOD;
}

/* Plays all scripts against one peer. */
static int play_against(const shk_play_job *job, const shk_play_options *options,
                        const shk_play_cases *cases, const shk_play_peer *peer,
                        shk_compare *compare, size_t column)
{
    char why[SHK_WHY_SIZE];
    play_set set = {.job = job, .peer = peer, .compare = compare, .column = column};
    const int64_t start = shk_now_us();
    if (!read_known(job, peer->stack, &set.known, why)) {
        shk_known_free(&set.known);
        return shk_cli_fail("play", SHK_EXIT_USAGE, "%s", why);
    }
    int code = SHK_EXIT_ENVIRONMENT;
    if (!list_runs(cases, &set))
        code = shk_cli_fail("play", code, "no memory");
    else if (set.count == 0 && compare == NULL)
        code = shk_cli_fail("play", SHK_EXIT_USAGE,
                            "nothing to play: %s is a %s, and all %zu scripts are for a %s",
                            peer->text, shk_peer_can_be(peer, 1) ? "server" : "client",
                            set.left_out, shk_peer_can_be(peer, 1) ? "client" : "server");
    else if (options->record != NULL && (set.count != 1 || peer->type != SHK_PEER_KIND))
        code = shk_cli_fail("play", SHK_EXIT_USAGE, "--record takes one run in memory");
    else if (!shk_play_all(set.runs, set.count, options, jobs_for(job, peer), report, &set, why))
        code = shk_cli_fail("play", code, "%s", why);
    else
        code = exit_code(set.tally.verdicts);
    if (set.runs != NULL && set.count > 0)
        shk_play_print_summary(peer, &set.tally, set.left_out, shk_now_us() - start, &job->style);
    tell_stale(&set.known, peer);
    shk_known_free(&set.known);
    free(set.runs);
    return code;
}

static int play_all(const shk_play_job *job, const shk_play_cases *cases,
                    shk_play_peer peers[SHK_PLAY_PEERS])
{
    shk_play_options options = job->options;
    char files[SHK_TEST_PKI_PATH];
    shk_oracles *oracles = shk_oracles_new(&shk_provider_libcrypto);
    shk_compare *compare = NULL;
    int worst = SHK_EXIT_GOOD;
    if (oracles == NULL)
        return shk_cli_fail("play", SHK_EXIT_ENVIRONMENT, "no memory");
    options.oracles = oracles;
    options.time = (int64_t)time(NULL);
    shk_test_pki_option("", "", files);
    options.files = files;
    if (job->compare)
        compare = shk_compare_new(peers, job->peer_count, cases);
    if (job->compare && compare == NULL)
        worst = shk_cli_fail("play", SHK_EXIT_ENVIRONMENT, "no memory");
    for (size_t i = 0; i < job->peer_count && (compare != NULL || !job->compare); i++) {
        const int code = play_against(job, &options, cases, &peers[i], compare, i);
        worst = code > worst ? code : worst;
    }
    if (compare != NULL) {
        const int code = shk_compare_print(compare, job->expected, &job->style);
        worst = worst < SHK_EXIT_USAGE ? code : worst;
    }
    shk_compare_free(compare);
    shk_oracles_free(oracles);
    return worst;
}

static int play(const shk_play_job *job, const shk_play_cases *cases)
{
    shk_play_peer peers[SHK_PLAY_PEERS];
    char why[SHK_WHY_SIZE];
    for (size_t i = 0; i < job->peer_count; i++)
        if (!shk_peer_parse(job->peers[i], &peers[i], why))
            return shk_cli_fail("play", SHK_EXIT_USAGE, "%s", why);
    bool outside = false;
    for (size_t i = 0; i < job->peer_count; i++)
        outside |= peers[i].type == SHK_PEER_COMMAND || peers[i].type == SHK_PEER_ADDRESS;
    if (job->options.has_count > 0 && !outside)
        return shk_cli_fail(
            "play", SHK_EXIT_USAGE,
            "--has is for a command line or an address: %s is set up as a script needs it",
            peers[0].text);
    if (job->stack != NULL)
        peers[0].stack = job->stack;
    return play_all(job, cases, peers);
}

/* Prints scripts as text, in the one way that there is to write them. */
static int print_scripts(const shk_play_cases *cases)
{
    int code = SHK_EXIT_GOOD;
    for (size_t i = 0; i < cases->count; i++) {
        shk_buf text = shk_buf_growing(&shk_libc_allocator);
        if (cases->rows[i].script == NULL)
            code = shk_cli_fail("play", SHK_EXIT_USAGE, "%s", cases->rows[i].why);
        else if (!shk_script_print(cases->rows[i].script, &text))
            code = shk_cli_fail("play", SHK_EXIT_ENVIRONMENT, "no memory");
        else
            printf("%s%.*s", i > 0 ? "\n" : "", (int)text.len, (const char *)text.data);
        shk_buf_free(&text);
    }
    return code;
}

static int encode_script(const shk_play_case *test, const char *path)
{
    const uint8_t first = SHK_BINARY_SCRIPT;
    shk_buf bytes = shk_buf_growing(&shk_libc_allocator);
    if (test->script == NULL)
        return shk_cli_fail("play", SHK_EXIT_USAGE, "%s", test->why);
    bool ok = shk_buf_append(&bytes, shk_span_of(&first, 1)) == SHK_OK &&
              shk_script_encode(test->script, &bytes);
    FILE *file = ok ? fopen(path, "wb") : NULL;
    ok = file != NULL && fwrite(bytes.data, 1, bytes.len, file) == bytes.len;
    if (file != NULL && fclose(file) != 0)
        ok = false;
    shk_buf_free(&bytes);
    return ok ? SHK_EXIT_GOOD
              : shk_cli_fail("play", SHK_EXIT_USAGE, "%s: it cannot be written", path);
}

int shk_play_command(int argc, char **argv)
{
    shk_play_job job;
    char why[SHK_WHY_SIZE];
    char expected[SHK_TEST_PKI_PATH];
    shk_play_cases cases = {.rows = NULL};
    int code = shk_play_parse(argc, argv, &job);
    shk_known_results_folder(expected);
    if (job.expected == NULL)
        job.expected = expected;
    if (code < 0 && job.fields)
        code = shk_print_fields(argc - job.first, argv + job.first);
    for (int i = job.first; i < argc && code < 0; i++)
        if (!shk_cases_find(argv[i], &cases, why))
            code = shk_cli_fail("play", SHK_EXIT_USAGE, "%s", why);
    if (code < 0 && job.print)
        code = print_scripts(&cases);
    else if (code < 0 && job.encode != NULL && cases.count != 1)
        code =
            shk_cli_fail("play", SHK_EXIT_USAGE, "--encode takes one script, not %zu", cases.count);
    else if (code < 0 && job.encode != NULL)
        code = encode_script(&cases.rows[0], job.encode);
    else if (code < 0)
        code = play(&job, &cases);
    shk_cases_free(&cases);
    shk_play_job_free(&job);
    return code;
}
