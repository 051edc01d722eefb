/* Early data is taken once: the recording of ClientHellos (RFC 8446 §8.2; shakedown/session.h). */
#include <string.h>

#include "shakedown/crypto.h"
#include "shakedown/session.h"
#include "shakedown/types.h"

/* As long as one ClientHello may be fresh: ten seconds to either side, both ends included. */
enum { ID = 32, WINDOW_MS = 20 * 1000 + 1 };

typedef struct {
    uint8_t id[ID]; /* the front of a binder */
    int64_t until_ms;
} guard_slot;

struct shk_replay_guard {
    const shk_allocator *allocator;
    size_t capacity;
    guard_slot *slots;
};

shk_replay_guard *shk_replay_guard_new(const shk_allocator *allocator, size_t capacity)
{
    shk_replay_guard *guard = (shk_replay_guard *)shk_new(allocator, sizeof *guard);
    if (guard == NULL)
        return NULL;
    guard->allocator = allocator;
    guard->capacity = capacity;
    guard->slots = (guard_slot *)shk_new(allocator, capacity * sizeof guard->slots[0]);
    if (guard->slots == NULL) {
        shk_delete(allocator, guard, sizeof *guard);
        return NULL;
    }
    return guard;
}

void shk_replay_guard_free(shk_replay_guard *guard)
{
    if (guard == NULL)
        return;
    shk_delete(guard->allocator, guard->slots, guard->capacity * sizeof guard->slots[0]);
    shk_delete(guard->allocator, guard, sizeof *guard);
}

bool shk_replay_guard_admit(shk_replay_guard *guard, shk_span binder, int64_t now_ms)
{
    guard_slot *free_slot = NULL;
    if (binder.len < ID)
        return false;
    for (size_t i = 0; i < guard->capacity; i++) {
        guard_slot *slot = &guard->slots[i];
        if (slot->until_ms <= now_ms)
            free_slot = slot;
        else if (memcmp(slot->id, binder.data, ID) == 0)
            return false;
    }
    if (free_slot == NULL)
        return false;
    memcpy(free_slot->id, binder.data, ID);
    free_slot->until_ms = now_ms + WINDOW_MS;
    return true;
}
