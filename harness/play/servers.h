/* Servers under test that we have started: one serves many scripts, as long as they want the same
 * settings of it. */
#ifndef SHK_PLAY_SERVERS_H
#define SHK_PLAY_SERVERS_H

#include "app/socket.h"
#include "play/process.h"

enum { SHK_SERVERS = 4 };

typedef struct {
    shk_process process;
    shk_words words; /* its command line, {port} left in it */
    char port[SHK_PORT_SIZE];
    uint64_t used;
} shk_server;

typedef struct {
    shk_server slots[SHK_SERVERS];
    uint64_t clock;
} shk_servers;

typedef enum {
    SHK_SERVER_CONNECTED,
    SHK_SERVER_MISSING, /* the program cannot be started */
    SHK_SERVER_ENDED,   /* it has ended before it listened */
    SHK_SERVER_DEAF     /* it does not listen in time */
} shk_server_state;

/* Connects to a server with this command line, which is started unless it runs already: `fresh` has
 * it started anew. `*fd` is the connection and `*server` whose it is, good until the next call.
 * Else a reason in `why`. */
shk_server_state shk_servers_connect(shk_servers *servers, const shk_words *words, bool fresh,
                                     int64_t timeout_ms, shk_server **server, int *fd, char *why);
/* Ends all of them. */
void shk_servers_end(shk_servers *servers);

/* The most telling line of a program's output: about an error or an alert, or the last. Made safe
 * to print; `size` bytes. */
void shk_process_words(const shk_process *p, char *out, size_t size);
/* The same of one that has ended; how, where it has said nothing. */
void shk_process_last_words(const shk_process *p, char *out, size_t size);

#endif
