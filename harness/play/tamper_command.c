/* `shakedown tamper`: alters one thing at random in each of many runs, and tells what the oracles
 * say.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "app/socket.h"
#include "cli/number.h"
#include "cli/options.h"
#include "cli/test_pki.h"
#include "play/play_commands.h"
#include "play/play_run.h"
#include "play/tamper.h"
#include "play/workers.h"

enum { DEFAULT_SECONDS = 10, MAX_SECONDS = 86400, MAX_FOUND = 64, SAME = 60, BATCH = 256 };

typedef struct {
    const char *against;
    uint64_t seconds;
    uint64_t seed;
    bool first_only;
} tamper_job;

typedef struct {
    const tamper_job *job;
    shk_play_peer peer;
    shk_play_options options;
    shk_tamper drawn_from;
    char found[MAX_FOUND][SAME + 1]; /* what is alike is told once */
    size_t found_count;
    size_t runs;
    size_t played;
    shk_play_case tests[BATCH];
    shk_play_run batch[BATCH];
} tampering;

static bool set_against(void *context, const char *value, char *why)
{
    (void)why;
    ((tamper_job *)context)->against = value;
    return true;
}

static bool set_seconds(void *context, const char *value, char *why)
{
    return shk_cli_number(value, 1, MAX_SECONDS, &((tamper_job *)context)->seconds, why);
}

static bool set_seed(void *context, const char *value, char *why)
{
    return shk_cli_number(value, 1, UINT64_MAX, &((tamper_job *)context)->seed, why);
}

static bool set_first(void *context, const char *value, char *why)
{
    (void)value;
    (void)why;
    return ((tamper_job *)context)->first_only = true;
}

static const shk_cli_option options[] = {
    {"against", "PEER", "ours, openssl or gnutls; ./NAME.so (harness/play/plugin.h)", set_against},
    {"seconds", "N", "how long, 1 to 86400 (default 10)", set_seconds},
    {"seed", "N", "of what is drawn (default 1)", set_seed},
    {"first", NULL, "ends with the first alarm", set_first},
};

/* What is said, without the numbers in it. */
static void without_numbers(const char *why, char out[SAME + 1])
{
    size_t len = 0;
    for (size_t at = 0; why[at] != 0 && len < SAME;) {
        if (why[at] == '0' && why[at + 1] == 'x')
            at += 2 + strspn(why + at + 2, "0123456789abcdef");
        else if (isdigit((unsigned char)why[at]))
            at++;
        else
            out[len++] = why[at++];
    }
    out[len] = 0;
}

/* Whether the like of it has been told. */
static bool is_told(tampering *t, const char *why)
{
    char words[SAME + 1];
    without_numbers(why, words);
    for (size_t i = 0; i < t->found_count; i++)
        if (strcmp(t->found[i], words) == 0)
            return true;
    if (t->found_count < MAX_FOUND)
        memcpy(t->found[t->found_count++], words, sizeof words);
    return false;
}

static void tell(tampering *t, const shk_script *script, const shk_play_outcome *outcome)
{
    shk_buf text = shk_buf_growing(&shk_libc_allocator);
    if (is_told(t, outcome->why) || !shk_script_print(script, &text))
        return;
    printf("run %zu: %s\n%.*s\n", t->runs, outcome->why, (int)text.len, (const char *)text.data);
    fflush(stdout);
    shk_buf_free(&text);
}

/* Draws the scripts of a batch, with the runs of them. False without memory. */
static bool draw(tampering *t, const shk_random *random)
{
    static char name[] = "drawn";
    static char folder[] = ".";
    for (size_t i = 0; i < BATCH; i++) {
        uint8_t side;
        shk_script *script = shk_tamper_script(&t->drawn_from, random);
        if (script == NULL)
            return false;
        random->fill(random->context, &side, 1);
        t->tests[i] = (shk_play_case){.name = name, .folder = folder, .script = script};
        t->batch[i] = (shk_play_run){&t->tests[i], &t->peer,
                                     script->player == SHK_PLAYER_MIDDLE   ? side & 1
                                     : script->player == SHK_PLAYER_SERVER ? 0
                                                                           : 1};
    }
    return true;
}

