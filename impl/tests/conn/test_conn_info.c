/* What shk_conn_info reports belongs to the right end and version. */
#include "message_changes.h"

#include <string.h>

#include "handshake/certificates/authentication.h"
#include "handshake/state/handshake.h"

/* The scheme is that of the server's signature, at both ends. */
static void reported_scheme_is_that_of_the_server(void **state)
{
    test_setup setup;
    test_pair pair;
    (void)state;
    for (uint16_t version = SHK_TLS11; version <= SHK_TLS13; version++) {
        test_setup_new(&setup, "p256");
        test_with_client_certificate(&setup,
                                     version < SHK_TLS12 ? "client-rsa2048" : "client-ed25519");
        setup.client.min_version = setup.server.min_version = SHK_TLS11;
        setup.client.max_version = version;
        test_pair_connect(&pair, &setup);
        uint16_t scheme = version < SHK_TLS12 ? 0 : SHK_ecdsa_secp256r1_sha256;
        assert_int_equal(shk_conn_info_of(pair.client).scheme, scheme);
        assert_int_equal(shk_conn_info_of(pair.server).scheme, scheme);
        test_pair_close_all(&pair, &setup);
    }
}

/* certificate_compressed is about the server's certificate, not the client's. */
static void reported_compression_is_that_of_the_server_certificate(void **state)
{
    static const uint16_t zlib[] = {1};
    test_setup setup;
    test_pair pair;
    (void)state;
    test_setup_new(&setup, "p256");
    test_with_client_certificate(&setup, "client-p256");
    setup.server.certificate_compressions = (shk_u16s){zlib, 1};
    setup.client.certificate_compressions = (shk_u16s){zlib, 1};
    shk_buf hello = test_first_hello(&setup);
    size_t at = 0;
    while (memcmp(hello.data + at, "\0\x1b\0\x03\x02\0\x01", 7) != 0)
        at++;
    /* what the client can decompress does not matter here; what the server requests does */
    const test_change brotli = {SHK_MSG_client_hello, 0, (int)at + 6 - 4, 1, "02"};
    test_change_messages(&brotli);
    test_pair_connect(&pair, &setup);
    assert_true(test_change_was_made());
    assert_false(shk_conn_info_of(pair.client).certificate_compressed);
    assert_false(shk_conn_info_of(pair.server).certificate_compressed);
    test_pair_close(&pair);
    shk_buf_free(&hello);
    test_setup_free(&setup);
}

/* RFC 5929 §4.1: tls-server-end-point is the hash of a certificate, which a raw key is not. */
static void raw_key_has_no_tls_server_end_point(void **state)
{
    static const uint8_t raw[] = {SHK_CERTIFICATE_RAW_PUBLIC_KEY};
    test_setup setup;
    test_pair pair;
    uint8_t out[SHK_MAX_HASH];
    size_t len = sizeof out;
    (void)state;
    test_setup_new(&setup, "p256");
    setup.client.peer_certificate_types = shk_span_of(raw, 1);
    setup.client.peer_keys = &setup.credential->key_info;
    setup.client.peer_key_count = 1;
    setup.server.own_certificate_types = shk_span_of(raw, 1);
    test_pair_connect(&pair, &setup);
    assert_fails(shk_conn_channel_binding(pair.server, SHK_TLS_SERVER_END_POINT, out, &len),
                 SHK_E_NO_CHANNEL_BINDING);
    assert_fails(shk_conn_channel_binding(pair.client, SHK_TLS_SERVER_END_POINT, out, &len),
                 SHK_E_NO_CHANNEL_BINDING);
    test_pair_close_all(&pair, &setup);
}

/* RFC 9266 §4.2: TLS 1.3 has no renegotiation, so that the binding is always unique. */
static void tls_exporter_is_always_available_in_tls_13(void **state)
{
    test_setup setup;
    test_pair pair;
    uint8_t out[2][SHK_MAX_HASH];
    size_t lens[2] = {SHK_MAX_HASH, SHK_MAX_HASH};
    (void)state;
    test_setup_new(&setup, "p256");
    setup.client.renegotiation = setup.server.renegotiation = true;
    test_pair_connect(&pair, &setup);
    assert_int_equal(shk_conn_channel_binding(pair.client, SHK_TLS_EXPORTER, out[0], &lens[0]),
                     SHK_OK);
    assert_int_equal(shk_conn_channel_binding(pair.server, SHK_TLS_EXPORTER, out[1], &lens[1]),
                     SHK_OK);
    assert_int_equal(lens[0], 32);
    assert_memory_equal(out[0], out[1], 32);
    test_pair_close_all(&pair, &setup);
}

/* RFC 8446 §D.4: legacy_session_id is filled only in TLS 1.3 hellos. */
static void tls_12_client_sends_empty_session_id(void **state)
{
    (void)state;
    for (uint16_t version = SHK_TLS12; version <= SHK_TLS13; version++) {
        test_setup setup;
        test_pair pair;
        test_setup_new(&setup, "p256");
        setup.client.max_version = version;
        test_pair_start(&pair, &setup);
        assert_int_equal(pair.client->handshake->offered.legacy_session_id.len,
                         version == SHK_TLS13 ? 32 : 0);
        test_pair_close_all(&pair, &setup);
    }
}

/* PKCS #1 v1.5 signatures are the same each time, RSASSA-PSS ones are not (RFC 8017 §8). */
static void rsa_padding_is_that_of_the_scheme(void **state)
{
    static const uint16_t schemes[] = {SHK_rsa_pkcs1_sha256, SHK_rsa_pss_rsae_sha256};
    test_setup setup;
    (void)state;
    test_setup_new(&setup, "rsa2048");
    for (size_t i = 0; i < 2; i++) {
        uint8_t signatures[2][SHK_MAX_SIGNATURE];
        size_t len = 0;
        for (size_t k = 0; k < 2; k++)
            assert_int_equal(setup.crypto->sign(setup.credential->key,
                                                shk_signature_scheme_of(schemes[i]),
                                                shk_span_of_text("text"), signatures[k], &len),
                             SHK_OK);
        assert_int_equal(memcmp(signatures[0], signatures[1], len) == 0, i == 0);
    }
    test_setup_free(&setup);
}

/* OCSP responses are demanded only for certificates of servers. */
static void server_does_not_demand_status_of_client_certificates(void **state)
{
    (void)state;
    for (uint16_t version = SHK_TLS12; version <= SHK_TLS13; version++) {
        test_setup setup;
        test_pair pair;
        test_setup_new(&setup, "p256");
        test_with_client_certificate(&setup, "client-p256");
        setup.client.max_version = version;
        setup.server.status_request = SHK_STAPLING_DEMAND;
        test_pair_connect(&pair, &setup);
        test_pair_close_all(&pair, &setup);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reported_scheme_is_that_of_the_server),
        cmocka_unit_test(reported_compression_is_that_of_the_server_certificate),
        cmocka_unit_test(raw_key_has_no_tls_server_end_point),
        cmocka_unit_test(tls_exporter_is_always_available_in_tls_13),
        cmocka_unit_test(tls_12_client_sends_empty_session_id),
        cmocka_unit_test(rsa_padding_is_that_of_the_scheme),
        cmocka_unit_test(server_does_not_demand_status_of_client_certificates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
