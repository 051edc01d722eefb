/* `shakedown client`: connects to a TLS server over TCP, and fetches a page from it or relays the
 * standard input. What the peer sends goes to the standard output, what there is to say about it to
 * the standard error. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/negotiated.h"
#include "cli/number.h"
#include "cli/socket.h"
#include "cli/stream.h"
#include "endpoint/file.h"

enum { DEFAULT_TIMEOUT_S = 10, MAX_TIMEOUT_S = 86400, LINGER_MS = 2000, REQUEST_SIZE = 2048 };
enum { ANSWER_FRONT = 80 };

typedef struct {
    shk_cli_end end;
    uint64_t timeout_s;
    uint64_t seed;
    shk_exported exports;
    const char *path;       /* of --get; NULL: relay */
    const char *output;     /* a file in place of the standard output */
    const char *session_in; /* files of sessions; NULL: none */
    const char *session_out;
    const char *early; /* file of early data; NULL: none */
    bool key_update;
    bool renegotiate;
    bool json;
} client_options;

typedef struct {
    const client_options *options;
    char host[SHK_HOST_SIZE];
    char port[SHK_PORT_SIZE];
    char peer[SHK_ADDRESS_SIZE];
    shk_stream stream;
    shk_negotiated told;
    shk_buf early; /* to send as early data */
    FILE *out;     /* NULL: what the peer sends is only counted */
    bool out_failed;
    char answer[ANSWER_FRONT]; /* how what the peer sends begins */
    size_t answer_len;
    bool talking;  /* the handshake is done, and what follows it has begun */
    bool relaying; /* the standard input has not ended */
    bool closing;  /* our close_notify came first */
    char why[SHK_WHY_SIZE];
} client;

static bool set_timeout(void *context, const char *value, char *why)
{
    return shk_cli_number(value, 1, MAX_TIMEOUT_S, &((client_options *)context)->timeout_s, why);
}

static bool set_seed(void *context, const char *value, char *why)
{
    return shk_cli_number(value, 0, UINT64_MAX, &((client_options *)context)->seed, why);
}

static bool set_get(void *context, const char *value, char *why)
{
    ((client_options *)context)->path = value;
    size_t len = strlen(value);
    bool good = value[0] == '/' && len <= REQUEST_SIZE / 2;
    for (size_t i = 0; i < len && good; i++)
        good = value[i] > ' ' && value[i] < 0x7f;
    if (!good)
        snprintf(why, SHK_WHY_SIZE,
                 "'%.100s' is not a path: '/' and then printable ASCII without spaces, in all at "
                 "most %d bytes",
                 value, REQUEST_SIZE / 2);
    return good;
}

static bool set_output(void *context, const char *value, char *why)
{
    (void)why;
    ((client_options *)context)->output = value;
    return true;
}

static bool set_key_update(void *context, const char *value, char *why)
{
    (void)value;
    (void)why;
    return ((client_options *)context)->key_update = true;
}

static bool set_json(void *context, const char *value, char *why)
{
    (void)value;
    (void)why;
    return ((client_options *)context)->json = true;
}

static bool set_session_in(void *context, const char *value, char *why)
{
    client_options *o = (client_options *)context;
    (void)why;
    o->session_in = value;
    return o->end.config.resume = true;
}

static bool set_session_out(void *context, const char *value, char *why)
{
    client_options *o = (client_options *)context;
    (void)why;
    o->session_out = value;
    return o->end.config.resume = true;
}

static bool set_send_early(void *context, const char *value, char *why)
{
    client_options *o = (client_options *)context;
    (void)why;
    o->early = value;
    return o->end.config.early_data = true;
}

static bool set_renegotiate(void *context, const char *value, char *why)
{
    client_options *o = (client_options *)context;
    (void)value;
    (void)why;
    o->renegotiate = true;
    return o->end.config.renegotiation = true;
}

static bool set_keymatexport(void *context, const char *value, char *why)
{
    return shk_exported_set_label(&((client_options *)context)->exports, value, why);
}

static bool set_keymatexportlen(void *context, const char *value, char *why)
{
    return shk_exported_set_len(&((client_options *)context)->exports, value, why);
}

