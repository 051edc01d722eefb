/* The limit of a run's processor time (oracle/watch.h), by RLIMIT_CPU. */
#include "oracle/watch.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/* What the signal handler prints: it may call nothing that puts text together. */
static char alarm_text[512];
static volatile sig_atomic_t alarm_len;

static void end_run(int number)
{
    (void)number;
    const ssize_t written = write(STDERR_FILENO, alarm_text, (size_t)alarm_len);
    (void)written;
    _exit(1);
}

static rlim_t seconds_so_far(void)
{
    struct rusage usage;
    if (getrusage(RUSAGE_SELF, &usage) != 0)
        return 0;
    return (rlim_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec + 1);
}

void shk_watch(const char *what, unsigned seconds)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_CPU, &limit) != 0)
        return;
    limit.rlim_cur = limit.rlim_max;
    if (what != NULL) {
        const int len = snprintf(alarm_text, sizeof alarm_text,
                                 "shakedown: alarm of resources: no end after %u s of processor "
                                 "time [RFC 3552 §4.6.3.1]: %.255s\n",
                                 seconds, what);
        alarm_len = len > 0 && (size_t)len < sizeof alarm_text ? len : 0;
        struct sigaction action;
        memset(&action, 0, sizeof action);
        action.sa_handler = end_run;
        sigaction(SIGXCPU, &action, NULL);
        const rlim_t wanted = seconds_so_far() + 1 + seconds;
        limit.rlim_cur =
            limit.rlim_max == RLIM_INFINITY || wanted < limit.rlim_max ? wanted : limit.rlim_max;
    }
    setrlimit(RLIMIT_CPU, &limit);
}
