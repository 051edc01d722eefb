/* Each kind of handshake (support/handshake_kinds.h). */
#include "handshake_kinds.h"

#include <string.h>

#include "scripted_random.h"

#include "handshake/state/handshake.h"
#include "handshake/state/session_content.h"

enum { CACHED = 4, MAX_TURNS = 8 };

const test_kind test_kinds[] = {
    {.name = "1.3", .key = "p256", .version = SHK_TLS13},
    {.name = "1.3, RSA", .key = "rsa2048", .version = SHK_TLS13},
    {.name = "1.3, cookie", .key = "p256", .version = SHK_TLS13, .cookie = true},
    {.name = "1.3, other group", .key = "p256", .version = SHK_TLS13, .group = SHK_secp256r1},
    {.name = "1.3, finite field", .key = "p256", .version = SHK_TLS13, .group = SHK_ffdhe2048},
    {.name = "1.3, client", .key = "p256", .version = SHK_TLS13, .client_auth = true},
    {.name = "1.3, client, oid_filters",
     .key = "p256",
     .version = SHK_TLS13,
     .client_auth = true,
     .oid_filters = true},
    {.name = "1.3, ticket", .key = "p256", .version = SHK_TLS13, .resumption = TEST_BY_TICKET},
    {.name = "1.3, external PSK", .key = "p256", .version = SHK_TLS13, .external_psk = true},
    {.name = "1.3, imported PSK",
     .key = "p256",
     .version = SHK_TLS13,
     .external_psk = true,
     .imported_psk = true},
    {.name = "1.3, PSK alone",
     .key = "p256",
     .version = SHK_TLS13,
     .external_psk = true,
     .psk_mode = SHK_PSK_KE},
    {.name = "1.3, early data",
     .key = "p256",
     .version = SHK_TLS13,
     .resumption = TEST_BY_TICKET,
     .early_data = true},
    {.name = "1.3, stapled", .key = "p256", .version = SHK_TLS13, .status = true},
    {.name = "1.3, raw keys",
     .key = "p256",
     .version = SHK_TLS13,
     .client_auth = true,
     .raw_keys = true},
    {.name = "1.3, post-handshake authentication",
     .key = "p256",
     .version = SHK_TLS13,
     .client_auth = true,
     .post_handshake_auth = true},
    {.name = "1.3, ECH", .key = "p256", .version = SHK_TLS13, .ech = true},
    {.name = "1.3, ECH, cookie", .key = "p256", .version = SHK_TLS13, .ech = true, .cookie = true},
    {.name = "1.3, ECH, early data",
     .key = "p256",
     .version = SHK_TLS13,
     .ech = true,
     .resumption = TEST_BY_TICKET,
     .early_data = true},
    {.name = "1.3, GREASE",
     .key = "p256",
     .version = SHK_TLS13,
     .client_auth = true,
     .grease = true},
    {.name = "1.3, two credentials",
     .key = "p256",
     .other_key = "wrong-name",
     .version = SHK_TLS13},
    {.name = "1.3, padded hello", .key = "p256", .version = SHK_TLS13, .hello_padding = 1024},
    {.name = "1.3, several tickets", .key = "p256", .version = SHK_TLS13, .tickets = 5},
    {.name = "1.3, KeyUpdate", .key = "p256", .version = SHK_TLS13, .key_update = true},
    {.name = "1.2, renegotiated", .key = "p256", .version = SHK_TLS12, .renegotiated = true},
    {.name = "1.2, ECDHE", .key = "p256", .version = SHK_TLS12},
    {.name = "1.2, DHE",
     .key = "rsa2048",
     .version = SHK_TLS12,
     .suite = SHK_TLS_DHE_RSA_WITH_AES_128_GCM_SHA256},
    {.name = "1.2, DHE_DSS",
     .key = "dsa2048",
     .version = SHK_TLS12,
     .suite = SHK_TLS_DHE_DSS_WITH_AES_128_GCM_SHA256},
    {.name = "1.2, DH_anon",
     .key = "p256",
     .version = SHK_TLS12,
     .suite = SHK_TLS_DH_anon_WITH_AES_128_GCM_SHA256},
    {.name = "1.2, ECDH_anon",
     .key = "p256",
     .version = SHK_TLS12,
     .suite = SHK_TLS_ECDH_anon_WITH_AES_128_CBC_SHA},
    {.name = "1.2, RSA",
     .key = "rsa2048",
     .version = SHK_TLS12,
     .suite = SHK_TLS_RSA_WITH_AES_128_GCM_SHA256},
    {.name = "1.2, PSK",
     .key = "p256",
     .version = SHK_TLS12,
     .suite = SHK_TLS_PSK_WITH_AES_128_GCM_SHA256,
     .external_psk = true},
    {.name = "1.2, DHE_PSK",
     .key = "p256",
     .version = SHK_TLS12,
     .suite = SHK_TLS_DHE_PSK_WITH_AES_128_GCM_SHA256,
     .external_psk = true},
    {.name = "1.2, ECDHE_PSK",
     .key = "p256",
     .version = SHK_TLS12,
     .suite = SHK_TLS_ECDHE_PSK_WITH_AES_128_CBC_SHA256,
     .external_psk = true},
    {.name = "1.2, RSA_PSK",
     .key = "rsa2048",
     .version = SHK_TLS12,
     .suite = SHK_TLS_RSA_PSK_WITH_AES_128_GCM_SHA256,
     .external_psk = true},
    {.name = "1.2, stapled", .key = "p256", .version = SHK_TLS12, .status = true},
    {.name = "1.2, raw keys",
     .key = "p256",
     .version = SHK_TLS12,
     .client_auth = true,
     .raw_keys = true},
    {.name = "1.2, client", .key = "p256", .version = SHK_TLS12, .client_auth = true},
    {.name = "1.2, ticket", .key = "p256", .version = SHK_TLS12, .resumption = TEST_BY_TICKET},
    {.name = "1.2, id", .key = "p256", .version = SHK_TLS12, .resumption = TEST_BY_ID},
    {.name = "1.2, two credentials",
     .key = "rsa2048",
     .other_key = "p256",
     .version = SHK_TLS12,
     .suite = SHK_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256},
    {.name = "1.2, GREASE", .key = "p256", .version = SHK_TLS12, .grease = true},
    {.name = "1.2, MAC then encrypt",
     .key = "p256",
     .version = SHK_TLS12,
     .suite = SHK_TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256,
     .no_encrypt_then_mac = true},
    {.name = "1.2, no extended master secret",
     .key = "p256",
     .version = SHK_TLS12,
     .no_extended_master_secret = true},
    {.name = "1.1", .key = "p256", .version = SHK_TLS11},
    {.name = "1.0", .key = "p256", .version = SHK_TLS10},
    {.name = "1.0, MAC then encrypt",
     .key = "p256",
     .version = SHK_TLS10,
     .no_encrypt_then_mac = true},
    {.name = "1.0, RSA",
     .key = "rsa2048",
     .version = SHK_TLS10,
     .suite = SHK_TLS_RSA_WITH_AES_128_CBC_SHA},
};
const size_t test_kind_count = sizeof test_kinds / sizeof test_kinds[0];