static void report(void *context, size_t run, shk_play_outcome *outcome)
{
    tampering *t = (tampering *)context;
    if (t->job->first_only && t->found_count > 0) /* runs of the batch behind the first alarm */
        return;
    t->runs++;
    t->played += outcome->verdict == SHK_PLAY_PASSED || outcome->verdict == SHK_PLAY_FAILED;
    if (outcome->verdict == SHK_PLAY_FAILED)
        tell(t, t->tests[run].script, outcome);
}

/* Runs a batch in processes of their own: a library that crashes is told as an alarm is. */
static bool run_batch(tampering *t, const shk_random *random, size_t jobs, char *why)
{
    snprintf(why, SHK_WHY_SIZE, "no memory");
    memset(t->tests, 0, sizeof t->tests);
    const bool ok =
        draw(t, random) && shk_play_all(t->batch, BATCH, &t->options, jobs, report, t, why);
    for (size_t i = 0; i < BATCH; i++)
        shk_script_free(t->tests[i].script);
    return ok;
}

static int tamper(tampering *t)
{
    shk_sim_random stream;
    const shk_random random = shk_sim_random_from(&stream, t->job->seed);
    const long processors = sysconf(_SC_NPROCESSORS_ONLN);
    const int64_t start = shk_now_us();
    int64_t now = start;
    char why[SHK_WHY_SIZE];
    while (now - start < (int64_t)t->job->seconds * 1000000 &&
           (!t->job->first_only || t->found_count == 0)) {
        if (!run_batch(t, &random, processors > 0 ? (size_t)processors : 1, why))
            return shk_cli_fail("tamper", SHK_EXIT_ENVIRONMENT, "%s", why);
        now = shk_now_us();
    }
    printf("%zu runs in %.1f s, %zu of them altered; %zu kinds of alarm\n", t->runs,
           (double)(now - start) / 1e6, t->played, t->found_count);
    return t->found_count > 0 ? SHK_EXIT_FAILED : SHK_EXIT_GOOD;
}

static int parse(int argc, char **argv, tamper_job *job)
{
    int first;
    const shk_cli_command command = {
        .name = "tamper",
        .positional = "--against PEER",
        .help = "In each of many runs in memory one field or message, drawn at random, is altered; "
                "what the oracles say of the peer is told, with the script that shows it.\n"
                "Exit: 0 no alarm, 1 an alarm, 2 wrong use, 3 no memory.\n"
                "Example: shakedown tamper --against openssl --seconds 60\n",
        .options = options,
        .option_count = sizeof options / sizeof options[0],
        .context = job,
    };
    const int code = shk_cli_parse(&command, argc, argv, &first);
    if (code < 0 && first != argc)
        return shk_cli_fail("tamper", SHK_EXIT_USAGE, "'%s' is no option", argv[first]);
    if (code < 0 && job->against == NULL)
        return shk_cli_fail("tamper", SHK_EXIT_USAGE, "--against PEER is missing");
    return code;
}

int shk_tamper_command(int argc, char **argv)
{
    tamper_job job = {.seconds = DEFAULT_SECONDS, .seed = 1};
    char why[SHK_WHY_SIZE];
    char files[SHK_TEST_PKI_PATH];
    int code = parse(argc, argv, &job);
    if (code >= 0)
        return code;
    tampering *t = (tampering *)calloc(1, sizeof *t);
    shk_oracles *oracles = shk_oracles_new(&shk_provider_libcrypto);
    if (t == NULL || oracles == NULL) {
        code = shk_cli_fail("tamper", SHK_EXIT_ENVIRONMENT, "no memory");
    } else if (!shk_peer_parse(job.against, &t->peer, why)) {
        code = shk_cli_fail("tamper", SHK_EXIT_USAGE, "%s", why);
    } else if (t->peer.type != SHK_PEER_KIND) {
        code = shk_cli_fail("tamper", SHK_EXIT_USAGE,
                            "'%.100s' is not in memory, as ours, openssl, gnutls and ./NAME.so are",
                            job.against);
    } else if (!shk_tamper_begin(&t->drawn_from)) {
        code = shk_cli_fail("tamper", SHK_EXIT_ENVIRONMENT, "our own end fails an honest run");
    } else {
        shk_test_pki_option("", "", files);
        t->job = &job;
        t->options = (shk_play_options){
            .oracles = oracles, .files = files, .seed = job.seed, .time = (int64_t)time(NULL)};
        code = tamper(t);
    }
    if (t != NULL)
        shk_tamper_free(&t->drawn_from);
    shk_oracles_free(oracles);
    free(t);
    return code;
}
