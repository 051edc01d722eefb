/* Each kind of handshake over the toy (state/kinds.h). */
#include "state/kinds.h"

#include <string.h>

enum { CLIENT, SERVER };
enum { MOST_MOVES = 32 };

/* Two ends, and what the peer of the seed's end sends. */
typedef struct {
    shk_conn *conns[2];
    int target;
    size_t records; /* that the target was fed */
    shk_state_step steps[SHK_STATE_ACTIONS];
    size_t step_count;
    shk_buf *stream;
    shk_status status;
} pair;

static size_t count_records(shk_span stream)
{
    size_t count = 0;
    for (size_t at = 0; at + 5 <= stream.len; count++)
        at += 5 + ((size_t)stream.data[at + 3] << 8 | stream.data[at + 4]);
    return count;
}

static bool move(pair *p, int from)
{
    shk_span out = shk_conn_output(p->conns[from]);
    size_t len = out.len;
    if (len == 0)
        return false;
    shk_conn_feed(p->conns[1 - from], out.data, len);
    if (from != p->target) {
        p->records += count_records(out);
        if (shk_buf_append(p->stream, out) != SHK_OK)
            p->status = SHK_E_NO_MEMORY;
    }
    shk_conn_sent(p->conns[from], len);
    return true;
}

static void pump(pair *p)
{
    for (int i = 0; i < MOST_MOVES && (int)move(p, CLIENT) + (int)move(p, SERVER) > 0; i++)
        continue;
}

static shk_status act(shk_conn *conn, shk_state_action action)
{
    static const uint8_t data[2000] = {'d', 'a', 't', 'a'};
    switch (action) {
    case SHK_ACTION_write_early:
        return shk_conn_write_early(conn, data, 4);
    case SHK_ACTION_write:
        return shk_conn_write(conn, data, 4);
    case SHK_ACTION_write_much:
        return shk_conn_write(conn, data, sizeof data);
    case SHK_ACTION_request_key_update:
        return shk_conn_key_update(conn, true);
    case SHK_ACTION_renegotiate:
        return shk_conn_renegotiate(conn);
    case SHK_ACTION_request_authentication:
        return shk_conn_request_authentication(conn);
    case SHK_ACTION_close:
        return shk_conn_close(conn);
    default:
        return SHK_OK;
    }
}

static void take_turn(pair *p, const shk_state_turn *turn)
{
    shk_status status = act(p->conns[turn->by_server], turn->action);
    if (status != SHK_OK)
        p->status = status;
    if ((int)turn->by_server == p->target && p->step_count < SHK_STATE_ACTIONS)
        p->steps[p->step_count++] = (shk_state_step){(uint8_t)p->records, turn->action};
    pump(p);
}

static void run_turns(pair *p, const shk_state_kind *kind)
{
    static const shk_state_turn early = {CLIENT, SHK_ACTION_write_early};
    p->status = shk_conn_start(p->conns[CLIENT]);
    if (kind->settings.early_data)
        take_turn(p, &early);
    pump(p);
    for (size_t i = 0; i < SHK_STATE_TURNS && kind->turns[i].action != SHK_ACTION_none; i++)
        take_turn(p, &kind->turns[i]);
}

static bool open_ends(pair *p, const shk_state_ends *ends, const shk_state_kind *kind,
                      const shk_state_input *input, shk_config configs[2],
                      shk_state_random drawn[2], shk_state_session sessions[2],
                      shk_state_stores *stores)
{
    for (int i = 0; i < 2; i++) {
        shk_random random = shk_state_random_of(&drawn[i], i == SERVER);
        configs[i] = shk_state_config(ends, &input->settings, kind->is_13, i == SERVER);
        shk_state_resume(ends, input, kind->is_13, &configs[i], &sessions[i], stores);
        if (shk_conn_new(&configs[i], &random, &p->conns[i]) != SHK_OK)
            return false;
    }
    return true;
}

/* Header and stream, as the target takes them. */
static void write_seed(pair *p, const shk_state_kind *kind, shk_buf *seed)
{
    uint8_t header[SHK_STATE_HEADER];
    shk_state_write_header(kind, p->steps, header);
    if (shk_buf_append(seed, shk_span_of(header, sizeof header)) != SHK_OK ||
        shk_buf_append(seed, shk_buf_span(p->stream)) != SHK_OK)
        p->status = SHK_E_NO_MEMORY;
}

bool shk_state_kind_run(const shk_state_ends *ends, const shk_state_kind *kind, bool seed_of_server,
                        shk_buf *seed, shk_state_result *result)
{
    uint8_t header[SHK_STATE_HEADER];
    const shk_state_step none[SHK_STATE_ACTIONS] = {{0, SHK_ACTION_none}};
    shk_state_write_header(kind, none, header);
    const shk_state_input input =
        shk_state_input_of(kind->is_13, shk_span_of(header, sizeof header));
    shk_buf stream = shk_buf_growing(&shk_libc_allocator);
    shk_config configs[2];
    shk_state_random drawn[2];
    shk_state_session sessions[2];
    shk_state_stores stores = {NULL, NULL};
    pair p = {.target = seed_of_server ? SERVER : CLIENT, .stream = &stream};
    memset(result, 0, sizeof *result);
    bool good = open_ends(&p, ends, kind, &input, configs, drawn, sessions, &stores);
    if (good) {
        run_turns(&p, kind);
        write_seed(&p, kind, seed);
    }
    for (int i = 0; i < 2 && good; i++) {
        result->info[i] = shk_conn_info_of(p.conns[i]);
        result->fault[i] = shk_conn_failure_of(p.conns[i])->fault;
    }
    good = good && p.status == SHK_OK && result->info[0].connected && result->info[1].connected &&
           result->fault[0].status == SHK_OK && result->fault[1].status == SHK_OK;
    shk_conn_free(p.conns[0]);
    shk_conn_free(p.conns[1]);
    shk_state_stores_free(&stores);
    shk_buf_free(&stream);
    return good;
}
