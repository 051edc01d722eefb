/* Numbers on the command line.
 * Decimal, within bounds, nothing before or after them. */
#ifndef SHK_CLI_NUMBER_H
#define SHK_CLI_NUMBER_H

#include <stdbool.h>
#include <stdint.h>

/* Reads `value`. False with the reason in `why` (SHK_WHY_SIZE bytes) unless it lies in min ... max.
 */
bool shk_cli_number(const char *value, uint64_t min, uint64_t max, uint64_t *out, char *why);

#endif
