/* Clocks (sim/clock.h). */
#include "sim/clock.h"

#include <time.h>

static int64_t set_time(void *context)
{
    return *(const int64_t *)context;
}

shk_clock shk_sim_clock(const int64_t *now_ms)
{
    shk_clock clock = {set_time, (void *)(uintptr_t)now_ms};
    return clock;
}

static int64_t system_time(void *context)
{
    struct timespec now;
    (void)context;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

shk_clock shk_system_clock(void)
{
    shk_clock clock = {system_time, NULL};
    return clock;
}
