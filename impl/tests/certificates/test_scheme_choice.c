/* Which scheme signs if a scheme that both ends list does not fit the version or the key (RFC 8446
 * §4.2.3, RFC 8017 §9.1.1). */
#include "conn_pair.h"

/* The scheme by which a server with the key signs, where both ends list these two. */
static uint16_t chosen(const char *key, uint16_t version, const uint16_t *schemes,
                       const uint16_t *groups)
{
    test_setup setup;
    test_pair pair;
    test_setup_new(&setup, key);
    setup.client.trust = NULL;
    setup.server.max_version = version;
    setup.client.schemes = setup.server.schemes = (shk_u16s){schemes, 2};
    setup.client.groups = setup.server.groups = (shk_u16s){groups, 2};
    test_pair_connect(&pair, &setup);
    uint16_t scheme = shk_conn_info_of(pair.server).scheme;
    assert_int_equal(shk_conn_info_of(pair.client).scheme, scheme);
    test_pair_close_all(&pair, &setup);
    return scheme;
}

static void signature_scheme_must_fit_the_version(void **state)
{
    static const uint16_t rsa[] = {SHK_rsa_pkcs1_sha256, SHK_rsa_pss_rsae_sha256};
    static const uint16_t ecdsa[] = {SHK_ecdsa_brainpoolP256r1tls13_sha256,
                                     SHK_ecdsa_secp256r1_sha256};
    static const uint16_t groups[] = {SHK_x25519, SHK_brainpoolP256r1};
    (void)state;
    assert_int_equal(chosen("rsa2048", SHK_TLS12, rsa, groups), rsa[0]);
    assert_int_equal(chosen("rsa2048", SHK_TLS13, rsa, groups), rsa[1]);
    assert_int_equal(chosen("brainpool256", SHK_TLS13, ecdsa, groups), ecdsa[0]);
    assert_int_equal(chosen("brainpool256", SHK_TLS12, ecdsa, groups), ecdsa[1]);
}

/* A key of 96 bytes has no room for a hash and a salt of 48. */
static void signature_scheme_must_fit_the_key_size(void **state)
{
    static const uint16_t schemes[] = {SHK_rsa_pss_rsae_sha384, SHK_rsa_pss_rsae_sha256};
    static const uint16_t groups[] = {SHK_x25519, SHK_secp256r1};
    (void)state;
    assert_int_equal(chosen("rsa2048", SHK_TLS13, schemes, groups), schemes[0]);
    assert_int_equal(chosen("weak-key", SHK_TLS13, schemes, groups), schemes[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signature_scheme_must_fit_the_version),
        cmocka_unit_test(signature_scheme_must_fit_the_key_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
