/* One input of a stateful target (state/connection.h). */
#include "state/connection.h"

#include <stdio.h>
#include <string.h>

#include "shakedown/errors.h"
#include "state/properties.h"

enum {
    ARENA = 8 * 1024 * 1024,
    PIECE = 100,
    MUCH = 17000 /* more than a record */
};

bool shk_state_runner_open(shk_state_runner *runner, const char *target)
{
    memset(runner, 0, sizeof *runner);
    runner->target = shk_state_target_of(target);
    shk_state_find_ways(runner->ways);
    if (runner->target == NULL || !shk_arena_new(&runner->arena, ARENA))
        return false;
    runner->starts = shk_state_starts_new();
    if (runner->starts != NULL &&
        shk_state_ends_new(&runner->ends, SHK_TOY_PERMISSIVE, &runner->arena.allocator))
        return true;
    shk_state_starts_free(runner->starts);
    shk_arena_free(&runner->arena);
    return false;
}

void shk_state_runner_close(shk_state_runner *runner)
{
    shk_state_starts_free(runner->starts);
    shk_state_ends_free(&runner->ends);
    shk_arena_free(&runner->arena);
}

/* A connection while it runs. */
typedef struct {
    shk_conn *conn;
    const shk_state_input *input;
    shk_state_watch watch;
    shk_state_outcome *outcome;
    bool digests;
    size_t next_step;
} run;

static void add_to_digest(run *r, shk_span bytes)
{
    uint64_t digest = r->outcome->output;
    for (size_t i = 0; i < bytes.len; i++)
        digest = (digest ^ bytes.data[i]) * UINT64_C(0x100000001b3);
    r->outcome->output = digest;
}

/* Checks what a call did, and takes what it sent. */
static bool after(run *r, bool fed, shk_status status)
{
    bool holds = shk_state_holds(&r->watch, r->conn, fed, status);
    shk_span out = shk_conn_output(r->conn);
    if (r->digests)
        add_to_digest(r, out);
    shk_conn_sent(r->conn, out.len);
    return holds;
}

static void read_all(run *r)
{
    uint8_t data[512];
    size_t len;
    while ((len = shk_conn_read(r->conn, data, sizeof data)) > 0)
        if (r->digests)
            add_to_digest(r, shk_span_of(data, len));
}

static shk_status write_some(run *r, size_t len, bool early)
{
    static const uint8_t data[MUCH] = {'d', 'a', 't', 'a'};
    r->watch.sent_by_us += len + 1024; /* with padding and headers */
    return early ? shk_conn_write_early(r->conn, data, len) : shk_conn_write(r->conn, data, len);
}

/* What the application does. That it cannot be done is no failure of the connection. */
static shk_status act(run *r, shk_state_action action)
{
    uint8_t bytes[SHK_MAX_HASH];
    size_t len;
    switch (action) {
    case SHK_ACTION_write:
        return write_some(r, 4, false);
    case SHK_ACTION_write_much:
        return write_some(r, MUCH, false);
    case SHK_ACTION_write_early:
        return write_some(r, 4, true);
    case SHK_ACTION_read:
        read_all(r);
        return SHK_OK;
    case SHK_ACTION_update_key:
    case SHK_ACTION_request_key_update:
        return shk_conn_key_update(r->conn, action == SHK_ACTION_request_key_update);
    case SHK_ACTION_renegotiate:
        return shk_conn_renegotiate(r->conn);
    case SHK_ACTION_request_authentication:
        return shk_conn_request_authentication(r->conn);
    case SHK_ACTION_export_keys:
        return shk_conn_export(r->conn, "EXPERIMENTAL", shk_span_of_text("fuzz"), bytes, 32);
    case SHK_ACTION_bind_channel:
        return shk_conn_channel_binding(r->conn, SHK_TLS_UNIQUE, bytes, &len);
    case SHK_ACTION_close:
        return shk_conn_close(r->conn);
    case SHK_ACTION_feed_end:
        return shk_conn_feed_end(r->conn);
    default:
        return SHK_OK;
    }
}

static bool take_steps(run *r)
{
    const shk_state_step *steps = r->input->steps;
    while (r->next_step < SHK_STATE_ACTIONS && steps[r->next_step].after <= r->outcome->records) {
        shk_status status = act(r, steps[r->next_step++].action);
        if (!after(r, false, status))
            return false;
    }
    return true;
}

