/* Set-ups that many runs share (play/play_setups.h). */
#include "play/play_setups.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SETUPS = 1024 };

typedef struct {
    char *key; /* kind, side and settings; NULL: free */
    size_t key_len;
    const shk_endpoint_kind *kind;
    shk_play_settings settings; /* whose texts are in `key` */
    shk_shared_setup made;
    uint64_t used; /* value of `clock` at its last use */
} slot;

struct shk_play_setups {
    slot slots[SETUPS];
    uint64_t clock; /* counts the look-ups */
    shk_play_relay relay;
};

shk_play_setups *shk_play_setups_new(void)
{
    return (shk_play_setups *)calloc(1, sizeof(shk_play_setups));
}

static void empty(slot *s)
{
    if (s->made.setup != NULL)
        s->kind->teardown(s->made.setup);
    free(s->made.config);
    free(s->key);
    memset(s, 0, sizeof *s);
}

shk_play_relay *shk_play_setups_relay(shk_play_setups *setups)
{
    return &setups->relay;
}

bool shk_play_setups_can_have(const shk_endpoint_kind *kind)
{
    return kind->forget != NULL;
}

/* Appends a text with its terminator. */
static bool put(shk_buf *key, const char *text)
{
    return shk_buf_append(key, shk_span_of(text, strlen(text) + 1)) == SHK_OK;
}

/* Texts one behind the other: "KIND SIDE PART", then the value of each setting behind its option.
 */
static bool make_key(const shk_endpoint_kind *kind, int side, shk_play_part part,
                     const shk_play_settings *settings, shk_buf *key)
{
    char head[64];
    snprintf(head, sizeof head, "%.40s %d %d", kind->name, side, (int)part);
    bool ok = put(key, head);
    for (size_t i = 0; i < settings->count; i++)
        ok = ok && put(key, settings->rows[i].option) && put(key, settings->rows[i].value);
    return ok;
}

/* The settings again, with the texts of the key. */
static void copy_settings(const shk_play_settings *settings, char *key, shk_play_settings *out)
{
    const char *at = key + strlen(key) + 1;
    out->count = settings->count;
    for (size_t i = 0; i < settings->count; i++) {
        out->rows[i] = settings->rows[i];
        out->rows[i].option = at;
        at += strlen(at) + 1;
        out->rows[i].value = at;
        at += strlen(at) + 1;
    }
}

/* Sets up what the key says, or keeps why that cannot be. */
static void fill(slot *s, int side, shk_play_prepare *prepare, void *context)
{
    shk_shared_setup *made = &s->made;
    snprintf(made->why, sizeof made->why, "no memory");
    made->config = (shk_cli_end *)calloc(1, sizeof *made->config);
    made->no_settings =
        made->config == NULL || !shk_play_configure(&s->settings, side, made->config, made->why);
    if (made->no_settings)
        return;
    if (side == 1 && made->config->config.ticket_seed == 0)
        made->config->config.ticket_seed = SHK_PLAY_TICKET_SEED;
    prepare(context, side, &made->config->config);
    if (!s->kind->setup(&made->config->config, &made->setup, made->why))
        made->setup = NULL;
}

/* The slot of the key, or the least recently used one. */
static slot *find(shk_play_setups *setups, shk_span key)
{
    slot *oldest = &setups->slots[0];
    for (size_t i = 0; i < SETUPS; i++) {
        slot *s = &setups->slots[i];
        if (s->key != NULL && s->key_len == key.len && memcmp(s->key, key.data, key.len) == 0)
            return s;
        if (s->used < oldest->used)
            oldest = s;
    }
    empty(oldest);
    return oldest;
}

static const shk_shared_setup *get(shk_play_setups *setups, const shk_endpoint_kind *kind, int side,
                                   const shk_play_settings *settings, shk_span key,
                                   shk_play_prepare *prepare, void *context)
{
    slot *s = find(setups, key);
    s->used = ++setups->clock;
    if (s->key != NULL && (s->made.setup == NULL || kind->forget(s->made.setup)))
        return &s->made;
    empty(s);
    s->key = (char *)malloc(key.len);
    if (s->key == NULL)
        return NULL;
    memcpy(s->key, key.data, key.len);
    s->key_len = key.len;
    s->kind = kind;
    s->used = setups->clock;
    copy_settings(settings, s->key, &s->settings);
    fill(s, side, prepare, context);
    return &s->made;
}

const shk_shared_setup *shk_play_setups_get(shk_play_setups *setups, const shk_endpoint_kind *kind,
                                            int side, shk_play_part part,
                                            const shk_play_settings *settings,
                                            shk_play_prepare *prepare, void *context)
{
    shk_buf key = shk_buf_growing(&shk_libc_allocator);
    const shk_shared_setup *made = NULL;
    if (make_key(kind, side, part, settings, &key))
        made = get(setups, kind, side, settings, shk_buf_span(&key), prepare, context);
    shk_buf_free(&key);
    return made;
}
