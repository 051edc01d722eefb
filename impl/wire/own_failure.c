/* Where a failure of our own was seen (shakedown/errors.h). */
#include <stdbool.h>

#include "shakedown/errors.h"

/* Diagnostics alone: a line cannot be handed up through every status. */
static _Thread_local struct {
    shk_status status;
    shk_source_line at;
} last_own_failure;

shk_status shk_own_failure(shk_status status, const char *file, int line)
{
    last_own_failure.status = status;
    last_own_failure.at = (shk_source_line){file, line};
    return status;
}

shk_source_line shk_own_failure_line(shk_status status)
{
    bool known = status != SHK_OK && status == last_own_failure.status;
    return known ? last_own_failure.at : (shk_source_line){NULL, 0};
}
