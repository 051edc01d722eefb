/* A cache of set-ups (cli/setup_cache.h). */
#include "cli/setup_cache.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool shk_cli_next_end_option(int argc, char **argv, int side, int *at, const char **name,
                             size_t *name_len, const char **value)
{
    size_t prefix;
    bool flag;
    for (; *at < argc; ++*at) {
        const char *word = argv[*at];
        if (strncmp(word, "--", 2) != 0)
            continue;
        const char *equals = strchr(word, '=');
        *name = word + 2;
        *name_len = equals != NULL ? (size_t)(equals - *name) : strlen(*name);
        if (!shk_cli_is_end_option(*name, *name_len, side, &prefix, &flag))
            continue;
        *name += prefix;
        *name_len -= prefix;
        *value = "yes";
        if (!flag)
            *value = equals != NULL ? equals + 1 : *at + 1 < argc ? argv[*at + 1] : "";
        ++*at;
        return true;
    }
    return false;
}

/* "kind side\nticket_seed=N\nname=value\n...", with its terminator. Errors: SHK_E_NO_MEMORY. */
static shk_status make_key(const shk_endpoint_kind *kind, int side, uint64_t seed, int argc,
                           char **argv, shk_buf *key)
{
    const char *name, *value;
    size_t name_len;
    int at = 1;
    char head[64];
    snprintf(head, sizeof head, "%s %d\nticket_seed=%" PRIu64 "\n", kind->name, side, seed);
    SHK_TRY(shk_buf_append(key, shk_span_of_text(head)));
    while (shk_cli_next_end_option(argc, argv, side, &at, &name, &name_len, &value)) {
        SHK_TRY(shk_buf_append(key, shk_span_of(name, name_len)));
        SHK_TRY(shk_buf_append(key, shk_span_of_text("=")));
        SHK_TRY(shk_buf_append(key, shk_span_of_text(value)));
        SHK_TRY(shk_buf_append(key, shk_span_of_text("\n")));
    }
    return shk_buf_append(key, shk_span_of("", 1));
}

static void empty(shk_setup_slot *slot)
{
    if (slot->setup != NULL)
        slot->kind->teardown(slot->setup);
    free(slot->key);
    free(slot->words);
    memset(slot, 0, sizeof *slot);
}

/* Sets the slot up from its own copy of the key's lines. */
static bool fill(shk_setup_slot *slot, const shk_endpoint_kind *kind, int side, const char *key,
                 char *why)
{
    char *rest;
    slot->kind = kind;
    slot->key = strdup(key);
    slot->words = strdup(strchr(key, '\n') + 1);
    snprintf(why, SHK_WHY_SIZE, "no memory");
    if (slot->key == NULL || slot->words == NULL)
        return false;
    slot->end.config.server = side == 1;
    for (char *line = strtok_r(slot->words, "\n", &rest); line != NULL;
         line = strtok_r(NULL, "\n", &rest)) {
        char *equals = strchr(line, '=');
        *equals = 0;
        if (!shk_cli_set_end(&slot->end, line, equals + 1, why))
            return false;
    }
    return kind->setup(&slot->end.config, &slot->setup, why);
}

/* The set-up by its key. NULL with a reason. */
static shk_endpoint_setup *get(shk_setup_cache *cache, const shk_endpoint_kind *kind, int side,
                               const char *key, char *why)
{
    shk_setup_slot *slot = &cache->slots[0];
    cache->clock++;
    for (size_t i = 0; i < SHK_SETUP_CACHE_SIZE; i++) {
        shk_setup_slot *other = &cache->slots[i];
        if (other->setup != NULL && strcmp(other->key, key) == 0) {
            other->used = cache->clock;
            return other->setup;
        }
        if (other->used < slot->used)
            slot = other;
    }
    empty(slot);
    slot->used = cache->clock;
    if (fill(slot, kind, side, key, why))
        return slot->setup;
    slot->setup = NULL;
    empty(slot);
    return NULL;
}

shk_endpoint_setup *shk_setup_cache_get(shk_setup_cache *cache, const shk_endpoint_kind *kind,
                                        int side, uint64_t seed, int argc, char **argv, char *why)
{
    shk_buf key = shk_buf_growing(&shk_libc_allocator);
    shk_endpoint_setup *setup = NULL;
    snprintf(why, SHK_WHY_SIZE, "no memory");
    if (make_key(kind, side, seed, argc, argv, &key) == SHK_OK)
        setup = get(cache, kind, side, (const char *)key.data, why);
    shk_buf_free(&key);
    return setup;
}

void shk_setup_cache_clear(shk_setup_cache *cache)
{
    for (size_t i = 0; i < SHK_SETUP_CACHE_SIZE; i++)
        empty(&cache->slots[i]);
}
