/* Malformed CBC records under the right keys (RFC 5246 §6.2.3.2, RFC 7366), and shared secrets that
 * start with a zero (RFC 8446 §7.4, RFC 8422 §5.10). */
#include "conn_pair.h"
#include "scripted_random.h"

#include <string.h>

#include "record/protection.h"

typedef struct {
    shk_crypto *crypto;
    shk_crypto counting; /* the same, and notes what hmac_cbc is asked */
    uint64_t seed;
    shk_random random;
    shk_protection *seal;
    shk_protection *open;
    shk_buf sealed;
    shk_buf opened;
} cbc_pair;

/* How often hmac_cbc has been asked, and over how many bytes. */
static unsigned macs;
static size_t covered;
static const shk_crypto *real;

static shk_status counting_hmac_cbc(const shk_crypto *crypto, shk_hash hash, shk_span key,
                                    shk_span header, shk_span padded, size_t len, uint8_t *out)
{
    macs++;
    covered = padded.len;
    return real->hmac_cbc(crypto, hash, key, header, padded, len, out);
}

/* Both directions of TLS_RSA_WITH_AES_128_CBC_SHA under keys of zeros. */
static void cbc_new(cbc_pair *p, uint16_t version, bool encrypt_then_mac)
{
    static const uint8_t zeros[64];
    const shk_suite_row *suite = shk_suite_of(SHK_TLS_RSA_WITH_AES_128_CBC_SHA);
    shk_record_keys keys = {zeros, zeros, zeros, encrypt_then_mac};
    memset(p, 0, sizeof *p);
    p->crypto = shk_libcrypto_new();
    assert_non_null(p->crypto);
    p->counting = *p->crypto;
    p->counting.hmac_cbc = counting_hmac_cbc;
    real = p->crypto;
    p->random = counting(&p->seed);
    assert_int_equal(shk_protection_new(&shk_libc_allocator, p->crypto, &p->random, suite, version,
                                        true, &keys, &p->seal),
                     SHK_OK);
    assert_int_equal(shk_protection_new(&shk_libc_allocator, &p->counting, &p->random, suite,
                                        version, false, &keys, &p->open),
                     SHK_OK);
    p->sealed = shk_buf_growing(&shk_libc_allocator);
    p->opened = shk_buf_growing(&shk_libc_allocator);
}

static void cbc_free(cbc_pair *p)
{
    shk_protection_free(p->seal);
    shk_protection_free(p->open);
    shk_buf_free(&p->sealed);
    shk_buf_free(&p->opened);
    shk_libcrypto_free(p->crypto);
}

static shk_status cbc_open(cbc_pair *p, uint16_t version)
{
    uint8_t type = 23;
    shk_span fragment = shk_span_of(p->sealed.data + 5, p->sealed.len - 5);
    return shk_protection_open(p->open, &type, version, fragment, &p->opened);
}

static void seal_12_bytes(cbc_pair *p)
{
    static const uint8_t content[12] = {1, 2, 3};
    assert_int_equal(shk_protection_seal(p->seal, 23, shk_span_of(content, 12), &p->sealed),
                     SHK_OK);
}

static void unmodified_cbc_record_opens(void **state)
{
    (void)state;
    for (uint16_t version = SHK_TLS10; version <= SHK_TLS12; version++)
        for (int etm = 0; etm < 2; etm++) {
            cbc_pair p;
            cbc_new(&p, version, etm == 1);
            seal_12_bytes(&p);
            assert_int_equal(cbc_open(&p, version), SHK_OK);
            assert_int_equal(p.opened.len, 12);
            cbc_free(&p);
        }
}

/* A record of our own making: content, right MAC, and the padding as given. */
static void wrong_padding_under_a_right_mac(uint8_t wrong_at, uint8_t value, shk_status expected)
{
    macs = 0;
    static const uint8_t zeros[32];
    cbc_pair p;
    uint8_t plain[48] = {1, 2, 3};
    uint8_t header[13] = {0, 0, 0, 0, 0, 0, 0, 0, 23, 3, 3, 0, 12};
    shk_cipher_key *key;
    uint8_t type = 23;
    uint8_t fragment[16 + 48] = {9, 9, 9}; /* the IV, then three blocks */
    shk_span parts[2] = {shk_span_of(header, 13), shk_span_of(plain, 12)};
    cbc_new(&p, SHK_TLS12, false);
    assert_int_equal(
        p.crypto->hmac(p.crypto, SHK_HASH_SHA1, shk_span_of(zeros, 20), parts, 2, plain + 12),
        SHK_OK);
    memset(plain + 32, 15, 16);
    plain[32 + wrong_at] = value;
    assert_int_equal(p.crypto->cipher_new(p.crypto, SHK_CIPHER_AES_128_CBC, zeros, true, &key),
                     SHK_OK);
    assert_int_equal(p.crypto->cbc(key, fragment, shk_span_of(plain, 48), fragment + 16), SHK_OK);
    p.crypto->cipher_free(key);
    assert_fails(shk_protection_open(p.open, &type, SHK_TLS12,
                                     shk_span_of(fragment, sizeof fragment), &p.opened),
                 expected);
    cbc_free(&p);
}

