/* The rows of oracle/budgets.def, and what is held against them (oracle/meter.h). */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "oracle/meter.h"

#define AND(fixed, per_byte)                                                                       \
    {                                                                                              \
        fixed, per_byte                                                                            \
    }

const shk_budget shk_stage_budgets[SHK_STAGES] = {
#define SHK_STAGE_BUDGET(stage, name, peak, kept, output, allocations, time, reason)               \
    [SHK_STAGE_##stage] = {name, {peak, kept, output, allocations, time}, reason},
#include "oracle/budgets.def"
};

static const shk_budget subject_budgets[] = {
#define SHK_SUBJECT_BUDGET(name, peak, kept, output, allocations, time, reason)                    \
    {name, {peak, kept, output, allocations, time}, reason},
#include "oracle/budgets.def"
};

const shk_budget *shk_subject_budget(const char *name, size_t len)
{
    for (size_t i = 0; i < sizeof subject_budgets / sizeof subject_budgets[0]; i++)
        if (strlen(subject_budgets[i].name) == len &&
            strncmp(subject_budgets[i].name, name, len) == 0)
            return &subject_budgets[i];
    return NULL;
}

static const struct {
    const char *name;
    const char *unit;
} kinds[SHK_TAKES] = {
    [SHK_TAKES_PEAK] = {"peak", "bytes of memory at its peak"},
    [SHK_TAKES_KEPT] = {"kept", "bytes of memory kept"},
    [SHK_TAKES_OUTPUT] = {"output", "bytes of output"},
    [SHK_TAKES_ALLOCATIONS] = {"allocations", "allocations"},
    [SHK_TAKES_TIME] = {"time", "microseconds of processor time"},
};

const char *shk_takes_name(shk_takes takes)
{
    return kinds[takes].name;
}

bool shk_within_budget(const shk_budget *budget, const int64_t taken[SHK_TAKES], int64_t given,
                       char *why)
{
    for (size_t i = 0; i < SHK_TAKES; i++) {
        const shk_allowance *may = &budget->may[i];
        const int64_t most = may->fixed + may->per_byte * given;
        if (taken[i] <= most)
            continue;
        snprintf(why, SHK_WHY_SIZE,
                 "%s: %" PRId64 " %s for %" PRId64 " bytes received, where %" PRId64
                 " are allowed (%" PRId64 " and %" PRId64 " for each byte)",
                 budget->name, taken[i], kinds[i].unit, given, most, may->fixed, may->per_byte);
        return false;
    }
    return true;
}
