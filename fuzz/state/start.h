/* Where the connections of one setting begin: each is made and started once, with the session that
 * it resumes, and its memory is put back for every input that has the same settings. */
#ifndef SHK_FUZZ_STATE_START_H
#define SHK_FUZZ_STATE_START_H

#include "shakedown/conn.h"
#include "state/arena.h"
#include "state/ends.h"

/* A connection that has been started, and all that it points to; the connection, the cache and the
 * guard lie in the arena, whose image is kept. */
typedef struct {
    bool is_there;
    shk_config config;
    shk_state_session session;
    shk_state_stores stores;
    shk_conn *conn;    /* NULL: the settings make no configuration that can be used */
    shk_status status; /* of shk_conn_start */
    shk_state_random random;
    shk_state_random drawn; /* `random` as it was then */
    shk_arena_image image;
} shk_state_start;

/* Room for the starts of all settings, none of which is there yet; their own memory comes as they
 * are used. NULL: no memory. */
shk_state_start *shk_state_starts_new(void);
void shk_state_starts_free(shk_state_start *starts);
/* Makes one, of the settings of the input, that is not kept. */
void shk_state_start_begin(shk_state_start *start, const shk_state_ends *ends, shk_arena *arena,
                           const shk_state_target *target, const shk_state_input *input);
/* The start for the settings of the input, with its memory in the arena. NULL without memory. */
shk_state_start *shk_state_start_of(shk_state_start *starts, const shk_state_ends *ends,
                                    shk_arena *arena, const shk_state_target *target,
                                    const shk_state_input *input);

#endif
