/* Plays a script over a socket (play/play_socket.h). */
#include "play/play_socket.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "deviate/operation.h"
#include "drive/player_end.h"
#include "play/play_wire.h"
#include "shakedown/registry.h"

enum { EXIT_MS = 300, NOTICE_MS = 50, LOOK_MS = 5 };

static const char *const sides[2] = {"client", "server"};

typedef struct {
    const shk_play_run *run;
    const shk_play_options *options;
    shk_servers *servers;
    shk_play_outcome *out;
    shk_play_transcript transcript;
    shk_player *player;
    shk_play_end own;
    shk_play_settings peer;
    shk_words words; /* of the program's command line */
    shk_observation *observations[2];
    size_t connection;
    shk_play_course course;
    shk_server *server; /* that we have started and are connected to */
    shk_process client; /* likewise */
    int listener;       /* for it */
    char port[SHK_PORT_SIZE];
    char session[32]; /* the file in which s_client keeps its session; "": none */
    shk_play_wire wire;
    shk_meter meter; /* of the program */
} socket_run;

static bool is_middle(const socket_run *s)
{
    return s->run->test->script->player == SHK_PLAYER_MIDDLE;
}

static bool is_named(const socket_run *s, const char *program)
{
    return s->run->peer->type == SHK_PEER_PROGRAM &&
           strcmp(s->run->peer->program->name, program) == 0;
}

static void observe(void *context, bool sent, shk_message id, const shk_form *form, shk_span raw)
{
    socket_run *s = (socket_run *)context;
    shk_play_transcript_message(&s->transcript, sent, id, raw);
    if (sent)
        snprintf(s->out->last_sent, sizeof s->out->last_sent, "%s", shk_message_rows[id].name);
    if (!is_middle(s))
        shk_player_observe(s->player, sent, id, form, raw);
}

static void prepare(void *context, int side, shk_endpoint_config *config)
{
    socket_run *s = (socket_run *)context;
    (void)side;
    config->observer = observe;
    config->observer_context = s;
    if (!is_middle(s))
        config->hooks = shk_player_hooks(s->player);
}

static bool set_up_own(socket_run *s)
{
    char why[SHK_WHY_SIZE];
    const shk_play_set_up_result result = shk_play_end_set_up(
        &s->own, s->run->test->script, s->run->test->folder, s->connection, prepare, s, why);
    if (result == SHK_PLAY_SET_UP)
        return true;
    if (result == SHK_PLAY_NOT_OF_KIND)
        return shk_play_conclude(s->out, SHK_PLAY_NOT_RUN, "needs, of ours: %s", why);
    return shk_play_conclude(s->out, SHK_PLAY_UNUSABLE, "setup of the %s: %s", sides[s->own.side],
                             why);
}

/* The peer's settings for the connection, which have to be those of the first: its program runs on.
 */
static bool set_up_peer(socket_run *s)
{
    char why[SHK_WHY_SIZE];
    shk_play_settings settings;
    bool ok = shk_play_settings_of(s->run->test->script, s->run->test->folder, s->run->peer_side,
                                   s->connection, &settings, why);
    if (!ok) {
        shk_play_settings_free(&settings);
        return shk_play_conclude(s->out, SHK_PLAY_UNUSABLE, "setup of the %s: %s",
                                 sides[s->run->peer_side], why);
    }
    if (s->connection == 1 && !shk_play_settings_equal(&s->peer, &settings))
        ok = shk_play_conclude(s->out, SHK_PLAY_NOT_RUN,
                               "needs another configuration of the %s for the second connection",
                               sides[s->run->peer_side]);
    shk_play_settings_free(&s->peer);
    s->peer = settings;
    return ok;
}

