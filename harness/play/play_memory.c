/* Plays a script against an endpoint in memory (play/play_run.h). */
#include <stdio.h>
#include <string.h>

#include "cli/pair_recording.h"
#include "drive/player_end.h"
#include "drive/recording.h"
#include "oracle/watch.h"
#include "play/play_end.h"
#include "play/play_recording.h"
#include "play/play_run.h"
#include "play/play_transcript.h"
#include "shakedown/registry.h"

enum { MAX_EXCHANGES = 4096, PIECE = 16384 };

static const char *const sides[2] = {"client", "server"};

typedef struct {
    const shk_play_run *run;
    const shk_play_options *options;
    shk_play_relay own_relay;
    shk_play_relay *relay; /* of the set-ups that are shared, if any are */
    shk_play_outcome *out;
    shk_play_transcript transcript;
    shk_player *player;
    shk_play_end ends[2]; /* client, server */
    shk_endpoint_result results[2];
    shk_observation *observations[2]; /* of the connections */
    size_t connection;
    shk_play_course course;
    shk_buf flight;
    shk_buf passed;
    size_t exchanges;
    bool cut[2];                  /* the end, or who stands for it, has closed its side */
    bool connected;               /* the peer was, at some time */
    shk_buf log;                  /* the recording, if one is made */
    shk_signatures signatures[2]; /* of our ends in it */
} memory_run;

static bool is_middle(const memory_run *m)
{
    return m->run->test->script->player == SHK_PLAYER_MIDDLE;
}

static int peer_side(const memory_run *m)
{
    return m->run->peer_side;
}

static void observe(void *context, bool sent, shk_message id, const shk_form *form, shk_span raw)
{
    const shk_play_relay *relay = (const shk_play_relay *)context;
    memory_run *m = (memory_run *)relay->run;
    shk_play_transcript_message(&m->transcript, sent, id, raw);
    if (sent)
        snprintf(m->out->last_sent, sizeof m->out->last_sent, "%s", shk_message_rows[id].name);
    if (!is_middle(m))
        shk_player_observe(m->player, sent, id, form, raw);
}

/* Our end, which deviates unless somebody in the middle does. All ends have one time, which stands
 * still: GnuTLS from 3.8 on counts whole seconds once it is told the time, and then takes a ticket
 * of some milliseconds for one that is older than it can be (RFC 8446 §8.3). */
static void prepare(void *context, int side, shk_endpoint_config *config)
{
    memory_run *m = (memory_run *)context;
    config->provider = shk_oracles_provider(m->options->oracles);
    if (config->time == 0)
        config->time = m->options->time;
    if (m->options->record != NULL)
        config->signatures = &m->signatures[side];
    if (side == peer_side(m))
        return;
    config->observer = observe;
    config->observer_context = m->relay;
    if (!is_middle(m))
        config->hooks = &m->relay->hooks;
}

static bool set_up(memory_run *m)
{
    char why[SHK_WHY_SIZE];
    if (!shk_play_course_of(m->run->test->script, m->connection, &m->course, why))
        return shk_play_conclude(m->out, SHK_PLAY_UNUSABLE, "setup run: %s", why);
    for (int side = 0; side < 2; side++) {
        const shk_play_set_up_result result =
            shk_play_end_set_up(&m->ends[side], m->run->test->script, m->run->test->folder,
                                m->connection, prepare, m, why);
        if (result == SHK_PLAY_SET_UP)
            continue;
        if (result == SHK_PLAY_NOT_OF_KIND)
            return shk_play_conclude(m->out, SHK_PLAY_NOT_RUN, "needs, of %s: %s",
                                     side == peer_side(m) ? "the peer" : "ours", why);
        return shk_play_conclude(m->out, SHK_PLAY_UNUSABLE, "setup of the %s: %s", sides[side],
                                 why);
    }
    return true;
}

static uint64_t seed_of(const memory_run *m)
{
    return m->options->seed + 2 * m->connection;
}

static bool open_ends(memory_run *m)
{
    bool ok = true;
    for (int side = 0; side < 2; side++) {
        shk_play_end *end = &m->ends[side];
        ok = ok && shk_play_end_open(end, seed_of(m) + (uint64_t)side);
        if (ok && side != peer_side(m) && !is_middle(m))
            ok =
                shk_play_end_wrap(end, &shk_endpoint_player,
                                  shk_player_end_wrap(shk_play_end_kind(end), shk_play_end_top(end),
                                                      side == 1, m->player, false));
    }
    return ok || shk_play_conclude(m->out, SHK_PLAY_UNUSABLE, "no memory");
}

/* Of two connections the second is recorded, with the sessions that the ends have from the first.
 */
