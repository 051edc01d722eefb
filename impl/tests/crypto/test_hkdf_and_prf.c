/* HKDF and the TLS 1.2 PRF against published vectors.
 * HKDF: RFC 5869 appendix A, cases 1 to 3. PRF: "TLS 1.2 PRF test vectors" (P_SHA256), IETF TLS
 * list, 2009. */
#include "vectors.h"

#include <string.h>

#include "crypto/derive.h"

typedef struct {
    const char *ikm, *salt, *info, *prk, *okm;
} hkdf_case;

static const hkdf_case hkdf_cases[] = {
    {"0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "000102030405060708090a0b0c",
     "f0f1f2f3f4f5f6f7f8f9", "077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5",
     "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"},
    {"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2"
     "e2f"
     "303132333435363738393a3b3c3d3e3f404142434445464748494a4b4c4d4e4f",
     "606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f808182838485868788898a8b8c8d8"
     "e8f"
     "909192939495969798999a9b9c9d9e9fa0a1a2a3a4a5a6a7a8a9aaabacadaeaf",
     "b0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0c1c2c3c4c5c6c7c8c9cacbcccdcecfd0d1d2d3d4d5d6d7d8d9dadbdcddd"
     "edf"
     "e0e1e2e3e4e5e6e7e8e9eaebecedeeeff0f1f2f3f4f5f6f7f8f9fafbfcfdfeff",
     "06a6b88c5853361a06104c9ceb35b45cef760014904671014a193f40c15fc244",
     "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590"
     "e09"
     "da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87"},
    {"0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "", "",
     "19ef24a32c717b167f33a91d6f648bdf96596776afdb6377ac434c1c293ccb04",
     "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"},
};

static void hkdf_gives_the_vectors_of_rfc_5869(void **state)
{
    shk_crypto *crypto = shk_libcrypto_new();
    (void)state;
    assert_non_null(crypto);
    for (size_t i = 0; i < sizeof hkdf_cases / sizeof hkdf_cases[0]; i++) {
        test_bytes ikm = from_hex(hkdf_cases[i].ikm), salt = from_hex(hkdf_cases[i].salt);
        test_bytes info = from_hex(hkdf_cases[i].info), prk = from_hex(hkdf_cases[i].prk);
        test_bytes okm = from_hex(hkdf_cases[i].okm);
        uint8_t extracted[32];
        uint8_t expanded[MAX_VECTOR];
        assert_int_equal(
            shk_hkdf_extract(crypto, SHK_HASH_SHA256, span_of(&salt), span_of(&ikm), extracted),
            SHK_OK);
        assert_bytes(shk_span_of(extracted, 32), &prk);
        assert_int_equal(shk_hkdf_expand(crypto, SHK_HASH_SHA256, span_of(&prk), span_of(&info),
                                         expanded, okm.len),
                         SHK_OK);
        assert_bytes(shk_span_of(expanded, okm.len), &okm);
    }
    shk_libcrypto_free(crypto);
}

/* RFC 5869 §2.3: L <= 255 * HashLen. */
static void hkdf_output_over_255_blocks_is_refused(void **state)
{
    shk_crypto *crypto = shk_libcrypto_new();
    static uint8_t out[255 * 32 + 1];
    test_bytes prk = from_hex(hkdf_cases[0].prk);
    shk_span info = shk_span_of(NULL, 0);
    (void)state;
    assert_int_equal(
        shk_hkdf_expand(crypto, SHK_HASH_SHA256, span_of(&prk), info, out, sizeof out - 1), SHK_OK);
    assert_fails(shk_hkdf_expand(crypto, SHK_HASH_SHA256, span_of(&prk), info, out, sizeof out),
                 SHK_E_INTERNAL);
    shk_libcrypto_free(crypto);
}

/* RFC 8446 §7.1: label<7..255> begins with "tls13 ", context<0..255>. */
static void hkdf_label_over_255_bytes_is_refused(void **state)
{
    static const uint8_t bytes[256];
    shk_crypto *crypto = shk_libcrypto_new();
    shk_span none = {NULL, 0};
    uint8_t out[32];
    char label[251];
    (void)state;
    memset(label, 'x', sizeof label);
    label[249] = 0;
    assert_int_equal(shk_expand_label(crypto, SHK_HASH_SHA256, bytes, label,
                                      shk_span_of(bytes, 255), out, sizeof out),
                     SHK_OK);
    assert_fails(shk_expand_label(crypto, SHK_HASH_SHA256, bytes, label, shk_span_of(bytes, 256),
                                  out, sizeof out),
                 SHK_E_INTERNAL);
    label[249] = 'x';
    label[250] = 0;
    assert_fails(shk_expand_label(crypto, SHK_HASH_SHA256, bytes, label, none, out, sizeof out),
                 SHK_E_INTERNAL);
    shk_libcrypto_free(crypto);
}

static void prf_gives_the_published_vector(void **state)
{
    shk_crypto *crypto = shk_libcrypto_new();
    test_bytes secret = from_hex("9bbe436ba940f017b17652849a71db35");
    test_bytes seed = from_hex("a0ba9f936cda311827a6f796ffd5198c");
    test_bytes expected = from_hex("e3f229ba727be17b8d122620557cd453c2aab21d07c3d495329b52d4e61edb5"
                                   "a6b301791e90d35c9c9a46b4e14baf9af"
                                   "0fa022f7077def17abfd3797c0564bab4fbc91666e9def9b97fce34f796789b"
                                   "aa48082d122ee42c5a72e5a5110fff701"
                                   "87347b66");
    uint8_t out[100];
    (void)state;
    assert_non_null(crypto);
    assert_int_equal(shk_prf(crypto, SHK_HASH_SHA256, span_of(&secret), "test label",
                             span_of(&seed), shk_span_of(NULL, 0), out, sizeof out),
                     SHK_OK);
    assert_bytes(shk_span_of(out, sizeof out), &expected);
    shk_libcrypto_free(crypto);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hkdf_gives_the_vectors_of_rfc_5869),
        cmocka_unit_test(hkdf_output_over_255_blocks_is_refused),
        cmocka_unit_test(hkdf_label_over_255_bytes_is_refused),
        cmocka_unit_test(prf_gives_the_published_vector),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
