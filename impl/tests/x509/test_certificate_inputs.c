/* Inputs about certificates from the application or a peer: PEM, chains, OIDFilters. */
#include "pair_setup.h"
#include "vectors.h"

#include <string.h>

#include "handshake/certificates/cert_filters.h"

/* A file of the PKI with something behind it. */
static shk_buf with_tail(const char *path, const char *tail)
{
    shk_buf text = read_source_file(path);
    assert_int_equal(shk_buf_append(&text, shk_span_of_text(tail)), SHK_OK);
    return text;
}

static void pem_with_one_broken_certificate_is_refused(void **state)
{
    static const char *const tails[] = {
        "", "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n"};
    shk_buf key = read_source_file("corpora/pki/p256.key");
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        shk_trust *trust = NULL;
        shk_credential *credential = NULL;
        shk_status expected = i == 0 ? SHK_OK : SHK_E_NO_CERTIFICATE;
        shk_buf roots = with_tail("corpora/pki/roots.pem", tails[i]);
        shk_buf chain = with_tail("corpora/pki/p256.pem", tails[i]);
        assert_case_fails("trust", shk_trust_from_pem(shk_buf_span(&roots), &trust), expected);
        assert_case_fails(
            "credential",
            shk_credential_from_pem(shk_buf_span(&chain), shk_buf_span(&key), &credential),
            expected);
        shk_trust_free(trust);
        shk_credential_free(credential);
        shk_buf_free(&roots);
        shk_buf_free(&chain);
    }
    shk_buf_free(&key);
}

static void pem_without_a_certificate_is_refused(void **state)
{
    static const char *const texts[] = {"", "no certificate"};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        shk_span text = shk_span_of_text(texts[i]), key_info;
        shk_trust *trust = NULL;
        shk_credential *credential = NULL;
        assert_fails(shk_trust_from_pem(text, &trust), SHK_E_NO_CERTIFICATE);
        assert_fails(shk_credential_from_pem(text, text, &credential), SHK_E_NO_CERTIFICATE);
        assert_fails(shk_key_info_from_pem(text, &key_info), SHK_E_NO_CERTIFICATE);
    }
}

/* Messages have at least one certificate; a caller may pass none. */
static void empty_chain_is_refused(void **state)
{
    test_setup setup;
    shk_public_key *key = NULL;
    (void)state;
    test_setup_new(&setup, "p256");
    shk_chain_check check = {.time = 0};
    int64_t until = 0;
    shk_span response = shk_span_of_text("response");
    assert_fails(
        setup.crypto->chain(setup.crypto, setup.credential->chain, 0, &check, &key, &until),
        SHK_E_CERTIFICATE_PARSE);
    assert_fails(
        setup.crypto->status(setup.crypto, response, setup.credential->chain, 0, &check, &until),
        SHK_E_CERTIFICATE_PARSE);
    test_setup_free(&setup);
}

static void credential_without_a_leaf_matches_no_name(void **state)
{
    shk_crypto *crypto = shk_libcrypto_new();
    shk_credential credential = {.leaf = NULL};
    (void)state;
    assert_false(crypto->covers_name(&credential, shk_span_of_text("server.shakedown.test")));
    shk_libcrypto_free(crypto);
}

/* RFC 8446 §4.2.5: OID and values are DER without trailing bytes. */
static void oid_filter_value_must_be_exactly_one_der_element(void **state)
{
    static const struct {
        const char *oid, *values;
        shk_status status;
    } cases[] = {
        {"0603551d0f", "03020780", SHK_OK},
        {"0603551d0f00", "03020780", SHK_E_OID_FILTER},
        {"0603551d", "03020780", SHK_E_OID_FILTER},
        {"0603551d0f", "0302078000", SHK_E_OID_FILTER},
        {"0603551d0f", "030207", SHK_E_OID_FILTER},
        {"0603551d25", "300a06082b06010505070302", SHK_OK},
        {"0603551d25", "300a06082b0601050507030200", SHK_E_OID_FILTER},
        {"0603551d25", "300a06", SHK_E_OID_FILTER},
        {"0603551d25", "30060604551d2500", SHK_E_OID_FILTER}, /* anyExtendedKeyUsage */
    };
    test_setup setup;
    (void)state;
    test_setup_new(&setup, "client-p256");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        test_bytes oid = from_hex(cases[i].oid), values = from_hex(cases[i].values);
        bool passes = cases[i].status != SHK_OK;
        assert_case_fails(cases[i].oid,
                          setup.crypto->oid_filter(setup.credential->chain[0], span_of(&oid),
                                                   span_of(&values), &passes),
                          cases[i].status);
        assert_int_equal(passes, cases[i].status == SHK_OK);
    }
    test_setup_free(&setup);
}

/* Appends an OIDFilter of the private OID 1.2.NUMBER with so many bytes of values. */
static void add_filter(shk_buf *out, uint8_t number, size_t values)
{
    static const uint8_t zeros[65535];
    const uint8_t head[] = {4, 6, 2, 0x2a, number, (uint8_t)(values >> 8), (uint8_t)values};
    assert_int_equal(shk_buf_append(out, shk_span_of(head, sizeof head)), SHK_OK);
    assert_int_equal(shk_buf_append(out, shk_span_of(zeros, values)), SHK_OK);
}

/* 32, and what an extension has room for. */
static void number_of_oid_filters_is_limited(void **state)
{
    shk_crypto *crypto = shk_libcrypto_new();
    shk_buf many = shk_buf_growing(&shk_libc_allocator);
    shk_buf large = shk_buf_growing(&shk_libc_allocator);
    (void)state;
    for (uint8_t i = 0; i < 32; i++)
        add_filter(&many, i, 0);
    assert_true(shk_filters_well_formed(crypto, shk_buf_span(&many)));
    add_filter(&many, 32, 0);
    assert_false(shk_filters_well_formed(crypto, shk_buf_span(&many)));
    add_filter(&large, 0, 65533 - 14);
    add_filter(&large, 1, 0);
    assert_true(shk_filters_well_formed(crypto, shk_buf_span(&large)));
    large.len = 0;
    add_filter(&large, 0, 65533 - 13);
    add_filter(&large, 1, 0);
    assert_false(shk_filters_well_formed(crypto, shk_buf_span(&large)));
    shk_buf_free(&many);
    shk_buf_free(&large);
    shk_libcrypto_free(crypto);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pem_with_one_broken_certificate_is_refused),
        cmocka_unit_test(pem_without_a_certificate_is_refused),
        cmocka_unit_test(empty_chain_is_refused),
        cmocka_unit_test(credential_without_a_leaf_matches_no_name),
        cmocka_unit_test(oid_filter_value_must_be_exactly_one_der_element),
        cmocka_unit_test(number_of_oid_filters_is_limited),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
