/* Lengths of messages: the longest ClientHello is accepted, and a message over our limits is
 * refused. */
#include "conn_pair.h"
#include "scripted_random.h"

#include <string.h>

#include "extensions/extension_block.h"
#include "messages/client_hello.h"

enum { MOST_SUITES = 65534, MOST_EXTENSIONS = 65535, FILLER_HEADER = 4 };

/* Memory of one connection. */
typedef struct {
    size_t now;
    size_t most;
} memory_use;

static void *measured_resize(void *context, void *old, size_t old_size, size_t new_size)
{
    memory_use *use = (memory_use *)context;
    void *memory = shk_libc_allocator.resize(shk_libc_allocator.context, old, old_size, new_size);
    use->now += new_size - (old != NULL ? old_size : 0);
    use->most = use->now > use->most ? use->now : use->most;
    return memory;
}

static shk_conn *client_of(const test_setup *setup)
{
    static uint64_t seed;
    seed = 5; /* the same key pairs each time */
    shk_random random = counting(&seed);
    shk_conn *conn = NULL;
    assert_int_equal(shk_conn_new(&setup->client, &random, &conn), SHK_OK);
    assert_int_equal(shk_conn_start(conn), SHK_OK);
    return conn;
}

/* One extension of all bytes that are missing, or empty ones of all types that are not known. */
static void fill_extensions(shk_buf *out, bool many)
{
    static const uint8_t zeros[MOST_EXTENSIONS];
    for (uint16_t type = 0x1100; out->len + FILLER_HEADER <= MOST_EXTENSIONS; type++) {
        size_t len = many && out->len + 2 * FILLER_HEADER <= MOST_EXTENSIONS
                         ? 0
                         : MOST_EXTENSIONS - out->len - FILLER_HEADER;
        shk_raw_extension e = {type, shk_span_of(zeros, len)};
        if (shk_extension_identify(type) == SHK_EXT_COUNT)
            assert_int_equal(shk_encode(shk_raw_extension_shape, NULL, &e, out, NULL), SHK_OK);
    }
    assert_int_equal(out->len, MOST_EXTENSIONS);
}

/* The client's hello with every list as long as it can be; TLS 1.3 has one compression method. */
static shk_buf longest_hello(const test_setup *setup, bool many)
{
    static uint8_t suites[MOST_SUITES], methods[255], session_id[32];
    shk_conn *conn = client_of(setup);
    shk_span sent = shk_conn_output(conn);
    shk_client_hello m;
    shk_buf raw = shk_buf_growing(&shk_libc_allocator);
    shk_buf out = shk_buf_growing(&shk_libc_allocator);
    static const uint8_t header[4] = {1, 0, 0, 0};
    assert_int_equal(shk_decode(shk_message_rows[SHK_MSG_client_hello].layout->shape, NULL,
                                shk_span_of(sent.data + 9, sent.len - 9), &m, NULL),
                     SHK_OK);
    assert_int_equal(shk_buf_append(&raw, m.extensions.raw), SHK_OK);
    fill_extensions(&raw, many);
    memset(suites, 0xfe, sizeof suites);
    memcpy(suites, m.cipher_suites.data, m.cipher_suites.len);
    m.cipher_suites = shk_span_of(suites, sizeof suites);
    if (m.legacy_session_id.len == 0)
        m.legacy_session_id = shk_span_of(session_id, sizeof session_id);
    if (setup->client.max_version < SHK_TLS13)
        m.legacy_compression_methods = shk_span_of(methods, sizeof methods);
    m.extensions = shk_extension_block_of(&raw);
    assert_int_equal(shk_buf_append(&out, shk_span_of(header, sizeof header)), SHK_OK);
    assert_int_equal(
        shk_encode(shk_message_rows[SHK_MSG_client_hello].layout->shape, NULL, &m, &out, NULL),
        SHK_OK);
    size_t len = out.len - 4;
    out.data[1] = (uint8_t)(len >> 16);
    out.data[2] = (uint8_t)(len >> 8);
    out.data[3] = (uint8_t)len;
    shk_buf_free(&raw);
    shk_conn_free(conn);
    return out;
}