static const shk_cli_option own_options[] = {
    {"get", "PATH", "fetch this page by HTTP; without it the standard input is relayed", set_get},
    {"output", "FILE", "what the peer sends goes here, not to the standard output", set_output},
    {"keymatexport", "LABEL", "tell the keys that are exported by this label (RFC 5705)",
     set_keymatexport},
    {"keymatexportlen", "N", "so many bytes of them, 1 to 64 (default 20)", set_keymatexportlen},
    {"json", NULL, "one JSON object on the standard output, at the end; the data only to --output",
     set_json},
    {"timeout", "SECONDS", "give up after so long without progress (default 10)", set_timeout},
    {"seed", "N", "repeatable randomness; 0 (the default) is the system's", set_seed},
    {"key-update", NULL, "after the handshake, update the keys and ask the peer to (TLS 1.3)",
     set_key_update},
    {"renegotiate", NULL, "after the handshake, do another (below TLS 1.3, RFC 5746)",
     set_renegotiate},
    {"sess-in", "FILE", "resume the session of an earlier client", set_session_in},
    {"sess-out", "FILE", "keep the last session that can be resumed", set_session_out},
    {"early-data", "FILE",
     "send this as early data with the session of --sess-in; what the server turns down is not "
     "sent again",
     set_send_early},
};

/* The first failure is kept. Always false, so that a step can leave with it. */
static bool fail(client *c, const char *why)
{
    if (c->why[0] == 0)
        snprintf(c->why, sizeof c->why, "%s", why);
    return false;
}

static void look(client *c)
{
    shk_endpoint_result *r = &c->told.result;
    c->stream.kind->result(c->stream.end, r);
    c->told.verified = r->peer_verified && (r->state == SHK_CONNECTED || r->state == SHK_ENDED);
}