static const shk_ticket_key ticket_key = {.name = {1}, .key = {2, 3, 5, 7, 11, 13, 17, 19}};
/* keyUsage: digitalSignature (RFC 8446 §4.2.5) */
static const uint8_t signing[12] = {5, 6, 3, 0x55, 0x1d, 0x0f, 0, 4, 3, 2, 7, 0x80};
static const uint8_t psk[32] = {23, 29, 31, 37, 41, 43, 47, 53};
/* long enough for sessions to outgrow a buffer */
static const char *const protocols[] = {
    "a protocol whose name takes so many bytes that a session, which holds it beside its secret, "
    "does not fit where it is begun and has to move, which must not leave a copy of it behind"};
static const uint16_t dsa_schemes[] = {SHK_dsa_sha256, SHK_ecdsa_secp256r1_sha256};
static const uint16_t client_groups[] = {SHK_x25519, SHK_secp256r1, SHK_ffdhe2048};

static void keep_session(void *context, shk_span session)
{
    test_kind_state *state = (test_kind_state *)context;
    assert_true(session.len <= sizeof state->session);
    memcpy(state->session, session.data, session.len);
    state->session_len = session.len;
    state->given++;
}

static void count_session(void *context, shk_span session)
{
    test_kind_state *state = (test_kind_state *)context;
    (void)session;
    state->given++;
}

