/* What the unit tests share (support/support.h). */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "extensions/extension_block.h"
#include "handshake/state/handshake.h"
#include "messages/client_hello.h"
#include "messages/encrypted_extensions.h"
#include "messages/hello_retry_request.h"
#include "messages/server_hello.h"

static const int64_t december_2025_ms = INT64_C(1764547200000);

static struct {
    const char *name;       /* of the running test: FILE:FUNCTION */
    test_change changes[2]; /* a copy: the test may have left the function that named them */
    size_t change_count;    /* 0: nothing is changed */
    bool once;
    unsigned seen; /* messages of the change's kind */
    test_cut cut;
    uint64_t cut_seed;
    shk_buf *moved; /* NULL: not kept */
} running;

int test_begin(void **state)
{
    running.name = (const char *)*state;
    test_arm(NULL);
    test_cut_output(TEST_WHOLE, 0, NULL);
    return 0;
}

void test_not_everywhere(void)
{
    running.name = NULL;
}

static void note_hit(shk_status row)
{
    const char *path = getenv("SHK_ERROR_TESTS");
    if (path == NULL || running.name == NULL || row == SHK_OK)
        return;
    FILE *out = fopen(path, "a");
    assert_non_null(out);
    fprintf(out, "%s %s\n", shk_error(row)->name, running.name);
    fclose(out);
}

void test_assert_fails(const char *name, shk_status status, shk_status row, const char *file,
                       int line)
{
    if (status != row) {
        print_error("%s%sexpected %s, got %s\n", name != NULL ? name : "", name != NULL ? ": " : "",
                    shk_error(row)->name, shk_error(status)->name);
        _fail(file, line);
    }
    note_hit(row);
}

void test_assert_refused(const char *name, const shk_conn *conn, shk_status row, const char *file,
                         int line)
{
    const shk_conn_failure *failure = shk_conn_failure_of(conn);
    uint32_t alert = shk_error(row)->alert;
    test_assert_fails(name, failure->fault.status, row, file, line);
    if (failure->alert_sent != (alert == SHK_ALERT_NONE ? -1 : (int)alert)) {
        print_error("%s: alert %d was sent\n", shk_error(row)->name, failure->alert_sent);
        _fail(file, line);
    }
}

static unsigned digit(char c)
{
    if (c >= '0' && c <= '9')
        return (unsigned)(c - '0');
    assert_true(c >= 'a' && c <= 'f');
    return (unsigned)(c - 'a' + 10);
}

test_bytes from_hex(const char *text)
{
    test_bytes bytes = {.len = 0};
    for (; text[0] != 0 && text[0] != '\n'; text++) {
        if (text[0] == ' ')
            continue;
        assert_true(bytes.len < MAX_VECTOR);
        bytes.data[bytes.len++] = (uint8_t)(digit(text[0]) << 4 | digit(text[1]));
        text++;
    }
    return bytes;
}

shk_span span_of(const test_bytes *bytes)
{
    return shk_span_of(bytes->data, bytes->len);
}

test_bytes vector_of(const char *file, const char *key)
{
    char path[512];
    char line[2 * MAX_VECTOR + 512];
    test_bytes found = {.len = 0};
    snprintf(path, sizeof path, "%s/corpora/vectors/%s", SHK_SOURCE_DIR, file);
    FILE *in = fopen(path, "r");
    assert_non_null(in);
    while (fgets(line, sizeof line, in) != NULL) {
        size_t len = strlen(key);
        if (strncmp(line, key, len) == 0 && line[len] == '|')
            found = from_hex(line + len + 1);
    }
    fclose(in);
    if (found.len == 0)
        fail_msg("no vector %s in %s", key, file);
    return found;
}

void assert_bytes(shk_span actual, const test_bytes *expected)
{
    assert_int_equal(actual.len, expected->len);
    assert_memory_equal(actual.data, expected->data, expected->len);
}

static void fill_scripted(void *context, uint8_t *bytes, size_t len)
{
    test_script *script = (test_script *)context;
    assert_true(len <= script->bytes.len - script->at);
    memcpy(bytes, script->bytes.data + script->at, len);
    script->at += len;
}

shk_random scripted(test_script *script)
{
    shk_random random = {fill_scripted, script};
    return random;
}

