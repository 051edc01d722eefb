/* Imported PSKs (RFC 9258): what the client sends, computed again from the formulas of §5 with
 * libcrypto's HKDF and HMAC alone. The RFC has no vectors of its own. */
#include "conn_pair.h"
#include "scripted_random.h"

#include <string.h>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include "extensions/extension_block.h"
#include "extensions/pre_shared_key.h"
#include "messages/client_hello.h"

/* external_identity, context, target_protocol 0x0304 and target_kdf (§5.1) */
static const char *const identities[] = {
    "0005 6669727374 0004 68657265 0304 0001", /* "first", "here", HKDF_SHA256 */
    "0005 6669727374 0004 68657265 0304 0002", /* HKDF_SHA384 */
};
static const uint8_t epsk[32] = {0x5a, 1, 2, 3};

typedef struct {
    const char *name;
    size_t size;
} hash_kind;
static const hash_kind sha256 = {"SHA256", 32}, sha384 = {"SHA384", 48};

/* HKDF of RFC 5869, one of its two steps; `info` NULL: Extract without salt. */
static void hkdf(const hash_kind *hash, const uint8_t *key, size_t key_len, const test_bytes *info,
                 uint8_t *out, size_t len)
{
    EVP_KDF *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
    EVP_KDF_CTX *context = EVP_KDF_CTX_new(kdf);
    int mode = info != NULL ? EVP_KDF_HKDF_MODE_EXPAND_ONLY : EVP_KDF_HKDF_MODE_EXTRACT_ONLY;
    const test_bytes none = {.len = 0};
    const test_bytes *given = info != NULL ? info : &none;
    const OSSL_PARAM params[] = {
        OSSL_PARAM_construct_int(OSSL_KDF_PARAM_MODE, &mode),
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, (char *)hash->name, 0),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, (void *)key, key_len),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, (void *)given->data, given->len),
        OSSL_PARAM_construct_end(),
    };
    assert_int_equal(EVP_KDF_derive(context, out, len, params), 1);
    EVP_KDF_CTX_free(context);
    EVP_KDF_free(kdf);
}

/* HKDF-Expand-Label of RFC 8446 §7.1 with its structure written out. */
static void expand_label(const hash_kind *hash, const uint8_t *secret, const char *label,
                         const uint8_t *context, size_t context_len, uint8_t *out, size_t len)
{
    test_bytes info = {.len = 0};
    size_t label_len = strlen(label);
    info.data[info.len++] = (uint8_t)(len >> 8);
    info.data[info.len++] = (uint8_t)len;
    info.data[info.len++] = (uint8_t)(6 + label_len);
    memcpy(info.data + info.len, "tls13 ", 6);
    memcpy(info.data + info.len + 6, label, label_len);
    info.len += 6 + label_len;
    info.data[info.len++] = (uint8_t)context_len;
    memcpy(info.data + info.len, context, context_len);
    info.len += context_len;
    hkdf(hash, secret, hash->size, &info, out, len);
}

static void digest_of(const hash_kind *hash, shk_span bytes, uint8_t *out)
{
    assert_int_equal(
        EVP_Digest(bytes.data, bytes.len, out, NULL, EVP_get_digestbyname(hash->name), NULL), 1);
}

/* ipskx for the target (§5.1), and the binder under "imp binder" (§5.2) over the truncated hello.
 */
static void expected_binder(const hash_kind *own, const hash_kind *target,
                            const test_bytes *identity, shk_span truncated, uint8_t *out)
{
    uint8_t epskx[64], ipskx[64], early[64], binder_key[64], finished_key[64], digest[64];
    const shk_span nothing = {(const uint8_t *)"", 0};
    hkdf(own, epsk, sizeof epsk, NULL, epskx, own->size);
    digest_of(own, span_of(identity), digest);
    expand_label(own, epskx, "derived psk", digest, own->size, ipskx, target->size);
    hkdf(target, ipskx, target->size, NULL, early, target->size);
    digest_of(target, nothing, digest);
    expand_label(target, early, "imp binder", digest, target->size, binder_key, target->size);
    expand_label(target, binder_key, "finished", digest, 0, finished_key, target->size);
    digest_of(target, truncated, digest);
    assert_non_null(HMAC(EVP_get_digestbyname(target->name), finished_key, (int)target->size,
                         digest, target->size, out, NULL));
}

static void check_hello(const shk_conn *client, const hash_kind *own)
{
    const hash_kind *targets[] = {&sha256, &sha384};
    shk_client_hello hello;
    shk_pre_shared_key m;
    shk_psk_identity identity;
    shk_psk_binder binder;
    shk_span out = shk_conn_output(client);
    assert_int_equal(shk_decode(shk_message_rows[SHK_MSG_client_hello].layout->shape, NULL,
                                shk_span_of(out.data + 9, out.len - 9), &hello, NULL),
                     SHK_OK);
    assert_true(
        shk_extension_get(&hello.extensions, SHK_EXT_pre_shared_key, SHK_IN_CLIENT_HELLO, &m));
    shk_span truncated = shk_span_of(out.data + 5, out.len - 5 - 2 - m.binders.len);
    for (size_t i = 0; i < 2; i++) {
        uint8_t expected[64];
        test_bytes imported = from_hex(identities[i]);
        assert_true(shk_list_next(&m.identities, NULL, shk_psk_identity_shape, &identity));
        assert_true(shk_list_next(&m.binders, NULL, shk_psk_binder_shape, &binder));
        assert_bytes(identity.identity, &imported);
        assert_int_equal(identity.obfuscated_ticket_age, 0);
        expected_binder(own, targets[i], &imported, truncated, expected);
        assert_int_equal(binder.binder.len, targets[i]->size);
        assert_memory_equal(binder.binder.data, expected, targets[i]->size);
    }
    assert_int_equal(m.identities.len, 0);
}

