/* Handshakes that must be refused, with OpenSSL and GnuTLS at the ends, in every pairing: the alert
 * is written down here, and so is where a library sends another one than the RFC has it. */
#include "pairings.h"

static void drive_refused(const pairing *pair, const shk_endpoint_config *client,
                          const shk_endpoint_config *server, bool by_server, int alert)
{
    const shk_verdict verdict = drive(pair, client, server, NULL);
    if (verdict.kind != SHK_VERDICT_REFUSED || verdict.alert != alert ||
        verdict.alert_from_server != by_server)
        fail_msg("%s client, %s server: expected alert %d of the %s, got %s: %s",
                 pair->client->name, pair->server->name, alert, by_server ? "server" : "client",
                 shk_verdict_name(verdict.kind), verdict.why);
}

/* GnuTLS chooses a suite before it finds that there is no common version; RFC 8446 §4.2.1 demands
 * protocol_version. */
static void no_common_version_is_refused_with_protocol_version(void **state)
{
    (void)state;
    for (size_t p = 0; p < PAIRINGS; p++) {
        const int alert = pairings[p].server == &shk_endpoint_gnutls ? SHK_ALERT_handshake_failure
                                                                     : SHK_ALERT_protocol_version;
        shk_endpoint_config client = client_config(SHK_TLS12);
        shk_endpoint_config server = p256_server(SHK_TLS13);
        drive_refused(&pairings[p], &client, &server, true, alert);
        client = client_config(SHK_TLS13);
        server = p256_server(SHK_TLS12);
        drive_refused(&pairings[p], &client, &server, true, alert);
    }
}

static void no_common_suite_is_refused_with_handshake_failure(void **state)
{
    (void)state;
    static const uint16_t suites[][2] = {
        {SHK_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, SHK_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384},
        {SHK_TLS_AES_128_GCM_SHA256, SHK_TLS_AES_256_GCM_SHA384},
    };
    for (size_t v = 0; v < VERSIONS; v++)
        for (size_t p = 0; p < PAIRINGS; p++) {
            shk_endpoint_config client = client_config(versions[v]);
            shk_endpoint_config server = p256_server(versions[v]);
            client.suites = one(&suites[v][0]);
            server.suites = one(&suites[v][1]);
            drive_refused(&pairings[p], &client, &server, true, SHK_ALERT_handshake_failure);
        }
}

static void no_common_group_is_refused_with_handshake_failure(void **state)
{
    (void)state;
    static const uint16_t groups[] = {SHK_x25519, SHK_secp256r1};
    for (size_t v = 0; v < VERSIONS; v++)
        for (size_t p = 0; p < PAIRINGS; p++) {
            shk_endpoint_config client = client_config(versions[v]);
            shk_endpoint_config server = rsa_server(versions[v]);
            static const uint16_t suites[] = {SHK_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
                                              SHK_TLS_AES_128_GCM_SHA256};
            client.suites = (shk_u16s){&suites[v], 1};
            client.groups = one(&groups[0]);
            server.groups = one(&groups[1]);
            drive_refused(&pairings[p], &client, &server, true, SHK_ALERT_handshake_failure);
        }
}

static void no_common_scheme_is_refused_with_handshake_failure(void **state)
{
    (void)state;
    static const uint16_t scheme = SHK_ed25519;
    for (size_t v = 0; v < VERSIONS; v++)
        for (size_t p = 0; p < PAIRINGS; p++) {
            shk_endpoint_config client = client_config(versions[v]);
            const shk_endpoint_config server = p256_server(versions[v]);
            client.schemes = one(&scheme);
            drive_refused(&pairings[p], &client, &server, true, SHK_ALERT_handshake_failure);
        }
}

static void no_common_protocol_is_refused_with_no_application_protocol(void **state)
{
    (void)state;
    for (size_t v = 0; v < VERSIONS; v++)
        for (size_t p = 0; p < PAIRINGS; p++) {
            shk_endpoint_config client = client_config(versions[v]);
            shk_endpoint_config server = p256_server(versions[v]);
            client.alpn = "h2";
            server.alpn = "http/1.1";
            drive_refused(&pairings[p], &client, &server, true, SHK_ALERT_no_application_protocol);
        }
}

