/* Plays scripts against endpoints in memory, over and over, with what all runs share. */
#ifndef SHK_FUZZ_PEER_PEER_RUN_H
#define SHK_FUZZ_PEER_PEER_RUN_H

#include "peer/replay.h"
#include "play/play_run.h"

typedef struct {
    shk_play_options options;
    char files[4096]; /* the folder of the test PKI */
    const char *target;
    bool goes_on; /* behind findings, which are counted */
    int findings;
} shk_fuzz_runner;

/* For a target of that name, with our ends over the provider; with SHK_FUZZ_GO_ON as an argument of
 * the program it goes on behind findings. Ends the program (3) without memory. */
void shk_fuzz_runner_open(shk_fuzz_runner *runner, const char *target, const shk_provider *provider,
                          int argc, char **argv);

/* Plays the script against `kind`, on the side (0: client, 1: server). The outcome is freed by
 * shk_play_outcome_free. */
void shk_fuzz_run_script(const shk_fuzz_runner *runner, shk_script *script,
                         const shk_endpoint_kind *kind, int side, shk_play_outcome *outcome);
/* The sides that the peer of a script has: one, or, where somebody is in the middle, both. */
bool shk_fuzz_has_side(const shk_script *script, int side);

/* Raises the finding of an alarm that is not known of the stack (known_alarms.def). */
void shk_fuzz_check_alarms(shk_fuzz_runner *runner, const shk_script *script, const char *stack,
                           const shk_play_outcome *outcome);

/* Prints a finding in the form that scripts/fuzz sorts by, with the script as text, and aborts,
 * unless the runner goes on. */
void shk_fuzz_finding(shk_fuzz_runner *runner, const shk_script *script, const char *kind,
                      const char *format, ...) __attribute__((format(printf, 4, 5)));

#endif