static void fill_counting(void *context, uint8_t *bytes, size_t len)
{
    uint64_t *state = (uint64_t *)context;
    for (size_t i = 0; i < len; i++) {
        *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        bytes[i] = (uint8_t)(*state >> 56);
    }
}

shk_random counting(uint64_t *state)
{
    shk_random random = {fill_counting, state};
    return random;
}

shk_buf read_source_file(const char *path)
{
    char full[512];
    uint8_t piece[4096];
    size_t got;
    shk_buf out = shk_buf_growing(&shk_libc_allocator);
    snprintf(full, sizeof full, "%s/%s", SHK_SOURCE_DIR, path);
    FILE *in = fopen(full, "rb");
    assert_non_null(in);
    while ((got = fread(piece, 1, sizeof piece, in)) > 0)
        assert_int_equal(shk_buf_append(&out, shk_span_of(piece, got)), SHK_OK);
    fclose(in);
    return out;
}

static int64_t december_2025(void *context)
{
    (void)context;
    return december_2025_ms;
}

shk_credential *test_credential(const char *name)
{
    char path[128];
    shk_credential *credential = NULL;
    snprintf(path, sizeof path, "corpora/pki/%s.pem", name);
    shk_buf chain = read_source_file(path);
    snprintf(path, sizeof path, "corpora/pki/%s.key", name);
    shk_buf key = read_source_file(path);
    assert_int_equal(shk_credential_from_pem(shk_buf_span(&chain), shk_buf_span(&key), &credential),
                     SHK_OK);
    shk_buf_free(&chain);
    shk_buf_free(&key);
    return credential;
}

shk_trust *test_trust(const char *file)
{
    char path[128];
    shk_trust *trust = NULL;
    snprintf(path, sizeof path, "corpora/pki/%s", file);
    shk_buf roots = read_source_file(path);
    assert_int_equal(shk_trust_from_pem(shk_buf_span(&roots), &trust), SHK_OK);
    shk_buf_free(&roots);
    return trust;
}

void test_setup_new(test_setup *setup, const char *key_name)
{
    static const uint16_t groups[] = {SHK_x25519, SHK_secp256r1, SHK_secp384r1, SHK_secp521r1,
                                      SHK_x448,   SHK_ffdhe2048, SHK_ffdhe3072};
    memset(setup, 0, sizeof *setup);
    setup->crypto = shk_libcrypto_new();
    assert_non_null(setup->crypto);
    setup->credential = test_credential(key_name);
    setup->trust = test_trust("roots.pem");
    setup->client = shk_config_default(false, setup->crypto);
    setup->client.trust = setup->trust;
    setup->client.server_name = "server.shakedown.test";
    setup->client.clock.now_ms = december_2025;
    setup->client.groups = (shk_u16s){groups, sizeof groups / sizeof groups[0]};
    setup->server = shk_config_default(true, setup->crypto);
    setup->server.groups = setup->client.groups;
    setup->credentials[0] = setup->credential;
    setup->server.credentials = setup->credentials;
    setup->server.credential_count = 1;
}

void test_setup_for_suite(test_setup *setup, const shk_suite_row *suite)
{
    static const char *const keys[] = {
        [SHK_AUTH_ANY] = "p256",    [SHK_AUTH_RSA] = "rsa2048", [SHK_AUTH_ECDSA] = "p256",
        [SHK_AUTH_DSS] = "dsa2048", [SHK_AUTH_PSK] = "rsa2048", [SHK_AUTH_ANON] = "rsa2048"};
    static const uint16_t dsa[] = {SHK_dsa_sha256, SHK_ecdsa_secp256r1_sha256};
    static const uint8_t key[16] = {1, 2, 3};
    static const shk_external_psk psk = {.identity = {key, 5}, .key = {key, sizeof key}};
    test_setup_new(setup, keys[suite->auth]);
    shk_config *ends[] = {&setup->client, &setup->server};
    for (size_t i = 0; i < 2; i++) {
        ends[i]->suites = (shk_u16s){&suite->value, 1};
        ends[i]->min_version = suite->min_version;
        ends[i]->max_version = suite->max_version;
        if (suite->auth == SHK_AUTH_DSS)
            ends[i]->schemes = (shk_u16s){dsa, 2};
        if (shk_suite_has_psk(suite)) {
            ends[i]->psks = &psk;
            ends[i]->psk_count = 1;
        }
    }
}

