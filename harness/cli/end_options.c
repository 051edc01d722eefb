/* Setters of an end's options (cli/end_options.h). */
#include "cli/end_options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/code_points.h"
#include "cli/number.h"
#include "endpoint/file.h"

static bool set_servername(shk_cli_end *end, const char *value, char *why)
{
    if (!shk_is_reference_name(value)) {
        snprintf(why, SHK_WHY_SIZE, "'%.100s' is neither a host name nor an address [RFC 9525 §2]",
                 value);
        return false;
    }
    end->config.server_name = value;
    return true;
}

static bool set_flag(bool *field, const char *value, char *why)
{
    *field = strcmp(value, "yes") == 0;
    if (*field || strcmp(value, "no") == 0)
        return true;
    snprintf(why, SHK_WHY_SIZE, "'%s' is neither yes nor no", value);
    return false;
}

static bool set_stapling(shk_cli_end *end, const char *value, shk_stapling asked, char *why)
{
    bool yes;
    if (!set_flag(&yes, value, why))
        return false;
    if (yes && end->config.status_request < asked)
        end->config.status_request = asked;
    return true;
}

static bool set_status(shk_cli_end *end, const char *value, char *why)
{
    return set_stapling(end, value, SHK_STAPLING_ASK, why);
}

static bool set_status_required(shk_cli_end *end, const char *value, char *why)
{
    return set_stapling(end, value, SHK_STAPLING_DEMAND, why);
}

static bool set_raw_public_keys(shk_cli_end *end, const char *value, char *why)
{
    return set_flag(&end->config.raw_server_key, value, why) &&
           set_flag(&end->config.raw_client_key, value, why);
}

static bool set_time(shk_cli_end *end, const char *value, char *why)
{
    char *rest;
    errno = 0;
    long long seconds = strtoll(value, &rest, 10);
    if (errno != 0 || *rest != 0 || rest == value || seconds <= 0) {
        snprintf(why, SHK_WHY_SIZE, "'%s' is not a number of seconds since 1970", value);
        return false;
    }
    end->config.time = seconds;
    return true;
}

/* The n-th identity goes with the n-th key. */
static const char **nth_identity(shk_endpoint_config *config, size_t n)
{
    return n == 0 ? &config->psk_identity : &config->more_psks[n - 1].identity;
}

static shk_span *nth_key(shk_endpoint_config *config, size_t n)
{
    return n == 0 ? &config->psk_key : &config->more_psks[n - 1].key;
}

static bool too_many_psks(char *why)
{
    snprintf(why, SHK_WHY_SIZE, "more than %d PSKs", SHK_MAX_PSKS);
    return false;
}

static bool set_psk_identity(shk_cli_end *end, const char *value, char *why)
{
    for (size_t n = 0; n < SHK_MAX_PSKS; n++)
        if (*nth_identity(&end->config, n) == NULL) {
            *nth_identity(&end->config, n) = value;
            return true;
        }
    return too_many_psks(why);
}

static bool set_maxfraglen(shk_cli_end *end, const char *value, char *why)
{
    uint64_t size;
    if (!shk_cli_number(value, 512, 4096, &size, why))
        return false;
    end->config.max_fragment_length = (uint16_t)size;
    if ((size & (size - 1)) == 0)
        return true;
    snprintf(why, SHK_WHY_SIZE, "%u is none of 512, 1024, 2048, 4096", (unsigned)size);
    return false;
}

/* Bytes in hexadecimal, 1 to `cap` of them. */
static bool set_bytes(const char *value, uint8_t *bytes, size_t cap, shk_span *out, char *why)
{
    shk_buf parsed = shk_buf_growing(&shk_libc_allocator);
    bool good = shk_parse_hex(value, &parsed) && parsed.len > 0 && parsed.len <= cap;
    if (good) {
        memcpy(bytes, parsed.data, parsed.len);
        *out = shk_span_of(bytes, parsed.len);
    } else {
        snprintf(why, SHK_WHY_SIZE, "1 to %zu bytes in lower-case hexadecimal are needed", cap);
    }
    shk_buf_wipe(&parsed);
    return good;
}

