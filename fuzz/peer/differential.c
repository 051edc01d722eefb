/* The same script against our own end and the linked libraries: their answers are compared, and
 * every difference that no row of differences.def has is a finding. */
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

#include "peer/peer_run.h"
#include "peer/script_input.h"
#include "shakedown/registry.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ANSWER_SIZE = 256, TEXT_SIZE = ANSWER_SIZE + 2 + SHK_WORDS_SIZE };

/* A difference of a stack from ours. Answers are as describe() writes them. */
typedef struct {
    const char *stack;
    const char *ours;
    const char *theirs;
} difference;

static const difference differences[] = {
#define SHK_DIFFERENCE(stack, ours, theirs, reason) {#stack, ours, theirs},
#include "peer/differences.def"
#undef SHK_DIFFERENCE
};

static const shk_endpoint_kind *const others[] = {&shk_endpoint_openssl, &shk_endpoint_gnutls};

/* libFuzzer hands no context to its callbacks. */
static shk_fuzz_runner runner;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    shk_fuzz_runner_open(&runner, SHK_FUZZ_TARGET, *argc, *argv);
    return 0;
}

/* Whether the peer has answered at all: settings that a stack does not have are no difference. */
static bool is_comparable(const shk_play_outcome *o)
{
    return o->is_answered && o->verdict != SHK_PLAY_NOT_RUN && o->verdict != SHK_PLAY_UNUSABLE;
}

static const char *or_none(const char *name)
{
    return name != NULL ? name : "none";
}

/* "refused ALERT behind MESSAGE", "closed", "waiting", or "accepted: VERSION SUITE GROUP" with what
 * else was agreed on. */
static void describe(const shk_play_outcome *o, char *out)
{
    char answer[SHK_WHY_SIZE];
    const shk_endpoint_result *r = &o->told;
    shk_answer_text(o->answer, answer);
    if (o->answer.kind == SHK_ANSWER_REFUSED)
        snprintf(out, ANSWER_SIZE, "%.100s behind %s", answer, o->last_sent);
    else if (o->answer.kind != SHK_ANSWER_ACCEPTED)
        snprintf(out, ANSWER_SIZE, "%.100s", answer);
    else
        snprintf(out, ANSWER_SIZE, "accepted: %s %s %s%s%s%s",
                 or_none(shk_version_name(r->version)), or_none(shk_suite_name(r->suite)),
                 or_none(shk_group_name(r->group)), r->resumed ? " resumed" : "",
                 r->external_psk ? " psk" : "", r->early_data ? " early" : "");
}

/* The answer and, behind a colon, what the stack says by itself. */
static void with_words(const char *answer, const shk_play_outcome *o, char *out)
{
    snprintf(out, TEXT_SIZE, "%s: %s", answer, o->peer_words);
}

static bool is_known(const char *stack, const char *ours, const char *theirs)
{
    for (size_t i = 0; i < sizeof differences / sizeof differences[0]; i++) {
        const difference *d = &differences[i];
        if (strcmp(d->stack, stack) == 0 && fnmatch(d->ours, ours, 0) == 0 &&
            fnmatch(d->theirs, theirs, 0) == 0)
            return true;
    }
    return false;
}

/* Where several operations make several faults, which of them is met first is open, and so is the
 * alert: two refusals then are no difference. */
static bool may_differ(const shk_script *script, const shk_play_outcome *own,
                       const shk_play_outcome *other)
{
    return script->operation_count > 1 && own->answer.kind == SHK_ANSWER_REFUSED &&
           other->answer.kind == SHK_ANSWER_REFUSED;
}

/* The clause that decides stands in the words of our own refusal. */
static void compare(const shk_script *script, const shk_play_outcome *own,
                    const shk_endpoint_kind *kind, const shk_play_outcome *other)
{
    char answers[2][ANSWER_SIZE], ours[TEXT_SIZE], theirs[TEXT_SIZE];
    if (!is_comparable(own) || !is_comparable(other) || may_differ(script, own, other))
        return;
    describe(own, answers[0]);
    describe(other, answers[1]);
    with_words(answers[0], own, ours);
    with_words(answers[1], other, theirs);
    if (strcmp(answers[0], answers[1]) == 0 || is_known(kind->name, ours, theirs))
        return;
    shk_fuzz_finding(&runner, script, "difference", "%s answers '%s', and ours '%s'", kind->name,
                     theirs, ours);
}

static void play_side(shk_script *script, int side)
{
    shk_play_outcome own, other;
    shk_fuzz_run_script(&runner, script, &shk_endpoint_ours, side, &own);
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        shk_fuzz_run_script(&runner, script, others[i], side, &other);
        compare(script, &own, others[i], &other);
        shk_play_outcome_free(&other);
    }
    shk_play_outcome_free(&own);
}

static bool says(const shk_script *script, const char *option)
{
    for (size_t i = 0; i < script->setting_count; i++)
        if (strcmp(script->settings[i].option, option) == 0)
            return true;
    return false;
}

/* Gives all stacks one policy, where the script does not: what each has, in one order. */
static void set_policy(shk_script *script)
{
    static const shk_script_setting policy[] = {
        {SHK_OF_BOTH, false, "suites",
         "TLS_AES_128_GCM_SHA256,TLS_AES_256_GCM_SHA384,TLS_CHACHA20_POLY1305_SHA256,"
         "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,"
         "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA"},
        {SHK_OF_BOTH, false, "groups", "x25519,secp256r1,secp384r1"},
        {SHK_OF_BOTH, false, "sigalgs",
         "ecdsa_secp256r1_sha256,rsa_pss_rsae_sha256,ed25519,ecdsa_secp384r1_sha384"},
    };
    for (size_t i = 0; i < sizeof policy / sizeof policy[0]; i++)
        if (!says(script, policy[i].option) && script->setting_count < SHK_SCRIPT_SETTINGS)
            script->settings[script->setting_count++] = policy[i];
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const int before = runner.findings;
    shk_script *script = shk_fuzz_script(shk_span_of(data, size));
    if (script != NULL)
        set_policy(script);
    for (int side = 0; script != NULL && side < 2; side++)
        if (shk_fuzz_has_side(script, side))
            play_side(script, side);
    shk_script_free(script);
    return runner.findings > before;
}
