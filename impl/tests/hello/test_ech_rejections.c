/* Encrypted ClientHello (RFC 9849) that the server rejects, and its configurations. */
#include "ech_setup.h"
#include "failing_allocator.h"
#include "message_changes.h"
#include "scripted_random.h"

#include <string.h>

/* Rejected */

static void server_that_cannot_decrypt_ech_sends_retry_configs(void **state)
{
    ech_setup s;
    shk_ech_key other;
    uint8_t memory[512];
    test_pair pair;
    (void)state;
    setup_ech(&s);
    change_ech_key(&s, &other, memory, sizeof memory);
    test_pair_open_and_run(&pair, &s.setup);
    assert_refused(NULL, pair.client, SHK_E_ECH_REJECTED);
    assert_int_equal(shk_conn_failure_of(pair.server)->alert_received, SHK_ALERT_ech_required);
    assert_false(shk_conn_info_of(pair.client).ech_accepted);
    shk_span retry = shk_conn_info_of(pair.client).ech_retry_configs;
    assert_true(shk_span_equal(retry, other.configs));
    s.setup.client.ech_configs = retry;
    test_pair second;
    test_pair_connect(&second, &s.setup);
    assert_ech_outcome(&second, true);
    test_pair_close(&second);
    test_pair_close_all(&pair, &s.setup);
}

/* RFC 9849 §7: below TLS 1.3 encrypted_client_hello is an unknown extension. */
static void tls_12_server_ignores_ech(void **state)
{
    static const hello_case inner = {"inner", APPEND, 0xfe0d, "01", SHK_E_ECH_INNER_ALONE};
    (void)state;
    for (uint16_t version = SHK_TLS12; version <= SHK_TLS13; version++) {
        ech_setup s;
        test_pair pair;
        uint8_t bytes[MAX_VECTOR + 16];
        hello_case edit = inner;
        setup_ech(&s);
        s.setup.client.ech_configs.len = 0;
        s.setup.server.max_version = version;
        edit.expected = version == SHK_TLS12 ? SHK_OK : inner.expected;
        test_pair_start(&pair, &s.setup);
        size_t len = edited_client_hello(&edit, pair.client, bytes);
        assert_hello_refused(&edit, pair.server, bytes, len);
        test_pair_close_all(&pair, &s.setup);
    }
}

/* An empty list, a list of only another version, and bytes that are no list. */
static void ech_key_without_a_usable_config_is_refused(void **state)
{
    static const char *const cases[] = {"", "0000", "0008 fe0a 0004 aabbccdd", "0001"};
    test_setup setup;
    (void)state;
    test_setup_new(&setup, "p256");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const test_bytes configs = from_hex(cases[i]);
        shk_ech_key key = {.configs = span_of(&configs)};
        assert_case_fails(cases[i], shk_ech_check_key(setup.crypto, &key), SHK_E_CONFIG);
    }
    test_setup_free(&setup);
}

/* The server's key is not that of the client's configuration; `reports_configs`: the client reports
 * retry_configs. */
static void expect_rejection(ech_setup *s, shk_status expected, bool reports_configs)
{
    shk_ech_key other;
    uint8_t memory[512];
    test_pair pair;
    change_ech_key(s, &other, memory, sizeof memory);
    test_pair_open_and_run(&pair, &s->setup);
    assert_refused(NULL, pair.client, expected);
    assert_int_equal(shk_conn_info_of(pair.client).ech_retry_configs.len > 0, reports_configs);
    test_pair_close_all(&pair, &s->setup);
}

static void ech_rejection_after_hello_retry_request_is_the_same(void **state)
{
    ech_setup s;
    (void)state;
    setup_ech(&s);
    s.setup.server.request_cookie = true;
    expect_rejection(&s, SHK_E_ECH_REJECTED, true);
}

