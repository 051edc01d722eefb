/* What is in a ticket of ours, or in the session cache, as our server finds it again: the input is
 * sealed by the server's own key, so that all of it is read, and a client of ours comes back with
 * it. The first byte tells by which way (the ways below, modulo their number); the rest is the
 * content, or of the last two ways the ticket as it is,
 * which then is one of nobody's key. */
#include <stdlib.h>
#include <string.h>

#include "cli/test_pki.h"
#include "endpoint/file.h"
#include "endpoint/settings.h"
#include "handshake/state/session_content.h"
#include "input/input.h"
#include "input/session_bytes.h"
#include "shakedown/conn.h"
#include "shakedown/errors.h"
#include "sim/clock.h"
#include "sim/random.h"

typedef enum { TICKET_13, TICKET_12, CACHE, RAW_13, RAW_12, WAYS } way;
enum { NONCE = 12, TAG = 16, CACHED = 4, TURNS = 8 };

static const uint16_t groups[] = {0x001d};            /* x25519, the cheapest */
static const int64_t now_ms = INT64_C(1798761600000); /* 2027 */

typedef struct {
    shk_crypto *crypto;
    shk_credential *credential[1];
    const shk_credential *credentials[1];
    shk_ticket_key key;
    shk_session_cache *cache;
    shk_config client;
    shk_config server;
    shk_buf sessions[WAYS]; /* the client's, of a full handshake by that way */
} ticket_ends;

static void keep_session(void *context, shk_span session)
{
    shk_buf *kept = (shk_buf *)context;
    if (session.len == 0)
        return;
    kept->len = 0;
    (void)shk_buf_append(kept, session);
}

/* Moves what waits from one end to the other. Whether there was anything. */
static bool move(shk_conn *from, shk_conn *to)
{
    const shk_span out = shk_conn_output(from);
    const size_t len = out.len;
    if (len > 0)
        (void)shk_conn_feed(to, out.data, len);
    shk_conn_sent(from, len);
    return len > 0;
}

/* A handshake of both: what the server has negotiated, as far as it came. */
static shk_conn_info connect_ends(const shk_config *client, const shk_config *server)
{
    shk_conn_info info = {.connected = false};
    const shk_config *configs[2] = {client, server};
    shk_sim_random streams[2];
    shk_conn *conns[2] = {NULL, NULL};
    bool ok = true;
    for (uint64_t i = 0; i < 2; i++) {
        const shk_random random = shk_sim_random_from(&streams[i], i + 1);
        ok = ok && shk_conn_new(configs[i], &random, &conns[i]) == SHK_OK;
    }
    ok = ok && shk_conn_start(conns[0]) == SHK_OK;
    for (int turn = 0; ok && turn < TURNS; turn++)
        ok = (int)move(conns[0], conns[1]) + (int)move(conns[1], conns[0]) > 0;
    if (conns[1] != NULL) {
        info = shk_conn_info_of(conns[1]);
        const shk_status status = shk_conn_failure_of(conns[1])->fault.status;
        if (status == SHK_E_INTERNAL || status == SHK_E_CRYPTO)
            shk_input_violated("server-fails", shk_error(status)->text);
    }
    shk_conn_free(conns[0]);
    shk_conn_free(conns[1]);
    return info;
}

static bool load_credential(ticket_ends *t)
{
    char path[2][SHK_TEST_PKI_PATH], why[SHK_WHY_SIZE];
    shk_buf texts[2] = {shk_buf_growing(&shk_libc_allocator), shk_buf_growing(&shk_libc_allocator)};
    shk_test_pki_option("", "ed25519.pem", path[0]);
    shk_test_pki_option("", "ed25519.key", path[1]);
    bool ok = shk_read_file(path[0], &texts[0], why) && shk_read_file(path[1], &texts[1], why) &&
              shk_credential_from_pem(shk_buf_span(&texts[0]), shk_buf_span(&texts[1]),
                                      &t->credential[0]) == SHK_OK;
    shk_buf_free(&texts[0]);
    shk_buf_free(&texts[1]);
    t->credentials[0] = t->credential[0];
    return ok;
}

/* The two configurations by that way. */
static void configure(const ticket_ends *t, way by, shk_config *client, shk_config *server)
{
    const bool is_13 = by == TICKET_13 || by == RAW_13;
    *client = t->client;
    *server = t->server;
    client->min_version = client->max_version = is_13 ? SHK_TLS13 : SHK_TLS12;
    server->session_cache = by == CACHE ? t->cache : NULL;
    server->no_tickets_below_13 = by == CACHE;
}

