/* The options of an end, by the rows of endpoint/settings.def, for whoever parses command lines. */
#ifndef SHK_CLI_END_OPTIONS_H
#define SHK_CLI_END_OPTIONS_H

#include "endpoint/settings.h"

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

/* Sets one option of an end by name, as "suites" or "cert"; a flag with "yes". False with a reason.
 */
bool shk_cli_set_end(shk_cli_end *end, const char *name, const char *value, char *why);

/* The TLS version of "1.0" to "1.3". False with a reason. */
bool shk_cli_version(const char *value, uint16_t *out, char *why);

/* Whether the first `len` characters of `name` are an option of the end (0: the client; 1: the
 * server); then `*prefix` is the length of the client- or server- before the option's own name, 0
 * if there is none, and `*flag` tells that it has no argument. */
bool shk_cli_is_end_option(const char *name, size_t len, int side, size_t *prefix, bool *flag);

#endif
