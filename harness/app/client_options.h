/* The command line of `shakedown client`. */
#ifndef SHK_APP_CLIENT_OPTIONS_H
#define SHK_APP_CLIENT_OPTIONS_H

#include "app/report.h"
#include "app/socket.h"
#include "cli/options.h"

/* The longest path of --get is half of a request. */
enum { SHK_CLIENT_REQUEST = 2048 };

typedef struct {
    shk_cli_end end;
    char host[SHK_HOST_SIZE];
    char port[SHK_PORT_SIZE];
    uint64_t timeout_s;
    uint64_t seed;
    shk_key_export exports;
    const char *path;       /* of --get; NULL: relay */
    const char *output;     /* a file in place of the standard output */
    const char *session_in; /* files of sessions; NULL: none */
    const char *session_out;
    const char *script; /* of deviations; NULL: our end is honest */
    const char *early;  /* file of early data; NULL: none */
    bool key_update;
    bool renegotiate;
    bool json;
} shk_client_options;

/* Parses the command line. Returns -1 to go on, or the exit code to end with. */
int shk_client_parse(int argc, char **argv, shk_client_options *options);

#endif