static void rejecting_server_must_authenticate_as_the_public_name(void **state)
{
    ech_setup s;
    (void)state;
    test_setup_new(&s.setup, "p256");
    make_ech_key(&s.setup, &s.key, s.configs, sizeof s.configs, 1, "not-of-this-server.test");
    s.setup.client.ech_configs = s.key.configs;
    s.setup.server.ech_key_count = 1;
    expect_rejection(&s, SHK_E_NAME_MISMATCH, false);
}

/* §6.1.6 */
static void retry_configs_of_an_unverified_server_are_not_reported(void **state)
{
    ech_setup s;
    (void)state;
    setup_ech(&s);
    s.setup.client.trust = NULL;
    expect_rejection(&s, SHK_E_ECH_REJECTED, false);
}

/* §6.1.7: a raw key has no name. So raw keys are offered only in the inner hello, and a rejecting
 * server sends a certificate. */
static void rejecting_server_sends_an_x509_certificate(void **state)
{
    static const uint8_t types[] = {SHK_CERTIFICATE_RAW_PUBLIC_KEY, SHK_CERTIFICATE_X509};
    (void)state;
    for (int rejects = 0; rejects < 2; rejects++) {
        ech_setup s;
        test_pair pair;
        setup_ech(&s);
        s.setup.client.peer_certificate_types = shk_span_of(types, sizeof types);
        s.setup.client.peer_keys = &s.setup.credential->key_info;
        s.setup.client.peer_key_count = 1;
        s.setup.server.own_certificate_types = shk_span_of(types, sizeof types);
        if (rejects)
            s.setup.server.ech_key_count = 0;
        test_pair_open_and_run(&pair, &s.setup);
        assert_int_equal(shk_conn_info_of(pair.server).raw_public_key, !rejects);
        if (rejects)
            assert_refused(NULL, pair.client, SHK_E_ECH_REJECTED);
        else
            assert_ech_outcome(&pair, true);
        test_pair_close_all(&pair, &s.setup);
    }
}

/* A client that accepts only raw keys cannot verify the public name, and reports no retry_configs.
 */
static void client_of_raw_keys_only_cannot_verify_a_rejecting_server(void **state)
{
    static const uint8_t raw[] = {SHK_CERTIFICATE_RAW_PUBLIC_KEY};
    static const uint8_t types[] = {SHK_CERTIFICATE_RAW_PUBLIC_KEY, SHK_CERTIFICATE_X509};
    (void)state;
    for (int anchors = 0; anchors < 2; anchors++) {
        ech_setup s;
        setup_ech(&s);
        s.setup.client.peer_certificate_types = shk_span_of(raw, sizeof raw);
        s.setup.client.peer_keys = &s.setup.credential->key_info;
        s.setup.client.peer_key_count = 1;
        s.setup.server.own_certificate_types = shk_span_of(types, sizeof types);
        if (anchors == 0)
            s.setup.client.trust = NULL;
        expect_rejection(&s, SHK_E_ECH_REJECTED, anchors == 1);
    }
}

/* The private key of another configuration. */
static void ech_private_key_must_match_its_config(void **state)
{
    ech_setup s;
    shk_ech_key other;
    uint8_t memory[256];
    (void)state;
    setup_ech(&s);
    make_ech_key(&s.setup, &other, memory, sizeof memory, 2, "localhost");
    assert_int_equal(shk_ech_check_key(s.setup.crypto, &s.key), SHK_OK);
    other.configs = s.key.configs;
    assert_fails(shk_ech_check_key(s.setup.crypto, &other), SHK_E_ECH_KEY_MISMATCH);
    other.configs.len--;
    assert_fails(shk_ech_check_key(s.setup.crypto, &other), SHK_E_CONFIG);
    test_setup_free(&s.setup);
}

/* §6.1.6 */
static void client_sends_no_certificate_to_a_rejecting_server(void **state)
{
    ech_setup s;
    test_pair pair;
    (void)state;
    setup_ech(&s);
    test_with_client_certificate(&s.setup, "client-p256");
    s.setup.server.client_auth = SHK_CLIENT_AUTH_REQUEST;
    s.setup.server.ech_key_count = 0;
    test_pair_open_and_run(&pair, &s.setup);
    assert_refused(NULL, pair.client, SHK_E_ECH_REJECTED);
    assert_false(shk_conn_info_of(pair.server).peer_authenticated);
    test_pair_close_all(&pair, &s.setup);
}

