/* `shakedown pair`: a handshake in memory between two named endpoints, once or in bulk. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/cli_commands.h"
#include "cli/options.h"
#include "cli/pair_options.h"
#include "cli/pair_recording.h"
#include "cli/pair_script.h"
#include "cli/setup_cache.h"
#include "cli/test_pki.h"
#include "cli/verdict_json.h"
#include "drive/drive.h"
#include "drive/player_end.h"
#include "drive/recording.h"
#include "endpoint/facts.h"
#include "oracle/meter.h"
#include "oracle/oracle.h"

enum { MAX_WORDS = 128 };

static const char *const sides[2] = {"client", "server"};

/* What lasts over all command lines of a batch. */
typedef struct {
    shk_setup_cache cache;
    shk_oracles *oracles;
} pair_shared;

/* What is found of one connection, or of two: the verdict of the last, and what the oracles say of
 * each. */
typedef struct {
    shk_verdict verdict;
    const shk_oracles *oracles;
    shk_observation *observations[2];
    size_t count; /* connections */
    shk_judgement judgements[2];
} pair_findings;

/* An endpoint and its wrappers: the meter, the player of a script, the falsifier, the recorder. */
typedef struct {
    struct {
        const shk_endpoint_kind *kind;
        shk_endpoint *end;
    } layers[4];
    size_t count;
} layered_end;

static bool wrap_end(layered_end *end, const shk_endpoint_kind *kind, shk_endpoint *outer)
{
    if (outer == NULL)
        return false;
    end->layers[end->count].kind = kind;
    end->layers[end->count++].end = outer;
    return true;
}

static const shk_endpoint_kind *top_kind(const layered_end *end)
{
    return end->layers[end->count - 1].kind;
}

static shk_endpoint *top(const layered_end *end)
{
    return end->layers[end->count - 1].end;
}

/* The player of a script is around the end that deviates, where a recording has its bytes, or,
 * standing in the middle, outside of all that is around the client. */
static bool wrap_player(const shk_pair_job *job, layered_end *end, int side, bool outermost)
{
    const int player = job->script != NULL ? shk_cli_script_side(job->script) : 2;
    if (outermost ? player != -1 || side != 0 : player != side)
        return true;
    return wrap_end(
        end, &shk_endpoint_player,
        shk_player_end_wrap(top_kind(end), top(end), side == 1, job->script->player, false));
}

/* Drives one connection before an observer. False without memory. */
static bool drive_observed(const shk_pair_job *job, const layered_end ends[2],
                           const shk_meter meters[2], pair_findings *findings)
{
    shk_drive_options options = job->drive;
    shk_observed_end observed[2];
    const size_t n = findings->count;
    for (int side = 0; side < 2; side++)
        observed[side] = (shk_observed_end){.kind = top_kind(&ends[side]),
                                            .end = top(&ends[side]),
                                            .config = &job->ends[side].config,
                                            .deviates = shk_pair_deviates(job, side),
                                            .meter = &meters[side]};
    shk_observation *observation = shk_observation_begin(findings->oracles, observed,
                                                         n > 0 ? findings->observations[0] : NULL);
    if (observation == NULL)
        return false;
    findings->observations[n] = observation;
    findings->count++;
    options.observer = shk_observation_flight;
    options.observer_context = observation;
    shk_drive(observed[0].kind, observed[0].end, observed[1].kind, observed[1].end, &options,
              &findings->verdict);
    shk_observation_end(observation);
    return true;
}

/* Drives one connection over the two set-ups, with recorders if there is a log, and with one
 * falsified fact if the options ask for it; the oracles judge it once both ends are closed. */
static bool drive(const shk_pair_job *job, shk_endpoint_setup *setups[2], uint64_t seed,
                  shk_buf *log, pair_findings *findings)
{
    layered_end ends[2];
    shk_meter meters[2];
    bool ok = true;
    for (int side = 0; side < 2; side++) {
        layered_end *end = &ends[side];
        *end = (layered_end){.count = 0};
        ok = wrap_end(end, &shk_endpoint_metered,
                      shk_metered_open(job->kinds[side], setups[side], seed + (uint64_t)side,
                                       &meters[side])) &&
             ok;
        ok = ok && wrap_player(job, end, side, false);
        if (ok && side == job->false_side)
            ok = wrap_end(
                end, &shk_endpoint_falsifier,
                shk_falsifier_wrap(top_kind(end), top(end), job->false_fact, job->falsehood));
        if (ok && log != NULL)
            ok = wrap_end(end, &shk_endpoint_recorder,
                          shk_recorder_wrap(top_kind(end), top(end), sides[side], log));
        ok = ok && wrap_player(job, end, side, true);
    }
    ok = ok && drive_observed(job, ends, meters, findings);
    for (int side = 0; side < 2; side++)
        while (ends[side].count-- > 0)
            ends[side].layers[ends[side].count].kind->close(
                ends[side].layers[ends[side].count].end);
    if (ok)
        shk_oracles_judge(findings->observations[findings->count - 1],
                          &findings->judgements[findings->count - 1]);
    return ok;
}