/* By default, in TLS 1.2 and 1.3 hellos; the server's memory for it is bounded. */
static void longest_client_hello_is_accepted(void **state)
{
    (void)state;
    for (uint16_t version = SHK_TLS12; version <= SHK_TLS13; version++)
        for (int many = 0; many < 2; many++) {
            test_setup setup;
            test_pair pair;
            memory_use use = {0, 0};
            shk_allocator measured = {measured_resize, &use};
            uint64_t seed = 6;
            shk_random random = counting(&seed);
            test_setup_new(&setup, "p256");
            setup.client.max_version = version;
            shk_buf hello = longest_hello(&setup, many == 1);
            assert_int_equal(hello.len - 4,
                             SHK_LONGEST_CLIENT_HELLO - (version == SHK_TLS13 ? 254 : 0));
            setup.client.client_hello = shk_buf_span(&hello);
            setup.server.allocator = &measured;
            pair.client = client_of(&setup);
            assert_int_equal(shk_conn_new(&setup.server, &random, &pair.server), SHK_OK);
            test_pair_pump(&pair);
            assert_connected(&pair);
            assert_in_range(use.most, SHK_LONGEST_CLIENT_HELLO, 8 * SHK_LONGEST_CLIENT_HELLO);
            assert_in_range(use.now, 0, 16384); /* it is freed with the handshake */
            test_pair_close(&pair);
            shk_buf_free(&hello);
            test_setup_free(&setup);
        }
}

/* The header is enough; no memory is allocated for the body. */
static void message_over_the_limit_is_refused_by_its_header(void **state)
{
    static const struct {
        uint8_t header[9];
        const char *message;
        shk_status expected;
    } cases[] = {
        {{22, 3, 1, 0, 4, 1, 0, 0x10, 0x00}, NULL, SHK_OK},
        {{22, 3, 1, 0, 4, 1, 0, 0x10, 0x01}, "client_hello", SHK_E_MESSAGE_TOO_LONG},
        {{22, 3, 1, 0, 4, 11, 0, 0x20, 0x00}, NULL, SHK_OK},
        {{22, 3, 1, 0, 4, 11, 0, 0x20, 0x01}, "certificate", SHK_E_CERTIFICATE_TOO_LONG},
        {{22, 3, 1, 0, 4, 25, 0, 0x20, 0x01}, "compressed_certificate", SHK_E_CERTIFICATE_TOO_LONG},
    };
    test_setup setup;
    (void)state;
    test_setup_new(&setup, "p256");
    setup.server.max_message = 0x1000;
    setup.server.max_certificate = 0x2000;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        test_pair pair;
        test_pair_open(&pair, &setup);
        assert_case_fails(cases[i].message,
                          shk_conn_feed(pair.server, cases[i].header, sizeof cases[i].header),
                          cases[i].expected);
        assert_refused(cases[i].message, pair.server, cases[i].expected);
        if (cases[i].message != NULL)
            assert_string_equal(shk_conn_failure_of(pair.server)->message, cases[i].message);
        test_pair_close(&pair);
    }
    test_setup_free(&setup);
}

/* Four identities of 20,000 bytes do not fit in pre_shared_key; this is no decode_error for the
 * peer. */
static void own_message_too_long_is_reported_to_the_caller(void **state)
{
    static const uint8_t identities[4][20000] = {{1}, {2}, {3}, {4}};
    static const uint8_t key[16] = {7};
    shk_external_psk psks[4];
    test_setup setup;
    shk_conn *conn = NULL;
    uint64_t seed = 1;
    shk_random random = counting(&seed);
    char text[256];
    (void)state;
    test_setup_new(&setup, "p256");
    memset(psks, 0, sizeof psks);
    for (size_t i = 0; i < 4; i++) {
        psks[i].identity = shk_span_of(identities[i], sizeof identities[i]);
        psks[i].key = shk_span_of(key, sizeof key);
    }
    setup.client.psks = psks;
    setup.client.psk_count = 4;
    assert_int_equal(shk_conn_new(&setup.client, &random, &conn), SHK_OK);
    assert_fails(shk_conn_start(conn), SHK_E_OWN_MESSAGE);
    assert_refused(NULL, conn, SHK_E_OWN_MESSAGE);
    shk_conn_describe(conn, text, sizeof text);
    assert_non_null(strstr(text, "pre_shared_key"));
    shk_conn_free(conn);
    test_setup_free(&setup);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(longest_client_hello_is_accepted),
        cmocka_unit_test(message_over_the_limit_is_refused_by_its_header),
        cmocka_unit_test(own_message_too_long_is_reported_to_the_caller),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
