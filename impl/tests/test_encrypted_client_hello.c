/* Encrypted ClientHello (RFC 9849) between two of our ends. */
#include "support.h"

#include <stdlib.h>
#include <string.h>

#include "extensions/encrypted_client_hello.h"
#include "extensions/pre_shared_key.h"

#include "handshake/handshake.h"

static const char public_name[] = "localhost"; /* the server's certificate covers it */

typedef struct {
    test_setup setup;
    shk_ech_key key;
    uint8_t configs[512];
} ech_setup;

static void make_key(const test_setup *setup, shk_ech_key *key, uint8_t *memory, size_t size,
                     uint64_t seed, const char *name)
{
    shk_random random = counting(&seed);
    shk_buf configs = shk_buf_over(memory, size);
    shk_ech_settings settings = {.public_name = name, .config_id = 7, .maximum_name_length = 64};
    assert_int_equal(
        shk_ech_make_key(setup->crypto, &random, &settings, &configs, key->private_key), SHK_OK);
    key->configs = shk_buf_span(&configs);
}

/* A server with a key, and a client that was told of it. */
static void setup_ech(ech_setup *s)
{
    test_setup_new(&s->setup, "p256");
    make_key(&s->setup, &s->key, s->configs, sizeof s->configs, 1, public_name);
    s->setup.client.ech_configs = s->key.configs;
    s->setup.server.ech_keys = &s->key;
    s->setup.server.ech_key_count = 1;
}

/* A server that has lost its key for another of the same config_id. */
static void change_key(ech_setup *s, shk_ech_key *other, uint8_t *memory, size_t size)
{
    make_key(&s->setup, other, memory, size, 2, public_name);
    s->setup.server.ech_keys = other;
}

/* The ClientHello that waits in the output, decoded; it points into the output. */
static shk_client_hello first_hello(const shk_conn *conn)
{
    shk_span out = shk_conn_output(conn);
    shk_client_hello hello;
    size_t len = (size_t)out.data[3] << 8 | out.data[4];
    assert_int_equal(shk_decode(shk_message_rows[SHK_MSG_client_hello].layout->shape, NULL,
                                shk_span_of(out.data + 9, len - 4), &hello, NULL),
                     SHK_OK);
    return hello;
}

static shk_encrypted_client_hello ech_of(const shk_client_hello *hello)
{
    shk_encrypted_client_hello m;
    assert_true(shk_extension_get(&hello->extensions, SHK_EXT_encrypted_client_hello,
                                  SHK_IN_CLIENT_HELLO, &m));
    return m;
}

static bool holds(shk_span bytes, const char *text)
{
    size_t len = strlen(text);
    for (size_t i = 0; i + len <= bytes.len; i++)
        if (memcmp(bytes.data + i, text, len) == 0)
            return true;
    return false;
}

/* Both ends agree on keys, and on whether the hidden hello was taken. */
static void assert_agreed(const test_pair *pair, bool accepted)
{
    uint8_t keys[2][32];
    shk_span none = {NULL, 0};
    assert_connected(pair);
    assert_int_equal(shk_conn_info_of(pair->client)->ech_accepted, accepted);
    assert_int_equal(shk_conn_info_of(pair->server)->ech_accepted, accepted);
    assert_int_equal(shk_conn_export(pair->client, "EXPORTER-x", none, keys[0], 32), SHK_OK);
    assert_int_equal(shk_conn_export(pair->server, "EXPORTER-x", none, keys[1], 32), SHK_OK);
    assert_memory_equal(keys[0], keys[1], 32);
}

static void assert_server_name(const shk_conn *server, const char *name)
{
    shk_span got = shk_conn_info_of(server)->server_name;
    assert_int_equal(got.len, strlen(name));
    assert_memory_equal(got.data, name, got.len);
}

/* GREASE */

static void grease_looks_like_a_hidden_hello(void **state)
{
    test_setup setup;
    test_pair pair;
    (void)state;
    test_setup_new(&setup, "p256");
    setup.client.ech_grease = true;
    test_pair_open(&pair, &setup);
    assert_int_equal(shk_conn_start(pair.client), SHK_OK);
    shk_client_hello hello = first_hello(pair.client);
    shk_encrypted_client_hello m = ech_of(&hello);
    assert_int_equal(m.type, SHK_ECH_OUTER);
    assert_int_equal(m.enc.len, 32);
    assert_int_equal(m.payload.len % 32, SHK_HPKE_TAG);
    test_pair_pump(&pair);
    assert_agreed(&pair, false);
    test_pair_close(&pair);
    test_setup_free(&setup);
}

