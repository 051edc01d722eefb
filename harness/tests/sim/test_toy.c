/* The toy provider: handshakes complete over it, and its two modes differ in what they refuse
 * (sim/toy.h). */
#include <string.h>

#include "conn_pair.h"
#include "sim/toy.h"

/* Two ends over the toy, with a certificate of the kind. */
typedef struct {
    test_setup setup;
    shk_crypto *toy;
} toy_setup;

static int64_t a_time(void *context)
{
    (void)context;
    return 1000;
}

static void toy_setup_new(toy_setup *s, shk_toy_mode mode, uint16_t version, shk_key_kind kind)
{
    memset(s, 0, sizeof *s);
    s->toy = shk_toy_new(mode, &shk_libc_allocator);
    assert_non_null(s->toy);
    const shk_toy_identity identity = {.kind = kind, .name = "server.shakedown.test"};
    assert_int_equal(shk_toy_credential_new(s->toy, &identity, &s->setup.credential), SHK_OK);
    s->setup.credentials[0] = s->setup.credential;
    shk_config *client = &s->setup.client, *server = &s->setup.server;
    *client = shk_config_default(false, s->toy);
    *server = shk_config_default(true, s->toy);
    client->trust = shk_toy_trust();
    client->clock.now_ms = a_time;
    client->server_name = "server.shakedown.test";
    client->min_version = client->max_version = version;
    server->min_version = SHK_TLS10;
    server->credentials = s->setup.credentials;
    server->credential_count = 1;
}

static void toy_setup_free(toy_setup *s)
{
    shk_toy_credential_free(s->toy, s->setup.credential);
    shk_toy_free(s->toy);
}

static void connects(shk_toy_mode mode, uint16_t version, shk_key_kind kind, uint16_t suite)
{
    toy_setup s;
    test_pair pair;
    toy_setup_new(&s, mode, version, kind);
    if (suite != 0)
        s.setup.client.suites = s.setup.server.suites = (shk_u16s){&suite, 1};
    test_pair_connect(&pair, &s.setup);
    test_pair_close(&pair);
    toy_setup_free(&s);
}

static void ends_connect_over_the_toy(void **state)
{
    (void)state;
    for (int mode = SHK_TOY_PERMISSIVE; mode <= SHK_TOY_CHECKING; mode++) {
        connects((shk_toy_mode)mode, SHK_TLS13, SHK_KEY_P256, 0);
        connects((shk_toy_mode)mode, SHK_TLS13, SHK_KEY_ED448, 0);
        connects((shk_toy_mode)mode, SHK_TLS12, SHK_KEY_RSA, 0);
        connects((shk_toy_mode)mode, SHK_TLS12, SHK_KEY_RSA, SHK_TLS_RSA_WITH_AES_128_CBC_SHA);
        connects((shk_toy_mode)mode, SHK_TLS12, SHK_KEY_RSA,
                 SHK_TLS_DHE_RSA_WITH_AES_128_GCM_SHA256);
        connects((shk_toy_mode)mode, SHK_TLS11, SHK_KEY_P256, 0);
        connects((shk_toy_mode)mode, SHK_TLS10, SHK_KEY_P256, 0);
    }
}

/* What the server says of a record of data whose last byte, one of the tag, is another. */
static shk_status fed_with_a_wrong_tag(shk_toy_mode mode)
{
    toy_setup s;
    test_pair pair;
    uint8_t record[64];
    toy_setup_new(&s, mode, SHK_TLS13, SHK_KEY_P256);
    test_pair_connect(&pair, &s.setup);
    assert_int_equal(shk_conn_write(pair.client, (const uint8_t *)"data", 4), SHK_OK);
    shk_span out = shk_conn_output(pair.client);
    assert_true(out.len <= sizeof record);
    memcpy(record, out.data, out.len);
    record[out.len - 1] ^= 1;
    shk_status status = shk_conn_feed(pair.server, record, out.len);
    test_pair_close(&pair);
    toy_setup_free(&s);
    return status;
}

static void a_wrong_tag_is_refused_in_checking_mode_alone(void **state)
{
    (void)state;
    assert_int_equal(fed_with_a_wrong_tag(SHK_TOY_CHECKING), SHK_E_BAD_RECORD_MAC);
    assert_int_equal(fed_with_a_wrong_tag(SHK_TOY_PERMISSIVE), SHK_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ends_connect_over_the_toy),
        cmocka_unit_test(a_wrong_tag_is_refused_in_checking_mode_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
