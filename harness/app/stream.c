/* An endpoint on a TCP socket (app/stream.h). */
#include "app/stream.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "app/socket.h"

void shk_stream_open(shk_stream *s, int fd, const shk_endpoint_kind *kind, shk_endpoint *end)
{
    memset(s, 0, sizeof *s);
    s->fd = fd;
    s->kind = kind;
    s->end = end;
    s->out = shk_buf_growing(&shk_libc_allocator);
    s->progress_ms = shk_now_ms();
}

void shk_stream_close(shk_stream *s)
{
    s->kind->close(s->end);
    shk_buf_free(&s->out);
    close(s->fd);
}

/* How many of the `len` bytes at `bytes` belong to the record that is being received. */
static size_t within_record(shk_stream *s, const uint8_t *bytes, size_t len)
{
    size_t at = 0;
    while (s->record_left == 0 && at < len) {
        s->header[s->header_len++] = bytes[at++];
        if (s->header_len < sizeof s->header)
            continue;
        s->header_len = 0;
        s->record_left = (size_t)s->header[3] << 8 | s->header[4];
        if (s->record_left == 0)
            return at;
    }
    size_t rest = s->record_left < len - at ? s->record_left : len - at;
    s->record_left -= rest;
    return at + rest;
}

/* The length received; 0 if nothing is there now, or nothing will come. */
static size_t receive(shk_stream *s, uint8_t *bytes, size_t cap)
{
    ssize_t got = recv(s->fd, bytes, cap, 0);
    if (got > 0) {
        s->progress_ms = shk_now_ms();
        return (size_t)got;
    }
    if (got == 0) {
        s->ended = true;
    } else if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) {
        s->ended = true;
        s->error = errno;
    }
    return 0;
}

void shk_stream_receive(shk_stream *s, shk_stream_step *step, void *context)
{
    uint8_t bytes[SHK_STREAM_PIECE];
    size_t len = receive(s, bytes, sizeof bytes);
    for (size_t at = 0; at < len;) {
        shk_span piece = shk_span_of(bytes + at, within_record(s, bytes + at, len - at));
        s->kind->feed(s->end, piece);
        step(context, piece);
        at += piece.len;
    }
}

void shk_stream_discard(shk_stream *s)
{
    uint8_t bytes[SHK_STREAM_PIECE];
    int64_t before = s->progress_ms;
    receive(s, bytes, sizeof bytes);
    s->progress_ms = before;
}

void shk_stream_send(shk_stream *s)
{
    s->kind->take(s->end, &s->out);
    size_t done = 0;
    while (done < s->out.len && !s->write_closed) {
        ssize_t sent = send(s->fd, s->out.data + done, s->out.len - done, MSG_NOSIGNAL);
        if (sent > 0) {
            done += (size_t)sent;
            s->progress_ms = shk_now_ms();
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            break;
        } else if (errno != EINTR) {
            s->write_closed = true; /* what it sent before can still be received */
        }
    }
    if (s->write_closed || done == s->out.len)
        shk_buf_free(&s->out);
    else
        shk_buf_drop(&s->out, done);
}

int64_t shk_stream_deadline_ms(int64_t since_ms, int64_t timeout_ms, uint64_t moved)
{
    return since_ms + SHK_STREAM_DATA_TIMEOUTS * timeout_ms +
           (int64_t)(moved / SHK_STREAM_BYTES_PER_S) * 1000;
}

bool shk_stream_is_sending(const shk_stream *s)
{
    return s->out.len > 0;
}

void shk_stream_finish(const shk_stream *s)
{
    shutdown(s->fd, SHUT_WR);
}