static bool make_words(socket_run *s)
{
    const shk_play_peer *peer = s->run->peer;
    char why[SHK_WHY_SIZE] = "";
    bool ok = true;
    shk_words_free(&s->words);
    s->words = shk_words_begin();
    if (peer->type == SHK_PEER_PROGRAM)
        ok = shk_program_words(peer->program, &s->peer, &s->words, why);
    else if (peer->type == SHK_PEER_COMMAND)
        ok = shk_command_words(peer->text, s->run->peer_side, &s->peer,
                               shk_play_end_settings(&s->own), s->options->has,
                               s->options->has_count, &s->words, why);
    else
        ok = shk_settings_are_had(NULL, &s->peer, shk_play_end_settings(&s->own), s->options->has,
                                  s->options->has_count, why);
    return ok || shk_play_conclude(s->out, SHK_PLAY_NOT_RUN, "needs %s", why);
}

/* How a server of ours that could not be connected to ends the run. A program that we know and that
 * ends at once does not take what the script sets up. */
static bool conclude_server(socket_run *s, shk_server_state state, const char *why)
{
    const bool refuses = state == SHK_SERVER_ENDED && s->run->peer->type == SHK_PEER_PROGRAM;
    return shk_play_conclude(s->out, refuses ? SHK_PLAY_NOT_RUN : SHK_PLAY_NO_PEER, "%s", why);
}

static bool connect_to_server(socket_run *s, bool fresh, int *fd)
{
    const shk_play_peer *peer = s->run->peer;
    char why[SHK_WHY_SIZE];
    char address[SHK_ADDRESS_SIZE];
    if (peer->type == SHK_PEER_ADDRESS) {
        *fd = shk_socket_connect(peer->host, peer->port, s->options->timeout_ms, address, why);
        return *fd >= 0 || shk_play_conclude(s->out, SHK_PLAY_NO_PEER, "%s", why);
    }
    const shk_server_state state = shk_servers_connect(s->servers, &s->words, fresh,
                                                       s->options->timeout_ms, &s->server, fd, why);
    if (state != SHK_SERVER_CONNECTED)
        return conclude_server(s, state, why);
    s->server->process.said.len = 0;
    return true;
}

/* s_client makes one connection, and keeps its session in a file. */
static bool add_session_words(socket_run *s)
{
    static const char template[] = "/tmp/shakedown-session-XXXXXX";
    if (!s->run->test->script->second || !is_named(s, "s_client"))
        return true;
    if (s->session[0] == 0) {
        memcpy(s->session, template, sizeof template);
        const int fd = mkstemp(s->session);
        if (fd < 0) {
            s->session[0] = 0;
            return shk_play_conclude(s->out, SHK_PLAY_NO_PEER,
                                     "no file for its session in /tmp: %s", strerror(errno));
        }
        close(fd);
    }
    const char *word = s->connection == 0 ? "-sess_out" : "-sess_in";
    shk_words_add(&s->words, word, strlen(word));
    shk_words_add(&s->words, s->session, strlen(s->session));
    return true;
}

static bool listen_for_client(socket_run *s)
{
    char bound[SHK_ADDRESS_SIZE];
    char why[SHK_WHY_SIZE];
    if (s->listener >= 0)
        return true;
    s->listener = shk_socket_listen("127.0.0.1", 0, bound, why);
    if (s->listener < 0)
        return shk_play_conclude(s->out, SHK_PLAY_NO_PEER, "%s", why);
    snprintf(s->port, sizeof s->port, "%s", strrchr(bound, ':') + 1);
    return true;
}

static bool start_client(socket_run *s)
{
    char why[SHK_WHY_SIZE];
    const bool connects_again = is_named(s, "gnutls_cli");
    if (s->connection == 1 && connects_again)
        return true;
    shk_process_free(&s->client);
    return shk_process_start(&s->client, &s->words, s->port, why) ||
           shk_play_conclude(s->out, SHK_PLAY_NO_PEER, "%s", why);
}

