/* The `shakedown` program: one function per subcommand, and the options that they share.
 * Exit codes: 0 all good, 1 what was tested failed, 2 wrong use, 3 the environment lacks something.
 */
#ifndef SHK_CLI_H
#define SHK_CLI_H

#include <stdio.h>

#include "endpoint/endpoint.h"

enum { SHK_EXIT_GOOD = 0, SHK_EXIT_FAILED = 1, SHK_EXIT_USAGE = 2, SHK_EXIT_ENVIRONMENT = 3 };
enum { SHK_CLI_MAX_LIST = 1024, SHK_CLI_MAX_PSK = SHK_MAX_HASH };

/* Memory for the parsed value of a setting, by its type: only lists and bytes need any. */
#define SHK_ROOM_TEXT(field, ...)
#define SHK_ROOM_FLAG(field, ...)
#define SHK_ROOM_NUMBER(field, ...)
#define SHK_ROOM_OPTIONAL(field, ...)
#define SHK_ROOM_CODE_POINTS(field, ...) uint16_t field[SHK_CLI_MAX_LIST];
#define SHK_ROOM_BYTES(field, ...) uint8_t field[__VA_ARGS__];
#define SHK_ROOM_CHOICE(field, ...)
#define SHK_ROOM_OWN(field, ...)

/* One end as its command-line options describe it. */
typedef struct {
    shk_endpoint_config config;
#define SHK_SETTING(option, field, type, of, argument, whose, kinds, versions, ours, help)         \
    SHK_ROOM_##type(field, SHK_SETTING_OF of)
#include "endpoint/settings.def"
    uint8_t psk_keys[SHK_MAX_PSKS][SHK_CLI_MAX_PSK];
} shk_cli_end;

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
 * to end with (after
 * --help, or after a message that names the option and what is wrong with it). */
int shk_cli_parse(const shk_cli_command *command, int argc, char **argv, int *first);

/* Sets one option of an end by name, as "suites" or "cert"; a flag with "yes". False with a reason.
 */
bool shk_cli_set_end(shk_cli_end *end, const char *name, const char *value, char *why);

/* The TLS version of "1.0" to "1.3". False with a reason. */
bool shk_cli_version(const char *value, uint16_t *out, char *why);

/* Whether the first `len` characters of `name` are an option of the end (0: the client; 1: the
 * server); then `*prefix` is the length of the client- or server- before the option's own name, 0
 * if there is none, and `*flag` tells that it has no argument. */
bool shk_cli_is_end_option(const char *name, size_t len, int side, size_t *prefix, bool *flag);

/* Prints "shakedown NAME: message" to stderr and returns `code`. */
int shk_cli_fail(const char *name, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The subcommands, each in the folder of its prefix; argv[0] is the name. */
int shk_app_client(int argc, char **argv);
int shk_app_server(int argc, char **argv);
int shk_cli_pair(int argc, char **argv);
int shk_cli_replay(int argc, char **argv);
int shk_cli_decode(int argc, char **argv);
int shk_cli_list(int argc, char **argv);
int shk_cli_states(int argc, char **argv);
int shk_cli_errors(int argc, char **argv);
int shk_cli_requirements(int argc, char **argv);
int shk_cli_ech_key(int argc, char **argv);
int shk_tools_bench(int argc, char **argv);
int shk_tools_seeds(int argc, char **argv);

#endif
