/* Renegotiation below TLS 1.3: bound to the previous handshake, and only if it is enabled (RFC
 * 5746). */
#include "handshake/state/handshake.h"
#include "handshake/state/session_content.h"
#include "message_changes.h"
#include "session_setup.h"

#include <string.h>

/* Both ends renegotiate, in TLS 1.2. */
static void setup_renegotiating(test_setup *setup)
{
    test_setup_new(setup, "p256");
    setup->client.max_version = SHK_TLS12;
    setup->client.renegotiation = setup->server.renegotiation = true;
}

static void assert_data_flows(const test_pair *pair)
{
    static const uint8_t ping[] = "ping";
    uint8_t got[sizeof ping];
    shk_conn *ends[] = {pair->client, pair->server};
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(shk_conn_write(ends[i], ping, sizeof ping), SHK_OK);
        assert_int_equal(test_move_output(ends[i], ends[1 - i]), SHK_OK);
        assert_int_equal(shk_conn_read(ends[1 - i], got, sizeof got), sizeof ping);
    }
}

static void assert_renegotiated(const test_pair *pair, unsigned times)
{
    assert_connected(pair);
    assert_int_equal(shk_conn_info_of(pair->client).renegotiations, times);
    assert_int_equal(shk_conn_info_of(pair->server).renegotiations, times);
    assert_data_flows(pair);
}

static void either_end_can_start_renegotiation(void **state)
{
    (void)state;
    for (uint16_t version = SHK_TLS10; version <= SHK_TLS12; version++) {
        test_setup setup;
        test_pair pair;
        setup_renegotiating(&setup);
        setup.client.min_version = setup.server.min_version = SHK_TLS10;
        setup.client.max_version = version;
        test_pair_connect(&pair, &setup);
        assert_int_equal(shk_conn_renegotiate(pair.client), SHK_OK);
        test_pair_pump(&pair);
        assert_renegotiated(&pair, 1);
        assert_int_equal(shk_conn_renegotiate(pair.server), SHK_OK);
        test_pair_pump(&pair);
        assert_renegotiated(&pair, 2);
        assert_int_equal(shk_conn_info_of(pair.client).version, version);
        test_pair_close_all(&pair, &setup);
    }
}

/* A renegotiation is of the connection's version, whatever the configuration allows. */
static void renegotiation_does_not_offer_extensions_of_newer_versions(void **state)
{
    static const uint16_t schemes[] = {SHK_rsa_pkcs1_sha256};
    static const uint16_t algorithms[] = {1};
    static const shk_extension newer[] = {
        SHK_EXT_signature_algorithms, SHK_EXT_signature_algorithms_cert,
        SHK_EXT_certificate_authorities, SHK_EXT_compress_certificate};
    test_setup setup;
    test_pair pair;
    (void)state;
    setup_renegotiating(&setup);
    setup.client.min_version = setup.server.min_version = SHK_TLS10;
    setup.client.max_version = SHK_TLS13;
    setup.server.max_version = SHK_TLS11;
    setup.client.chain_schemes = (shk_u16s){schemes, 1};
    setup.client.certificate_compressions = (shk_u16s){algorithms, 1};
    setup.client.name_authorities = true;
    test_pair_connect(&pair, &setup);
    assert_int_equal(shk_conn_renegotiate(pair.client), SHK_OK);
    for (size_t i = 0; i < sizeof newer / sizeof newer[0]; i++)
        assert_false(shk_extension_in(&pair.client->handshake->offered.extensions, newer[i]));
    test_pair_pump(&pair);
    assert_renegotiated(&pair, 1);
    test_pair_close_all(&pair, &setup);
}

