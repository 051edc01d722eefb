/* A file of rows about cases, as `shakedown play` reads it (play/known.h). */
#include "play/known.h"

#include <string.h>

#include "input/input.h"

enum { SAMPLES = 3 };

/* The name of the first row is taken for a case of each answer that it may know. */
static void apply(shk_known *known, const char *name)
{
    static const shk_play_verdict verdicts[SAMPLES] = {SHK_PLAY_PASSED, SHK_PLAY_FAILED,
                                                       SHK_PLAY_UNPLAYED};
    for (size_t i = 0; i < SAMPLES; i++) {
        shk_play_outcome outcome;
        shk_play_outcome_begin(&outcome);
        outcome.verdict = verdicts[i];
        outcome.is_answered = true;
        shk_known_apply(known, name, "openssl", "3.0.19", &outcome);
        if (outcome.verdict == SHK_PLAY_KNOWN && verdicts[i] == SHK_PLAY_PASSED)
            shk_input_violated("passed-is-known", name);
    }
}

static void check(shk_known *known)
{
    for (size_t i = 0; i < known->count; i++) {
        const shk_known_row *row = &known->rows[i];
        if (row->test[0] == 0 || row->reason[0] == 0)
            shk_input_violated("row-without-reason", "a row has no case, or no reason");
        if (shk_version_is_older(row->since, row->until) &&
            shk_version_is_older(row->until, row->since))
            shk_input_violated("versions-both-older", row->since);
    }
    if (known->count > 0)
        apply(known, known->rows[0].test);
}

static bool run(void *shared, shk_span input)
{
    shk_known known = {.rows = NULL};
    char why[SHK_WHY_SIZE] = "";
    FILE *file = input.len > 0 ? fmemopen((void *)(uintptr_t)input.data, input.len, "r") : NULL;
    (void)shared;
    if (file == NULL)
        return false;
    bool taken = shk_known_read_rows(file, "input", &known, why);
    fclose(file);
    if (taken)
        check(&known);
    else if (strncmp(why, "input, line ", 12) != 0)
        shk_input_violated("refused-without-reason", why);
    shk_known_free(&known);
    return taken;
}

const shk_input_kind shk_input = {NULL, run};
