/* The same script against our own end and the linked libraries: their answers are compared, and
 * every difference that no row of differences.def has is a finding. */
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "deviate/operation.h"
#include "peer/peer_run.h"
#include "peer/script_input.h"
#include "shakedown/registry.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { TEXT_SIZE = 256 + SHK_WORDS_SIZE };

/* A difference of a stack from ours. Answers are as describe() writes them. */
typedef struct {
    const char *stack;
    const char *ours;
    const char *theirs;
    const char *reason;
} difference;

static const difference differences[] = {
#define SHK_DIFFERENCE(stack, ours, theirs, reason) {#stack, ours, theirs, reason},
#include "peer/differences.def"
#undef SHK_DIFFERENCE
};

enum { DIFFERENCES = sizeof differences / sizeof differences[0] };

static const shk_endpoint_kind *const others[] = {&shk_endpoint_openssl, &shk_endpoint_gnutls};

/* libFuzzer hands no context to its callbacks. */
static shk_fuzz_runner runner;
static bool needed[DIFFERENCES];

/* Where all seeds and regressions are run in one go, a row that none of them needs is told. */
static void tell_unneeded(void)
{
    for (size_t i = 0; i < DIFFERENCES; i++)
        if (!needed[i])
            printf("row not needed: %s, \"%s\", \"%s\": %s\n", differences[i].stack,
                   differences[i].ours, differences[i].theirs, differences[i].reason);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    shk_fuzz_runner_open(&runner, SHK_FUZZ_TARGET, &SHK_FUZZ_PROVIDER, *argc, *argv);
    return runner.goes_on ? atexit(tell_unneeded) : 0;
}

/* Whether the answer is one to the whole script: settings that a stack does not have are no
 * difference, nor is a fault that it has not met since it took another way. */
static bool is_comparable(const shk_play_outcome *o)
{
    return o->is_answered && o->verdict != SHK_PLAY_NOT_RUN && o->verdict != SHK_PLAY_UNUSABLE &&
           (!o->is_unplayed || o->answer.kind != SHK_ANSWER_ACCEPTED);
}

static bool is_accepted(const shk_play_outcome *o)
{
    return o->answer.kind == SHK_ANSWER_ACCEPTED;
}

/* What both agreed on, but for what a server may choose freely among the offers. */
static bool are_parameters_equal(const shk_endpoint_result *a, const shk_endpoint_result *b)
{
    return a->version == b->version && a->resumed == b->resumed &&
           a->external_psk == b->external_psk && a->early_data == b->early_data;
}

/* The alerts of what fails by its cryptography alone: who sends one has not seen what another
 * stack refuses by a check, or tells by another alert what must look like a wrong key (RFC 5246
 * §7.4.7.1). Apart from them, which alert names a fault is for the cases, each with its clause. */
static bool is_of_keys(const shk_play_outcome *o)
{
    return o->answer.alert == SHK_ALERT_bad_record_mac ||
           o->answer.alert == SHK_ALERT_decrypt_error;
}

/* Our last message that it has waited for: what comes once its handshake is complete is none. */
static const char *last_step(const shk_play_outcome *o)
{
    const bool is_later =
        strcmp(o->last_sent, "new_session_ticket") == 0 || strcmp(o->last_sent, "key_update") == 0;
    return is_later ? "finished" : o->last_sent;
}

/* Whether neither took what the other refused, and failed later: it would have had our next
 * message, or our end would have refused its answer. One that merely waits has not said anything
 * yet. */
static bool went_as_far(const shk_play_outcome *a, const shk_play_outcome *b)
{
    const bool waits = a->answer.kind == SHK_ANSWER_WAITING;
    if (a->answer.kind == b->answer.kind && a->answer.kind != SHK_ANSWER_REFUSED)
        return true;
    if (waits)
        return a->told.alert_received < 0;
    if (b->answer.kind == SHK_ANSWER_WAITING)
        return went_as_far(b, a);
    return strcmp(last_step(a), last_step(b)) == 0;
}

typedef enum {
    NOT,
    BY_PARAMETERS,
    BY_OURS_ACCEPTING,
    BY_THEIRS_ACCEPTING,
    BY_FAILURE
} difference_kind;

/* How two answers differ, if they do in a way that can be somebody's fault. Where neither accepts,
 * this takes a script with one operation, for of several faults any may be met first; and one of an
 * end, for past a middle it may be ours that refuses. */
static difference_kind do_differ(const shk_script *script, const shk_play_outcome *own,
                                 const shk_play_outcome *other)
{
    if (!is_comparable(own) || !is_comparable(other))
        return NOT;
    if (is_accepted(own) && is_accepted(other))
        return are_parameters_equal(&own->told, &other->told) ? NOT : BY_PARAMETERS;
    if (is_accepted(own) || is_accepted(other))
        return is_accepted(own) ? BY_OURS_ACCEPTING : BY_THEIRS_ACCEPTING;
    if (script->operation_count > 1 || script->player == SHK_PLAYER_MIDDLE)
        return NOT;
    const bool is_one_of_keys =
        own->answer.alert != other->answer.alert && (is_of_keys(own) || is_of_keys(other));
    return !went_as_far(own, other) || is_one_of_keys ? BY_FAILURE : NOT;
}

static const char *or_none(const char *name)
{
    return name != NULL ? name : "none";
}

/* "refused ALERT behind MESSAGE", "closed", "waiting", or "accepted: VERSION" with what else was
 * agreed on, and behind a colon what the stack says by itself. */
