/* What scripts are played against, as it is written on the command line. */
#ifndef SHK_PLAY_PEER_H
#define SHK_PLAY_PEER_H

#include "app/socket.h"
#include "endpoint/endpoint.h"
#include "play/program.h"

typedef enum {
    SHK_PEER_KIND,    /* in memory: ours, openssl, gnutls, or of a shared object */
    SHK_PEER_ADDRESS, /* HOST:PORT of a server */
    SHK_PEER_COMMAND, /* a command line with {port}, in either role */
    SHK_PEER_PROGRAM  /* one of the programs that we know the options of */
} shk_peer_type;

typedef struct {
    const char *text;
    shk_peer_type type;
    const shk_endpoint_kind *kind;
    void *library;     /* the shared object; NULL: none */
    const char *stack; /* by which name rows of expected results know it */
    char host[SHK_HOST_SIZE];
    char port[SHK_PORT_SIZE];
    const shk_program *program;
} shk_play_peer;

/* Reads a target. False with a reason in `why` (SHK_WHY_SIZE). */
bool shk_peer_parse(const char *text, shk_play_peer *out, char *why);

/* Whether the peer can be in that role (0: client, 1: server). */
bool shk_peer_can_be(const shk_play_peer *peer, int side);

#endif
