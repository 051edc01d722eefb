/* Edge counters of clang's SanitizerCoverage (code_path.h). */
#include "code_path.h"

#include <string.h>

#include "driver.h"

/* Called once for each instrumented module before main, by code the compiler adds. */
void __sanitizer_cov_8bit_counters_init(uint8_t *start, uint8_t *stop);

/* The linker puts the counters of all modules into one section, so that all calls give the same
 * bounds. */
static uint8_t *counters_start;
static uint8_t *counters_stop;

void __sanitizer_cov_8bit_counters_init(uint8_t *start, uint8_t *stop)
{
    counters_start = start;
    counters_stop = stop;
}

void shk_path_reset(void)
{
    if (counters_start != counters_stop)
        memset(counters_start, 0, (size_t)(counters_stop - counters_start));
}

uint64_t shk_path_digest(void)
{
    uint64_t digest = 0;
    for (const uint8_t *counter = counters_start; counter != counters_stop; counter++)
        digest = shk_digest_mix(digest, *counter);
    return digest;
}