/* Bytes to feed next, of a record of which so many are left, and of a stream. */
static size_t piece_len(shk_state_cut cut, bool at_start, size_t left)
{
    size_t most = cut == SHK_CUT_BYTES                 ? 1
                  : cut == SHK_CUT_PIECES              ? PIECE
                  : cut == SHK_CUT_HEADERS && at_start ? 3
                                                       : left;
    return most < left ? most : left;
}

static bool feed(run *r, shk_span bytes)
{
    r->watch.fed += bytes.len;
    return after(r, true, shk_conn_feed(r->conn, bytes.data, bytes.len));
}

static bool feed_record(run *r, shk_span record, shk_state_cut cut)
{
    for (size_t at = 0, len; at < record.len; at += len) {
        len = piece_len(cut, at == 0, record.len - at);
        if (!feed(r, shk_span_of(record.data + at, len)))
            return false;
    }
    r->outcome->records++;
    return shk_state_goes_on(&r->watch, r->conn);
}

/* Records up to where the application does something next, or to the end. */
static bool feed_uncut(run *r, shk_span *stream)
{
    size_t until =
        r->next_step < SHK_STATE_ACTIONS ? r->input->steps[r->next_step].after : SIZE_MAX;
    size_t len = 0;
    while (len < stream->len && r->outcome->records < until) {
        len += shk_state_record_len(shk_span_of(stream->data + len, stream->len - len));
        r->outcome->records++;
    }
    bool holds = feed(r, shk_span_of(stream->data, len));
    *stream = shk_span_of(stream->data + len, stream->len - len);
    return holds;
}

static void feed_all(run *r, shk_state_cut cut)
{
    shk_span stream = r->input->stream;
    bool holds = take_steps(r);
    while (holds && stream.len > 0 && !r->watch.failed) {
        if (cut == SHK_CUT_NOT) {
            holds = feed_uncut(r, &stream);
        } else {
            size_t len = shk_state_record_len(stream);
            holds = feed_record(r, shk_span_of(stream.data, len), cut);
            stream = shk_span_of(stream.data + len, stream.len - len);
        }
        holds = holds && take_steps(r);
    }
}

static void run_connection(run *r, shk_status started, shk_state_cut cut)
{
    shk_state_outcome *outcome = r->outcome;
    if (after(r, false, started))
        feed_all(r, cut);
    read_all(r);
    outcome->connected = r->watch.connected;
    if (r->digests)
        outcome->info = shk_conn_info_of(r->conn);
    outcome->fault = shk_conn_failure_of(r->conn)->fault;
    outcome->state = r->watch.state;
}

void shk_state_run(shk_state_runner *runner, const shk_state_input *input, shk_state_cut cut,
                   bool digests, shk_state_outcome *outcome)
{
    shk_arena *arena = &runner->arena;
    shk_state_start own = {.is_there = false}, *start = &own;
    if (runner->starts == NULL)
        shk_state_start_begin(&own, &runner->ends, arena, runner->target, input);
    else
        start = shk_state_start_of(runner->starts, &runner->ends, arena, runner->target, input);
    memset(outcome, 0, sizeof *outcome);
    outcome->configured = start != NULL && start->conn != NULL;
    if (!outcome->configured)
        return;
    run r = {.input = input, .outcome = outcome, .digests = digests, .conn = start->conn};
    r.watch = shk_state_watch_of(r.conn, &start->config, runner->ways, outcome);
    run_connection(&r, start->status, cut);
    shk_state_stores stores = start->stores;
    shk_conn_free(r.conn);
    shk_state_stores_free(&stores);
    outcome->peak = arena->peak;
    if (outcome->violation == NULL)
        shk_state_fits(&r.watch, arena->peak);
    if (arena->live != 0 && outcome->violation == NULL)
        outcome->violation = "memory-kept";
}

void shk_state_check(shk_state_runner *runner, shk_span bytes, const shk_state_cut *other,
                     shk_state_outcome *outcome)
{
    const shk_state_input input = shk_state_input_of(runner->target->is_13, bytes);
    shk_state_outcome again;
    shk_state_run(runner, &input, (shk_state_cut)input.cut, other != NULL, outcome);
    if (other == NULL || outcome->violation != NULL)
        return;
    shk_state_run(runner, &input, *other, true, &again);
    if (again.violation != NULL) {
        *outcome = again;
    } else if (again.output != outcome->output || again.fault.status != outcome->fault.status ||
               again.state != outcome->state) {
        outcome->violation = "cut-matters";
        snprintf(outcome->detail, sizeof outcome->detail, "%s and %s, cut otherwise",
                 shk_error(outcome->fault.status)->name, shk_error(again.fault.status)->name);
    }
}
