/* One connection that the server serves (app/connection.h). */
#include "app/connection.h"

#include <stdio.h>
#include <string.h>

#include "app/http_request.h"
#include "app/page.h"

enum { LINGER_MS = 2000 };

void shk_app_connection_open(shk_app_connection *s, int fd, const char *peer,
                             const shk_endpoint_kind *kind, shk_endpoint *end, int64_t timeout_ms)
{
    memset(s, 0, sizeof *s);
    shk_stream_open(&s->stream, fd, kind, end);
    snprintf(s->peer, sizeof s->peer, "%s", peer);
    s->timeout_ms = timeout_ms;
    s->since_ms = shk_now_ms();
    s->request = shk_buf_growing(&shk_libc_allocator);
    s->report.server = true;
    s->report.peer = s->peer;
}

void shk_app_connection_close(shk_app_connection *s)
{
    shk_stream_close(&s->stream);
    shk_buf_free(&s->request);
}

static void start_closing(shk_app_connection *s)
{
    s->stream.kind->shutdown(s->stream.end);
    s->phase = SHK_CONNECTION_CLOSING;
    s->since_ms = shk_now_ms();
}

static void echo(shk_app_connection *s, shk_span data)
{
    if (s->stream.kind->write(s->stream.end, data))
        s->report.bytes_sent += data.len;
}

static const char conflict[] = "409 Conflict";

/* `status` NULL: with the page. */
static void answer(shk_app_connection *s, const char *status, const char *reason)
{
    shk_buf page = shk_buf_growing(&shk_libc_allocator);
    s->awaited_handshakes = 0;
    if ((status != NULL ? shk_page_refuse(status, reason, &page)
                        : shk_page_write(&s->report, &page)) == SHK_OK)
        echo(s, shk_buf_span(&page));
    shk_buf_free(&page);
    start_closing(s);
}

static bool update_keys(shk_endpoint *end, const shk_endpoint_kind *kind)
{
    return kind->key_update(end, true);
}

static bool authenticate(shk_endpoint *end, const shk_endpoint_kind *kind)
{
    return kind->request_authentication(end);
}

static bool renegotiate(shk_endpoint *end, const shk_endpoint_kind *kind)
{
    return kind->renegotiate(end);
}

static bool do_nothing(shk_endpoint *end, const shk_endpoint_kind *kind)
{
    (void)end;
    (void)kind;
    return true;
}

/* What a path asks for before the answer. */
typedef struct {
    const char *path;
    bool (*begin)(shk_endpoint *end, const shk_endpoint_kind *kind);
    bool waits; /* the answer waits for a handshake with the peer; a KeyUpdate needs none */
    const char *refusal;
} requested_step;

static const requested_step steps[] = {
    {"/", do_nothing, false, ""},
    {"/key-update", update_keys, false, "there is no KeyUpdate below TLS 1.3"},
    {"/authenticate", authenticate, true,
     "it takes TLS 1.3, a server with --enable-pha and a client with post_handshake_auth"},
    {"/renegotiate", renegotiate, true,
     "it takes TLS 1.2 or below, a server with --renegotiation and a client with "
     "renegotiation_info"},
};

/* Handshakes after the first one that have ended. */
static unsigned handshakes_after_first(const shk_app_connection *s)
{
    return (unsigned)s->report.result.renegotiations + s->report.result.later_authentications;
}

static void do_request(shk_app_connection *s)
{
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        const requested_step *step = &steps[i];
        if (!shk_request_is_for(shk_buf_span(&s->request), step->path))
            continue;
        if (!step->begin(s->stream.end, s->stream.kind))
            answer(s, conflict, step->refusal);
        else if (step->waits)
            s->awaited_handshakes = handshakes_after_first(s) + 1;
        else
            answer(s, NULL, NULL);
        return;
    }
    answer(s, "404 Not Found", "there are /, /key-update, /authenticate and /renegotiate");
}

