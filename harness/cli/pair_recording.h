/* The recordings that `shakedown pair --record` writes (drive/recording.h). */
#ifndef SHK_CLI_PAIR_RECORDING_H
#define SHK_CLI_PAIR_RECORDING_H

#include "cli/pair_options.h"

/* Appends what a recording starts with: what is needed to set the ends up again, including the
 * content of their files. `seed` is the connection's. False with a reason in `why`. */
bool shk_pair_record_head(const shk_pair_job *job, int argc, char **argv, uint64_t seed,
                          shk_endpoint_setup *setups[2], shk_buf *log, char *why);

/* Appends the script that a side plays in a connection (0, or 1: the second). */
shk_status shk_record_script(const shk_script *script, int side, size_t connection, shk_buf *log);

/* Appends the verdict (one word) and writes the recording of a subcommand, readable by its owner
 * alone since it contains keys. False with a message. */
bool shk_save_recording(const char *command, const char *path, shk_buf *log, const char *verdict);

#endif
