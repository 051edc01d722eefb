/* The traces of RFC 8448: our client repeats sections 3 and 5 byte for byte; our server its first
 * flight, as far as its answers are the trace's; the key schedule gives every secret. Vectors:
 * corpora/vectors/rfc8448.txt. */
#include "support.h"

#include <stdio.h>
#include <string.h>

#include "handshake/derive.h"

static test_bytes trace(int section, const char *rest)
{
    char key[512];
    snprintf(key, sizeof key, "%d|%s", section, rest);
    return vector_of("rfc8448.txt", key);
}

static void append(test_bytes *to, const test_bytes *more, size_t len)
{
    assert_true(to->len + len <= MAX_VECTOR);
    memcpy(to->data + to->len, more->data, len);
    to->len += len;
}

static void take_and_compare(shk_conn *conn, const test_bytes *expected)
{
    shk_span out = shk_conn_output(conn);
    assert_bytes(out, expected);
    shk_conn_sent(conn, out.len);
}

static void feed(shk_conn *conn, const test_bytes *bytes)
{
    char text[256];
    shk_status status = shk_conn_feed(conn, bytes->data, bytes->len);
    if (status != SHK_OK) {
        shk_conn_describe(conn, text, sizeof text);
        fail_msg("%s", text);
    }
}

/* A client without trust anchors (the traces' certificate is its own root), with the trace's hellos
 * and secrets. */
static shk_config trace_client(shk_crypto *crypto, const test_bytes *hello)
{
    shk_config config = shk_config_default(false, crypto);
    config.no_middlebox_compatibility = true;
    config.client_hello = span_of(hello);
    return config;
}

static void client_repeats_the_simple_handshake_of_section_3(void **state)
{
    static const uint8_t data_50[50] = {0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12,
                                        13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25,
                                        26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38,
                                        39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49};
    shk_crypto *crypto = shk_libcrypto_new();
    test_bytes hello = trace(3, "client|construct a ClientHello handshake message|1|ClientHello");
    test_bytes private_key = trace(3, "client|create an ephemeral x25519 key pair|1|private key");
    test_bytes expected = trace(3, "client|send handshake record|1|complete record");
    test_script script = {.at = 0};
    uint8_t read[64];
    shk_conn *client;
    (void)state;
    append(&script.bytes, &private_key, 32); /* client_random, which the given hello overrides */
    append(&script.bytes, &private_key, 32);
    shk_config config = trace_client(crypto, &hello);
    shk_random random = scripted(&script);
    assert_int_equal(shk_conn_new(&config, &random, &client), SHK_OK);
    assert_int_equal(shk_conn_start(client), SHK_OK);
    take_and_compare(client, &expected);

    expected = trace(3, "server|send handshake record|1|complete record");
    feed(client, &expected);
    expected = trace(3, "server|send handshake record|2|complete record");
    feed(client, &expected);
    expected = trace(3, "client|send handshake record|2|complete record");
    take_and_compare(client, &expected);
    assert_true(shk_conn_info_of(client)->connected);

    expected = trace(3, "server|send handshake record|3|complete record");
    feed(client, &expected); /* NewSessionTicket */
    assert_int_equal(shk_conn_info_of(client)->tickets_received, 1);
    assert_int_equal(shk_conn_write(client, data_50, sizeof data_50), SHK_OK);
    expected = trace(3, "client|send application_data record|1|complete record");
    take_and_compare(client, &expected);
    expected = trace(3, "server|send application_data record|1|complete record");
    feed(client, &expected);
    assert_int_equal(shk_conn_read(client, read, sizeof read), 50);
    assert_memory_equal(read, data_50, 50);
    assert_int_equal(shk_conn_close(client), SHK_OK);
    expected = trace(3, "client|send alert record|1|complete record");
    take_and_compare(client, &expected);
    expected = trace(3, "server|send alert record|1|complete record");
    feed(client, &expected);
    assert_true(shk_conn_info_of(client)->peer_closed);
    shk_conn_free(client);
    shk_libcrypto_free(crypto);
}

static void client_repeats_the_retried_handshake_of_section_5(void **state)
{
    shk_crypto *crypto = shk_libcrypto_new();
    test_bytes hello = trace(5, "client|construct a ClientHello handshake message|1|ClientHello");
    test_bytes second = trace(5, "client|construct a ClientHello handshake message|2|ClientHello");
    test_bytes x25519 = trace(5, "client|create an ephemeral x25519 key pair|1|private key");
    test_bytes p256 = trace(5, "client|create an ephemeral P-256 key pair|1|private key");
    test_bytes expected = trace(5, "client|send handshake record|1|complete record");
    test_script script = {.at = 0};
    shk_conn *client;
    (void)state;
    append(&script.bytes, &x25519, 32);
    append(&script.bytes, &x25519, 32);
    append(&script.bytes, &p256, 32);
    shk_config config = trace_client(crypto, &hello);
    config.second_client_hello = span_of(&second);
    shk_random random = scripted(&script);
    assert_int_equal(shk_conn_new(&config, &random, &client), SHK_OK);
    assert_int_equal(shk_conn_start(client), SHK_OK);
    take_and_compare(client, &expected);
    expected = trace(5, "server|send handshake record|1|complete record");
    feed(client, &expected); /* HelloRetryRequest */
    expected = trace(5, "client|send handshake record|2|complete record");
    take_and_compare(client, &expected);
    expected = trace(5, "server|send handshake record|2|complete record");
    feed(client, &expected);
    expected = trace(5, "server|send handshake record|3|complete record");
    feed(client, &expected);
    expected = trace(5, "client|send handshake record|3|complete record");
    take_and_compare(client, &expected);
    assert_true(shk_conn_info_of(client)->retried);
    assert_int_equal(shk_conn_close(client), SHK_OK);
    expected = trace(5, "client|send alert record|1|complete record");
    take_and_compare(client, &expected);
    shk_conn_free(client);
    shk_libcrypto_free(crypto);
}