/* Collects bytes until they are known to be a whole request, or data to echo. */
static void take_request(shk_app_connection *s, shk_span data)
{
    if (shk_buf_append(&s->request, data) != SHK_OK) {
        start_closing(s);
        return;
    }
    switch (shk_request_of(shk_buf_span(&s->request))) {
    case SHK_REQUEST_PARTIAL:
        return;
    case SHK_REQUEST_NONE:
        s->mode = SHK_CONNECTION_ECHOES;
        echo(s, shk_buf_span(&s->request));
        break;
    case SHK_REQUEST_WHOLE:
        s->mode = SHK_CONNECTION_ANSWERS;
        do_request(s);
        break;
    case SHK_REQUEST_TOO_LONG:
        s->mode = SHK_CONNECTION_ANSWERS;
        answer(s, "400 Bad Request", "the request is longer than 8192 bytes");
        break;
    }
    shk_buf_free(&s->request);
}

/* After a request, received data is only counted. */
static void take_data(shk_app_connection *s, shk_span data)
{
    s->report.bytes_received += data.len;
    if (s->phase != SHK_CONNECTION_OPEN)
        return;
    if (s->mode == SHK_CONNECTION_UNDECIDED)
        take_request(s, data);
    else if (s->mode == SHK_CONNECTION_ECHOES)
        echo(s, data);
}

static void update_result(shk_app_connection *s)
{
    char why[SHK_WHY_SIZE];
    memcpy(why, s->report.result.why, sizeof why);
    s->stream.kind->result(s->stream.end, &s->report.result);
    s->report.verified =
        s->report.result.peer_verified && s->report.result.state != SHK_HANDSHAKING;
    if (s->report.result.why[0] == 0)
        memcpy(s->report.result.why, why, sizeof why);
}

/* Records each completed handshake: it has channel bindings of its own, and the answer may wait for
 * it. */
static void note_handshakes(shk_app_connection *s)
{
    const shk_endpoint_state state = s->report.result.state;
    const unsigned later = handshakes_after_first(s);
    if (state == SHK_HANDSHAKING || state == SHK_FAILED ||
        (s->was_connected && later == s->seen_handshakes))
        return;
    if (!s->was_connected)
        s->since_ms = shk_now_ms();
    s->was_connected = true;
    s->seen_handshakes = later;
    s->unread = 0;
    shk_report_bind(&s->report, s->stream.kind, s->stream.end);
    if (s->awaited_handshakes > 0 && later >= s->awaited_handshakes &&
        s->phase == SHK_CONNECTION_OPEN)
        answer(s, NULL, NULL);
}

/* Whether reading must wait, since nothing can be written during a handshake: early data, and data
 * that arrives in a renegotiation, stays in the endpoint. The endpoint itself limits early data. */
static bool must_defer(shk_app_connection *s, size_t len)
{
    if (s->report.result.state != SHK_HANDSHAKING || s->phase != SHK_CONNECTION_OPEN)
        return false;
    s->unread += s->was_connected ? len : 0;
    if (s->unread <= SHK_STREAM_LIMIT)
        return true;
    snprintf(s->report.result.why, sizeof s->report.result.why, "too much data in a renegotiation");
    start_closing(s);
    return false;
}

static void after_piece(void *context, shk_span piece)
{
    shk_app_connection *s = (shk_app_connection *)context;
    uint8_t data[SHK_STREAM_PIECE];
    size_t len;
    update_result(s);
    note_handshakes(s);
    if (must_defer(s, piece.len))
        return;
    while ((len = s->stream.kind->read(s->stream.end, data, sizeof data)) > 0)
        take_data(s, shk_span_of(data, len));
}

/* After we have closed, received bytes are discarded, and do not extend the deadline. */
static void receive(shk_app_connection *s)
{
    int64_t before_ms = s->stream.progress_ms;
    shk_stream_receive(&s->stream, after_piece, s);
    if (s->phase != SHK_CONNECTION_OPEN)
        s->stream.progress_ms = before_ms;
}

