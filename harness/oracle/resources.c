/* The oracle of resources (oracle/oracles.def): what the meters have noted (oracle/meter.h). */
#include "oracle/judge.h"

/* An end that is told to deviate may send as much as it is told. */
void shk_judge_resources(shk_case *c)
{
    for (size_t side = 0; side < 2; side++) {
        const shk_observed_end *who = &c->seen->ends[side].who;
        if (who->deviates)
            continue;
        if (who->meter == NULL)
            shk_unseen(c, "an end is not metered");
        else if (!shk_memory_is_counted())
            shk_unseen(c, "this build does not count memory");
        if (who->meter != NULL && who->meter->why[0] != 0)
            shk_raise(c, shk_oracle_rows[c->oracle].clause, "the %s, %s", shk_side_name(side),
                      who->meter->why);
    }
}
