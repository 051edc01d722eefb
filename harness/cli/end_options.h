/* The options of an end, by the rows of endpoint/settings.def, for whoever parses command lines. */
#ifndef SHK_CLI_END_OPTIONS_H
#define SHK_CLI_END_OPTIONS_H

#include "cli/cli.h"

typedef struct {
    const char *name; /* with '_' for '-' */
    const char *argument;
    unsigned whose; /* SHK_OF_CLIENT, SHK_OF_SERVER */
    const char *help;
    bool (*set)(shk_cli_end *end, const char *value, char *why);
} shk_end_option;

enum {
#define SHK_SETTING(option, ...) SHK_END_OPTION_##option,
#define SHK_SETTING_OPTION(option, ...) SHK_END_OPTION_##option,
#include "endpoint/settings.def"
    SHK_END_OPTIONS
};

extern const shk_end_option shk_end_options[SHK_END_OPTIONS];

/* The option of that name, with '-' or '_', of `len` characters; NULL if there is none. */
const shk_end_option *shk_end_option_named(const char *name, size_t len);

#endif