/* With set-ups from the cache. False, with a reason, if an end cannot be set up. */
static bool run_cached(shk_pair_job *job, int argc, char **argv, shk_setup_cache *cache,
                       pair_findings *findings, char *why)
{
    shk_endpoint_setup *setups[2];
    char reason[SHK_WHY_SIZE] = "no memory";
    for (int side = 0; side < 2; side++) {
        setups[side] =
            shk_setup_cache_get(cache, job->kinds[side], side, job->seed, argc, argv, reason);
        if (setups[side] == NULL) {
            snprintf(why, SHK_WHY_SIZE, "%s (%s): %.200s", sides[side], job->kinds[side]->name,
                     reason);
            return false;
        }
    }
    snprintf(why, SHK_WHY_SIZE, "no memory");
    return drive(job, setups, job->seed, NULL, findings);
}

/* Set-ups that are made for one command line. */
typedef struct {
    shk_pair_job *job;
    int argc;
    char **argv;
    shk_buf *log; /* NULL: nothing is recorded */
    shk_endpoint_setup *setups[2];
    shk_signatures signatures[2]; /* of our ends, if there is a log */
} own_run;

/* Runs one connection; the log, if there is one, is replaced by its recording, without the verdict.
 * False with a reason. */
static bool run_connection(own_run *run, bool second, pair_findings *findings, char *why)
{
    uint64_t seed = run->job->seed + (second ? 2 : 0);
    if (run->job->script != NULL)
        shk_player_begin(run->job->script->player, second);
    snprintf(why, SHK_WHY_SIZE, "no memory");
    if (run->log == NULL)
        return drive(run->job, run->setups, seed, NULL, findings);
    run->log->len = 0;
    run->signatures[0].bytes.len = run->signatures[1].bytes.len = 0;
    bool ok =
        shk_pair_record_head(run->job, run->argc, run->argv, seed, run->setups, run->log, why) &&
        drive(run->job, run->setups, seed, run->log, findings);
    for (int side = 0; ok && side < 2; side++)
        ok = shk_recording_bytes(run->log, "signatures", sides[side],
                                 shk_buf_span(&run->signatures[side].bytes)) == SHK_OK;
    return ok;
}

static bool set_up(own_run *run, char *why)
{
    char reason[SHK_WHY_SIZE] = "no memory";
    for (int side = 0; side < 2; side++) {
        shk_endpoint_config *config = &run->job->ends[side].config;
        run->signatures[side].bytes = shk_buf_growing(&shk_libc_allocator);
        if (run->log != NULL)
            config->signatures = &run->signatures[side];
        if (config->time == 0) /* which then stands still, for a recording and for GnuTLS */
            config->time = (int64_t)time(NULL);
        if (config->ticket_seed == 0)
            config->ticket_seed = run->job->seed;
        if (run->job->script != NULL && shk_cli_script_side(run->job->script) == side)
            shk_cli_script_apply(run->job->script, config);
        if (!run->job->kinds[side]->setup(config, &run->setups[side], reason)) {
            snprintf(why, SHK_WHY_SIZE, "%s (%s): %.200s", sides[side], run->job->kinds[side]->name,
                     reason);
            return false;
        }
    }
    return true;
}

/* Replaces the server's set-up for the second connection. */
static bool replace_server(own_run *run, char *why)
{
    const shk_endpoint_kind *kind = run->job->kinds[1];
    shk_endpoint_config *config = &run->job->ends[1].config;
    char reason[SHK_WHY_SIZE] = "no memory";
    kind->teardown(run->setups[1]);
    run->setups[1] = NULL;
    if (run->job->second_server == SHK_OTHER_SERVER)
        config->ticket_seed++;
    else
        config->max_early_data = 0;
    if (kind->setup(config, &run->setups[1], reason))
        return true;
    snprintf(why, SHK_WHY_SIZE, "second server (%s): %.200s", kind->name, reason);
    return false;
}

