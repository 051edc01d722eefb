/* One input of a stateful target: a connection, what it is fed, and the properties that hold after
 * each record. */
#ifndef SHK_FUZZ_STATE_CONNECTION_H
#define SHK_FUZZ_STATE_CONNECTION_H

#include "shakedown/conn.h"
#include "state/arena.h"
#include "state/ends.h"
#include "state/start.h"

enum { SHK_STATE_DETAIL = 256, SHK_STATE_WAYS = 64 };

/* What lasts from input to input of one target. */
typedef struct {
    const shk_state_target *target;
    shk_arena arena;
    shk_state_ends ends;
    shk_state_start *starts;       /* NULL: each run makes its own */
    uint64_t ways[SHK_STATE_WAYS]; /* between states */
} shk_state_runner;

/* False if there is no such target, or no memory. */
bool shk_state_runner_open(shk_state_runner *runner, const char *target);
void shk_state_runner_close(shk_state_runner *runner);

/* How the peer's stream is fed; as the settings say, or otherwise. */
typedef enum {
    SHK_CUT_RECORDS,
    SHK_CUT_NOT,
    SHK_CUT_HEADERS, /* three bytes of each record, then the rest of it */
    SHK_CUT_PIECES,  /* of a hundred bytes */
    SHK_CUT_BYTES
} shk_state_cut;

/* What an input did. `violation` is NULL where all properties hold. */
typedef struct {
    bool configured;    /* the settings make a configuration that can be used */
    bool connected;     /* it got past Finished */
    shk_conn_info info; /* where there are digests */
    shk_fault fault;
    unsigned state;
    size_t records;  /* that were fed */
    uint64_t output; /* a digest of all that was sent, and of the data that was read */
    size_t peak;     /* bytes of memory */
    const char *violation;
    char detail[SHK_STATE_DETAIL];
} shk_state_outcome;

/* Runs an input, cut as told, and checks after each piece:
 * - the state is one of the end's, of the version that was negotiated, and can be reached from the
 *   one before;
 * - at most one fatal alert is sent, it is the one of the failure's row, and nothing follows it;
 * - what is sent and what is held stays within a bound that the input and the limits of the
 *   configuration give;
 * - of 64 whole records in a row one changes something. */
void shk_state_run(shk_state_runner *runner, const shk_state_input *input, shk_state_cut cut,
                   bool digests, shk_state_outcome *outcome);
/* The same, cut as the settings say; `other` tells how to cut the stream for a second run, which
 * must send and read the same. Where it is NULL there is none. */
void shk_state_check(shk_state_runner *runner, shk_span bytes, const shk_state_cut *other,
                     shk_state_outcome *outcome);

#endif