static bool begin_recording(memory_run *m)
{
    char why[SHK_WHY_SIZE];
    if (m->options->record == NULL)
        return true;
    m->log.len = m->signatures[0].bytes.len = m->signatures[1].bytes.len = 0;
    if (!shk_play_record_head(m->ends, m->run->test->script, is_middle(m) ? -1 : 1 - peer_side(m),
                              m->connection, seed_of(m), &m->log, why))
        return shk_play_conclude(m->out, SHK_PLAY_UNUSABLE, "--record: %s", why);
    bool ok = true;
    for (int side = 0; side < 2 && ok; side++)
        ok = shk_play_end_wrap(&m->ends[side], &shk_endpoint_recorder,
                               shk_recorder_wrap(shk_play_end_kind(&m->ends[side]),
                                                 shk_play_end_top(&m->ends[side]), sides[side],
                                                 &m->log));
    return ok || shk_play_conclude(m->out, SHK_PLAY_UNUSABLE, "no memory");
}

static void save_recording(memory_run *m)
{
    bool ok = true;
    if (m->options->record == NULL)
        return;
    for (int side = 0; ok && side < 2; side++)
        ok = shk_recording_bytes(&m->log, "signatures", sides[side],
                                 shk_buf_span(&m->signatures[side].bytes)) == SHK_OK;
    if (!ok || !shk_save_recording("play", m->options->record, &m->log, "played"))
        (void)shk_play_conclude(m->out, SHK_PLAY_UNUSABLE, "the recording cannot be written");
}

static bool begin_observation(memory_run *m)
{
    shk_observed_end ends[2];
    for (int side = 0; side < 2; side++)
        ends[side] = (shk_observed_end){.kind = shk_play_end_kind(&m->ends[side]),
                                        .end = shk_play_end_top(&m->ends[side]),
                                        .config = shk_play_end_config(&m->ends[side]),
                                        .meter = &m->ends[side].meter,
                                        .deviates = side != peer_side(m) && !is_middle(m)};
    m->observations[m->connection] = shk_observation_begin(
        m->options->oracles, ends, m->connection > 0 ? m->observations[0] : NULL);
    return m->observations[m->connection] != NULL ||
           shk_play_conclude(m->out, SHK_PLAY_UNUSABLE, "no memory");
}

static void update_results(memory_run *m)
{
    for (int side = 0; side < 2; side++)
        shk_play_end_kind(&m->ends[side])
            ->result(shk_play_end_top(&m->ends[side]), &m->results[side]);
    m->connected |= m->results[peer_side(m)].state == SHK_CONNECTED;
}

/* What one end has sent, on its way to the other, which may lead past somebody in the middle.
 * `*bytes` is then what arrives. */
static bool pass(memory_run *m, bool from_server, shk_span *bytes)
{
    shk_observation *observation = m->observations[m->connection];
    if (!is_middle(m)) {
        shk_observation_flight(observation, from_server, *bytes);
        return true;
    }
    shk_observation_sent(observation, from_server, *bytes);
    m->passed.len = 0;
    if (!shk_player_pass(m->player, from_server, *bytes, &m->passed))
        return shk_play_conclude(m->out, SHK_PLAY_UNUSABLE, "no memory");
    *bytes = shk_buf_span(&m->passed);
    shk_observation_received(observation, !from_server, *bytes);
    return true;
}

/* Hands bytes to an end in pieces. */
static void feed(const memory_run *m, const shk_play_end *end, shk_span bytes)
{
    const size_t wanted = m->course.chunk != 0 ? m->course.chunk : m->options->chunk;
    const size_t chunk = wanted != 0 ? wanted : bytes.len;
    while (bytes.len > 0) {
        const size_t len = chunk < bytes.len ? chunk : bytes.len;
        shk_play_end_kind(end)->feed(shk_play_end_top(end), shk_span_of(bytes.data, len));
        bytes = shk_span_of(bytes.data + len, bytes.len - len);
    }
}

/* False if there was nothing to deliver. */
static bool deliver(memory_run *m, int from)
{
    const shk_play_end *sender = &m->ends[from];
    const shk_play_end *receiver = &m->ends[1 - from];
    m->flight.len = 0;
    shk_play_end_kind(sender)->take(shk_play_end_top(sender), &m->flight);
    shk_span bytes = shk_buf_span(&m->flight);
    if (bytes.len == 0 && !is_middle(m) && !shk_player_closes(m->player, from == 1))
        return false;
    if (m->cut[from]) { /* sent all the same, and it goes nowhere */
        if (is_middle(m))
            shk_observation_sent(m->observations[m->connection], from == 1, bytes);
        return false;
    }
    if (!pass(m, from == 1, &bytes))
        return false;
    shk_play_transcript_flight(&m->transcript, from == 1, bytes);
    feed(m, receiver, bytes);
    if (!m->connected)
        update_results(m);
    m->cut[from] = shk_player_closes(m->player, from == 1);
    if (m->cut[from])
        shk_play_transcript_line(&m->transcript, "    %s closes its side", sides[from]);
    return bytes.len > 0;
}

