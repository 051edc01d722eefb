/* All oracles before one observation (oracle/oracle.h). */
#include "oracle/oracle.h"

#include <string.h>

#include "oracle/judge.h"

void shk_oracles_judge(const shk_observation *observation, shk_judgement *out)
{
    static void (*const functions[SHK_ORACLES])(shk_case * c) = {
#define SHK_ORACLE(name, clause, words) shk_judge_##name,
#include "oracle/oracles.def"
#undef SHK_ORACLE
    };
    memset(out, 0, sizeof *out);
    for (size_t i = 0; i < SHK_ORACLES; i++) {
        shk_case c = {observation, (shk_oracle)i, out};
        if (observation->lost)
            shk_unseen(&c, "there was no memory for what had to be kept");
        else
            functions[i](&c);
    }
}
