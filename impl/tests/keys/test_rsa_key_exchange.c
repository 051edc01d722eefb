/* The RSA key exchange is no oracle (RFC 5246 §7.4.7.1): whatever the fault of the encrypted
 * premaster secret, the server answers with the same bytes, alert and error row. The client's
 * provider is wrapped to send faulty blocks. */
#include "conn_pair.h"
#include "rsa_premaster_faults.h"
#include "scripted_random.h"

#include <string.h>

enum { MODULUS = 256, BLOCKS = 9 };

static struct {
    const shk_crypto *real;
    rsa_fault *tamper; /* of the padded block, before it is encrypted; NULL: none */
    bool above_modulus;
    size_t size; /* bytes that are sent */
} provider;

/* Only the secret differs: the client continues with another one. */
static void other_secret(uint8_t *block, size_t len)
{
    block[len - 1] ^= 1;
}

static shk_status rsa_public(const shk_public_key *key, const uint8_t *in, uint8_t *out)
{
    uint8_t block[MODULUS];
    memcpy(block, in, sizeof block);
    if (provider.tamper != NULL)
        provider.tamper(block, sizeof block);
    if (provider.tamper != other_secret) /* the client uses the secret that it sends */
        memcpy((uint8_t *)(uintptr_t)in, block, sizeof block);
    SHK_TRY(provider.real->rsa_public(key, block, out));
    if (provider.above_modulus)
        memset(out, 0xff, MODULUS);
    return SHK_OK;
}

static size_t public_key_size(const shk_public_key *key)
{
    (void)key;
    return provider.size;
}

/* How a server reacted. */
typedef struct {
    uint8_t bytes[256];
    size_t len;
    int alert;
    shk_status status;
} reaction;

static reaction run_server(rsa_fault *tamper, size_t size, bool above_modulus)
{
    static const uint16_t suite = SHK_TLS_RSA_WITH_AES_128_CBC_SHA;
    uint64_t client_seed = 1, server_seed = 2;
    shk_random client_random = counting(&client_seed), server_random = counting(&server_seed);
    reaction out = {.len = 0};
    test_setup setup;
    shk_conn *client, *server;
    test_setup_new(&setup, "rsa2048");
    shk_crypto wrapped = *setup.crypto;
    wrapped.rsa_public = rsa_public;
    wrapped.public_key_size = public_key_size;
    provider.real = setup.crypto;
    provider.tamper = tamper;
    provider.size = size;
    provider.above_modulus = above_modulus;
    setup.client.crypto = &wrapped;
    setup.client.max_version = SHK_TLS12;
    setup.client.suites = setup.server.suites = (shk_u16s){&suite, 1};
    assert_int_equal(shk_conn_new(&setup.client, &client_random, &client), SHK_OK);
    assert_int_equal(shk_conn_new(&setup.server, &server_random, &server), SHK_OK);
    assert_int_equal(shk_conn_start(client), SHK_OK);
    assert_int_equal(test_move_output(client, server), SHK_OK);
    assert_int_equal(test_move_output(server, client), SHK_OK);
    test_move_output(client, server); /* ClientKeyExchange to Finished */
    shk_span answer = shk_conn_output(server);
    assert_true(answer.len <= sizeof out.bytes);
    memcpy(out.bytes, answer.data, answer.len);
    out.len = answer.len;
    out.alert = shk_conn_failure_of(server)->alert_sent;
    out.status = shk_conn_failure_of(server)->fault.status;
    shk_conn_free(client);
    shk_conn_free(server);
    test_setup_free(&setup);
    return out;
}

static void valid_premaster_secret_completes_the_handshake(void **state)
{
    (void)state;
    assert_int_equal(run_server(NULL, MODULUS, false).status, SHK_OK);
}

static void every_invalid_premaster_secret_gets_the_same_answer(void **state)
{
    static const struct {
        rsa_fault *tamper;
        size_t size;
        bool above_modulus;
    } wrong[BLOCKS] = {
        {wrong_first_byte, MODULUS, false},
        {wrong_type, MODULUS, false},
        {zero_within_padding, MODULUS, false},
        {zero_in_the_first_eight_of_padding, MODULUS, false},
        {no_separator, MODULUS, false},
        {wrong_version, MODULUS, false},
        {NULL, MODULUS - 1, false},
        {NULL, MODULUS + 1, false},
        {NULL, MODULUS, true},
    };
    reaction expected = run_server(other_secret, MODULUS, false);
    (void)state;
    assert_fails(expected.status, SHK_E_BAD_RECORD_MAC);
    assert_int_equal(expected.alert, SHK_ALERT_bad_record_mac);
    assert_true(expected.len > 0);
    for (size_t i = 0; i < BLOCKS; i++) {
        reaction got = run_server(wrong[i].tamper, wrong[i].size, wrong[i].above_modulus);
        assert_int_equal(got.status, expected.status);
        assert_int_equal(got.alert, expected.alert);
        assert_int_equal(got.len, expected.len);
        assert_memory_equal(got.bytes, expected.bytes, got.len);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(valid_premaster_secret_completes_the_handshake),
        cmocka_unit_test(every_invalid_premaster_secret_gets_the_same_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