static void wrong_padding_is_bad_record_mac(void **state)
{
    (void)state;
    wrong_padding_under_a_right_mac(0, 15, SHK_OK);
    for (uint8_t at = 0; at < 15; at++)
        wrong_padding_under_a_right_mac(at, 14, SHK_E_BAD_RECORD_MAC);
    wrong_padding_under_a_right_mac(15, 14, SHK_E_BAD_RECORD_MAC);
    wrong_padding_under_a_right_mac(15, 255, SHK_E_BAD_RECORD_MAC);
}

/* RFC 5246 §6.2.3.2: the MAC is computed over as many bytes whatever the padding is. */
static void mac_is_computed_even_with_bad_padding(void **state)
{
    static const uint8_t values[] = {15, 14, 0, 255};
    (void)state;
    for (size_t i = 0; i < sizeof values; i++) {
        wrong_padding_under_a_right_mac(15, values[i], i == 0 ? SHK_OK : SHK_E_BAD_RECORD_MAC);
        assert_int_equal(macs, 1);
        assert_int_equal(covered, 48);
    }
}

static void cbc_fragment_of_partial_blocks_is_bad_record_mac(void **state)
{
    (void)state;
    for (uint16_t version = SHK_TLS10; version <= SHK_TLS12; version++)
        for (int etm = 0; etm < 2; etm++)
            for (size_t cut = 1; cut <= 36; cut += 7) {
                cbc_pair p;
                cbc_new(&p, version, etm == 1);
                seal_12_bytes(&p);
                p.sealed.len -= cut;
                assert_fails(cbc_open(&p, version), SHK_E_BAD_RECORD_MAC);
                cbc_free(&p);
            }
}

/* RFC 7366 §3: the MAC covers the ciphertext, so that no bit of it can change. */
static void flipped_bit_under_encrypt_then_mac_is_bad_record_mac(void **state)
{
    (void)state;
    for (size_t at = 5; at < 5 + 16 + 16 + 20; at++) {
        cbc_pair p;
        cbc_new(&p, SHK_TLS12, true);
        seal_12_bytes(&p);
        assert_int_equal(p.sealed.len, 5 + 16 + 16 + 20);
        p.sealed.data[at] ^= 0x80;
        assert_fails(cbc_open(&p, SHK_TLS12), SHK_E_BAD_RECORD_MAC);
        cbc_free(&p);
    }
}

/* Under RFC 7366 the MAC can be right over wrong padding. */
static void wrong_padding_under_encrypt_then_mac_is_bad_record_mac(void **state)
{
    static const uint8_t zeros[32];
    cbc_pair p;
    uint8_t plain[16] = {1, 2, 3, [14] = 1, [15] = 2};
    uint8_t header[13] = {0, 0, 0, 0, 0, 0, 0, 0, 23, 3, 3, 0, 32};
    uint8_t fragment[16 + 16 + 20] = {9};
    shk_cipher_key *key;
    uint8_t type = 23;
    shk_span parts[2] = {shk_span_of(header, 13), shk_span_of(fragment, 32)};
    (void)state;
    cbc_new(&p, SHK_TLS12, true);
    assert_int_equal(p.crypto->cipher_new(p.crypto, SHK_CIPHER_AES_128_CBC, zeros, true, &key),
                     SHK_OK);
    assert_int_equal(p.crypto->cbc(key, fragment, shk_span_of(plain, 16), fragment + 16), SHK_OK);
    p.crypto->cipher_free(key);
    assert_int_equal(
        p.crypto->hmac(p.crypto, SHK_HASH_SHA1, shk_span_of(zeros, 20), parts, 2, fragment + 32),
        SHK_OK);
    assert_fails(shk_protection_open(p.open, &type, SHK_TLS12,
                                     shk_span_of(fragment, sizeof fragment), &p.opened),
                 SHK_E_BAD_RECORD_MAC);
    cbc_free(&p);
}