static void grease_is_repeated_in_a_second_hello(void **state)
{
    test_setup setup;
    test_pair pair;
    (void)state;
    test_setup_new(&setup, "p256");
    setup.client.ech_grease = true;
    setup.client.no_middlebox_compatibility = true;
    setup.server.request_cookie = true;
    test_pair_open(&pair, &setup);
    assert_int_equal(shk_conn_start(pair.client), SHK_OK);
    shk_client_hello first = first_hello(pair.client);
    shk_encrypted_client_hello m = ech_of(&first);
    uint8_t payload[512];
    size_t len = m.payload.len;
    memcpy(payload, m.payload.data, len);
    assert_int_equal(move_output(pair.client, pair.server), SHK_OK);
    assert_int_equal(move_output(pair.server, pair.client), SHK_OK);
    shk_client_hello second = first_hello(pair.client);
    m = ech_of(&second);
    assert_int_equal(m.enc.len, 32);
    assert_int_equal(m.payload.len, len);
    assert_memory_equal(m.payload.data, payload, len);
    test_pair_pump(&pair);
    assert_agreed(&pair, false);
    test_pair_close(&pair);
    test_setup_free(&setup);
}

/* The configurations that a server gives in return are of no use (§6.2). */
static void a_server_with_keys_passes_over_grease(void **state)
{
    ech_setup s;
    test_pair pair;
    (void)state;
    setup_ech(&s);
    s.setup.client.ech_configs = shk_span_of(NULL, 0);
    s.setup.client.ech_grease = true;
    test_pair_connect(&pair, &s.setup);
    assert_agreed(&pair, false);
    assert_int_equal(shk_conn_info_of(pair.client)->ech_retry_configs.len, 0);
    test_pair_close(&pair);
    test_setup_free(&s.setup);
}

static void grease_is_not_sent_below_tls_13(void **state)
{
    test_setup setup;
    test_pair pair;
    (void)state;
    test_setup_new(&setup, "p256");
    setup.client.ech_grease = true;
    setup.client.max_version = SHK_TLS12;
    test_pair_open(&pair, &setup);
    assert_int_equal(shk_conn_start(pair.client), SHK_OK);
    shk_client_hello hello = first_hello(pair.client);
    assert_false(shk_extension_in(&hello.extensions, SHK_EXT_encrypted_client_hello));
    test_pair_close(&pair);
    test_setup_free(&setup);
}

/* Accepted */

static void the_outer_hello_hides_the_name(void **state)
{
    ech_setup s;
    test_pair pair;
    (void)state;
    setup_ech(&s);
    test_pair_open(&pair, &s.setup);
    assert_int_equal(shk_conn_start(pair.client), SHK_OK);
    assert_false(holds(shk_conn_output(pair.client), s.setup.client.server_name));
    assert_true(holds(shk_conn_output(pair.client), public_name));
    test_pair_pump(&pair);
    assert_agreed(&pair, true);
    assert_server_name(pair.server, s.setup.client.server_name);
    test_pair_close(&pair);
    test_setup_free(&s.setup);
}

static void a_server_without_keys_is_not_told_the_name(void **state)
{
    ech_setup s;
    test_pair pair;
    (void)state;
    setup_ech(&s);
    s.setup.server.ech_key_count = 0;
    test_pair_of(&pair, &s.setup);
    assert_refused(NULL, pair.client, SHK_E_ECH_REJECTED);
    assert_server_name(pair.server, public_name);
    assert_int_equal(shk_conn_info_of(pair.client)->ech_retry_configs.len, 0);
    test_pair_close(&pair);
    test_setup_free(&s.setup);
}

static size_t payload_length(ech_setup *s, const char *name)
{
    test_pair pair;
    s->setup.client.server_name = name;
    test_pair_open(&pair, &s->setup);
    assert_int_equal(shk_conn_start(pair.client), SHK_OK);
    shk_client_hello hello = first_hello(pair.client);
    size_t len = ech_of(&hello).payload.len;
    test_pair_close(&pair);
    return len;
}

static void the_payload_does_not_tell_how_long_the_name_is(void **state)
{
    ech_setup s;
    (void)state;
    setup_ech(&s);
    size_t len = payload_length(&s, "a.test");
    assert_int_equal(len % 32, SHK_HPKE_TAG);
    assert_int_equal(payload_length(&s, "a-very-long-name.of-some-subdomain.shakedown.test"), len);
    assert_int_equal(payload_length(&s, NULL), len);
    test_setup_free(&s.setup);
}

