/* One script against one peer. */
#ifndef SHK_PLAY_RUN_H
#define SHK_PLAY_RUN_H

#include "oracle/oracle.h"
#include "play/peer.h"
#include "play/play_outcome.h"
#include "play/play_setups.h"

enum { SHK_PLAY_HAS = 32 };

/* What all runs have in common. */
typedef struct {
    const shk_oracles *oracles;
    const char *files;       /* the folder of the test PKI, whose keys scripts name */
    uint64_t seed;           /* of our ends */
    int64_t time;            /* in memory: where a script says none; seconds since 1970 */
    int64_t timeout_ms;      /* without progress, over a socket */
    size_t chunk;            /* in memory: bytes that an end gets at a time; 0: all there are */
    shk_play_setups *setups; /* in memory: shared with other runs; NULL: they are not */
    bool verbose;            /* transcripts and output are wanted */
    const char *record;      /* where the run is recorded; NULL: nowhere */
    const char *has[SHK_PLAY_HAS]; /* settings that a peer is told to have */
    size_t has_count;
} shk_play_options;

typedef struct {
    const shk_play_case *test;
    const shk_play_peer *peer;
    int peer_side; /* in which role the target is: 0 client, 1 server */
} shk_play_run;

/* Plays it against a kind of endpoint, in memory. */
void shk_play_in_memory(const shk_play_run *run, const shk_play_options *options,
                        shk_play_outcome *out);

#endif
