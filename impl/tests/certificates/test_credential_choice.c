/* Which of several credentials an end selects for its peer. Chains: corpora/pki/README.md.
 */
#include "conn_pair.h"
#include "scripted_random.h"

#include <string.h>

#include "extensions/extension_block.h"
#include "handshake/certificates/cert_request.h"
#include "handshake/flow/flow_table.h"
#include "handshake/state/handshake.h"

enum { MOST = 3 };

/* An end's own credentials, by their names. */
typedef struct {
    shk_credential *own[MOST];
    const shk_credential *list[MOST];
} credential_list;

static void load_credentials(credential_list *s, shk_config *config, const char *const *names,
                             size_t count)
{
    memset(s, 0, sizeof *s);
    for (size_t i = 0; i < count; i++)
        s->list[i] = s->own[i] = test_credential(names[i]);
    config->credentials = s->list;
    config->credential_count = count;
}

static void free_credentials(credential_list *s)
{
    for (size_t i = 0; i < MOST; i++)
        shk_credential_free(s->own[i]);
}

/* Keeps the Certificate message that a peer has sent. */
typedef struct {
    uint8_t bytes[8192];
    size_t len;
    unsigned requests;
    bool request_names_authorities;
} seen_certificate;

static void observe(void *context, bool sent, shk_message id, const shk_form *form, shk_span raw)
{
    seen_certificate *seen = (seen_certificate *)context;
    (void)form;
    if (sent)
        return;
    if (id == SHK_MSG_certificate || id == SHK_MSG_certificate_12) {
        assert_true(raw.len <= sizeof seen->bytes);
        memcpy(seen->bytes, raw.data, raw.len);
        seen->len = raw.len;
    }
    seen->requests += id == SHK_MSG_certificate_request || id == SHK_MSG_certificate_request_12;
}

/* Whether the message holds the credential's leaf. */
static bool has_leaf(const seen_certificate *seen, const shk_credential *credential)
{
    shk_span leaf = credential->chain[0];
    for (size_t at = 0; at + leaf.len <= seen->len; at++)
        if (memcmp(seen->bytes + at, leaf.data, leaf.len) == 0)
            return true;
    return false;
}

typedef struct {
    const char *server_name;
    const char *names[2];
    size_t chosen;
} server_choice;

static void check_server_choice(const server_choice *c, uint16_t version)
{
    test_setup setup;
    test_pair pair;
    credential_list s;
    seen_certificate seen = {.len = 0};
    test_setup_new(&setup, "p256");
    load_credentials(&s, &setup.server, c->names, 2);
    setup.client.max_version = version;
    setup.client.server_name = c->server_name;
    setup.client.trust = NULL;
    setup.client.observer = observe;
    setup.client.observer_context = &seen;
    test_pair_connect(&pair, &setup);
    assert_true(has_leaf(&seen, s.own[c->chosen]));
    test_pair_close(&pair);
    free_credentials(&s);
    test_setup_free(&setup);
}

