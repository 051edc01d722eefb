/* Where the connections of one setting begin (state/start.h). */
#include "state/start.h"

#include <stdlib.h>

enum { VARIANTS = 256 };

void shk_state_start_begin(shk_state_start *start, const shk_state_ends *ends, shk_arena *arena,
                           const shk_state_target *target, const shk_state_input *input)
{
    bool is_server = target->is_server;
    shk_random random = shk_state_random_of(&start->random, is_server);
    shk_arena_reset(arena);
    start->config = shk_state_config(ends, &input->settings, target->is_13, is_server);
    shk_state_resume(ends, input, target->is_13, &start->config, &start->session, &start->stores);
    arena->peak = arena->live; /* the first handshake is none of the input's */
    if (shk_conn_new(&start->config, &random, &start->conn) == SHK_OK)
        start->status = shk_conn_start(start->conn);
    start->drawn = start->random;
}

static size_t start_count(void)
{
    return shk_state_kind_count * VARIANTS;
}

shk_state_start *shk_state_starts_new(void)
{
    return (shk_state_start *)calloc(start_count(), sizeof(shk_state_start));
}

shk_state_start *shk_state_start_of(shk_state_start *starts, const shk_state_ends *ends,
                                    shk_arena *arena, const shk_state_target *target,
                                    const shk_state_input *input)
{
    size_t row = (size_t)(input->kind - shk_state_kinds);
    shk_state_start *start = &starts[row * VARIANTS + input->variants];
    if (start->is_there) {
        shk_arena_restore(arena, &start->image);
        start->random = start->drawn;
        return start;
    }
    shk_state_start_begin(start, ends, arena, target, input);
    start->is_there = shk_arena_save(arena, &start->image);
    return start->is_there ? start : NULL;
}

void shk_state_starts_free(shk_state_start *starts)
{
    for (size_t i = 0; starts != NULL && i < start_count(); i++)
        shk_arena_image_free(&starts[i].image);
    free(starts);
}
