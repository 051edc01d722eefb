/* What a process has taken, by its own figures: for peers that are programs. */
#ifndef SHK_ORACLE_PROCESS_USAGE_H
#define SHK_ORACLE_PROCESS_USAGE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

typedef struct {
    int64_t resident; /* bytes of memory now (VmRSS) */
    int64_t peak;     /* the most so far (VmHWM) */
    int64_t time_us;  /* of its processor, in user and system mode, microseconds */
} shk_process_usage;

/* Reads it from /proc. False: there is no such process, or no /proc. A process that has ended and
 * is not reaped has a time alone. */
bool shk_process_usage_of(pid_t pid, shk_process_usage *out);

#endif
