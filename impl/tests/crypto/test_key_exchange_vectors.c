/* Key exchange against published values: the primes of RFC 7919 appendix A
 * (corpora/vectors/rfc7919.txt) and the X25519 example of RFC 7748 §6.1. RFC 7627 and RFC 9258
 * publish none. P-256 is in test_rfc8448_client.c, HKDF and PRF in test_hkdf_and_prf.c. */
#include "scripted_random.h"

#include <stdio.h>

static void ffdhe_groups_have_the_primes_of_rfc_7919(void **state)
{
    shk_crypto *crypto = shk_libcrypto_new();
    unsigned count = 0;
    (void)state;
    assert_non_null(crypto);
    for (size_t i = 0; i < SHK_GROUP_COUNT; i++) {
        char key[64];
        if (shk_group_rows[i].kind != SHK_GROUP_FFDHE)
            continue;
        snprintf(key, sizeof key, "%s|p", shk_group_rows[i].name);
        test_bytes expected = vector_of("rfc7919.txt", key);
        assert_bytes(crypto->ffdhe_prime(crypto, shk_group_rows[i].value), &expected);
        count++;
    }
    assert_int_equal(count, 5);
    shk_libcrypto_free(crypto);
}

static void x25519_gives_the_example_of_rfc_7748(void **state)
{
    static const char alice[] = "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a";
    static const char bob[] = "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f";
    shk_crypto *crypto = shk_libcrypto_new();
    test_script script = {.bytes = from_hex(alice)};
    shk_random random = scripted(&script);
    test_bytes share_of_alice =
        from_hex("8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a");
    test_bytes secret =
        from_hex("4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742");
    test_bytes peer = from_hex(bob);
    uint8_t share[32], agreed[32];
    shk_ephemeral *key;
    (void)state;
    assert_non_null(crypto);
    assert_int_equal(crypto->ephemeral_new(crypto, SHK_x25519, &random, &key, share), SHK_OK);
    assert_bytes(shk_span_of(share, 32), &share_of_alice);
    assert_int_equal(crypto->ephemeral_agree(key, span_of(&peer), agreed), SHK_OK);
    assert_bytes(shk_span_of(agreed, 32), &secret);
    crypto->ephemeral_free(key);
    shk_libcrypto_free(crypto);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ffdhe_groups_have_the_primes_of_rfc_7919),
        cmocka_unit_test(x25519_gives_the_example_of_rfc_7748),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
