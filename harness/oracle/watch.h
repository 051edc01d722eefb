/* Ends a program that a library has caught in a loop: a call into a library cannot be left in any
 * other way. */
#ifndef SHK_ORACLE_WATCH_H
#define SHK_ORACLE_WATCH_H

/* Seconds of processor time that a run may take: many times what the longest needs. */
enum { SHK_WATCH_SECONDS = 30 };

/* The run that begins now is `what` (at most 255 characters are told). If the process takes
 * `seconds` of processor time before the next call, it prints an alarm of `resources` that names
 * the run, and exits with 1. `what` NULL: nothing is watched any more. */
void shk_watch(const char *what, unsigned seconds);

#endif
