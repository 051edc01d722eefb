/* Exporters below TLS 1.3 (RFC 5705), computed again with libcrypto's PRF alone. */
#include "conn_pair.h"

#include <string.h>

#include <openssl/core_names.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include "handshake/state/handshake.h"

enum { MASTER_SECRET = 48, LENGTH = 40 };

/* The master secret that the key log gives: CLIENT_RANDOM, the random and it. */
static void keep_master_secret(void *context, const char *line)
{
    if (strncmp(line, "CLIENT_RANDOM ", 14) == 0)
        *(test_bytes *)context = from_hex(strrchr(line, ' ') + 1);
}

/* P_hash of RFC 5246 §5, with the suite's SHA-256. */
static void prf(const test_bytes *secret, const char *label, const uint8_t *seed, size_t seed_len,
                uint8_t *out, size_t len)
{
    EVP_KDF *kdf = EVP_KDF_fetch(NULL, "TLS1-PRF", NULL);
    EVP_KDF_CTX *context = EVP_KDF_CTX_new(kdf);
    char digest[] = "SHA256";
    const OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SECRET, (void *)secret->data, secret->len),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SEED, (void *)label, strlen(label)),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SEED, (void *)seed, seed_len),
        OSSL_PARAM_construct_end(),
    };
    assert_int_equal(EVP_KDF_derive(context, out, len, params), 1);
    EVP_KDF_CTX_free(context);
    EVP_KDF_free(kdf);
}

/* RFC 5705 §4: randoms and, where there is a context, its length in two bytes and itself. */
static void exporter_of_tls_12_is_the_prf_over_randoms_and_context(void **state)
{
    static const uint16_t suite[] = {SHK_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256};
    static const uint8_t bytes[300] = {1, 2, 3};
    static const size_t lengths[] = {0, 3, 300};
    test_setup setup;
    test_pair pair;
    test_bytes master = {.len = 0};
    (void)state;
    test_setup_new(&setup, "p256");
    setup.client.max_version = SHK_TLS12;
    setup.client.suites = (shk_u16s){suite, 1};
    setup.client.key_log = keep_master_secret;
    setup.client.key_log_context = &master;
    test_pair_connect(&pair, &setup);
    assert_int_equal(master.len, MASTER_SECRET);
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        uint8_t seed[64 + 2 + sizeof bytes], expected[LENGTH], actual[LENGTH];
        memcpy(seed, pair.client->client_random, 32);
        memcpy(seed + 32, pair.client->server_random, 32);
        seed[64] = (uint8_t)(lengths[i] >> 8);
        seed[65] = (uint8_t)lengths[i];
        memcpy(seed + 66, bytes, lengths[i]);
        prf(&master, "EXPORTER-x", seed, 66 + lengths[i], expected, LENGTH);
        assert_int_equal(shk_conn_export(pair.server, "EXPORTER-x", shk_span_of(bytes, lengths[i]),
                                         actual, LENGTH),
                         SHK_OK);
        assert_memory_equal(actual, expected, LENGTH);
        prf(&master, "EXPORTER-x", seed, 64, expected, LENGTH);
        assert_int_equal(
            shk_conn_export(pair.client, "EXPORTER-x", shk_span_of(NULL, 0), actual, LENGTH),
            SHK_OK);
        assert_memory_equal(actual, expected, LENGTH);
    }
    test_pair_close_all(&pair, &setup);
}

static void exporter_context_over_65535_bytes_is_refused(void **state)
{
    static const uint8_t bytes[65536] = {0};
    test_setup setup;
    test_pair pair;
    uint8_t out[LENGTH];
    (void)state;
    test_setup_new(&setup, "p256");
    setup.client.max_version = SHK_TLS12;
    test_pair_connect(&pair, &setup);
    assert_fails(
        shk_conn_export(pair.client, "EXPORTER-x", shk_span_of(bytes, sizeof bytes), out, LENGTH),
        SHK_E_VECTOR_LENGTH);
    test_pair_close_all(&pair, &setup);
}

/* RFC 5705 §6 */
static void exporter_label_reserved_by_tls_is_refused(void **state)
{
    static const char *const labels[] = {"client finished", "server finished", "master secret",
                                         "key expansion", "extended master secret"};
    (void)state;
    for (uint16_t version = SHK_TLS12; version <= SHK_TLS13; version++) {
        test_setup setup;
        test_pair pair;
        uint8_t out[LENGTH];
        test_setup_new(&setup, "p256");
        setup.client.max_version = version;
        test_pair_connect(&pair, &setup);
        for (size_t i = 0; i < sizeof labels / sizeof labels[0]; i++)
            assert_fails(shk_conn_export(pair.client, labels[i], shk_span_of(NULL, 0), out, LENGTH),
                         SHK_E_EXPORTER_LABEL);
        test_pair_close_all(&pair, &setup);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exporter_of_tls_12_is_the_prf_over_randoms_and_context),
        cmocka_unit_test(exporter_context_over_65535_bytes_is_refused),
        cmocka_unit_test(exporter_label_reserved_by_tls_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
