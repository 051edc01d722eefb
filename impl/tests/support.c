/* What the unit tests share (tests/support.h). */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const int64_t december_2025_ms = INT64_C(1764547200000);

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

void test_setup_new(test_setup *setup, const char *key_name)
{
    char path[128];
    memset(setup, 0, sizeof *setup);
    snprintf(path, sizeof path, "corpora/pki/%s.pem", key_name);
    shk_buf chain = read_source_file(path);
    snprintf(path, sizeof path, "corpora/pki/%s.key", key_name);
    shk_buf key = read_source_file(path);
    shk_buf roots = read_source_file("corpora/pki/roots.pem");
    setup->crypto = shk_libcrypto_new();
    assert_non_null(setup->crypto);
    assert_int_equal(
        shk_credential_from_pem(shk_buf_span(&chain), shk_buf_span(&key), &setup->credential),
        SHK_OK);
    assert_int_equal(shk_trust_from_pem(shk_buf_span(&roots), &setup->trust), SHK_OK);
    shk_buf_free(&chain);
    shk_buf_free(&key);
    shk_buf_free(&roots);
    setup->client = shk_config_default(false, setup->crypto);
    setup->client.trust = setup->trust;
    setup->client.server_name = "server.shakedown.test";
    setup->client.clock.now_ms = december_2025;
    setup->server = shk_config_default(true, setup->crypto);
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

void test_setup_free(test_setup *setup)
{
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

shk_status move_output(shk_conn *from, shk_conn *to)
{
    shk_span out = shk_conn_output(from);
    shk_status status = out.len > 0 ? shk_conn_feed(to, out.data, out.len) : SHK_OK;
    shk_conn_sent(from, out.len);
    return status;
}

void test_pair_run(test_pair *pair)
{
    assert_int_equal(shk_conn_start(pair->client), SHK_OK);
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