static void early_data_is_rejected_with_ech(void **state)
{
    ech_setup s;
    test_session kept;
    shk_ech_key other;
    uint8_t memory[512], got[8];
    test_pair pair;
    (void)state;
    setup_ech_sessions(&s, &kept);
    shk_replay_guard *guard = shk_replay_guard_new(&shk_libc_allocator, 4);
    s.setup.server.replay_guard = guard;
    s.setup.server.max_early_data = 100;
    s.setup.client.early_data = true;
    assert_false(test_resumes(&s.setup));
    test_offer_session(&s.setup, &kept);
    change_ech_key(&s, &other, memory, sizeof memory);
    test_pair_start(&pair, &s.setup);
    assert_int_equal(shk_conn_write_early(pair.client, (const uint8_t *)"early", 5), SHK_OK);
    test_pair_pump(&pair);
    assert_refused(NULL, pair.client, SHK_E_ECH_REJECTED);
    assert_false(shk_conn_info_of(pair.server).resumed);
    assert_int_equal(shk_conn_read(pair.server, got, sizeof got), 0);
    test_pair_close(&pair);
    shk_replay_guard_free(guard);
    test_setup_free(&s.setup);
}

/* pre_shared_key stands in front of key_share in ServerHello (§6.1.2): also where the
 * second hello, which offers none, is answered. */
static void psk_of_the_outer_client_hello_cannot_be_selected(void **state)
{
    static const uint8_t key[32] = {1};
    static const test_change selects = {SHK_MSG_server_hello, 0, IN(key_share, 0), 0,
                                        "002900020000"};
    (void)state;
    for (int retry = 0; retry < 2; retry++) {
        ech_setup s;
        test_pair pair;
        setup_ech(&s);
        test_with_psk(&s.setup, key, key);
        s.setup.server.ech_key_count = 0;
        s.setup.server.request_cookie = retry == 1;
        test_change_messages(&selects);
        test_pair_open_and_run(&pair, &s.setup);
        assert_int_equal(shk_conn_info_of(pair.client).retried, retry);
        assert_refused(NULL, pair.client, SHK_E_UNSUPPORTED_SELECTION);
        test_pair_close_all(&pair, &s.setup);
    }
}

