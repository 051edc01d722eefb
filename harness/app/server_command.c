/* `shakedown server`: serves many TLS clients at once, in one thread, until a signal ends it. Its
 * address and the results go to the standard output, the log to the standard error. */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "app/app_commands.h"
#include "app/connection.h"
#include "app/server_options.h"
#include "cli/script_option.h"
#include "drive/player_end.h"

enum {
    ACCEPT_PAUSE_MS = 100, /* after descriptors or memory have run out */
    LISTENER = 0,
    SIGNALS = 1,
    FIRST_CONNECTION = 2 /* in the list that is polled */
};

typedef struct {
    const shk_server_options *options;
    shk_endpoint_setup *setup;
    int listener;
    int signals;
    shk_cli_script script;            /* without one our end is honest */
    shk_app_connection **connections; /* max_connections of them, the first `count` in use */
    struct pollfd *fds;
    size_t count;
    uint64_t accepted;
    uint64_t failed;
    int64_t accept_again_ms; /* no accept before this time */
    bool ending;
} server;

static void log_connection(const server *v, const shk_app_connection *s)
{
    const shk_endpoint_result *r = &s->report.result;
    shk_parameter rows[SHK_PARAMETERS];
    char tolerated[SHK_WHY_SIZE];
    if (v->options->json)
        shk_report_json(&s->report, stdout);
    if (v->options->quiet)
        return;
    fprintf(stderr, "#%" PRIu64 " %s", s->report.number, s->peer);
    if (s->was_connected) {
        size_t count = shk_report_rows(&s->report, rows);
        for (size_t i = 0; i < count && i < 6; i++)
            fprintf(stderr, "%s %s", i == 0 ? "" : ",", rows[i].value);
        fprintf(stderr, ", %" PRIu64 " bytes in, %" PRIu64 " out", s->report.bytes_received,
                s->report.bytes_sent);
    }
    if (shk_report_deviations(r->deviations, tolerated)[0] != 0)
        fprintf(stderr, ", tolerated %s", tolerated);
    fprintf(stderr, "%s%s\n", r->why[0] != 0 ? ": " : "", r->why);
}

static void close_connection(server *v, size_t i)
{
    shk_app_connection *s = v->connections[i];
    if (!s->was_connected)
        v->failed++;
    log_connection(v, s);
    shk_app_connection_close(s);
    free(s);
    v->connections[i] = v->connections[--v->count];
}

/* Our end; with a script, behind its player. */
static shk_endpoint *open_end(server *v, uint64_t seed, const shk_endpoint_kind **kind)
{
    shk_endpoint *end = (*kind)->open(v->setup, seed);
    if (v->script.player == NULL || end == NULL)
        return end;
    shk_player_begin(v->script.player, v->script.script->second && v->accepted > 0 ? 1 : 0);
    shk_endpoint *player = shk_player_end_wrap(*kind, end, true, v->script.player, true);
    if (player == NULL)
        (*kind)->close(end);
    *kind = &shk_endpoint_player;
    return player;
}

/* False without memory; `fd` is then still the caller's. */
static bool open_connection(server *v, int fd, const char *peer)
{
    const shk_endpoint_kind *kind = &shk_endpoint_ours;
    uint64_t seed = v->options->seed != 0 ? v->options->seed + v->accepted : 0;
    shk_app_connection *s = (shk_app_connection *)malloc(sizeof *s);
    shk_endpoint *end = s != NULL ? open_end(v, seed, &kind) : NULL;
    if (end == NULL) {
        free(s);
        return false;
    }
    shk_app_connection_open(s, fd, peer, kind, end, (int64_t)v->options->timeout_s * 1000);
    s->report.exports = v->options->exports;
    s->report.number = ++v->accepted;
    v->connections[v->count++] = s;
    return true;
}

static bool is_accepting(const server *v)
{
    const uint64_t most = v->script.player != NULL ? 1 : v->options->max_connections;
    return !v->ending && v->count < most &&
           (v->options->connections == 0 || v->accepted < v->options->connections) &&
           shk_now_ms() >= v->accept_again_ms;
}

static void accept_waiting(server *v)
{
    char peer[SHK_ADDRESS_SIZE];
    while (is_accepting(v)) {
        int fd = shk_socket_accept(v->listener, peer);
        if (fd >= 0 && open_connection(v, fd, peer))
            continue;
        bool nobody = fd < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ||
                                 errno == ECONNABORTED);
        if (!nobody)
            v->accept_again_ms = shk_now_ms() + ACCEPT_PAUSE_MS;
        if (fd >= 0)
            close(fd);
        return;
    }
}

/* The first signal closes every connection in order, the second aborts them. */
static void take_signal(server *v)
{
    struct signalfd_siginfo info;
    if (read(v->signals, &info, sizeof info) != sizeof info)
        return;
    for (size_t i = v->count; i-- > 0;) {
        if (v->ending)
            close_connection(v, i);
        else
            shk_app_connection_end(v->connections[i]);
    }
    v->ending = true;
}

/* Fills in the list to poll; returns for how long, in milliseconds, or -1. */
static int prepare_poll(server *v)
{
    bool paused = v->accept_again_ms > shk_now_ms();
    int64_t deadline = paused ? v->accept_again_ms : INT64_MAX;
    v->fds[LISTENER] = (struct pollfd){.fd = is_accepting(v) ? v->listener : -1, .events = POLLIN};
    v->fds[SIGNALS] = (struct pollfd){.fd = v->signals, .events = POLLIN};
    for (size_t i = 0; i < v->count; i++) {
        const shk_app_connection *s = v->connections[i];
        v->fds[FIRST_CONNECTION + i] =
            (struct pollfd){.fd = s->stream.fd, .events = shk_app_connection_events(s)};
        if (shk_app_connection_deadline(s) < deadline)
            deadline = shk_app_connection_deadline(s);
    }
    if (deadline == INT64_MAX)
        return -1;
    int64_t left = deadline - shk_now_ms();
    return left < 0 ? 0 : (int)left;
}

