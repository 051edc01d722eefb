/* An endpoint on a TCP socket: transfers its bytes without blocking. The owner of a stream polls
 * its socket and decides when to receive and when to send. */
#ifndef SHK_APP_STREAM_H
#define SHK_APP_STREAM_H

#include "endpoint/endpoint.h"

/* Unsent bytes beyond which nothing more should be received from a peer that does not read. */
enum { SHK_STREAM_LIMIT = 256 * 1024, SHK_STREAM_PIECE = 16 * 1024 };

/* How long a peer that sends slowly may hold a connection: so many time-outs for the handshake;
 * after it so many, and a second more for each SHK_STREAM_BYTES_PER_S bytes of application data. */
enum {
    SHK_STREAM_HANDSHAKE_TIMEOUTS = 2,
    SHK_STREAM_DATA_TIMEOUTS = 4,
    SHK_STREAM_BYTES_PER_S = 512
};

typedef struct {
    int fd;
    const shk_endpoint_kind *kind;
    shk_endpoint *end;
    shk_buf out;         /* output of the endpoint that is not sent yet */
    bool ended;          /* nothing more will be received */
    bool write_closed;   /* nothing more can be sent: the peer has closed its side */
    int error;           /* errno of the failed receive; 0: the peer ended TCP in order */
    int64_t progress_ms; /* when bytes were last sent or received */
    uint8_t header[5];   /* of the record being received */
    size_t header_len;
    size_t record_left; /* bytes of it that are missing */
} shk_stream;

/* Takes over `fd` and `end`. */
void shk_stream_open(shk_stream *s, int fd, const shk_endpoint_kind *kind, shk_endpoint *end);
/* Closes both. */
void shk_stream_close(shk_stream *s);

/* Called after each piece that was fed. A piece never extends beyond the end of a record, so that
 * data can be answered before a close_notify that follows it is read. */
typedef void shk_stream_step(void *context, shk_span piece);

/* Receives once, at most SHK_STREAM_PIECE bytes. */
void shk_stream_receive(shk_stream *s, shk_stream_step *step, void *context);
/* Receives once and discards the bytes. */
void shk_stream_discard(shk_stream *s);
/* Sends what the end has, as much as the socket takes. */
void shk_stream_send(shk_stream *s);
/* When a connection that was made at `since_ms` times out, after `moved` bytes of application data.
 */
int64_t shk_stream_deadline_ms(int64_t since_ms, int64_t timeout_ms, uint64_t moved);
/* Whether bytes wait that the socket did not take. */
bool shk_stream_is_sending(const shk_stream *s);
/* Ends our side of TCP, after the last flight. Until the peer ends too, what it sends
 * must be discarded, or the last flight may be lost in a reset. */
void shk_stream_finish(const shk_stream *s);

#endif
