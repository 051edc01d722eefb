/* The command line of `shakedown play`. */
#ifndef SHK_PLAY_JOB_H
#define SHK_PLAY_JOB_H

#include "cli/options.h"
#include "play/play_report.h"

enum { SHK_PLAY_PEERS = 8 };

typedef struct {
    const char *peers[SHK_PLAY_PEERS]; /* of --against, or the names of --compare */
    size_t peer_count;
    bool compare;
    char *names; /* what they point into, of --compare; owned */
    shk_play_options options;
    size_t jobs; /* 0: as many as fit the peer */
    shk_play_style style;
    const char *stack;    /* whose known results are the peer's; NULL: as it is named */
    const char *expected; /* folder of the known results */
    bool fields;          /* print the fields of messages */
    bool print;           /* print the scripts */
    const char *encode;   /* write the script's binary form there */
    int first;            /* of the other arguments */
} shk_play_job;

/* Returns -1 to go on, or the exit code. */
int shk_play_parse(int argc, char **argv, shk_play_job *job);
void shk_play_job_free(shk_play_job *job);

#endif
