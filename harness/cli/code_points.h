/* Code points by name: what options take, and what `shakedown list` prints.
 * All of it from the tables of the registry, and aliases.def. */
#ifndef SHK_CLI_CODE_POINTS_H
#define SHK_CLI_CODE_POINTS_H

#include "shakedown/registry.h"

typedef enum {
    SHK_CODE_SUITES,
    SHK_CODE_GROUPS,
    SHK_CODE_SCHEMES,
    SHK_CODE_EXTENSIONS,
    SHK_CODE_MESSAGES,
    SHK_CODE_ALERTS,
    SHK_CODE_VERSIONS,
    SHK_CODE_KINDS
} shk_code_kind;

/* Reads a list of names, aliases or 0xNNNN, separated by commas or colons: at most `cap` of them
 * into `values`, which `out` then points to. False with a reason in `why` (SHK_WHY_SIZE bytes), and
 * what name may have been meant. */
bool shk_code_points_parse(shk_code_kind kind, const char *list, uint16_t *values, size_t cap,
                           shk_u16s *out, char *why);

#endif
