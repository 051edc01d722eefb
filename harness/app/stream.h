/* An endpoint on a TCP socket: carries its bytes to and fro without blocking.
 * Who owns a stream polls its socket and says when to receive and when to send. */
#ifndef SHK_APP_STREAM_H
#define SHK_APP_STREAM_H

#include "endpoint/endpoint.h"

/* Unsent bytes beyond which nothing more should be received from a peer that does not read. */
enum { SHK_STREAM_LIMIT = 256 * 1024, SHK_STREAM_PIECE = 16 * 1024 };

/* How long a peer may hold a connection by bytes that come one at a time: so many timeouts for the
 * handshake; and for what follows it so many, and a second more for each SHK_STREAM_RATE bytes of
 * application data. */
enum { SHK_STREAM_HANDSHAKE = 2, SHK_STREAM_TALK = 4, SHK_STREAM_RATE = 512 };

typedef struct {
    int fd;
    const shk_endpoint_kind *kind;
    shk_endpoint *end;
    shk_buf out;         /* taken from the end, not sent yet */
    bool ended;          /* nothing more will be received */
    bool write_closed;   /* nothing more can be sent: the peer does not take it */
    int error;           /* errno of the failed receive that ended it; 0: the peer ended in order */
    int64_t progress_ms; /* when bytes last moved */
    uint8_t header[5];   /* of the record being received */
    size_t header_len;
    size_t record_left; /* bytes of it that are missing */
} shk_stream;

/* Takes over `fd` and `end`. */
void shk_stream_open(shk_stream *s, int fd, const shk_endpoint_kind *kind, shk_endpoint *end);
/* Closes both. */
void shk_stream_close(shk_stream *s);

/* Called after each piece that was fed; no piece goes beyond the end of a record, so that data can
 * be answered before a close_notify behind it is seen. */
typedef void shk_stream_step(void *context, shk_span piece);

/* Receives once, at most SHK_STREAM_PIECE bytes. */
void shk_stream_receive(shk_stream *s, shk_stream_step *step, void *context);
/* Receives once and forgets what came. */
void shk_stream_discard(shk_stream *s);
/* Sends what the end has, as much as the socket takes. */
void shk_stream_send(shk_stream *s);
/* When a connection is over that was made at `since_ms` and has moved so many bytes of application
 * data. */
int64_t shk_stream_until_ms(int64_t since_ms, int64_t timeout_ms, uint64_t moved);
/* Whether bytes wait that the socket did not take. */
bool shk_stream_is_sending(const shk_stream *s);
/* Tells the peer that no more comes: after the last flight. Until the peer ends too, what it sends
 * must be discarded, or the last flight may be lost in a reset. */
void shk_stream_finish(const shk_stream *s);

#endif
