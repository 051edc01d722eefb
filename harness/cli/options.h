/* The command line of a subcommand: its options, their help, and how it ends.
 * Exit codes: 0 all good, 1 what was tested failed, 2 wrong use, 3 the environment lacks something.
 */
#ifndef SHK_CLI_OPTIONS_H
#define SHK_CLI_OPTIONS_H

#include "cli/end_options.h"

enum { SHK_EXIT_GOOD = 0, SHK_EXIT_FAILED = 1, SHK_EXIT_USAGE = 2, SHK_EXIT_ENVIRONMENT = 3 };

/* An option of a subcommand beside those of an end. `argument` NULL: a flag, `value` is then NULL.
 * `set` returns false with a reason in `why` (SHK_WHY_SIZE bytes). */
typedef struct {
    const char *name;
    const char *argument;
    const char *help;
    bool (*set)(void *context, const char *value, char *why);
} shk_cli_option;

/* A subcommand's command line. */
typedef struct {
    const char *name;
    const char *positional; /* for the usage line, e.g. "CLIENT SERVER" */
    const char *help;       /* one or more lines */
    const shk_cli_option *options;
    size_t option_count;
    void *context;       /* given to set */
    shk_cli_end *client; /* NULL: it has none */
    shk_cli_end
        *server; /* with both, options are --client-NAME, --server-NAME, and --NAME for both */
} shk_cli_command;

/* Parses options and leaves the rest in argv from *first on. Returns -1 to go on, or the exit code
 * to end with, after --help or a message that names the option and what is wrong with it. */
int shk_cli_parse(const shk_cli_command *command, int argc, char **argv, int *first);

/* Prints "shakedown NAME: message" to stderr and returns `code`. */
int shk_cli_fail(const char *name, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
