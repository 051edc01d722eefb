/* fuzz_state_replay: runs inputs through the properties of a stateful target, in any build and
 * without libFuzzer. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "compress/compress.h"
#include "files.h"
#include "handshake/flow/flow_table.h"
#include "shakedown/errors.h"
#include "state/connection.h"
#include "state/failing_calls.h"

enum { GOOD = 0, BAD = 1, WRONG_USE = 2, NO_MEMORY = 3, SHOWN = 24 /* bytes of a record */ };
/* Of an input the first calls fail one by one, and then one of so many, another with each input;
 * there are not more. */
enum { EACH_CALL = 200, CALL_STRIDE = 13, MOST_CALLS = 20000 };

static const char usage[] =
    "usage: fuzz_state_replay TARGET FILE-or-FOLDER...\n"
    "       fuzz_state_replay --corpora CORPORA TARGET\n"
    "       fuzz_state_replay --failing CORPORA TARGET\n"
    "       fuzz_state_replay --print TARGET FILE\n"
    "       fuzz_state_replay --list [NAME...]\n"
    "The first replays inputs, each cut in two ways, and tells how far each gets.\n"
    "--corpora replays CORPORA/seeds/TARGET, each of which must get past Finished without a\n"
    "failure, and CORPORA/regressions/TARGET.\n"
    "--failing replays these seeds with a call of the provider, or an allocation, that fails: one\n"
    "after the other of each.\n"
    "--print shows the settings and the records of an input, and how far it gets.\n"
    "--list names all targets; with names, tells whether they are the same ones.\n"
    "Exit: 0 all good, 1 a property does not hold, 2 wrong use, 3 no memory.\n";

static const shk_state_cut other_cut = SHK_CUT_BYTES;

static void print_outcome(const shk_state_outcome *outcome)
{
    const shk_conn_info *info = &outcome->info;
    const char *suite = shk_suite_name(info->suite);
    if (!outcome->configured) {
        printf("no usable configuration\n");
        return;
    }
    printf("%s%s%s%s%s, %s, after %zu records in %s: %s; %zu bytes of memory\n",
           outcome->connected ? "connected" : "not connected", info->resumed ? ", resumed" : "",
           info->early_data ? ", early data" : "", info->ech_accepted ? ", ECH" : "",
           info->retried ? ", retried" : "", suite != NULL ? suite : "no suite", outcome->records,
           shk_state_name((shk_state)outcome->state), shk_error(outcome->fault.status)->name,
           outcome->peak);
}

/* Replays one file. Its name is printed first, above a possible report of a sanitizer. */
static bool replay(shk_state_runner *runner, const char *path, bool is_seed)
{
    shk_span input;
    shk_state_outcome outcome;
    if (!shk_file_read(path, &input))
        return false;
    printf("%s: ", path);
    fflush(stdout);
    shk_state_check(runner, input, &other_cut, &outcome);
    bool lacks_compressor =
        !shk_has_compression(SHK_COMPRESSION_ZLIB) &&
        shk_state_input_of(runner->target->is_13, input).settings.compression != 0;
    free((void *)input.data);
    if (outcome.violation != NULL) {
        printf("FAILED: %s: %s\n", outcome.violation, outcome.detail);
        return false;
    }
    print_outcome(&outcome);
    if (lacks_compressor) /* a build without any library for it cannot compress certificates */
        return true;
    if (!is_seed || (outcome.connected && outcome.fault.status == SHK_OK))
        return true;
    printf("FAILED: this seed must get past Finished, and not fail\n");
    return false;
}

static bool replay_all(shk_state_runner *runner, const shk_files *files, bool are_seeds)
{
    bool good = true;
    for (size_t i = 0; i < files->count; i++)
        good &= replay(runner, files->paths[i], are_seeds);
    return good;
}

/* Replays CORPORA/KIND/TARGET, which need not exist. */
static bool replay_corpus(shk_state_runner *runner, const char *corpora, const char *kind)
{
    char path[4096];
    bool is_seeds = strcmp(kind, "seeds") == 0;
    shk_files files = {NULL, 0};
    int len = snprintf(path, sizeof path, "%s/%s/%s", corpora, kind, runner->target->name);
    bool good = len > 0 && (size_t)len < sizeof path;
    if (good && access(path, F_OK) == 0)
        good = shk_files_add(&files, path);
    if (is_seeds && files.count == 0) {
        printf("FAILED: %s has no seed\n", runner->target->name);
        good = false;
    }
    good &= replay_all(runner, &files, is_seeds);
    shk_files_free(&files);
    return good;
}

static int replay_corpora(shk_state_runner *runner, const char *corpora)
{
    bool good = replay_corpus(runner, corpora, "seeds");
    good &= replay_corpus(runner, corpora, "regressions");
    return good ? GOOD : BAD;
}

/* Replays an input once for each call that fails. */
static bool fail_calls(shk_state_runner *runner, const char *path, size_t first)
{
    shk_span bytes;
    shk_state_outcome outcome = {.violation = NULL};
    if (!shk_file_read(path, &bytes))
        return false;
    const shk_state_input input = shk_state_input_of(runner->target->is_13, bytes);
    size_t call = 0;
    do {
        call += call < EACH_CALL ? 1 : CALL_STRIDE;
        shk_fail_call(call <= EACH_CALL ? call : call + first % CALL_STRIDE);
        shk_state_run(runner, &input, (shk_state_cut)input.cut, false, &outcome);
    } while (outcome.violation == NULL && shk_has_failed_call() && call < MOST_CALLS);
    shk_fail_call(0);
    if (outcome.violation != NULL)
        printf("FAILED: %s: call %zu: %s: %s\n", path, call, outcome.violation, outcome.detail);
    free((void *)bytes.data);
    return outcome.violation == NULL;
}