/* As run_cached, with set-ups of its own, since their sessions or signatures are kept. Of two
 * connections the one that the verdict is on is recorded, with the sessions that the ends have from
 * the other. */
static bool run_alone(own_run *run, pair_findings *findings, char *why)
{
    shk_verdict *verdict = &findings->verdict;
    const bool resume = run->job->resume;
    const shk_second_server which = run->job->second_server;
    bool ok = set_up(run, why);
    if (ok)
        ok = run_connection(run, false, findings, why);
    if (ok && resume)
        shk_check_resumption(verdict, false, false, SHK_EARLY_ANY);
    if (ok && resume && verdict->kind == SHK_VERDICT_GOOD) {
        ok = (which == SHK_SAME_SERVER || replace_server(run, why)) &&
             run_connection(run, true, findings, why);
        if (run->job->script == NULL)
            shk_check_resumption(verdict, true, which != SHK_OTHER_SERVER, run->job->early);
    }
    for (int side = 0; side < 2; side++) {
        if (run->setups[side] != NULL)
            run->job->kinds[side]->teardown(run->setups[side]);
        shk_buf_free(&run->signatures[side].bytes);
    }
    return ok;
}

static size_t alarms_of(const pair_findings *f)
{
    return f->judgements[0].count + f->judgements[1].count;
}

/* An oracle that raises an alarm is never expected. */
static bool as_expected(const shk_pair_job *job, const pair_findings *findings)
{
    const shk_verdict *v = &findings->verdict;
    if (alarms_of(findings) > 0)
        return false;
    if (job->script != NULL && !job->expect)
        return shk_pair_script_is_satisfied(job, v);
    if (!job->refused)
        return v->kind == SHK_VERDICT_GOOD;
    return v->kind == SHK_VERDICT_REFUSED && v->alert == job->alert &&
           (job->alert_from < 0 || v->alert_from_server == (job->alert_from == 1));
}

static void print_tolerated(const shk_error_row *row)
{
    printf("         tolerated: %s: %s [%s]\n", row->name, row->text, row->clause);
}

static void print_end(const char *side, const char *kind, const shk_endpoint_result *r)
{
    const struct {
        bool set;
        const char *text;
    } marks[] = {
        {r->retried, "HelloRetryRequest"},
        {r->ech_accepted, "ClientHello encrypted"},
        {r->resumed, "resumed"},
        {r->external_psk, "external PSK"},
        {r->early_data, "early data"},
        {r->client_authenticated, "client authenticated"},
        {r->raw_public_key, "raw public key"},
        {r->certificate_compressed, "compressed certificate"},
        {r->status_verified, "OCSP response verified"},
    };
    printf("  %-6s %-8s %s, %s", side, kind,
           shk_version_name(r->version) != NULL ? shk_version_name(r->version) : "no version",
           shk_suite_name(r->suite) != NULL ? shk_suite_name(r->suite) : "no suite");
    if (r->group != 0)
        printf(", %s", shk_group_name(r->group) != NULL ? shk_group_name(r->group) : "?");
    if (r->scheme != 0 && shk_signature_scheme_name(r->scheme) != NULL)
        printf(", %s", shk_signature_scheme_name(r->scheme));
    if (r->alpn[0] != 0)
        printf(", alpn %s", r->alpn);
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++)
        if (marks[i].set)
            printf(", %s", marks[i].text);
    if (r->tickets > 0)
        printf(", tickets %u", r->tickets);
    if (r->sct_count > 0)
        printf(", SCTs %u", r->sct_count);
    if (r->send_limit > 0)
        printf(", records of %u bytes", r->send_limit);
    if (r->renegotiations > 0)
        printf(", renegotiated");
    printf("\n");
    for (unsigned i = 0; i < SHK_DEVIATION_COUNT; i++)
        if ((r->deviations & 1U << i) != 0)
            print_tolerated(shk_error(shk_deviation_error((shk_deviation)i)));
    if (r->why[0] != 0)
        printf("         %s\n", r->why);
}

static void print_compared(const shk_verdict *v)
{
    const shk_endpoint_result *const ends[2] = {&v->client, &v->server};
    const char *between = "  compared ";
    for (size_t i = 0; i < SHK_FACTS; i++)
        if (v->compared[i]) {
            printf("%s%s", between, shk_fact_rows[i].name);
            between = ", ";
        }
    if (between[0] == ',')
        printf("\n");
    for (size_t i = 0; i < (size_t)2 * SHK_FACTS; i++)
        if (ends[i % 2]->untold[i / 2] != NULL)
            printf("  the %s does not tell %s: %s\n", sides[i % 2], shk_fact_rows[i / 2].name,
                   ends[i % 2]->untold[i / 2]);
}