/* Waits until the client has connected. */
static bool accept_client(socket_run *s, int *fd)
{
    char peer[SHK_ADDRESS_SIZE];
    char words[SHK_WORDS_SIZE];
    const int64_t until = shk_now_ms() + s->options->timeout_ms;
    const bool known = s->run->peer->type == SHK_PEER_PROGRAM;
    for (;;) {
        struct pollfd waiting = {.fd = s->listener, .events = POLLIN};
        if (poll(&waiting, 1, LOOK_MS) > 0 && (*fd = shk_socket_accept(s->listener, peer)) >= 0)
            return true;
        shk_process_look(&s->client);
        if (s->client.ended) {
            shk_process_last_words(&s->client, words, sizeof words);
            return shk_play_conclude(s->out, known ? SHK_PLAY_NOT_RUN : SHK_PLAY_NO_PEER,
                                     "as a client, it ends before it connects: %.400s", words);
        }
        if (shk_now_ms() >= until)
            return shk_play_conclude(s->out, SHK_PLAY_NO_PEER,
                                     "it does not connect within %d ms; --timeout gives it longer",
                                     (int)s->options->timeout_ms);
    }
}

/* Of what the run has beside the handshake, only what our end begins can be had of any program. */
static bool set_course(socket_run *s)
{
    char why[SHK_WHY_SIZE];
    const int peer = s->run->peer_side;
    if (!shk_play_course_of(s->run->test->script, s->connection, &s->course, why))
        return shk_play_conclude(s->out, SHK_PLAY_UNUSABLE, "setup run: %s", why);
    const char *needed = s->course.renegotiates == peer      ? "renegotiates"
                         : s->course.early > 0 && peer == 0  ? "sends early data"
                         : s->course.later_auth && peer == 1 ? "asks for authentication later"
                                                             : NULL;
    return needed == NULL ||
           shk_play_conclude(s->out, SHK_PLAY_NOT_RUN, "needs a %s that %s", sides[peer], needed);
}

static bool begin(socket_run *s, bool fresh, int *fd)
{
    if (!set_course(s))
        return false;
    if (!set_up_own(s) || !set_up_peer(s) || !make_words(s))
        return false;
    if (s->run->peer_side == 1)
        return connect_to_server(s, fresh, fd);
    return add_session_words(s) && listen_for_client(s) && start_client(s) && accept_client(s, fd);
}

static bool open_own(socket_run *s)
{
    shk_play_end *own = &s->own;
    bool ok = shk_play_end_open(own, s->options->seed + 2 * s->connection + (uint64_t)own->side);
    if (ok && !is_middle(s))
        ok = shk_play_end_wrap(own, &shk_endpoint_player,
                               shk_player_end_wrap(shk_play_end_kind(own), shk_play_end_top(own),
                                                   own->side == 1, s->player, false));
    return ok || shk_play_conclude(s->out, SHK_PLAY_UNUSABLE, "no memory");
}

static bool begin_observation(socket_run *s, const shk_process *process)
{
    shk_observed_end ends[2] = {{.kind = NULL}, {.kind = NULL}};
    ends[s->own.side] = (shk_observed_end){.kind = shk_play_end_kind(&s->own),
                                           .end = shk_play_end_top(&s->own),
                                           .config = shk_play_end_config(&s->own),
                                           .deviates = !is_middle(s)};
    ends[1 - s->own.side].meter = process != NULL ? &s->meter : NULL;
    s->observations[s->connection] = shk_observation_begin(
        s->options->oracles, ends, s->connection > 0 ? s->observations[0] : NULL);
    return s->observations[s->connection] != NULL ||
           shk_play_conclude(s->out, SHK_PLAY_UNUSABLE, "no memory");
}

static void keep_words(socket_run *s, shk_process *process)
{
    shk_process_words(process, s->out->peer_words, sizeof s->out->peer_words);
    if (s->out->died_of == 0)
        s->out->died_of = shk_process_died_of(process);
    if (s->options->verbose)
        (void)shk_buf_append(&s->out->said, shk_buf_span(&process->said));
}

/* What the program has taken since `before`, as far as it can be seen. */
static void meter_peer(socket_run *s, const shk_process *process, const shk_process_usage *before)
{
    shk_process_usage after;
    if (process == NULL || before->resident == 0)
        return;
    if (!shk_process_usage_of(process->pid, &after) || after.resident == 0)
        return;
    shk_meter_program(&s->meter, before, &after, s->own.meter.total.taken[SHK_TAKES_OUTPUT]);
    shk_play_transcript_line(&s->transcript,
                             "  the program took %lld kB of memory more, %lld at its peak, and "
                             "%lld ms of processor time",
                             (long long)s->meter.taken[SHK_TAKES_KEPT] / 1024,
                             (long long)s->meter.taken[SHK_TAKES_PEAK] / 1024,
                             (long long)s->meter.taken[SHK_TAKES_TIME] / 1000);
}