static void server_selects_credential_by_server_name(void **state)
{
    static const server_choice cases[] = {
        {"other.shakedown.test", {"p256", "wrong-name"}, 1},
        {"server.shakedown.test", {"wrong-name", "p256"}, 1},
        {"x.wild.shakedown.test", {"wrong-name", "p256"}, 1},
        {"nobody.shakedown.test", {"p256", "wrong-name"}, 0}, /* the first that fits */
        {NULL, {"wrong-name", "p256"}, 0},
        {"other.shakedown.test", {"rsa2048", "wrong-name"}, 1}, /* over any preference of suites */
        {"server.shakedown.test", {"wrong-name", "rsa2048"}, 1},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        for (uint16_t version = SHK_TLS12; version <= SHK_TLS13; version++)
            check_server_choice(&cases[i], version);
}

static void server_selects_credential_by_signature_algorithms(void **state)
{
    static const uint16_t rsa[] = {SHK_rsa_pss_rsae_sha256};
    static const char *const names[] = {"p256", "rsa2048"};
    (void)state;
    for (uint16_t version = SHK_TLS12; version <= SHK_TLS13; version++) {
        test_setup setup;
        test_pair pair;
        credential_list s;
        test_setup_new(&setup, "p256");
        load_credentials(&s, &setup.server, names, 2);
        setup.client.max_version = version;
        setup.client.schemes = (shk_u16s){rsa, 1};
        test_pair_connect(&pair, &setup);
        assert_int_equal(shk_conn_info_of(pair.client).scheme, rsa[0]);
        test_pair_close(&pair);
        free_credentials(&s);
        test_setup_free(&setup);
    }
}

/* RFC 8446 §4.2.3: signature_algorithms_cert is about the chain; without it signature_algorithms
 * is. If no chain fits, the first credential is sent (§4.4.2.2). */
static void server_selects_credential_by_chain_signatures(void **state)
{
    static const char *const names[] = {"rsa2048", "rsa2048-rsachain"};
    static const uint16_t signing[] = {SHK_rsa_pss_rsae_sha256, SHK_rsa_pkcs1_sha256};
    static const uint16_t rsa[] = {SHK_rsa_pkcs1_sha256};
    static const uint16_t ecdsa[] = {SHK_ecdsa_secp256r1_sha256};
    static const uint16_t ed448[] = {SHK_ed448};
    static const struct {
        shk_u16s chain_schemes;
        size_t chosen;
    } cases[] = {{{rsa, 1}, 1}, {{ecdsa, 1}, 0}, {{ed448, 1}, 0}, {{NULL, 0}, 1}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        for (uint16_t version = SHK_TLS12; version <= SHK_TLS13; version++) {
            test_setup setup;
            test_pair pair;
            credential_list s;
            seen_certificate seen = {.len = 0};
            test_setup_new(&setup, "p256");
            load_credentials(&s, &setup.server, names, 2);
            setup.client.max_version = version;
            setup.client.schemes = (shk_u16s){signing, 2};
            setup.client.chain_schemes = cases[i].chain_schemes;
            setup.client.observer = observe;
            setup.client.observer_context = &seen;
            test_pair_connect(&pair, &setup);
            assert_true(has_leaf(&seen, s.own[cases[i].chosen]));
            test_pair_close(&pair);
            free_credentials(&s);
            test_setup_free(&setup);
        }
}

/* RFC 8446 §4.2.3, §4.4.2.2: a chain with SHA-1 is the last choice, even if the client accepts it.
 * The test only marks a chain as one with SHA-1. */
static void chain_with_sha1_is_the_last_choice(void **state)
{
    static const char *const names[] = {"p256", "p384"};
    static const uint16_t with_sha1[] = {SHK_ecdsa_sha1, SHK_ecdsa_secp256r1_sha256};
    static const uint16_t ed448[] = {SHK_ed448};
    const shk_u16s lists[] = {{with_sha1, 2}, {ed448, 1}, {ed448, 1}};
    const uint16_t signed_by[] = {SHK_ecdsa_sha1, SHK_ecdsa_sha1, SHK_rsa_pkcs1_sha1};
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        test_setup setup;
        test_pair pair;
        credential_list s;
        seen_certificate seen = {.len = 0};
        test_setup_new(&setup, "p256");
        load_credentials(&s, &setup.server, names, 2);
        s.own[0]->cert_info[0].signature_scheme = signed_by[i];
        setup.client.chain_schemes = lists[i];
        setup.client.observer = observe;
        setup.client.observer_context = &seen;
        test_pair_connect(&pair, &setup);
        assert_true(has_leaf(&seen, s.own[1]));
        test_pair_close(&pair);
        free_credentials(&s);
        test_setup_free(&setup);
    }
}

static void server_selects_credential_by_certificate_authorities(void **state)
{
    static const char *const names[] = {"rsa2048", "rsa2048-rsachain"};
    (void)state;
    for (int named = 0; named < 2; named++) {
        test_setup setup;
        test_pair pair;
        credential_list s;
        seen_certificate seen = {.len = 0};
        test_setup_new(&setup, "p256");
        shk_trust *trust = test_trust("rsa-root.pem");
        load_credentials(&s, &setup.server, names, 2);
        setup.client.trust = trust;
        setup.client.name_authorities = named == 1;
        setup.client.observer = observe;
        setup.client.observer_context = &seen;
        test_pair_open_and_run(&pair, &setup);
        assert_true(has_leaf(&seen, s.own[named]));
        if (named == 0) /* the client has not sent the extension, and gets the wrong one */
            assert_refused(NULL, pair.client, SHK_E_UNKNOWN_ISSUER);
        else
            assert_connected(&pair);
        test_pair_close(&pair);
        shk_trust_free(trust);
        free_credentials(&s);
        test_setup_free(&setup);
    }
}

/* A client with these credentials, and a server that trusts the file's anchors and requests a
 * certificate. */
typedef struct {
    const char *names[2];
    const char *anchors;
    int chosen; /* -1: none */
} client_choice;

static void check_client_choice(const client_choice *c, uint16_t version)
{
    test_setup setup;
    test_pair pair;
    credential_list s;
    seen_certificate seen = {.len = 0};
    test_setup_new(&setup, "p256");
    shk_trust *trust = test_trust(c->anchors);
    load_credentials(&s, &setup.client, c->names, 2);
    setup.client.min_version = setup.client.max_version = version;
    setup.server.min_version = SHK_TLS10;
    setup.server.client_auth = SHK_CLIENT_AUTH_REQUEST;
    setup.server.trust = trust;
    setup.server.clock = setup.client.clock;
    setup.server.observer = observe;
    setup.server.observer_context = &seen;
    test_pair_connect(&pair, &setup);
    assert_int_equal(shk_conn_info_of(pair.server).peer_authenticated, c->chosen >= 0);
    if (c->chosen >= 0)
        assert_true(has_leaf(&seen, s.own[c->chosen]));
    else /* the Certificate is empty */
        assert_int_equal(seen.len, version == SHK_TLS13 ? 4 + 1 + 3 : 4 + 3);
    test_pair_close(&pair);
    shk_trust_free(trust);
    free_credentials(&s);
    test_setup_free(&setup);
}

static void client_selects_credential_by_certificate_authorities(void **state)
{
    static const client_choice cases[] = {
        {{"client-p256", "client-rsa2048"}, "roots.pem", 0},
        {{"client-p256", "client-rsa2048"}, "rsa-root.pem", -1},
        {{"client-p256", "client-rsa2048"}, "other-root.pem", -1},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        for (uint16_t version = SHK_TLS10; version <= SHK_TLS13; version++)
            check_client_choice(&cases[i], version);
}

typedef struct {
    const char *name;
    const char *hex; /* the CertificateRequest */
    int chosen;      /* of client-p256 and client-rsa2048; -1: none */
    shk_status expected;
} request_case;

static void check_requests(const request_case *cases, size_t count, unsigned state,
                           shk_message message)
{
    static const char *const names[] = {"client-p256", "client-rsa2048"};
    test_setup setup;
    credential_list s;
    test_setup_new(&setup, "p256");
    load_credentials(&s, &setup.client, names, 2);
    for (size_t i = 0; i < count; i++) {
        shk_conn *conn = test_conn_in(&setup.client, state);
        test_bytes body = from_hex(cases[i].hex);
        shk_status status = test_message(conn, message, &body);
        assert_case_fails(cases[i].name, status, cases[i].expected);
        if (status == SHK_OK) {
            bool found = shk_choose_client_credential(conn);
            const shk_credential *wanted = cases[i].chosen < 0 ? NULL : s.own[cases[i].chosen];
            if (found != (wanted != NULL) || conn->handshake->own.credential != wanted)
                fail_msg("%s: another choice", cases[i].name);
        }
        shk_conn_free(conn);
    }
    free_credentials(&s);
    test_setup_free(&setup);
}

/* signature_algorithms: ecdsa_secp256r1_sha256 and rsa_pss_rsae_sha256 */
#define BOTH_SCHEMES "000d0006000404030804"

static void client_follows_tls_13_certificate_request(void **state)
{
    static const request_case cases[] = {
        {"both_schemes", "00000a" BOTH_SCHEMES, 0, SHK_OK},
        {"context_in_the_handshake", "01aa000a" BOTH_SCHEMES, 0, SHK_E_CERTIFICATE_CONTEXT},
        {"no_signature_algorithms", "000000", 0, SHK_E_MISSING_EXTENSION},
        {"unknown_extension", "00000e" BOTH_SCHEMES "77770000", 0, SHK_OK},
        {"rsa_alone_signs_and_certificates_as_they_are",
         "000012000d00040002080400320006000404030401", 1, SHK_OK},
        {"chain_by_no_scheme_listed", "000012" BOTH_SCHEMES "0032000400020401", -1, SHK_OK},
        {"nor_by_signature_algorithms", "000008000d000400020804", -1, SHK_OK},
        {"no_key_for_the_schemes", "000010000d0004000208070032000400020403", -1, SHK_OK},
    };
    (void)state;
    check_requests(cases, sizeof cases / sizeof cases[0], SHK_STATE_c13_wait_certificate_or_request,
                   SHK_MSG_certificate_request);
}

/* keyUsage is 2.5.29.15, extendedKeyUsage 2.5.29.37; the client leaves have digitalSignature and
 * clientAuth. */
static void client_follows_oid_filters(void **state)
{
    static const request_case cases[] = {
        {"has_the_usage", "00001c" BOTH_SCHEMES "0030000e000c050603551d0f000403020780", 0, SHK_OK},
        {"has_not_all_usages", "00001c" BOTH_SCHEMES "0030000e000c050603551d0f0004030205a0", -1,
         SHK_OK},
        {"any_usage", "000018" BOTH_SCHEMES "0030000a0008050603551d0f0000", 0, SHK_OK},
        {"has_the_purpose",
         "000024" BOTH_SCHEMES "003000160014050603551d25000c300a06082b06010505070302", 0, SHK_OK},
        {"has_not_all_purposes",
         "00002e" BOTH_SCHEMES
         "00300020001e050603551d250016301406082b0601050507030206082b06010505070301",
         -1, SHK_OK},
        {"unknown_oid_is_passed_over", "00001a" BOTH_SCHEMES "0030000c000a0506035504030002aabb", 0,
         SHK_OK},
        {"oid_twice", "000020" BOTH_SCHEMES "003000120010050603551d0f0000050603551d0f0000", 0,
         SHK_E_OID_FILTER},
        {"anyExtendedKeyUsage",
         "000020" BOTH_SCHEMES "003000120010050603551d25000830060604551d2500", 0, SHK_E_OID_FILTER},
        {"oid_not_der", "000018" BOTH_SCHEMES "0030000a0008050403551d0f0000", 0, SHK_E_OID_FILTER},
        {"usage_not_der", "00001a" BOTH_SCHEMES "0030000c000a050603551d0f0002ffff", 0,
         SHK_E_OID_FILTER},
    };
    (void)state;
    check_requests(cases, sizeof cases / sizeof cases[0], SHK_STATE_c13_wait_certificate_or_request,
                   SHK_MSG_certificate_request);
}

static shk_status pass_all(shk_span certificate, shk_span oid, shk_span values, bool *passes)
{
    (void)certificate;
    (void)oid;
    (void)values;
    *passes = true;
    return SHK_OK;
}

/* One handshake in which the server requests by these filters; returns the server's status. */
static shk_status ask_by_filters(const char *hex, bool ignores_filters, bool *authenticated)
{
    test_setup setup;
    test_pair pair;
    const test_bytes filters = from_hex(hex);
    test_setup_new(&setup, "p256");
    test_with_client_certificate(&setup, "client-p256");
    setup.server.client_auth = SHK_CLIENT_AUTH_REQUEST;
    setup.server.oid_filters = shk_span_of(filters.data, filters.len);
    setup.server.min_version = SHK_TLS13;
    shk_crypto lax = *setup.crypto;
    lax.oid_filter = pass_all;
    if (ignores_filters)
        setup.client.crypto = &lax;
    test_pair_open_and_run(&pair, &setup);
    const shk_status status = shk_conn_failure_of(pair.server)->fault.status;
    *authenticated = shk_conn_info_of(pair.server).peer_authenticated;
    if (status == SHK_OK)
        assert_connected(&pair);
    else
        assert_int_equal(shk_conn_failure_of(pair.server)->alert_sent,
                         SHK_ALERT_unsupported_certificate);
    test_pair_close_all(&pair, &setup);
    return status;
}

/* As in client_follows_oid_filters: a usage that the client's certificate has, and one that it
 * lacks. */
static void server_requests_by_oid_filters(void **state)
{
    static const char has[] = "050603551d0f000403020780";
    static const char has_not[] = "050603551d0f0004030205a0";
    bool authenticated;
    (void)state;
    assert_int_equal(ask_by_filters(has, false, &authenticated), SHK_OK);
    assert_true(authenticated);
    assert_int_equal(ask_by_filters(has_not, false, &authenticated), SHK_OK);
    assert_false(authenticated);
    assert_fails(ask_by_filters(has_not, true, &authenticated), SHK_E_CERTIFICATE_FILTERED);
    assert_false(authenticated);
}

static shk_status pass_and_fail(shk_span der, shk_span oid, shk_span values, bool *passes)
{
    (void)oid, (void)values;
    *passes = true;
    return der.len > 0 ? SHK_E_CERTIFICATE_PARSE : SHK_OK; /* the status without filters */
}

/* A certificate that cannot be matched against the filters is not sent. */
static void malformed_certificate_extension_fails_oid_filters(void **state)
{
    test_setup setup;
    test_pair pair;
    const test_bytes filters = from_hex("050603551d0f000403020780");
    (void)state;
    test_setup_new(&setup, "p256");
    test_with_client_certificate(&setup, "client-p256");
    shk_crypto failing = *setup.crypto;
    failing.oid_filter = pass_and_fail;
    setup.client.crypto = &failing;
    setup.server.client_auth = SHK_CLIENT_AUTH_REQUEST;
    setup.server.oid_filters = shk_span_of(filters.data, filters.len);
    setup.server.min_version = SHK_TLS13;
    test_pair_connect(&pair, &setup);
    assert_false(shk_conn_info_of(pair.server).peer_authenticated);
    test_pair_close_all(&pair, &setup);
}

static void invalid_oid_filters_are_refused_in_configuration(void **state)
{
    static const char *const cases[] = {"0506035504030002aabb", "050603551d0f0000aa",
                                        "050603551d0f0000050603551d0f0000", "020600",
                                        "050603551d0f0002ffff"};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        test_setup setup;
        shk_random random;
        uint64_t seed = 1;
        shk_conn *conn = NULL;
        const test_bytes filters = from_hex(cases[i]);
        test_setup_new(&setup, "p256");
        setup.server.min_version = SHK_TLS13;
        setup.server.oid_filters = shk_span_of(filters.data, filters.len);
        random = counting(&seed);
        assert_fails(shk_conn_new(&setup.server, &random, &conn), SHK_E_CONFIG);
        test_setup_free(&setup);
    }
}

static void client_follows_tls_12_certificate_request(void **state)
{
    static const request_case cases[] = {
        {"both_types", "0201400004040308040000", 0, SHK_OK},
        {"rsa_sign_alone", "01010004040308040000", 1, SHK_OK},
        {"ecdsa_sign_alone", "01400004040308040000", 0, SHK_OK},
        {"dss_sign_alone", "01020004040308040000", -1, SHK_OK},
        {"chain_by_no_algorithm_listed", "020140000208040000", -1, SHK_OK},
        {"another_authority", "020140000404030804000400023000", -1, SHK_OK},
    };
    (void)state;
    check_requests(cases, sizeof cases / sizeof cases[0], SHK_STATE_c12_wait_certificate_request,
                   SHK_MSG_certificate_request_12);
}

static void client_sends_only_configured_certificate_lists(void **state)
{
    static const uint16_t rsa[] = {SHK_rsa_pkcs1_sha256};
    (void)state;
    for (int configured = 0; configured < 2; configured++) {
        test_setup setup;
        shk_random random;
        uint64_t seed = 1;
        shk_conn *conn = NULL;
        test_setup_new(&setup, "p256");
        setup.client.chain_schemes = (shk_u16s){rsa, configured == 1 ? 1 : 0};
        setup.client.name_authorities = configured == 1;
        random = counting(&seed);
        assert_int_equal(shk_conn_new(&setup.client, &random, &conn), SHK_OK);
        assert_int_equal(shk_conn_start(conn), SHK_OK);
        const shk_extension_block *block = &conn->handshake->offered.extensions;
        assert_int_equal(shk_extension_in(block, SHK_EXT_signature_algorithms_cert), configured);
        assert_int_equal(shk_extension_in(block, SHK_EXT_certificate_authorities), configured);
        shk_conn_free(conn);
        test_setup_free(&setup);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(server_selects_credential_by_server_name),
        cmocka_unit_test(server_selects_credential_by_signature_algorithms),
        cmocka_unit_test(server_selects_credential_by_chain_signatures),
        cmocka_unit_test(chain_with_sha1_is_the_last_choice),
        cmocka_unit_test(server_selects_credential_by_certificate_authorities),
        cmocka_unit_test(client_selects_credential_by_certificate_authorities),
        cmocka_unit_test(client_follows_tls_13_certificate_request),
        cmocka_unit_test(client_follows_oid_filters),
        cmocka_unit_test(server_requests_by_oid_filters),
        cmocka_unit_test(malformed_certificate_extension_fails_oid_filters),
        cmocka_unit_test(invalid_oid_filters_are_refused_in_configuration),
        cmocka_unit_test(client_follows_tls_12_certificate_request),
        cmocka_unit_test(client_sends_only_configured_certificate_lists),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
