/* No branch or index depends on the padding of an RSA block or of a CBC record (RFC 5246 §7.4.7.1,
 * §6.2.3.2; Lucky 13). The provider is wrapped: what it decrypts is marked undefined, and memcheck
 * then reports every use that could take a different time. The program starts itself again under
 * valgrind, and fails without it. Declared public on purpose: in impl/, what SHK_DECLASSIFY names;
 * here, the input and output of libcrypto's own constant-time HMAC of CBC records, and the HMAC of
 * a premaster secret. */
#include "conn_pair.h"
#include "rsa_premaster_faults.h"
#include "scripted_random.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <valgrind/memcheck.h>

#include "record/protection.h"

enum { MAX_RECORD = 512, CONTENT = 300 };

static struct {
    const shk_crypto *real;
    shk_crypto watched;
    rsa_fault *tamper; /* changes what was decrypted; NULL: leaves it */
    unsigned decrypted;
} provider;

static void mark(uint8_t *bytes, size_t len)
{
    if (provider.tamper != NULL)
        provider.tamper(bytes, len);
    (void)VALGRIND_MAKE_MEM_UNDEFINED(bytes, len);
    provider.decrypted++;
}

static shk_status rsa_private(const shk_private_key *key, const uint8_t *in, uint8_t *out)
{
    shk_status status = provider.real->rsa_private(key, in, out);
    mark(out, 256);
    return status;
}

static shk_status cbc(shk_cipher_key *key, const uint8_t *iv, shk_span in, uint8_t *out)
{
    shk_status status = provider.real->cbc(key, iv, in, out);
    mark(out, in.len);
    return status;
}

/* A pseudorandom function of a secret does not reveal it. The HMAC itself is checked. */
static shk_status hmac(const shk_crypto *crypto, shk_hash hash, shk_span key, const shk_span *parts,
                       size_t count, uint8_t *out)
{
    shk_status status = provider.real->hmac(crypto, hash, key, parts, count, out);
    (void)VALGRIND_MAKE_MEM_DEFINED(out, shk_hash_size(hash));
    return status;
}

/* libcrypto compares the length with the record's, always with the same result: it gets a public
 * copy of everything. */
static shk_status hmac_cbc(const shk_crypto *crypto, shk_hash hash, shk_span key, shk_span header,
                           shk_span padded, size_t len, uint8_t *out)
{
    uint8_t copy[MAX_RECORD];
    uint8_t head[16];
    memcpy(copy, padded.data, padded.len);
    memcpy(head, header.data, header.len);
    (void)VALGRIND_MAKE_MEM_DEFINED(copy, padded.len);
    (void)VALGRIND_MAKE_MEM_DEFINED(head, header.len);
    (void)VALGRIND_MAKE_MEM_DEFINED(&len, sizeof len);
    shk_status status = provider.real->hmac_cbc(crypto, hash, key, shk_span_of(head, header.len),
                                                shk_span_of(copy, padded.len), len, out);
    (void)VALGRIND_MAKE_MEM_UNDEFINED(out, shk_hash_size(hash));
    return status;
}

static void watch(const shk_crypto *real)
{
    provider.real = real;
    provider.watched = *real;
    provider.watched.rsa_private = rsa_private;
    provider.watched.cbc = cbc;
    provider.watched.hmac = hmac;
    provider.watched.hmac_cbc = hmac_cbc;
    provider.tamper = NULL;
    provider.decrypted = 0;
}

/* Faults of CBC records. */

static void wrong_padding(uint8_t *bytes, size_t len)
{
    bytes[len - 2] ^= 1;
}

static void longest_padding(uint8_t *bytes, size_t len)
{
    memset(bytes + len - 256, 255, 256);
}

static void padding_beyond_the_mac(uint8_t *bytes, size_t len)
{
    memset(bytes, 255, len);
}

static void wrong_mac(uint8_t *bytes, size_t len)
{
    bytes[len / 2] ^= 1;
}

/* Errors that memcheck has reported since `before`. */
static unsigned long errors_since(unsigned long before)
{
    return (unsigned long)VALGRIND_COUNT_ERRORS - before;
}

static void rsa_decryption_does_not_branch_on_padding(void **state)
{
    static const uint16_t suite = SHK_TLS_RSA_WITH_AES_128_GCM_SHA256;
    static rsa_fault *const faults[] = {
        NULL, wrong_first_byte, wrong_type, zero_within_padding, no_separator, wrong_version};
    test_setup setup;
    (void)state;
    test_setup_new(&setup, "rsa2048");
    setup.client.max_version = SHK_TLS12;
    setup.client.trust = NULL; /* valgrind is slow, and only the server is checked */
    setup.client.suites = setup.server.suites = (shk_u16s){&suite, 1};
    watch(setup.crypto);
    setup.server.crypto = &provider.watched;
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        test_pair pair;
        unsigned long before = VALGRIND_COUNT_ERRORS;
        provider.tamper = faults[i];
        test_pair_open_and_run(&pair, &setup);
        assert_int_equal(provider.decrypted, i + 1);
        assert_int_equal(shk_conn_info_of(pair.server).connected, faults[i] == NULL);
        assert_int_equal(errors_since(before), 0);
        test_pair_close(&pair);
    }
    test_setup_free(&setup);
}

