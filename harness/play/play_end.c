/* An end that takes part in a run (play/play_end.h). */
#include "play/play_end.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Keeps the sessions of the set-up that is replaced. */
static bool save(shk_play_end *end, char *why)
{
    end->saved.len = 0;
    if (end->kind->save != NULL && end->kind->save(end->setup, &end->saved))
        return true;
    snprintf(why, SHK_WHY_SIZE,
             "another configuration of the %s for the second connection, with the first's sessions",
             end->side == 0 ? "client" : "server");
    return false;
}

shk_play_end shk_play_end_begin(const shk_endpoint_kind *kind, int side, shk_play_part part,
                                shk_play_setups *store)
{
    return (shk_play_end){.kind = kind,
                          .side = side,
                          .part = part,
                          .store = store,
                          .settings = {{.paths = shk_buf_growing(&shk_libc_allocator)},
                                       {.paths = shk_buf_growing(&shk_libc_allocator)}},
                          .saved = shk_buf_growing(&shk_libc_allocator)};
}

const shk_play_settings *shk_play_end_settings(const shk_play_end *end)
{
    return &end->settings[end->setups - 1];
}

const shk_endpoint_config *shk_play_end_config(const shk_play_end *end)
{
    return &end->configs[end->setups - 1]->config;
}

/* Whether a file is at fault that no script has named: then no kind is to be blamed. */
static bool names_default(const shk_play_settings *settings, const char *why)
{
    for (size_t i = 0; i < settings->count; i++)
        if (settings->rows[i].is_default && strchr(settings->rows[i].value, '/') != NULL &&
            strstr(why, settings->rows[i].value) != NULL)
            return true;
    return false;
}

/* Takes the set-up of the latest settings from the store. */
static shk_play_set_up_result take_shared(shk_play_end *end, shk_play_prepare *prepare,
                                          void *context, char *why)
{
    const size_t n = end->setups - 1;
    const shk_shared_setup *made = shk_play_setups_get(end->store, end->kind, end->side, end->part,
                                                       &end->settings[n], prepare, context);
    snprintf(why, SHK_WHY_SIZE, "%s", made != NULL ? made->why : "no memory");
    end->shared[n] = true;
    if (made == NULL || made->no_settings)
        return SHK_PLAY_NO_SETTINGS;
    end->configs[n] = made->config;
    end->setup = made->setup;
    return made->setup != NULL ? SHK_PLAY_SET_UP : SHK_PLAY_NOT_OF_KIND;
}

/* Makes the set-up of the latest settings. */
static shk_play_set_up_result make(shk_play_end *end, shk_play_prepare *prepare, void *context,
                                   char *why)
{
    const size_t n = end->setups - 1;
    if (end->store != NULL && end->saved.len == 0 && shk_play_setups_can_have(end->kind))
        return take_shared(end, prepare, context, why);
    end->configs[n] = (shk_cli_end *)calloc(1, sizeof *end->configs[n]);
    snprintf(why, SHK_WHY_SIZE, "no memory");
    if (end->configs[n] == NULL ||
        !shk_play_configure(&end->settings[n], end->side, end->configs[n], why))
        return SHK_PLAY_NO_SETTINGS;
    shk_endpoint_config *config = &end->configs[n]->config;
    if (config->server && config->ticket_seed == 0)
        config->ticket_seed = SHK_PLAY_TICKET_SEED;
    if (end->saved.len > 0)
        config->saved = shk_buf_span(&end->saved);
    prepare(context, end->side, config);
    if (end->kind->setup(config, &end->setup, why))
        return SHK_PLAY_SET_UP;
    return names_default(&end->settings[n], why) ? SHK_PLAY_NO_SETTINGS : SHK_PLAY_NOT_OF_KIND;
}

static void tear_down(shk_play_end *end)
{
    if (end->setup != NULL && !end->shared[end->setups - 1])
        end->kind->teardown(end->setup);
    end->setup = NULL;
}

shk_play_set_up_result shk_play_end_set_up(shk_play_end *end, const shk_script *script,
                                           const char *folder, size_t connection,
                                           shk_play_prepare *prepare, void *context, char *why)
{
    shk_play_settings settings;
    if (!shk_play_settings_of(script, folder, end->side, connection, &settings, why)) {
        shk_play_settings_free(&settings);
        return SHK_PLAY_NO_SETTINGS;
    }
    if (end->setup != NULL && shk_play_settings_equal(shk_play_end_settings(end), &settings)) {
        shk_play_settings_free(&settings);
        return SHK_PLAY_SET_UP;
    }
    const bool saved = end->setup == NULL || save(end, why);
    tear_down(end);
    end->settings[end->setups++] = settings;
    return saved ? make(end, prepare, context, why) : SHK_PLAY_NOT_OF_KIND;
}

bool shk_play_end_wrap(shk_play_end *end, const shk_endpoint_kind *kind, shk_endpoint *wrapper)
{
    if (wrapper == NULL)
        return false;
    end->layers[end->layer_count].kind = kind;
    end->layers[end->layer_count++].end = wrapper;
    return true;
}

bool shk_play_end_open(shk_play_end *end, uint64_t seed)
{
    return shk_play_end_wrap(end, &shk_endpoint_metered,
                             shk_metered_open(end->kind, end->setup, seed, &end->meter));
}

const shk_endpoint_kind *shk_play_end_kind(const shk_play_end *end)
{
    return end->layers[end->layer_count - 1].kind;
}

shk_endpoint *shk_play_end_top(const shk_play_end *end)
{
    return end->layers[end->layer_count - 1].end;
}

/* `len` bytes that begin with the words. */
static bool make_data(const char *words, size_t len, shk_buf *out)
{
    const size_t known = strlen(words);
    const size_t all = len > known ? len : known;
    if (shk_buf_reserve(out, all) != SHK_OK)
        return false;
    memset(out->data, 'd', all);
    memcpy(out->data, words, known);
    out->len = all;
    return true;
}

bool shk_play_end_write(const shk_play_end *end, const char *words, size_t len)
{
    shk_buf data = shk_buf_growing(&shk_libc_allocator);
    const bool ok = make_data(words, len, &data) &&
                    shk_play_end_kind(end)->write(shk_play_end_top(end), shk_buf_span(&data));
    shk_buf_free(&data);
    return ok;
}

void shk_play_end_write_early(const shk_play_end *end, size_t len)
{
    const shk_endpoint_kind *kind = shk_play_end_kind(end);
    shk_buf data = shk_buf_growing(&shk_libc_allocator);
    if (len > 0 && kind->write_early != NULL && make_data("", len, &data))
        (void)kind->write_early(shk_play_end_top(end), shk_buf_span(&data));
    shk_buf_free(&data);
}

void shk_play_end_close(shk_play_end *end)
{
    while (end->layer_count-- > 0)
        end->layers[end->layer_count].kind->close(end->layers[end->layer_count].end);
    end->layer_count = 0;
}

void shk_play_end_free(shk_play_end *end)
{
    tear_down(end);
    for (size_t i = 0; i < 2; i++) {
        shk_play_settings_free(&end->settings[i]);
        if (!end->shared[i])
            free(end->configs[i]);
    }
    shk_buf_wipe(&end->saved);
}