void test_with_client_certificate(test_setup *setup, const char *key_name)
{
    setup->client_credential = test_credential(key_name);
    setup->client_credentials[0] = setup->client_credential;
    setup->client.credentials = setup->client_credentials;
    setup->client.credential_count = 1;
    setup->server.client_auth = SHK_CLIENT_AUTH_REQUIRE;
    setup->server.trust = setup->trust;
    setup->server.clock = setup->client.clock;
}

void test_with_psk(test_setup *setup, const uint8_t *client_key, const uint8_t *server_key)
{
    const uint8_t *keys[] = {client_key, server_key};
    shk_config *ends[] = {&setup->client, &setup->server};
    for (size_t i = 0; i < 2; i++) {
        setup->psks[i].identity = shk_span_of_text("shakedown");
        setup->psks[i].key = shk_span_of(keys[i], 32);
        ends[i]->psks = &setup->psks[i];
        ends[i]->psk_count = 1;
    }
}

void test_setup_free(test_setup *setup)
{
    shk_credential_free(setup->client_credential);
    shk_credential_free(setup->credential);
    shk_trust_free(setup->trust);
    shk_libcrypto_free(setup->crypto);
}

void test_pair_open(test_pair *pair, const test_setup *setup)
{
    memset(pair, 0, sizeof *pair);
    static uint64_t opened; /* no two pairs of a program draw the same */
    pair->client_state = 2 * ++opened;
    pair->server_state = pair->client_state + 1;
    shk_random client = counting(&pair->client_state);
    shk_random server = counting(&pair->server_state);
    assert_int_equal(shk_conn_new(&setup->client, &client, &pair->client), SHK_OK);
    assert_int_equal(shk_conn_new(&setup->server, &server, &pair->server), SHK_OK);
}

void test_pair_close(test_pair *pair)
{
    shk_conn_free(pair->client);
    shk_conn_free(pair->server);
}

size_t records_in(const shk_conn *conn, uint8_t type, size_t *longest)
{
    shk_span out = shk_conn_output(conn);
    size_t count = 0;
    *longest = 0;
    for (size_t at = 0, len; at < out.len; at += 5 + len) {
        len = (size_t)out.data[at + 3] << 8 | out.data[at + 4];
        count += out.data[at] == type;
        if (out.data[at] == type && len > *longest)
            *longest = len;
    }
    return count;
}

void test_cut_output(test_cut cut, uint64_t seed, shk_buf *moved)
{
    running.cut = cut;
    running.cut_seed = seed;
    running.moved = moved;
}

/* Mostly a few bytes, sometimes many records. */
static size_t piece_of(size_t len)
{
    uint8_t drawn[2];
    fill_counting(&running.cut_seed, drawn, sizeof drawn);
    size_t piece = running.cut == TEST_WHOLE ? len
                   : running.cut == TEST_BYTES
                       ? 1
                       : 1 + (drawn[0] < 64 ? drawn[1] * 16u : drawn[1] % 8u);
    return piece < len ? piece : len;
}

shk_status move_output(shk_conn *from, shk_conn *to)
{
    shk_span out = shk_conn_output(from);
    shk_status status = SHK_OK;
    if (running.moved != NULL)
        assert_int_equal(shk_buf_append(running.moved, out), SHK_OK);
    for (size_t at = 0, len; at < out.len && status == SHK_OK; at += len) {
        len = piece_of(out.len - at);
        status = shk_conn_feed(to, out.data + at, len);
    }
    shk_conn_sent(from, out.len);
    return status;
}

void test_pair_run(test_pair *pair)
{
    assert_int_equal(shk_conn_start(pair->client), SHK_OK);
    test_pair_pump(pair);
}

void test_pair_pump(test_pair *pair)
{
    for (int i = 0; i < 32; i++) {
        bool moving =
            shk_conn_output(pair->client).len > 0 || shk_conn_output(pair->server).len > 0;
        move_output(pair->client, pair->server);
        move_output(pair->server, pair->client);
        if (!moving)
            return;
    }
    fail_msg("the two ends talk for ever");
}

void test_pair_of(test_pair *pair, const test_setup *setup)
{
    test_pair_open(pair, setup);
    test_pair_run(pair);
}

