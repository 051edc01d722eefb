/* The traces of RFC 8448: our client repeats sections 3, 4, 5 and 7 byte for byte, and 6 message
 * for message. Signatures are randomised, so the signer repeats those of the traces. */
#include "rfc8448_trace.h"
#include "scripted_random.h"

#include <stdio.h>
#include <string.h>

#include "handshake/sessions/session_trust.h"
#include "handshake/state/session_content.h"

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
    trace_append(&script.bytes, &private_key,
                 32); /* client_random, which the configured hello overrides */
    trace_append(&script.bytes, &private_key, 32);
    shk_config config = trace_client(crypto, &hello);
    shk_random random = scripted(&script);
    assert_int_equal(shk_conn_new(&config, &random, &client), SHK_OK);
    assert_int_equal(shk_conn_start(client), SHK_OK);
    take_and_compare(client, &expected);

    expected = trace(3, "server|send handshake record|1|complete record");
    feed_trace(client, &expected);
    expected = trace(3, "server|send handshake record|2|complete record");
    feed_trace(client, &expected);
    expected = trace(3, "client|send handshake record|2|complete record");
    take_and_compare(client, &expected);
    assert_true(shk_conn_info_of(client).connected);

    expected = trace(3, "server|send handshake record|3|complete record");
    feed_trace(client, &expected); /* NewSessionTicket */
    assert_int_equal(shk_conn_info_of(client).tickets_received, 1);
    assert_int_equal(shk_conn_write(client, data_50, sizeof data_50), SHK_OK);
    expected = trace(3, "client|send application_data record|1|complete record");
    take_and_compare(client, &expected);
    expected = trace(3, "server|send application_data record|1|complete record");
    feed_trace(client, &expected);
    assert_int_equal(shk_conn_read(client, read, sizeof read), 50);
    assert_memory_equal(read, data_50, 50);
    assert_int_equal(shk_conn_close(client), SHK_OK);
    expected = trace(3, "client|send alert record|1|complete record");
    take_and_compare(client, &expected);
    expected = trace(3, "server|send alert record|1|complete record");
    feed_trace(client, &expected);
    assert_true(shk_conn_info_of(client).peer_closed);
    shk_conn_free(client);
    shk_libcrypto_free(crypto);
}

static int64_t shortly_after(void *context)
{
    (void)context;
    return 1000;
}

/* The session of section 3; its ticket is in the configured hello. */
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
    trace_append(&script.bytes, &private_key, 32);
    trace_append(&script.bytes, &private_key, 32);
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
    feed_trace(client, &bytes);
    bytes = trace(4, "server|send handshake record|2|complete record");
    feed_trace(client, &bytes);
    bytes = trace(4, "client|send handshake record|2|complete record"); /* EndOfEarlyData */
    trace_append(&flight, &bytes, bytes.len);
    bytes = trace(4, "client|send handshake record|3|complete record"); /* Finished */
    trace_append(&flight, &bytes, bytes.len);
    take_and_compare(client, &flight);
    assert_true(shk_conn_info_of(client).connected);
    assert_true(shk_conn_info_of(client).early_data);
    assert_int_equal(shk_conn_write(client, data.data, data.len), SHK_OK);
    bytes = trace(4, "client|send application_data record|2|complete record");
    take_and_compare(client, &bytes);
    bytes = trace(4, "server|send application_data record|1|complete record");
    feed_trace(client, &bytes);
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
    trace_append(&script.bytes, &x25519, 32);
    trace_append(&script.bytes, &x25519, 32);
    trace_append(&script.bytes, &p256, 32);
    shk_config config = trace_client(crypto, &hello);
    config.second_client_hello = span_of(&second);
    shk_random random = scripted(&script);
    assert_int_equal(shk_conn_new(&config, &random, &client), SHK_OK);
    assert_int_equal(shk_conn_start(client), SHK_OK);
    take_and_compare(client, &expected);
    expected = trace(5, "server|send handshake record|1|complete record");
    feed_trace(client, &expected); /* HelloRetryRequest */
    expected = trace(5, "client|send handshake record|2|complete record");
    take_and_compare(client, &expected);
    expected = trace(5, "server|send handshake record|2|complete record");
    feed_trace(client, &expected);
    expected = trace(5, "server|send handshake record|3|complete record");
    feed_trace(client, &expected);
    expected = trace(5, "client|send handshake record|3|complete record");
    take_and_compare(client, &expected);
    assert_true(shk_conn_info_of(client).retried);
    assert_int_equal(shk_conn_close(client), SHK_OK);
    expected = trace(5, "client|send alert record|1|complete record");
    take_and_compare(client, &expected);
    shk_conn_free(client);
    shk_libcrypto_free(crypto);
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

/* The trace has Finished in one record with the messages before it, we send it in its own: so the
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
    trace_append(&script.bytes, &private_key, 32);
    trace_append(&script.bytes, &private_key, 32);
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
    feed_trace(client, &bytes);
    bytes = trace(6, "server|send handshake record|2|complete record");
    feed_trace(client, &bytes);
    bytes = trace(6, "client|send handshake record|2|payload");
    assert_bytes(span_of(&sent), &bytes);
    shk_conn_sent(client, shk_conn_output(client).len);
    assert_true(shk_conn_info_of(client).connected);
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
    trace_append(&script.bytes, &private_key, 32);
    trace_append(&script.bytes, &private_key, 32);
    shk_config config = trace_client(crypto, &hello);
    shk_random random = scripted(&script);
    assert_int_equal(shk_conn_new(&config, &random, &client), SHK_OK);
    assert_int_equal(shk_conn_start(client), SHK_OK);
    take_and_compare(client, &bytes);
    bytes = trace(7, "server|send handshake record|1|complete record");
    feed_trace(client, &bytes);
    bytes = trace(7, "server|send change_cipher_spec record|1|complete record");
    feed_trace(client, &bytes);
    bytes = trace(7, "client|send change_cipher_spec record|1|complete record");
    take_and_compare(client, &bytes);
    bytes = trace(7, "server|send handshake record|2|complete record");
    feed_trace(client, &bytes);
    bytes = trace(7, "client|send handshake record|2|complete record");
    take_and_compare(client, &bytes);
    assert_true(shk_conn_info_of(client).connected);
    shk_conn_free(client);
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
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