/* What the program has said, once it has had the time to end, or to say it. */
static void look_at_peer(socket_run *s)
{
    const bool client = s->run->peer_side == 0;
    shk_process *process = client ? &s->client : s->server != NULL ? &s->server->process : NULL;
    if (process == NULL)
        return;
    const bool again =
        client && s->connection == 0 && s->run->test->script->second && is_named(s, "gnutls_cli");
    (void)shk_process_wait(process, again ? 0 : client ? EXIT_MS : NOTICE_MS);
    keep_words(s, process);
    const shk_program *program = s->run->peer->program;
    if (program != NULL && program->complaint != NULL && process->said.len > 0 &&
        strstr((const char *)process->said.data, program->complaint) != NULL)
        (void)shk_play_conclude(s->out, SHK_PLAY_NOT_RUN, "needs, of the peer: %s",
                                s->out->peer_words);
}

/* Of a peer behind a socket only its bytes are seen, which may have been on their way before it
 * read what it then refused: what such a peer has taken cannot be told. */
static void judge_oracles(socket_run *s)
{
    shk_judgement judgement;
    if (s->out->answer.kind != SHK_ANSWER_ACCEPTED)
        return;
    shk_oracles_judge(s->observations[s->connection], &judgement);
    shk_play_conclude_alarms(&judgement, &s->transcript, s->out);
}

static bool run_connection(socket_run *s, bool fresh)
{
    int fd = -1;
    shk_player_begin(s->player, s->connection);
    if (s->run->test->script->second)
        shk_play_transcript_line(&s->transcript, "  %s connection",
                                 s->connection == 0 ? "first" : "second");
    if (!begin(s, fresh, &fd))
        return false;
    const bool known = s->run->peer->type == SHK_PEER_PROGRAM;
    shk_process *process = s->run->peer_side == 0 ? &s->client
                           : s->server != NULL    ? &s->server->process
                                                  : NULL;
    shk_process_usage before = {0, 0, 0};
    memset(&s->meter, 0, sizeof s->meter);
    if (process != NULL)
        (void)shk_process_usage_of(process->pid, &before);
    bool ok = open_own(s) && begin_observation(s, process);
    if (ok) {
        s->wire = (shk_play_wire){.fd = fd,
                                  .own_server = s->own.side == 1,
                                  .middle = is_middle(s),
                                  .own = &s->own,
                                  .player = s->player,
                                  .observation = s->observations[s->connection],
                                  .transcript = &s->transcript,
                                  .process = process,
                                  .sleeps = known,
                                  .speaks_first = !known,
                                  .timeout_ms = s->options->timeout_ms,
                                  .course = &s->course};
        shk_play_wire_run(&s->wire);
        meter_peer(s, process, &before);
        s->out->is_answered = true;
        s->out->answer = shk_play_wire_answer(&s->wire);
        s->out->told = s->wire.result;
        snprintf(s->out->own_words, sizeof s->out->own_words, "%s", s->wire.result.why);
        shk_observation_end(s->observations[s->connection]);
        judge_oracles(s);
        look_at_peer(s);
    } else {
        close(fd);
    }
    shk_play_end_close(&s->own);
    return ok;
}

static bool run_first(socket_run *s, bool fresh)
{
    if (!s->run->test->script->second)
        return true;
    if (s->run->peer->type == SHK_PEER_COMMAND && s->run->peer_side == 0)
        return shk_play_conclude(s->out, SHK_PLAY_NOT_RUN,
                                 "needs a client that connects again with its session");
    if (!run_connection(s, fresh))
        return false;
    if (s->out->answer.kind != SHK_ANSWER_ACCEPTED)
        return shk_play_conclude(s->out, SHK_PLAY_UNPLAYED, "the first connection is not good: %s",
                                 s->out->own_words);
    s->connection = 1;
    return true;
}