static void client_and_server_certificates_go_with_it(void **state)
{
    ech_setup s;
    test_pair pair;
    (void)state;
    setup_ech(&s);
    test_with_client_certificate(&s.setup, "client-p256");
    s.setup.client.grease = s.setup.server.grease = true;
    s.setup.client.hello_padding = 1024;
    test_pair_connect(&pair, &s.setup);
    assert_agreed(&pair, true);
    assert_true(shk_conn_info_of(pair.server)->peer_authenticated);
    test_pair_close(&pair);
    test_setup_free(&s.setup);
}

static void a_retried_hello_is_hidden_too(void **state)
{
    ech_setup s;
    test_pair pair;
    (void)state;
    setup_ech(&s);
    s.setup.server.request_cookie = true;
    s.setup.client.no_middlebox_compatibility = true;
    test_pair_open(&pair, &s.setup);
    assert_int_equal(shk_conn_start(pair.client), SHK_OK);
    assert_int_equal(move_output(pair.client, pair.server), SHK_OK);
    assert_int_equal(move_output(pair.server, pair.client), SHK_OK);
    assert_false(holds(shk_conn_output(pair.client), s.setup.client.server_name));
    shk_client_hello second = first_hello(pair.client);
    assert_int_equal(ech_of(&second).enc.len, 0);
    test_pair_pump(&pair);
    assert_agreed(&pair, true);
    assert_true(shk_conn_info_of(pair.client)->retried);
    assert_server_name(pair.server, s.setup.client.server_name);
    test_pair_close(&pair);
    test_setup_free(&s.setup);
}

static void setup_sessions(ech_setup *s, kept_session *kept)
{
    setup_tickets(&s->setup, kept, SHK_TLS13);
    make_key(&s->setup, &s->key, s->configs, sizeof s->configs, 1, public_name);
    s->setup.client.ech_configs = s->key.configs;
    s->setup.server.ech_keys = &s->key;
    s->setup.server.ech_key_count = 1;
}

static void a_session_is_resumed_in_the_inner_hello_alone(void **state)
{
    ech_setup s;
    kept_session kept;
    test_pair pair;
    shk_session session;
    (void)state;
    setup_sessions(&s, &kept);
    assert_false(handshake(&s.setup));
    offer(&s.setup, &kept);
    assert_true(shk_session_read(s.setup.client.session, &session));
    test_pair_open(&pair, &s.setup);
    assert_int_equal(shk_conn_start(pair.client), SHK_OK);
    shk_client_hello outer = first_hello(pair.client);
    shk_pre_shared_key psks;
    shk_psk_identity identity;
    assert_true(
        shk_extension_get(&outer.extensions, SHK_EXT_pre_shared_key, SHK_IN_CLIENT_HELLO, &psks));
    assert_true(shk_list_next(&psks.identities, NULL, shk_psk_identity_shape, &identity));
    assert_int_equal(identity.identity.len, session.ticket.len);
    assert_memory_not_equal(identity.identity.data, session.ticket.data, session.ticket.len);
    test_pair_pump(&pair);
    assert_agreed(&pair, true);
    assert_true(shk_conn_info_of(pair.server)->resumed);
    test_pair_close(&pair);
    s.setup.server.request_cookie = true;
    assert_true(handshake(&s.setup));
    test_setup_free(&s.setup);
}

static void early_data_goes_with_the_inner_hello(void **state)
{
    ech_setup s;
    kept_session kept;
    test_pair pair;
    uint8_t got[8];
    (void)state;
    setup_sessions(&s, &kept);
    shk_replay_guard *guard = shk_replay_guard_new(&shk_libc_allocator, 4);
    s.setup.server.replay_guard = guard;
    s.setup.server.max_early_data = 100;
    s.setup.client.early_data = true;
    assert_false(handshake(&s.setup));
    offer(&s.setup, &kept);
    test_pair_open(&pair, &s.setup);
    assert_int_equal(shk_conn_start(pair.client), SHK_OK);
    assert_int_equal(shk_conn_write_early(pair.client, (const uint8_t *)"early", 5), SHK_OK);
    test_pair_pump(&pair);
    assert_agreed(&pair, true);
    assert_true(shk_conn_info_of(pair.client)->early_data);
    assert_int_equal(shk_conn_read(pair.server, got, sizeof got), 5);
    test_pair_close(&pair);
    shk_replay_guard_free(guard);
    test_setup_free(&s.setup);
}

/* Rejected */

