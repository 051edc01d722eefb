/* Negotiation of the types of certificates (RFC 7250 §4, RFC 8446 §4.4.2). */
#include "hello_edits.h"
#include "message_changes.h"
#include "raw_key_setup.h"
#include "session_setup.h"

#include "handshake/flow/flow_table.h"
#include "handshake/state/handshake.h"

static const uint8_t x509_alone[] = {SHK_CERTIFICATE_X509};

/* Whether a CertificateRequest was sent or received. */
static bool asked;

static void note_request(void *context, bool sent, shk_message id, const shk_form *form,
                         shk_span raw)
{
    (void)context, (void)sent, (void)form, (void)raw;
    asked |= id == SHK_MSG_certificate_request || id == SHK_MSG_certificate_request_12;
}

/* RFC 7250 §4.2: the server answers client_certificate_type if it may request authentication later.
 */
static void post_handshake_client_uses_the_negotiated_certificate_type(void **state)
{
    static const uint8_t psk_key[32] = {7};
    const shk_span types[] = {CERTIFICATE_TYPES(raw_or_x509), CERTIFICATE_TYPES(raw_alone)};
    (void)state;
    for (int by_psk = 0; by_psk < 2; by_psk++)
        for (int k = 0; k < 4; k++) {
            test_setup setup;
            test_pair pair;
            test_session kept, first;
            test_setup_tickets(&setup, &kept, SHK_TLS13);
            test_with_client_certificate(&setup, "client-p256");
            setup.client.post_handshake_auth = setup.server.post_handshake_auth = true;
            setup.client.own_certificate_types = types[k / 2];
            setup.server.peer_certificate_types = types[k % 2];
            setup.server.peer_keys = &setup.client_credential->key_info;
            setup.server.peer_key_count = 1;
            if (by_psk) {
                test_with_psk(&setup, psk_key, psk_key);
            } else {
                assert_false(test_resumes(&setup));
                first = kept;
                test_offer_session(&setup, &first);
            }
            test_pair_connect(&pair, &setup);
            assert_int_equal(shk_conn_info_of(pair.server).resumed, !by_psk);
            assert_int_equal(shk_conn_request_authentication(pair.server), SHK_OK);
            test_pair_pump(&pair);
            assert_connected(&pair);
            assert_true(shk_conn_info_of(pair.server).peer_authenticated);
            assert_true(shk_conn_info_of(pair.server).peer_verified);
            assert_int_equal(pair.server->peer_certificate_type, SHK_CERTIFICATE_RAW_PUBLIC_KEY);
            test_pair_close_all(&pair, &setup);
        }
}

/* RFC 7250 §4.2: client_certificate_type is answered only if a certificate is requested. */
static void client_certificate_type_is_not_answered_without_a_request(void **state)
{
    (void)state;
    for (uint16_t version = SHK_TLS12; version <= SHK_TLS13; version++) {
        test_setup setup;
        test_pair pair;
        setup_raw(&setup, version);
        setup.client.credentials = setup.credentials;
        setup.client.credential_count = 1;
        setup.client.own_certificate_types = CERTIFICATE_TYPES(raw_or_x509);
        setup.server.peer_certificate_types = CERTIFICATE_TYPES(raw_or_x509);
        test_pair_connect(&pair, &setup);
        assert_int_equal(pair.client->own_certificate_type, SHK_CERTIFICATE_X509);
        test_pair_close_all(&pair, &setup);
    }
}

typedef struct {
    shk_span client_takes; /* what the client accepts and the server sends */
    shk_span server_shows;
    shk_span client_shows; /* and the server takes */
    shk_span server_takes;
    bool required; /* the client's certificate */
    bool client_fails;
    shk_status expected; /* SHK_OK: connected, by X.509 */
    shk_status expected_12;
} types_case;

static void check_types(const types_case *c, uint16_t version)
{
    test_setup setup;
    test_pair pair;
    setup_raw(&setup, version);
    setup.client.peer_certificate_types = c->client_takes;
    setup.server.own_certificate_types = c->server_shows;
    setup.client.own_certificate_types = c->client_shows;
    setup.server.peer_certificate_types = c->server_takes;
    shk_credential *own = test_credential("client-p256");
    const shk_credential *list[] = {own};
    setup.client.credentials = list;
    setup.client.credential_count = 1;
    setup.server.client_auth = c->required ? SHK_CLIENT_AUTH_REQUIRE : SHK_CLIENT_AUTH_REQUEST;
    setup.server.trust = setup.trust;
    setup.server.clock = setup.client.clock;
    setup.server.peer_keys = &setup.credential->key_info;
    setup.server.peer_key_count = 1;
    test_pair_open_and_run(&pair, &setup);
    shk_status expected = version == SHK_TLS12 ? c->expected_12 : c->expected;
    if (expected == SHK_OK)
        assert_connected(&pair);
    else
        assert_refused(NULL, c->client_fails ? pair.client : pair.server, expected);
    assert_false(shk_conn_info_of(pair.client).raw_public_key);
    shk_credential_free(own);
    test_pair_close_all(&pair, &setup);
}

