/* Resumption and PSKs: what resumes, what falls back to a full handshake, and what is refused. */
#include "scripted_random.h"
#include "session_setup.h"

#include <string.h>

#include "shakedown/session.h"

static void ticket_resumes(void **state)
{
    (void)state;
    for (uint16_t version = SHK_TLS12; version <= SHK_TLS13; version++) {
        test_setup setup;
        test_session kept;
        test_setup_tickets(&setup, &kept, version);
        assert_false(test_resumes(&setup));
        assert_int_equal(kept.count, version == SHK_TLS13 ? 2 : 1);
        test_session first = kept;
        test_offer_session(&setup, &first);
        test_clock_ms += 1000;
        assert_true(test_resumes(&setup));
        test_setup_free(&setup);
    }
}

static void expired_or_foreign_ticket_leads_to_full_handshake(void **state)
{
    (void)state;
    for (uint16_t version = SHK_TLS12; version <= SHK_TLS13; version++) {
        test_setup setup;
        test_session kept;
        test_setup_tickets(&setup, &kept, version);
        assert_false(test_resumes(&setup));
        test_session first = kept;
        test_offer_session(&setup, &first);
        setup.server.ticket_keys = test_ticket_keys + 1; /* rotated away */
        assert_false(test_resumes(&setup));
        setup.server.ticket_keys = test_ticket_keys;
        test_clock_ms += (int64_t)7201 * 1000;
        assert_false(test_resumes(&setup));
        test_setup_free(&setup);
    }
}

static int64_t early_clock(void *context)
{
    (void)context;
    return test_clock_ms - 1;
}

/* At one end alone: the client does not offer its session, or the server does not accept it. */
static void session_from_the_future_leads_to_full_handshake(void **state)
{
    (void)state;
    for (uint16_t version = SHK_TLS12; version <= SHK_TLS13; version++)
        for (int end = 0; end < 2; end++) {
            test_setup setup;
            test_session kept;
            test_setup_tickets(&setup, &kept, version);
            assert_false(test_resumes(&setup));
            test_session first = kept;
            test_offer_session(&setup, &first);
            assert_true(test_resumes(&setup));
            shk_config *config = end == 0 ? &setup.client : &setup.server;
            config->clock.now_ms = early_clock;
            assert_false(test_resumes(&setup));
            test_setup_free(&setup);
        }
}

static void older_ticket_key_still_decrypts(void **state)
{
    static const shk_ticket_key rotated[2] = {{.name = {3}, .key = {4}}, {.name = {1}, .key = {2}}};
    test_setup setup;
    test_session kept;
    (void)state;
    test_setup_tickets(&setup, &kept, SHK_TLS13);
    assert_false(test_resumes(&setup));
    test_session first = kept;
    test_offer_session(&setup, &first);
    setup.server.ticket_keys = rotated;
    setup.server.ticket_key_count = 2;
    assert_true(test_resumes(&setup));
    test_setup_free(&setup);
}

static void ticket_resumes_after_hello_retry_request(void **state)
{
    test_setup setup;
    test_session kept;
    (void)state;
    test_setup_tickets(&setup, &kept, SHK_TLS13);
    assert_false(test_resumes(&setup));
    test_session first = kept;
    test_offer_session(&setup, &first);
    setup.server.request_cookie = true;
    assert_true(test_resumes(&setup));
    test_setup_free(&setup);
}

static void another_host_name_does_not_resume(void **state)
{
    test_setup setup;
    test_session kept;
    (void)state;
    test_setup_tickets(&setup, &kept, SHK_TLS13);
    assert_false(test_resumes(&setup));
    test_session first = kept;
    test_offer_session(&setup, &first);
    setup.client.server_name = "localhost";
    assert_false(test_resumes(&setup));
    test_setup_free(&setup);
}

static void external_psk_needs_no_certificate(void **state)
{
    static const uint8_t key[32] = {7};
    test_setup setup;
    test_pair pair;
    (void)state;
    test_setup_new(&setup, "p256");
    test_with_psk(&setup, key, key);
    setup.server.credential_count = 0;
    test_pair_open_and_run(&pair, &setup);
    assert_true(shk_conn_info_of(pair.client).connected);
    assert_true(shk_conn_info_of(pair.server).external_psk);
    test_pair_close_all(&pair, &setup);
}

static void wrong_psk_is_bad_binder(void **state)
{
    static const uint8_t key[32] = {7}, other[32] = {8};
    test_setup setup;
    test_pair pair;
    (void)state;
    test_setup_new(&setup, "p256");
    test_with_psk(&setup, key, other);
    test_pair_open_and_run(&pair, &setup);
    assert_refused(NULL, pair.server, SHK_E_BAD_BINDER);
    assert_int_equal(shk_conn_failure_of(pair.client)->alert_received, SHK_ALERT_decrypt_error);
    test_pair_close_all(&pair, &setup);
}

static void session_of_another_name_is_not_offered(void **state)
{
    (void)state;
    for (uint16_t version = SHK_TLS12; version <= SHK_TLS13; version++) {
        test_setup setup;
        test_session kept;
        test_setup_tickets(&setup, &kept, version);
        setup.client.trust = NULL; /* any server is accepted */
        setup.client.server_name = NULL;
        assert_false(test_resumes(&setup));
        test_session first = kept;
        test_offer_session(&setup, &first);
        assert_true(test_resumes(&setup));
        setup.client.trust = setup.trust; /* the name is verified */
        assert_false(test_resumes(&setup));
        setup.client.server_name = "localhost";
        assert_false(test_resumes(&setup));
        test_setup_free(&setup);
    }
}

