/* The traces of RFC 8448: our server repeats sections 3, 5, 6 and 7, with the traces'
 * EncryptedExtensions, HelloRetryRequest and CertificateRequest (not 4, whose ticket it has not
 * made). */
#include "message_changes.h"
#include "rfc8448_trace.h"
#include "scripted_random.h"

#include <stdio.h>
#include <string.h>

#include "handshake/state/handshake.h"

/* The change of a message's body to that of the trace's; `text` holds its hex. */
static test_change to_trace(int section, shk_message id, const char *name, unsigned which,
                            char text[2 * MAX_VECTOR])
{
    char key[128];
    snprintf(key, sizeof key, "server|construct a%s %s handshake message|%u|%s",
             strchr("AEIOU", name[0]) != NULL ? "n" : "", name, which, name);
    test_bytes message = trace(section, key);
    for (size_t i = 4; i < message.len; i++)
        snprintf(text + 2 * (i - 4), 3, "%02x", message.data[i]);
    return (test_change){id, 0, 0, ALL, text};
}

/* A server with the randomness and the signature of a trace. */
typedef struct {
    shk_crypto *crypto;
    shk_config config;
    test_script script;
    trace_signer signer;
    shk_conn *conn;
} trace_server;

/* `which`: the number of the ServerHello in the trace; `group`: that of the key pair. */
static void open_server(trace_server *s, int section, unsigned which, const char *group)
{
    char key[128];
    snprintf(key, sizeof key, "server|construct a ServerHello handshake message|%u|ServerHello",
             which);
    test_bytes hello = trace(section, key);
    snprintf(key, sizeof key, "server|create an ephemeral %s key pair|1|private key", group);
    test_bytes private_key = trace(section, key);
    memset(s, 0, sizeof *s);
    memcpy(s->script.bytes.data, hello.data + 6, 32);
    s->script.bytes.len = 32;
    trace_append(&s->script.bytes, &private_key, 32);
    s->crypto = shk_libcrypto_new();
    s->config = shk_config_default(true, s->crypto);
    use_trace_signer(&s->config, &s->signer, section, "server");
    shk_random random = scripted(&s->script);
    assert_int_equal(shk_conn_new(&s->config, &random, &s->conn), SHK_OK);
}

static void close_server(trace_server *s)
{
    assert_true(shk_conn_info_of(s->conn).connected);
    shk_conn_free(s->conn);
    shk_libcrypto_free(s->crypto);
}

/* The server's records up to its Finished, and the client's Finished taken. */
static void server_repeats(int section)
{
    static char extensions[2 * MAX_VECTOR];
    const test_change change =
        to_trace(section, SHK_MSG_encrypted_extensions, "EncryptedExtensions", 1, extensions);
    trace_server s;
    test_bytes flight = {.len = 0};
    test_bytes bytes = trace(section, "client|send handshake record|1|complete record");
    open_server(&s, section, 1, "x25519");
    test_change_messages(&change);
    feed_trace(s.conn, &bytes);
    bytes = trace(section, "server|send handshake record|1|complete record");
    trace_append(&flight, &bytes, bytes.len);
    if (section == 7) {
        bytes = trace(7, "server|send change_cipher_spec record|1|complete record");
        trace_append(&flight, &bytes, bytes.len);
    }
    bytes = trace(section, "server|send handshake record|2|complete record");
    trace_append(&flight, &bytes, bytes.len);
    take_and_compare(s.conn, &flight);
    bytes = trace(section, "client|send handshake record|2|complete record");
    feed_trace(s.conn, &bytes);
    close_server(&s);
}

static void server_repeats_the_flight_of_sections_3_and_7(void **state)
{
    (void)state;
    server_repeats(3);
    server_repeats(7);
}