static void print_judgements(const pair_findings *f)
{
    for (size_t n = 0; n < f->count; n++)
        for (size_t i = 0; i < f->judgements[n].count; i++) {
            const shk_alarm *alarm = &f->judgements[n].alarms[i];
            printf("  ALARM of %s%s: %s [%s]\n", shk_oracle_rows[alarm->oracle].name,
                   f->count == 1 ? ""
                   : n == 0      ? ", first connection"
                                 : ", second connection",
                   alarm->words, alarm->clause);
        }
    const shk_judgement *last = &f->judgements[f->count - 1];
    for (size_t i = 0; i < SHK_ORACLES; i++)
        if (last->unjudged[i] != NULL)
            printf("  not seen by the oracle of %s: %s\n", shk_oracle_rows[i].name,
                   last->unjudged[i]);
}

static void print_verdict(const shk_pair_job *job, const pair_findings *findings)
{
    const shk_verdict *v = &findings->verdict;
    printf("%s%s%s\n", shk_verdict_name(v->kind), v->why[0] != 0 ? ": " : "", v->why);
    print_end("client", job->kinds[0]->name, &v->client);
    print_end("server", job->kinds[1]->name, &v->server);
    print_compared(v);
    print_judgements(findings);
    if (job->script != NULL)
        shk_pair_print_script(job, v);
    if (alarms_of(findings) > 0)
        printf("not as expected: no oracle raises an alarm\n");
    else if (!as_expected(job, findings) && (job->script == NULL || job->expect))
        printf("not as expected: %s%s\n", job->refused ? "refused with " : "good",
               job->refused ? shk_alert_name((uint32_t)job->alert) : "");
}

/* Parses and runs one command line. */
static int run_line(int argc, char **argv, const char *id, pair_shared *shared)
{
    shk_pair_job job;
    pair_findings findings = {.oracles = shared->oracles};
    char why[SHK_WHY_SIZE];
    struct timespec start, end;
    int code = shk_pair_parse(argc, argv, &job);
    if (code < 0 && job.batch != NULL)
        code = shk_cli_fail("pair", SHK_EXIT_USAGE, "--batch has no place inside a batch");
    if (code < 0 && id != NULL && job.script_path != NULL) /* its settings would be left out */
        code = shk_cli_fail("pair", SHK_EXIT_USAGE, "--script has no place inside a batch");
    if (code >= 0) {
        if (id != NULL)
            shk_print_unusable_json(id, "the arguments are not usable: see the standard error");
        return code;
    }
    shk_buf log = shk_buf_growing(&shk_libc_allocator);
    shk_cli_script script = {.script = NULL};
    bool record = job.record != NULL;
    own_run run = {&job, argc, argv, record ? &log : NULL, {NULL, NULL}, {{.at = 0}, {.at = 0}}};
    clock_gettime(CLOCK_MONOTONIC, &start);
    const bool alone = record || job.resume || job.script_path != NULL;
    bool ran = shk_pair_script_open(&job, &script, why) &&
               (alone ? run_alone(&run, &findings, why)
                      : run_cached(&job, argc, argv, &shared->cache, &findings, why));
    clock_gettime(CLOCK_MONOTONIC, &end);
    code = SHK_EXIT_USAGE;
    if (ran) {
        bool ok = as_expected(&job, &findings);
        code = ok ? SHK_EXIT_GOOD : SHK_EXIT_FAILED;
        if (record &&
            !shk_save_recording("pair", job.record, &log, shk_verdict_name(findings.verdict.kind)))
            code = SHK_EXIT_USAGE;
        int64_t micros =
            (int64_t)(end.tv_sec - start.tv_sec) * 1000000 + (end.tv_nsec - start.tv_nsec) / 1000;
        if (id != NULL || job.json)
            shk_print_verdict_json(id, ok, &findings.verdict, findings.judgements, findings.count,
                                   micros);
        else
            print_verdict(&job, &findings);
    } else if (id == NULL) {
        shk_cli_fail("pair", code, "%s", why);
    } else {
        shk_print_unusable_json(id, why);
    }
    for (size_t i = findings.count; i-- > 0;)
        shk_observation_free(findings.observations[i]);
    shk_cli_script_close(&script);
    shk_buf_free(&log);
    return code;
}

