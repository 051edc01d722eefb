/* Each kind of handshake over the toy (state/kinds.h). */
#include "state/kinds.h"

#include <string.h>

enum { CLIENT, SERVER, MOST_MOVES = 32 };

/* Data both ways, and the end. */
#define DATA                                                                                       \
    {CLIENT, SHK_ACTION_write},                                                                    \
    {                                                                                              \
        SERVER, SHK_ACTION_write                                                                   \
    }
#define END                                                                                        \
    {                                                                                              \
        CLIENT, SHK_ACTION_close                                                                   \
    }
#define PLAIN .turns = {DATA, END}
#define AND(...) .turns = {DATA, __VA_ARGS__, END}

const shk_state_kind shk_state_kinds[] = {
    {"full", true, {0}, PLAIN},
    {"rsa", true, {.key = 1}, PLAIN},
    {"ed25519", true, {.key = 2}, PLAIN},
    {"rsa-pss", true, {.key = 5}, PLAIN},
    {"two-credentials", true, {.key = 7}, PLAIN},
    {"cookie", true, {.cookie = 1}, PLAIN},
    {"other-group", true, {.groups = 1}, PLAIN},
    {"finite-field", true, {.groups = 2}, PLAIN},
    {"hybrid", true, {.groups = 3}, PLAIN},
    {"aes256", true, {.suites = 3}, PLAIN},
    {"ccm8", true, {.suites = 5}, PLAIN},
    {"client", true, {.client_auth = 2}, PLAIN},
    {"client-oid-filters", true, {.client_auth = 2, .oid_filters = 1}, PLAIN},
    {"ticket", true, {.resumption = 1}, PLAIN},
    {"ticket-aes256", true, {.resumption = 1, .suites = 3}, PLAIN},
    {"external-psk", true, {.psk = 1}, PLAIN},
    {"imported-psk", true, {.psk = 2}, PLAIN},
    {"two-psks", true, {.psk = 3}, PLAIN},
    {"psk-alone", true, {.psk = 1, .psk_mode = 1}, PLAIN},
    {"early-data", true, {.resumption = 1, .early_data = 1}, PLAIN},
    {"early-data-retry", true, {.resumption = 1, .early_data = 1, .cookie = 1}, PLAIN},
    {"stapled", true, {.stapling = 2, .more_extensions = 1}, PLAIN},
    {"compressed", true, {.compression = 1, .client_auth = 2}, PLAIN},
    {"raw-keys", true, {.raw_keys = 1, .client_auth = 2}, PLAIN},
    {"post-handshake-auth",
     true,
     {.client_auth = 2, .post_handshake_auth = 1},
     AND({SERVER, SHK_ACTION_request_authentication}, {SERVER, SHK_ACTION_write})},
    {"ech", true, {.ech = 1}, PLAIN},
    {"ech-cookie", true, {.ech = 1, .cookie = 1}, PLAIN},
    {"ech-early-data", true, {.ech = 1, .resumption = 1, .early_data = 1}, PLAIN},
    {"ech-grease", true, {.ech = 2, .grease = 1, .client_auth = 1}, PLAIN},
    {"several-tickets", true, {.tickets = 3, .protocols = 1}, PLAIN},
    {"key-update",
     true,
     {0},
     AND({CLIENT, SHK_ACTION_request_key_update}, {CLIENT, SHK_ACTION_write})},
    {"key-update-of-server",
     true,
     {0},
     AND({SERVER, SHK_ACTION_request_key_update}, {CLIENT, SHK_ACTION_write})},
    {"short-keys", true, {.short_keys = 1}, AND(DATA)},
    {"padded", true, {.limit = 3}, PLAIN},
    {"record-size-limit", true, {.limit = 2}, AND({CLIENT, SHK_ACTION_write_much})},
    {"max-fragment-length", true, {.limit = 1}, AND({SERVER, SHK_ACTION_write_much})},
    {"below", true, {.versions = 1, .no_encrypt_then_mac = 1}, PLAIN},
    {"full", false, {0}, PLAIN},
    {"ecdhe-cbc", false, {.suites = 1}, PLAIN},
    {"cbc-mac-then-encrypt", false, {.suites = 1, .no_encrypt_then_mac = 1}, PLAIN},
    {"rsa", false, {.suites = 2, .key = 1}, PLAIN},
    {"dhe", false, {.suites = 4, .key = 1}, PLAIN},
    {"dhe-dss", false, {.suites = 5, .key = 4}, PLAIN},
    {"dh-anon", false, {.suites = 6}, PLAIN},
    {"ecdh-anon", false, {.suites = 7}, PLAIN},
    {"psk", false, {.suites = 8, .psk = 1, .more_extensions = 1}, PLAIN},
    {"dhe-psk", false, {.suites = 9, .psk = 1}, PLAIN},
    {"ecdhe-psk", false, {.suites = 10, .psk = 1}, PLAIN},
    {"rsa-psk", false, {.suites = 11, .psk = 1, .key = 1}, PLAIN},
    {"chacha20", false, {.suites = 12}, PLAIN},
    {"ccm8", false, {.suites = 13}, PLAIN},
    {"null-cipher", false, {.suites = 15}, PLAIN},
    {"stapled", false, {.stapling = 2, .more_extensions = 1}, PLAIN},
    {"raw-keys", false, {.raw_keys = 1, .client_auth = 2}, PLAIN},
    {"client", false, {.client_auth = 2}, PLAIN},
    {"client-rsa", false, {.client_auth = 2, .key = 1}, PLAIN},
    {"ticket", false, {.resumption = 1}, PLAIN},
    {"id", false, {.resumption = 2}, PLAIN},
    {"two-credentials", false, {.key = 7}, PLAIN},
    {"grease", false, {.grease = 1, .protocols = 1}, PLAIN},
    {"no-extended-master-secret", false, {.no_extended_master_secret = 1}, PLAIN},
    {"renegotiated-by-client",
     false,
     {.renegotiation = 1},
     AND({CLIENT, SHK_ACTION_renegotiate}, {CLIENT, SHK_ACTION_write})},
    {"renegotiated-by-server",
     false,
     {.renegotiation = 1, .client_auth = 1},
     AND({SERVER, SHK_ACTION_renegotiate}, {CLIENT, SHK_ACTION_write})},
    {"max-fragment-length", false, {.limit = 1}, AND({SERVER, SHK_ACTION_write_much})},
    {"tls11", false, {.versions = 1}, PLAIN},
    {"tls10", false, {.versions = 2}, PLAIN},
    {"tls10-mac-then-encrypt", false, {.versions = 2, .no_encrypt_then_mac = 1}, PLAIN},
    {"tls10-rsa", false, {.versions = 2, .suites = 3, .key = 1, .client_auth = 2}, PLAIN},
};
const size_t shk_state_kind_count = sizeof shk_state_kinds / sizeof shk_state_kinds[0];

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

