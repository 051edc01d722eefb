/* `shakedown client`: connects to a TLS server over TCP, and fetches a page from it or relays the
 * standard input. What the peer sends goes to the standard output, what there is to say about it to
 * the standard error. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "app/app_commands.h"
#include "app/client_options.h"
#include "app/stream.h"
#include "cli/script_option.h"
#include "drive/player_end.h"
#include "endpoint/file.h"
#include "endpoint/printable.h"

enum { LINGER_MS = 2000 };
enum { ANSWER_START = 80, STATUS_CODE = 9 /* behind "HTTP/1.0 " */ };

typedef struct {
    const shk_client_options *options;
    shk_cli_script script; /* without one our end is honest */
    char peer[SHK_ADDRESS_SIZE];
    shk_stream stream;
    shk_report report;
    shk_buf early; /* to send as early data */
    FILE *out;     /* NULL: what the peer sends is only counted */
    bool out_failed;
    char answer[ANSWER_START]; /* the first bytes that the peer sends */
    size_t answer_len;
    int64_t start_ms;          /* when the handshake started */
    int64_t connected_ms;      /* when it was complete */
    bool after_handshake;      /* the first handshake is complete */
    bool relaying;             /* the standard input has not ended */
    bool closing;              /* our close_notify came first */
    uint32_t shown_deviations; /* those that have been printed */
    char why[SHK_WHY_SIZE];
} client;

/* Keeps the first failure. Always returns false, so that a caller can return it. */
static bool fail(client *c, const char *why)
{
    if (c->why[0] == 0)
        snprintf(c->why, sizeof c->why, "%s", why);
    return false;
}

static void update_result(client *c)
{
    shk_endpoint_result *r = &c->report.result;
    c->stream.kind->result(c->stream.end, r);
    c->report.verified = r->peer_verified && (r->state == SHK_CONNECTED || r->state == SHK_ENDED);
}

static void take_data(void *context, shk_span piece)
{
    client *c = (client *)context;
    uint8_t data[SHK_STREAM_PIECE];
    size_t len;
    (void)piece;
    while ((len = c->stream.kind->read(c->stream.end, data, sizeof data)) > 0) {
        c->report.bytes_received += len;
        const size_t room = sizeof c->answer - 1 - c->answer_len;
        memcpy(c->answer + c->answer_len, data, len < room ? len : room);
        c->answer_len += len < room ? len : room;
        if (c->out != NULL && fwrite(data, 1, len, c->out) != len)
            c->out_failed = true;
    }
}

static bool send_data(client *c, shk_span data)
{
    if (!c->stream.kind->write(c->stream.end, data))
        return fail(c, "the data cannot be sent");
    c->report.bytes_sent += data.len;
    return true;
}

static bool send_request(client *c)
{
    char request[SHK_CLIENT_REQUEST];
    const char *asked = c->options->end.config.server_name;
    const char *name = asked != NULL ? asked : c->options->host;
    bool brackets = strchr(name, ':') != NULL;
    int len = snprintf(
        request, sizeof request, "GET %s HTTP/1.0\r\nHost: %s%s%s:%s\r\nConnection: close\r\n\r\n",
        c->options->path, brackets ? "[" : "", name, brackets ? "]" : "", c->options->port);
    return send_data(c, shk_span_of(request, (size_t)len));
}

/* Renegotiates before anything else if the options ask for it. False with a reason. */
static bool begin_renegotiation(client *c)
{
    return c->stream.kind->renegotiate(c->stream.end) ||
           fail(c, "--renegotiate: it takes TLS 1.2 or below, and a server with "
                   "renegotiation_info [RFC 5746 §3.1]");
}

/* Checks that the peer was verified as the options demand, before anything is sent: the handshake
 * of an anonymous suite, which has no certificate, succeeds too. False with a reason. */
