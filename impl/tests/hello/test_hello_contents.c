/* What our hellos contain. */
#include "hello_edits.h"
#include "scripted_random.h"

#include <string.h>

#include "extensions/extension_block.h"
#include "extensions/key_share.h"
#include "extensions/signature_algorithms.h"
#include "extensions/signature_algorithms_cert.h"
#include "extensions/supported_groups.h"
#include "handshake/state/handshake.h"
#include "messages/client_hello.h"

typedef struct {
    uint64_t state;
    size_t drawn;
} counted;

static void fill_counted(void *context, uint8_t *bytes, size_t len)
{
    counted *c = (counted *)context;
    shk_random inner = counting(&c->state);
    inner.fill(inner.context, bytes, len);
    c->drawn += len;
}

/* Three shares are in the order of the groups, and each is generated separately. */
static void key_shares_are_in_group_order_with_their_own_randomness(void **state)
{
    static const uint16_t groups[] = {SHK_x25519, SHK_secp256r1, SHK_secp384r1};
    test_setup setup;
    size_t drawn[2];
    (void)state;
    test_setup_new(&setup, "p256");
    setup.client.groups = (shk_u16s){groups, 3};
    for (size_t shares = 2; shares <= 3; shares++) {
        counted c = {1, 0};
        shk_random random = {fill_counted, &c};
        shk_conn *client;
        shk_key_share m;
        shk_key_share_entry entry;
        size_t at = 0;
        setup.client.key_shares = shares;
        assert_int_equal(shk_conn_new(&setup.client, &random, &client), SHK_OK);
        assert_int_equal(shk_conn_start(client), SHK_OK);
        drawn[shares - 2] = c.drawn;
        shk_client_hello hello = waiting_hello(client);
        assert_true(
            shk_extension_get(&hello.extensions, SHK_EXT_key_share, SHK_IN_CLIENT_HELLO, &m));
        for (shk_span rest = m.client_shares;
             shk_list_next(&rest, NULL, shk_key_share_entry_shape, &entry);)
            assert_int_equal(entry.group, groups[at++]);
        assert_int_equal(at, shares);
        shk_conn_free(client);
    }
    assert_true(drawn[1] >= drawn[0] + 32);
    test_setup_free(&setup);
}

/* RFC 5246 §7.4.1.4.1 */
static void client_below_tls_12_sends_no_signature_algorithms(void **state)
{
    (void)state;
    for (uint16_t version = SHK_TLS10; version <= SHK_TLS13; version++) {
        test_setup setup;
        test_pair pair;
        test_setup_new(&setup, "p256");
        setup.client.min_version = setup.client.max_version = version;
        test_pair_start(&pair, &setup);
        shk_client_hello hello = waiting_hello(pair.client);
        assert_int_equal(shk_extension_in(&hello.extensions, SHK_EXT_signature_algorithms),
                         version >= SHK_TLS12);
        test_pair_close_all(&pair, &setup);
    }
}

/* RFC 7919 §3 */
static void curves_and_finite_fields_are_in_one_extension(void **state)
{
    static const uint16_t groups[] = {SHK_ffdhe2048, SHK_x25519};
    static const uint8_t expected[4] = {0x01, 0x00, 0x00, 0x1d};
    test_setup setup;
    test_pair pair;
    shk_supported_groups m;
    (void)state;
    test_setup_new(&setup, "rsa2048");
    setup.client.groups.values = groups;
    setup.client.groups.count = 2;
    test_pair_start(&pair, &setup);
    shk_client_hello hello = waiting_hello(pair.client);
    assert_true(
        shk_extension_get(&hello.extensions, SHK_EXT_supported_groups, SHK_IN_CLIENT_HELLO, &m));
    assert_int_equal(m.named_group_list.len, 4);
    assert_memory_equal(m.named_group_list.data, expected, 4);
    test_pair_close_all(&pair, &setup);
}

/* RFC 8422 §4: supported_groups and ec_point_formats are sent only with suites that need them. */
static void client_without_ecc_suites_sends_no_ecc_extensions(void **state)
{
    static const uint16_t suites[][1] = {{SHK_TLS_RSA_WITH_AES_128_GCM_SHA256},
                                         {SHK_TLS_DHE_RSA_WITH_AES_128_GCM_SHA256},
                                         {SHK_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256}};
    test_setup setup;
    (void)state;
    test_setup_new(&setup, "rsa2048");
    setup.client.max_version = SHK_TLS12;
    setup.client.suites.count = 1;
    for (int i = 0; i < 3; i++) {
        test_pair pair;
        setup.client.suites.values = suites[i];
        test_pair_start(&pair, &setup);
        shk_client_hello hello = waiting_hello(pair.client);
        assert_int_equal(shk_extension_in(&hello.extensions, SHK_EXT_supported_groups), i > 0);
        assert_int_equal(shk_extension_in(&hello.extensions, SHK_EXT_ec_point_formats), i > 1);
        test_pair_close(&pair);
    }
    test_setup_free(&setup);
}

