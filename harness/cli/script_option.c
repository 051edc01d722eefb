/* The option --script (cli/script_option.h). */
#include "cli/script_option.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/options.h"
#include "endpoint/file.h"

enum { TEXT = 64 * 1024 }; /* of the words that are added */

static char resume[] = "--resume";

bool shk_cli_script_open(const char *path, shk_cli_script *out, char *why)
{
    shk_buf text = shk_buf_growing(&shk_libc_allocator);
    bool ok = shk_read_file(path, &text, why) &&
              shk_script_parse(shk_buf_span(&text), path, &out->script, why);
    shk_buf_free(&text);
    shk_test_pki_option("", "", out->files);
    if (!ok)
        return false;
    out->player = shk_player_new(out->script, out->files);
    if (out->player == NULL)
        snprintf(why, SHK_WHY_SIZE, "no memory");
    return out->player != NULL;
}

void shk_cli_script_close(shk_cli_script *script)
{
    shk_player_free(script->player);
    shk_script_free(script->script);
    script->player = NULL;
    script->script = NULL;
}

int shk_cli_script_side(const shk_cli_script *script)
{
    switch (script->script->player) {
    case SHK_PLAYER_CLIENT:
        return 0;
    case SHK_PLAYER_SERVER:
        return 1;
    default:
        return -1;
    }
}

void shk_cli_script_apply(const shk_cli_script *script, shk_endpoint_config *config)
{
    config->hooks = shk_player_hooks(script->player);
    config->observer = shk_player_observe;
    config->observer_context = script->player;
}

bool shk_cli_script_was_played(const shk_cli_script *script, const char *command)
{
    char why[SHK_WHY_SIZE];
    if (shk_player_played(script->player, why))
        return true;
    shk_cli_fail(command, SHK_EXIT_FAILED, "--script: unplayed: %s", why);
    return false;
}

/* The argument of the last --script, which counts; NULL: there is none. */
static const char *path_in(int argc, char **argv)
{
    static const char option[] = "--script";
    const size_t len = strlen(option);
    const char *path = NULL;
    for (int i = 1; i < argc; i++) {
        if (strncmp(argv[i], option, len) != 0)
            continue;
        if (argv[i][len] == '=')
            path = argv[i] + len + 1;
        else if (argv[i][len] == 0 && i + 1 < argc)
            path = argv[i + 1];
    }
    return path;
}

/* "--PREFIXNAME=VALUE"; a flag, which has no value (NULL), stands alone. The text has all its room
 * from the start. */
static bool add_word(shk_script_words *out, const char *prefix, const char *option,
                     const char *value)
{
    char *word = (char *)out->text.data + out->text.len;
    const size_t room = out->text.cap - out->text.len;
    const int len = snprintf(word, room, "--%s%s%s%s", prefix, option, value != NULL ? "=" : "",
                             value != NULL ? value : "");
    if (len < 0 || (size_t)len >= room)
        return false;
    for (char *c = word; *c != 0 && *c != '='; c++)
        if (*c == '_')
            *c = '-';
    out->words[out->count++] = word;
    out->text.len += (size_t)len + 1;
    return true;
}

static bool add_setting(shk_script_words *out, const char *prefix, const shk_play_setting *row)
{
    const shk_end_option *option = shk_end_option_named(row->option, strlen(row->option));
    if (option->argument != NULL)
        return add_word(out, prefix, row->option, row->value);
    return strcmp(row->value, "yes") != 0 || add_word(out, prefix, row->option, NULL);
}

static bool add_settings(const shk_script *script, const char *folder, unsigned ends,
                         shk_script_words *out, char *why)
{
    static const char *const prefixes[2] = {"client-", "server-"};
    for (int side = 0; side < 2; side++) {
        if ((ends & (side == 0 ? SHK_OF_CLIENT : SHK_OF_SERVER)) == 0)
            continue;
        if (!shk_play_settings_of(script, folder, side, script->second, &out->settings[side], why))
            return false;
        for (size_t i = 0; i < out->settings[side].count; i++) {
            const shk_play_setting *row = &out->settings[side].rows[i];
            if (row->is_default &&
                (ends != SHK_OF_BOTH || strcmp(row->option, "keep_sessions") == 0))
                continue;
            snprintf(why, SHK_WHY_SIZE, "its settings are too long");
            if (!add_setting(out, ends == SHK_OF_BOTH ? prefixes[side] : "", row))
                return false;
        }
    }
    return true;
}

/* What `shakedown pair` has for the run itself. */
static bool add_run_options(const shk_script *script, shk_script_words *out, char *why)
{
    snprintf(why, SHK_WHY_SIZE, "its settings are too long");
    if (script->second)
        out->words[out->count++] = resume;
    for (size_t i = 0; i < script->setting_count; i++) {
        const shk_script_setting *s = &script->settings[i];
        if (s->second_alone) {
            snprintf(why, SHK_WHY_SIZE,
                     "its second connection has settings of its own: shakedown play has them");
            return false;
        }
        if (s->whose != SHK_OF_RUN)
            continue;
        if (!add_word(out, "", s->option, strcmp(s->value, "yes") == 0 ? NULL : s->value))
            return false;
    }
    return true;
}

static bool add_script(const char *path, unsigned ends, shk_script_words *out, char *why)
{
    shk_cli_script script = {.script = NULL};
    const char *slash = strrchr(path, '/');
    char folder[SHK_TEST_PKI_PATH] = ".";
    if (slash != NULL)
        snprintf(folder, sizeof folder, "%.*s", (int)(slash - path), path);
    const bool ok = shk_cli_script_open(path, &script, why) &&
                    add_settings(script.script, folder, ends, out, why) &&
                    (ends != SHK_OF_BOTH || add_run_options(script.script, out, why));
    shk_cli_script_close(&script);
    return ok;
}

bool shk_script_words_of(int argc, char **argv, unsigned ends, shk_script_words *out, char *why)
{
    const char *path = path_in(argc, argv);
    *out = (shk_script_words){.text = shk_buf_growing(&shk_libc_allocator)};
    for (int side = 0; side < 2; side++)
        out->settings[side].paths = shk_buf_growing(&shk_libc_allocator);
    out->words = (char **)calloc((size_t)argc + 3 * SHK_PLAY_SETTINGS + 2, sizeof *out->words);
    snprintf(why, SHK_WHY_SIZE, "no memory");
    if (out->words == NULL || shk_buf_reserve(&out->text, TEXT) != SHK_OK)
        return false;
    out->words[out->count++] = argv[0];
    if (path != NULL && !add_script(path, ends, out, why))
        return false;
    for (int i = 1; i < argc; i++)
        out->words[out->count++] = argv[i];
    return true;
}

void shk_script_words_free(shk_script_words *words)
{
    free(words->words);
    shk_buf_free(&words->text);
    for (int side = 0; side < 2; side++)
        shk_play_settings_free(&words->settings[side]);
}