static bool check_verified(client *c)
{
    const shk_endpoint_config *config = &c->options->end.config;
    if (c->report.verified || (config->ca_file == NULL && config->peer_key_file == NULL))
        return true;
    return fail(c, "the peer was not verified: the cipher suite is one without certificates");
}

/* Does what the options ask for directly after the handshake. */
static bool begin_data(client *c)
{
    c->after_handshake = true;
    c->connected_ms = shk_now_ms();
    shk_report_bind(&c->report, c->stream.kind, c->stream.end);
    if (!c->options->json) {
        shk_report_text(&c->report, stderr);
        c->shown_deviations = c->report.result.deviations;
    }
    if (!check_verified(c))
        return false;
    if (c->options->key_update && !c->stream.kind->key_update(c->stream.end, true))
        return fail(c, "--key-update: there is no KeyUpdate below TLS 1.3");
    c->relaying = c->options->path == NULL;
    return c->relaying || send_request(c);
}

static bool relay_input(client *c)
{
    uint8_t data[SHK_STREAM_PIECE];
    ssize_t len = read(STDIN_FILENO, data, sizeof data);
    if (len > 0)
        return send_data(c, shk_span_of(data, (size_t)len));
    if (len < 0 && (errno == EAGAIN || errno == EINTR))
        return true;
    c->relaying = false;
    c->closing = true;
    c->stream.kind->shutdown(c->stream.end);
    return true;
}

static int64_t timeout_ms(const client *c)
{
    return (int64_t)c->options->timeout_s * 1000;
}

/* When the connection times out (app/stream.h). While the standard input is relayed only idleness
 * counts: its user ends the connection. */
static int64_t deadline_ms(const client *c)
{
    const uint64_t moved = c->report.bytes_received + c->report.bytes_sent;
    const int64_t idle = c->stream.progress_ms + timeout_ms(c);
    const int64_t limit = c->relaying ? INT64_MAX
                          : c->after_handshake
                              ? shk_stream_deadline_ms(c->connected_ms, timeout_ms(c), moved)
                              : c->start_ms + SHK_STREAM_HANDSHAKE_TIMEOUTS * timeout_ms(c);
    return limit < idle ? limit : idle;
}

static bool time_out(client *c)
{
    char why[SHK_WHY_SIZE];
    const bool idle = shk_now_ms() >= c->stream.progress_ms + timeout_ms(c);
    snprintf(why, sizeof why, "%s %d s %s", idle ? "no progress for" : "too little progress in",
             (int)((shk_now_ms() - (idle                 ? c->stream.progress_ms
                                    : c->after_handshake ? c->connected_ms
                                                         : c->start_ms)) /
                   1000),
             c->after_handshake ? "after the handshake" : "in the handshake");
    return fail(c, why);
}

/* Waits for the socket and the standard input, and relays what is ready. */
static bool wait_and_relay(client *c)
{
    bool input = c->relaying && c->stream.out.len < SHK_STREAM_LIMIT &&
                 c->report.result.state != SHK_HANDSHAKING; /* renegotiates */
    bool receiving = c->stream.out.len < SHK_STREAM_LIMIT;
    struct pollfd fds[2] = {
        {.fd = c->stream.fd,
         .events =
             (short)((receiving ? POLLIN : 0) | (shk_stream_is_sending(&c->stream) ? POLLOUT : 0))},
        {.fd = input ? STDIN_FILENO : -1, .events = POLLIN},
    };
    int64_t left = deadline_ms(c) - shk_now_ms();
    int ready = left > 0 ? poll(fds, 2, (int)left) : 0;
    if (ready == 0)
        return time_out(c);
    if (ready < 0)
        return errno == EINTR || fail(c, strerror(errno));
    if ((fds[0].revents & ~POLLOUT) != 0)
        shk_stream_receive(&c->stream, take_data, c);
    if (c->out != NULL && (c->out_failed || fflush(c->out) != 0)) {
        c->out_failed = true;
        return fail(c, "the output cannot be written");
    }
    update_result(c);
    return fds[1].revents == 0 || c->report.result.state == SHK_HANDSHAKING || relay_input(c);
}