static void server_marks_a_downgrade_in_its_random(void **state)
{
    static const uint8_t marks[2][8] = {{0x44, 0x4f, 0x57, 0x4e, 0x47, 0x52, 0x44, 0x00},
                                        {0x44, 0x4f, 0x57, 0x4e, 0x47, 0x52, 0x44, 0x01}};
    (void)state;
    for (uint16_t version = SHK_TLS10; version <= SHK_TLS12; version++) {
        test_setup setup;
        test_pair pair;
        test_setup_new(&setup, "p256");
        setup.client.min_version = setup.client.max_version = version;
        setup.server.min_version = version;
        test_pair_send_hello(&pair, &setup);
        assert_memory_equal(shk_conn_output(pair.server).data + 9 + 2 + 24,
                            marks[version == SHK_TLS12], 8);
        test_pair_close_all(&pair, &setup);
    }
}

/* RFC 8446 §4.1.3: TLS 1.2 servers set the downgrade mark as well, older ones do not. */
static void downgrade_mark_depends_on_the_highest_version(void **state)
{
    static const uint8_t mark[8] = {0x44, 0x4f, 0x57, 0x4e, 0x47, 0x52, 0x44, 0x00};
    (void)state;
    for (uint16_t best = SHK_TLS10; best <= SHK_TLS12; best++)
        for (uint16_t version = SHK_TLS10; version <= best; version++) {
            test_setup setup;
            test_pair pair;
            test_setup_new(&setup, "p256");
            setup.client.min_version = setup.client.max_version = version;
            setup.server.min_version = version;
            setup.server.max_version = best;
            test_pair_send_hello(&pair, &setup);
            const uint8_t *end = shk_conn_output(pair.server).data + 9 + 2 + 24;
            assert_int_equal(memcmp(end, mark, 8) == 0, best == SHK_TLS12 && version < best);
            test_pair_close_all(&pair, &setup);
        }
}

/* RFC 8446 §4.2.3 */
static void sha1_schemes_are_listed_last(void **state)
{
    static const uint16_t schemes[] = {SHK_rsa_pkcs1_sha1, SHK_ecdsa_secp256r1_sha256,
                                       SHK_ecdsa_sha1, SHK_rsa_pss_rsae_sha256};
    static const test_bytes expected = {{4, 3, 8, 4, 2, 1, 2, 3}, 8};
    test_setup setup;
    test_pair pair;
    shk_signature_algorithms m;
    shk_signature_algorithms_cert of_chain;
    (void)state;
    test_setup_new(&setup, "p256");
    setup.client.schemes = setup.client.chain_schemes = (shk_u16s){schemes, 4};
    test_pair_start(&pair, &setup);
    shk_client_hello hello = waiting_hello(pair.client);
    assert_true(shk_extension_get(&hello.extensions, SHK_EXT_signature_algorithms,
                                  SHK_IN_CLIENT_HELLO, &m));
    assert_bytes(m.supported_signature_algorithms, &expected);
    assert_true(shk_extension_get(&hello.extensions, SHK_EXT_signature_algorithms_cert,
                                  SHK_IN_CLIENT_HELLO, &of_chain));
    assert_bytes(of_chain.supported_signature_algorithms, &expected);
    test_pair_close_all(&pair, &setup);
}

/* RFC 8422 §5.1: if the client lists no known curve, no ECC suite is selected, with or without
 * unknown values (RFC 8701) in the list. */
static void ecc_suites_are_not_selected_without_common_curves(void **state)
{
    static const uint16_t suites[] = {SHK_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
                                      SHK_TLS_DHE_RSA_WITH_AES_128_GCM_SHA256};
    static const uint16_t group = SHK_ffdhe2048;
    (void)state;
    for (int grease = 0; grease < 2; grease++) {
        test_setup setup;
        test_pair pair;
        test_setup_new(&setup, "rsa2048");
        setup.client.min_version = setup.client.max_version = SHK_TLS12;
        setup.client.suites = (shk_u16s){suites, 2};
        setup.client.groups = (shk_u16s){&group, 1};
        setup.client.grease = grease == 1;
        test_pair_open_and_run(&pair, &setup);
        assert_int_equal(shk_conn_info_of(pair.server).suite, suites[1]);
        test_pair_close_all(&pair, &setup);
    }
}