/* Seals a record and opens it by the watched provider. */
static shk_status open_cbc_record(uint16_t suite, uint16_t version, size_t len)
{
    static const uint8_t content[CONTENT], secrets[96];
    uint64_t seed = 1;
    shk_random random = counting(&seed);
    shk_record_keys keys = {secrets, secrets + 32, secrets + 48, false};
    shk_buf sealed = shk_buf_growing(&shk_libc_allocator);
    shk_buf opened = shk_buf_growing(&shk_libc_allocator);
    shk_protection *ends[2];
    uint8_t type = 23;
    for (int i = 0; i < 2; i++)
        assert_int_equal(shk_protection_new(&shk_libc_allocator,
                                            i == 0 ? provider.real : &provider.watched, &random,
                                            shk_suite_of(suite), version, i == 0, &keys, &ends[i]),
                         SHK_OK);
    assert_int_equal(shk_protection_seal(ends[0], type, shk_span_of(content, len), &sealed),
                     SHK_OK);
    shk_status status = shk_protection_open(ends[1], &type, version,
                                            shk_span_of(sealed.data + 5, sealed.len - 5), &opened);
    assert_int_equal(opened.len, status == SHK_OK ? len : 0);
    shk_buf_free(&sealed);
    shk_buf_free(&opened);
    for (int i = 0; i < 2; i++)
        shk_protection_free(ends[i]);
    return status;
}

static void cbc_decryption_does_not_branch_on_padding(void **state)
{
    static const uint16_t suites[] = {
        SHK_TLS_RSA_WITH_AES_128_CBC_SHA, SHK_TLS_RSA_WITH_3DES_EDE_CBC_SHA,
        SHK_TLS_RSA_WITH_AES_128_CBC_SHA256, SHK_TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384};
    static rsa_fault *const faults[] = {NULL, wrong_padding, longest_padding,
                                        padding_beyond_the_mac, wrong_mac};
    shk_crypto *crypto = shk_libcrypto_new();
    (void)state;
    assert_non_null(crypto);
    watch(crypto);
    for (size_t s = 0; s < sizeof suites / sizeof suites[0]; s++)
        for (uint16_t v = shk_suite_of(suites[s])->min_version; v <= SHK_TLS12; v++)
            for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++)
                for (size_t len = 0; len <= CONTENT; len += CONTENT) {
                    unsigned long before = VALGRIND_COUNT_ERRORS;
                    provider.tamper =
                        len == 0 && faults[i] == longest_padding ? wrong_mac : faults[i];
                    assert_int_equal(open_cbc_record(suites[s], v, len),
                                     faults[i] == NULL ? SHK_OK : SHK_E_BAD_RECORD_MAC);
                    assert_int_equal(errors_since(before), 0);
                }
    assert_int_equal(provider.decrypted, 2 * (3 + 3 + 1 + 1) * 5);
    shk_libcrypto_free(crypto);
}

/* The check itself can fail. */

static void branch_on_a_secret_is_reported(void **state)
{
    uint8_t block[16] = {0, 2, 1};
    volatile size_t at = 0;
    unsigned long before = VALGRIND_COUNT_ERRORS;
    (void)state;
    (void)VALGRIND_MAKE_MEM_UNDEFINED(block, sizeof block);
    while (at < sizeof block - 1 && block[at] != 1)
        at = at + 1;
    assert_true(errors_since(before) > 0);
}

static void index_by_a_secret_is_reported(void **state)
{
    static const uint8_t table[256];
    uint8_t secret = 7;
    volatile uint8_t got;
    unsigned long before = VALGRIND_COUNT_ERRORS;
    (void)state;
    (void)VALGRIND_MAKE_MEM_UNDEFINED(&secret, sizeof secret);
    got = ((const volatile uint8_t *)table)[*(volatile uint8_t *)&secret];
    (void)got;
    assert_true(errors_since(before) > 0);
}

int main(int argc, char **argv)
{
    (void)argc;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(branch_on_a_secret_is_reported),
        cmocka_unit_test(index_by_a_secret_is_reported),
        cmocka_unit_test(rsa_decryption_does_not_branch_on_padding),
        cmocka_unit_test(cbc_decryption_does_not_branch_on_padding),
    };
    if (RUNNING_ON_VALGRIND)
        return cmocka_run_group_tests(tests, NULL, NULL);
    char *command[] = {"valgrind", "--quiet", "--error-limit=no", argv[0], NULL};
    execvp(command[0], command);
    perror("valgrind cannot be started; scripts/setup installs it");
    return 3;
}