/* One round of sending and receiving. False: the connection is over, whether it succeeded or not.
 */
static bool run_once(client *c)
{
    shk_stream_send(&c->stream);
    update_result(c);
    shk_endpoint_state state = c->report.result.state;
    if (c->script.player != NULL && shk_player_closes(c->script.player, false))
        return fail(c, "the script has closed the connection");
    if (state == SHK_FAILED)
        return fail(c, c->report.result.why);
    if (!c->after_handshake && state != SHK_HANDSHAKING) {
        bool renegotiates = c->options->renegotiate && c->report.result.renegotiations == 0;
        if (!(renegotiates ? begin_renegotiation(c) : begin_data(c)))
            return false;
        shk_stream_send(&c->stream);
    }
    return state != SHK_ENDED && !c->stream.ended && wait_and_relay(c);
}

/* Checks how TCP ended the connection: only close_notify distinguishes a whole answer from a
 * truncated one (RFC 8446 §6.1). In TLS 1.2 whoever sent close_notify first need not get one (RFC
 * 5246 §7.2.1).
 */
static void check_end(client *c)
{
    if (!c->stream.ended || c->why[0] != 0 || c->report.result.state == SHK_ENDED)
        return;
    char why[SHK_WHY_SIZE];
    const char *reason = c->stream.error != 0 ? strerror(c->stream.error) : "the peer ended TCP";
    if (!c->after_handshake) {
        snprintf(why, sizeof why, "%s in the handshake", reason);
        fail(c, why);
    } else if (!c->closing || c->report.result.version >= SHK_TLS13) {
        c->report.truncated = true;
        snprintf(why, sizeof why, "truncated: no close_notify [RFC 8446 §6.1] (%s)", reason);
        fail(c, why);
    }
}

/* The page has arrived only if its status line says success (RFC 9112 §4, RFC 9110 §15.3). */
static void check_answer(client *c)
{
    char line[ANSWER_START];
    char why[SHK_WHY_SIZE];
    if (c->options->path == NULL || c->why[0] != 0)
        return;
    const bool http = strncmp(c->answer, "HTTP/1.", 7) == 0 && strlen(c->answer) > STATUS_CODE;
    if (http && c->answer[STATUS_CODE] == '2')
        return;
    shk_printable_text(shk_span_of(c->answer, strcspn(c->answer, "\r\n")), line, sizeof line);
    snprintf(why, sizeof why, "%s%s",
             c->answer_len == 0 ? "no answer came"
             : http             ? "the page is refused: "
                                : "the answer is not HTTP: ",
             line);
    fail(c, why);
}

/* Sends the last flight. If it is an alert, keeps the socket open until the peer can have read it.
 */
static void send_last_flight(client *c)
{
    int64_t until = shk_now_ms() + LINGER_MS;
    bool finished = false;
    c->stream.kind->shutdown(c->stream.end);
    shk_stream_send(&c->stream);
    while (!c->stream.ended && !c->stream.write_closed && shk_now_ms() < until) {
        bool sending = shk_stream_is_sending(&c->stream);
        if (!sending && !finished) {
            shk_stream_finish(&c->stream);
            finished = true;
        }
        if (!sending && c->report.result.state != SHK_FAILED)
            return;
        struct pollfd fd = {.fd = c->stream.fd,
                            .events = (short)(POLLIN | (sending ? POLLOUT : 0))};
        if (poll(&fd, 1, (int)(until - shk_now_ms())) > 0)
            shk_stream_discard(&c->stream);
        shk_stream_send(&c->stream);
    }
}

/* Queues early data, before anything else is sent. */
static bool send_early(client *c)
{
    if (c->early.len == 0)
        return true;
    if (!c->stream.kind->write_early(c->stream.end, shk_buf_span(&c->early)))
        return fail(c, "--early-data: the session does not allow early data, or not so much");
    c->report.early_sent = c->early.len;
    shk_buf_free(&c->early);
    return true;
}