/* A ticket of a handshake without a client certificate does not replace one. */
static void resumption_does_not_replace_a_required_client_certificate(void **state)
{
    (void)state;
    for (uint16_t version = SHK_TLS12; version <= SHK_TLS13; version++) {
        test_setup setup;
        test_pair pair;
        test_session kept;
        test_setup_tickets(&setup, &kept, version);
        assert_false(test_resumes(&setup));
        test_session first = kept;
        test_offer_session(&setup, &first);
        setup.server.client_auth = SHK_CLIENT_AUTH_REQUIRE;
        setup.server.trust = setup.trust;
        test_pair_open_and_run(&pair, &setup);
        assert_refused(NULL, pair.server,
                       version == SHK_TLS13 ? SHK_E_CERTIFICATE_REQUIRED
                                            : SHK_E_CERTIFICATE_REQUIRED_12);
        test_pair_close_all(&pair, &setup);
    }
}

static void required_client_certificate_needs_trust_anchors(void **state)
{
    test_setup setup;
    uint64_t seed = 1;
    shk_random random = counting(&seed);
    shk_conn *conn = NULL;
    (void)state;
    test_setup_new(&setup, "p256");
    setup.server.client_auth = SHK_CLIENT_AUTH_REQUIRE;
    assert_fails(shk_conn_new(&setup.server, &random, &conn), SHK_E_CONFIG);
    test_setup_free(&setup);
}

static void session_id_resumes_until_a_fatal_alert(void **state)
{
    static const uint8_t garbage[6] = {23, 3, 3, 0, 1, 0};
    test_setup setup;
    test_pair pair;
    test_session kept;
    (void)state;
    test_setup_tickets(&setup, &kept, SHK_TLS12);
    setup.server.ticket_key_count = 0;
    setup.server.session_cache = shk_session_cache_new(&shk_libc_allocator, 4);
    assert_false(test_resumes(&setup));
    test_session first = kept;
    test_offer_session(&setup, &first);
    assert_true(test_resumes(&setup));
    test_pair_open_and_run(&pair, &setup);
    assert_fails(shk_conn_feed(pair.server, garbage, sizeof garbage), SHK_E_BAD_RECORD_MAC);
    test_pair_close(&pair);
    assert_false(test_resumes(&setup));
    shk_session_cache_free(setup.server.session_cache);
    test_setup_free(&setup);
}

static void hello_retry_request_with_a_psk_of_another_hash_connects(void **state)
{
    static const uint8_t key[32] = {7};
    static const uint16_t aes256[] = {SHK_TLS_AES_256_GCM_SHA384};
    static const uint16_t p256[] = {SHK_secp256r1};
    test_setup setup;
    test_pair pair;
    (void)state;
    test_setup_new(&setup, "p256");
    test_with_psk(&setup, key, key);
    setup.server.psk_count = 0;
    setup.server.suites.values = aes256;
    setup.server.suites.count = 1;
    setup.server.groups.values = p256;
    setup.server.groups.count = 1;
    test_pair_open_and_run(&pair, &setup);
    assert_true(shk_conn_info_of(pair.client).connected);
    assert_true(shk_conn_info_of(pair.server).connected);
    test_pair_close_all(&pair, &setup);
}

/* HostName has up to 65,535 bytes (RFC 6066 §3), whatever DNS allows. */
static void session_keeps_a_server_name_of_any_length(void **state)
{
    static const size_t lengths[] = {255, 256, 300};
    char name[301];
    (void)state;
    memset(name, 'a', sizeof name - 1);
    for (uint16_t version = SHK_TLS12; version <= SHK_TLS13; version++)
        for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
            test_setup setup;
            test_session kept, first;
            name[lengths[i]] = 0;
            test_setup_tickets(&setup, &kept, version);
            setup.client.trust = NULL;
            setup.client.server_name = name;
            assert_false(test_resumes(&setup));
            first = kept;
            test_offer_session(&setup, &first);
            assert_true(test_resumes(&setup));
            name[lengths[i]] = 'a';
            test_setup_free(&setup);
        }
}

/* A client that stores no new sessions still offers its present one (RFC 5077 §3.4). */
static void client_without_a_session_sink_offers_its_session(void **state)
{
    (void)state;
    for (uint16_t version = SHK_TLS12; version <= SHK_TLS13; version++) {
        test_setup setup;
        test_session kept, first;
        test_setup_resumption(&setup, &kept, &first, version);
        setup.client.session_sink = NULL;
        assert_true(test_resumes(&setup));
        test_setup_free(&setup);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(client_without_a_session_sink_offers_its_session),
        cmocka_unit_test(session_keeps_a_server_name_of_any_length),
        cmocka_unit_test(ticket_resumes),
        cmocka_unit_test(expired_or_foreign_ticket_leads_to_full_handshake),
        cmocka_unit_test(session_from_the_future_leads_to_full_handshake),
        cmocka_unit_test(older_ticket_key_still_decrypts),
        cmocka_unit_test(ticket_resumes_after_hello_retry_request),
        cmocka_unit_test(another_host_name_does_not_resume),
        cmocka_unit_test(external_psk_needs_no_certificate),
        cmocka_unit_test(wrong_psk_is_bad_binder),
        cmocka_unit_test(session_of_another_name_is_not_offered),
        cmocka_unit_test(resumption_does_not_replace_a_required_client_certificate),
        cmocka_unit_test(required_client_certificate_needs_trust_anchors),
        cmocka_unit_test(session_id_resumes_until_a_fatal_alert),
        cmocka_unit_test(hello_retry_request_with_a_psk_of_another_hash_connects),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