static void no_common_certificate_type_ends_the_handshake(void **state)
{
    const shk_span raw = CERTIFICATE_TYPES(raw_alone), x509 = CERTIFICATE_TYPES(x509_alone),
                   either = CERTIFICATE_TYPES(raw_or_x509);
    const shk_span unset = {NULL, 0};
    const shk_status none = SHK_E_NO_COMMON_CERTIFICATE_TYPE;
    const types_case cases[] = {
        {raw, x509, unset, unset, false, false, none, none},
        /* as if it did not know the extension */
        {raw, unset, unset, unset, false, true, none, none},
        {unset, raw, unset, unset, false, false, SHK_E_NO_COMMON_SIGNATURE, SHK_E_NO_COMMON_SUITE},
        {either, unset, unset, unset, false, false, SHK_OK, SHK_OK},
        {either, x509, unset, unset, false, false, SHK_OK, SHK_OK},
        {unset, unset, raw, x509, true, false, none, none},
        /* the client sends no certificate then */
        {unset, unset, raw, x509, false, false, SHK_OK, SHK_OK},
        {unset, unset, raw, unset, false, false, SHK_OK, SHK_OK},
        /* nor is it asked if its certificate would be of type X.509 */
        {unset, unset, unset, raw, false, false, SHK_OK, SHK_OK},
        {unset, unset, unset, raw, true, false, none, none},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        for (uint16_t version = SHK_TLS12; version <= SHK_TLS13; version++)
            check_types(&cases[i], version);
}

/* RFC 7250 §4.2: without a common type a server that does not require a certificate does not
 * request one, in the handshake or after it. */
static void client_without_a_common_certificate_type_is_not_asked(void **state)
{
    static const uint8_t raw[] = {SHK_CERTIFICATE_RAW_PUBLIC_KEY};
    static const uint8_t x509[] = {SHK_CERTIFICATE_X509};
    (void)state;
    for (uint16_t version = SHK_TLS12; version <= SHK_TLS13; version++)
        for (int offers = 0; offers < 2; offers++) {
            test_setup setup;
            test_pair pair;
            setup_raw(&setup, version);
            setup.client.credentials = setup.credentials;
            setup.client.credential_count = 1;
            if (offers)
                setup.client.own_certificate_types = shk_span_of(raw, 1);
            setup.server.client_auth = SHK_CLIENT_AUTH_REQUEST;
            setup.server.peer_certificate_types = shk_span_of(offers ? x509 : raw, 1);
            setup.server.trust = setup.trust;
            setup.server.clock = setup.client.clock;
            setup.server.peer_keys = &setup.credential->key_info;
            setup.server.peer_key_count = 1;
            asked = false;
            setup.client.observer = note_request;
            test_pair_connect(&pair, &setup);
            assert_false(asked);
            test_pair_close(&pair);
            setup.client.post_handshake_auth = setup.server.post_handshake_auth = true;
            if (version == SHK_TLS13 && !offers) {
                test_pair_connect(&pair, &setup);
                assert_fails(shk_conn_request_authentication(pair.server),
                             SHK_E_NO_COMMON_CERTIFICATE_TYPE);
                test_pair_pump(&pair);
                assert_connected(&pair);
                test_pair_close(&pair);
            }
            test_setup_free(&setup);
        }
}

/* The client records the deviation, or refuses it if it is strict. */
static void check_deviation(test_pair *pair, bool strict, shk_status refused,
                            shk_deviation deviation)
{
    if (strict)
        assert_refused(NULL, pair->client, refused);
    assert_int_equal(shk_conn_info_of(pair->client).deviations, strict ? 0 : 1U << deviation);
}

/* RFC 7250 is defined for TLS 1.2; other stacks use it below too. */
static void certificate_type_answer_below_tls_12_is_recorded(void **state)
{
    static const hello_case raw = {"raw", APPEND, 20, "02", SHK_OK};
    (void)state;
    for (int strict = 0; strict < 2; strict++) {
        test_setup setup;
        test_pair pair;
        uint8_t bytes[MAX_VECTOR + 16];
        setup_raw(&setup, SHK_TLS12);
        setup.client.min_version = SHK_TLS11;
        setup.server.min_version = setup.server.max_version = SHK_TLS11;
        setup.client.strict = strict;
        test_pair_send_hello(&pair, &setup);
        size_t len = edited_server_hello(&raw, pair.server, bytes);
        shk_status status = shk_conn_feed(pair.client, bytes, len);
        assert_fails(status, strict ? SHK_E_CERTIFICATE_TYPE_OLD : SHK_OK);
        check_deviation(&pair, strict, SHK_E_CERTIFICATE_TYPE_OLD,
                        SHK_DEVIATION_CERTIFICATE_TYPE_OLD);
        test_pair_close_all(&pair, &setup);
    }
}

/* Feeds the client a ServerHello of TLS 1.2 with the extension, or an EncryptedExtensions that has
 * nothing else. */
static void resume_with_a_type(uint16_t version, bool strict)
{
    static const hello_case raw = {"raw", APPEND, 20, "02", SHK_OK};
    static const test_change in_13 = {SHK_MSG_encrypted_extensions, 0, 0, 2, "0005 0014 0001 02"};
    test_setup setup;
    test_pair pair;
    uint8_t bytes[MAX_VECTOR + 16];
    test_session kept = {.len = 0}, first;
    test_setup_tickets(&setup, &kept, version);
    setup.client.peer_certificate_types = CERTIFICATE_TYPES(raw_or_x509);
    setup.client.peer_keys = &setup.credential->key_info;
    setup.client.peer_key_count = 1;
    assert_false(test_resumes(&setup));
    first = kept;
    test_offer_session(&setup, &first);
    setup.client.strict = strict;
    test_change_messages(&in_13);
    test_pair_send_hello(&pair, &setup);
    if (version < SHK_TLS13) {
        size_t len = edited_server_hello(&raw, pair.server, bytes);
        assert_fails(shk_conn_feed(pair.client, bytes, len),
                     strict ? SHK_E_CERTIFICATE_TYPE_RESUMED : SHK_OK);
    } else {
        test_pair_pump(&pair);
        assert_true(test_change_was_made());
    }
    test_change_messages(NULL);
    check_deviation(&pair, strict, SHK_E_CERTIFICATE_TYPE_RESUMED,
                    SHK_DEVIATION_CERTIFICATE_TYPE_RESUMED);
    test_pair_close_all(&pair, &setup);
}

/* Other stacks answer server_certificate_type although no certificate follows. */
static void certificate_type_answer_in_resumption_is_recorded(void **state)
{
    (void)state;
    for (uint16_t version = SHK_TLS12; version <= SHK_TLS13; version++)
        for (int strict = 0; strict < 2; strict++)
            resume_with_a_type(version, strict);
}

static void server_certificate_type_is_not_negotiated_below_tls_12(void **state)
{
    test_setup setup;
    test_pair pair;
    (void)state;
    setup_raw(&setup, SHK_TLS12);
    setup.client.min_version = SHK_TLS11;
    setup.server.max_version = SHK_TLS11;
    setup.client.max_version = SHK_TLS12;
    test_pair_connect(&pair, &setup);
    assert_false(shk_conn_info_of(pair.client).raw_public_key);
    test_pair_close_all(&pair, &setup);
}

/* The same for the client, which then sends its X.509 certificate. */
static void client_certificate_type_is_not_negotiated_below_tls_12(void **state)
{
    test_setup setup;
    test_pair pair;
    (void)state;
    test_setup_new(&setup, "p256");
    test_with_client_certificate(&setup, "client-p256");
    setup.client.own_certificate_types = CERTIFICATE_TYPES(raw_or_x509);
    setup.server.peer_certificate_types = CERTIFICATE_TYPES(raw_or_x509);
    setup.server.peer_keys = &setup.client_credential->key_info;
    setup.server.peer_key_count = 1;
    setup.client.min_version = setup.server.min_version = SHK_TLS11;
    setup.server.max_version = SHK_TLS11;
    test_pair_connect(&pair, &setup);
    assert_int_equal(shk_conn_info_of(pair.client).deviations, 0);
    assert_false(shk_conn_info_of(pair.server).raw_public_key);
    test_pair_close_all(&pair, &setup);
}

/* No certificate follows that could have a type (RFC 7250 §4.2). */
static void no_certificate_type_is_answered_in_resumption(void **state)
{
    (void)state;
    for (uint16_t version = SHK_TLS12; version <= SHK_TLS13; version++) {
        test_setup setup;
        test_pair pair;
        test_session kept;
        test_setup_tickets(&setup, &kept, version);
        setup.client.peer_certificate_types = CERTIFICATE_TYPES(raw_or_x509);
        trust_key(&setup);
        setup.server.own_certificate_types = CERTIFICATE_TYPES(raw_or_x509);
        assert_false(test_resumes(&setup));
        test_offer_session(&setup, &kept);
        test_pair_connect(&pair, &setup);
        assert_true(shk_conn_info_of(pair.server).resumed);
        assert_int_equal(shk_conn_info_of(pair.client).deviations, 0);
        test_pair_close_all(&pair, &setup);
    }
}

/* RFC 7250 §4.1: a client that supports only X.509 omits the extensions. */
static void certificate_types_are_not_sent_for_x509_only(void **state)
{
    test_setup setup;
    (void)state;
    test_setup_new(&setup, "p256");
    setup.client.own_certificate_types = CERTIFICATE_TYPES(x509_alone);
    setup.client.credentials = setup.credentials;
    setup.client.credential_count = 1;
    assert_false(test_client_offers(&setup, SHK_EXT_client_certificate_type));
    assert_false(test_client_offers(&setup, SHK_EXT_server_certificate_type));
    test_setup_free(&setup);
}

static void unoffered_certificate_type_is_refused(void **state)
{
    static const struct {
        const char *extensions;
        shk_status expected;
    } cases[] = {{"00050014000100", SHK_E_UNOFFERED_CERTIFICATE_TYPE},
                 {"00050014000101", SHK_E_UNOFFERED_CERTIFICATE_TYPE},
                 {"00050013000100", SHK_E_UNOFFERED_CERTIFICATE_TYPE},
                 {"00050014000102", SHK_OK}};
    test_setup setup;
    (void)state;
    setup_raw(&setup, SHK_TLS13);
    setup.client.peer_certificate_types = CERTIFICATE_TYPES(raw_alone);
    setup.client.own_certificate_types = CERTIFICATE_TYPES(raw_alone);
    setup.client.credentials = setup.credentials;
    setup.client.credential_count = 1;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        test_bytes body = from_hex(cases[i].extensions);
        shk_conn *conn = test_conn_in(&setup.client, SHK_STATE_c13_wait_encrypted_extensions);
        assert_fails(test_message(conn, SHK_MSG_encrypted_extensions, &body), cases[i].expected);
        shk_conn_free(conn);
    }
    test_setup_free(&setup);
}

