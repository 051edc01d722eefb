/* Randomness that a seed repeats, and a clock that is set: what makes a run replayable.
 * Also the system's own randomness, for connections to the world. */
#ifndef SHK_SIM_RANDOM_H
#define SHK_SIM_RANDOM_H

#include "shakedown/config.h"

/* A stream of bytes that depends on the seed alone (SplitMix64). Never for real secrets. */
typedef struct {
    uint64_t state;
} shk_sim_random;

/* The stream of `seed`; `stream` must outlive what draws from it. */
shk_random shk_sim_random_from(shk_sim_random *stream, uint64_t seed);
/* getrandom of the system. */
shk_random shk_system_random(void);

/* A clock that stands at `*now_ms`, milliseconds since 1970. */
shk_clock shk_sim_clock(const int64_t *now_ms);
/* The system's clock. */
shk_clock shk_system_clock(void);

#endif
