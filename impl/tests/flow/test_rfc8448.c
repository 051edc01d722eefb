/* The traces of RFC 8448: our client repeats sections 3, 4, 5 and 7 byte for byte, and 6 message
 * for message; our server sections 3, 5, 6 and 7, with the traces' EncryptedExtensions,
 * HelloRetryRequest and CertificateRequest (not 4, whose ticket it has not made); the key schedule
 * gives every secret of all. Signatures are randomised, so a signer repeats those of the traces.
 * Vectors: corpora/vectors/rfc8448.txt. */
#include "handshake/sessions/session_trust.h"
#include "handshake/state/handshake.h"
#include "message_changes.h"
#include "pair_setup.h"
#include "scripted_random.h"

#include <stdio.h>
#include <string.h>

#include "crypto/derive.h"

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
    static const uint16_t groups[] = {SHK_x25519, SHK_secp256r1};
    shk_config config = shk_config_default(false, crypto);
    config.groups = (shk_u16s){groups, 2};
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

static int64_t shortly_after(void *context)
{
    (void)context;
    return 1000;
}

/* The session that section 3 left behind; its ticket is in the given hello. */
static test_bytes session_of_section_4(const shk_config *config)
{
    uint8_t trust[SHK_TRUST_DIGEST];
    test_bytes psk = trace(4, "client|extract secret early|1|IKM");
    test_bytes out = {.len = 0};
    shk_buf bytes = shk_buf_growing(&shk_libc_allocator);
    assert_int_equal(shk_trust_digest(config, NULL, trust), SHK_OK);
    shk_session session = {
        .format = SHK_SESSION_FORMAT,
        .trust = shk_span_of(trust, sizeof trust),
        .version = SHK_TLS13,
        .suite = SHK_TLS_AES_128_GCM_SHA256,
        .lifetime = 30,
        .max_early_data = 1024,
        .secret = span_of(&psk),
        .ticket = shk_span_of_text("ticket"),
    };
    assert_int_equal(shk_encode(shk_session_shape, NULL, &session, &bytes, NULL), SHK_OK);
    memcpy(out.data, bytes.data, bytes.len);
    out.len = bytes.len;
    shk_buf_free(&bytes);
    return out;
}