static void take_data(void *context, shk_span piece)
{
    client *c = (client *)context;
    uint8_t data[SHK_STREAM_PIECE];
    size_t len;
    (void)piece;
    while ((len = c->stream.kind->read(c->stream.end, data, sizeof data)) > 0) {
        c->told.bytes_received += len;
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
    c->told.bytes_sent += data.len;
    return true;
}

static bool send_request(client *c)
{
    char request[REQUEST_SIZE];
    const char *asked = c->options->end.config.server_name;
    const char *name = asked != NULL ? asked : c->host;
    bool brackets = strchr(name, ':') != NULL;
    int len = snprintf(request, sizeof request,
                       "GET %s HTTP/1.0\r\nHost: %s%s%s:%s\r\nConnection: close\r\n\r\n",
                       c->options->path, brackets ? "[" : "", name, brackets ? "]" : "", c->port);
    return send_data(c, shk_span_of(request, (size_t)len));
}

/* Before anything else, if it is wanted and not done. False with a reason. */
static bool begin_renegotiation(client *c)
{
    return c->stream.kind->renegotiate(c->stream.end) ||
           fail(c, "--renegotiate: it takes TLS 1.2 or below, and a server with "
                   "renegotiation_info [RFC 5746 §3.1]");
}

/* What follows the handshake at once. */
static bool begin_talk(client *c)
{
    c->talking = true;
    shk_negotiated_bind(&c->told, c->stream.kind, c->stream.end);
    if (!c->options->json)
        shk_negotiated_text(&c->told, stderr);
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

static bool time_out(client *c)
{
    char why[SHK_WHY_SIZE];
    snprintf(why, sizeof why, "no progress for %d s %s", (int)c->options->timeout_s,
             c->talking ? "after the handshake" : "in the handshake");
    return fail(c, why);
}

/* Waits for the socket and the standard input, and moves what can be moved. */
static bool wait_and_move(client *c)
{
    bool input = c->relaying && c->stream.out.len < SHK_STREAM_LIMIT &&
                 c->told.result.state != SHK_HANDSHAKING; /* anew */
    bool receiving = c->stream.out.len < SHK_STREAM_LIMIT;
    struct pollfd fds[2] = {
        {.fd = c->stream.fd,
         .events =
             (short)((receiving ? POLLIN : 0) | (shk_stream_is_sending(&c->stream) ? POLLOUT : 0))},
        {.fd = input ? STDIN_FILENO : -1, .events = POLLIN},
    };
    int64_t left = c->stream.progress_ms + (int64_t)c->options->timeout_s * 1000 - shk_now_ms();
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
    look(c);
    return fds[1].revents == 0 || c->told.result.state == SHK_HANDSHAKING || relay_input(c);
}

/* One turn. False: it is over, well or not. */
static bool turn(client *c)
{
    shk_stream_send(&c->stream);
    look(c);
    shk_endpoint_state state = c->told.result.state;
    if (state == SHK_FAILED)
        return fail(c, c->told.result.why);
    if (!c->talking && state != SHK_HANDSHAKING) {
        bool anew = c->options->renegotiate && c->told.result.renegotiations == 0;
        if (!(anew ? begin_renegotiation(c) : begin_talk(c)))
            return false;
        shk_stream_send(&c->stream);
    }
    return state != SHK_ENDED && !c->stream.ended && wait_and_move(c);
}

/* How it ended, where TCP ended it: only close_notify tells a whole answer from one that was cut
 * (RFC 8446 §6.1). In TLS 1.2 whoever sent close_notify first need not get one (RFC 5246 §7.2.1).
 */
static void judge_end(client *c)
{
    if (!c->stream.ended || c->why[0] != 0 || c->told.result.state == SHK_ENDED)
        return;
    char why[SHK_WHY_SIZE];
    const char *reason = c->stream.error != 0 ? strerror(c->stream.error) : "the peer ended TCP";
    if (!c->talking) {
        snprintf(why, sizeof why, "%s in the handshake", reason);
        fail(c, why);
    } else if (!c->closing || c->told.result.version >= SHK_TLS13) {
        c->told.truncated = true;
        snprintf(why, sizeof why, "truncated: no close_notify [RFC 8446 §6.1] (%s)", reason);
        fail(c, why);
    }
}

/* A page that is refused by its status line (RFC 9112 §4) is not what was asked for. */
static void judge_answer(client *c)
{
    char why[SHK_WHY_SIZE];
    const size_t line = strcspn(c->answer, "\r\n");
    const size_t code = strlen("HTTP/1.0 ");
    if (c->options->path == NULL || c->why[0] != 0 || strncmp(c->answer, "HTTP/1.", 7) != 0 ||
        line <= code || (c->answer[code] != '4' && c->answer[code] != '5'))
        return;
    snprintf(why, sizeof why, "the page is refused: %.*s", (int)line, c->answer);
    fail(c, why);
}

/* Sends the last flight, and if it is an alert sees to it that the peer can read it. */
static void wind_down(client *c)
{
    int64_t until = shk_now_ms() + LINGER_MS;
    bool finished = false;
    c->stream.kind->shutdown(c->stream.end);
    shk_stream_send(&c->stream);
    while (!c->stream.ended && !c->stream.deaf && shk_now_ms() < until) {
        bool sending = shk_stream_is_sending(&c->stream);
        if (!sending && !finished) {
            shk_stream_finish(&c->stream);
            finished = true;
        }
        if (!sending && c->told.result.state != SHK_FAILED)
            return;
        struct pollfd fd = {.fd = c->stream.fd,
                            .events = (short)(POLLIN | (sending ? POLLOUT : 0))};
        if (poll(&fd, 1, (int)(until - shk_now_ms())) > 0)
            shk_stream_discard(&c->stream);
        shk_stream_send(&c->stream);
    }
}

/* Before all else. */
static bool send_early(client *c)
{
    if (c->early.len == 0)
        return true;
    if (!c->stream.kind->write_early(c->stream.end, shk_buf_span(&c->early)))
        return fail(c, "--early-data: the session does not allow early data, or not so much");
    c->told.early_sent = c->early.len;
    shk_buf_free(&c->early);
    return true;
}

static int run(client *c, shk_endpoint_setup *setup, int fd)
{
    const shk_endpoint_kind *kind = &shk_endpoint_shakedown;
    shk_endpoint *end = kind->open(setup, c->options->seed);
    if (end == NULL) {
        close(fd);
        return shk_cli_fail("client", SHK_EXIT_ENVIRONMENT, "no memory for a connection");
    }
    shk_stream_open(&c->stream, fd, kind, end);
    bool going = send_early(c);
    kind->feed(end, shk_span_of(NULL, 0));
    while (going && turn(c))
        continue;
    if (c->talking && c->told.result.state != SHK_FAILED)
        shk_negotiated_bind(&c->told, kind, end);
    if (c->talking && c->options->session_in != NULL && !c->told.result.resumed)
        fprintf(stderr, "the session of --sess-in was not resumed\n");
    judge_end(c);
    judge_answer(c);
    wind_down(c);
    shk_stream_close(&c->stream);
    if (c->told.result.why[0] == 0)
        snprintf(c->told.result.why, sizeof c->told.result.why, "%s", c->why);
    if (c->options->json)
        shk_negotiated_json(&c->told, stdout);
    if (c->why[0] == 0)
        return SHK_EXIT_GOOD;
    return shk_cli_fail("client", c->out_failed ? SHK_EXIT_ENVIRONMENT : SHK_EXIT_FAILED, "%s",
                        c->why);
}

/* With trust anchors the name is verified too, whatever it is; without them only what was asked for
 * is sent. */
static void choose_name(const client *c, shk_endpoint_config *config)
{
    if (config->server_name == NULL && config->ca_file != NULL)
        config->server_name = c->host;
}

static int connect_and_run(client *c, shk_endpoint_setup *setup)
{
    char why[SHK_WHY_SIZE];
    int fd =
        shk_socket_connect(c->host, c->port, (int64_t)c->options->timeout_s * 1000, c->peer, why);
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

/* The session is a secret: the file is its owner's alone. False with a message; nothing to keep is
 * no failure. */
static bool keep_session(const shk_endpoint_setup *setup, const char *path)
{
    shk_buf session = shk_buf_growing(&shk_libc_allocator);
    if (!shk_endpoint_shakedown.save(setup, &session)) {
        shk_cli_fail("client", SHK_EXIT_ENVIRONMENT, "no memory for the session");
        return false;
    }
    int fd = session.len > 0 ? open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600) : -1;
    FILE *file = fd >= 0 ? fdopen(fd, "wb") : NULL;
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

static int with_sessions(client *c, shk_endpoint_config *config)
{
    const client_options *o = c->options;
    char why[SHK_WHY_SIZE];
    shk_endpoint_setup *setup = NULL;
    shk_buf session = shk_buf_growing(&shk_libc_allocator);
    int code = SHK_EXIT_USAGE;
    c->early = shk_buf_growing(&shk_libc_allocator);
    bool ready = (o->session_in == NULL || shk_read_file(o->session_in, &session, why)) &&
                 (o->early == NULL || shk_read_file(o->early, &c->early, why));
    if (o->session_in != NULL)
        config->saved = shk_buf_span(&session);
    if (!ready || !shk_endpoint_shakedown.setup(config, &setup, why)) {
        shk_cli_fail("client", code, "%s", why);
    } else {
        code = with_output(c, setup);
        if (o->session_out != NULL && code == SHK_EXIT_GOOD && !keep_session(setup, o->session_out))
            code = SHK_EXIT_ENVIRONMENT;
        shk_endpoint_shakedown.teardown(setup);
    }
    shk_buf_wipe(&session);
    shk_buf_free(&c->early);
    return code;
}

int shk_cli_client(int argc, char **argv)
{
    static const char help[] =
        "Connects to a TLS server and prints what it sends until close_notify. With --cafile the\n"
        "peer's certificate is verified, for --servername or else for HOST.\n"
        "Exit: 0 good, 1 the handshake or the connection failed or the page is refused, 2 wrong "
        "use, 3 cannot connect.";
    client_options options = {.timeout_s = DEFAULT_TIMEOUT_S};
    client c = {.options = &options};
    char why[SHK_WHY_SIZE];
    int first;
    shk_cli_command command = {
        .name = "client",
        .positional = "HOST:PORT",
        .help = help,
        .options = own_options,
        .option_count = sizeof own_options / sizeof own_options[0],
        .context = &options,
        .client = &options.end,
    };
    int code = shk_cli_parse(&command, argc, argv, &first);
    if (code >= 0)
        return code;
    if (argc - first != 1)
        return shk_cli_fail("client", SHK_EXIT_USAGE, "one HOST:PORT is needed; see --help");
    if (!shk_address_split(argv[first], c.host, c.port, why))
        return shk_cli_fail("client", SHK_EXIT_USAGE, "%s", why);
    if (options.early != NULL && options.session_in == NULL)
        return shk_cli_fail("client", SHK_EXIT_USAGE, "--early-data: it needs --sess-in");
    if (!shk_exported_complete(&options.exports, why))
        return shk_cli_fail("client", SHK_EXIT_USAGE, "%s", why);
    choose_name(&c, &options.end.config);
    c.told.peer = c.peer;
    c.told.exports = options.exports;
    return with_sessions(&c, &options.end.config);
}