static void unsolicited_certificate_type_is_refused(void **state)
{
    test_bytes body = from_hex("00050014000102");
    test_setup setup;
    (void)state;
    test_setup_new(&setup, "p256");
    shk_conn *conn = test_conn_in(&setup.client, SHK_STATE_c13_wait_encrypted_extensions);
    assert_fails(test_message(conn, SHK_MSG_encrypted_extensions, &body),
                 SHK_E_UNSOLICITED_EXTENSION);
    shk_conn_free(conn);
    test_setup_free(&setup);
}

/* RFC 7250 §4.1: a client without credentials omits client_certificate_type. */
static void client_without_credentials_offers_no_certificate_type(void **state)
{
    test_setup setup;
    (void)state;
    test_setup_new(&setup, "p256");
    setup.client.own_certificate_types = CERTIFICATE_TYPES(raw_or_x509);
    assert_false(test_client_offers(&setup, SHK_EXT_client_certificate_type));
    test_setup_free(&setup);
}

/* RFC 7250 §1: the extensions are defined for TLS 1.2 and above. */
static void certificate_types_are_not_offered_below_tls_12(void **state)
{
    test_setup setup;
    (void)state;
    setup_raw(&setup, SHK_TLS11);
    setup.client.min_version = SHK_TLS10;
    assert_false(test_client_offers(&setup, SHK_EXT_server_certificate_type));
    test_setup_free(&setup);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(post_handshake_client_uses_the_negotiated_certificate_type),
        cmocka_unit_test(client_certificate_type_is_not_answered_without_a_request),
        cmocka_unit_test(no_common_certificate_type_ends_the_handshake),
        cmocka_unit_test(client_without_a_common_certificate_type_is_not_asked),
        cmocka_unit_test(certificate_type_answer_below_tls_12_is_recorded),
        cmocka_unit_test(certificate_type_answer_in_resumption_is_recorded),
        cmocka_unit_test(server_certificate_type_is_not_negotiated_below_tls_12),
        cmocka_unit_test(client_certificate_type_is_not_negotiated_below_tls_12),
        cmocka_unit_test(no_certificate_type_is_answered_in_resumption),
        cmocka_unit_test(certificate_types_are_not_sent_for_x509_only),
        cmocka_unit_test(client_without_credentials_offers_no_certificate_type),
        cmocka_unit_test(unoffered_certificate_type_is_refused),
        cmocka_unit_test(unsolicited_certificate_type_is_refused),
        cmocka_unit_test(certificate_types_are_not_offered_below_tls_12),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