/* Whether a message of TLS 1.3 is protected; below, Finished is the only one that scripts name. */
static bool is_protected(const shk_script *script, unsigned target)
{
    if (target >= SHK_MSG_COUNT || target == SHK_MSG_hello_retry_request)
        return false;
    bool is_13 = false;
    for (size_t i = 0; i < script->setting_count; i++)
        is_13 = is_13 || (strcmp(script->settings[i].option, "tls") == 0 &&
                          strcmp(script->settings[i].value, "1.3") == 0);
    return target == SHK_MSG_finished || shk_message_rows[target].min_version >= SHK_TLS13 ||
           (is_13 && target == SHK_MSG_certificate_verify);
}

/* Over a socket a middle has no keys: nobody tells them. */
static bool needs_keys(const socket_run *s)
{
    const shk_script *script = s->run->test->script;
    for (size_t i = 0; is_middle(s) && i < script->operation_count; i++)
        if (is_protected(script, script->operations[i].points[0].target))
            return true;
    return false;
}

/* A peer that may only have been slow is told from one that the script does not fit. */
static void conclude_unplayed(socket_run *s, const char *why)
{
    const bool silent = s->out->answer.kind == SHK_ANSWER_WAITING && s->out->told.alert_sent < 0;
    (void)shk_play_conclude(s->out, SHK_PLAY_UNPLAYED, "%s%s", why,
                            silent ? "; the peer waited, or was slower than --timeout" : "");
}

static void play(socket_run *s, bool fresh)
{
    char why[SHK_WHY_SIZE];
    if (!run_first(s, fresh) || !run_connection(s, fresh && s->connection == 0))
        return;
    s->out->is_unplayed = !shk_player_played(s->player, why);
    if (s->out->is_unplayed && s->out->verdict == SHK_PLAY_PASSED) {
        if (needs_keys(s))
            (void)shk_play_conclude(s->out, SHK_PLAY_NOT_RUN, "needs the keys of both ends");
        else
            conclude_unplayed(s, why);
    }
    shk_play_judge(s->run->test->script, s->out);
}

static void play_once(const shk_play_run *run, const shk_play_options *options,
                      shk_servers *servers, bool fresh, shk_play_outcome *out)
{
    socket_run s = {
        .run = run,
        .options = options,
        .servers = servers,
        .out = out,
        .transcript = {options->verbose ? &out->transcript : NULL, run->peer_side == 0},
        .player = shk_player_new(run->test->script, options->files),
        .own = shk_play_end_begin(&shk_endpoint_ours, 1 - run->peer_side, SHK_PLAY_DEVIATES, NULL),
        .peer = {.paths = shk_buf_growing(&shk_libc_allocator)},
        .words = shk_words_begin(),
        .client = {.output = -1, .input = -1, .said = shk_buf_growing(&shk_libc_allocator)},
        .listener = -1,
    };
    if (s.player != NULL)
        play(&s, fresh);
    else
        (void)shk_play_conclude(out, SHK_PLAY_UNUSABLE, "no memory");
    for (size_t i = 0; i < 2; i++)
        shk_observation_free(s.observations[1 - i]);
    shk_play_end_free(&s.own);
    shk_player_free(s.player);
    shk_process_free(&s.client);
    if (s.listener >= 0)
        close(s.listener);
    if (s.session[0] != 0)
        unlink(s.session);
    shk_play_settings_free(&s.peer);
    shk_words_free(&s.words);
}

/* A server that still serves an earlier script is not to be blamed for this one. */
void shk_play_over_socket(const shk_play_run *run, const shk_play_options *options,
                          shk_servers *servers, shk_play_outcome *out)
{
    const uint64_t served = servers->clock;
    play_once(run, options, servers, false, out);
    if (run->peer_side == 0 || run->peer->type == SHK_PEER_ADDRESS || served == 0 ||
        out->verdict != SHK_PLAY_FAILED || out->answer.kind != SHK_ANSWER_WAITING)
        return;
    shk_play_outcome_free(out);
    shk_play_outcome_begin(out);
    play_once(run, options, servers, true, out);
}
