/* Hybrid groups of (EC)DHE and ML-KEM-768 (draft-ietf-tls-ecdhe-mlkem): lengths, order and errors,
 * with a fake KEM; and with libcrypto's ML-KEM if it has one. */
#include "message_changes.h"
#include "provider_stubs.h"
#include "scripted_random.h"

#include <string.h>

#include "handshake/state/handshake.h"

enum { KEY = 1184, CIPHERTEXT = 1088, SECRET = 32, MOST_KEYS = 8 };

static const uint16_t x25519_mlkem[] = {SHK_X25519MLKEM768};
static const uint16_t p256_mlkem[] = {SHK_SecP256r1MLKEM768};

/* The fake KEM: its key is one byte repeated, its ciphertext another, and its secret both in turn.
 * The (EC)DHE part is libcrypto's. */
typedef struct {
    shk_ephemeral *classical;
    bool kem_first;
    uint16_t classical_share;
    uint16_t classical_secret;
    uint8_t byte;
} fake_key;

static struct {
    const shk_crypto *real;
    fake_key keys[MOST_KEYS];
    size_t count;
    uint8_t secrets[2][64]; /* the client's and the server's */
} fake;

static bool is_hybrid(uint16_t group)
{
    return shk_group_of(group)->kind == SHK_GROUP_HYBRID;
}

static bool fake_has_group(const shk_crypto *crypto, uint16_t group)
{
    return is_hybrid(group) || fake.real->has_group(crypto, group);
}

static fake_key *fake_key_of(const shk_ephemeral *ephemeral)
{
    for (size_t i = 0; i < fake.count; i++)
        if ((const void *)&fake.keys[i] == (const void *)ephemeral)
            return &fake.keys[i];
    return NULL;
}

/* A key of our own, without its share. */
static fake_key *fake_key_new(const shk_crypto *crypto, uint16_t group, const shk_random *random,
                              uint8_t *classical_share)
{
    bool kem_first = group == SHK_X25519MLKEM768;
    uint16_t classical = kem_first ? SHK_x25519 : SHK_secp256r1;
    assert_true(fake.count < MOST_KEYS);
    fake_key *key = &fake.keys[fake.count++];
    *key = (fake_key){.kem_first = kem_first,
                      .classical_share = shk_group_of(classical)->share,
                      .classical_secret = shk_group_of(classical)->secret};
    random->fill(random->context, &key->byte, 1);
    assert_int_equal(
        fake.real->ephemeral_new(crypto, classical, random, &key->classical, classical_share),
        SHK_OK);
    return key;
}

static void fake_secret(uint8_t *secret, uint8_t of_key, uint8_t of_ciphertext)
{
    for (size_t i = 0; i < SECRET; i++)
        secret[i] = i % 2 == 0 ? of_key : of_ciphertext;
}

static shk_status fake_new(const shk_crypto *crypto, uint16_t group, const shk_random *random,
                           shk_ephemeral **out, uint8_t *share)
{
    if (!is_hybrid(group))
        return fake.real->ephemeral_new(crypto, group, random, out, share);
    bool kem_first = group == SHK_X25519MLKEM768;
    fake_key *key = fake_key_new(crypto, group, random, share + (kem_first ? KEY : 0));
    memset(share + (kem_first ? 0 : key->classical_share), key->byte, KEY);
    *out = (shk_ephemeral *)(void *)key;
    return SHK_OK;
}

static shk_status fake_agree(shk_ephemeral *ephemeral, shk_span peer, uint8_t *secret)
{
    const fake_key *key = fake_key_of(ephemeral);
    if (key == NULL)
        return fake.real->ephemeral_agree(ephemeral, peer, secret);
    if (peer.len != CIPHERTEXT + (size_t)key->classical_share)
        return SHK_E_BAD_KEY_SHARE;
    shk_span other =
        shk_span_of(peer.data + (key->kem_first ? CIPHERTEXT : 0), key->classical_share);
    size_t kem = key->kem_first ? 0 : key->classical_secret;
    fake_secret(secret + kem, key->byte, peer.data[key->kem_first ? 0 : key->classical_share]);
    shk_status status =
        fake.real->ephemeral_agree(key->classical, other, secret + (key->kem_first ? SECRET : 0));
    memcpy(fake.secrets[0], secret, 64);
    return status;
}

static void fake_free(shk_ephemeral *ephemeral)
{
    fake_key *key = fake_key_of(ephemeral);
    fake.real->ephemeral_free(key == NULL ? ephemeral : key->classical);
}