/* OpenSSL's TLS 1.3 client sends its alert in the clear, as it takes its handshake keys into use
 * with its own Certificate or Finished only. GnuTLS cannot read that, and says bad_record_mac. */
static bool is_unheard(const pairing *pair, uint16_t version)
{
    return version == SHK_TLS13 && pair->client == &shk_endpoint_openssl &&
           pair->server == &shk_endpoint_gnutls;
}

static void client_refuses(const pairing *pair, uint16_t version, const shk_endpoint_config *client,
                           const shk_endpoint_config *server, int alert)
{
    if (!is_unheard(pair, version)) {
        drive_refused(pair, client, server, false, alert);
        return;
    }
    const shk_verdict verdict = drive(pair, client, server, NULL);
    assert_int_equal(verdict.kind, SHK_VERDICT_BROKEN);
    assert_int_equal(verdict.client.alert_sent, alert);
    assert_int_equal(verdict.server.alert_received, -1);
    assert_int_equal(verdict.server.alert_sent, SHK_ALERT_bad_record_mac);
}

static void an_address_that_is_not_in_the_certificate_is_refused(void **state)
{
    (void)state;
    for (size_t v = 0; v < VERSIONS; v++)
        for (size_t p = 0; p < PAIRINGS; p++) {
            shk_endpoint_config client = client_config(versions[v]);
            const shk_endpoint_config server = p256_server(versions[v]);
            client.server_name = "127.0.0.2";
            client_refuses(&pairings[p], versions[v], &client, &server, SHK_ALERT_bad_certificate);
        }
}

/* The alert of each client to each flaw. TAKEN: it does not see the flaw. */
enum { TAKEN = -1 };

static void a_certificate_with_a_flaw_is_refused_with_its_alert(void **state)
{
    (void)state;
    static const struct {
        const char *certificate;
        const char *key;
        int openssl;
        int gnutls;
    } rows[] = {
#define ROW(name, openssl, gnutls) {PKI name ".pem", PKI name ".key", openssl, gnutls}
        ROW("expired", SHK_ALERT_certificate_expired, SHK_ALERT_certificate_expired),
        ROW("not-yet-valid", SHK_ALERT_bad_certificate, SHK_ALERT_certificate_expired),
        ROW("wrong-name", SHK_ALERT_bad_certificate, SHK_ALERT_bad_certificate),
        ROW("no-san", SHK_ALERT_bad_certificate, TAKEN),
        ROW("unknown-issuer", SHK_ALERT_unknown_ca, SHK_ALERT_unknown_ca),
        ROW("self-signed", SHK_ALERT_unknown_ca, SHK_ALERT_unknown_ca),
        ROW("broken-signature", SHK_ALERT_decrypt_error, SHK_ALERT_bad_certificate),
        ROW("no-server-auth", SHK_ALERT_unsupported_certificate, SHK_ALERT_unsupported_certificate),
        ROW("not-a-ca-issuer", SHK_ALERT_unknown_ca, SHK_ALERT_bad_certificate),
#undef ROW
    };
    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++)
        for (size_t v = 0; v < VERSIONS; v++)
            for (size_t p = 0; p < PAIRINGS; p++) {
                const pairing *pair = &pairings[p];
                const shk_endpoint_config client = client_config(versions[v]);
                const shk_endpoint_config server =
                    server_config(versions[v], rows[r].certificate, rows[r].key);
                const int alert =
                    pair->client == &shk_endpoint_openssl ? rows[r].openssl : rows[r].gnutls;
                if (alert == TAKEN)
                    drive_good(pair, &client, &server, NULL);
                else
                    client_refuses(pair, versions[v], &client, &server, alert);
            }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_common_version_is_refused_with_protocol_version),
        cmocka_unit_test(no_common_suite_is_refused_with_handshake_failure),
        cmocka_unit_test(no_common_group_is_refused_with_handshake_failure),
        cmocka_unit_test(no_common_scheme_is_refused_with_handshake_failure),
        cmocka_unit_test(no_common_protocol_is_refused_with_no_application_protocol),
        cmocka_unit_test(an_address_that_is_not_in_the_certificate_is_refused),
        cmocka_unit_test(a_certificate_with_a_flaw_is_refused_with_its_alert),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
