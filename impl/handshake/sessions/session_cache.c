/* The server's session cache (shakedown/session.h): the oldest makes room. */
#include <string.h>

#include "handshake/state/session_content.h"
#include "shakedown/crypto.h"
#include "shakedown/errors.h"
#include "shakedown/session.h"
#include "shakedown/types.h"

typedef struct {
    uint8_t id[SHK_MAX_SESSION_ID];
    size_t id_len; /* 0: free */
    shk_buf session;
} cache_slot;

struct shk_session_cache {
    const shk_allocator *allocator;
    size_t capacity;
    size_t next; /* the oldest, to be overwritten */
    cache_slot *slots;
};

shk_session_cache *shk_session_cache_new(const shk_allocator *allocator, size_t capacity)
{
    shk_session_cache *cache = (shk_session_cache *)shk_new(allocator, sizeof *cache);
    if (cache == NULL)
        return NULL;
    cache->allocator = allocator;
    cache->capacity = capacity;
    cache->slots = (cache_slot *)shk_new(allocator, capacity * sizeof cache->slots[0]);
    if (cache->slots == NULL) {
        shk_delete(allocator, cache, sizeof *cache);
        return NULL;
    }
    for (size_t i = 0; i < capacity; i++)
        cache->slots[i].session = shk_buf_growing(allocator);
    return cache;
}

void shk_session_cache_free(shk_session_cache *cache)
{
    if (cache == NULL)
        return;
    for (size_t i = 0; i < cache->capacity; i++)
        shk_buf_wipe(&cache->slots[i].session);
    shk_delete(cache->allocator, cache->slots, cache->capacity * sizeof cache->slots[0]);
    shk_delete(cache->allocator, cache, sizeof *cache);
}

void shk_session_cache_put(shk_session_cache *cache, shk_span id, shk_span session)
{
    cache_slot *slot = &cache->slots[cache->next];
    if (id.len == 0 || id.len > SHK_MAX_SESSION_ID)
        return;
    cache->next = (cache->next + 1) % cache->capacity;
    shk_buf_wipe(&slot->session);
    slot->id_len = 0;
    if (shk_buf_append(&slot->session, session) != SHK_OK)
        return;
    memcpy(slot->id, id.data, id.len);
    slot->id_len = id.len;
}

shk_span shk_session_cache_get(const shk_session_cache *cache, shk_span id)
{
    for (size_t i = 0; i < cache->capacity; i++) {
        const cache_slot *slot = &cache->slots[i];
        if (slot->id_len > 0 && shk_span_equal(id, shk_span_of(slot->id, slot->id_len)))
            return shk_buf_span(&slot->session);
    }
    return shk_span_of(NULL, 0);
}

void shk_session_cache_remove(shk_session_cache *cache, shk_span id)
{
    for (size_t i = 0; i < cache->capacity; i++) {
        cache_slot *slot = &cache->slots[i];
        if (slot->id_len > 0 && shk_span_equal(id, shk_span_of(slot->id, slot->id_len))) {
            shk_buf_wipe(&slot->session);
            slot->id_len = 0;
        }
    }
}