/* The server forgets the session of a connection that failed; it is put back for the next. */
static void restore_cached_session(test_kind_state *state)
{
    if (state->id_len == 0)
        return;
    shk_span id = shk_span_of(state->id, state->id_len);
    if (shk_session_cache_get(state->cache, id).len == 0)
        shk_session_cache_put(state->cache, id, shk_span_of(state->cached, state->cached_len));
}

/* The handshake that gives the session. */
static void make_session(test_kind_state *state)
{
    shk_config *client = &state->setup.client;
    shk_status ends[2];
    shk_session session;
    client->session_sink = keep_session;
    assert_true(test_kind_run(state, ends) && !state->resumed);
    client->session_sink = count_session;
    client->session = shk_span_of(state->session, state->session_len);
    assert_true(shk_session_read(client->session, &session));
    if (state->cache == NULL)
        return;
    shk_span cached = shk_session_cache_get(state->cache, session.session_id);
    assert_true(cached.len > 0 && cached.len <= sizeof state->cached);
    memcpy(state->cached, cached.data, cached.len);
    state->cached_len = cached.len;
    memcpy(state->id, session.session_id.data, session.session_id.len);
    state->id_len = session.session_id.len;
}

static void authenticate_client(test_kind_state *state)
{
    shk_buf chain = read_source_file("corpora/pki/client-p256.pem");
    shk_buf key = read_source_file("corpora/pki/client-p256.key");
    assert_int_equal(shk_credential_from_pem(shk_buf_span(&chain), shk_buf_span(&key),
                                             &state->client_credential),
                     SHK_OK);
    shk_buf_free(&chain);
    shk_buf_free(&key);
    state->client_credentials[0] = state->client_credential;
    state->setup.client.credentials = state->client_credentials;
    state->setup.client.credential_count = 1;
    state->setup.server.client_auth = SHK_CLIENT_AUTH_REQUIRE;
    state->setup.server.trust = state->setup.trust;
}

static void add_other_credential(test_kind_state *state, const char *key)
{
    state->other_credential = test_credential(key);
    state->server_credentials[0] = state->other_credential;
    state->server_credentials[1] = state->setup.credential;
    state->setup.server.credentials = state->server_credentials;
    state->setup.server.credential_count = 2;
}

/* What both ends do, or the client alone. */
static void set_options(const test_kind *kind, shk_config *client, shk_config *server)
{
    shk_config *ends[2] = {client, server};
    for (int i = 0; i < 2; i++) {
        ends[i]->grease = kind->grease;
        ends[i]->no_encrypt_then_mac = kind->no_encrypt_then_mac;
        ends[i]->no_extended_master_secret = kind->no_extended_master_secret;
        ends[i]->renegotiation = kind->renegotiated;
        ends[i]->post_handshake_auth = kind->post_handshake_auth;
        if (kind->suite != 0)
            ends[i]->suites = (shk_u16s){&kind->suite, 1};
        if (kind->suite != 0 && shk_suite_of(kind->suite)->auth == SHK_AUTH_DSS)
            ends[i]->schemes = (shk_u16s){dsa_schemes, 2};
    }
    client->ech_grease = kind->grease && kind->version == SHK_TLS13;
    client->hello_padding = kind->hello_padding;
    client->early_data = kind->early_data;
    server->max_early_data = kind->early_data ? 1024 : 0;
    server->request_cookie = kind->cookie;
    if (kind->tickets > 0)
        server->ticket_count = kind->tickets;
}