static int fail_corpora(shk_state_runner *runner, const char *corpora)
{
    char path[4096];
    shk_files files = {NULL, 0};
    const int len = snprintf(path, sizeof path, "%s/seeds/%s", corpora, runner->target->name);
    bool good = len > 0 && (size_t)len < sizeof path && shk_files_add(&files, path);
    shk_state_starts_free(runner->starts);
    runner->starts = NULL; /* calls fail there, too */
    shk_count_calls(runner->ends.crypto, &runner->arena.allocator);
    for (size_t i = 0; i < files.count; i++)
        good &= fail_calls(runner, files.paths[i], i);
    printf("%zu inputs\n", files.count);
    good &= files.count > 0;
    shk_files_free(&files);
    return good ? GOOD : BAD;
}

static int replay_files(shk_state_runner *runner, char **paths, int count)
{
    shk_files files = {NULL, 0};
    bool readable = true;
    for (int i = 0; i < count; i++)
        readable &= shk_files_add(&files, paths[i]);
    int result = !readable ? WRONG_USE : replay_all(runner, &files, false) ? GOOD : BAD;
    shk_files_free(&files);
    return result;
}

static void print_settings(const shk_state_settings *settings)
{
    printf("settings:");
#define SHK_STATE_VARIANT(bit, name, value)
#define SHK_STATE_SETTING(name)                                                                    \
    if (settings->name != 0)                                                                       \
        printf(" " #name "=%u", settings->name);
#include "state/settings.def"
#undef SHK_STATE_SETTING
#undef SHK_STATE_VARIANT
    printf("\n");
}

static const char *action_name(shk_state_action action)
{
    static const char *const names[] = {
#define SHK_STATE_ACTION(name) #name,
#include "state/actions.def"
#undef SHK_STATE_ACTION
    };
    return names[action];
}

static void print_records(shk_span stream)
{
    for (size_t at = 0, n = 0, len; at < stream.len; at += len, n++) {
        shk_span rest = shk_span_of(stream.data + at, stream.len - at);
        len = shk_state_record_len(rest);
        const char *type = shk_content_type_name(rest.data[0]);
        printf("record %zu: %s, %zu bytes:", n, type != NULL ? type : "?", len);
        for (size_t i = 0; i < len && i < SHOWN; i++)
            printf(" %02x", rest.data[i]);
        printf(len > SHOWN ? " ...\n" : "\n");
    }
}

static int print(shk_state_runner *runner, const char *path)
{
    shk_span bytes;
    if (!shk_file_read(path, &bytes))
        return WRONG_USE;
    const shk_state_input input = shk_state_input_of(runner->target->is_13, bytes);
    printf("kind: %s, variants %02x\n", input.kind->name, input.variants);
    print_settings(&input.settings);
    for (size_t i = 0; i < SHK_STATE_ACTIONS; i++)
        if (input.steps[i].action != SHK_ACTION_none)
            printf("after record %u: %s\n", input.steps[i].after,
                   action_name(input.steps[i].action));
    print_records(input.stream);
    fflush(stdout);
    shk_state_outcome outcome;
    shk_state_check(runner, bytes, &other_cut, &outcome);
    print_outcome(&outcome);
    free((void *)bytes.data);
    return GOOD;
}

static int list(char **names, int count)
{
    int known = 0;
    for (size_t i = 0; i < shk_state_target_count; i++) {
        printf("%s\n", shk_state_targets[i].name);
        for (int k = 0; k < count; k++)
            known += strcmp(names[k], shk_state_targets[i].name) == 0;
    }
    return count == 0 || (known == count && (size_t)count == shk_state_target_count) ? GOOD : BAD;
}

int main(int argc, char **argv)
{
    static shk_state_runner runner; /* too large for a stack */
    bool of_corpora = argc == 4 && strcmp(argv[1], "--corpora") == 0;
    bool fails = argc == 4 && strcmp(argv[1], "--failing") == 0;
    bool prints = argc == 4 && strcmp(argv[1], "--print") == 0;
    if (argc >= 2 && strcmp(argv[1], "--list") == 0)
        return list(argv + 2, argc - 2);
    if (argc < 3 || (argv[1][0] == '-' && !of_corpora && !fails && !prints)) {
        fputs(usage, stderr);
        return WRONG_USE;
    }
    const char *name = of_corpora || fails ? argv[3] : prints ? argv[2] : argv[1];
    if (shk_state_target_of(name) == NULL) {
        fprintf(stderr, "fuzz_state_replay: no target is called %s; --list names them\n", name);
        return WRONG_USE;
    }
    if (!shk_state_runner_open(&runner, name)) {
        fputs("fuzz_state_replay: no memory\n", stderr);
        return NO_MEMORY;
    }
    int result = of_corpora ? replay_corpora(&runner, argv[2])
                 : fails    ? fail_corpora(&runner, argv[2])
                 : prints   ? print(&runner, argv[3])
                            : replay_files(&runner, argv + 2, argc - 2);
    shk_state_runner_close(&runner);
    return result;
}