/* Whether the client gets as far as the rejection with so many allocations. */
static bool is_rejected_with(ech_setup *s, unsigned blocks)
{
    uint64_t seeds[2] = {1, 2};
    shk_random random[2] = {counting(&seeds[0]), counting(&seeds[1])};
    test_pair pair = {.client = NULL};
    s->setup.client.allocator = &test_failing_allocator;
    test_own_allocations = (test_allocations){.fail_at = blocks + 1, .lasting = true};
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

static void ech_rejection_without_memory_ends_cleanly(void **state)
{
    (void)state;
    for (int retry = 0; retry < 2; retry++) {
        ech_setup s;
        shk_ech_key other;
        uint8_t memory[512];
        unsigned blocks = 0;
        setup_ech(&s);
        change_ech_key(&s, &other, memory, sizeof memory);
        s.setup.server.request_cookie = retry == 1;
        while (!is_rejected_with(&s, blocks))
            blocks++;
        assert_true(blocks > 20);
        test_setup_free(&s.setup);
    }
}

/* Configurations */

/* RFC 9849 §4.2: an unknown mandatory extension makes a configuration unusable. */
static void ech_config_with_unknown_mandatory_extension_is_not_used(void **state)
{
    static const uint8_t extension[] = {0, 4, 0x7a, 0x0a, 0, 0};
    uint8_t configs[512];
    ech_setup s;
    shk_conn *conn;
    uint64_t seed = 1;
    shk_random random = counting(&seed);
    (void)state;
    setup_ech(&s);
    size_t len = s.key.configs.len - 2;
    memcpy(configs, s.key.configs.data, len);
    memcpy(configs + len, extension, sizeof extension); /* where there were none */
    configs[1] = (uint8_t)(configs[1] + 4);
    configs[5] = (uint8_t)(configs[5] + 4);
    s.setup.client.ech_configs = shk_span_of(configs, len + sizeof extension);
    assert_int_equal(shk_conn_new(&s.setup.client, &random, &conn), SHK_OK);
    shk_conn_free(conn);
    configs[len + 2] |= 0x80;
    assert_fails(shk_conn_new(&s.setup.client, &random, &conn), SHK_E_CONFIG);
    test_setup_free(&s.setup);
}

static void client_without_a_usable_ech_config_is_refused(void **state)
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

/* An ECHConfigList: the key's configuration with extensions, and optionally the unmodified one. */
static shk_span with_extensions(const ech_setup *s, const char *before, const char *extensions,
                                bool own, shk_buf *list)
{
    shk_span good = shk_span_of(s->key.configs.data + 2, s->key.configs.len - 2);
    test_bytes other = from_hex(before), extension = from_hex(extensions);
    size_t len = good.len - 4 - 2 + extension.len;
    uint8_t head[4] = {0xfe, 0x0d, 0, (uint8_t)len};
    uint8_t length[2] = {0, (uint8_t)(other.len + 4 + len + (own ? good.len : 0))};
    shk_buf_append(list, shk_span_of(length, 2));
    shk_buf_append(list, span_of(&other));
    shk_buf_append(list, shk_span_of(head, 4));
    shk_buf_append(list, shk_span_of(good.data + 4, good.len - 4 - 2));
    shk_buf_append(list, span_of(&extension));
    if (own)
        shk_buf_append(list, good);
    return shk_buf_span(list);
}

/* §4.2: an unknown version, an unknown mandatory extension, or two extensions of one type. */
static void unusable_ech_configs_are_skipped(void **state)
{
    static const char *const cases[] = {"00048a8a0000", "0009 0a0a0001aa 8a8a0000",
                                        "0009 0a0a0001aa 0a0a0000"};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ech_setup s;
        test_pair pair;
        uint8_t memory[1024];
        shk_buf list = shk_buf_over(memory, sizeof memory);
        setup_ech(&s);
        s.setup.client.ech_configs = with_extensions(&s, "fe0a0003aabbcc", cases[i], true, &list);
        test_pair_connect(&pair, &s.setup);
        assert_ech_outcome(&pair, true);
        test_pair_close_all(&pair, &s.setup);
    }
}

/* §4.2: unknown optional extensions are ignored, and still authenticated. */
static void ech_config_with_unknown_optional_extensions_is_used(void **state)
{
    ech_setup s;
    test_pair pair;
    uint8_t memory[1024];
    shk_buf list = shk_buf_over(memory, sizeof memory);
    (void)state;
    setup_ech(&s);
    s.setup.client.ech_configs = with_extensions(&s, "", "0009 0a0a0001aa 7fff0000", false, &list);
    test_pair_open_and_run(&pair, &s.setup);
    assert_refused(NULL, pair.client, SHK_E_ECH_REJECTED);
    test_pair_close(&pair);
    s.key.configs = s.setup.client.ech_configs;
    test_pair_connect(&pair, &s.setup);
    assert_ech_outcome(&pair, true);
    test_pair_close_all(&pair, &s.setup);
}

static void ech_public_name_must_be_a_host_name(void **state)
{
    static const char *const names[] = {
        "",
        ".",
        "a..b",
        "a.",
        ".a",
        "-a.test",
        "a-.test",
        "a_b.test",
        "192.0.2.1",
        "1.0x7f",
        "a.b c",
        "a.0XFf",
        "a.0x1",
        "a.0x",
        "a.7",
        "0x7f000001",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.test",
    };
    static const char *const good[] = {
        "a",
        "192.0.2.a",
        "0x7f.test",
        "a.0xg",
        "a.0y1",
        "a.1x",
        "x--y.test",
        "a.0x1-2",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.test",
    };
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
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        shk_ech_settings settings = {.public_name = good[i]};
        shk_buf configs = shk_buf_over(memory, sizeof memory);
        assert_case_fails(
            good[i], shk_ech_make_key(setup.crypto, &random, &settings, &configs, key), SHK_OK);
    }
    test_setup_free(&setup);
}