static shk_status fake_encapsulate(const shk_crypto *crypto, uint16_t group,
                                   const shk_random *random, shk_span peer, uint8_t *share,
                                   uint8_t *secret)
{
    bool kem_first = group == SHK_X25519MLKEM768;
    if (peer.len != shk_group_of(group)->share)
        return SHK_E_BAD_KEY_SHARE;
    fake_key *key = fake_key_new(crypto, group, random, share + (kem_first ? CIPHERTEXT : 0));
    shk_span other = shk_span_of(peer.data + (kem_first ? KEY : 0), key->classical_share);
    memset(share + (kem_first ? 0 : key->classical_share), key->byte, CIPHERTEXT);
    fake_secret(secret + (kem_first ? 0 : key->classical_secret),
                peer.data[kem_first ? 0 : key->classical_share], key->byte);
    shk_status status =
        fake.real->ephemeral_agree(key->classical, other, secret + (kem_first ? SECRET : 0));
    fake.real->ephemeral_free(key->classical);
    key->classical = NULL;
    memcpy(fake.secrets[1], secret, 64);
    return status;
}

/* Both ends have only this group, with the fake KEM. */
static void setup_fake(test_setup *setup, shk_crypto *crypto, const uint16_t *group)
{
    memset(&fake, 0, sizeof fake);
    test_setup_new(setup, "p256");
    fake.real = setup->crypto;
    *crypto = *setup->crypto;
    crypto->has_group = fake_has_group;
    crypto->ephemeral_new = fake_new;
    crypto->ephemeral_agree = fake_agree;
    crypto->ephemeral_free = fake_free;
    crypto->encapsulate = fake_encapsulate;
    setup->client.crypto = setup->server.crypto = crypto;
    setup->client.groups = setup->server.groups = (shk_u16s){group, 1};
}

static void hybrid_group_is_negotiated(void **state)
{
    static const uint16_t *const groups[] = {x25519_mlkem, p256_mlkem};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        test_setup setup;
        test_pair pair;
        shk_crypto crypto;
        setup_fake(&setup, &crypto, groups[i]);
        test_pair_connect(&pair, &setup);
        assert_int_equal(shk_conn_info_of(pair.client).group, groups[i][0]);
        assert_int_equal(shk_conn_info_of(pair.server).group, groups[i][0]);
        assert_memory_equal(fake.secrets[0], fake.secrets[1], 64);
        test_pair_close_all(&pair, &setup);
    }
}

/* The place of the extension's data in the hello that waits in the output. */
static shk_span key_share_in(shk_conn *conn, size_t extensions)
{
    shk_span out = shk_conn_output(conn);
    for (size_t at = extensions; at + 4 < out.len;) {
        size_t len = (size_t)out.data[at + 2] << 8 | out.data[at + 3];
        if (shk_u16_at(shk_span_of(out.data + at, 2), 0) == 51)
            return shk_span_of(out.data + at + 4, len);
        at += 4 + len;
    }
    fail_msg("no key_share");
    return out;
}

/* Record header, message header, version, random, session id; then the suites, compression and the
 * length of the extensions, or the one suite. */
enum { BEHIND_SESSION_ID = 5 + 4 + 2 + 32 + 33, CLIENT_SUITES = 2 + 2 };

/* draft-ietf-tls-ecdhe-mlkem §3: the order is by group, and the server's share is shorter. */
static void hybrid_shares_have_their_lengths_and_order(void **state)
{
    static const uint16_t suite[] = {SHK_TLS_AES_128_GCM_SHA256};
    static const struct {
        const uint16_t *group;
        uint16_t client;
        uint16_t server;
        size_t kem_at;
    } cases[] = {{x25519_mlkem, 1216, 1120, 0}, {p256_mlkem, 1249, 1153, 65}};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        test_setup setup;
        test_pair pair;
        shk_crypto crypto;
        setup_fake(&setup, &crypto, cases[i].group);
        setup.client.min_version = SHK_TLS13;
        setup.client.suites = (shk_u16s){suite, 1};
        test_pair_start(&pair, &setup);
        shk_span share = key_share_in(pair.client, BEHIND_SESSION_ID + CLIENT_SUITES + 2 + 2);
        assert_int_equal(share.len, 2 + 4 + cases[i].client);
        assert_int_equal(shk_u16_at(shk_span_of(share.data + 4, 2), 0), cases[i].client);
        for (size_t at = 0; at < KEY; at++)
            assert_int_equal(share.data[6 + cases[i].kem_at + at], fake.keys[0].byte);
        assert_int_equal(test_move_output(pair.client, pair.server), SHK_OK);
        share = key_share_in(pair.server, BEHIND_SESSION_ID + 2 + 1 + 2);
        assert_int_equal(share.len, 4 + cases[i].server);
        for (size_t at = 0; at < CIPHERTEXT; at++)
            assert_int_equal(share.data[4 + cases[i].kem_at + at], fake.keys[1].byte);
        test_pair_close_all(&pair, &setup);
    }
}

