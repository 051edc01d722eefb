/* Inputs that the libcrypto provider accepts and refuses (shakedown/crypto.h). */
#include "scripted_random.h"

#include <limits.h>
#include <string.h>

#define ZEROS_31 "00000000000000000000000000000000000000000000000000000000000000"
#define ONES_32 "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
/* The generator of secp256r1 (SEC 2 §2.4.2). */
#define G_X "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
#define G_Y "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"

static void group_without_a_table_row_is_not_supported(void **state)
{
    shk_crypto *crypto = shk_libcrypto_new();
    (void)state;
    assert_true(crypto->has_group(crypto, SHK_x25519));
    assert_false(crypto->has_group(crypto, 0x0a0a));
    shk_libcrypto_free(crypto);
}

/* 0 and a value not below the order are drawn first, and are not used; the scalar is 1. */
static void scalar_is_drawn_again_until_it_is_valid(void **state)
{
    shk_crypto *crypto = shk_libcrypto_new();
    test_script script = {from_hex("00" ZEROS_31 ONES_32 ZEROS_31 "01"), 0};
    shk_random random = scripted(&script);
    test_bytes g = from_hex("04" G_X G_Y);
    shk_ephemeral *own;
    uint8_t share[65];
    (void)state;
    assert_int_equal(crypto->ephemeral_new(crypto, SHK_secp256r1, &random, &own, share), SHK_OK);
    assert_bytes(shk_span_of(share, sizeof share), &g);
    crypto->ephemeral_free(own);
    shk_libcrypto_free(crypto);
}

/* RFC 8446 §4.2.8.2: uncompressed, and nothing else that libcrypto would read. */
static void point_must_be_uncompressed_and_complete(void **state)
{
    static const char *const points[] = {"", "03" G_X, "07" G_X G_Y};
    shk_crypto *crypto = shk_libcrypto_new();
    uint64_t seed = 1;
    shk_random random = counting(&seed);
    test_bytes g = from_hex("04" G_X G_Y);
    shk_ephemeral *own;
    uint8_t share[65], secret[32];
    (void)state;
    assert_int_equal(crypto->ephemeral_new(crypto, SHK_secp256r1, &random, &own, share), SHK_OK);
    assert_int_equal(crypto->ephemeral_agree(own, span_of(&g), secret), SHK_OK);
    for (size_t i = 0; i < sizeof points / sizeof points[0]; i++) {
        test_bytes point = from_hex(points[i]);
        shk_span span = point.len > 0 ? span_of(&point) : shk_span_of(NULL, 0);
        assert_case_fails(points[i], crypto->ephemeral_agree(own, span, secret),
                          SHK_E_BAD_KEY_SHARE);
    }
    crypto->ephemeral_free(own);
    shk_libcrypto_free(crypto);
}

/* dh_new with the prime of ffdhe2048 and the end of the bytes as generator. */
static shk_status generate(const shk_crypto *crypto, shk_span g)
{
    static uint64_t seed = 1;
    shk_random random = counting(&seed);
    shk_span prime = crypto->ffdhe_prime(crypto, SHK_ffdhe2048);
    shk_ephemeral *own = NULL;
    uint8_t share[256];
    shk_status status = crypto->dh_new(crypto, prime, g, &random, &own, share);
    crypto->ephemeral_free(own);
    return status;
}

/* RFC 5246 §7.4.3: the server chooses the group. 0, 1 and values not below the prime are no
 * generators. */
static void dh_generator_out_of_range_is_refused(void **state)
{
    shk_crypto *crypto = shk_libcrypto_new();
    uint8_t g[257] = {0};
    (void)state;
    shk_span prime = crypto->ffdhe_prime(crypto, SHK_ffdhe2048);
    assert_fails(generate(crypto, shk_span_of(g + 256, 1)), SHK_E_DH_PRIME);
    g[256] = 1;
    assert_fails(generate(crypto, shk_span_of(g + 256, 1)), SHK_E_DH_PRIME);
    g[256] = 2;
    assert_int_equal(generate(crypto, shk_span_of(g + 1, 256)), SHK_OK);
    assert_fails(generate(crypto, shk_span_of(g, 257)), SHK_E_DH_PRIME); /* longer than the prime */
    assert_fails(generate(crypto, prime), SHK_E_DH_PRIME);
    shk_libcrypto_free(crypto);
}