/* Splits a line "ID<TAB>arguments" in place and runs it. */
static int run_batch_line(char *line, size_t len, pair_shared *shared)
{
    char *words[MAX_WORDS + 1] = {NULL};
    int count = 0;
    char *rest;
    char *tab = strchr(line, '\t');
    char name[] = "pair";
    if (tab == NULL || strlen(line) != len) {
        shk_print_unusable_json(line, tab == NULL ? "the line has no tab between id and arguments"
                                                  : "the line has a byte of 0");
        return SHK_EXIT_USAGE;
    }
    *tab = 0;
    words[count++] = name;
    for (char *word = strtok_r(tab + 1, " ", &rest); word != NULL && count < MAX_WORDS;
         word = strtok_r(NULL, " ", &rest))
        words[count++] = word;
    return run_line(count, words, line, shared);
}

static int run_batch(const char *path, pair_shared *shared)
{
    FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "r");
    char *line = NULL;
    size_t cap = 0;
    ssize_t len;
    int worst = SHK_EXIT_GOOD;
    if (file == NULL)
        return shk_cli_fail("pair", SHK_EXIT_USAGE, "%s: %s", path, strerror(errno));
    while ((len = getline(&line, &cap, file)) > 0) {
        if (line[len - 1] == '\n')
            line[--len] = 0;
        if (len == 0)
            continue;
        int code = run_batch_line(line, (size_t)len, shared);
        worst = code > worst ? code : worst;
    }
    free(line);
    if (file != stdin)
        fclose(file);
    return worst;
}

/* Whether the command line has credentials of the server, or a PSK. */
static bool names_credentials(const shk_pair_job *job)
{
    const shk_endpoint_config *server = &job->ends[1].config;
    return server->certificate_file != NULL || server->psk_identity != NULL ||
           !shk_endpoint_can_authenticate(server->suites);
}

/* Runs one command line. Without credentials in it, the server has those of the test PKI, and the
 * client verifies them. */
static int run_single(const shk_pair_job *job, int argc, char **argv, pair_shared *shared)
{
    static const struct {
        const char *option;
        const char *file;
    } files[] = {{"--server-cert=", "p256.pem"},
                 {"--server-key=", "p256.key"},
                 {"--client-cafile=", "roots.pem"}};
    static char name[] = "--client-servername=server.shakedown.test";
    enum { FILES = sizeof files / sizeof files[0], DEFAULTS = FILES + 1 };
    char defaults[FILES][SHK_TEST_PKI_PATH];
    char *words[MAX_WORDS + DEFAULTS + 1];
    int count = 0;
    if (argc > MAX_WORDS)
        return shk_cli_fail("pair", SHK_EXIT_USAGE, "more than %d words", MAX_WORDS);
    words[count++] = argv[0];
    for (int i = 0; i < FILES && !names_credentials(job); i++) {
        shk_test_pki_option(files[i].option, files[i].file, defaults[i]);
        words[count++] = defaults[i];
    }
    if (!names_credentials(job))
        words[count++] = name;
    for (int i = 1; i < argc; i++)
        words[count++] = argv[i];
    words[count] = NULL;
    return run_line(count, words, NULL, shared);
}

static int run_words(int argc, char **argv)
{
    shk_pair_job job;
    int code = shk_pair_parse(argc, argv, &job);
    if (code >= 0)
        return code;
    pair_shared *shared = (pair_shared *)calloc(1, sizeof *shared);
    if (shared != NULL)
        shared->oracles = shk_oracles_new(&shk_provider_libcrypto);
    if (shared == NULL || shared->oracles == NULL) {
        free(shared);
        return shk_cli_fail("pair", SHK_EXIT_ENVIRONMENT, "no memory");
    }
    code = job.batch != NULL ? run_batch(job.batch, shared) : run_single(&job, argc, argv, shared);
    shk_setup_cache_clear(&shared->cache);
    shk_oracles_free(shared->oracles);
    free(shared);
    return code;
}

int shk_cli_pair(int argc, char **argv)
{
    shk_script_words words;
    char why[SHK_WHY_SIZE];
    const int code = shk_script_words_of(argc, argv, SHK_OF_BOTH, &words, why)
                         ? run_words(words.count, words.words)
                         : shk_cli_fail("pair", SHK_EXIT_USAGE, "--script: %s", why);
    shk_script_words_free(&words);
    return code;
}