static void renegotiation_gives_new_keys(void **state)
{
    test_setup setup;
    test_pair pair;
    uint8_t before[32], after[32];
    shk_span none = {NULL, 0};
    (void)state;
    setup_renegotiating(&setup);
    test_pair_connect(&pair, &setup);
    assert_int_equal(shk_conn_export(pair.client, "EXPORTER-x", none, before, 32), SHK_OK);
    assert_int_equal(shk_conn_renegotiate(pair.client), SHK_OK);
    test_pair_pump(&pair);
    assert_int_equal(shk_conn_export(pair.client, "EXPORTER-x", none, after, 32), SHK_OK);
    assert_memory_not_equal(before, after, 32);
    test_pair_close_all(&pair, &setup);
}

/* Data under the old keys goes on until they change (RFC 5246 §7.4.1.1). */
static void application_data_arrives_during_renegotiation(void **state)
{
    static const uint8_t ping[] = "ping";
    uint8_t got[sizeof ping];
    test_setup setup;
    test_pair pair;
    (void)state;
    setup_renegotiating(&setup);
    test_pair_connect(&pair, &setup);
    assert_int_equal(shk_conn_write(pair.server, ping, sizeof ping), SHK_OK);
    assert_int_equal(shk_conn_renegotiate(pair.client), SHK_OK);
    assert_int_equal(test_move_output(pair.server, pair.client), SHK_OK);
    assert_int_equal(shk_conn_read(pair.client, got, sizeof got), sizeof ping);
    assert_fails(shk_conn_write(pair.client, ping, sizeof ping), SHK_E_NOT_CONNECTED);
    test_pair_pump(&pair);
    assert_renegotiated(&pair, 1);
    test_pair_close_all(&pair, &setup);
}

static void client_refuses_renegotiation_by_default_and_stays_connected(void **state)
{
    test_setup setup;
    test_pair pair;
    (void)state;
    setup_renegotiating(&setup);
    setup.client.renegotiation = false;
    test_pair_connect(&pair, &setup);
    assert_int_equal(shk_conn_renegotiate(pair.server), SHK_OK);
    test_pair_pump(&pair);
    assert_int_equal(shk_conn_info_of(pair.server).renegotiations, 0);
    assert_data_flows(&pair);
    test_pair_close_all(&pair, &setup);
}

/* The client has dropped its previous handshake state, so that it has to end. */
static void client_ends_if_its_renegotiation_is_refused(void **state)
{
    test_setup setup;
    test_pair pair;
    (void)state;
    setup_renegotiating(&setup);
    setup.server.renegotiation = false;
    test_pair_connect(&pair, &setup);
    assert_int_equal(shk_conn_renegotiate(pair.client), SHK_OK);
    test_pair_pump(&pair);
    assert_int_equal(shk_conn_info_of(pair.server).renegotiations, 0);
    assert_refused(NULL, pair.client, SHK_E_RENEGOTIATION_TURNED_DOWN);
    test_pair_close_all(&pair, &setup);
}

static void renegotiation_must_be_enabled_to_be_started(void **state)
{
    test_setup setup;
    test_pair pair;
    (void)state;
    setup_renegotiating(&setup);
    setup.client.renegotiation = false;
    test_pair_connect(&pair, &setup);
    assert_fails(shk_conn_renegotiate(pair.client), SHK_E_NO_RENEGOTIATION);
    test_pair_close(&pair);
    setup.client.renegotiation = true;
    setup.client.max_version = SHK_TLS13;
    test_pair_connect(&pair, &setup);
    assert_fails(shk_conn_renegotiate(pair.client), SHK_E_NOT_CONNECTED);
    test_pair_close_all(&pair, &setup);
}

/* RFC 5746 §3.5, §3.7: each way in which renegotiation_info does not match the previous handshake.
 */
