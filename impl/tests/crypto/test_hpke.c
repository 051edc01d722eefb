/* HPKE against the published vectors of RFC 9180 appendix A (corpora/vectors/rfc9180.txt). */
#include "provider_stubs.h"
#include "scripted_random.h"

#include <stdio.h>

#include "crypto/hpke.h"

static const struct {
    const char *name;
    uint16_t kem_id;
} kems[] = {{"x25519", SHK_HPKE_KEM_X25519}, {"p256", SHK_HPKE_KEM_P256}};

static test_bytes field_of(const char *kem, const char *field)
{
    char key[64];
    snprintf(key, sizeof key, "%s|%s", kem, field);
    return vector_of("rfc9180.txt", key);
}

static shk_hpke_suite suite_of(uint16_t kem_id)
{
    return (shk_hpke_suite){kem_id, SHK_HPKE_KDF_SHA256, SHK_HPKE_AEAD_AES_128_GCM};
}

static void a_sender_gives_the_ciphertexts_of_rfc_9180(void **state)
{
    shk_crypto *crypto = shk_libcrypto_new();
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        const char *kem = kems[i].name;
        test_script script = {.bytes = field_of(kem, "skEm")};
        shk_random random = scripted(&script);
        test_bytes key = field_of(kem, "pkRm"), info = field_of(kem, "info");
        test_bytes text = field_of(kem, "pt");
        uint8_t enc[SHK_HPKE_MAX_PUBLIC], out[64];
        shk_hpke hpke;
        assert_int_equal(shk_hpke_sender(crypto, suite_of(kems[i].kem_id), span_of(&key),
                                         span_of(&info), &random, enc, &hpke),
                         SHK_OK);
        test_bytes aad0 = field_of(kem, "aad0"), ct0 = field_of(kem, "ct0");
        assert_int_equal(shk_hpke_seal(&hpke, span_of(&aad0), span_of(&text), out), SHK_OK);
        assert_bytes(shk_span_of(out, text.len + SHK_HPKE_TAG), &ct0);
        test_bytes aad1 = field_of(kem, "aad1"), ct1 = field_of(kem, "ct1");
        assert_int_equal(shk_hpke_seal(&hpke, span_of(&aad1), span_of(&text), out), SHK_OK);
        assert_bytes(shk_span_of(out, text.len + SHK_HPKE_TAG), &ct1);
        shk_hpke_end(&hpke);
    }
    shk_libcrypto_free(crypto);
}

static void a_receiver_opens_the_ciphertexts_of_rfc_9180(void **state)
{
    shk_crypto *crypto = shk_libcrypto_new();
    (void)state;
    test_bytes key = field_of("x25519", "skRm"), info = field_of("x25519", "info");
    test_bytes enc = field_of("x25519", "enc"), text = field_of("x25519", "pt");
    uint8_t out[64];
    shk_hpke hpke;
    assert_int_equal(shk_hpke_receiver(crypto, suite_of(SHK_HPKE_KEM_X25519), key.data,
                                       span_of(&enc), span_of(&info), &hpke),
                     SHK_OK);
    test_bytes aad = field_of("x25519", "aad0"), ciphertext = field_of("x25519", "ct0");
    assert_int_equal(shk_hpke_open(&hpke, span_of(&aad), span_of(&ciphertext), out), SHK_OK);
    assert_bytes(shk_span_of(out, text.len), &text);
    shk_hpke_end(&hpke);
    shk_libcrypto_free(crypto);
}

static void a_private_key_has_the_public_key_of_rfc_9180(void **state)
{
    shk_crypto *crypto = shk_libcrypto_new();
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        test_bytes private_key = field_of(kems[i].name, "skRm");
        test_bytes public_key = field_of(kems[i].name, "pkRm");
        uint8_t out[SHK_HPKE_MAX_PUBLIC];
        assert_int_equal(shk_hpke_public_key(crypto, kems[i].kem_id, private_key.data, out),
                         SHK_OK);
        assert_bytes(shk_span_of(out, shk_hpke_public_size(kems[i].kem_id)), &public_key);
    }
    shk_libcrypto_free(crypto);
}

