/* Configurations that are refused: each limit of shakedown/config.h, exceeded by one. */
#include "provider_stubs.h"
#include "scripted_random.h"
#include "session_setup.h"

#include <string.h>

static uint64_t seed = 1;

static shk_status status_of(const shk_config *config, shk_random random)
{
    shk_conn *conn = NULL;
    shk_status status = shk_conn_new(config, &random, &conn);
    shk_conn_free(conn);
    return status;
}

/* The configuration is valid, and is refused with `change`, an assignment to one of its fields. */
#define assert_unusable_with(config, change)                                                       \
    do {                                                                                           \
        shk_config changed = (config);                                                             \
        assert_int_equal(status_of(&changed, counting(&seed)), SHK_OK);                            \
        changed.change;                                                                            \
        assert_case_fails(#change, status_of(&changed, counting(&seed)), SHK_E_CONFIG);            \
    } while (0)

static void configuration_without_required_parts_is_refused(void **state)
{
    test_setup setup;
    (void)state;
    test_setup_new(&setup, "p256");
    assert_unusable_with(setup.client, crypto = NULL);
    assert_unusable_with(setup.client, allocator = NULL);
    assert_fails(status_of(&setup.client, (shk_random){NULL, NULL}), SHK_E_CONFIG);
    assert_unusable_with(setup.server, credential_count = 0);
    test_setup_free(&setup);
}

static void version_range_outside_the_known_versions_is_refused(void **state)
{
    test_setup setup;
    (void)state;
    test_setup_new(&setup, "p256");
    assert_unusable_with(setup.client, max_version = SHK_TLS11);
    assert_unusable_with(setup.client, min_version = SHK_SSL30);
    assert_unusable_with(setup.client, max_version = SHK_TLS13 + 1);
    assert_unusable_with(setup.client, security_level = 6);
    test_setup_free(&setup);
}

static void unknown_code_points_are_refused_in_configuration(void **state)
{
    static const uint16_t suites[] = {SHK_TLS_AES_128_GCM_SHA256, 0x0a0a};
    static const uint16_t groups[] = {SHK_x25519, 0x0a0a};
    static const uint16_t schemes[] = {SHK_ecdsa_secp256r1_sha256, 0x0a0a};
    static const uint16_t compressions[] = {1, 0x0a0a};
    test_setup setup;
    (void)state;
    test_setup_new(&setup, "p256");
    assert_unusable_with(setup.client, suites = ((shk_u16s){suites, 2}));
    assert_unusable_with(setup.client, groups = ((shk_u16s){groups, 2}));
    assert_unusable_with(setup.client, schemes = ((shk_u16s){schemes, 2}));
    assert_unusable_with(setup.client, chain_schemes = ((shk_u16s){schemes, 2}));
    assert_unusable_with(setup.client, certificate_compressions = ((shk_u16s){compressions, 2}));
    test_setup_free(&setup);
}

static void empty_or_overlong_lists_are_refused_in_configuration(void **state)
{
    uint16_t many[SHK_MAX_SUITES + 1];
    test_setup setup;
    (void)state;
    for (size_t i = 0; i <= SHK_MAX_SUITES; i++)
        many[i] = SHK_TLS_AES_128_GCM_SHA256;
    test_setup_new(&setup, "p256");
    assert_unusable_with(setup.client, suites.count = 0);
    assert_unusable_with(setup.server, suites.count = 0);
    assert_unusable_with(setup.client, groups.count = 0);
    assert_unusable_with(setup.client, schemes.count = 0);
    setup.client.suites = (shk_u16s){many, SHK_MAX_SUITES};
    assert_unusable_with(setup.client, suites.count++);
    setup.client.key_shares = SHK_MAX_OFFERED_SHARES;
    assert_unusable_with(setup.client, key_shares++);
    test_setup_free(&setup);
}

/* Of its versions, and of the provider. */
static void client_suite_must_fit_its_versions_and_provider(void **state)
{
    static const uint16_t older[] = {SHK_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256};
    static const uint16_t newer[] = {SHK_TLS_AES_128_GCM_SHA256};
    test_setup setup;
    (void)state;
    test_setup_new(&setup, "p256");
    shk_crypto none = *setup.crypto;
    none.has_cipher = test_has_no_cipher;
    assert_unusable_with(setup.client, crypto = &none);
    setup.client.min_version = SHK_TLS13;
    assert_unusable_with(setup.client, suites = ((shk_u16s){older, 1}));
    setup.client.min_version = setup.client.max_version = SHK_TLS12;
    assert_unusable_with(setup.client, suites = ((shk_u16s){newer, 1}));
    test_setup_free(&setup);
}

static void psk_without_identity_or_key_is_refused_in_configuration(void **state)
{
    static const uint8_t bytes[65536];
    test_setup setup;
    shk_external_psk psks[SHK_MAX_PSKS + 1];
    (void)state;
    test_setup_new(&setup, "p256");
    for (size_t i = 0; i <= SHK_MAX_PSKS; i++)
        psks[i] = (shk_external_psk){.identity = shk_span_of(bytes, 65535),
                                     .key = shk_span_of(bytes, SHK_MAX_PSK)};
    setup.client.psks = psks;
    setup.client.psk_count = SHK_MAX_PSKS;
    setup.client.psk_hint = shk_span_of(bytes, 65535);
    assert_unusable_with(setup.client, psk_count++);
    assert_unusable_with(setup.client, psk_hint.len++);
    for (int i = 0; i < 4; i++) {
        shk_external_psk bad = psks[0];
        shk_span *part = i < 2 ? &bad.identity : &bad.key;
        part->len = i % 2 == 0 ? 0 : part->len + 1;
        bad.import = i == 0; /* an empty identity serves below TLS 1.3 (RFC 4279 §2) */
        setup.client.psk_count = 1;
        assert_unusable_with(setup.client, psks = &bad);
    }
    test_setup_free(&setup);
}

/* RFC 5246 §7.4.1.2: a ClientHello has at least one suite. */
static void client_without_a_usable_suite_is_refused(void **state)
{
    static const uint16_t psk_suite = SHK_TLS_PSK_WITH_AES_128_CBC_SHA;
    static const uint16_t suite_12 = SHK_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256;
    const shk_external_psk psk = {.identity = shk_span_of_text("one"),
                                  .key = shk_span_of_text("key")};
    test_setup setup;
    (void)state;
    test_setup_new(&setup, "p256");
    setup.client.min_version = setup.client.max_version = SHK_TLS11;
    setup.client.suites = (shk_u16s){&psk_suite, 1};
    setup.client.psks = &psk;
    setup.client.psk_count = 1;
    assert_int_equal(status_of(&setup.client, counting(&seed)), SHK_OK);
    assert_unusable_with(setup.client, psk_count = 0);
    assert_unusable_with(setup.client, suites.values = &suite_12);
    test_setup_free(&setup);
}

/* RFC 7301 §3.1 */
static void protocol_name_must_have_1_to_255_bytes(void **state)
{
    static char name[257];
    static const char *const good[] = {name};
    static const char *const empty[] = {""};
    test_setup setup;
    (void)state;
    memset(name, 'x', 255);
    test_setup_new(&setup, "p256");
    setup.client.protocols = good;
    setup.client.protocol_count = 1;
    assert_unusable_with(setup.client, protocols = empty);
    assert_int_equal(status_of(&setup.client, counting(&seed)), SHK_OK);
    name[255] = 'x';
    assert_fails(status_of(&setup.client, counting(&seed)), SHK_E_CONFIG);
    test_setup_free(&setup);
}

static void tickets_and_sessions_need_the_clock(void **state)
{
    test_setup setup;
    test_session kept;
    (void)state;
    test_setup_tickets(&setup, &kept, SHK_TLS12);
    setup.server.ticket_key_count = 0;
    shk_session_cache *cache = shk_session_cache_new(&shk_libc_allocator, 4);
    shk_config client = setup.client, server = setup.server;
    client.trust = NULL;
    client.session_sink = NULL;
    client.clock.now_ms = server.clock.now_ms = NULL;
    assert_unusable_with(client, trust = setup.trust);
    assert_unusable_with(client, session_sink = test_keep_session);
    assert_unusable_with(client, session = shk_span_of("x", 1));
    assert_unusable_with(server, ticket_key_count = 1);
    assert_unusable_with(server, session_cache = cache);
    shk_session_cache_free(cache);
    test_setup_free(&setup);
}

/* RFC 8446 §4.2.5: oid_filters are of TLS 1.3, and of certificates of X.509. */
static void oid_filters_need_tls_13_and_x509_certificates(void **state)
{
    static const uint8_t digital_signature[] = {5, 6, 3, 0x55, 0x1d, 0x0f, 0, 4, 3, 2, 7, 0x80};
    static const uint8_t types[] = {SHK_CERTIFICATE_RAW_PUBLIC_KEY, SHK_CERTIFICATE_X509};
    test_setup setup;
    (void)state;
    test_setup_new(&setup, "p256");
    setup.server.min_version = SHK_TLS13;
    setup.server.oid_filters = shk_span_of(digital_signature, sizeof digital_signature);
    assert_unusable_with(setup.server, min_version = SHK_TLS12);
    assert_unusable_with(setup.server, peer_certificate_types = shk_span_of(types, 2));
    test_setup_free(&setup);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(configuration_without_required_parts_is_refused),
        cmocka_unit_test(version_range_outside_the_known_versions_is_refused),
        cmocka_unit_test(unknown_code_points_are_refused_in_configuration),
        cmocka_unit_test(empty_or_overlong_lists_are_refused_in_configuration),
        cmocka_unit_test(client_suite_must_fit_its_versions_and_provider),
        cmocka_unit_test(psk_without_identity_or_key_is_refused_in_configuration),
        cmocka_unit_test(client_without_a_usable_suite_is_refused),
        cmocka_unit_test(protocol_name_must_have_1_to_255_bytes),
        cmocka_unit_test(tickets_and_sessions_need_the_clock),
        cmocka_unit_test(oid_filters_need_tls_13_and_x509_certificates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