static void renegotiation_not_bound_to_the_connection_is_refused(void **state)
{
    enum { DATA = 12 };
    static const test_change changes[] = {
        {SHK_MSG_client_hello, 1, IN(renegotiation_info, -4), 4, "00000000"},
        {SHK_MSG_client_hello, 1, IN(renegotiation_info, 0), 2, "7777"}, /* not there */
        {SHK_MSG_server_hello, 1, IN(renegotiation_info, -4), 4,
         "00000000"}, /* the server's half */
        {SHK_MSG_server_hello, 1, IN(renegotiation_info, -4 - DATA), 4,
         "00000000"}, /* the client's */
        {SHK_MSG_server_hello, 1, 2 + 32, ALL, "00 c02b 00 0000"},
    };
    test_setup setup;
    test_pair pair;
    (void)state;
    setup_renegotiating(&setup);
    setup.client.session_sink = NULL;
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        bool by_server = changes[i].message == SHK_MSG_client_hello;
        test_change_messages(&changes[i]);
        test_pair_connect(&pair, &setup);
        (void)shk_conn_renegotiate(pair.client);
        test_pair_pump(&pair);
        assert_true(test_change_was_made());
        assert_refused(NULL, by_server ? pair.server : pair.client, SHK_E_RENEGOTIATION_INFO);
        test_pair_close(&pair);
    }
    test_setup_free(&setup);
}

/* RFC 5746 §3.7: the first suite becomes TLS_EMPTY_RENEGOTIATION_INFO_SCSV. */
static void scsv_in_renegotiation_is_refused(void **state)
{
    static const test_change scsv = {SHK_MSG_client_hello, 0, 2 + 32 + 1 + 2, 2, "00ff"};
    test_setup setup;
    test_pair pair;
    (void)state;
    setup_renegotiating(&setup);
    setup.client.no_middlebox_compatibility = true;
    test_pair_connect(&pair, &setup);
    test_change_messages(&scsv);
    (void)shk_conn_renegotiate(pair.client);
    test_pair_pump(&pair);
    assert_refused(NULL, pair.server, SHK_E_RENEGOTIATION_SCSV);
    test_pair_close_all(&pair, &setup);
}

/* RFC 8446 §4.1.2: a TLS 1.2 connection whose client now offers TLS 1.3. */
static void renegotiation_keeps_the_version_if_tls_13_is_offered(void **state)
{
    /* random, no session id, two suites; supported_versions, supported_groups,
     * signature_algorithms, extended_master_secret, and renegotiation_info up to verify_data */
    static const char *const hello =
        "01 00005d 0303 0101010101010101010101010101010101010101010101010101010101010101 00 "
        "0004 1301 c02b 0100 0030 002b 0005 04 0304 0303 000a 0006 0004 001d0017 000d 0004 0002 "
        "0403 "
        "0017 0000 ff01 000d 0c 000000000000000000000000";
    test_setup setup;
    test_pair pair;
    test_bytes bytes = from_hex(hello);
    (void)state;
    setup_renegotiating(&setup);
    test_pair_connect(&pair, &setup);
    setup.server.max_version = setup.client.max_version = SHK_TLS13;
    memcpy(bytes.data + bytes.len - 12, pair.client->verify_data, 12);
    setup.client.client_hello = span_of(&bytes);
    assert_int_equal(shk_conn_renegotiate(pair.client), SHK_OK);
    test_pair_pump(&pair);
    assert_renegotiated(&pair, 1);
    assert_int_equal(shk_conn_info_of(pair.server).version, SHK_TLS12);
    test_pair_close_all(&pair, &setup);
}

/* RFC 8446 §4.1.3 */
static void server_hello_of_tls_13_in_renegotiation_is_protocol_version(void **state)
{
    static const test_change tls_13 = {SHK_MSG_server_hello, 1, 2 + 32, ALL,
                                       "00 1301 00 0006 002b 0002 0304"};
    test_setup setup;
    test_pair pair;
    (void)state;
    setup_renegotiating(&setup);
    test_change_messages(&tls_13);
    test_pair_connect(&pair, &setup);
    assert_int_equal(shk_conn_renegotiate(pair.client), SHK_OK);
    test_pair_pump(&pair);
    assert_true(test_change_was_made());
    assert_refused(NULL, pair.client, SHK_E_UNSUPPORTED_SERVER_VERSION);
    test_pair_close_all(&pair, &setup);
}