/* What the server's key log says. */
static test_bytes logged_client, logged_server;

static void keep_secret(void *context, const char *line)
{
    const char *secret = strrchr(line, ' ') + 1;
    (void)context;
    if (strncmp(line, "CLIENT_HANDSHAKE_TRAFFIC_SECRET ", 32) == 0)
        logged_client = from_hex(secret);
    if (strncmp(line, "SERVER_HANDSHAKE_TRAFFIC_SECRET ", 32) == 0)
        logged_server = from_hex(secret);
}

static void server_repeats_server_hello_and_secrets_of_section_3(void **state)
{
    test_setup setup;
    test_script script = {.at = 0};
    test_bytes hello = trace(3, "server|construct a ServerHello handshake message|1|ServerHello");
    test_bytes private_key = trace(3, "server|create an ephemeral x25519 key pair|1|private key");
    test_bytes expected = trace(3, "server|send handshake record|1|complete record");
    test_bytes client_flight = trace(3, "client|send handshake record|1|complete record");
    test_bytes random_bytes = {.len = 32};
    shk_conn *server;
    (void)state;
    memcpy(random_bytes.data, hello.data + 6, 32);
    append(&script.bytes, &random_bytes, 32);
    append(&script.bytes, &private_key, 32);
    test_setup_new(&setup, "rsa2048");
    setup.server.key_log = keep_secret;
    shk_random random = scripted(&script);
    assert_int_equal(shk_conn_new(&setup.server, &random, &server), SHK_OK);
    feed(server, &client_flight);
    shk_span out = shk_conn_output(server);
    assert_true(out.len > expected.len);
    expected.data[2] = 3; /* the record's version: 0x0303 in the trace too */
    assert_bytes(shk_span_of(out.data, expected.len), &expected);
    expected = trace(3, "server|derive secret tls13 c hs traffic|1|expanded");
    assert_bytes(span_of(&logged_client), &expected);
    expected = trace(3, "server|derive secret tls13 s hs traffic|1|expanded");
    assert_bytes(span_of(&logged_server), &expected);
    shk_conn_free(server);
    test_setup_free(&setup);
}

/* Expand-Label with the trace's PRK and hash gives the trace's secret. */
static void check_derivation(shk_crypto *crypto, int section, const char *step, const char *label)
{
    char key[256];
    uint8_t out[32];
    snprintf(key, sizeof key, "%s|1|PRK", step);
    test_bytes prk = trace(section, key);
    snprintf(key, sizeof key, "%s|1|hash", step);
    test_bytes hash = trace(section, key);
    snprintf(key, sizeof key, "%s|1|expanded", step);
    test_bytes expanded = trace(section, key);
    assert_int_equal(shk_derive_secret(crypto, SHK_HASH_SHA256, prk.data, label, hash.data, out),
                     SHK_OK);
    assert_bytes(shk_span_of(out, 32), &expanded);
}

static void key_schedule_gives_the_secrets_of_every_trace(void **state)
{
    static const struct {
        const char *step;
        const char *label;
    } derivations[] = {
        {"server|derive secret for handshake tls13 derived", "derived"},
        {"server|derive secret tls13 c hs traffic", "c hs traffic"},
        {"server|derive secret tls13 s hs traffic", "s hs traffic"},
        {"server|derive secret for master tls13 derived", "derived"},
        {"server|derive secret tls13 c ap traffic", "c ap traffic"},
        {"server|derive secret tls13 s ap traffic", "s ap traffic"},
        {"server|derive secret tls13 exp master", "exp master"},
        {"client|derive secret tls13 res master", "res master"},
    };
    shk_crypto *crypto = shk_libcrypto_new();
    (void)state;
    for (int section = 3; section <= 7; section++) {
        for (size_t i = 0; i < sizeof derivations / sizeof derivations[0]; i++)
            check_derivation(crypto, section, derivations[i].step, derivations[i].label);
        uint8_t out[32];
        test_bytes salt = trace(section, "server|extract secret handshake|1|salt");
        test_bytes ikm = trace(section, "server|extract secret handshake|1|IKM");
        test_bytes secret = trace(section, "server|extract secret handshake|1|secret");
        assert_int_equal(
            shk_hkdf_extract(crypto, SHK_HASH_SHA256, span_of(&salt), span_of(&ikm), out), SHK_OK);
        assert_bytes(shk_span_of(out, 32), &secret);
    }
    shk_libcrypto_free(crypto);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(client_repeats_the_simple_handshake_of_section_3),
        cmocka_unit_test(client_repeats_the_retried_handshake_of_section_5),
        cmocka_unit_test(server_repeats_server_hello_and_secrets_of_section_3),
        cmocka_unit_test(key_schedule_gives_the_secrets_of_every_trace),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
