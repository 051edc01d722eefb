/* Recordings (drive/recording.h) that are run again: what our side sends is compared, byte by byte.
 */
#ifndef SHK_CLI_REPLAY_RECORDING_H
#define SHK_CLI_REPLAY_RECORDING_H

#include <stdio.h>

#include "endpoint/settings.h"

enum { SHK_REPLAY_WHY = 3 * SHK_WHY_SIZE };

/* Replays the recording in `file`, which is called `path`, and tells in `out` what each side of
 * ours does. Returns the exit code of `shakedown replay`; of 2 and 3 the reason is in `why`
 * (SHK_REPLAY_WHY bytes). */
int shk_replay_recording(const char *path, FILE *file, FILE *out, char *why);

#endif