void assert_connected(const test_pair *pair)
{
    char client[256], server[256];
    shk_conn_describe(pair->client, client, sizeof client);
    shk_conn_describe(pair->server, server, sizeof server);
    if (!shk_conn_info_of(pair->client)->connected || !shk_conn_info_of(pair->server)->connected)
        fail_msg("client: %s; server: %s", client, server);
}

shk_conn *test_conn_in(const shk_config *config, unsigned state)
{
    static uint64_t seed = 1;
    const char *name = shk_state_name((shk_state)state);
    bool tls13 = strncmp(name + 1, "13", 2) == 0;
    shk_random random = counting(&seed);
    shk_conn *conn = NULL;
    assert_int_equal(shk_conn_new(config, &random, &conn), SHK_OK);
    assert_int_equal(shk_conn_start(conn), SHK_OK);
    conn->state = state;
    conn->info.version = tls13 ? SHK_TLS13 : strncmp(name + 1, "12", 2) == 0 ? SHK_TLS12 : 0;
    conn->suite = shk_suite_of(tls13 ? SHK_TLS_AES_128_GCM_SHA256
                                     : SHK_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256);
    assert_int_equal(shk_transcript_choose(&conn->handshake->transcript, conn->suite->hash),
                     SHK_OK);
    return conn;
}

shk_status test_message(shk_conn *conn, shk_message id, const test_bytes *body)
{
    test_bytes message = {.len = 4 + body->len};
    assert_true(message.len <= MAX_VECTOR);
    message.data[0] = shk_message_rows[id].value;
    message.data[2] = (uint8_t)(body->len >> 8);
    message.data[3] = (uint8_t)body->len;
    memcpy(message.data + 4, body->data, body->len);
    return shk_flow_message(conn, span_of(&message));
}

shk_buf test_first_hello(const test_setup *setup)
{
    test_pair pair;
    shk_buf out = shk_buf_growing(&shk_libc_allocator);
    test_pair_open(&pair, setup);
    assert_int_equal(shk_conn_start(pair.client), SHK_OK);
    shk_span sent = shk_conn_output(pair.client);
    assert_int_equal(shk_buf_append(&out, shk_span_of(sent.data + 5, sent.len - 5)), SHK_OK);
    test_pair_close(&pair);
    return out;
}

void test_pair_connect(test_pair *pair, const test_setup *setup)
{
    test_pair_of(pair, setup);
    assert_connected(pair);
}

void keep(void *context, shk_span session)
{
    kept_session *kept = (kept_session *)context;
    assert_true(session.len <= sizeof kept->bytes);
    memcpy(kept->bytes, session.data, session.len);
    kept->len = session.len;
    kept->count++;
}

int64_t clock_ms;

static int64_t moving_clock(void *context)
{
    (void)context;
    return clock_ms;
}

const shk_ticket_key ticket_keys[2] = {{.name = {1}, .key = {2}}, {.name = {3}, .key = {4}}};

void setup_tickets(test_setup *setup, kept_session *kept, uint16_t version)
{
    memset(kept, 0, sizeof *kept);
    test_setup_new(setup, "p256");
    clock_ms = INT64_C(1764547200000);
    setup->client.clock.now_ms = moving_clock;
    setup->server.clock.now_ms = moving_clock;
    setup->client.max_version = version;
    setup->client.session_sink = keep;
    setup->client.session_sink_context = kept;
    setup->server.ticket_keys = ticket_keys;
    setup->server.ticket_key_count = 1;
}

bool handshake(const test_setup *setup)
{
    test_pair pair;
    uint8_t client_keys[32], server_keys[32];
    test_pair_connect(&pair, setup);
    const shk_conn_info *info = shk_conn_info_of(pair.client);
    bool resumed = info->resumed;
    bool exports = info->version >= SHK_TLS13 || info->extended_master_secret; /* RFC 7627 §5.4 */
    assert_int_equal(shk_conn_info_of(pair.server)->resumed, resumed);
    shk_span none = {NULL, 0};
    if (exports) {
        assert_int_equal(shk_conn_export(pair.client, "EXPORTER-x", none, client_keys, 32), SHK_OK);
        assert_int_equal(shk_conn_export(pair.server, "EXPORTER-x", none, server_keys, 32), SHK_OK);
        assert_memory_equal(client_keys, server_keys, 32);
    }
    test_pair_close(&pair);
    return resumed;
}