static void server_tries_each_of_its_ech_keys(void **state)
{
    ech_setup s;
    shk_ech_key keys[2];
    uint8_t memory[512];
    test_pair pair;
    (void)state;
    setup_ech(&s);
    make_ech_key(&s.setup, &keys[0], memory, sizeof memory, 2, test_public_name);
    keys[1] = s.key;
    s.setup.server.ech_keys = keys;
    s.setup.server.ech_key_count = 2;
    test_pair_connect(&pair, &s.setup);
    assert_ech_outcome(&pair, true);
    test_pair_close_all(&pair, &s.setup);
}

static void client_hello_without_ech_is_read_as_it_is(void **state)
{
    ech_setup s;
    test_pair pair;
    (void)state;
    setup_ech(&s);
    s.setup.client.ech_configs.len = 0;
    test_pair_connect(&pair, &s.setup);
    assert_false(shk_conn_info_of(pair.server).ech_accepted);
    assert_server_name(pair.server, "server.shakedown.test");
    test_pair_close_all(&pair, &s.setup);
}

static void ech_public_name_over_255_bytes_is_refused(void **state)
{
    char name[257];
    uint8_t memory[512], key[SHK_ECH_PRIVATE_KEY];
    test_setup setup;
    uint64_t seed = 1;
    shk_random random = counting(&seed);
    shk_ech_settings settings = {.public_name = name, .config_id = 7};
    (void)state;
    test_setup_new(&setup, "p256");
    for (size_t i = 0; i < 255; i++)
        name[i] = i % 2 == 0 ? 'a' : '.';
    shk_buf configs = shk_buf_over(memory, sizeof memory);
    name[255] = 0;
    assert_int_equal(shk_ech_make_key(setup.crypto, &random, &settings, &configs, key), SHK_OK);
    configs.len = 0;
    name[255] = 'a';
    name[256] = 0;
    assert_fails(shk_ech_make_key(setup.crypto, &random, &settings, &configs, key),
                 SHK_E_ECH_PUBLIC_NAME);
    test_setup_free(&setup);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tls_12_server_ignores_ech),
        cmocka_unit_test(ech_key_without_a_usable_config_is_refused),
        cmocka_unit_test(server_that_cannot_decrypt_ech_sends_retry_configs),
        cmocka_unit_test(ech_rejection_after_hello_retry_request_is_the_same),
        cmocka_unit_test(rejecting_server_must_authenticate_as_the_public_name),
        cmocka_unit_test(retry_configs_of_an_unverified_server_are_not_reported),
        cmocka_unit_test(rejecting_server_sends_an_x509_certificate),
        cmocka_unit_test(client_of_raw_keys_only_cannot_verify_a_rejecting_server),
        cmocka_unit_test(ech_private_key_must_match_its_config),
        cmocka_unit_test(client_sends_no_certificate_to_a_rejecting_server),
        cmocka_unit_test(early_data_is_rejected_with_ech),
        cmocka_unit_test(psk_of_the_outer_client_hello_cannot_be_selected),
        cmocka_unit_test(ech_rejection_without_memory_ends_cleanly),
        cmocka_unit_test(client_without_a_usable_ech_config_is_refused),
        cmocka_unit_test(unusable_ech_configs_are_skipped),
        cmocka_unit_test(ech_config_with_unknown_optional_extensions_is_used),
        cmocka_unit_test(ech_public_name_must_be_a_host_name),
        cmocka_unit_test(server_tries_each_of_its_ech_keys),
        cmocka_unit_test(ech_config_with_unknown_mandatory_extension_is_not_used),
        cmocka_unit_test(client_hello_without_ech_is_read_as_it_is),
        cmocka_unit_test(ech_public_name_over_255_bytes_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
