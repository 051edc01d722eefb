/* The recordings of `shakedown pair` (cli/pair_recording.h). */
#include "cli/pair_recording.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/options.h"
#include "cli/setup_cache.h"
#include "drive/recording.h"
#include "endpoint/file.h"

static const char *const sides[2] = {"client", "server"};

/* Options that the recording needs and the command line does not have: seeds and sessions. */
static shk_status record_implied(const shk_pair_job *job, int side, shk_endpoint_setup *setup,
                                 shk_buf *log)
{
    const shk_endpoint_config *c = &job->ends[side].config;
    shk_buf saved = shk_buf_growing(&shk_libc_allocator);
    bool ok = job->kinds[side]->save == NULL || job->kinds[side]->save(setup, &saved);
    shk_status status = ok ? SHK_OK : SHK_E_NO_MEMORY;
    if (status == SHK_OK)
        status = shk_recording_line(log, "option %s time %lld", sides[side], (long long)c->time);
    if (status == SHK_OK && c->server)
        status = shk_recording_line(log, "option server ticket-seed %llu",
                                    (unsigned long long)c->ticket_seed);
    if (status == SHK_OK && c->server && job->second_server == SHK_UNWILLING_SERVER)
        status = shk_recording_line(log, "option server max-early-data %lu",
                                    (unsigned long)c->max_early_data);
    if (status == SHK_OK && c->resume)
        status = shk_recording_line(log, "option client keep-sessions yes");
    if (status == SHK_OK && saved.len > 0)
        status = shk_recording_bytes(log, side == 0 ? "option client" : "option server", "saved",
                                     shk_buf_span(&saved));
    shk_buf_wipe(&saved);
    return status;
}

static bool has_argument(const shk_end_option *option, const char *name)
{
    return option->argument != NULL && strcmp(option->argument, name) == 0;
}

/* Records an option as it was given, but with a file's content instead of its path, which is valid
 * on this machine alone. Options that name a log have no effect on the handshake, and are left out.
 */
static bool record_option(const char *side, const shk_end_option *option, const char *value,
                          shk_buf *log, char *why)
{
    shk_buf content = shk_buf_growing(&shk_libc_allocator);
    shk_status status = SHK_OK;
    bool ok = true;
    if (has_argument(option, "FILE")) {
        ok = shk_read_file(value, &content, why);
        if (ok)
            status = shk_recording_file(log, side, option->name, shk_buf_span(&content));
    } else if (!has_argument(option, "LOG")) {
        status = shk_recording_option(log, side, option->name, value);
    }
    shk_buf_wipe(&content);
    if (status != SHK_OK)
        snprintf(why, SHK_WHY_SIZE, "%s", shk_error(status)->text);
    return ok && status == SHK_OK;
}

static shk_status record_ends(const shk_pair_job *job, uint64_t seed, shk_buf *log)
{
    SHK_TRY(shk_recording_line(log, "shakedown-recording 2"));
    for (int side = 0; side < 2; side++)
        SHK_TRY(shk_recording_line(log, "kind %s %s", sides[side], job->kinds[side]->name));
    return shk_recording_line(log, "seed %llu", (unsigned long long)seed);
}

shk_status shk_record_script(const shk_script *script, int side, size_t connection, shk_buf *log)
{
    shk_buf text = shk_buf_growing(&shk_libc_allocator);
    char verb[32];
    snprintf(verb, sizeof verb, "%s %zu", sides[side], connection);
    shk_status status = shk_script_print(script, &text) ? SHK_OK : SHK_E_NO_MEMORY;
    if (status == SHK_OK)
        status = shk_recording_bytes(log, "script", verb, shk_buf_span(&text));
    shk_buf_free(&text);
    return status;
}

/* A script that one of the ends plays; somebody in the middle is no matter of an end. */
static shk_status record_player(const shk_pair_job *job, bool second, shk_buf *log)
{
    const int side = job->script != NULL ? shk_cli_script_side(job->script) : -1;
    return side < 0 ? SHK_OK : shk_record_script(job->script->script, side, second, log);
}

bool shk_pair_record_head(const shk_pair_job *job, int argc, char **argv, uint64_t seed,
                          shk_endpoint_setup *setups[2], shk_buf *log, char *why)
{
    shk_status status = record_ends(job, seed, log);
    for (int side = 0; side < 2 && status == SHK_OK; side++) {
        const char *name, *value;
        size_t len;
        int at = 1;
        while (shk_cli_next_end_option(argc, argv, side, &at, &name, &len, &value))
            if (!record_option(sides[side], shk_end_option_named(name, len), value, log, why))
                return false;
        status = record_implied(job, side, setups[side], log);
    }
    if (status == SHK_OK)
        status = record_player(job, seed != job->seed, log);
    if (status != SHK_OK)
        snprintf(why, SHK_WHY_SIZE, "%s", shk_error(status)->text);
    return status == SHK_OK;
}

bool shk_save_recording(const char *command, const char *path, shk_buf *log, const char *verdict)
{
    size_t lines = 0;
    for (size_t i = 0; i < log->len; i++)
        lines += log->data[i] == '\n' ? 1 : 0;
    if (shk_recording_line(log, "verdict %s %zu", verdict, lines) != SHK_OK) {
        shk_cli_fail(command, SHK_EXIT_ENVIRONMENT, "no memory");
        return false;
    }
    FILE *file = shk_open_secret(path, false);
    bool ok = file != NULL && fwrite(log->data, 1, log->len, file) == log->len;
    if (file != NULL && fclose(file) != 0)
        ok = false;
    if (!ok)
        shk_cli_fail(command, SHK_EXIT_USAGE, "%s: %s", path, strerror(errno));
    return ok;
}