/* RFC 7366 §3.1: after encrypt_then_mac, also with an AEAD suite in between, a hello without it is
 * refused; if the server accepts it, the client refuses. The change is to the type of the
 * extension. */
static void renegotiation_does_not_drop_encrypt_then_mac(void **state)
{
    static const uint16_t cbc[] = {SHK_TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA};
    static const uint16_t gcm[] = {SHK_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256};
    static const test_change without = {SHK_MSG_client_hello, 0, IN(encrypt_then_mac, 0), 2,
                                        "7777"};
    (void)state;
    for (int way = 0; way < 4; way++) {
        bool by_client = way % 2 == 1, with_aead = way / 2 == 1;
        test_setup setup;
        test_pair pair;
        setup_renegotiating(&setup);
        setup.client.suites = (shk_u16s){cbc, 1};
        test_pair_connect(&pair, &setup);
        assert_true(shk_conn_info_of(pair.client).encrypt_then_mac);
        if (with_aead) {
            setup.client.suites = (shk_u16s){gcm, 1};
            assert_int_equal(shk_conn_renegotiate(pair.client), SHK_OK);
            test_pair_pump(&pair);
            assert_renegotiated(&pair, 1);
            setup.client.suites = (shk_u16s){cbc, 1};
        }
        if (by_client)
            pair.server->encrypt_then_mac_once = false;
        test_change_messages(&without);
        assert_int_equal(shk_conn_renegotiate(pair.client), SHK_OK);
        test_pair_pump(&pair);
        assert_true(test_change_was_made());
        assert_refused(NULL, by_client ? pair.client : pair.server, SHK_E_ENCRYPT_THEN_MAC_LOST);
        test_pair_close(&pair);
        test_change_messages(NULL);
        test_setup_free(&setup);
    }
}

/* RFC 7627 §5.4: each end refuses it, unless it is configured to accept it. */
static void renegotiation_does_not_drop_extended_master_secret(void **state)
{
    (void)state;
    for (int way = 0; way < 3; way++) {
        bool by_client = way == 1, allowed = way == 2;
        test_setup setup;
        test_pair pair;
        setup_renegotiating(&setup);
        setup.client.renegotiation_changes = allowed;
        setup.server.renegotiation_changes = allowed;
        test_pair_connect(&pair, &setup);
        assert_true(shk_conn_info_of(pair.client).extended_master_secret);
        setup.client.no_extended_master_secret = true;
        if (by_client)
            pair.server->extended_master_secret_once = false;
        assert_int_equal(shk_conn_renegotiate(pair.client), SHK_OK);
        test_pair_pump(&pair);
        if (allowed)
            assert_renegotiated(&pair, 1);
        else
            assert_refused(NULL, by_client ? pair.client : pair.server,
                           SHK_E_EXTENDED_MASTER_SECRET_LOST);
        test_pair_close_all(&pair, &setup);
    }
}

/* The server must have the same certificate or raw key as before. */
static void renegotiation_with_another_server_identity_is_refused(void **state)
{
    static const uint8_t raw[] = {SHK_CERTIFICATE_RAW_PUBLIC_KEY};
    (void)state;
    for (int way = 0; way < 4; way++) {
        bool allowed = way % 2 == 1, is_raw = way / 2 == 1;
        shk_credential *other = test_credential("rsa2048");
        const shk_credential *others[] = {other};
        test_setup setup;
        test_pair pair;
        setup_renegotiating(&setup);
        setup.client.renegotiation_changes = allowed;
        if (is_raw) {
            setup.client.trust = NULL;
            setup.client.peer_certificate_types = shk_span_of(raw, 1);
            setup.server.own_certificate_types = shk_span_of(raw, 1);
        }
        test_pair_connect(&pair, &setup);
        assert_int_equal(shk_conn_renegotiate(pair.client), SHK_OK);
        test_pair_pump(&pair);
        assert_renegotiated(&pair, 1);
        setup.server.credentials = others;
        assert_int_equal(shk_conn_renegotiate(pair.client), SHK_OK);
        test_pair_pump(&pair);
        if (allowed)
            assert_renegotiated(&pair, 2);
        else
            assert_refused(NULL, pair.client, SHK_E_RENEGOTIATION_CERTIFICATE);
        test_pair_close_all(&pair, &setup);
        shk_credential_free(other);
    }
}