/* RFC 5246 §6.2.3.2: the IV of each record is random, and not the last block of the record before.
 */
static void each_cbc_record_has_a_random_iv(void **state)
{
    (void)state;
    for (uint16_t version = SHK_TLS11; version <= SHK_TLS12; version++) {
        cbc_pair p;
        uint64_t same_seed = 0;
        uint8_t expected[16];
        shk_random same = counting(&same_seed);
        cbc_new(&p, version, false);
        for (int i = 0; i < 3; i++) {
            p.sealed.len = 0;
            seal_12_bytes(&p);
            same.fill(same.context, expected, 16);
            assert_memory_equal(p.sealed.data + 5, expected, 16);
        }
        cbc_free(&p);
    }
}

/* In TLS 1.0 the IV of a record is known in advance, so a write begins with a record of one byte.
 */
static void tls_10_data_is_split_after_the_first_byte(void **state)
{
    (void)state;
    for (uint16_t version = SHK_TLS10; version <= SHK_TLS12; version++) {
        for (int mac_inside = 0; mac_inside < 2; mac_inside++) {
            static const uint16_t suite = SHK_TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA;
            test_setup setup;
            test_pair pair;
            size_t longest;
            uint8_t got[20000], data[20000] = {7};
            test_setup_new(&setup, "p256");
            setup.client.suites = (shk_u16s){&suite, 1};
            setup.client.min_version = setup.server.min_version = version;
            setup.client.max_version = version;
            setup.client.no_encrypt_then_mac = mac_inside == 1;
            test_pair_connect(&pair, &setup);
            assert_int_equal(shk_conn_write(pair.client, data, sizeof data), SHK_OK);
            assert_int_equal(test_records_in(pair.client, SHK_APPLICATION_DATA, &longest),
                             version == SHK_TLS10 ? 3 : 2);
            assert_int_equal(test_move_output(pair.client, pair.server), SHK_OK);
            assert_int_equal(shk_conn_read(pair.server, got, sizeof got), sizeof got);
            assert_memory_equal(got, data, sizeof got);
            assert_int_equal(shk_conn_write(pair.client, data, 1), SHK_OK);
            assert_int_equal(test_records_in(pair.client, SHK_APPLICATION_DATA, &longest), 1);
            test_pair_close_all(&pair, &setup);
        }
    }
}

/* With the scalar 1 the secret is the x coordinate of the peer's point: all of it. */
static void ecdh_secret_keeps_leading_zeros(void **state)
{
    shk_crypto *crypto = shk_libcrypto_new();
    test_script one = {.bytes = {.len = 32}};
    shk_random scripted_one = scripted(&one);
    uint64_t seed = 1;
    shk_random random = counting(&seed);
    shk_ephemeral *unit, *other = NULL;
    uint8_t share[SHK_MAX_SHARE], unit_share[SHK_MAX_SHARE], secret[SHK_MAX_SHARED_SECRET];
    (void)state;
    assert_non_null(crypto);
    one.bytes.data[31] = 1;
    assert_int_equal(crypto->ephemeral_new(crypto, SHK_secp256r1, &scripted_one, &unit, unit_share),
                     SHK_OK);
    for (int i = 0; i < 10000; i++) { /* one in 256 starts with a zero */
        crypto->ephemeral_free(other);
        assert_int_equal(crypto->ephemeral_new(crypto, SHK_secp256r1, &random, &other, share),
                         SHK_OK);
        if (share[1] == 0)
            break;
    }
    assert_int_equal(share[1], 0);
    assert_int_equal(crypto->ephemeral_agree(unit, shk_span_of(share, 65), secret), SHK_OK);
    assert_memory_equal(secret, share + 1, 32);
    crypto->ephemeral_free(unit);
    crypto->ephemeral_free(other);
    shk_libcrypto_free(crypto);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unmodified_cbc_record_opens),
        cmocka_unit_test(wrong_padding_is_bad_record_mac),
        cmocka_unit_test(mac_is_computed_even_with_bad_padding),
        cmocka_unit_test(cbc_fragment_of_partial_blocks_is_bad_record_mac),
        cmocka_unit_test(flipped_bit_under_encrypt_then_mac_is_bad_record_mac),
        cmocka_unit_test(wrong_padding_under_encrypt_then_mac_is_bad_record_mac),
        cmocka_unit_test(each_cbc_record_has_a_random_iv),
        cmocka_unit_test(tls_10_data_is_split_after_the_first_byte),
        cmocka_unit_test(ecdh_secret_keeps_leading_zeros),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
