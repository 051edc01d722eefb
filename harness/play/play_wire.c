/* One connection of our end over a socket (play/play_wire.h). */
#include "play/play_wire.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "app/socket.h"

enum {
    PIECE = 16 * 1024,
    LOOK_MS = 10,        /* between two looks at the peer */
    SLEEP_MS = 120,      /* that it has slept before it counts as waiting for us */
    FIRST_WORD_MS = 200, /* for a client to speak first */
    FLOOD = 4 << 20,     /* bytes from a peer, beyond which there is nothing to learn */
    TIMEOUTS = 4,        /* in which a connection has to end that goes on and on */
    ALERT = 21,
    APPLICATION_DATA = 23,
    PROTECTED_ALERT = 2 + 1 + 16 /* of TLS 1.3: its content type, the tag */
};

static const char request[] = "GET / HTTP/1.0\r\n\r\n";
static const char response[] = "HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nok\n";

static void note_record(shk_play_wire *w)
{
    const shk_seen_record *r = &w->record;
    w->last[0] = r->header[0];
    w->last[1] = r->header[3];
    w->last[2] = r->header[4];
    memcpy(w->last + 3, r->body, sizeof r->body);
    w->last_len = (size_t)r->header[3] << 8 | r->header[4];
}

/* Follows the records of the peer, of which the last may be an alert that our end cannot read. */
static void follow(shk_play_wire *w, shk_span bytes)
{
    shk_seen_record *r = &w->record;
    for (size_t at = 0; at < bytes.len;) {
        if (r->header_len < sizeof r->header) {
            r->header[r->header_len++] = bytes.data[at++];
            r->left = (size_t)r->header[3] << 8 | r->header[4];
            r->body_len = 0;
        } else {
            const size_t here = r->left < bytes.len - at ? r->left : bytes.len - at;
            for (size_t i = 0; i < here && r->body_len < sizeof r->body; i++)
                r->body[r->body_len++] = bytes.data[at + i];
            r->left -= here;
            at += here;
        }
        if (r->header_len == sizeof r->header && r->left == 0) {
            note_record(w);
            r->header_len = 0;
        }
    }
}

/* What has come from the peer, past the middle. */
static void take_in(shk_play_wire *w, shk_span bytes)
{
    const shk_endpoint_kind *kind = shk_play_end_kind(w->own);
    shk_buf passed = shk_buf_growing(&shk_libc_allocator);
    follow(w, bytes);
    w->received += bytes.len;
    if (w->result.state == SHK_FAILED)
        return; /* nobody reads it any more, but for an alert that may be the last */
    shk_play_transcript_flight(w->transcript, !w->own_server, bytes);
    if (w->middle) {
        shk_observation_sent(w->observation, !w->own_server, bytes);
        (void)shk_player_pass(w->player, !w->own_server, bytes, &passed);
        bytes = shk_buf_span(&passed);
        shk_observation_received(w->observation, w->own_server, bytes);
    } else {
        shk_observation_flight(w->observation, !w->own_server, bytes);
    }
    if (bytes.len > 0)
        kind->feed(shk_play_end_top(w->own), bytes);
    if (w->middle && shk_player_closes(w->player, !w->own_server))
        w->ended = true;
    shk_buf_free(&passed);
}

static void receive(shk_play_wire *w)
{
    uint8_t bytes[PIECE];
    ssize_t got = recv(w->fd, bytes, sizeof bytes, 0);
    if (got > 0) {
        w->progress_ms = shk_now_ms();
        take_in(w, shk_span_of(bytes, (size_t)got));
    } else if (got == 0 || (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)) {
        w->ended = true;
        shk_play_transcript_line(w->transcript, "    %s ends TCP",
                                 w->own_server ? "client" : "server");
    }
}

/* Takes what our end has to send; in a middle also what has been kept back. */
static void take_out(shk_play_wire *w)
{
    const shk_endpoint_kind *kind = shk_play_end_kind(w->own);
    shk_buf flight = shk_buf_growing(&shk_libc_allocator);
    const size_t before = w->out.len;
    kind->take(shk_play_end_top(w->own), w->middle ? &flight : &w->out);
    if (w->middle) {
        shk_observation_sent(w->observation, w->own_server, shk_buf_span(&flight));
        (void)shk_player_pass(w->player, w->own_server, shk_buf_span(&flight), &w->out);
    }
    const shk_span fresh = shk_span_of(w->out.data + before, w->out.len - before);
    shk_buf_free(&flight);
    if (fresh.len == 0)
        return;
    shk_play_transcript_flight(w->transcript, w->own_server, fresh);
    if (w->middle)
        shk_observation_received(w->observation, !w->own_server, fresh);
    else
        shk_observation_flight(w->observation, w->own_server, fresh);
}

