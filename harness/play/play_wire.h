/* One connection of our end over a socket, with a peer of which only the bytes are seen. */
#ifndef SHK_PLAY_WIRE_H
#define SHK_PLAY_WIRE_H

#include "oracle/oracle.h"
#include "play/play_end.h"
#include "play/play_outcome.h"
#include "play/play_transcript.h"
#include "play/process.h"

/* The record that is being received. */
typedef struct {
    uint8_t header[5];
    size_t header_len;
    size_t left;
    uint8_t body[2]; /* its first bytes */
    size_t body_len; /* at most 2 */
} shk_seen_record;

typedef struct {
    int fd;
    bool own_server;
    bool middle; /* our end is honest, and somebody stands between */
    shk_play_end *own;
    shk_player *player;
    shk_observation *observation;
    const shk_play_transcript *transcript;
    shk_process *process; /* of the peer; NULL: none of ours */
    bool sleeps;          /* and as it sleeps it waits for us: it does everything by itself */
    bool speaks_first;    /* a client that may send data first, and is given the time */
    int64_t timeout_ms;   /* without progress */
    const shk_play_course *course;

    shk_buf out;
    bool cut;    /* our side is closed */
    bool ended;  /* the peer's is */
    bool began;  /* what is to come before data */
    bool wrote;  /* our data */
    bool closed; /* our close_notify is out */
    bool heard;  /* data of the peer's, behind ours */
    int64_t since_ms;
    int64_t progress_ms;
    int64_t connected_ms; /* 0: not yet */
    size_t received;
    shk_seen_record record;
    uint8_t last[2 + 2 + 1]; /* of the last whole record: type, length, body */
    size_t last_len;
    shk_endpoint_result result; /* of our end */
} shk_play_wire;

/* Runs the connection, whose socket it takes over, until it is known what the peer answers. */
void shk_play_wire_run(shk_play_wire *wire);
/* What the peer has answered. */
shk_peer_answer shk_play_wire_answer(const shk_play_wire *wire);

#endif