/* Closes the connection if TLS or TCP has ended, or failed. */
static void check_end(shk_app_connection *s)
{
    update_result(s);
    shk_endpoint_result *r = &s->report.result;
    if (s->phase != SHK_CONNECTION_OPEN)
        return;
    if (r->state == SHK_FAILED || r->state == SHK_ENDED) {
        start_closing(s);
    } else if (s->stream.ended) {
        s->report.truncated = s->was_connected;
        snprintf(r->why, sizeof r->why, "%s%s",
                 s->stream.error != 0 ? strerror(s->stream.error) : "the peer ended TCP",
                 s->was_connected ? " without close_notify [RFC 8446 §6.1]" : " in the handshake");
        start_closing(s);
    }
}

/* Moves to the next phase when everything is sent. */
static void finish(shk_app_connection *s)
{
    if (s->phase == SHK_CONNECTION_CLOSING && !shk_stream_is_sending(&s->stream)) {
        shk_stream_finish(&s->stream);
        s->phase = SHK_CONNECTION_LINGERING;
        s->linger_until_ms = shk_now_ms() + (s->timeout_ms < LINGER_MS ? s->timeout_ms : LINGER_MS);
    }
    if (s->phase == SHK_CONNECTION_LINGERING && (s->stream.ended || s->stream.write_closed))
        s->phase = SHK_CONNECTION_DONE;
}

short shk_app_connection_events(const shk_app_connection *s)
{
    bool sending = shk_stream_is_sending(&s->stream);
    bool receiving = !s->stream.ended &&
                     (s->phase != SHK_CONNECTION_OPEN || s->stream.out.len < SHK_STREAM_LIMIT);
    return (short)((sending ? POLLOUT : 0) | (receiving ? POLLIN : 0));
}

/* When the connection times out though the peer keeps sending. */
static int64_t limit_ms(const shk_app_connection *s)
{
    if (s->phase != SHK_CONNECTION_OPEN)
        return shk_stream_deadline_ms(s->since_ms, s->timeout_ms, 0);
    return s->was_connected
               ? shk_stream_deadline_ms(s->since_ms, s->timeout_ms,
                                        s->report.bytes_received + s->report.bytes_sent)
               : s->since_ms + SHK_STREAM_HANDSHAKE_TIMEOUTS * s->timeout_ms;
}

int64_t shk_app_connection_deadline(const shk_app_connection *s)
{
    const int64_t idle_ms = s->stream.progress_ms + s->timeout_ms;
    if (s->phase == SHK_CONNECTION_LINGERING)
        return s->linger_until_ms;
    return limit_ms(s) < idle_ms ? limit_ms(s) : idle_ms;
}

static void time_out(shk_app_connection *s)
{
    if (s->phase != SHK_CONNECTION_OPEN) {
        s->phase = SHK_CONNECTION_DONE;
        return;
    }
    /* the peer may ignore the request; the page says what happened */
    if (s->awaited_handshakes > 0) {
        s->stream.progress_ms = shk_now_ms();
        answer(s, NULL, NULL);
        return;
    }
    const bool idle = shk_now_ms() >= s->stream.progress_ms + s->timeout_ms;
    const int64_t seconds = idle ? s->timeout_ms / 1000 : (shk_now_ms() - s->since_ms) / 1000;
    snprintf(s->report.result.why, sizeof s->report.result.why, "%s %d s%s",
             idle               ? "no progress for"
             : s->was_connected ? "too little progress in"
                                : "not done within",
             (int)seconds, s->was_connected ? "" : " in the handshake");
    s->stream.progress_ms = shk_now_ms();
    start_closing(s);
}

void shk_app_connection_step(shk_app_connection *s, short revents)
{
    if ((revents & (POLLIN | POLLERR | POLLHUP)) != 0 && !s->stream.ended)
        receive(s);
    check_end(s);
    if (shk_now_ms() >= shk_app_connection_deadline(s))
        time_out(s);
    shk_stream_send(&s->stream);
    finish(s);
}

void shk_app_connection_end(shk_app_connection *s)
{
    if (s->phase == SHK_CONNECTION_OPEN) {
        s->timeout_ms = s->timeout_ms < LINGER_MS ? s->timeout_ms : LINGER_MS;
        start_closing(s);
        shk_app_connection_step(s, 0);
    }
}