static void staple(test_kind_state *state)
{
    static const uint16_t zlib[] = {1};
    shk_config *client = &state->setup.client, *server = &state->setup.server;
    shk_credential *credential = state->setup.credential;
    shk_buf response = read_source_file("corpora/pki/p256.ocsp");
    test_bytes timestamps = from_hex("0004000201aa");
    assert_int_equal(shk_credential_set_status(credential, shk_buf_span(&response)), SHK_OK);
    assert_int_equal(shk_credential_set_timestamps(credential, span_of(&timestamps)), SHK_OK);
    shk_buf_free(&response);
    client->status_request = SHK_STAPLING_DEMAND;
    client->request_timestamps = true;
    client->name_authorities = true;
    client->chain_schemes = client->schemes;
    client->certificate_compressions = server->certificate_compressions = (shk_u16s){zlib, 1};
}

static void use_raw_keys(test_kind_state *state)
{
    static const uint8_t raw[] = {SHK_CERTIFICATE_RAW_PUBLIC_KEY};
    shk_config *ends[2] = {&state->setup.client, &state->setup.server};
    for (int i = 0; i < 2; i++)
        ends[i]->own_certificate_types = ends[i]->peer_certificate_types = shk_span_of(raw, 1);
    state->setup.client.peer_keys = &state->setup.credential->key_info;
    state->setup.client.peer_key_count = 1;
    state->setup.server.client_auth = SHK_CLIENT_AUTH_REQUEST; /* no client's key is trusted */
}

static void use_ech(test_kind_state *state)
{
    static const shk_ech_settings settings = {.public_name = "localhost"};
    uint64_t seed = 1;
    shk_random random = counting(&seed);
    shk_buf configs = shk_buf_over(state->ech_configs, sizeof state->ech_configs);
    assert_int_equal(shk_ech_make_key(state->setup.crypto, &random, &settings, &configs,
                                      state->ech_key.private_key),
                     SHK_OK);
    state->ech_key.configs = shk_buf_span(&configs);
    state->setup.client.ech_configs = state->ech_key.configs;
    state->setup.server.ech_keys = &state->ech_key;
    state->setup.server.ech_key_count = 1;
}

/* A new guard: the binder is the same in each run. */
static void renew_guard(test_kind_state *state)
{
    if (!state->kind->early_data)
        return;
    shk_replay_guard_free(state->guard);
    state->guard = shk_replay_guard_new(&shk_libc_allocator, 4);
    assert_non_null(state->guard);
    state->setup.server.replay_guard = state->guard;
}

void test_kind_new(test_kind_state *state, const test_kind *kind)
{
    memset(state, 0, sizeof *state);
    state->kind = kind;
    test_setup_new(&state->setup, kind->key);
    shk_config *client = &state->setup.client, *server = &state->setup.server;
    server->clock = client->clock;
    client->min_version = client->max_version = server->min_version = kind->version;
    client->session_sink = count_session;
    client->session_sink_context = state;
    client->protocols = server->protocols = protocols;
    client->protocol_count = server->protocol_count = 1;
    set_options(kind, client, server);
    if (kind->other_key != NULL)
        add_other_credential(state, kind->other_key);
    if (kind->group != 0) {
        client->groups = (shk_u16s){client_groups, 3};
        server->groups = (shk_u16s){&kind->group, 1};
    }
    if (kind->client_auth)
        authenticate_client(state);
    if (kind->oid_filters)
        server->oid_filters = shk_span_of(signing, sizeof signing);
    if (kind->external_psk) {
        state->psk = (shk_external_psk){.identity = shk_span_of_text("someone"),
                                        .key = shk_span_of(psk, sizeof psk),
                                        .import = kind->imported_psk};
        client->psks = server->psks = &state->psk;
        client->psk_count = server->psk_count = 1;
        client->psk_mode = server->psk_mode = kind->psk_mode;
    }
    if (kind->status)
        staple(state);
    if (kind->raw_keys)
        use_raw_keys(state);
    if (kind->ech)
        use_ech(state);
    if (kind->resumption == TEST_BY_ID) {
        state->cache = shk_session_cache_new(&shk_libc_allocator, CACHED);
        assert_non_null(state->cache);
        server->session_cache = state->cache;
    } else {
        server->ticket_keys = &ticket_key;
        server->ticket_key_count = 1;
    }
    if (kind->resumption != TEST_FULL)
        make_session(state);
}

