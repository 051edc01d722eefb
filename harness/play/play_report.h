/* How the verdicts of a play are printed: a line for a person, with what both sides say below it
 * where that matters, or a line of JSON. */
#ifndef SHK_PLAY_REPORT_H
#define SHK_PLAY_REPORT_H

#include "play/play_run.h"

typedef struct {
    bool json;
    bool verbose;
} shk_play_style;

void shk_play_print(const shk_play_run *run, const shk_play_outcome *outcome,
                    const shk_play_style *style);

/* How many runs came to which verdict, and what those that failed answered. */
typedef struct {
    size_t verdicts[SHK_PLAY_VERDICTS];
    size_t failed[SHK_ANSWERS];
} shk_play_tally;

void shk_play_tally_add(shk_play_tally *tally, const shk_play_outcome *outcome);

/* The counts and how long it took, and what can be done about runs that say nothing of the peer. */
void shk_play_print_summary(const shk_play_peer *peer, const shk_play_tally *tally, size_t left_out,
                            int64_t micros, const shk_play_style *style);

/* By which name a run is known: that of the script, with the role of the peer where it plays both.
 * SHK_WORDS_SIZE bytes. */
void shk_play_run_name(const shk_play_run *run, char *out);
/* The version of the library that the peer is of, as far as we know it; "" if we do not. */
const char *shk_play_peer_version(const shk_play_peer *peer);
/* The clause that a script goes by, or the ids of its rows; SHK_WORDS_SIZE bytes. */
void shk_play_clause_text(const shk_script *script, char *out);

#endif