static void close_side(shk_play_wire *w)
{
    shk_play_transcript_line(w->transcript, "    %s closes its side",
                             w->own_server ? "server" : "client");
    shutdown(w->fd, SHUT_WR);
    w->cut = true;
}

/* A peer that takes no more bytes can still have sent some that tell why. */
static void send_out(shk_play_wire *w)
{
    size_t done = 0;
    if (w->cut)
        return;
    take_out(w);
    while (done < w->out.len) {
        ssize_t sent = send(w->fd, w->out.data + done, w->out.len - done, MSG_NOSIGNAL);
        if (sent > 0) {
            done += (size_t)sent;
            w->progress_ms = shk_now_ms();
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            break;
        } else if (errno != EINTR) {
            w->cut = true;
            return;
        }
    }
    shk_buf_drop(&w->out, done);
    if (w->out.len == 0 &&
        (w->closed || w->result.state == SHK_FAILED || shk_player_closes(w->player, w->own_server)))
        close_side(w);
}

static void read_data(shk_play_wire *w)
{
    const shk_endpoint_kind *kind = shk_play_end_kind(w->own);
    uint8_t data[PIECE];
    while (kind->read(shk_play_end_top(w->own), data, sizeof data) > 0)
        w->heard = true;
}

/* Neither end has done anything for a while. */
static bool is_quiet(shk_play_wire *w)
{
    const int64_t now = shk_now_ms();
    if (now - w->progress_ms >= w->timeout_ms)
        return true;
    if (w->process == NULL || !w->sleeps || now - w->progress_ms < SLEEP_MS)
        return false;
    const int64_t idle = shk_process_idle_since(w->process);
    return idle != INT64_MAX && now - idle >= SLEEP_MS && idle >= w->progress_ms - SLEEP_MS;
}

/* Begins what the run has beside the handshake, of our end's; data wait for it. */
static bool begin_later_steps(shk_play_wire *w)
{
    const shk_endpoint_kind *kind = shk_play_end_kind(w->own);
    shk_endpoint *end = shk_play_end_top(w->own);
    bool begun = false;
    if (w->course->later_auth && w->own_server && kind->request_authentication != NULL)
        begun |= kind->request_authentication(end);
    if (w->course->renegotiates == (int)w->own_server && kind->renegotiate != NULL)
        begun |= kind->renegotiate(end);
    if (w->course->key_updates)
        begun |= kind->key_update(end, true);
    w->began = true;
    return begun;
}

/* Whether they are done, or will not be. */
static bool are_later_steps_done(shk_play_wire *w)
{
    if (!w->began && begin_later_steps(w)) {
        w->progress_ms = shk_now_ms();
        return false;
    }
    if (w->course->renegotiates == (int)w->own_server)
        return w->result.renegotiations > 0 || is_quiet(w);
    if (w->course->later_auth && w->own_server)
        return w->result.later_authentications > 0 || is_quiet(w);
    return true;
}

/* Sends some data, and closes when the peer has reacted to it, or does not. */
static void talk(shk_play_wire *w)
{
    const shk_endpoint_kind *kind = shk_play_end_kind(w->own);
    const char *words = w->own_server ? response : request;
    const int64_t now = shk_now_ms();
    if (w->result.state != SHK_CONNECTED && w->result.state != SHK_ENDED)
        return;
    if (w->connected_ms == 0)
        w->connected_ms = now;
    read_data(w);
    if (!are_later_steps_done(w))
        return;
    const bool may_write =
        !w->own_server || !w->speaks_first || w->heard || now - w->connected_ms >= FIRST_WORD_MS;
    if (!w->wrote && may_write && w->result.state == SHK_CONNECTED) {
        (void)shk_play_end_write(w->own, words, w->course->data);
        w->wrote = true;
        w->progress_ms = now;
        w->heard = false;
    }
    const bool silent =
        is_quiet(w) || (w->own_server && !w->sleeps && now - w->progress_ms >= FIRST_WORD_MS);
    if (!w->closed && (w->result.state == SHK_ENDED || (w->wrote && (w->heard || silent)))) {
        kind->shutdown(shk_play_end_top(w->own));
        w->closed = true;
        w->progress_ms = now;
    }
}