void test_kind_free(test_kind_state *state)
{
    shk_credential_free(state->client_credential);
    shk_credential_free(state->other_credential);
    shk_session_cache_free(state->cache);
    shk_replay_guard_free(state->guard);
    test_setup_free(&state->setup);
}

/* Data in one direction; SHK_E_TRUNCATION if it does not arrive. */
static shk_status send_data(shk_conn *from, shk_conn *to)
{
    static const uint8_t data[] = "Spans, buffers and the allocator";
    uint8_t got[sizeof data];
    SHK_TRY(shk_conn_write(from, data, sizeof data));
    SHK_TRY(test_move_output(from, to));
    return shk_conn_read(to, got, sizeof got) == sizeof got ? SHK_OK : SHK_E_TRUNCATION;
}

static void exchange(const test_pair *pair)
{
    for (int turn = 0; turn < MAX_TURNS; turn++) {
        test_move_output(pair->client, pair->server);
        test_move_output(pair->server, pair->client);
    }
}

/* What comes after the handshake, if anything does. */
static shk_status run_post_handshake(const test_kind *kind, const test_pair *pair)
{
    if (kind->renegotiated)
        SHK_TRY(shk_conn_renegotiate(pair->client));
    if (kind->post_handshake_auth)
        SHK_TRY(shk_conn_request_authentication(pair->server));
    if (kind->key_update)
        SHK_TRY(shk_conn_key_update(pair->client, true));
    exchange(pair);
    const shk_conn_info client = shk_conn_info_of(pair->client);
    const shk_conn_info server = shk_conn_info_of(pair->server);
    bool done = (!kind->renegotiated || server.renegotiations == 1) &&
                (!kind->post_handshake_auth || server.peer_authenticated) &&
                (!kind->key_update ||
                 (server.key_updates_received == 1 && client.key_updates_received == 1));
    return done ? SHK_OK : SHK_E_TRUNCATION;
}

static bool pump(test_kind_state *state, test_pair *pair)
{
    static const uint8_t early[] = "early";
    if (shk_conn_start(pair->client) == SHK_OK && state->kind->early_data)
        shk_conn_write_early(pair->client, early, sizeof early);
    state->given = 0;
    exchange(pair);
    const shk_conn_info infos[2] = {shk_conn_info_of(pair->client), shk_conn_info_of(pair->server)};
    state->resumed = infos[0].resumed;
    state->early = infos[1].early_data;
    state->encrypt_then_mac = infos[0].encrypt_then_mac;
    state->extended_master_secret = infos[0].extended_master_secret;
    return infos[0].connected && infos[1].connected && infos[1].resumed == state->resumed;
}

bool test_kind_run(test_kind_state *state, shk_status ends[2])
{
    /* no two kinds, and no two handshakes of one, draw the same */
    uint64_t client_seed =
        4 * (uint64_t)(state->kind - test_kinds) + (state->setup.client.session.len > 0 ? 2 : 0);
    uint64_t server_seed = client_seed + 1;
    shk_random client_random = counting(&client_seed), server_random = counting(&server_seed);
    test_pair pair = {.client = NULL, .server = NULL};
    restore_cached_session(state);
    renew_guard(state);
    ends[0] = shk_conn_new(&state->setup.client, &client_random, &pair.client);
    ends[1] = shk_conn_new(&state->setup.server, &server_random, &pair.server);
    bool good = ends[0] == SHK_OK && ends[1] == SHK_OK && pump(state, &pair);
    shk_status later = good ? run_post_handshake(state->kind, &pair) : SHK_OK;
    if (ends[0] == SHK_OK)
        ends[0] = shk_conn_failure_of(pair.client)->fault.status;
    if (ends[1] == SHK_OK)
        ends[1] = shk_conn_failure_of(pair.server)->fault.status;
    if (ends[0] == SHK_OK && ends[1] == SHK_OK)
        ends[0] = later;
    if (good && ends[0] == SHK_OK && ends[1] == SHK_OK) {
        ends[0] = send_data(pair.client, pair.server);
        ends[1] = send_data(pair.server, pair.client);
    }
    test_pair_close(&pair);
    return good && ends[0] == SHK_OK && ends[1] == SHK_OK;
}