/* RFC 8422 §5.1: suites that are not of an offered version do not count. */
static void supported_groups_is_sent_only_with_suites_that_need_it(void **state)
{
    static const uint16_t suites[] = {SHK_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
                                      SHK_TLS_RSA_WITH_AES_128_CBC_SHA};
    (void)state;
    for (uint16_t version = SHK_TLS11; version <= SHK_TLS12; version++) {
        test_setup setup;
        test_setup_new(&setup, "rsa2048");
        setup.client.min_version = setup.client.max_version = version;
        setup.client.suites = (shk_u16s){suites, 2};
        assert_int_equal(test_client_offers(&setup, SHK_EXT_supported_groups),
                         version == SHK_TLS12);
        test_setup_free(&setup);
    }
}

static void tls_13_client_lists_only_tls_13_groups(void **state)
{
    static const uint16_t groups[] = {SHK_brainpoolP256r1, SHK_x25519};
    test_setup setup;
    test_pair pair;
    shk_supported_groups listed;
    (void)state;
    test_setup_new(&setup, "p256");
    setup.client.groups = (shk_u16s){groups, 2};
    setup.client.min_version = SHK_TLS13;
    test_pair_start(&pair, &setup);
    assert_true(shk_extension_get(&pair.client->handshake->offered.extensions,
                                  SHK_EXT_supported_groups, SHK_IN_CLIENT_HELLO, &listed));
    assert_int_equal(listed.named_group_list.len, 2);
    assert_true(shk_u16_list_has(listed.named_group_list, SHK_x25519));
    test_pair_close_all(&pair, &setup);
}

/* A list of so many names does not fit in an extension. */
static void overlong_alpn_list_is_not_sent(void **state)
{
    enum { NAMES = 256 };
    static char name[256];
    const char *names[NAMES];
    test_setup setup;
    test_pair pair;
    (void)state;
    memset(name, 'x', 255);
    for (size_t i = 0; i < NAMES; i++)
        names[i] = name;
    test_setup_new(&setup, "p256");
    setup.client.protocols = names;
    setup.client.protocol_count = NAMES;
    for (size_t less = 0; less < 2; less++) { /* 65,536 bytes, and 65,535 with their length */
        names[0] = name + less;
        test_pair_open(&pair, &setup);
        assert_fails(shk_conn_start(pair.client), SHK_E_OWN_MESSAGE);
        test_pair_close(&pair);
    }
    test_setup_free(&setup);
}

static bool all_but_gcm(const shk_crypto *crypto, shk_cipher cipher)
{
    (void)crypto;
    return cipher != SHK_CIPHER_AES_128_GCM && cipher != SHK_CIPHER_AES_256_GCM;
}

static void suite_without_provider_cipher_is_not_offered(void **state)
{
    test_setup setup;
    test_pair pair;
    (void)state;
    test_setup_new(&setup, "p256");
    shk_crypto lesser = *setup.crypto;
    lesser.has_cipher = all_but_gcm;
    setup.client.crypto = &lesser;
    test_pair_connect(&pair, &setup);
    assert_int_equal(shk_conn_info_of(pair.server).suite, SHK_TLS_CHACHA20_POLY1305_SHA256);
    test_pair_close_all(&pair, &setup);
}

static void configured_client_hello_must_have_a_header(void **state)
{
    test_setup setup;
    test_pair pair;
    (void)state;
    test_setup_new(&setup, "p256");
    setup.client.client_hello = shk_span_of("\1\0\0", 3);
    test_pair_open(&pair, &setup);
    assert_fails(shk_conn_start(pair.client), SHK_E_CONFIG);
    test_pair_close_all(&pair, &setup);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ecc_suites_are_not_selected_without_common_curves),
        cmocka_unit_test(key_shares_are_in_group_order_with_their_own_randomness),
        cmocka_unit_test(client_below_tls_12_sends_no_signature_algorithms),
        cmocka_unit_test(curves_and_finite_fields_are_in_one_extension),
        cmocka_unit_test(client_without_ecc_suites_sends_no_ecc_extensions),
        cmocka_unit_test(server_marks_a_downgrade_in_its_random),
        cmocka_unit_test(downgrade_mark_depends_on_the_highest_version),
        cmocka_unit_test(sha1_schemes_are_listed_last),
        cmocka_unit_test(supported_groups_is_sent_only_with_suites_that_need_it),
        cmocka_unit_test(tls_13_client_lists_only_tls_13_groups),
        cmocka_unit_test(overlong_alpn_list_is_not_sent),
        cmocka_unit_test(suite_without_provider_cipher_is_not_offered),
        cmocka_unit_test(configured_client_hello_must_have_a_header),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
