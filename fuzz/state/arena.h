/* Memory that is forgotten as a whole: what one input allocates. Blocks lie apart, and what is not
 * given out is poisoned, so that AddressSanitizer sees what it sees of malloc. All of it can be
 * saved, and put back in the same place. */
#ifndef SHK_FUZZ_STATE_ARENA_H
#define SHK_FUZZ_STATE_ARENA_H

#include "shakedown/types.h"

enum { SHK_ARENA_BLOCKS = 512 };

typedef struct {
    uint32_t at;
    uint32_t size;
} shk_arena_block;

typedef struct {
    shk_allocator allocator; /* its context is the arena */
    uint8_t *memory;
    size_t size;
    size_t used; /* of memory; the rest has not been given out since the last reset */
    size_t live; /* bytes in use */
    size_t peak; /* most that were */
    /* The first blocks that were given out since the last reset; those that were taken back have
     * size 0. */
    shk_arena_block blocks[SHK_ARENA_BLOCKS];
    size_t count;
} shk_arena;

/* What an arena holds at some time. */
typedef struct {
    uint8_t *memory; /* NULL where no block is in use */
    size_t first;    /* where in the arena it begins: no block before that is in use */
    size_t used;
    size_t live;
    size_t peak;
    shk_arena_block *blocks; /* those in use */
    size_t count;
} shk_arena_image;

/* False without memory. */
bool shk_arena_new(shk_arena *arena, size_t size);
void shk_arena_free(shk_arena *arena);
/* Forgets all blocks. */
void shk_arena_reset(shk_arena *arena);

/* Keeps what the arena holds. False without memory, or where SHK_ARENA_BLOCKS are too few. */
bool shk_arena_save(const shk_arena *arena, shk_arena_image *image);
/* Puts it back: pointers to its blocks are good again, and to no others. */
void shk_arena_restore(shk_arena *arena, const shk_arena_image *image);
void shk_arena_image_free(shk_arena_image *image);

#endif