/* RFC 7627 §5.4 */
static void resumption_without_ems_does_not_renegotiate(void **state)
{
    test_setup setup;
    test_session kept;
    test_pair pair;
    (void)state;
    test_setup_tickets(&setup, &kept, SHK_TLS12);
    setup.client.renegotiation = setup.server.renegotiation = true;
    assert_false(test_resumes(&setup));
    test_offer_session(&setup, &kept);
    test_pair_connect(&pair, &setup);
    assert_true(shk_conn_info_of(pair.client).resumed);
    pair.client->negotiated.extended_master_secret =
        pair.server->negotiated.extended_master_secret = false;
    assert_fails(shk_conn_renegotiate(pair.client), SHK_E_NO_RENEGOTIATION);
    assert_fails(shk_conn_renegotiate(pair.server), SHK_E_NO_RENEGOTIATION);
    pair.client->negotiated.extended_master_secret = true;
    assert_int_equal(shk_conn_renegotiate(pair.client), SHK_OK);
    test_pair_close_all(&pair, &setup);
}

/* A peer that sends no data cannot make us renegotiate without end. */
static void consecutive_renegotiations_are_limited(void **state)
{
    test_setup setup;
    test_pair pair;
    (void)state;
    setup_renegotiating(&setup);
    test_pair_connect(&pair, &setup);
    for (unsigned i = 0; i < 32; i++) {
        assert_int_equal(shk_conn_renegotiate(pair.client), SHK_OK);
        test_pair_pump(&pair);
    }
    assert_fails(shk_conn_renegotiate(pair.client), SHK_E_NO_RENEGOTIATION);
    assert_renegotiated(&pair, 32);
    assert_int_equal(shk_conn_renegotiate(pair.client), SHK_OK);
    test_pair_close_all(&pair, &setup);
}

/* The OCSP response of the first handshake does not count for the second. */
static void ocsp_response_is_demanded_again_in_renegotiation(void **state)
{
    test_setup setup;
    test_pair pair;
    shk_buf response = read_source_file("corpora/pki/p256.ocsp");
    (void)state;
    setup_renegotiating(&setup);
    setup.client.status_request = SHK_STAPLING_DEMAND;
    assert_int_equal(shk_credential_set_status(setup.credential, shk_buf_span(&response)), SHK_OK);
    test_pair_connect(&pair, &setup);
    assert_true(shk_conn_info_of(pair.client).status_verified);
    shk_credential *without = test_credential("p256");
    setup.credentials[0] = without;
    (void)shk_conn_renegotiate(pair.client);
    test_pair_pump(&pair);
    assert_refused(NULL, pair.client, SHK_E_STATUS_MISSING);
    test_pair_close(&pair);
    shk_credential_free(without);
    test_setup_free(&setup);
    shk_buf_free(&response);
}

static void record_limits_may_change_in_renegotiation(void **state)
{
    test_setup setup;
    test_pair pair;
    (void)state;
    setup_renegotiating(&setup);
    setup.client.max_fragment_length = 512;
    test_pair_connect(&pair, &setup);
    assert_int_equal(shk_conn_info_of(pair.server).send_limit, 512);
    setup.client.record_size_limit = setup.server.record_size_limit = 1000;
    assert_int_equal(shk_conn_renegotiate(pair.client), SHK_OK);
    test_pair_pump(&pair);
    assert_renegotiated(&pair, 1);
    assert_int_equal(shk_conn_info_of(pair.server).send_limit, 1000);
    test_pair_close_all(&pair, &setup);
}

