/* Numbers on the command line (cli/number.h). */
#include "cli/number.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/options.h"

bool shk_cli_number(const char *value, uint64_t min, uint64_t max, uint64_t *out, char *why)
{
    char *rest = NULL;
    errno = 0;
    unsigned long long number = strtoull(value, &rest, 10);
    bool digits = value[0] >= '0' && value[0] <= '9' && *rest == 0; /* no sign, no space */
    if (!digits || errno != 0 || number < min || number > max) {
        snprintf(why, SHK_WHY_SIZE, "'%.60s' is not a number from %" PRIu64 " to %" PRIu64, value,
                 min, max);
        return false;
    }
    *out = number;
    return true;
}