static bool set_psk(shk_cli_end *end, const char *value, char *why)
{
    for (size_t n = 0; n < SHK_MAX_PSKS; n++)
        if (nth_key(&end->config, n)->len == 0)
            return set_bytes(value, end->psk_keys[n], sizeof end->psk_keys[n],
                             nth_key(&end->config, n), why);
    return too_many_psks(why);
}

/* "1.2" of "TLS 1.2", and, as OpenSSL has them, "TLSv1.2", "TLSv1". */
bool shk_cli_version(const char *value, uint16_t *out, char *why)
{
    const char *number = strncmp(value, "TLSv", 4) == 0 ? value + 4 : value;
    if (strcmp(value, "TLSv1") == 0)
        number = "1.0";
    for (uint32_t version = SHK_TLS10; version <= SHK_TLS13; version++)
        if (strcmp(shk_version_name(version) + 4, number) == 0) {
            *out = (uint16_t)version;
            return true;
        }
    snprintf(why, SHK_WHY_SIZE, "'%s' is not a TLS version; known are 1.0, 1.1, 1.2, 1.3", value);
    return false;
}

static bool set_min_protocol(shk_cli_end *end, const char *value, char *why)
{
    return shk_cli_version(value, &end->config.min_version, why);
}

static bool set_max_protocol(shk_cli_end *end, const char *value, char *why)
{
    return shk_cli_version(value, &end->config.max_version, why);
}

static bool set_tls(shk_cli_end *end, const char *value, char *why)
{
    return set_min_protocol(end, value, why) && set_max_protocol(end, value, why);
}

/* Refuses the row that stands for RSA below TLS 1.2, which has no code point. */
static bool have_code_points(shk_u16s schemes, char *why)
{
    for (size_t i = 0; i < schemes.count; i++) {
        const shk_signature_scheme_row *row = shk_signature_scheme_of(schemes.values[i]);
        if (row == NULL || row->max_version >= SHK_TLS12)
            continue;
        snprintf(why, SHK_WHY_SIZE,
                 "%s is how RSA signs below TLS 1.2, and has no code point of its own", row->name);
        return false;
    }
    return true;
}

static bool set_code_points(shk_code_kind kind, const char *value, uint16_t *room, shk_u16s *field,
                            char *why)
{
    return shk_code_points_parse(kind, value, room, SHK_CLI_MAX_LIST, field, why) &&
           (kind != SHK_CODE_SCHEMES || have_code_points(*field, why));
}

/* The index of the value among the names, whose last is NULL; -1 with a reason. */
static int chosen_of(const char *const *names, const char *value, char *why)
{
    size_t count = 0;
    for (; names[count] != NULL; count++)
        if (strcmp(names[count], value) == 0)
            return (int)count;
    const bool two = count == 2;
    int used = snprintf(why, SHK_WHY_SIZE, "'%s' is %s", value, two ? "neither " : "none of ");
    for (size_t i = 0; i < count && used < SHK_WHY_SIZE; i++)
        used += snprintf(why + used, (size_t)(SHK_WHY_SIZE - used), "%s%s",
                         i == 0 ? "" : (two ? " nor " : ", "), names[i]);
    return -1;
}

/* A setter for each row, by its type. */
#define SET(option) static bool set_##option(shk_cli_end *end, const char *value, char *why)
#define SETTER_TEXT(option, field, ...)                                                            \
    SET(option)                                                                                    \
    {                                                                                              \
        (void)why;                                                                                 \
        end->config.field = value;                                                                 \
        return true;                                                                               \
    }
#define SETTER_FLAG(option, field, ...)                                                            \
    SET(option)                                                                                    \
    {                                                                                              \
        return set_flag(&end->config.field, value, why);                                           \
    }
#define SETTER_NUMBER(option, field, ...) SETTER_NUMBER_(option, field, __VA_ARGS__)
#define SETTER_NUMBER_(option, field, ctype, min, max)                                             \
    SET(option)                                                                                    \
    {                                                                                              \
        uint64_t number;                                                                           \
        if (!shk_cli_number(value, min, max, &number, why))                                        \
            return false;                                                                          \
        end->config.field = (ctype)number;                                                         \
        return true;                                                                               \
    }