static void hello_retry_request_can_select_a_hybrid_group(void **state)
{
    static const uint16_t both[] = {SHK_x25519, SHK_X25519MLKEM768};
    test_setup setup;
    test_pair pair;
    shk_crypto crypto;
    (void)state;
    setup_fake(&setup, &crypto, x25519_mlkem);
    setup.client.groups = (shk_u16s){both, 2};
    test_pair_connect(&pair, &setup);
    assert_true(shk_conn_info_of(pair.client).retried);
    assert_int_equal(shk_conn_info_of(pair.client).group, SHK_X25519MLKEM768);
    test_pair_close_all(&pair, &setup);
}

static void client_refuses_hybrid_share_of_wrong_length(void **state)
{
    static const test_change change = {SHK_MSG_server_hello, 0, 2 + 32 + 33 + 2 + 1, ALL,
                                       "000f 0033000511ec0001aa 002b00020304"};
    test_setup setup;
    test_pair pair;
    shk_crypto crypto;
    (void)state;
    setup_fake(&setup, &crypto, x25519_mlkem);
    test_change_messages(&change);
    test_pair_open_and_run(&pair, &setup);
    assert_refused(NULL, pair.client, SHK_E_BAD_KEY_SHARE);
    test_pair_close_all(&pair, &setup);
}

/* The rest of the share goes to another group that was offered. */
static void server_refuses_hybrid_share_of_wrong_length(void **state)
{
    static const uint16_t offered[] = {SHK_X25519MLKEM768, SHK_secp256r1};
    static const test_change change = {SHK_MSG_client_hello, 0, IN(key_share, 4 + 2), 9,
                                       "11ec0001aa 001704bb"};
    test_setup setup;
    test_pair pair;
    shk_crypto crypto;
    (void)state;
    setup_fake(&setup, &crypto, x25519_mlkem);
    setup.client.groups = (shk_u16s){offered, 2};
    setup.client.key_shares = 1;
    test_change_messages(&change);
    test_pair_open_and_run(&pair, &setup);
    assert_refused(NULL, pair.server, SHK_E_BAD_KEY_SHARE);
    test_pair_close_all(&pair, &setup);
}

/* libcrypto's own, where it has ML-KEM: both halves agree, and a seed repeats them. */
static void libcrypto_hybrid_group_agrees_with_itself(void **state)
{
    static const uint16_t groups[] = {SHK_X25519MLKEM768, SHK_SecP256r1MLKEM768,
                                      SHK_SecP384r1MLKEM1024};
    shk_crypto *crypto = shk_libcrypto_new();
    (void)state;
    test_depends_on_system();
    for (size_t i = 0; i < 3 && crypto->has_group(crypto, groups[i]); i++) {
        uint8_t share[1665], again[1665], answer[1665], secrets[2][80];
        for (int turn = 0; turn < 2; turn++) {
            uint64_t seed = 7;
            shk_random random = counting(&seed);
            shk_ephemeral *key;
            size_t len = shk_group_of(groups[i])->share;
            uint8_t *to = turn == 0 ? share : again;
            assert_int_equal(crypto->ephemeral_new(crypto, groups[i], &random, &key, to), SHK_OK);
            assert_int_equal(crypto->encapsulate(crypto, groups[i], &random, shk_span_of(to, len),
                                                 answer, secrets[0]),
                             SHK_OK);
            shk_span peer = shk_span_of(answer, shk_group_of(groups[i])->answer);
            assert_int_equal(crypto->ephemeral_agree(key, peer, secrets[1]), SHK_OK);
            assert_memory_equal(secrets[0], secrets[1], shk_group_of(groups[i])->secret);
            peer.len--;
            assert_fails(crypto->ephemeral_agree(key, peer, secrets[1]), SHK_E_BAD_KEY_SHARE);
            crypto->ephemeral_free(key);
        }
        assert_memory_equal(share, again, shk_group_of(groups[i])->share);
    }
    shk_libcrypto_free(crypto);
}

/* FIPS 203 §7.2. */
static void libcrypto_refuses_unreduced_encapsulation_key(void **state)
{
    uint8_t share[1216], answer[1120], secret[64];
    uint64_t seed = 7;
    shk_random random = counting(&seed);
    shk_crypto *crypto = shk_libcrypto_new();
    (void)state;
    test_depends_on_system();
    memset(share, 0xff, sizeof share);
    share[KEY + 31] = 0x7f;
    if (crypto->has_group(crypto, SHK_X25519MLKEM768))
        assert_fails(crypto->encapsulate(crypto, SHK_X25519MLKEM768, &random,
                                         shk_span_of(share, sizeof share), answer, secret),
                     SHK_E_BAD_KEY_SHARE);
    shk_libcrypto_free(crypto);
}

