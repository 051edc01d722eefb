/* Seeded randomness (sim/random.h). */
#include "sim/random.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

static uint64_t next(shk_sim_random *stream)
{
    uint64_t z = stream->state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static void fill_seeded(void *context, uint8_t *bytes, size_t len)
{
    shk_sim_random *stream = (shk_sim_random *)context;
    uint64_t word = 0;
    for (size_t i = 0; i < len; i++) {
        if (i % 8 == 0)
            word = next(stream);
        bytes[i] = (uint8_t)(word >> (8 * (i % 8)));
    }
}

shk_random shk_sim_random_from(shk_sim_random *stream, uint64_t seed)
{
    shk_random random = {fill_seeded, stream};
    stream->state = seed;
    return random;
}

static void fill_from_system(void *context, uint8_t *bytes, size_t len)
{
    (void)context;
    while (len > 0) {
        ssize_t got = getrandom(bytes, len, 0);
        if (got <= 0) { /* without randomness there is no secret to protect */
            perror("getrandom");
            abort();
        }
        bytes += got;
        len -= (size_t)got;
    }
}

shk_random shk_system_random(void)
{
    shk_random random = {fill_from_system, NULL};
    return random;
}
