/* Recordings of runs in memory (play/play_recording.h). */
#include "play/play_recording.h"

#include <stdio.h>
#include <string.h>

#include "cli/pair_recording.h"
#include "drive/recording.h"
#include "endpoint/file.h"

static const char *const sides[2] = {"client", "server"};

static bool is_argument(const shk_end_option *option, const char *name)
{
    return option->argument != NULL && strcmp(option->argument, name) == 0;
}

/* An option, with a file's content in place of its path. */
static shk_status record_option(const char *side, const shk_play_setting *row, shk_buf *log,
                                char *why)
{
    const shk_end_option *option = shk_end_option_named(row->option, strlen(row->option));
    shk_buf content = shk_buf_growing(&shk_libc_allocator);
    shk_status status = SHK_E_CONFIG;
    if (is_argument(option, "LOG"))
        status = SHK_OK;
    else if (!is_argument(option, "FILE"))
        status = shk_recording_option(log, side, row->option, row->value);
    else if (shk_read_file(row->value, &content, why))
        status = shk_recording_file(log, side, row->option, shk_buf_span(&content));
    shk_buf_wipe(&content);
    return status;
}

/* What no setting of the script says. */
static shk_status record_implied(const shk_play_end *end, shk_buf *log)
{
    const shk_endpoint_config *config = shk_play_end_config(end);
    const char *side = sides[end->side];
    shk_buf saved = shk_buf_growing(&shk_libc_allocator);
    const bool ok = end->kind->save == NULL || end->kind->save(end->setup, &saved);
    shk_status status = ok ? SHK_OK : SHK_E_NO_MEMORY;
    if (status == SHK_OK)
        status = shk_recording_line(log, "option %s time %lld", side, (long long)config->time);
    if (status == SHK_OK && config->server)
        status = shk_recording_line(log, "option server ticket-seed %llu",
                                    (unsigned long long)config->ticket_seed);
    if (status == SHK_OK && saved.len > 0)
        status = shk_recording_bytes(log, end->side == 0 ? "option client" : "option server",
                                     "saved", shk_buf_span(&saved));
    shk_buf_wipe(&saved);
    return status;
}

bool shk_play_record_head(const shk_play_end ends[2], const shk_script *script, int player_side,
                          size_t connection, uint64_t seed, shk_buf *log, char *why)
{
    why[0] = 0;
    shk_status status = shk_recording_line(log, "shakedown-recording 2");
    for (int side = 0; side < 2 && status == SHK_OK; side++)
        status = shk_recording_line(log, "kind %s %s", sides[side], ends[side].kind->name);
    if (status == SHK_OK)
        status = shk_recording_line(log, "seed %llu", (unsigned long long)seed);
    for (int side = 0; side < 2 && status == SHK_OK; side++) {
        const shk_play_settings *settings = shk_play_end_settings(&ends[side]);
        for (size_t i = 0; i < settings->count && status == SHK_OK; i++)
            status = record_option(sides[side], &settings->rows[i], log, why);
        if (status == SHK_OK)
            status = record_implied(&ends[side], log);
    }
    if (status == SHK_OK && player_side >= 0)
        status = shk_record_script(script, player_side, connection, log);
    if (status != SHK_OK && why[0] == 0)
        snprintf(why, SHK_WHY_SIZE, "%s", shk_error(status)->text);
    return status == SHK_OK;
}