static void client_repeats_the_early_data_of_section_4(void **state)
{
    shk_crypto *crypto = shk_libcrypto_new();
    test_bytes hello = trace(4, "client|send handshake record|1|payload");
    test_bytes private_key = trace(4, "client|create an ephemeral x25519 key pair|1|private key");
    test_bytes bytes = trace(4, "client|send handshake record|1|complete record");
    test_bytes early = trace(4, "client|send application_data record|1|payload");
    test_bytes data = trace(4, "client|send application_data record|2|payload");
    test_script script = {.at = 0};
    test_bytes flight = {.len = 0};
    shk_conn *client;
    (void)state;
    append(&script.bytes, &private_key, 32);
    append(&script.bytes, &private_key, 32);
    shk_config config = trace_client(crypto, &hello);
    test_bytes session = session_of_section_4(&config);
    config.early_data = true;
    config.session = span_of(&session);
    config.clock.now_ms = shortly_after;
    shk_random random = scripted(&script);
    assert_int_equal(shk_conn_new(&config, &random, &client), SHK_OK);
    assert_int_equal(shk_conn_start(client), SHK_OK);
    take_and_compare(client, &bytes);
    assert_int_equal(shk_conn_write_early(client, early.data, early.len), SHK_OK);
    bytes = trace(4, "client|send application_data record|1|complete record");
    take_and_compare(client, &bytes);
    bytes = trace(4, "server|send handshake record|1|complete record");
    feed(client, &bytes);
    bytes = trace(4, "server|send handshake record|2|complete record");
    feed(client, &bytes);
    bytes = trace(4, "client|send handshake record|2|complete record"); /* EndOfEarlyData */
    append(&flight, &bytes, bytes.len);
    bytes = trace(4, "client|send handshake record|3|complete record"); /* Finished */
    append(&flight, &bytes, bytes.len);
    take_and_compare(client, &flight);
    assert_true(shk_conn_info_of(client)->connected);
    assert_true(shk_conn_info_of(client)->early_data);
    assert_int_equal(shk_conn_write(client, data.data, data.len), SHK_OK);
    bytes = trace(4, "client|send application_data record|2|complete record");
    take_and_compare(client, &bytes);
    bytes = trace(4, "server|send application_data record|1|complete record");
    feed(client, &bytes);
    assert_int_equal(shk_conn_read(client, bytes.data, MAX_VECTOR), data.len);
    assert_memory_equal(bytes.data, data.data, data.len);
    assert_int_equal(shk_conn_close(client), SHK_OK);
    bytes = trace(4, "client|send alert record|1|complete record");
    take_and_compare(client, &bytes);
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

/* A certificate of a trace, and a signer that gives out the trace's signature. */
typedef struct {
    test_bytes certificate; /* the message */
    test_bytes verify;      /* CertificateVerify, the message */
    shk_span chain[1];
    shk_credential credential;
    const shk_credential *credentials[1];
    uint16_t scheme;
} trace_signer;

static shk_status repeat_signature(void *context, const shk_credential *credential,
                                   const shk_signature_scheme_row *scheme, shk_span message,
                                   uint8_t *signature, size_t *len)
{
    const trace_signer *s = (const trace_signer *)context;
    (void)message;
    assert_ptr_equal(credential, &s->credential);
    assert_int_equal(scheme->value, s->scheme);
    *len = s->verify.len - 8; /* behind header, algorithm and length */
    memcpy(signature, s->verify.data + 8, *len);
    return SHK_OK;
}

static void use_trace_signer(shk_config *config, trace_signer *s, int section, const char *who)
{
    char key[128];
    snprintf(key, sizeof key, "%s|construct a Certificate handshake message|1|Certificate", who);
    s->certificate = trace(section, key);
    snprintf(key, sizeof key,
             "%s|construct a CertificateVerify handshake message|1|CertificateVerify", who);
    s->verify = trace(section, key);
    /* header, context, length of the list, of the certificate; and its extensions */
    s->chain[0] = shk_span_of(s->certificate.data + 11, s->certificate.len - 13);
    memset(&s->credential, 0, sizeof s->credential);
    s->credential.chain = s->chain;
    s->credential.count = 1;
    s->credential.kind = SHK_KEY_RSA;
    s->credential.key_size = 128;
    s->scheme = SHK_rsa_pss_rsae_sha256;
    s->credentials[0] = &s->credential;
    config->credentials = s->credentials;
    config->credential_count = 1;
    config->schemes.values = &s->scheme;
    config->schemes.count = 1;
    config->signer = repeat_signature;
    config->signer_context = s;
}

static void keep_sent(void *context, bool sent, shk_message id, const shk_form *form, shk_span raw)
{
    test_bytes *kept = (test_bytes *)context;
    (void)id;
    (void)form;
    if (!sent)
        return;
    assert_true(kept->len + raw.len <= MAX_VECTOR);
    memcpy(kept->data + kept->len, raw.data, raw.len);
    kept->len += raw.len;
}

/* The trace has Finished in the record of the messages before it, we have it in its own: the
 * messages are compared, and a record after them. */
static void client_repeats_the_client_authentication_of_section_6(void **state)
{
    shk_crypto *crypto = shk_libcrypto_new();
    test_bytes hello = trace(6, "client|construct a ClientHello handshake message|1|ClientHello");
    test_bytes private_key = trace(6, "client|create an ephemeral x25519 key pair|1|private key");
    test_bytes bytes = trace(6, "server|send handshake record|1|complete record");
    static const uint16_t of_both[] = {SHK_rsa_pss_rsae_sha256, SHK_ecdsa_secp256r1_sha256};
    test_script script = {.at = 0};
    test_bytes sent = {.len = 0};
    trace_signer signer;
    shk_conn *client;
    (void)state;
    append(&script.bytes, &private_key, 32);
    append(&script.bytes, &private_key, 32);
    shk_config config = trace_client(crypto, &hello);
    use_trace_signer(&config, &signer, 6, "client");
    config.schemes.values = of_both; /* the second is the server's */
    config.schemes.count = 2;
    config.observer = keep_sent;
    config.observer_context = &sent;
    shk_random random = scripted(&script);
    assert_int_equal(shk_conn_new(&config, &random, &client), SHK_OK);
    assert_int_equal(shk_conn_start(client), SHK_OK);
    shk_conn_sent(client, shk_conn_output(client).len);
    feed(client, &bytes);
    bytes = trace(6, "server|send handshake record|2|complete record");
    feed(client, &bytes);
    bytes = trace(6, "client|send handshake record|2|payload");
    assert_bytes(span_of(&sent), &bytes);
    shk_conn_sent(client, shk_conn_output(client).len);
    assert_true(shk_conn_info_of(client)->connected);
    assert_int_equal(shk_conn_close(client), SHK_OK);
    bytes = trace(6, "client|send alert record|1|complete record");
    take_and_compare(client, &bytes);
    shk_conn_free(client);
    shk_libcrypto_free(crypto);
}

static void client_repeats_the_compatibility_mode_of_section_7(void **state)
{
    shk_crypto *crypto = shk_libcrypto_new();
    test_bytes hello = trace(7, "client|construct a ClientHello handshake message|1|ClientHello");
    test_bytes private_key = trace(7, "client|create an ephemeral x25519 key pair|1|private key");
    test_bytes bytes = trace(7, "client|send handshake record|1|complete record");
    test_script script = {.at = 0};
    shk_conn *client;
    (void)state;
    append(&script.bytes, &private_key, 32);
    append(&script.bytes, &private_key, 32);
    shk_config config = trace_client(crypto, &hello);
    shk_random random = scripted(&script);
    assert_int_equal(shk_conn_new(&config, &random, &client), SHK_OK);
    assert_int_equal(shk_conn_start(client), SHK_OK);
    take_and_compare(client, &bytes);
    bytes = trace(7, "server|send handshake record|1|complete record");
    feed(client, &bytes);
    bytes = trace(7, "server|send change_cipher_spec record|1|complete record");
    feed(client, &bytes);
    bytes = trace(7, "client|send change_cipher_spec record|1|complete record");
    take_and_compare(client, &bytes);
    bytes = trace(7, "server|send handshake record|2|complete record");
    feed(client, &bytes);
    bytes = trace(7, "client|send handshake record|2|complete record");
    take_and_compare(client, &bytes);
    assert_true(shk_conn_info_of(client)->connected);
    shk_conn_free(client);
    shk_libcrypto_free(crypto);
}

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

/* ServerHello is the which-th of that name; the key pair is of the group. */
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
    append(&s->script.bytes, &private_key, 32);
    s->crypto = shk_libcrypto_new();
    s->config = shk_config_default(true, s->crypto);
    use_trace_signer(&s->config, &s->signer, section, "server");
    shk_random random = scripted(&s->script);
    assert_int_equal(shk_conn_new(&s->config, &random, &s->conn), SHK_OK);
}