static void a_server_that_cannot_read_it_gives_other_configurations(void **state)
{
    ech_setup s;
    shk_ech_key other;
    uint8_t memory[512];
    test_pair pair;
    (void)state;
    setup_ech(&s);
    change_key(&s, &other, memory, sizeof memory);
    test_pair_of(&pair, &s.setup);
    assert_refused(NULL, pair.client, SHK_E_ECH_REJECTED);
    assert_int_equal(shk_conn_failure_of(pair.server)->alert_received, SHK_ALERT_ech_required);
    assert_false(shk_conn_info_of(pair.client)->ech_accepted);
    shk_span retry = shk_conn_info_of(pair.client)->ech_retry_configs;
    assert_true(shk_span_equal(retry, other.configs));
    s.setup.client.ech_configs = retry;
    test_pair second;
    test_pair_connect(&second, &s.setup);
    assert_agreed(&second, true);
    test_pair_close(&second);
    test_pair_close(&pair);
    test_setup_free(&s.setup);
}

static void a_rejection_after_a_retry_ends_alike(void **state)
{
    ech_setup s;
    shk_ech_key other;
    uint8_t memory[512];
    test_pair pair;
    (void)state;
    setup_ech(&s);
    change_key(&s, &other, memory, sizeof memory);
    s.setup.server.request_cookie = true;
    test_pair_of(&pair, &s.setup);
    assert_refused(NULL, pair.client, SHK_E_ECH_REJECTED);
    assert_true(shk_conn_info_of(pair.client)->ech_retry_configs.len > 0);
    test_pair_close(&pair);
    test_setup_free(&s.setup);
}

static void who_rejects_must_be_the_public_name(void **state)
{
    ech_setup s;
    shk_ech_key other;
    uint8_t memory[512];
    test_pair pair;
    (void)state;
    test_setup_new(&s.setup, "p256");
    make_key(&s.setup, &s.key, s.configs, sizeof s.configs, 1, "not-of-this-server.test");
    s.setup.client.ech_configs = s.key.configs;
    s.setup.server.ech_key_count = 1;
    change_key(&s, &other, memory, sizeof memory);
    test_pair_of(&pair, &s.setup);
    assert_refused(NULL, pair.client, SHK_E_NAME_MISMATCH);
    assert_int_equal(shk_conn_info_of(pair.client)->ech_retry_configs.len, 0);
    test_pair_close(&pair);
    test_setup_free(&s.setup);
}

/* §6.1.6 */
static void who_rejects_is_shown_no_certificate(void **state)
{
    ech_setup s;
    test_pair pair;
    (void)state;
    setup_ech(&s);
    test_with_client_certificate(&s.setup, "client-p256");
    s.setup.server.client_auth = SHK_CLIENT_AUTH_REQUEST;
    s.setup.server.ech_key_count = 0;
    test_pair_of(&pair, &s.setup);
    assert_refused(NULL, pair.client, SHK_E_ECH_REJECTED);
    assert_false(shk_conn_info_of(pair.server)->peer_authenticated);
    test_pair_close(&pair);
    test_setup_free(&s.setup);
}

static void early_data_is_lost_with_a_rejection(void **state)
{
    ech_setup s;
    kept_session kept;
    shk_ech_key other;
    uint8_t memory[512], got[8];
    test_pair pair;
    (void)state;
    setup_sessions(&s, &kept);
    shk_replay_guard *guard = shk_replay_guard_new(&shk_libc_allocator, 4);
    s.setup.server.replay_guard = guard;
    s.setup.server.max_early_data = 100;
    s.setup.client.early_data = true;
    assert_false(handshake(&s.setup));
    offer(&s.setup, &kept);
    change_key(&s, &other, memory, sizeof memory);
    test_pair_open(&pair, &s.setup);
    assert_int_equal(shk_conn_start(pair.client), SHK_OK);
    assert_int_equal(shk_conn_write_early(pair.client, (const uint8_t *)"early", 5), SHK_OK);
    test_pair_pump(&pair);
    assert_refused(NULL, pair.client, SHK_E_ECH_REJECTED);
    assert_false(shk_conn_info_of(pair.server)->resumed);
    assert_int_equal(shk_conn_read(pair.server, got, sizeof got), 0);
    test_pair_close(&pair);
    shk_replay_guard_free(guard);
    test_setup_free(&s.setup);
}

/* pre_shared_key stands in front of the other extensions of ServerHello. */
static void a_psk_of_the_outer_hello_cannot_be_selected(void **state)
{
    static const uint8_t key[32] = {1};
    static const test_change selects = {SHK_MSG_server_hello, 0, 2 + 32 + 33 + 3, 2,
                                        "0034 002900020000"};
    (void)state;
    for (int retry = 0; retry < 2; retry++) {
        ech_setup s;
        test_pair pair;
        setup_ech(&s);
        test_with_psk(&s.setup, key, key);
        s.setup.server.ech_key_count = 0;
        s.setup.server.request_cookie = retry == 1;
        test_arm(&selects);
        test_pair_of(&pair, &s.setup);
        assert_int_equal(shk_conn_info_of(pair.client)->retried, retry);
        assert_refused(NULL, pair.client,
                       retry == 1 ? SHK_E_UNSOLICITED_EXTENSION : SHK_E_UNSUPPORTED_SELECTION);
        test_pair_close(&pair);
        test_setup_free(&s.setup);
    }
}

