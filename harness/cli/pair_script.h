/* Scripts in `shakedown pair`: an end of ours, or somebody in the middle, deviates. */
#ifndef SHK_CLI_PAIR_SCRIPT_H
#define SHK_CLI_PAIR_SCRIPT_H

#include "cli/pair_options.h"

/* Reads the script of the job, if it has one, into `script`, which the job then points to. False
 * with a reason in `why`. */
bool shk_pair_script_open(shk_pair_job *job, shk_cli_script *script, char *why);
/* Whether the script has that end, or what comes from it, deviate. */
bool shk_pair_deviates(const shk_pair_job *job, int side);
/* Whether it was played to its end, and answered as it expects. */
bool shk_pair_script_is_satisfied(const shk_pair_job *job, const shk_verdict *verdict);
/* A line about that. */
void shk_pair_print_script(const shk_pair_job *job, const shk_verdict *verdict);

#endif