/* Prints what was tolerated since the connection was printed, or in a handshake that failed. */
static void print_deviations(const client *c)
{
    char tolerated[SHK_WHY_SIZE];
    const uint32_t rest = c->report.result.deviations & ~c->shown_deviations;
    if (!c->options->json && shk_report_deviations(rest, tolerated)[0] != 0)
        fprintf(stderr, "tolerated deviations: %s\n", tolerated);
}

/* Our end; with a script, behind its player. */
static shk_endpoint *open_end(const client *c, shk_endpoint_setup *setup,
                              const shk_endpoint_kind **kind)
{
    shk_endpoint *end = (*kind)->open(setup, c->options->seed);
    if (c->script.player == NULL || end == NULL)
        return end;
    shk_player_begin(c->script.player, c->script.script->second ? 1 : 0);
    shk_endpoint *player = shk_player_end_wrap(*kind, end, false, c->script.player, true);
    if (player == NULL)
        (*kind)->close(end);
    *kind = &shk_endpoint_player;
    return player;
}

static int run(client *c, shk_endpoint_setup *setup, int fd)
{
    const shk_endpoint_kind *kind = &shk_endpoint_ours;
    shk_endpoint *end = open_end(c, setup, &kind);
    if (end == NULL) {
        close(fd);
        return shk_cli_fail("client", SHK_EXIT_ENVIRONMENT, "no memory for a connection");
    }
    shk_stream_open(&c->stream, fd, kind, end);
    c->start_ms = shk_now_ms();
    bool going = send_early(c);
    kind->feed(end, shk_span_of(NULL, 0));
    while (going && run_once(c))
        continue;
    if (c->after_handshake && c->report.result.state != SHK_FAILED)
        shk_report_bind(&c->report, kind, end);
    if (c->after_handshake && c->options->session_in != NULL && !c->report.result.resumed)
        fprintf(stderr, "the session of --sess-in was not resumed\n");
    check_end(c);
    check_answer(c);
    send_last_flight(c);
    shk_stream_close(&c->stream);
    print_deviations(c);
    if (c->report.result.why[0] == 0)
        snprintf(c->report.result.why, sizeof c->report.result.why, "%s", c->why);
    if (c->options->json)
        shk_report_json(&c->report, stdout);
    if (c->why[0] == 0)
        return SHK_EXIT_GOOD;
    return shk_cli_fail("client", c->out_failed ? SHK_EXIT_ENVIRONMENT : SHK_EXIT_FAILED, "%s",
                        c->why);
}

static int connect_and_run(client *c, shk_endpoint_setup *setup)
{
    char why[SHK_WHY_SIZE];
    int fd = shk_socket_connect(c->options->host, c->options->port,
                                (int64_t)c->options->timeout_s * 1000, c->peer, why);
    if (fd < 0)
        return shk_cli_fail("client", SHK_EXIT_ENVIRONMENT, "cannot connect to %s", why);
    return run(c, setup, fd);
}

static int with_output(client *c, shk_endpoint_setup *setup)
{
    const char *file = c->options->output;
    c->out = file != NULL ? fopen(file, "wb") : c->options->json ? NULL : stdout;
    if (file != NULL && c->out == NULL)
        return shk_cli_fail("client", SHK_EXIT_USAGE, "--output: %s: %s", file, strerror(errno));
    int code = connect_and_run(c, setup);
    if (file != NULL && fclose(c->out) != 0 && code == SHK_EXIT_GOOD)
        code = shk_cli_fail("client", SHK_EXIT_ENVIRONMENT, "%s: %s", file, strerror(errno));
    return code;
}