/* Memory that ends after so many blocks. */
static void *resize_counted(void *context, void *old, size_t old_size, size_t new_size)
{
    unsigned *left = (unsigned *)context;
    if (new_size > old_size && (*left)-- == 0) {
        *left = 0;
        return NULL;
    }
    return shk_libc_allocator.resize(shk_libc_allocator.context, old, old_size, new_size);
}

/* Whether a rejected handshake comes to its end with so many blocks for the client. */
static bool is_rejected_with(ech_setup *s, unsigned blocks)
{
    unsigned left = blocks;
    const shk_allocator allocator = {resize_counted, &left};
    uint64_t seeds[2] = {1, 2};
    shk_random random[2] = {counting(&seeds[0]), counting(&seeds[1])};
    test_pair pair = {.client = NULL};
    s->setup.client.allocator = &allocator;
    if (shk_conn_new(&s->setup.client, &random[0], &pair.client) != SHK_OK)
        return false;
    assert_int_equal(shk_conn_new(&s->setup.server, &random[1], &pair.server), SHK_OK);
    if (shk_conn_start(pair.client) == SHK_OK)
        test_pair_pump(&pair);
    shk_status status = shk_conn_failure_of(pair.client)->fault.status;
    assert_true(status == SHK_E_NO_MEMORY || status == SHK_E_ECH_REJECTED);
    test_pair_close(&pair);
    return status == SHK_E_ECH_REJECTED;
}

static void a_rejection_ends_well_wherever_memory_does(void **state)
{
    (void)state;
    for (int retry = 0; retry < 2; retry++) {
        ech_setup s;
        shk_ech_key other;
        uint8_t memory[512];
        unsigned blocks = 0;
        setup_ech(&s);
        change_key(&s, &other, memory, sizeof memory);
        s.setup.server.request_cookie = retry == 1;
        while (!is_rejected_with(&s, blocks))
            blocks++;
        assert_true(blocks > 20);
        test_setup_free(&s.setup);
    }
}

/* Configurations */

static void a_client_needs_a_configuration_that_it_can_use(void **state)
{
    static const struct {
        const char *name;
        size_t at; /* in the ECHConfigList */
        uint8_t value;
    } cases[] = {
        {"length", 1, 0}, {"version", 3, 0x0c},
        {"kem", 8, 0x21}, {"kem_of_another_size", 8, 0x10},
        {"kdf", 45, 9},   {"public_name", 56, '_'},
    };
    ech_setup s;
    shk_conn *conn;
    uint64_t seed = 1;
    shk_random random = counting(&seed);
    (void)state;
    setup_ech(&s);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t *byte = &s.configs[cases[i].at], *next = &s.configs[49], was[2] = {*byte, *next};
        *byte = cases[i].value;
        if (cases[i].value == 9)
            *next = 9; /* of the second cipher suite */
        assert_case_fails(cases[i].name, shk_conn_new(&s.setup.client, &random, &conn),
                          SHK_E_CONFIG);
        *byte = was[0];
        *next = was[1];
    }
    s.setup.client.client_hello = shk_span_of(s.configs, 1);
    assert_fails(shk_conn_new(&s.setup.client, &random, &conn), SHK_E_CONFIG);
    s.setup.client.client_hello.len = 0;
    s.setup.client.min_version = s.setup.client.max_version = SHK_TLS12;
    assert_fails(shk_conn_new(&s.setup.client, &random, &conn), SHK_E_CONFIG);
    s.setup.server.max_version = SHK_TLS13;
    s.key.configs.len--;
    assert_fails(shk_conn_new(&s.setup.server, &random, &conn), SHK_E_CONFIG);
    test_setup_free(&s.setup);
}