static void dh_public_value_longer_than_the_prime_is_refused(void **state)
{
    shk_crypto *crypto = shk_libcrypto_new();
    uint64_t seed = 1;
    shk_random random = counting(&seed);
    shk_ephemeral *own;
    uint8_t value[257] = {0}, share[256], secret[256];
    (void)state;
    value[256] = 2;
    assert_int_equal(crypto->ephemeral_new(crypto, SHK_ffdhe2048, &random, &own, share), SHK_OK);
    assert_int_equal(crypto->ephemeral_agree(own, shk_span_of(value + 1, 256), secret), SHK_OK);
    assert_fails(crypto->ephemeral_agree(own, shk_span_of(value, 257), secret),
                 SHK_E_BAD_KEY_SHARE);
    crypto->ephemeral_free(own);
    shk_libcrypto_free(crypto);
}

/* RFC 7748 §5 */
static void x25519_or_x448_share_of_wrong_length_is_refused(void **state)
{
    static const uint8_t share[33] = {9};
    shk_crypto *crypto = shk_libcrypto_new();
    uint64_t seed = 1;
    shk_random random = counting(&seed);
    shk_ephemeral *own = NULL;
    uint8_t own_share[32], secret[32];
    (void)state;
    assert_int_equal(crypto->ephemeral_new(crypto, SHK_x25519, &random, &own, own_share), SHK_OK);
    assert_int_equal(crypto->ephemeral_agree(own, shk_span_of(share, 32), secret), SHK_OK);
    assert_fails(crypto->ephemeral_agree(own, shk_span_of(share, 31), secret), SHK_E_BAD_KEY_SHARE);
    assert_fails(crypto->ephemeral_agree(own, shk_span_of(share, 33), secret), SHK_E_BAD_KEY_SHARE);
    crypto->ephemeral_free(own);
    shk_libcrypto_free(crypto);
}

/* Lengths that libcrypto's int would cut to 16 are refused, not cut. */
static void lengths_over_int_max_are_refused(void **state)
{
    static const uint8_t bytes[32] = {1};
    const shk_span good = shk_span_of(bytes, 16);
    const shk_span too_long = {bytes, ((size_t)UINT_MAX + 1) + 16};
    shk_crypto *crypto = shk_libcrypto_new();
    shk_cipher_key *key;
    uint8_t out[32];
    (void)state;
    assert_int_equal(crypto->cipher_new(crypto, SHK_CIPHER_AES_128_GCM, bytes, true, &key), SHK_OK);
    assert_int_equal(crypto->aead_seal(key, bytes, good, good, out), SHK_OK);
    assert_fails(crypto->aead_seal(key, bytes, too_long, good, out), SHK_E_CRYPTO);
    assert_fails(crypto->aead_seal(key, bytes, good, too_long, out), SHK_E_CRYPTO);
    crypto->cipher_free(key);
    shk_libcrypto_free(crypto);
}

static void input_shorter_than_tag_or_block_is_refused(void **state)
{
    static const uint8_t bytes[32] = {1};
    shk_span none = {NULL, 0};
    shk_crypto *crypto = shk_libcrypto_new();
    shk_cipher_key *key;
    uint8_t out[32];
    (void)state;
    assert_int_equal(crypto->cipher_new(crypto, SHK_CIPHER_AES_128_GCM, bytes, false, &key),
                     SHK_OK);
    assert_fails(crypto->aead_open(key, bytes, none, shk_span_of(bytes, 15), out),
                 SHK_E_BAD_RECORD_MAC);
    crypto->cipher_free(key);
    assert_int_equal(crypto->cipher_new(crypto, SHK_CIPHER_AES_128_CBC, bytes, true, &key), SHK_OK);
    assert_int_equal(crypto->cbc(key, bytes, shk_span_of(bytes, 16), out), SHK_OK);
    assert_fails(crypto->cbc(key, bytes, shk_span_of(bytes, 15), out), SHK_E_CRYPTO);
    crypto->cipher_free(key);
    shk_libcrypto_free(crypto);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(group_without_a_table_row_is_not_supported),
        cmocka_unit_test(scalar_is_drawn_again_until_it_is_valid),
        cmocka_unit_test(point_must_be_uncompressed_and_complete),
        cmocka_unit_test(dh_generator_out_of_range_is_refused),
        cmocka_unit_test(dh_public_value_longer_than_the_prime_is_refused),
        cmocka_unit_test(x25519_or_x448_share_of_wrong_length_is_refused),
        cmocka_unit_test(lengths_over_int_max_are_refused),
        cmocka_unit_test(input_shorter_than_tag_or_block_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
