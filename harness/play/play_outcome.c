/* What a run of a script has come to (play/play_outcome.h). */
#include "play/play_outcome.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "endpoint/facts.h"
#include "shakedown/registry.h"

void shk_play_outcome_begin(shk_play_outcome *outcome)
{
    memset(outcome, 0, sizeof *outcome);
    outcome->answer.alert = -1;
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

void shk_play_conclude_alarms(const shk_judgement *judgement, const shk_play_transcript *transcript,
                              shk_play_outcome *out)
{
    for (size_t i = 0; i < judgement->count; i++) {
        const shk_alarm *alarm = &judgement->alarms[i];
        const char *name = shk_oracle_rows[alarm->oracle].name;
        if (out->alarms.count < SHK_MAX_ALARMS)
            out->alarms.alarms[out->alarms.count++] = *alarm;
        shk_play_transcript_line(transcript, "  alarm of %s: %.180s [%s]", name, alarm->words,
                                 alarm->clause);
        if (out->verdict == SHK_PLAY_PASSED)
            (void)shk_play_conclude(out, SHK_PLAY_FAILED, "alarm of %s: %s [%s]", name,
                                    alarm->words, alarm->clause);
    }
}

void shk_play_judge(const shk_script *script, shk_play_outcome *outcome)
{
    char expected[SHK_WHY_SIZE];
    char text[SHK_WHY_SIZE];
    if (outcome->verdict != SHK_PLAY_PASSED || !outcome->is_answered)
        return;
    if (outcome->died_of != 0) {
        (void)shk_play_conclude(outcome, SHK_PLAY_FAILED, "the peer was ended by signal %d (%s)",
                                outcome->died_of, strsignal(outcome->died_of));
        return;
    }
    if (!shk_answer_is_expected(script, outcome->answer)) {
        shk_expected_text(script, expected);
        shk_answer_text(outcome->answer, text);
        /* Over a socket `told` is of our end. */
        const bool gave_up = outcome->answer.kind == SHK_ANSWER_WAITING && !outcome->is_reported &&
                             outcome->told.alert_sent >= 0;
        (void)shk_play_conclude(outcome, SHK_PLAY_FAILED, "%s%s, not %s", text,
                                gave_up ? " until our end gave up" : "", expected);
        return;
    }
    /* What our own end tells is the peer's too only where the peer has completed. */
    const bool is_shared = outcome->is_reported || outcome->answer.kind == SHK_ANSWER_ACCEPTED;
    const shk_fact fact = shk_forbidden_fact(script, &outcome->told);
    if (fact == SHK_FACTS || !is_shared)
        return;
    shk_fact_text(fact, &outcome->told, text);
    (void)shk_play_conclude(outcome, SHK_PLAY_FAILED, "the %s tells %s: %s",
                            outcome->is_reported ? "peer" : "connection", shk_fact_rows[fact].name,
                            text);
}