static void describe(const shk_play_outcome *o, char *out)
{
    char answer[SHK_WHY_SIZE];
    const shk_endpoint_result *r = &o->told;
    shk_answer_text(o->answer, answer);
    if (o->answer.kind == SHK_ANSWER_REFUSED)
        snprintf(out, TEXT_SIZE, "%.100s behind %s: %s", answer, o->last_sent, o->peer_words);
    else if (o->answer.kind != SHK_ANSWER_ACCEPTED)
        snprintf(out, TEXT_SIZE, "%.100s: %s", answer, o->peer_words);
    else
        snprintf(out, TEXT_SIZE, "accepted: %s%s%s%s: %s", or_none(shk_version_name(r->version)),
                 r->resumed ? " resumed" : "", r->external_psk ? " psk" : "",
                 r->early_data ? " early" : "", o->peer_words);
}

static bool is_row(const char *stack, const char *ours, const char *theirs)
{
    for (size_t i = 0; i < DIFFERENCES; i++) {
        const difference *d = &differences[i];
        if (strcmp(d->stack, stack) != 0 || fnmatch(d->ours, ours, 0) != 0 ||
            fnmatch(d->theirs, theirs, 0) != 0)
            continue;
        needed[i] = true;
        return true;
    }
    return false;
}

/* Two answers to one script, of ours and of another stack. */
typedef struct {
    shk_play_outcome own;
    shk_play_outcome other;
} answers;

static difference_kind play_both(shk_script *script, const shk_endpoint_kind *kind, int side,
                                 answers *out)
{
    shk_fuzz_run_script(&runner, script, &shk_endpoint_ours, side, &out->own);
    shk_fuzz_run_script(&runner, script, kind, side, &out->other);
    return do_differ(script, &out->own, &out->other);
}

static void free_answers(answers *both)
{
    shk_play_outcome_free(&both->own);
    shk_play_outcome_free(&both->other);
}

static difference_kind do_differ_again(shk_script *script, const shk_endpoint_kind *kind, int side)
{
    answers both;
    const difference_kind differ = play_both(script, kind, side, &both);
    free_answers(&both);
    return differ;
}

/* Takes out the operations without which the answers differ likewise: of what is left each counts.
 */
static void reduce(shk_script *script, const shk_endpoint_kind *kind, int side,
                   difference_kind differ)
{
    for (size_t n = script->operation_count; n-- > 0;) {
        shk_operation *at = script->operations + n;
        const shk_operation taken = *at;
        const size_t behind = (script->operation_count - n - 1) * sizeof *at;
        memmove(at, at + 1, behind);
        script->operation_count--;
        if (do_differ_again(script, kind, side) == differ)
            continue;
        memmove(at + 1, at, behind);
        *at = taken;
        script->operation_count++;
    }
}

/* Whether both accept the settings alone; else what an operation does is a second fault. */
static bool are_settings_good(shk_script *script, const shk_endpoint_kind *kind, int side)
{
    const size_t count = script->operation_count;
    answers both;
    script->operation_count = 0;
    (void)play_both(script, kind, side, &both);
    script->operation_count = count;
    const bool good = is_accepted(&both.own) && is_accepted(&both.other);
    free_answers(&both);
    return good;
}

/* Whether the other stack took what ours refused, and failed later. */
static bool took_it_first(const answers *both)
{
    return !is_accepted(&both->own) && !is_accepted(&both->other) &&
           (!went_as_far(&both->own, &both->other) ||
            (is_of_keys(&both->other) && !is_of_keys(&both->own)));
}

/* A row about what is accepted is also about what is taken, and refused later for whatever. */
static bool is_known(const char *stack, const answers *both, const char *ours, const char *theirs)
{
    char later[TEXT_SIZE + 32];
    snprintf(later, sizeof later, "accepted, then %s", theirs);
    return (took_it_first(both) && is_row(stack, ours, later)) || is_row(stack, ours, theirs);
}

/* The clause that decides stands in the words of our own refusal. */
static void report(shk_script *script, const shk_endpoint_kind *kind, int side)
{
    char ours[TEXT_SIZE], theirs[TEXT_SIZE];
    answers both;
    if (play_both(script, kind, side, &both) != NOT &&
        (is_accepted(&both.own) || is_accepted(&both.other) ||
         are_settings_good(script, kind, side))) {
        describe(&both.own, ours);
        describe(&both.other, theirs);
        if (!is_known(kind->name, &both, ours, theirs))
            shk_fuzz_finding(&runner, script, "difference", "%s answers '%s', and ours '%s'",
                             kind->name, theirs, ours);
    }
    free_answers(&both);
}

/* What differs is reduced and played again, and only then told, if it is not known. */
static void play_side(shk_script *script, int side)
{
    shk_operation operations[SHK_SCRIPT_OPERATIONS];
    const size_t count = script->operation_count;
    answers both;
    memcpy(operations, script->operations, count * sizeof operations[0]);
    shk_fuzz_run_script(&runner, script, &shk_endpoint_ours, side, &both.own);
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        shk_fuzz_run_script(&runner, script, others[i], side, &both.other);
        const difference_kind differ = do_differ(script, &both.own, &both.other);
        if (differ != NOT) {
            reduce(script, others[i], side, differ);
            report(script, others[i], side);
            memcpy(script->operations, operations, count * sizeof operations[0]);
            script->operation_count = count;
        }
        shk_play_outcome_free(&both.other);
    }
    shk_play_outcome_free(&both.own);
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
