/* What a run of a script has come to (play/play_outcome.h). */
#include "play/play_outcome.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "endpoint/facts.h"
#include "shakedown/registry.h"

void shk_play_outcome_begin(shk_play_outcome *outcome)
{
    memset(outcome, 0, sizeof *outcome);
    outcome->alert = -1;
    outcome->transcript = shk_buf_growing(&shk_libc_allocator);
    outcome->said = shk_buf_growing(&shk_libc_allocator);
}

void shk_play_outcome_free(shk_play_outcome *outcome)
{
    shk_buf_free(&outcome->transcript);
    shk_buf_free(&outcome->said);
}

bool shk_play_conclude(shk_play_outcome *outcome, shk_play_verdict verdict, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    outcome->verdict = verdict;
    vsnprintf(outcome->why, sizeof outcome->why, format, arguments);
    va_end(arguments);
    return false;
}

const char *shk_play_verdict_name(shk_play_verdict verdict)
{
    static const char *const names[SHK_PLAY_VERDICTS] = {
        [SHK_PLAY_PASSED] = "passed",   [SHK_PLAY_FAILED] = "failed",
        [SHK_PLAY_KNOWN] = "known",     [SHK_PLAY_UNPLAYED] = "unplayed",
        [SHK_PLAY_NOT_RUN] = "not run", [SHK_PLAY_UNUSABLE] = "unusable",
        [SHK_PLAY_NO_PEER] = "no peer",
    };
    return names[verdict];
}

void shk_play_answer_text(shk_answer answer, int alert, char *out)
{
    static const char *const names[SHK_ANSWERS] = {
        [SHK_ANSWER_ACCEPTED] = "accepted", [SHK_ANSWER_IGNORED] = "ignored",
        [SHK_ANSWER_REFUSED] = "refused",   [SHK_ANSWER_CLOSED] = "closed",
        [SHK_ANSWER_WAITING] = "waiting",
    };
    const char *name = alert >= 0 ? shk_alert_name((uint32_t)alert) : NULL;
    if (answer != SHK_ANSWER_REFUSED || alert < 0)
        snprintf(out, SHK_WHY_SIZE, "%s", names[answer]);
    else if (name != NULL)
        snprintf(out, SHK_WHY_SIZE, "refused %s", name);
    else
        snprintf(out, SHK_WHY_SIZE, "refused %d", alert);
}

void shk_play_expected_text(const shk_script *script, char *out)
{
    size_t used = 0;
    out[0] = 0;
    for (size_t i = 0; i < script->expected_count && used < SHK_WHY_SIZE; i++) {
        char one[SHK_WHY_SIZE];
        shk_play_answer_text(script->expected[i].answer, script->expected[i].alert, one);
        used += (size_t)snprintf(out + used, SHK_WHY_SIZE - used, "%s%s", i > 0 ? " | " : "", one);
    }
}

/* A failure of our own, and the peer's by nothing but our alert: it had not objected until then. */
void shk_play_answer_of(const shk_endpoint_result *peer, const shk_endpoint_result *own,
                        bool connected, bool cut, shk_play_outcome *out)
{
    const bool gave_up = own->state == SHK_FAILED && own->alert_sent >= 0;
    out->is_answered = true;
    out->alert = -1;
    if (peer->state == SHK_CONNECTED || peer->state == SHK_ENDED) {
        out->answer = SHK_ANSWER_ACCEPTED;
    } else if (peer->state == SHK_FAILED && peer->alert_sent >= 0) {
        out->answer = SHK_ANSWER_REFUSED;
        out->alert = peer->alert_sent;
    } else if (gave_up && (peer->state != SHK_FAILED || peer->alert_received == own->alert_sent)) {
        out->answer = connected ? SHK_ANSWER_ACCEPTED : SHK_ANSWER_WAITING;
    } else {
        out->answer = peer->state == SHK_FAILED || cut ? SHK_ANSWER_CLOSED : SHK_ANSWER_WAITING;
    }
}

void shk_play_conclude_alarms(const shk_judgement *judgement, const shk_play_transcript *transcript,
                              shk_play_outcome *out)
{
    for (size_t i = 0; i < judgement->count; i++) {
        const shk_alarm *alarm = &judgement->alarms[i];
        const char *name = shk_oracle_rows[alarm->oracle].name;
        shk_play_transcript_line(transcript, "  alarm of %s: %.180s [%s]", name, alarm->words,
                                 alarm->clause);
        if (out->verdict == SHK_PLAY_PASSED)
            (void)shk_play_conclude(out, SHK_PLAY_FAILED, "alarm of %s: %s [%s]", name,
                                    alarm->words, alarm->clause);
    }
}

/* An alert that cannot be read is any alert. */
static bool is_expected(const shk_expected_answer *expected, const shk_play_outcome *outcome)
{
    if (expected->answer == SHK_ANSWER_IGNORED)
        return outcome->answer == SHK_ANSWER_ACCEPTED;
    return expected->answer == outcome->answer &&
           (expected->alert < 0 || outcome->alert < 0 || expected->alert == outcome->alert);
}

static bool is_told(shk_fact fact, const shk_endpoint_result *result)
{
    const uint8_t *field = (const uint8_t *)result + shk_fact_rows[fact].offset;
    uint16_t number;
    if (result->untold[fact] != NULL)
        return false;
    switch (shk_fact_rows[fact].type) {
    case SHK_FACT_TYPE_FLAG:
        return *(const bool *)field;
    case SHK_FACT_TYPE_TEXT:
        return *(const char *)field != 0;
    case SHK_FACT_TYPE_CODE_POINT:
    case SHK_FACT_TYPE_COUNT:
        memcpy(&number, field, sizeof number);
        return number != 0;
    default:
        return false;
    }
}

void shk_play_judge(const shk_script *script, shk_play_outcome *outcome)
{
    char expected[SHK_WHY_SIZE];
    char text[SHK_WHY_SIZE];
    bool good = script->expected_count == 0;
    if (outcome->verdict != SHK_PLAY_PASSED || !outcome->is_answered)
        return;
    if (outcome->died_of != 0) {
        (void)shk_play_conclude(outcome, SHK_PLAY_FAILED, "the peer was ended by signal %d (%s)",
                                outcome->died_of, strsignal(outcome->died_of));
        return;
    }
    for (size_t i = 0; i < script->expected_count; i++)
        good |= is_expected(&script->expected[i], outcome);
    if (!good) {
        shk_play_expected_text(script, expected);
        shk_play_answer_text(outcome->answer, outcome->alert, text);
        (void)shk_play_conclude(outcome, SHK_PLAY_FAILED, "%s, not %s", text, expected);
        return;
    }
    for (size_t i = 0; i < script->never_count; i++)
        if (is_told(script->never[i], &outcome->told)) {
            shk_fact_text(script->never[i], &outcome->told, text);
            (void)shk_play_conclude(outcome, SHK_PLAY_FAILED, "the %s tells %s: %s",
                                    outcome->is_reported ? "peer" : "connection",
                                    shk_fact_rows[script->never[i]].name, text);
            return;
        }
}