/* What an alert in the clear says, even where our end waits for a protected one. */
static int plain_alert(const shk_play_wire *w)
{
    return w->last[0] == ALERT && w->last_len == 2 && w->last[3] == 2 ? w->last[4] : -1;
}

/* Whether the last record is an alert that nobody can read who has not its keys. */
static bool is_protected_alert(const shk_play_wire *w)
{
    return w->result.state == SHK_FAILED &&
           ((w->last[0] == ALERT && w->last_len > 2) ||
            (w->last[0] == APPLICATION_DATA && w->last_len == PROTECTED_ALERT));
}

static bool is_over(shk_play_wire *w)
{
    return w->ended || w->result.alert_received >= 0 || is_quiet(w) || w->received > FLOOD ||
           shk_now_ms() - w->since_ms >= TIMEOUTS * w->timeout_ms;
}

void shk_play_wire_run(shk_play_wire *w)
{
    const shk_endpoint_kind *kind = shk_play_end_kind(w->own);
    w->out = shk_buf_growing(&shk_libc_allocator);
    w->since_ms = w->progress_ms = shk_now_ms();
    if (!w->own_server) {
        shk_play_end_write_early(w->own, w->course->early);
        kind->feed(shk_play_end_top(w->own), shk_span_of(NULL, 0));
    }
    for (;;) {
        kind->result(shk_play_end_top(w->own), &w->result);
        talk(w);
        send_out(w);
        kind->result(shk_play_end_top(w->own), &w->result);
        if (is_over(w))
            break;
        if (w->process != NULL)
            shk_process_look(w->process);
        struct pollfd waiting = {.fd = w->fd,
                                 .events = (short)(POLLIN | (w->out.len > 0 ? POLLOUT : 0))};
        if (poll(&waiting, 1, LOOK_MS) > 0 && (waiting.revents & ~POLLOUT) != 0)
            receive(w);
    }
    close(w->fd);
    shk_buf_free(&w->out);
}

/* An end that has the last word of the handshake does not know whether it was taken, until the peer
 * reacts to what comes behind it. Tickets say nothing: a server of TLS 1.3 may send them before. */
static bool is_confirmed(const shk_play_wire *w)
{
    const shk_endpoint_result *r = &w->result;
    const bool full = r->version < SHK_TLS13 && !r->resumed;
    const bool had_last_word = w->own_server ? full : !full;
    if (w->connected_ms == 0)
        return false;
    return !had_last_word || w->heard || r->state == SHK_ENDED || (w->ended && w->closed);
}

/* Of a middle the answer is that of the run: also ours may refuse it, and an alert that ours
 * receives may be made up. */
static shk_peer_answer answer_past_middle(const shk_play_wire *w)
{
    const shk_endpoint_result *r = &w->result;
    const bool alert =
        w->last[0] == ALERT || (w->last[0] == APPLICATION_DATA && w->last_len == PROTECTED_ALERT);
    if (plain_alert(w) >= 0)
        return (shk_peer_answer){SHK_ANSWER_REFUSED, plain_alert(w)};
    if (alert && r->state == SHK_FAILED)
        return (shk_peer_answer){SHK_ANSWER_REFUSED, r->alert_received};
    if (r->alert_sent >= 0)
        return (shk_peer_answer){SHK_ANSWER_REFUSED, r->alert_sent};
    if (is_confirmed(w))
        return (shk_peer_answer){SHK_ANSWER_ACCEPTED, -1};
    return (shk_peer_answer){
        w->ended || r->state == SHK_FAILED ? SHK_ANSWER_CLOSED : SHK_ANSWER_WAITING, -1};
}

shk_peer_answer shk_play_wire_answer(const shk_play_wire *w)
{
    const int received = w->result.alert_received;
    shk_peer_answer answer = {SHK_ANSWER_WAITING, received >= 0 ? received : plain_alert(w)};
    if (w->middle)
        return answer_past_middle(w);
    if (answer.alert >= 0 || is_protected_alert(w))
        answer.kind = SHK_ANSWER_REFUSED;
    else if (is_confirmed(w))
        answer.kind = SHK_ANSWER_ACCEPTED;
    else if (w->ended && w->result.alert_sent < 0)
        answer.kind = SHK_ANSWER_CLOSED;
    return answer;
}