/* One PSK for each hash of TLS 1.3; derived with the PSK's own hash, which is SHA-256 unless said.
 */
static void client_sends_identity_and_binder_of_rfc_9258(void **state)
{
    static const struct {
        shk_hash hash;
        const hash_kind *own;
    } rows[] = {{SHK_HASH_NONE, &sha256}, {SHK_HASH_SHA256, &sha256}, {SHK_HASH_SHA384, &sha384}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const shk_external_psk psk = {.identity = shk_span_of_text("first"),
                                      .key = shk_span_of(epsk, sizeof epsk),
                                      .hash = rows[i].hash,
                                      .import = true,
                                      .import_context = shk_span_of_text("here")};
        test_setup setup;
        test_pair pair;
        test_setup_new(&setup, "p256");
        setup.client.psks = &psk;
        setup.client.psk_count = 1;
        test_pair_start(&pair, &setup);
        check_hello(pair.client, rows[i].own);
        test_pair_close_all(&pair, &setup);
    }
}

/* §5.2: the binder's label separates imported from other PSKs of the same identity and key. */
static void imported_psk_does_not_match_a_plain_external_psk(void **state)
{
    test_bytes identity = from_hex(identities[0]);
    const shk_external_psk imported = {.identity = shk_span_of_text("first"),
                                       .key = shk_span_of(epsk, sizeof epsk),
                                       .import = true,
                                       .import_context = shk_span_of_text("here")};
    uint8_t epskx[64], ipskx[64], digest[64];
    test_setup setup;
    test_pair pair;
    (void)state;
    hkdf(&sha256, epsk, sizeof epsk, NULL, epskx, 32);
    digest_of(&sha256, span_of(&identity), digest);
    expand_label(&sha256, epskx, "derived psk", digest, 32, ipskx, 32);
    const shk_external_psk plain = {.identity = span_of(&identity), .key = shk_span_of(ipskx, 32)};
    test_setup_new(&setup, "p256");
    setup.client.psks = &imported;
    setup.server.psks = &plain;
    setup.client.psk_count = setup.server.psk_count = 1;
    test_pair_open_and_run(&pair, &setup);
    assert_refused(NULL, pair.server, SHK_E_BAD_BINDER);
    test_pair_close_all(&pair, &setup);
}

/* §5.1: nothing is imported below TLS 1.3, and a suite of TLS 1.2 takes the PSK as it is. */
static void psk_is_not_imported_below_tls_13(void **state)
{
    static const uint16_t suite[] = {SHK_TLS_PSK_WITH_AES_128_GCM_SHA256};
    const shk_external_psk imported = {.identity = shk_span_of_text("first"),
                                       .key = shk_span_of(epsk, sizeof epsk),
                                       .import = true};
    const shk_external_psk plain = {.identity = imported.identity, .key = imported.key};
    test_setup setup;
    test_pair pair;
    (void)state;
    test_setup_new(&setup, "p256");
    setup.client.psks = &imported;
    setup.server.psks = &plain;
    setup.client.psk_count = setup.server.psk_count = 1;
    setup.client.suites = setup.server.suites = (shk_u16s){suite, 1};
    setup.client.max_version = SHK_TLS12;
    test_pair_connect(&pair, &setup);
    assert_true(shk_conn_info_of(pair.server).external_psk);
    test_pair_close_all(&pair, &setup);
}

/* §5.1: an identity that would not fit in the extension is refused in the configuration. */
static void overlong_identity_to_import_is_refused_in_configuration(void **state)
{
    static const uint8_t bytes[SHK_MAX_IMPORTED_IDENTITY] = {1};
    uint64_t seed = 1;
    test_setup setup;
    shk_conn *conn;
    (void)state;
    test_setup_new(&setup, "p256");
    for (size_t more = 0; more < 2; more++) {
        const shk_external_psk psk = {.identity = shk_span_of(bytes, sizeof bytes),
                                      .key = shk_span_of(epsk, sizeof epsk),
                                      .import = true,
                                      .import_context = shk_span_of(bytes, more)};
        shk_random random = counting(&seed);
        setup.client.psks = &psk;
        setup.client.psk_count = 1;
        shk_status status = shk_conn_new(&setup.client, &random, &conn);
        if (more)
            assert_fails(status, SHK_E_CONFIG);
        else
            shk_conn_free(conn);
    }
    test_setup_free(&setup);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(client_sends_identity_and_binder_of_rfc_9258),
        cmocka_unit_test(imported_psk_does_not_match_a_plain_external_psk),
        cmocka_unit_test(psk_is_not_imported_below_tls_13),
        cmocka_unit_test(overlong_identity_to_import_is_refused_in_configuration),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