static void *open_ends(void)
{
    ticket_ends *t = (ticket_ends *)calloc(1, sizeof *t);
    if (t == NULL || (t->crypto = shk_libcrypto_new()) == NULL || !load_credential(t) ||
        (t->cache = shk_session_cache_new(&shk_libc_allocator, CACHED)) == NULL)
        return NULL;
    t->client = shk_config_default(false, t->crypto);
    t->server = shk_config_default(true, t->crypto);
    t->client.groups = t->server.groups = (shk_u16s){groups, 1};
    t->client.server_name = "server.shakedown.test";
    t->client.clock = t->server.clock = shk_sim_clock(&now_ms);
    t->server.credentials = t->credentials;
    t->server.credential_count = 1;
    t->server.ticket_keys = &t->key;
    t->server.ticket_key_count = 1;
    for (way by = TICKET_13; by < WAYS; by++) {
        shk_config client, server;
        t->sessions[by] = shk_buf_growing(&shk_libc_allocator);
        configure(t, by, &client, &server);
        client.session_sink = keep_session;
        client.session_sink_context = &t->sessions[by];
        (void)connect_ends(&client, &server);
    }
    return t;
}

/* As the server seals a session (handshake/sessions/ticket.c). */
static bool seal(const ticket_ends *t, shk_span content, shk_buf *out)
{
    const uint8_t nonce[NONCE] = {0};
    const shk_span name = shk_span_of(t->key.name, sizeof t->key.name);
    shk_cipher_key *cipher = NULL;
    if (shk_buf_append(out, name) != SHK_OK ||
        shk_buf_append(out, shk_span_of(nonce, NONCE)) != SHK_OK ||
        shk_buf_reserve(out, content.len + TAG) != SHK_OK ||
        t->crypto->cipher_new(t->crypto, SHK_CIPHER_AES_256_GCM, t->key.key, true, &cipher) !=
            SHK_OK)
        return false;
    const bool sealed =
        t->crypto->aead_seal(cipher, nonce, name, content, out->data + out->len) == SHK_OK;
    t->crypto->cipher_free(cipher);
    out->len += content.len + TAG;
    return sealed;
}

/* What the client remembers agrees with the content, as far as that can be read: else no binder or
 * Finished would be right, and nothing behind them reached. */
static void agree(shk_session *kept, shk_span content)
{
    shk_session inside;
    if (!shk_session_read(content, &inside))
        return;
    kept->secret = inside.secret;
    kept->age_add = inside.age_add;
    kept->start = inside.start;
    kept->extended_master_secret = inside.extended_master_secret;
}

/* The client's session with the input in it, and the input where the server finds it. */
static bool give(const ticket_ends *t, way by, shk_span content, shk_buf *ticket, shk_buf *session)
{
    shk_session kept;
    if (!shk_session_read(shk_buf_span(&t->sessions[by]), &kept))
        return false;
    if (by < RAW_13)
        agree(&kept, content);
    if (by == CACHE) {
        shk_session_cache_remove(t->cache, kept.session_id);
        shk_session_cache_put(t->cache, kept.session_id, content);
    } else if (by < RAW_13 ? !seal(t, content, ticket)
                           : shk_buf_append(ticket, content) != SHK_OK) {
        return false;
    }
    if (by != CACHE)
        kept.ticket = shk_buf_span(ticket);
    return shk_encode(shk_session_shape, NULL, &kept, session, NULL) == SHK_OK;
}

static bool run(void *shared, shk_span input)
{
    const ticket_ends *t = (const ticket_ends *)shared;
    shk_buf ticket = shk_buf_growing(&shk_libc_allocator), session = ticket;
    bool taken = false;
    if (input.len == 0)
        return false;
    const way by = (way)(input.data[0] % WAYS);
    const shk_span content = shk_span_of(input.data + 1, input.len - 1);
    shk_input_check_session(content);
    if (give(t, by, content, &ticket, &session)) {
        shk_config client, server;
        configure(t, by, &client, &server);
        client.session = shk_buf_span(&session);
        const shk_conn_info info = connect_ends(&client, &server);
        taken = info.connected && (info.resumed || by >= RAW_13);
    }
    shk_buf_free(&ticket);
    shk_buf_free(&session);
    return taken;
}

const shk_input_kind shk_input = {open_ends, run};