/* It is no failure if there is no session to keep. False with a message. */
static bool keep_session(const shk_endpoint_setup *setup, const char *path)
{
    shk_buf session = shk_buf_growing(&shk_libc_allocator);
    if (!shk_endpoint_ours.save(setup, &session)) {
        shk_cli_fail("client", SHK_EXIT_ENVIRONMENT, "no memory for the session");
        return false;
    }
    FILE *file = session.len > 0 ? shk_open_secret(path, false) : NULL;
    bool good = session.len == 0 ||
                (file != NULL && fwrite(session.data, 1, session.len, file) == session.len);
    if (session.len == 0)
        fprintf(stderr, "no session came that can be resumed\n");
    if (file != NULL && fclose(file) != 0)
        good = false;
    if (!good)
        shk_cli_fail("client", SHK_EXIT_ENVIRONMENT, "--sess-out: %s: %s", path, strerror(errno));
    shk_buf_wipe(&session);
    return good;
}

/* Whether the sessions of the connection may be resumed, whatever became of the page: a fatal alert
 * invalidates them (RFC 5246 §7.2, RFC 8446 §6.2), a missing close_notify does not (RFC 5246
 * §7.2.1). */
static bool has_sessions(const client *c)
{
    return c->after_handshake && c->report.result.state != SHK_FAILED;
}

static int with_sessions(client *c)
{
    const shk_client_options *o = c->options;
    shk_endpoint_config config = o->end.config;
    char why[SHK_WHY_SIZE];
    shk_endpoint_setup *setup = NULL;
    shk_buf session = shk_buf_growing(&shk_libc_allocator);
    int code = SHK_EXIT_USAGE;
    c->early = shk_buf_growing(&shk_libc_allocator);
    bool ready = (o->session_in == NULL || shk_read_file(o->session_in, &session, why)) &&
                 (o->early == NULL || shk_read_file(o->early, &c->early, why));
    if (c->script.player != NULL)
        shk_cli_script_apply(&c->script, &config);
    if (o->session_in != NULL)
        config.saved = shk_buf_span(&session);
    if (!ready || !shk_endpoint_ours.setup(&config, &setup, why)) {
        shk_cli_fail("client", code, "%s", why);
    } else {
        code = with_output(c, setup);
        if (o->session_out != NULL && has_sessions(c) && !keep_session(setup, o->session_out))
            code = SHK_EXIT_ENVIRONMENT;
        shk_endpoint_ours.teardown(setup);
    }
    shk_buf_wipe(&session);
    shk_buf_free(&c->early);
    return code;
}

/* Plays the script of --script, if there is one. */
static int with_script(client *c)
{
    char why[SHK_WHY_SIZE];
    int code = SHK_EXIT_USAGE;
    if (c->options->script == NULL)
        return with_sessions(c);
    if (!shk_cli_script_open(c->options->script, &c->script, why))
        shk_cli_fail("client", code, "--script: %s", why);
    else if (shk_cli_script_side(&c->script) != 0)
        shk_cli_fail("client", code, "--script: %s: its player is not the client",
                     c->options->script);
    else
        code = with_sessions(c);
    if (c->script.player != NULL && code < SHK_EXIT_USAGE &&
        !shk_cli_script_was_played(&c->script, "client"))
        code = SHK_EXIT_FAILED;
    shk_cli_script_close(&c->script);
    return code;
}

int shk_app_client(int argc, char **argv)
{
    shk_client_options options;
    shk_script_words words;
    client c = {.options = &options};
    char why[SHK_WHY_SIZE];
    int code;
    if (!shk_script_words_of(argc, argv, SHK_OF_CLIENT, &words, why))
        code = shk_cli_fail("client", SHK_EXIT_USAGE, "--script: %s", why);
    else
        code = shk_client_parse(words.count, words.words, &options);
    c.report.peer = c.peer;
    if (code < 0) {
        c.report.exports = options.exports;
        code = with_script(&c);
    }
    shk_script_words_free(&words);
    return code;
}