/* One record longer than the previous limits. */
static void assert_unlimited(shk_conn *from, shk_conn *to)
{
    static const uint8_t data[2000] = {0};
    uint8_t got[sizeof data];
    assert_int_equal(shk_conn_info_of(from).send_limit, 0);
    assert_int_equal(shk_conn_write(from, data, sizeof data), SHK_OK);
    assert_true(shk_conn_output(from).len < sizeof data + 100);
    assert_int_equal(test_move_output(from, to), SHK_OK);
    assert_int_equal(shk_conn_read(to, got, sizeof got), sizeof data);
}

/* RFC 6066 §4, RFC 8449 §4: the limits belong to the handshake that negotiates them, and to its
 * session. */
static void record_limits_not_negotiated_again_no_longer_apply(void **state)
{
    (void)state;
    for (int by_length = 0; by_length < 2; by_length++) {
        test_setup setup;
        test_pair pair;
        test_session kept = {.count = 0};
        shk_session session;
        setup_renegotiating(&setup);
        setup.client.session_sink = test_keep_session;
        setup.client.session_sink_context = &kept;
        setup.server.clock = setup.client.clock;
        setup.server.ticket_keys = test_ticket_keys;
        setup.server.ticket_key_count = 1;
        setup.client.max_fragment_length = by_length ? 512 : 0;
        setup.client.record_size_limit = setup.server.record_size_limit = by_length ? 0 : 512;
        test_pair_connect(&pair, &setup);
        assert_int_equal(shk_conn_info_of(pair.server).send_limit, 512);
        setup.client.max_fragment_length = setup.client.record_size_limit = 0;
        setup.server.record_size_limit = 0;
        assert_int_equal(shk_conn_renegotiate(pair.client), SHK_OK);
        test_pair_pump(&pair);
        assert_renegotiated(&pair, 1);
        assert_unlimited(pair.client, pair.server);
        assert_unlimited(pair.server, pair.client);
        assert_true(shk_session_read(shk_span_of(kept.bytes, kept.len), &session));
        assert_int_equal(session.max_fragment_length, 0);
        test_pair_close_all(&pair, &setup);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(either_end_can_start_renegotiation),
        cmocka_unit_test(renegotiation_does_not_offer_extensions_of_newer_versions),
        cmocka_unit_test(renegotiation_gives_new_keys),
        cmocka_unit_test(application_data_arrives_during_renegotiation),
        cmocka_unit_test(client_refuses_renegotiation_by_default_and_stays_connected),
        cmocka_unit_test(client_ends_if_its_renegotiation_is_refused),
        cmocka_unit_test(renegotiation_must_be_enabled_to_be_started),
        cmocka_unit_test(renegotiation_not_bound_to_the_connection_is_refused),
        cmocka_unit_test(scsv_in_renegotiation_is_refused),
        cmocka_unit_test(ocsp_response_is_demanded_again_in_renegotiation),
        cmocka_unit_test(record_limits_may_change_in_renegotiation),
        cmocka_unit_test(record_limits_not_negotiated_again_no_longer_apply),
        cmocka_unit_test(renegotiation_keeps_the_version_if_tls_13_is_offered),
        cmocka_unit_test(server_hello_of_tls_13_in_renegotiation_is_protocol_version),
        cmocka_unit_test(renegotiation_does_not_drop_encrypt_then_mac),
        cmocka_unit_test(renegotiation_does_not_drop_extended_master_secret),
        cmocka_unit_test(renegotiation_with_another_server_identity_is_refused),
        cmocka_unit_test(resumption_without_ems_does_not_renegotiate),
        cmocka_unit_test(consecutive_renegotiations_are_limited),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
