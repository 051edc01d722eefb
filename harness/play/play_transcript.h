/* The transcript of a run, for a person: messages that our end reads and writes, and the records
 * that went over the wire. */
#ifndef SHK_PLAY_TRANSCRIPT_H
#define SHK_PLAY_TRANSCRIPT_H

#include "shakedown/config.h"

typedef struct {
    shk_buf *text;   /* NULL: none is wanted */
    bool own_server; /* our end, whose messages are seen, is the server */
} shk_play_transcript;

/* A line of its own. */
void shk_play_transcript_line(const shk_play_transcript *t, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* A handshake message that our end has sent, or received. */
void shk_play_transcript_message(const shk_play_transcript *t, bool sent, shk_message id,
                                 shk_span raw);
/* The records that begin in what an end has sent. */
void shk_play_transcript_flight(const shk_play_transcript *t, bool from_server, shk_span bytes);

#endif
