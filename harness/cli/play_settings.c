/* The settings of each end in a run of a script (cli/play_settings.h). */
#include "cli/play_settings.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/number.h"
#include "cli/test_pki.h"
#include "deviate/values.h"

enum { PATHS = 16 * SHK_TEST_PKI_PATH, MAX_DATA = 1 << 20 };

static const char none[] = "none";

const char *shk_play_setting_of(const shk_play_settings *settings, const char *option)
{
    for (size_t i = settings->count; i > 0; i--)
        if (strcmp(settings->rows[i - 1].option, option) == 0)
            return settings->rows[i - 1].value;
    return NULL;
}

bool shk_play_settings_equal(const shk_play_settings *a, const shk_play_settings *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++)
        if (strcmp(a->rows[i].option, b->rows[i].option) != 0 ||
            strcmp(a->rows[i].value, b->rows[i].value) != 0)
            return false;
    return true;
}

void shk_play_settings_free(shk_play_settings *settings)
{
    shk_buf_free(&settings->paths);
}

static bool add(shk_play_settings *out, const char *option, const char *value, char *why)
{
    if (out->count == SHK_PLAY_SETTINGS) {
        snprintf(why, SHK_WHY_SIZE, "more than %d settings", SHK_PLAY_SETTINGS);
        return false;
    }
    out->rows[out->count++] = (shk_play_setting){option, value, false};
    return true;
}

/* Keeps a path. The buffer has all its room from the start, since values point into it. */
static const char *keep(shk_play_settings *out, const char *path, char *why)
{
    const size_t at = out->paths.len;
    if (out->paths.cap - at > strlen(path) &&
        shk_buf_append(&out->paths, shk_span_of(path, strlen(path) + 1)) == SHK_OK)
        return (const char *)out->paths.data + at;
    snprintf(why, SHK_WHY_SIZE, "the paths of its files are too long");
    return NULL;
}

static bool add_test_file(shk_play_settings *out, const char *option, const char *file, char *why)
{
    char path[SHK_TEST_PKI_PATH];
    shk_test_pki_option("", file, path);
    const char *kept = keep(out, path, why);
    return kept != NULL && add(out, option, kept, why);
}

/* A file of the script: absolute, beside it, or of the test PKI. */
static bool add_file(shk_play_settings *out, const char *folder, const char *option,
                     const char *value, char *why)
{
    char path[SHK_TEST_PKI_PATH];
    snprintf(path, sizeof path, "%s/%s", folder, value);
    if (value[0] == '/' || access(path, R_OK) == 0) {
        const char *kept = keep(out, value[0] == '/' ? value : path, why);
        return kept != NULL && add(out, option, kept, why);
    }
    shk_test_pki_option("", value, path);
    if (access(path, R_OK) == 0)
        return add_test_file(out, option, value, why);
    snprintf(why, SHK_WHY_SIZE, "%s=%.100s: there is no such file beside the script or in %.80s",
             option, value, path);
    return false;
}

static bool is_file(const shk_end_option *option)
{
    return option->argument != NULL && strcmp(option->argument, "FILE") == 0;
}

static bool add_own(const shk_script *script, const char *folder, int side, size_t connection,
                    shk_play_settings *out, char *why)
{
    const unsigned whose = side == 0 ? SHK_OF_CLIENT : SHK_OF_SERVER;
    for (size_t i = 0; i < script->setting_count; i++) {
        const shk_script_setting *s = &script->settings[i];
        if (s->whose == SHK_OF_RUN)
            continue;
        const shk_end_option *option = shk_end_option_named(s->option, strlen(s->option));
        if (option == NULL) {
            snprintf(why, SHK_WHY_SIZE, "'%.100s' is not an option of an end", s->option);
            return false;
        }
        if ((s->whose & whose & option->whose) == 0 || (s->second_alone && connection == 0))
            continue;
        const bool path = is_file(option) && strcmp(s->value, none) != 0;
        if (!(path ? add_file(out, folder, option->name, s->value, why)
                   : add(out, option->name, s->value, why)))
            return false;
    }
    return true;
}

static bool has(const shk_play_settings *settings, const char *option)
{
    return shk_play_setting_of(settings, option) != NULL;
}

static bool is_anonymous(const shk_play_settings *settings)
{
    const char *suites = shk_play_setting_of(settings, "suites");
    return suites != NULL && strstr(suites, "_anon_") != NULL;
}

/* Whether the server of the script has a certificate. */
static bool server_has_certificate(const shk_script *script, const char *folder, size_t connection)
{
    char why[SHK_WHY_SIZE];
    shk_play_settings server = {.count = 0, .paths = shk_buf_growing(&shk_libc_allocator)};
    bool has_one = shk_buf_reserve(&server.paths, PATHS) == SHK_OK &&
                   add_own(script, folder, 1, connection, &server, why) &&
                   (has(&server, "cert") || !(has(&server, "psk") || is_anonymous(&server)));
    shk_play_settings_free(&server);
    return has_one;
}

static bool asks_for_certificate(const shk_play_settings *server)
{
    const char *how = shk_play_setting_of(server, "client_auth");
    return how != NULL && strcmp(how, none) != 0;
}