static bool is_over(const server *v)
{
    bool all = v->options->connections != 0 && v->accepted >= v->options->connections;
    return v->count == 0 && (v->ending || all);
}

static void step_connection(const server *v, shk_app_connection *s, short revents)
{
    shk_app_connection_step(s, revents);
    if (v->script.player != NULL && shk_player_closes(v->script.player, true))
        shk_app_connection_end(s);
}

static int serve(server *v)
{
    while (!is_over(v)) {
        int ready = poll(v->fds, (nfds_t)(FIRST_CONNECTION + v->count), prepare_poll(v));
        if (ready < 0 && errno != EINTR)
            return shk_cli_fail("server", SHK_EXIT_ENVIRONMENT, "poll: %s", strerror(errno));
        if (ready < 0)
            continue;
        int64_t now = shk_now_ms();
        for (size_t i = v->count; i-- > 0;) { /* downwards, since closing moves the last one here */
            short revents = v->fds[FIRST_CONNECTION + i].revents;
            if (revents != 0 || now >= shk_app_connection_deadline(v->connections[i]))
                step_connection(v, v->connections[i], revents);
            if (v->connections[i]->phase == SHK_CONNECTION_DONE)
                close_connection(v, i);
        }
        if (v->fds[SIGNALS].revents != 0)
            take_signal(v);
        if (v->fds[LISTENER].revents != 0)
            accept_waiting(v);
    }
    return SHK_EXIT_GOOD;
}

/* SIGTERM and SIGINT as a descriptor. */
static int open_signals(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    if (sigprocmask(SIG_BLOCK, &set, NULL) != 0)
        return -1;
    return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

static int listen_and_serve(server *v)
{
    const shk_server_options *o = v->options;
    char bound[SHK_ADDRESS_SIZE];
    char why[SHK_WHY_SIZE];
    v->listener = shk_socket_listen(o->address, (uint16_t)o->port, bound, why);
    if (v->listener < 0)
        return shk_cli_fail("server", SHK_EXIT_ENVIRONMENT, "cannot listen on %s", why);
    v->signals = open_signals();
    v->connections =
        (shk_app_connection **)calloc(o->max_connections, sizeof(shk_app_connection *));
    v->fds = (struct pollfd *)calloc(o->max_connections + FIRST_CONNECTION, sizeof *v->fds);
    int code = SHK_EXIT_ENVIRONMENT;
    if (v->signals < 0 || v->connections == NULL || v->fds == NULL) {
        shk_cli_fail("server", code, "cannot start: %s", strerror(errno));
    } else {
        printf("listening %s\n", bound);
        fflush(stdout);
        code = serve(v);
    }
    while (v->count > 0)
        close_connection(v, v->count - 1);
    free(v->connections);
    free(v->fds);
    if (v->signals >= 0)
        close(v->signals);
    close(v->listener);
    return code;
}

/* Failed handshakes fail the command only if --connections says how many are tested. */
static int exit_code_of(const server *v, int code)
{
    uint64_t wanted = v->options->connections;
    if (code != SHK_EXIT_GOOD || wanted == 0 || (v->failed == 0 && v->accepted == wanted))
        return code;
    return shk_cli_fail("server", SHK_EXIT_FAILED,
                        "%" PRIu64 " of %" PRIu64 " handshakes failed, of %" PRIu64 " awaited",
                        v->failed, v->accepted, wanted);
}

static int with_setup(server *v, const shk_endpoint_config *config)
{
    char why[SHK_WHY_SIZE];
    if (!shk_endpoint_ours.setup(config, &v->setup, why))
        return shk_cli_fail("server", SHK_EXIT_USAGE, "%s", why);
    int code = exit_code_of(v, listen_and_serve(v));
    shk_endpoint_ours.teardown(v->setup);
    return code;
}

/* Plays the script of --script, if there is one. */
static int with_script(server *v)
{
    shk_endpoint_config config = v->options->end.config;
    char why[SHK_WHY_SIZE];
    int code = SHK_EXIT_USAGE;
    if (v->options->script == NULL)
        return with_setup(v, &config);
    if (!shk_cli_script_open(v->options->script, &v->script, why)) {
        shk_cli_fail("server", code, "--script: %s", why);
    } else if (shk_cli_script_side(&v->script) != 1) {
        shk_cli_fail("server", code, "--script: %s: its player is not the server",
                     v->options->script);
    } else {
        shk_cli_script_apply(&v->script, &config);
        code = with_setup(v, &config);
    }
    if (v->script.player != NULL && code < SHK_EXIT_USAGE && v->accepted > 0 &&
        !shk_cli_script_was_played(&v->script, "server"))
        code = SHK_EXIT_FAILED;
    shk_cli_script_close(&v->script);
    return code;
}

int shk_app_server(int argc, char **argv)
{
    shk_server_options options;
    shk_script_words words;
    server v = {.options = &options};
    char why[SHK_WHY_SIZE];
    int code;
    if (!shk_script_words_of(argc, argv, SHK_OF_SERVER, &words, why))
        code = shk_cli_fail("server", SHK_EXIT_USAGE, "--script: %s", why);
    else
        code = shk_server_parse(words.count, words.words, &options);
    if (code < 0)
        code = with_script(&v);
    shk_script_words_free(&words);
    return code;
}
