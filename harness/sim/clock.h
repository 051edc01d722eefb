/* A clock that is set, which makes a run replayable, and the system's own.
 * Both tell milliseconds since 1970. */
#ifndef SHK_SIM_CLOCK_H
#define SHK_SIM_CLOCK_H

#include "shakedown/config.h"

/* A clock that stands at `*now_ms`, milliseconds since 1970. */
shk_clock shk_sim_clock(const int64_t *now_ms);
/* The system's clock. */
shk_clock shk_system_clock(void);

#endif
