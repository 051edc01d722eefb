/* The key schedule gives every secret of the traces of RFC 8448. */
#include "rfc8448_trace.h"

#include <stdio.h>
#include <string.h>

#include "crypto/derive.h"

/* Expand-Label with the trace's PRK and hash gives the trace's secret. */
static void check_derivation(shk_crypto *crypto, int section, const char *step, const char *label)
{
    char key[256];
    uint8_t out[32];
    snprintf(key, sizeof key, "%s|1|PRK", step);
    test_bytes prk = trace(section, key);
    snprintf(key, sizeof key, "%s|1|hash", step);
    test_bytes hash = trace(section, key);
    snprintf(key, sizeof key, "%s|1|expanded", step);
    test_bytes expanded = trace(section, key);
    assert_int_equal(shk_derive_secret(crypto, SHK_HASH_SHA256, prk.data, label, hash.data, out),
                     SHK_OK);
    assert_bytes(shk_span_of(out, 32), &expanded);
}

static void key_schedule_gives_the_secrets_of_rfc_8448(void **state)
{
    static const struct {
        const char *step;
        const char *label;
    } derivations[] = {
        {"server|derive secret for handshake tls13 derived", "derived"},
        {"server|derive secret tls13 c hs traffic", "c hs traffic"},
        {"server|derive secret tls13 s hs traffic", "s hs traffic"},
        {"server|derive secret for master tls13 derived", "derived"},
        {"server|derive secret tls13 c ap traffic", "c ap traffic"},
        {"server|derive secret tls13 s ap traffic", "s ap traffic"},
        {"server|derive secret tls13 exp master", "exp master"},
        {"client|derive secret tls13 res master", "res master"},
    };
    shk_crypto *crypto = shk_libcrypto_new();
    (void)state;
    check_derivation(crypto, 4, "client|derive secret tls13 c e traffic", "c e traffic");
    check_derivation(crypto, 4, "client|derive secret tls13 e exp master", "e exp master");
    for (int section = 3; section <= 7; section++) {
        for (size_t i = 0; i < sizeof derivations / sizeof derivations[0]; i++)
            check_derivation(crypto, section, derivations[i].step, derivations[i].label);
        uint8_t out[32];
        test_bytes salt = trace(section, "server|extract secret handshake|1|salt");
        test_bytes ikm = trace(section, "server|extract secret handshake|1|IKM");
        test_bytes secret = trace(section, "server|extract secret handshake|1|secret");
        assert_int_equal(
            shk_hkdf_extract(crypto, SHK_HASH_SHA256, span_of(&salt), span_of(&ikm), out), SHK_OK);
        assert_bytes(shk_span_of(out, 32), &secret);
    }
    shk_libcrypto_free(crypto);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(key_schedule_gives_the_secrets_of_rfc_8448),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