#define SETTER_OPTIONAL(option, field, ...) SETTER_OPTIONAL_(option, field, __VA_ARGS__)
#define SETTER_OPTIONAL_(option, field, ctype, min, max)                                           \
    SET(option)                                                                                    \
    {                                                                                              \
        uint64_t number;                                                                           \
        if (!shk_cli_number(value, min, max, &number, why))                                        \
            return false;                                                                          \
        end->config.field.value = (ctype)number;                                                   \
        return end->config.field.is_given = true;                                                  \
    }
#define SETTER_CODE_POINTS(option, field, ...) SETTER_CODE_POINTS_(option, field, __VA_ARGS__)
#define SETTER_CODE_POINTS_(option, field, kind)                                                   \
    SET(option)                                                                                    \
    {                                                                                              \
        return set_code_points(SHK_CODE_##kind, value, end->field, &end->config.field, why);       \
    }
#define SETTER_BYTES(option, field, ...)                                                           \
    SET(option)                                                                                    \
    {                                                                                              \
        return set_bytes(value, end->field, sizeof end->field, &end->config.field, why);           \
    }
#define SETTER_CHOICE(option, field, ...) SETTER_CHOICE_(option, field, __VA_ARGS__)
#define SETTER_CHOICE_(option, field, ctype, first, ...)                                           \
    SET(option)                                                                                    \
    {                                                                                              \
        static const char *const names[] = {__VA_ARGS__, NULL};                                    \
        const int chosen = chosen_of(names, value, why);                                           \
        if (chosen >= 0)                                                                           \
            end->config.field = (ctype)((int)(first) + chosen);                                    \
        return chosen >= 0;                                                                        \
    }
#define SETTER_OWN(option, field, ...) /* by hand, above */
#define SHK_SETTING(option, field, type, of, ...) SETTER_##type(option, field, SHK_SETTING_OF of)
#include "endpoint/settings.def"

const shk_end_option shk_end_options[SHK_END_OPTIONS] = {
#define SHK_SETTING_OPTION(option, argument, whose, help)                                          \
    {#option, argument, SHK_OF_##whose, help, set_##option},
#define SHK_SETTING(option, field, type, of, argument, whose, kinds, versions, ours, help)         \
    SHK_SETTING_OPTION(option, argument, whose, help)
#include "endpoint/settings.def"
};

/* Whether a name as typed, with '-', is the option's. */
static bool is_named(const shk_end_option *option, const char *typed, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (option->name[i] != (typed[i] == '-' ? '_' : typed[i]))
            return false;
    return option->name[len] == 0;
}

const shk_end_option *shk_end_option_named(const char *name, size_t len)
{
    for (size_t i = 0; i < SHK_END_OPTIONS; i++)
        if (is_named(&shk_end_options[i], name, len))
            return &shk_end_options[i];
    return NULL;
}

/* The whole name is tried first: client-auth is not the client's option "auth". */
bool shk_cli_is_end_option(const char *name, size_t len, int side, size_t *prefix, bool *flag)
{
    static const char *const own[2] = {"client-", "server-"}; /* of equal length */
    const unsigned whose = side == 0 ? SHK_OF_CLIENT : SHK_OF_SERVER;
    const shk_end_option *option = shk_end_option_named(name, len);
    *prefix = 0;
    if (option == NULL && len > strlen(own[side]) &&
        strncmp(name, own[side], strlen(own[side])) == 0) {
        *prefix = strlen(own[side]);
        option = shk_end_option_named(name + *prefix, len - *prefix);
    }
    *flag = option != NULL && option->argument == NULL;
    return option != NULL && (option->whose & whose) != 0;
}

bool shk_cli_set_end(shk_cli_end *end, const char *name, const char *value, char *why)
{
    const shk_end_option *option = shk_end_option_named(name, strlen(name));
    if (option != NULL)
        return option->set(end, value, why);
    snprintf(why, SHK_WHY_SIZE, "'%s' is not an option of an end", name);
    return false;
}
