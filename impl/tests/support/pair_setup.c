/* The configurations of two ends (support/pair_setup.h). */
#include "pair_setup.h"

#include <stdio.h>
#include <string.h>

#include "vectors.h"

static const int64_t december_2025_ms = INT64_C(1764547200000);

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