static void close_server(trace_server *s)
{
    assert_true(shk_conn_info_of(s->conn)->connected);
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
    feed(s.conn, &bytes);
    bytes = trace(section, "server|send handshake record|1|complete record");
    append(&flight, &bytes, bytes.len);
    if (section == 7) {
        bytes = trace(7, "server|send change_cipher_spec record|1|complete record");
        append(&flight, &bytes, bytes.len);
    }
    bytes = trace(section, "server|send handshake record|2|complete record");
    append(&flight, &bytes, bytes.len);
    take_and_compare(s.conn, &flight);
    bytes = trace(section, "client|send handshake record|2|complete record");
    feed(s.conn, &bytes);
    close_server(&s);
}

static void server_repeats_the_flight_of_sections_3_and_7(void **state)
{
    (void)state;
    server_repeats(3);
    server_repeats(7);
}

/* The cookie is the trace's too. */
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
    feed(s.conn, &bytes);
    bytes = trace(5, "server|send handshake record|1|complete record");
    take_and_compare(s.conn, &bytes);
    size_t cookie = (size_t)message.data[COOKIE_AT - 2] << 8 | message.data[COOKIE_AT - 1];
    assert_int_equal(
        shk_buf_append(&s.conn->handshake->cookie, shk_span_of(message.data + COOKIE_AT, cookie)),
        SHK_OK);
    test_change_messages(&change);
    bytes = trace(5, "client|send handshake record|2|complete record");
    feed(s.conn, &bytes);
    bytes = trace(5, "server|send handshake record|2|complete record");
    append(&flight, &bytes, bytes.len);
    bytes = trace(5, "server|send handshake record|3|complete record");
    append(&flight, &bytes, bytes.len);
    take_and_compare(s.conn, &flight);
    bytes = trace(5, "client|send handshake record|3|complete record");
    feed(s.conn, &bytes);
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
    feed(s.conn, &bytes);
    assert_true(test_change_was_made());
    bytes = trace(6, "server|send handshake record|1|complete record");
    append(&flight, &bytes, bytes.len);
    bytes = trace(6, "server|send handshake record|2|complete record");
    append(&flight, &bytes, bytes.len);
    take_and_compare(s.conn, &flight);
    bytes = trace(6, "client|send handshake record|2|complete record");
    feed(s.conn, &bytes);
    assert_true(shk_conn_info_of(s.conn)->peer_authenticated);
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
    check_derivation(crypto, 4, "client|derive secret tls13 c e traffic", "c e traffic");
    check_derivation(crypto, 4, "client|derive secret tls13 e exp master", "e exp master");
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
        cmocka_unit_test(client_repeats_the_early_data_of_section_4),
        cmocka_unit_test(client_repeats_the_retried_handshake_of_section_5),
        cmocka_unit_test(client_repeats_the_client_authentication_of_section_6),
        cmocka_unit_test(client_repeats_the_compatibility_mode_of_section_7),
        cmocka_unit_test(server_repeats_the_flight_of_sections_3_and_7),
        cmocka_unit_test(server_repeats_the_retried_handshake_of_section_5),
        cmocka_unit_test(server_repeats_the_client_authentication_of_section_6),
        cmocka_unit_test(server_repeats_server_hello_and_secrets_of_section_3),
        cmocka_unit_test(key_schedule_gives_the_secrets_of_every_trace),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
