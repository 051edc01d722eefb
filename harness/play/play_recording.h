/* Recordings of runs in memory, which keep the script (drive/recording.h). */
#ifndef SHK_PLAY_RECORDING_H
#define SHK_PLAY_RECORDING_H

#include "play/play_end.h"

/* What the recording of a connection begins with: the settings of both ends, with the content of
 * files, what they have to resume from, and the script for the side that plays it (-1: neither;
 * what stands in the middle is no matter of an end). `seed` is that of both ends and the player.
 * False with a reason in `why`. */
bool shk_play_record_head(const shk_play_end ends[2], const shk_script *script, int player_side,
                          size_t connection, uint64_t seed, shk_buf *log, char *why);

#endif