/* Servers without the hybrid group find a classical share, and need no HelloRetryRequest. */
static void classical_share_is_sent_with_a_hybrid_by_default(void **state)
{
    static const uint16_t lists[][2] = {{SHK_X25519MLKEM768, SHK_x25519},
                                        {SHK_x25519, SHK_X25519MLKEM768},
                                        {SHK_X25519MLKEM768, SHK_SecP256r1MLKEM768}};
    static const size_t wanted[] = {2, 1, 1};
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        test_setup setup;
        test_pair pair;
        shk_crypto crypto;
        setup_fake(&setup, &crypto, x25519_mlkem);
        setup.client.groups = (shk_u16s){lists[i], 2};
        setup.server.groups = (shk_u16s){lists[i] + wanted[i] - 1, 1};
        test_pair_start(&pair, &setup);
        assert_int_equal(pair.client->handshake->exchange.pair_count, wanted[i]);
        test_pair_pump(&pair);
        assert_connected(&pair);
        assert_false(shk_conn_info_of(pair.client).retried);
        test_pair_close_all(&pair, &setup);
    }
}

/* Groups that libcrypto lacks are not offered, and the handshake works without them. */
static void only_one_classical_share_is_sent_with_a_hybrid(void **state)
{
    static const uint16_t groups[] = {SHK_X25519MLKEM768, SHK_x25519, SHK_secp256r1};
    test_setup setup;
    test_pair pair;
    shk_crypto crypto;
    (void)state;
    setup_fake(&setup, &crypto, groups);
    setup.client.groups.count = 3;
    test_pair_start(&pair, &setup);
    assert_int_equal(pair.client->handshake->exchange.pair_count, 2);
    test_pair_close_all(&pair, &setup);
}

static void groups_missing_in_libcrypto_are_not_offered(void **state)
{
    static const uint16_t both[] = {SHK_X25519MLKEM768, SHK_x25519};
    test_setup setup;
    test_pair pair;
    (void)state;
    test_setup_new(&setup, "p256");
    bool has = setup.crypto->has_group(setup.crypto, SHK_X25519MLKEM768);
    assert_int_equal(setup.crypto->has_group(setup.crypto, SHK_SecP256r1MLKEM768), has);
    setup.client.groups = setup.server.groups = (shk_u16s){both, 2};
    test_pair_connect(&pair, &setup);
    assert_int_equal(shk_conn_info_of(pair.client).group, both[has ? 0 : 1]);
    test_pair_close_all(&pair, &setup);
}

static void configuration_without_a_usable_group_is_refused(void **state)
{
    uint64_t seed = 1;
    shk_random random = counting(&seed);
    test_setup setup;
    shk_crypto crypto;
    shk_conn *conn;
    (void)state;
    setup_fake(&setup, &crypto, x25519_mlkem);
    crypto.has_group = test_has_no_group;
    assert_fails(shk_conn_new(&setup.client, &random, &conn), SHK_E_CONFIG);
    test_setup_free(&setup);
}

static void hybrid_groups_are_not_offered_below_tls_13(void **state)
{
    static const uint16_t both[] = {SHK_X25519MLKEM768, SHK_secp256r1};
    test_setup setup;
    test_pair pair;
    shk_crypto crypto;
    (void)state;
    setup_fake(&setup, &crypto, x25519_mlkem);
    setup.client.groups = setup.server.groups = (shk_u16s){both, 2};
    setup.server.max_version = SHK_TLS12;
    test_pair_connect(&pair, &setup);
    assert_int_equal(shk_conn_info_of(pair.client).group, SHK_secp256r1);
    test_pair_close_all(&pair, &setup);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hybrid_group_is_negotiated),
        cmocka_unit_test(hybrid_shares_have_their_lengths_and_order),
        cmocka_unit_test(hello_retry_request_can_select_a_hybrid_group),
        cmocka_unit_test(client_refuses_hybrid_share_of_wrong_length),
        cmocka_unit_test(server_refuses_hybrid_share_of_wrong_length),
        cmocka_unit_test(libcrypto_hybrid_group_agrees_with_itself),
        cmocka_unit_test(libcrypto_refuses_unreduced_encapsulation_key),
        cmocka_unit_test(classical_share_is_sent_with_a_hybrid_by_default),
        cmocka_unit_test(only_one_classical_share_is_sent_with_a_hybrid),
        cmocka_unit_test(groups_missing_in_libcrypto_are_not_offered),
        cmocka_unit_test(configuration_without_a_usable_group_is_refused),
        cmocka_unit_test(hybrid_groups_are_not_offered_below_tls_13),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
