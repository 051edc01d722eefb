/* Scripts against endpoints in memory (peer_run.h). */
#include "peer/peer_run.h"

#include <fnmatch.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/test_pki.h"
#include "endpoint/openssl/openssl_random.h"

enum { SEED = 1 };

typedef struct {
    const char *stack;
    const char *oracle;
    const char *words;
} known_alarm;

static const known_alarm known_alarms[] = {
#define SHK_KNOWN_ALARM(stack, oracle, words, reason) {#stack, #oracle, words},
#define SHK_KNOWN_CRASH(stack, script, reason)
#include "peer/known_alarms.def"
#undef SHK_KNOWN_ALARM
#undef SHK_KNOWN_CRASH
};

typedef struct {
    const char *stack;
    const char *script;
} known_crash;

static const known_crash known_crashes[] = {
#define SHK_KNOWN_ALARM(stack, oracle, words, reason)
#define SHK_KNOWN_CRASH(stack, script, reason) {#stack, script},
#include "peer/known_alarms.def"
#undef SHK_KNOWN_ALARM
#undef SHK_KNOWN_CRASH
};

void shk_fuzz_runner_open(shk_fuzz_runner *runner, const char *target, const shk_provider *provider,
                          int argc, char **argv)
{
    memset(runner, 0, sizeof *runner);
    runner->goes_on = argc > 1 && strcmp(argv[1], SHK_FUZZ_GO_ON) == 0;
    runner->target = target;
    shk_test_pki_option("", "", runner->files);
    runner->options.files = runner->files;
    runner->options.seed = SEED;
    runner->options.time = (int64_t)time(NULL);
    runner->options.oracles = shk_oracles_new(provider);
    runner->options.setups = shk_play_setups_new();
    if (runner->options.oracles == NULL || runner->options.setups == NULL) {
        fprintf(stderr, "fuzz: no memory\n");
        exit(3);
    }
}

bool shk_fuzz_has_side(const shk_script *script, int side)
{
    return script->player == SHK_PLAYER_MIDDLE ||
           script->player == (side == 0 ? SHK_PLAYER_SERVER : SHK_PLAYER_CLIENT);
}

/* Whether the script is known to end the stack. */
static bool crashes(const shk_script *script, const char *stack)
{
    shk_buf text = shk_buf_growing(&shk_libc_allocator);
    bool found = false;
    for (size_t i = 0; i < sizeof known_crashes / sizeof known_crashes[0]; i++) {
        if (found || strcmp(known_crashes[i].stack, stack) != 0)
            continue;
        if (text.len == 0 &&
            (!shk_script_print(script, &text) || shk_buf_append(&text, shk_span_of("", 1)) != 0))
            break;
        found = fnmatch(known_crashes[i].script, (const char *)text.data, 0) == 0;
    }
    shk_buf_free(&text);
    return found;
}

void shk_fuzz_run_script(const shk_fuzz_runner *runner, shk_script *script,
                         const shk_endpoint_kind *kind, int side, shk_play_outcome *outcome)
{
    char name[] = "input";
    char folder[] = "."; /* of no file that a setting can name */
    const shk_play_case test = {.name = name, .folder = folder, .script = script};
    const shk_play_peer peer = {
        .text = kind->name, .type = SHK_PEER_KIND, .kind = kind, .stack = kind->name};
    const shk_play_run run = {&test, &peer, side};
    shk_play_outcome_begin(outcome);
    if (crashes(script, kind->name)) {
        (void)shk_play_conclude(outcome, SHK_PLAY_NOT_RUN, "it is known to end %s", kind->name);
        return;
    }
    shk_openssl_repeat_random(SEED);
    shk_play_in_memory(&run, &runner->options, outcome);
}

static bool is_known(const char *stack, const shk_alarm *alarm)
{
    const char *oracle = shk_oracle_rows[alarm->oracle].name;
    for (size_t i = 0; i < sizeof known_alarms / sizeof known_alarms[0]; i++) {
        const known_alarm *known = &known_alarms[i];
        if (strcmp(known->stack, stack) == 0 && strcmp(known->oracle, oracle) == 0 &&
            fnmatch(known->words, alarm->words, 0) == 0)
            return true;
    }
    return false;
}

void shk_fuzz_check_alarms(shk_fuzz_runner *runner, const shk_script *script, const char *stack,
                           const shk_play_outcome *outcome)
{
    for (size_t i = 0; i < outcome->alarms.count; i++) {
        const shk_alarm *alarm = &outcome->alarms.alarms[i];
        char kind[64];
        if (is_known(stack, alarm))
            continue;
        snprintf(kind, sizeof kind, "alarm-of-%s", shk_oracle_rows[alarm->oracle].name);
        shk_fuzz_finding(runner, script, kind, "%s [%s]", alarm->words, alarm->clause);
    }
}

void shk_fuzz_finding(shk_fuzz_runner *runner, const shk_script *script, const char *kind,
                      const char *format, ...)
{
    shk_buf text = shk_buf_growing(&shk_libc_allocator);
    va_list arguments;
    fprintf(stderr, "fuzz: property violated: %s: %s, form script: ", kind, runner->target);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    if (shk_script_print(script, &text))
        fprintf(stderr, "\n\n%.*s\n", (int)text.len, (const char *)text.data);
    shk_buf_free(&text);
    if (!runner->goes_on)
        abort();
    runner->findings++;
}
