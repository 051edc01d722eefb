/* The command line of `shakedown server`. */
#ifndef SHK_APP_SERVER_OPTIONS_H
#define SHK_APP_SERVER_OPTIONS_H

#include "app/report.h"
#include "app/socket.h"
#include "cli/options.h"

typedef struct {
    shk_cli_end end;
    char address[SHK_HOST_SIZE];
    uint64_t port;
    uint64_t connections; /* how many to serve; 0: no end */
    uint64_t max_connections;
    uint64_t timeout_s;
    uint64_t seed;
    shk_key_export exports;
    const char *script; /* of deviations; NULL: our end is honest */
    bool quiet;
    bool json;
} shk_server_options;

/* Parses the command line. Returns -1 to go on, or the exit code to end with. */
int shk_server_parse(int argc, char **argv, shk_server_options *options);

#endif
