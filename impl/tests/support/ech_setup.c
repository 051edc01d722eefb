/* Two ends with Encrypted ClientHello (support/ech_setup.h). */
#include "ech_setup.h"

#include <string.h>

#include "scripted_random.h"

#include "extensions/encrypted_client_hello.h"
#include "extensions/extension_block.h"
#include "messages/client_hello.h"

const char test_public_name[] = "localhost";

void make_ech_key(const test_setup *setup, shk_ech_key *key, uint8_t *memory, size_t size,
                  uint64_t seed, const char *name)
{
    shk_random random = counting(&seed);
    shk_buf configs = shk_buf_over(memory, size);
    shk_ech_settings settings = {.public_name = name, .config_id = 7, .maximum_name_length = 64};
    assert_int_equal(
        shk_ech_make_key(setup->crypto, &random, &settings, &configs, key->private_key), SHK_OK);
    key->configs = shk_buf_span(&configs);
}

void setup_ech(ech_setup *s)
{
    test_setup_new(&s->setup, "p256");
    make_ech_key(&s->setup, &s->key, s->configs, sizeof s->configs, 1, test_public_name);
    s->setup.client.ech_configs = s->key.configs;
    s->setup.server.ech_keys = &s->key;
    s->setup.server.ech_key_count = 1;
}

void change_ech_key(ech_setup *s, shk_ech_key *other, uint8_t *memory, size_t size)
{
    make_ech_key(&s->setup, other, memory, size, 2, test_public_name);
    s->setup.server.ech_keys = other;
}

shk_encrypted_client_hello ech_of(const shk_client_hello *hello)
{
    shk_encrypted_client_hello m;
    assert_true(shk_extension_get(&hello->extensions, SHK_EXT_encrypted_client_hello,
                                  SHK_IN_CLIENT_HELLO, &m));
    return m;
}

void assert_ech_outcome(const test_pair *pair, bool accepted)
{
    uint8_t keys[2][32];
    shk_span none = {NULL, 0};
    assert_connected(pair);
    assert_int_equal(shk_conn_info_of(pair->client).ech_accepted, accepted);
    assert_int_equal(shk_conn_info_of(pair->server).ech_accepted, accepted);
    assert_int_equal(shk_conn_export(pair->client, "EXPORTER-x", none, keys[0], 32), SHK_OK);
    assert_int_equal(shk_conn_export(pair->server, "EXPORTER-x", none, keys[1], 32), SHK_OK);
    assert_memory_equal(keys[0], keys[1], 32);
}

void assert_server_name(const shk_conn *server, const char *name)
{
    shk_span got = shk_conn_info_of(server).server_name;
    assert_int_equal(got.len, strlen(name));
    assert_memory_equal(got.data, name, got.len);
}

void setup_ech_sessions(ech_setup *s, test_session *kept)
{
    test_setup_tickets(&s->setup, kept, SHK_TLS13);
    make_ech_key(&s->setup, &s->key, s->configs, sizeof s->configs, 1, test_public_name);
    s->setup.client.ech_configs = s->key.configs;
    s->setup.server.ech_keys = &s->key;
    s->setup.server.ech_key_count = 1;
}