void offer(test_setup *setup, const kept_session *kept)
{
    assert_true(kept->len > 0);
    setup->client.session = shk_span_of(kept->bytes, kept->len);
}

void test_arm(const test_change *change)
{
    running.change_count = 0;
    running.once = false;
    running.seen = 0;
    if (change != NULL)
        running.changes[running.change_count++] = *change;
}

void test_arm_once(const test_change *change)
{
    test_arm(change);
    running.once = true;
}

void test_arm_both(const test_change *first, const test_change *second)
{
    test_arm(first);
    running.changes[running.change_count++] = *second;
}

bool test_changed(void)
{
    return running.seen > running.changes[0].skip;
}

/* The extension block of a message that was encoded: it ends these messages. */
static shk_span block_of(shk_message id, const void *message)
{
    switch (id) {
    case SHK_MSG_client_hello:
        return ((const shk_client_hello *)message)->extensions.raw;
    case SHK_MSG_server_hello:
        return ((const shk_server_hello *)message)->extensions.raw;
    case SHK_MSG_hello_retry_request:
        return ((const shk_hello_retry_request *)message)->extensions.raw;
    case SHK_MSG_encrypted_extensions:
        return ((const shk_encrypted_extensions *)message)->extensions.raw;
    default:
        fail_msg("extensions are not looked for in this message");
        return shk_span_of(NULL, 0);
    }
}

/* The extension's place in its block, its length included. */
static void find_extension(shk_extension id, shk_span block, size_t *from, size_t *to)
{
    shk_raw_extension e;
    *to = 0;
    for (shk_span rest = block; shk_list_next(&rest, NULL, shk_raw_extension_shape, &e);) {
        *from = *to;
        *to = block.len - rest.len;
        if (e.extension_type == shk_extension_rows[id].value)
            return;
    }
    fail_msg("no %s to change", shk_extension_rows[id].name);
}

/* Makes the change within out[from] to out[to], at an offset from there or, negative, from its end;
 * all of the rest goes up to the end of the message. */
static void apply_between(const test_change *change, int offset, shk_buf *out, size_t from,
                          size_t to)
{
    test_bytes put = from_hex(change->hex);
    size_t at = offset < 0 ? to - (size_t)-offset : from + (size_t)offset;
    assert_in_range(at, from, to);
    size_t cut = change->cut == ALL ? out->len - at : change->cut;
    assert_true(at + cut <= out->len);
    assert_int_equal(shk_buf_reserve(out, put.len), SHK_OK);
    uint8_t *place = out->data + at;
    memmove(place + put.len, place + cut, out->len - at - cut);
    memcpy(place, put.data, put.len);
    out->len += put.len - cut;
}

static void apply(const test_change *change, const void *message, shk_buf *out, size_t start)
{
    size_t from = 0, to = 0;
    if (change->at < IN_EXTENSION) {
        apply_between(change, change->at, out, start, out->len);
        return;
    }
    const int within = change->at - IN_EXTENSION;
    const shk_span block = block_of(change->message, message);
    const size_t block_at = out->len - block.len;
    find_extension((shk_extension)(within / 0x10000), block, &from, &to);
    apply_between(change, within % 0x10000 - 0x8000, out, block_at + from, block_at + to);
    const size_t len = out->len - block_at;
    out->data[block_at - 2] = (uint8_t)(len >> 8);
    out->data[block_at - 1] = (uint8_t)len;
}

/* Stands in for shk_encode (the linker's --wrap), whose output a change is made to. */
shk_status __real_shk_encode(shk_shape *shape, const shk_form *form, void *message, shk_buf *out,
                             shk_fault *fault);
shk_status __wrap_shk_encode(shk_shape *shape, const shk_form *form, void *message, shk_buf *out,
                             shk_fault *fault);

shk_status __wrap_shk_encode(shk_shape *shape, const shk_form *form, void *message, shk_buf *out,
                             shk_fault *fault)
{
    const test_change *change = &running.changes[0];
    size_t start = out->len;
    shk_status status = __real_shk_encode(shape, form, message, out, fault);
    if (status == SHK_OK && running.change_count > 0 &&
        shape == shk_message_rows[change->message].layout->shape &&
        running.seen++ >= change->skip && (!running.once || running.seen == change->skip + 1)) {
        apply(change, message, out, start);
        if (running.change_count == 2)
            test_arm(&running.changes[1]);
    }
    return status;
}
