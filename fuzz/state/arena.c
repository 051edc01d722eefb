/* Memory that is forgotten as a whole (state/arena.h). */
#include "state/arena.h"

#include <stdlib.h>
#include <string.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SHK_HAS_ASAN
#endif
#if __has_feature(memory_sanitizer)
#define SHK_HAS_MSAN
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define SHK_HAS_ASAN
#endif

#if defined(SHK_HAS_ASAN)
#include <sanitizer/asan_interface.h>
#define POISON(memory, len) ASAN_POISON_MEMORY_REGION(memory, len)
#define UNPOISON(memory, len) ASAN_UNPOISON_MEMORY_REGION(memory, len)
#elif defined(SHK_HAS_MSAN)
#include <sanitizer/msan_interface.h>
/* What is given out is without a value, as malloc's is. */
#define POISON(memory, len) __msan_poison(memory, len)
#define UNPOISON(memory, len) __msan_poison(memory, len)
#else
#define POISON(memory, len) ((void)(memory), (void)(len))
#define UNPOISON(memory, len) ((void)(memory), (void)(len))
#endif

enum { ALIGNMENT = 16, GAP = 16 };

static size_t room_of(size_t size)
{
    return (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT + GAP;
}

static void *give(shk_arena *arena, size_t size)
{
    if (size > arena->size - GAP - ALIGNMENT || room_of(size) > arena->size - arena->used)
        return NULL;
    uint8_t *block = arena->memory + arena->used;
    if (arena->count < SHK_ARENA_BLOCKS)
        arena->blocks[arena->count] = (shk_arena_block){(uint32_t)arena->used, (uint32_t)size};
    arena->count++;
    arena->used += room_of(size);
    arena->live += size;
    if (arena->live > arena->peak)
        arena->peak = arena->live;
    UNPOISON(block, size);
    return block;
}

static void take_back(shk_arena *arena, uint8_t *block, size_t size)
{
    uint32_t at = (uint32_t)(block - arena->memory);
    arena->live -= size;
    POISON(block, size);
    for (size_t i = arena->count < SHK_ARENA_BLOCKS ? arena->count : 0; i-- > 0;)
        if (arena->blocks[i].at == at) { /* the latest there; those before it are taken back */
            arena->blocks[i].size = 0;
            break;
        }
#if !defined(SHK_HAS_ASAN) /* where a use after the end would be seen, nothing is given out twice  \
                            */
    if (block + room_of(size) == arena->memory + arena->used)
        arena->used -= room_of(size);
#endif
}

static void *resize(void *context, void *old, size_t old_size, size_t new_size)
{
    shk_arena *arena = (shk_arena *)context;
    if (new_size == 0) {
        if (old != NULL)
            take_back(arena, (uint8_t *)old, old_size);
        return NULL;
    }
    void *block = give(arena, new_size);
    if (block == NULL || old == NULL)
        return block;
    memcpy(block, old, old_size < new_size ? old_size : new_size);
    take_back(arena, (uint8_t *)old, old_size);
    return block;
}

bool shk_arena_new(shk_arena *arena, size_t size)
{
    memset(arena, 0, sizeof *arena);
    arena->memory = (uint8_t *)malloc(size);
    arena->size = size;
    arena->allocator = (shk_allocator){resize, arena};
    if (arena->memory != NULL)
        POISON(arena->memory, size);
    return arena->memory != NULL;
}

void shk_arena_free(shk_arena *arena)
{
    if (arena->memory != NULL)
        UNPOISON(arena->memory, arena->size);
    free(arena->memory);
    arena->memory = NULL;
}

void shk_arena_reset(shk_arena *arena)
{
    POISON(arena->memory, arena->used);
    arena->used = arena->live = arena->peak = arena->count = 0;
}

bool shk_arena_save(const shk_arena *arena, shk_arena_image *image)
{
    *image = (shk_arena_image){
        .first = arena->used, .used = arena->used, .live = arena->live, .peak = arena->peak};
    image->blocks = (shk_arena_block *)malloc((arena->count + 1) * sizeof image->blocks[0]);
    if (arena->count > SHK_ARENA_BLOCKS || image->blocks == NULL)
        return false;
    for (size_t i = 0; i < arena->count; i++) {
        shk_arena_block block = arena->blocks[i];
        if (block.size == 0)
            continue;
        if (block.at < image->first)
            image->first = block.at;
        image->blocks[image->count++] = block;
    }
    image->memory = (uint8_t *)malloc(image->used - image->first + 1);
    for (size_t i = 0; image->memory != NULL && i < image->count; i++)
        memcpy(image->memory + image->blocks[i].at - image->first,
               arena->memory + image->blocks[i].at, image->blocks[i].size);
    return image->memory != NULL;
}

void shk_arena_restore(shk_arena *arena, const shk_arena_image *image)
{
    shk_arena_reset(arena);
    for (size_t i = 0; i < image->count; i++) {
        shk_arena_block block = image->blocks[i];
        UNPOISON(arena->memory + block.at, block.size);
        memcpy(arena->memory + block.at, image->memory + block.at - image->first, block.size);
        arena->blocks[i] = block;
    }
    arena->count = image->count;
    arena->used = image->used;
    arena->live = image->live;
    arena->peak = image->peak;
}

void shk_arena_image_free(shk_arena_image *image)
{
    free(image->memory);
    free(image->blocks);
    *image = (shk_arena_image){.memory = NULL};
}