/* §4.2: of a version that is not known, or with an extension that must be and is not. */
static void configurations_that_cannot_be_used_are_passed_over(void **state)
{
    ech_setup s;
    test_pair pair;
    uint8_t memory[1024];
    (void)state;
    setup_ech(&s);
    shk_span good = shk_span_of(s.key.configs.data + 2, s.key.configs.len - 2);
    size_t len = good.len - 4;
    shk_buf list = shk_buf_over(memory, sizeof memory);
    test_bytes other = from_hex("fe0a0003aabbcc");
    test_bytes extension = from_hex("00048a8a0000");
    uint8_t length[2] = {0, (uint8_t)(2 * good.len + other.len + 4)};
    uint8_t head[4] = {0xfe, 0x0d, 0, (uint8_t)(len + 4)};
    shk_buf_append(&list, shk_span_of(length, 2));
    shk_buf_append(&list, span_of(&other));
    shk_buf_append(&list, shk_span_of(head, 4));
    shk_buf_append(&list, shk_span_of(good.data + 4, len - 2));
    shk_buf_append(&list, span_of(&extension));
    shk_buf_append(&list, good);
    s.setup.client.ech_configs = shk_buf_span(&list);
    test_pair_connect(&pair, &s.setup);
    assert_agreed(&pair, true);
    test_pair_close(&pair);
    test_setup_free(&s.setup);
}

static void a_public_name_is_a_host_name(void **state)
{
    static const char *const names[] = {"",        ".",        "a..b",      "a.",     "-a.test",
                                        "a-.test", "a_b.test", "192.0.2.1", "1.0x7f", "a.b c"};
    test_setup setup;
    uint64_t seed = 1;
    shk_random random = counting(&seed);
    uint8_t memory[512], key[SHK_ECH_PRIVATE_KEY];
    (void)state;
    test_setup_new(&setup, "p256");
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        shk_ech_settings settings = {.public_name = names[i]};
        shk_buf configs = shk_buf_over(memory, sizeof memory);
        assert_case_fails(names[i],
                          shk_ech_make_key(setup.crypto, &random, &settings, &configs, key),
                          SHK_E_ECH_PUBLIC_NAME);
    }
    test_setup_free(&setup);
}

static void a_server_tries_each_of_its_keys(void **state)
{
    ech_setup s;
    shk_ech_key keys[2];
    uint8_t memory[512];
    test_pair pair;
    (void)state;
    setup_ech(&s);
    make_key(&s.setup, &keys[0], memory, sizeof memory, 2, public_name);
    keys[1] = s.key;
    s.setup.server.ech_keys = keys;
    s.setup.server.ech_key_count = 2;
    test_pair_connect(&pair, &s.setup);
    assert_agreed(&pair, true);
    test_pair_close(&pair);
    test_setup_free(&s.setup);
}

/* What is changed on the way. A client encodes its inner hello, then what is encrypted of it, then
 * the outer one; a server that reads the inner one encodes it too. */

enum { ENCODED = 1, SECOND_ENCODED = 5 };

typedef struct {
    const char *name;
    int at;
    size_t cut;
    const char *hex;
    shk_status row;
} change_case;

/* The server refuses what was encrypted, of the second ClientHello if it asks for one. */
static void refuse_inner(const change_case *c, bool retry)
{
    test_change change = {SHK_MSG_client_hello, retry ? SECOND_ENCODED : ENCODED, c->at, c->cut,
                          c->hex};
    ech_setup s;
    test_pair pair;
    setup_ech(&s);
    s.setup.server.request_cookie = retry;
    test_arm_once(&change);
    test_pair_of(&pair, &s.setup);
    assert_true(test_changed());
    assert_int_equal(shk_conn_info_of(pair.server)->retried, retry);
    assert_refused(c->name, pair.server, c->row);
    test_pair_close(&pair);
    test_setup_free(&s.setup);
}

/* It ends with fd00 0009 08 000a 000d 0033 002b, which are supported_groups, signature_algorithms,
 * key_share and supported_versions of the outer hello, and with fe0d 0001 01. */
