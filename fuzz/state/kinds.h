/* Each kind of handshake between two ends over the toy, with data and what else comes after it: of
 * these are the seeds of the stateful targets. */
#ifndef SHK_FUZZ_STATE_KINDS_H
#define SHK_FUZZ_STATE_KINDS_H

#include "shakedown/conn.h"
#include "state/ends.h"

/* What both ends said in the end; [1] is the server's. */
typedef struct {
    shk_conn_info info[2];
    shk_fault fault[2];
} shk_state_result;

/* Runs both ends. `seed` receives the input with which the target of the one end meets the same.
 * False where an end is not connected, or failed. */
bool shk_state_kind_run(const shk_state_ends *ends, const shk_state_kind *kind, bool seed_of_server,
                        shk_buf *seed, shk_state_result *result);

#endif
