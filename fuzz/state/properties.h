/* What holds of a connection after whatever it was fed (state/connection.h). */
#ifndef SHK_FUZZ_STATE_PROPERTIES_H
#define SHK_FUZZ_STATE_PROPERTIES_H

#include "state/connection.h"

/* What has been seen of a connection so far. */
typedef struct {
    const shk_config *config;
    shk_state_outcome *outcome;
    const uint64_t *ways;
    unsigned state;
    bool connected;    /* it has been */
    bool failed;       /* a call has returned the error that ended it */
    bool alerted;      /* a fatal alert was sent */
    size_t sent;       /* bytes */
    size_t fed;        /* bytes */
    size_t sent_by_us; /* bytes that the application has written, at most */
    uint64_t progress; /* a digest of what a record can change */
    unsigned without;  /* whole records in a row that changed nothing */
} shk_state_watch;

/* For each state, those that the flow tables lead to from it, in any number of rows, as bits.
 * `ways` has room for SHK_STATE_WAYS. */
void shk_state_find_ways(uint64_t *ways);
/* Begins to watch a connection before it is started. */
shk_state_watch shk_state_watch_of(const shk_conn *conn, const shk_config *config,
                                   const uint64_t *ways, shk_state_outcome *outcome);
/* Checks all of it after a call that returned `status`, of the peer's bytes (`fed`) or the
 * application's. False: violated. The output is still there. */
bool shk_state_holds(shk_state_watch *watch, const shk_conn *conn, bool fed, shk_status status);
/* After a whole record. */
bool shk_state_goes_on(shk_state_watch *watch, const shk_conn *conn);
/* The memory in use at most, whatever the peer sent. */
bool shk_state_fits(const shk_state_watch *watch, size_t peak);

#endif
