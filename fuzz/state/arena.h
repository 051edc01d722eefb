/* Memory that is forgotten as a whole: what one input allocates. Blocks lie apart, and what is not
 * given out is poisoned, so that AddressSanitizer sees what it sees of malloc. */
#ifndef SHK_FUZZ_STATE_ARENA_H
#define SHK_FUZZ_STATE_ARENA_H

#include "shakedown/types.h"

typedef struct {
    shk_allocator allocator; /* its context is the arena */
    uint8_t *memory;
    size_t size;
    size_t used; /* of memory; the rest has not been given out since the last reset */
    size_t live; /* bytes in use */
    size_t peak; /* most that were */
} shk_arena;

/* False without memory. */
bool shk_arena_new(shk_arena *arena, size_t size);
void shk_arena_free(shk_arena *arena);
/* Forgets all blocks. */
void shk_arena_reset(shk_arena *arena);

#endif