/* The defaults stand behind what the script says, so that they can depend on it. */
static bool add_defaults(const shk_script *script, const char *folder, int side, size_t connection,
                         shk_play_settings *out, char *why)
{
    const bool certificate = server_has_certificate(script, folder, connection);
    const size_t own = out->count;
    const bool verifies = side == 0 ? certificate : asks_for_certificate(out);
    if (side == 1 && certificate && !has(out, "cert") &&
        !(add_test_file(out, "cert", "p256.pem", why) &&
          add_test_file(out, "key", "p256.key", why)))
        return false;
    if (verifies && !has(out, "cafile") && !has(out, "peer_key") &&
        !add_test_file(out, "cafile", "roots.pem", why))
        return false;
    if (side == 0 && certificate && !has(out, "servername") &&
        !add(out, "servername", "server.shakedown.test", why))
        return false;
    if (side == 0 && script->second && !has(out, "keep_sessions") &&
        !add(out, "keep_sessions", "yes", why))
        return false;
    for (size_t i = own; i < out->count; i++)
        out->rows[i].is_default = true;
    return true;
}

/* Takes "none" out, which has kept its default away. */
static void drop_none(shk_play_settings *settings)
{
    static const char *const optional[] = {"cafile", "servername", "cert", "key"};
    size_t kept = 0;
    for (size_t i = 0; i < settings->count; i++) {
        bool dropped = false;
        for (size_t k = 0; k < sizeof optional / sizeof optional[0]; k++)
            dropped |= strcmp(settings->rows[i].option, optional[k]) == 0 &&
                       strcmp(settings->rows[i].value, none) == 0;
        if (!dropped)
            settings->rows[kept++] = settings->rows[i];
    }
    settings->count = kept;
}

/* Keys that a script signs with are of the test PKI, or "other". */
static bool has_keys(const shk_script *script, char *why)
{
    bool has = true;
    for (size_t i = 0; i < script->operation_count && has; i++) {
        const shk_operation *o = &script->operations[i];
        shk_buf name = shk_buf_growing(&shk_libc_allocator);
        char path[SHK_TEST_PKI_PATH];
        if (o->kind == SHK_OP_SIGN_KEY && shk_value_bytes(o->value, 0, NULL, NULL, &name) &&
            shk_buf_append(&name, shk_span_of(".key", sizeof ".key")) == SHK_OK &&
            strcmp((const char *)name.data, "other.key") != 0) {
            shk_test_pki_option("", (const char *)name.data, path);
            has = access(path, R_OK) == 0;
            snprintf(why, SHK_WHY_SIZE, "sign with key: there is no %.200s", path);
        }
        shk_buf_free(&name);
    }
    return has;
}

bool shk_play_settings_of(const shk_script *script, const char *folder, int side, size_t connection,
                          shk_play_settings *out, char *why)
{
    *out = (shk_play_settings){.count = 0, .paths = shk_buf_growing(&shk_libc_allocator)};
    snprintf(why, SHK_WHY_SIZE, "no memory");
    if (shk_buf_reserve(&out->paths, PATHS) != SHK_OK ||
        !add_own(script, folder, side, connection, out, why) ||
        !add_defaults(script, folder, side, connection, out, why) || !has_keys(script, why))
        return false;
    drop_none(out);
    return true;
}

bool shk_play_configure(const shk_play_settings *settings, int side, shk_cli_end *end, char *why)
{
    char reason[SHK_WHY_SIZE];
    memset(end, 0, sizeof *end);
    end->config.server = side == 1;
    for (size_t i = 0; i < settings->count; i++) {
        const shk_play_setting *row = &settings->rows[i];
        if (shk_cli_set_end(end, row->option, row->value, reason))
            continue;
        snprintf(why, SHK_WHY_SIZE, "%s: %.200s", row->option, reason);
        return false;
    }
    return true;
}

static bool set_course(shk_play_course *out, const char *option, const char *value, char *why)
{
    const struct {
        const char *option;
        size_t *number;
        bool *flag;
    } rows[] = {
        {"chunk", &out->chunk, NULL},
        {"data", &out->data, NULL},
        {"send_early", &out->early, NULL},
        {"key_updates", NULL, &out->key_updates},
        {"post_handshake_auth", NULL, &out->later_auth},
    };
    char reason[SHK_WHY_SIZE];
    uint64_t number = 0;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (strcmp(rows[i].option, option) != 0)
            continue;
        if (rows[i].flag != NULL) {
            *rows[i].flag = strcmp(value, "yes") == 0;
            if (*rows[i].flag || strcmp(value, "no") == 0)
                return true;
            snprintf(reason, sizeof reason, "'%.60s' is neither yes nor no", value);
        } else if (shk_cli_number(value, 1, MAX_DATA, &number, reason)) {
            *rows[i].number = (size_t)number;
            return true;
        }
        snprintf(why, SHK_WHY_SIZE, "%s: %.200s", option, reason);
        return false;
    }
    out->renegotiates = strcmp(value, "server") == 0;
    if (out->renegotiates == 1 || strcmp(value, "client") == 0)
        return true;
    snprintf(why, SHK_WHY_SIZE, "renegotiate: '%.60s' is neither client nor server", value);
    return false;
}

bool shk_play_course_of(const shk_script *script, size_t connection, shk_play_course *out,
                        char *why)
{
    *out = (shk_play_course){.renegotiates = -1};
    for (size_t i = 0; i < script->setting_count; i++) {
        const shk_script_setting *s = &script->settings[i];
        if (s->whose == SHK_OF_RUN && (!s->second_alone || connection == 1) &&
            !set_course(out, s->option, s->value, why))
            return false;
    }
    return true;
}