/* Passes flights in both directions until neither end has output. */
static void pump(memory_run *m)
{
    size_t silent = 0;
    for (int from = 0; silent < 2 && m->exchanges < MAX_EXCHANGES; from = 1 - from) {
        m->exchanges++;
        silent = deliver(m, from) ? 0 : silent + 1;
    }
    update_results(m);
}

static bool are_connected(const memory_run *m)
{
    return m->results[0].state == SHK_CONNECTED && m->results[1].state == SHK_CONNECTED;
}

/* Some bytes of data, which the other end reads. */
static void send_data(memory_run *m, int from)
{
    uint8_t read[PIECE];
    const shk_play_end *receiver = &m->ends[1 - from];
    if (!are_connected(m) ||
        !shk_play_end_write(&m->ends[from], "GET / HTTP/1.0\r\n\r\n", m->course.data))
        return;
    pump(m);
    while (shk_play_end_kind(receiver)->read(shk_play_end_top(receiver), read, sizeof read) > 0)
        continue;
}

/* After a step both ends can still talk, or it is known by now that they cannot. */
static void finish_step(memory_run *m, bool begun)
{
    if (!begun)
        return;
    pump(m);
    send_data(m, 1 - peer_side(m));
    send_data(m, peer_side(m));
}

static void do_later_steps(memory_run *m)
{
    const shk_play_course *course = &m->course;
    if (course->later_auth && are_connected(m)) {
        const shk_endpoint_kind *kind = shk_play_end_kind(&m->ends[1]);
        finish_step(m, kind->request_authentication != NULL &&
                           kind->request_authentication(shk_play_end_top(&m->ends[1])));
    }
    if (course->renegotiates >= 0 && are_connected(m)) {
        const shk_play_end *end = &m->ends[course->renegotiates];
        const shk_endpoint_kind *kind = shk_play_end_kind(end);
        finish_step(m, kind->renegotiate != NULL && kind->renegotiate(shk_play_end_top(end)));
    }
    for (int side = 0; side < 2 && course->key_updates; side++)
        if (are_connected(m))
            finish_step(m, shk_play_end_kind(&m->ends[side])
                               ->key_update(shk_play_end_top(&m->ends[side]), true));
}

static void close_ends(memory_run *m)
{
    const int order[2] = {1 - peer_side(m), peer_side(m)};
    for (size_t i = 0; i < 2; i++) {
        const shk_play_end *end = &m->ends[order[i]];
        const shk_endpoint_state state = m->results[order[i]].state;
        if (state != SHK_CONNECTED && state != SHK_ENDED)
            continue;
        shk_play_end_kind(end)->shutdown(shk_play_end_top(end));
        pump(m);
    }
}

static void drive(memory_run *m)
{
    shk_play_end_write_early(&m->ends[0], m->course.early);
    shk_play_end_kind(&m->ends[0])->feed(shk_play_end_top(&m->ends[0]), shk_span_of(NULL, 0));
    pump(m);
    send_data(m, 1 - peer_side(m));
    send_data(m, peer_side(m));
    do_later_steps(m);
    close_ends(m);
}

/* Of a middle the answer is that of the run: who refuses it, if anybody does. */
static void conclude_answer(memory_run *m)
{
    const shk_endpoint_result *peer = &m->results[peer_side(m)];
    const shk_endpoint_result *own = &m->results[1 - peer_side(m)];
    const bool cut = m->cut[1 - peer_side(m)] || (is_middle(m) && m->cut[peer_side(m)]);
    shk_play_outcome *out = m->out;
    out->is_answered = out->is_reported = true;
    out->told = *peer;
    snprintf(out->peer_words, sizeof out->peer_words, "%s", peer->why);
    snprintf(out->own_words, sizeof out->own_words, "%s", own->why);
    if (is_middle(m) && peer->alert_sent < 0 && own->state != SHK_CONNECTED &&
        own->state != SHK_ENDED)
        out->answer = shk_answer_of(own, peer, false, cut);
    else
        out->answer = shk_answer_of(peer, own, m->connected, cut);
}

static void judge_oracles(memory_run *m)
{
    shk_judgement judgement;
    shk_oracles_judge(m->observations[m->connection], &judgement);
    shk_play_conclude_alarms(&judgement, &m->transcript, m->out);
}