static bool open_ends(pair *p, shk_state_ends *ends, const shk_state_kind *kind,
                      const shk_state_input *input, shk_config configs[2],
                      shk_state_random drawn[2], shk_state_stores *stores)
{
    for (int i = 0; i < 2; i++) {
        shk_random random = shk_state_random_of(&drawn[i], i == SERVER);
        configs[i] = shk_state_config(ends, &input->settings, kind->is_13, i == SERVER);
        shk_state_resume(ends, input, kind->is_13, &configs[i], stores);
        if (shk_conn_new(&configs[i], &random, &p->conns[i]) != SHK_OK)
            return false;
    }
    return true;
}

/* Header and stream, as the target takes them. */
static void write_seed(pair *p, const shk_state_settings *settings, shk_buf *seed)
{
    uint8_t header[SHK_STATE_HEADER];
    shk_state_write_header(settings, p->steps, header);
    if (shk_buf_append(seed, shk_span_of(header, sizeof header)) != SHK_OK ||
        shk_buf_append(seed, shk_buf_span(p->stream)) != SHK_OK)
        p->status = SHK_E_NO_MEMORY;
}

bool shk_state_kind_run(shk_state_ends *ends, const shk_state_kind *kind, bool seed_of_server,
                        shk_buf *seed, shk_state_result *result)
{
    uint8_t header[SHK_STATE_HEADER];
    const shk_state_step none[SHK_STATE_ACTIONS] = {{0, SHK_ACTION_none}};
    shk_state_write_header(&kind->settings, none, header);
    const shk_state_input input = shk_state_input_of(shk_span_of(header, sizeof header));
    shk_buf stream = shk_buf_growing(&shk_libc_allocator);
    shk_config configs[2];
    shk_state_random drawn[2];
    shk_state_stores stores = {NULL, NULL};
    pair p = {.target = seed_of_server ? SERVER : CLIENT, .stream = &stream};
    memset(result, 0, sizeof *result);
    bool good = open_ends(&p, ends, kind, &input, configs, drawn, &stores);
    if (good) {
        run_turns(&p, kind);
        write_seed(&p, &kind->settings, seed);
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
