/* A program that we start, in a process group of its own: its output is kept, and it is ended in
 * bounded time whatever it does. */
#ifndef SHK_PLAY_PROCESS_H
#define SHK_PLAY_PROCESS_H

#include <sys/types.h>

#include "play/words.h"

typedef struct {
    pid_t pid;       /* also of its group; 0: none */
    int output;      /* the end that we read, of what it writes to both outputs; -1: closed */
    int input;       /* its standard input stays open, and empty, until it is ended */
    bool ended;      /* its id stays taken until shk_process_end, so that it can be of no other */
    int exit_status; /* -1: a signal has ended it */
    int signal;      /* that has; 0: none */
    bool reaped;
    shk_buf said;        /* the beginning and the end of its output, with its terminator */
    size_t lost;         /* bytes between them that were not kept */
    uint64_t last_ticks; /* of processor time, when it was last looked at */
    int64_t idle_since_ms;
} shk_process;

/* A pipe that programs which are started do not inherit; false: there is none. An end that is open
 * (0 or more) is closed. */
bool shk_make_pipe(int ends[2]);
void shk_close_both(int ends[2]);

enum { SHK_PROCESS_KEPT = 32 * 1024 };

/* Starts the words, in which {port} becomes `port`. False with a reason in `why`: it cannot be
 * found, for one. */
bool shk_process_start(shk_process *p, const shk_words *words, const char *port, char *why);
/* Reads what it has written, and notices whether it has ended. */
void shk_process_look(shk_process *p);
/* Since when (shk_now_ms) it has slept and used no processor time; INT64_MAX: it is at work. */
int64_t shk_process_idle_since(shk_process *p);
/* The signal of a crash that has ended it, itself or below a shell; 0: none has. */
int shk_process_died_of(const shk_process *p);
/* Waits up to `ms` for it to end by itself. */
bool shk_process_wait(shk_process *p, int64_t ms);
/* Ends it and all of its group: by SIGTERM, and soon after by SIGKILL. */
void shk_process_end(shk_process *p);
void shk_process_free(shk_process *p);

#endif
