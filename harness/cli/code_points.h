/* Code points by name: what options take, and what `shakedown list` prints.
 * All names are from the tables of the registry, and from aliases.def. */
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

typedef struct {
    const char *name;
    uint32_t value;
    uint16_t min_version; /* 0: of no version in particular */
    uint16_t max_version;
} shk_code_point;

/* "suites" and the like, as `shakedown list` takes it. */
const char *shk_code_kind_name(shk_code_kind kind);
/* The i-th code point of a kind. False behind the last. */
bool shk_code_point_at(shk_code_kind kind, size_t i, shk_code_point *out);
/* The n-th other name of the code point of that name; NULL behind the last. */
const char *shk_code_point_alias(shk_code_kind kind, const char *name, size_t n);

/* Reads a list of names, aliases or 0xNNNN, separated by commas or colons: at most `cap` of them
 * into `values`, which `out` then points to. False with a reason in `why` (SHK_WHY_SIZE bytes),
 * which suggests similar names. */
bool shk_code_points_parse(shk_code_kind kind, const char *list, uint16_t *values, size_t cap,
                           shk_u16s *out, char *why);

#endif
