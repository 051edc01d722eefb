/* Runs of scripts side by side, in processes of their own: a peer that crashes, or loops for ever,
 * ends one of them and not the play. */
#ifndef SHK_PLAY_WORKERS_H
#define SHK_PLAY_WORKERS_H

#include "play/play_run.h"

enum { SHK_PLAY_JOBS = 64 }; /* processes at most */

/* Told of every run, in their order. What it is shown is freed afterwards. */
typedef void shk_play_reporter(void *context, size_t run, shk_play_outcome *outcome);

/* Plays all runs by `jobs` processes. False, with a reason in `why`, if they cannot be started. A
 * peer that has not been met yet, and cannot be started, or does not listen or connect, ends the
 * play: the runs behind that are not reported. */
bool shk_play_all(const shk_play_run *runs, size_t count, const shk_play_options *options,
                  size_t jobs, shk_play_reporter *report, void *context, char *why);

#endif
