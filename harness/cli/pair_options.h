/* The command line of `shakedown pair`: which handshake it asks for. */
#ifndef SHK_CLI_PAIR_OPTIONS_H
#define SHK_CLI_PAIR_OPTIONS_H

#include "cli/script_option.h"
#include "drive/drive.h"
#include "drive/falsifier.h"

/* Which server the second of two connections connects to. */
typedef enum {
    SHK_SAME_SERVER,
    SHK_OTHER_SERVER,    /* one without the sessions of the first */
    SHK_UNWILLING_SERVER /* one with its sessions, if its kind can, that takes no early data */
} shk_second_server;

/* One handshake as its command line asks for it. */
typedef struct {
    shk_cli_end ends[2]; /* client, server */
    const shk_endpoint_kind *kinds[2];
    uint64_t seed;
    shk_drive_options drive;
    const char *record;
    const char *script_path;      /* NULL: both ends are honest */
    const shk_cli_script *script; /* once it has been read */
    bool expect;                  /* what is expected was said */
    const char *batch;
    bool json;
    bool resume; /* two connections, the second from the first's session */
    shk_second_server second_server;
    shk_early_outcome early; /* that is expected of the second */
    bool refused;            /* the verdict that is expected */
    int alert;
    int alert_from; /* 0 client, 1 server, -1 either */
    int false_side; /* whose fact is falsified; -1: neither */
    shk_fact false_fact;
    shk_falsehood falsehood;
} shk_pair_job;

/* Parses a command line into a job, whose pointers are into it. Returns -1 to go on, or the exit
 * code. */
int shk_pair_parse(int argc, char **argv, shk_pair_job *job);

#endif