static void a_server_refuses_what_is_wrong_in_the_inner_hello(void **state)
{
    static const change_case cases[] = {
        {"padding", -1, 1, "01ff", SHK_E_ECH_PADDING},
        {"not_marked", -5, 5, "abcd000101", SHK_E_ECH_INNER},
        {"other_mark", -1, 1, "02", SHK_E_ECH_TYPE},
        {"no_end", -5, 5, "fe0d00ff01", SHK_E_TRUNCATED},
        {"lacking_in_outer", -7, 2, "abcd", SHK_E_ECH_OUTER_EXTENSIONS},
        {"the_extension_itself", -7, 2, "fe0d", SHK_E_ECH_OUTER_EXTENSIONS},
        {"another_order", -9, 4, "002b 0033", SHK_E_ECH_OUTER_EXTENSIONS},
        {"twice", -7, 2, "0033", SHK_E_ECH_OUTER_EXTENSIONS},
        {"in_both", -18, 18, "fd00 0003 02 0033  0033 0002 0000  fe0d 0001 01",
         SHK_E_DUPLICATE_EXTENSION},
        {"no_versions", -18, 18, "fd00 0005 04 000d 0033  abcd 0000  fe0d 0001 01",
         SHK_E_ECH_INNER_VERSION},
        {"tls12_too", -18, 18, "002b 0005 04 0304 0303  abcd 0000  fe0d 0001 01",
         SHK_E_ECH_INNER_VERSION},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        refuse_inner(&cases[i], false);
}

static void a_server_refuses_what_is_wrong_in_the_second_inner_hello(void **state)
{
    static const change_case cases[] = {
        {"second_padding", -1, 1, "01ff", SHK_E_ECH_PADDING},
        {"second_not_marked", -5, 5, "abcd000101", SHK_E_ECH_INNER},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        refuse_inner(&cases[i], true);
}

/* The second outer ClientHello on the wire, changed from its encrypted_client_hello on: its type,
 * length, ECHClientHelloType, suite, config_id, and enc without a byte. */
static void a_server_refuses_what_is_wrong_in_the_second_outer_hello(void **state)
{
    static const change_case cases[] = {
        {"missing", 0, 2, "fe0c", SHK_E_MISSING_EXTENSION},
        {"other_kdf", 5, 2, "0002", SHK_E_ECH_SECOND_HELLO},
        {"other_aead", 7, 2, "0003", SHK_E_ECH_SECOND_HELLO},
        {"other_config", 9, 1, "08", SHK_E_ECH_SECOND_HELLO},
        {"payload", 20, 8, "0102030405060708", SHK_E_ECH_DECRYPT},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ech_setup s;
        test_pair pair;
        uint8_t flight[2048];
        setup_ech(&s);
        s.setup.server.request_cookie = true;
        s.setup.client.no_middlebox_compatibility = true;
        test_pair_open(&pair, &s.setup);
        assert_int_equal(shk_conn_start(pair.client), SHK_OK);
        assert_int_equal(move_output(pair.client, pair.server), SHK_OK);
        assert_int_equal(move_output(pair.server, pair.client), SHK_OK);
        shk_client_hello hello = first_hello(pair.client);
        shk_span out = shk_conn_output(pair.client);
        size_t at = (size_t)(ech_of(&hello).payload.data - out.data) - 14 + (size_t)cases[i].at;
        test_bytes put = from_hex(cases[i].hex);
        assert_true(out.len <= sizeof flight && put.len == cases[i].cut);
        memcpy(flight, out.data, out.len);
        memcpy(flight + at, put.data, put.len);
        assert_int_equal(shk_conn_feed(pair.server, flight, out.len), cases[i].row);
        assert_refused(cases[i].name, pair.server, cases[i].row);
        test_pair_close(&pair);
        test_setup_free(&s.setup);
    }
}

/* A payload of the first hello that does not open is one for another key (§7.1). */
static void a_first_hello_that_does_not_open_is_answered_as_the_outer_one(void **state)
{
    ech_setup s;
    test_pair pair;
    uint8_t flight[2048];
    (void)state;
    setup_ech(&s);
    test_pair_open(&pair, &s.setup);
    assert_int_equal(shk_conn_start(pair.client), SHK_OK);
    shk_client_hello hello = first_hello(pair.client);
    shk_span out = shk_conn_output(pair.client);
    size_t at = (size_t)(ech_of(&hello).payload.data - out.data);
    memcpy(flight, out.data, out.len);
    flight[at] ^= 1;
    assert_int_equal(shk_conn_feed(pair.server, flight, out.len), SHK_OK);
    assert_server_name(pair.server, public_name);
    assert_false(shk_conn_info_of(pair.server)->ech_accepted);
    test_pair_close(&pair);
    test_setup_free(&s.setup);
}

/* A client without configurations whose last extension, padding, becomes the mark. */
static void an_inner_hello_alone_is_refused_by_who_has_keys(void **state)
{
    static const test_change change = {SHK_MSG_client_hello, 0, -5, 5, "fe0d000101"};
    ech_setup s;
    test_pair pair;
    (void)state;
    setup_ech(&s);
    s.setup.client.ech_configs = shk_span_of(NULL, 0);
    test_pair_open(&pair, &s.setup);
    assert_int_equal(shk_conn_start(pair.client), SHK_OK);
    size_t len = (size_t)shk_conn_output(pair.client).data[4] |
                 (size_t)shk_conn_output(pair.client).data[3] << 8;
    test_pair_close(&pair);
    s.setup.client.hello_padding = (uint16_t)(len + 5);
    test_arm(&change);
    test_pair_of(&pair, &s.setup);
    assert_refused(NULL, pair.server, SHK_E_ECH_INNER_ALONE);
    test_pair_close(&pair);
    s.setup.server.ech_key_count = 0;
    test_pair_connect(&pair, &s.setup);
    test_pair_close(&pair);
    test_setup_free(&s.setup);
}

static void refuse_server(const change_case *c, const test_change *change, bool retry)
{
    ech_setup s;
    test_pair pair;
    setup_ech(&s);
    s.setup.server.request_cookie = retry;
    test_arm(change);
    test_pair_of(&pair, &s.setup);
    assert_true(test_changed());
    assert_refused(c->name, pair.client, c->row);
    test_pair_close(&pair);
    test_setup_free(&s.setup);
}

/* The last bytes of ServerHello.random. */
static void a_confirmation_that_is_not_right_is_none(void **state)
{
    static const change_case cases[] = {
        {"server_hello", 2 + 24, 8, "0102030405060708", SHK_E_BAD_RECORD_MAC},
        {"server_hello_after_retry", 2 + 24, 8, "0102030405060708", SHK_E_ECH_CONFIRMATION},
    };
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        test_change change = {SHK_MSG_server_hello, 0, cases[i].at, cases[i].cut, cases[i].hex};
        refuse_server(&cases[i], &change, i == 1);
    }
}

/* The client then goes on with its outer hello, and the server with the inner. */
static void a_changed_confirmation_of_a_retry_is_noticed_by_the_server(void **state)
{
    static const test_change change = {SHK_MSG_hello_retry_request, 0, -8, 8, "0102030405060708"};
    ech_setup s;
    test_pair pair;
    (void)state;
    setup_ech(&s);
    s.setup.server.request_cookie = true;
    test_arm(&change);
    test_pair_of(&pair, &s.setup);
    assert_refused(NULL, pair.server, SHK_E_ECH_SECOND_HELLO);
    test_pair_close(&pair);
    test_setup_free(&s.setup);
}

static void a_client_refuses_configurations_that_it_has_no_need_of(void **state)
{
    static const change_case c = {"retry_configs", 0, ALL, "000d fe0d 0009 0007 fe0a 0003 aabbcc",
                                  SHK_E_ECH_RETRY_CONFIGS};
    static const test_change change = {SHK_MSG_encrypted_extensions, 0, 0, ALL,
                                       "000d fe0d 0009 0007 fe0a 0003 aabbcc"};
    (void)state;
    refuse_server(&c, &change, false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(grease_looks_like_a_hidden_hello),
        cmocka_unit_test(grease_is_repeated_in_a_second_hello),
        cmocka_unit_test(a_server_with_keys_passes_over_grease),
        cmocka_unit_test(grease_is_not_sent_below_tls_13),
        cmocka_unit_test(the_outer_hello_hides_the_name),
        cmocka_unit_test(a_server_without_keys_is_not_told_the_name),
        cmocka_unit_test(the_payload_does_not_tell_how_long_the_name_is),
        cmocka_unit_test(client_and_server_certificates_go_with_it),
        cmocka_unit_test(a_retried_hello_is_hidden_too),
        cmocka_unit_test(a_session_is_resumed_in_the_inner_hello_alone),
        cmocka_unit_test(early_data_goes_with_the_inner_hello),
        cmocka_unit_test(a_server_that_cannot_read_it_gives_other_configurations),
        cmocka_unit_test(a_rejection_after_a_retry_ends_alike),
        cmocka_unit_test(who_rejects_must_be_the_public_name),
        cmocka_unit_test(who_rejects_is_shown_no_certificate),
        cmocka_unit_test(early_data_is_lost_with_a_rejection),
        cmocka_unit_test(a_rejection_ends_well_wherever_memory_does),
        cmocka_unit_test(a_psk_of_the_outer_hello_cannot_be_selected),
        cmocka_unit_test(a_client_needs_a_configuration_that_it_can_use),
        cmocka_unit_test(configurations_that_cannot_be_used_are_passed_over),
        cmocka_unit_test(a_public_name_is_a_host_name),
        cmocka_unit_test(a_server_tries_each_of_its_keys),
        cmocka_unit_test(a_server_refuses_what_is_wrong_in_the_inner_hello),
        cmocka_unit_test(a_server_refuses_what_is_wrong_in_the_second_inner_hello),
        cmocka_unit_test(a_server_refuses_what_is_wrong_in_the_second_outer_hello),
        cmocka_unit_test(a_first_hello_that_does_not_open_is_answered_as_the_outer_one),
        cmocka_unit_test(an_inner_hello_alone_is_refused_by_who_has_keys),
        cmocka_unit_test(a_confirmation_that_is_not_right_is_none),
        cmocka_unit_test(a_changed_confirmation_of_a_retry_is_noticed_by_the_server),
        cmocka_unit_test(a_client_refuses_configurations_that_it_has_no_need_of),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
