/* The table of cli/options.def: the options of an end, for whoever parses command lines. */
#ifndef SHK_CLI_END_OPTIONS_H
#define SHK_CLI_END_OPTIONS_H

#include "cli/cli.h"

enum { SHK_OF_CLIENT = 1, SHK_OF_SERVER = 2, SHK_OF_BOTH = SHK_OF_CLIENT | SHK_OF_SERVER };

typedef struct {
    const char *name; /* with '_' for '-' */
    const char *argument;
    unsigned whose; /* of these bits */
    const char *help;
    bool (*set)(shk_cli_end *end, const char *value, char *why);
} shk_end_option;

enum {
#define SHK_END_OPTION(name, argument, whose, help) SHK_END_OPTION_##name,
#include "cli/options.def"
#undef SHK_END_OPTION
    SHK_END_OPTIONS
};

extern const shk_end_option shk_end_options[SHK_END_OPTIONS];

/* The option of that name, with '-' or '_', of `len` characters; NULL if there is none. */
const shk_end_option *shk_end_option_named(const char *name, size_t len);

#endif