/* The cookie is that of the trace too. */
static void server_repeats_the_retried_handshake_of_section_5(void **state)
{
    enum { COOKIE_AT = 4 + 2 + 32 + 1 + 2 + 1 + 2 + 6 + 6 };
    static const uint16_t p256[] = {SHK_secp256r1};
    static char retry_hex[2 * MAX_VECTOR], extensions[2 * MAX_VECTOR];
    const test_change retry = to_trace(5, SHK_MSG_hello_retry_request, "ServerHello", 1, retry_hex);
    const test_change change =
        to_trace(5, SHK_MSG_encrypted_extensions, "EncryptedExtensions", 1, extensions);
    test_bytes message = trace(5, "server|construct a ServerHello handshake message|1|ServerHello");
    test_bytes bytes = trace(5, "client|send handshake record|1|complete record");
    test_bytes flight = {.len = 0};
    trace_server s;
    (void)state;
    open_server(&s, 5, 2, "P-256");
    s.config.groups = (shk_u16s){p256, 1};
    test_change_messages(&retry);
    feed_trace(s.conn, &bytes);
    bytes = trace(5, "server|send handshake record|1|complete record");
    take_and_compare(s.conn, &bytes);
    size_t cookie = (size_t)message.data[COOKIE_AT - 2] << 8 | message.data[COOKIE_AT - 1];
    assert_int_equal(shk_buf_append(&s.conn->handshake->retry.cookie,
                                    shk_span_of(message.data + COOKIE_AT, cookie)),
                     SHK_OK);
    test_change_messages(&change);
    bytes = trace(5, "client|send handshake record|2|complete record");
    feed_trace(s.conn, &bytes);
    bytes = trace(5, "server|send handshake record|2|complete record");
    trace_append(&flight, &bytes, bytes.len);
    bytes = trace(5, "server|send handshake record|3|complete record");
    trace_append(&flight, &bytes, bytes.len);
    take_and_compare(s.conn, &flight);
    bytes = trace(5, "client|send handshake record|3|complete record");
    feed_trace(s.conn, &bytes);
    close_server(&s);
}

static void server_repeats_the_client_authentication_of_section_6(void **state)
{
    static const uint16_t both[] = {SHK_rsa_pss_rsae_sha256, SHK_ecdsa_secp256r1_sha256};
    static char extensions[2 * MAX_VECTOR], request[2 * MAX_VECTOR];
    const test_change first =
        to_trace(6, SHK_MSG_encrypted_extensions, "EncryptedExtensions", 1, extensions);
    const test_change second =
        to_trace(6, SHK_MSG_certificate_request, "CertificateRequest", 1, request);
    test_bytes bytes = trace(6, "client|send handshake record|1|complete record");
    test_bytes flight = {.len = 0};
    trace_server s;
    (void)state;
    open_server(&s, 6, 1, "x25519");
    s.config.client_auth = SHK_CLIENT_AUTH_REQUEST;
    s.config.schemes = (shk_u16s){both, 2};
    s.signer.credential.kind = SHK_KEY_P256;
    s.signer.scheme = SHK_ecdsa_secp256r1_sha256;
    test_change_both(&first, &second);
    feed_trace(s.conn, &bytes);
    assert_true(test_change_was_made());
    bytes = trace(6, "server|send handshake record|1|complete record");
    trace_append(&flight, &bytes, bytes.len);
    bytes = trace(6, "server|send handshake record|2|complete record");
    trace_append(&flight, &bytes, bytes.len);
    take_and_compare(s.conn, &flight);
    bytes = trace(6, "client|send handshake record|2|complete record");
    feed_trace(s.conn, &bytes);
    assert_true(shk_conn_info_of(s.conn).peer_authenticated);
    close_server(&s);
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
    trace_append(&script.bytes, &random_bytes, 32);
    trace_append(&script.bytes, &private_key, 32);
    test_setup_new(&setup, "rsa2048");
    setup.server.key_log = keep_secret;
    shk_random random = scripted(&script);
    assert_int_equal(shk_conn_new(&setup.server, &random, &server), SHK_OK);
    feed_trace(server, &client_flight);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(server_repeats_the_flight_of_sections_3_and_7),
        cmocka_unit_test(server_repeats_the_retried_handshake_of_section_5),
        cmocka_unit_test(server_repeats_the_client_authentication_of_section_6),
        cmocka_unit_test(server_repeats_server_hello_and_secrets_of_section_3),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