static void each_aead_opens_only_what_it_seals(void **state)
{
    static const uint8_t private_key[SHK_HPKE_PRIVATE] = {1, 2, 3};
    shk_crypto *crypto = shk_libcrypto_new();
    uint64_t seed = 1;
    shk_random random = counting(&seed);
    shk_span text = shk_span_of_text("text"), info = shk_span_of_text("info");
    (void)state;
    for (uint16_t aead_id = 1; aead_id <= 3; aead_id++) {
        shk_hpke_suite suite = {SHK_HPKE_KEM_X25519, SHK_HPKE_KDF_SHA256, aead_id};
        uint8_t public_key[32], enc[32], sealed[20], opened[4];
        shk_hpke sender, receiver;
        assert_true(shk_hpke_usable(crypto, suite));
        assert_int_equal(shk_hpke_public_key(crypto, suite.kem_id, private_key, public_key),
                         SHK_OK);
        assert_int_equal(shk_hpke_sender(crypto, suite, shk_span_of(public_key, 32), info, &random,
                                         enc, &sender),
                         SHK_OK);
        assert_int_equal(
            shk_hpke_receiver(crypto, suite, private_key, shk_span_of(enc, 32), info, &receiver),
            SHK_OK);
        assert_int_equal(shk_hpke_seal(&sender, info, text, sealed), SHK_OK);
        assert_int_equal(shk_hpke_open(&receiver, info, shk_span_of(sealed, 20), opened), SHK_OK);
        assert_memory_equal(opened, text.data, text.len);
        assert_fails(shk_hpke_open(&receiver, info, shk_span_of(sealed, 20), opened),
                     SHK_E_BAD_RECORD_MAC);
        assert_fails(shk_hpke_open(&receiver, info, shk_span_of(sealed, 15), opened),
                     SHK_E_BAD_RECORD_MAC);
        shk_hpke_end(&sender);
        shk_hpke_end(&receiver);
    }
    shk_libcrypto_free(crypto);
}

static void invalid_hpke_keys_are_refused(void **state)
{
    static const uint8_t private_key[SHK_HPKE_PRIVATE] = {1}, zeros[32] = {0};
    shk_crypto *crypto = shk_libcrypto_new();
    shk_hpke_suite suite = suite_of(SHK_HPKE_KEM_X25519);
    uint64_t seed = 1;
    shk_random random = counting(&seed);
    uint8_t enc[32];
    shk_hpke hpke = {.key = NULL};
    shk_span info = {NULL, 0};
    (void)state;
    assert_fails(shk_hpke_sender(crypto, suite, shk_span_of(zeros, 32), info, &random, enc, &hpke),
                 SHK_E_BAD_KEY_SHARE);
    assert_fails(shk_hpke_sender(crypto, suite, shk_span_of(zeros, 31), info, &random, enc, &hpke),
                 SHK_E_BAD_KEY_SHARE);
    assert_fails(shk_hpke_receiver(crypto, suite, private_key, shk_span_of(zeros, 32), info, &hpke),
                 SHK_E_BAD_KEY_SHARE);
    assert_fails(shk_hpke_receiver(crypto, suite, private_key, shk_span_of(zeros, 0), info, &hpke),
                 SHK_E_BAD_KEY_SHARE);
    shk_libcrypto_free(crypto);
}

static void hpke_suite_is_usable_if_the_provider_has_all_parts(void **state)
{
    static const uint8_t key[32] = {9};
    shk_crypto *crypto = shk_libcrypto_new();
    shk_hpke_suite suite = suite_of(SHK_HPKE_KEM_X25519);
    shk_hpke_suite no_kem = suite, no_kdf = suite, no_aead = suite;
    shk_crypto no_group = *crypto, no_cipher = *crypto;
    uint64_t seed = 1;
    shk_random random = counting(&seed);
    uint8_t enc[32];
    shk_hpke hpke = {.key = NULL};
    shk_span info = {NULL, 0};
    (void)state;
    no_kem.kem_id = no_kdf.kdf_id = no_aead.aead_id = 0x7777;
    no_group.has_group = test_has_no_group;
    no_cipher.has_cipher = test_has_no_cipher;
    assert_true(shk_hpke_usable(crypto, suite));
    assert_false(shk_hpke_usable(crypto, no_kem));
    assert_false(shk_hpke_usable(crypto, no_kdf));
    assert_false(shk_hpke_usable(crypto, no_aead));
    assert_false(shk_hpke_usable(&no_group, suite));
    assert_false(shk_hpke_usable(&no_cipher, suite));
    assert_fails(shk_hpke_sender(crypto, no_kem, shk_span_of(key, 32), info, &random, enc, &hpke),
                 SHK_E_BAD_KEY_SHARE);
    assert_fails(shk_hpke_sender(crypto, no_aead, shk_span_of(key, 32), info, &random, enc, &hpke),
                 SHK_E_INTERNAL);
    assert_fails(shk_hpke_receiver(crypto, no_kem, key, shk_span_of(key, 0), info, &hpke),
                 SHK_E_BAD_KEY_SHARE);
    shk_libcrypto_free(crypto);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sender_gives_the_ciphertexts_of_rfc_9180),
        cmocka_unit_test(a_receiver_opens_the_ciphertexts_of_rfc_9180),
        cmocka_unit_test(a_private_key_has_the_public_key_of_rfc_9180),
        cmocka_unit_test(each_aead_opens_only_what_it_seals),
        cmocka_unit_test(invalid_hpke_keys_are_refused),
        cmocka_unit_test(hpke_suite_is_usable_if_the_provider_has_all_parts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