static bool run_connection(memory_run *m)
{
    m->cut[0] = m->cut[1] = m->connected = false;
    m->exchanges = 0;
    shk_player_begin(m->player, m->connection);
    if (m->run->test->script->second)
        shk_play_transcript_line(&m->transcript, "  %s connection",
                                 m->connection == 0 ? "first" : "second");
    bool ok = set_up(m) && open_ends(m) && begin_recording(m) && begin_observation(m);
    if (ok) {
        drive(m);
        shk_observation_end(m->observations[m->connection]);
    }
    for (int side = 0; side < 2; side++)
        shk_play_end_close(&m->ends[side]);
    if (ok && m->exchanges >= MAX_EXCHANGES) {
        m->out->is_answered = false;
        (void)shk_play_conclude(m->out, SHK_PLAY_FAILED, "the ends answer each other without end");
    }
    if (ok)
        judge_oracles(m);
    m->out->meter = m->ends[peer_side(m)].meter;
    return ok;
}

/* The first of two has to be good, or there is no session to speak of. */
static bool run_first(memory_run *m)
{
    if (!m->run->test->script->second)
        return true;
    if (!run_connection(m))
        return false;
    m->connection = 1;
    for (int side = 0; side < 2; side++)
        if (m->results[side].state != SHK_ENDED)
            return shk_play_conclude(m->out, SHK_PLAY_UNPLAYED,
                                     "the first connection is not good: %s: %s", sides[side],
                                     m->results[side].why);
    return true;
}

static shk_span key_log_of(const void *context, bool of_server)
{
    const shk_play_end *end = &((const memory_run *)context)->ends[of_server];
    return shk_play_end_kind(end)->key_log(shk_play_end_top(end));
}

static void play(memory_run *m)
{
    char why[SHK_WHY_SIZE];
    const shk_oracles *oracles = m->options->oracles;
    shk_player_use(m->player, shk_oracles_provider(oracles), shk_oracles_crypto(oracles));
    if (is_middle(m))
        shk_player_give_keys(m->player, shk_oracles_crypto(oracles), key_log_of, m);
    if (!run_first(m) || !run_connection(m))
        return;
    save_recording(m);
    conclude_answer(m);
    m->out->is_unplayed = !shk_player_played(m->player, why);
    if (m->out->is_unplayed && m->out->verdict == SHK_PLAY_PASSED)
        (void)shk_play_conclude(m->out, SHK_PLAY_UNPLAYED, "%s", why);
    shk_play_judge(m->run->test->script, m->out);
}

void shk_play_in_memory(const shk_play_run *run, const shk_play_options *options,
                        shk_play_outcome *out)
{
    const int peer = run->peer_side;
    char watched[SHK_WHY_SIZE];
    memory_run m = {
        .run = run,
        .options = options,
        .out = out,
        .transcript = {options->verbose ? &out->transcript : NULL, peer == 0},
        .player = shk_player_new(run->test->script, options->files),
        .flight = shk_buf_growing(&shk_libc_allocator),
        .passed = shk_buf_growing(&shk_libc_allocator),
        .log = shk_buf_growing(&shk_libc_allocator),
    };
    for (int side = 0; side < 2; side++)
        m.signatures[side].bytes = shk_buf_growing(&shk_libc_allocator);
    m.relay = options->setups != NULL ? shk_play_setups_relay(options->setups) : &m.own_relay;
    for (int side = 0; side < 2; side++)
        m.ends[side] = shk_play_end_begin(side == peer ? run->peer->kind : &shk_endpoint_ours, side,
                                          side == peer    ? SHK_PLAY_PEER
                                          : is_middle(&m) ? SHK_PLAY_OBSERVED
                                                          : SHK_PLAY_DEVIATES,
                                          options->setups);
    snprintf(watched, sizeof watched, "%.160s against %.60s", run->test->name, run->peer->text);
    if (options->setups == NULL) /* who plays thousands of scripts has a watch of its own */
        shk_watch(watched, SHK_WATCH_SECONDS);
    m.relay->run = &m;
    if (m.player != NULL)
        m.relay->hooks = *shk_player_hooks(m.player);
    if (m.player != NULL)
        play(&m);
    else
        (void)shk_play_conclude(out, SHK_PLAY_UNUSABLE, "no memory");
    if (options->setups == NULL)
        shk_watch(NULL, 0);
    for (size_t i = 0; i < 2; i++)
        shk_observation_free(m.observations[1 - i]);
    for (int side = 0; side < 2; side++) {
        shk_play_end_free(&m.ends[side]);
        shk_buf_free(&m.signatures[side].bytes);
    }
    shk_buf_wipe(&m.log);
    shk_player_free(m.player);
    shk_buf_free(&m.flight);
    shk_buf_free(&m.passed);
}
