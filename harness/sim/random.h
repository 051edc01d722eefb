/* Randomness that a seed repeats, which makes a run replayable.
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

#endif
