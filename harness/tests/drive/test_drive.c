/* Handshakes that must succeed, with OpenSSL and GnuTLS at the ends, in every pairing. */
#include "pairings.h"

static void every_pairing_agrees_in_both_versions(void **state)
{
    (void)state;
    for (size_t v = 0; v < VERSIONS; v++)
        for (size_t p = 0; p < PAIRINGS; p++) {
            const shk_endpoint_config client = client_config(versions[v]);
            const shk_endpoint_config server = p256_server(versions[v]);
            const shk_verdict verdict = drive_good(&pairings[p], &client, &server, NULL);
            assert_int_equal(verdict.client.version, versions[v]);
            assert_int_equal(verdict.client.state, SHK_ENDED);
            assert_int_equal(verdict.server.state, SHK_ENDED);
            assert_int_equal(verdict.alert, -1);
            assert_int_equal(verdict.client.alert_sent, -1);
            assert_int_equal(verdict.server.alert_received, -1);
            assert_int_equal(verdict.client.extended_master_secret, versions[v] == SHK_TLS12);
            assert_int_equal(verdict.server.extended_master_secret, versions[v] == SHK_TLS12);
        }
}

static void the_highest_common_version_is_chosen(void **state)
{
    (void)state;
    for (size_t p = 0; p < PAIRINGS; p++) {
        shk_endpoint_config client = client_config(0);
        shk_endpoint_config server = p256_server(0);
        assert_int_equal(drive_good(&pairings[p], &client, &server, NULL).client.version,
                         SHK_TLS13);
        server.max_version = SHK_TLS12;
        assert_int_equal(drive_good(&pairings[p], &client, &server, NULL).client.version,
                         SHK_TLS12);
    }
}

static void every_usual_suite_is_agreed_on(void **state)
{
    (void)state;
    for (size_t s = 0; s < shk_default_suites.count; s++)
        for (size_t p = 0; p < PAIRINGS; p++) {
            const shk_suite_row *row = shk_suite_of(shk_default_suites.values[s]);
            /* PSKs have tests of their own; of DHE the ends may not know the group */
            if (row->key_exchange == SHK_KX_DHE || shk_suite_has_psk(row))
                continue;
            shk_endpoint_config client = client_config(0);
            shk_endpoint_config server = row->auth == SHK_AUTH_RSA ? rsa_server(0) : p256_server(0);
            client.suites = one(&row->value);
            server.suites = one(&row->value);
            const shk_verdict verdict = drive_good(&pairings[p], &client, &server, NULL);
            assert_int_equal(verdict.client.suite, row->value);
            assert_int_equal(verdict.client.version, row->max_version);
            assert_int_equal(verdict.client.group != 0, row->key_exchange != SHK_KX_RSA);
            assert_int_equal(verdict.server.group != 0, row->key_exchange != SHK_KX_RSA);
            assert_int_equal(verdict.client.scheme != 0, row->key_exchange != SHK_KX_RSA);
            assert_int_equal(verdict.server.scheme != 0, row->key_exchange != SHK_KX_RSA);
        }
}

static void every_usual_group_is_agreed_on(void **state)
{
    (void)state;
    static const uint16_t groups[] = {SHK_x25519, SHK_secp256r1, SHK_secp384r1, SHK_secp521r1,
                                      SHK_x448};
    for (size_t g = 0; g < sizeof groups / sizeof groups[0]; g++)
        for (size_t v = 0; v < VERSIONS; v++)
            for (size_t p = 0; p < PAIRINGS; p++) {
                /* an RSA key, as the curve of an ECDSA key would have to be among the groups (RFC
                 * 8422 §5.1) */
                shk_endpoint_config client = client_config(versions[v]);
                shk_endpoint_config server = rsa_server(versions[v]);
                client.groups = one(&groups[g]);
                server.groups = one(&groups[g]);
                const shk_verdict verdict = drive_good(&pairings[p], &client, &server, NULL);
                assert_int_equal(verdict.client.group, groups[g]);
                assert_int_equal(verdict.server.group, groups[g]);
                assert_false(verdict.client.retried);
            }
}

static void every_usual_scheme_is_agreed_on(void **state)
{
    (void)state;
    static const char *const keys[][2] = {
        [SHK_KEY_RSA] = {PKI "rsa2048.pem", PKI "rsa2048.key"},
        [SHK_KEY_P256] = {PKI "p256.pem", PKI "p256.key"},
        [SHK_KEY_P384] = {PKI "p384.pem", PKI "p384.key"},
        [SHK_KEY_P521] = {PKI "p521.pem", PKI "p521.key"},
        [SHK_KEY_ED25519] = {PKI "ed25519.pem", PKI "ed25519.key"},
        [SHK_KEY_ED448] = {PKI "ed448.pem", PKI "ed448.key"},
        [SHK_KEY_RSA_PSS] = {PKI "rsapss2048.pem", PKI "rsapss2048.key"},
    };
    for (size_t s = 0; s < shk_default_schemes.count; s++)
        for (size_t v = 0; v < VERSIONS; v++)
            for (size_t p = 0; p < PAIRINGS; p++) {
                const shk_signature_scheme_row *row =
                    shk_signature_scheme_of(shk_default_schemes.values[s]);
                const uint16_t schemes[] = {row->value,
                                            SHK_ecdsa_secp256r1_sha256}; /* the chain's */
                if (versions[v] < row->min_version || versions[v] > row->max_version)
                    continue;
                shk_endpoint_config client = client_config(versions[v]);
                const shk_endpoint_config server =
                    server_config(versions[v], keys[row->key][0], keys[row->key][1]);
                client.schemes.values = schemes;
                client.schemes.count = row->value == SHK_ecdsa_secp256r1_sha256 ? 1 : 2;
                const shk_verdict verdict = drive_good(&pairings[p], &client, &server, NULL);
                assert_int_equal(verdict.client.scheme, row->value);
                assert_int_equal(verdict.server.scheme, row->value);
            }
}

static void a_missing_key_share_is_asked_for_by_hello_retry_request(void **state)
{
    (void)state;
    static const uint16_t offered[] = {SHK_x25519, SHK_secp256r1, SHK_secp384r1};
    static const uint16_t wanted = SHK_secp384r1;
    for (size_t p = 0; p < PAIRINGS; p++) {
        shk_endpoint_config client = client_config(SHK_TLS13);
        shk_endpoint_config server = rsa_server(SHK_TLS13);
        client.groups = (shk_u16s){offered, 3};
        server.groups = one(&wanted);
        const shk_verdict verdict = drive_good(&pairings[p], &client, &server, NULL);
        assert_true(verdict.client.retried);
        assert_true(verdict.server.retried);
        assert_int_equal(verdict.client.group, SHK_secp384r1);
    }
}

static void the_group_of_tls12_is_not_that_of_an_unused_key_share(void **state)
{
    (void)state;
    static const uint16_t offered[] = {SHK_x25519, SHK_secp384r1};
    static const uint16_t wanted = SHK_secp384r1;
    for (size_t p = 0; p < PAIRINGS; p++) {
        shk_endpoint_config client = client_config(0);
        shk_endpoint_config server = rsa_server(SHK_TLS12);
        client.groups = (shk_u16s){offered, 2};
        server.groups = one(&wanted);
        const shk_verdict verdict = drive_good(&pairings[p], &client, &server, NULL);
        assert_int_equal(verdict.client.group, SHK_secp384r1);
        assert_int_equal(verdict.server.group, SHK_secp384r1);
    }
}

static void alpn_is_chosen_by_the_servers_preference(void **state)
{
    (void)state;
    for (size_t v = 0; v < VERSIONS; v++)
        for (size_t p = 0; p < PAIRINGS; p++) {
            shk_endpoint_config client = client_config(versions[v]);
            shk_endpoint_config server = p256_server(versions[v]);
            client.alpn = "http/1.1,h2,echo";
            server.alpn = "h2,http/1.1";
            const shk_verdict verdict = drive_good(&pairings[p], &client, &server, NULL);
            assert_string_equal(verdict.client.alpn, "h2");
            assert_string_equal(verdict.server.alpn, "h2");
        }
}

static void alpn_of_one_end_alone_is_ignored(void **state)
{
    (void)state;
    for (size_t v = 0; v < VERSIONS; v++)
        for (size_t p = 0; p < PAIRINGS; p++) {
            shk_endpoint_config client = client_config(versions[v]);
            shk_endpoint_config server = p256_server(versions[v]);
            client.alpn = "h2";
            assert_string_equal(drive_good(&pairings[p], &client, &server, NULL).client.alpn, "");
            client.alpn = NULL;
            server.alpn = "h2";
            assert_string_equal(drive_good(&pairings[p], &client, &server, NULL).server.alpn, "");
        }
}

static void bytes_that_come_one_by_one_make_the_same_handshake(void **state)
{
    (void)state;
    for (size_t v = 0; v < VERSIONS; v++)
        for (size_t p = 0; p < PAIRINGS; p++) {
            const shk_drive_options options = {.chunk = 1, .key_updates = versions[v] == SHK_TLS13};
            const shk_endpoint_config client = client_config(versions[v]);
            const shk_endpoint_config server = p256_server(versions[v]);
            drive_good(&pairings[p], &client, &server, &options);
        }
}

static void data_still_cross_after_key_updates(void **state)
{
    (void)state;
    const shk_drive_options options = {.key_updates = true};
    for (size_t p = 0; p < PAIRINGS; p++) {
        const shk_endpoint_config client = client_config(SHK_TLS13);
        const shk_endpoint_config server = p256_server(SHK_TLS13);
        drive_good(&pairings[p], &client, &server, &options);
    }
}

static void data_of_many_records_cross(void **state)
{
    (void)state;
    const shk_drive_options options = {.data = 300000, .chunk = 5000};
    for (size_t v = 0; v < VERSIONS; v++)
        for (size_t p = 0; p < PAIRINGS; p++) {
            const shk_endpoint_config client = client_config(versions[v]);
            const shk_endpoint_config server = p256_server(versions[v]);
            const shk_verdict verdict = drive_good(&pairings[p], &client, &server, &options);
            assert_true(verdict.client_bytes > 300000);
            assert_true(verdict.server_bytes > 300000);
        }
}

static void a_server_name_may_be_an_address(void **state)
{
    (void)state;
    for (size_t p = 0; p < PAIRINGS; p++) {
        shk_endpoint_config client = client_config(0);
        const shk_endpoint_config server = p256_server(0);
        client.server_name = "127.0.0.1";
        drive_good(&pairings[p], &client, &server, NULL);
    }
}

static void without_a_ca_file_any_certificate_will_do(void **state)
{
    (void)state;
    for (size_t p = 0; p < PAIRINGS; p++) {
        shk_endpoint_config client = client_config(0);
        const shk_endpoint_config server =
            server_config(0, PKI "self-signed.pem", PKI "self-signed.key");
        client.ca_file = NULL;
        drive_good(&pairings[p], &client, &server, NULL);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_pairing_agrees_in_both_versions),
        cmocka_unit_test(the_highest_common_version_is_chosen),
        cmocka_unit_test(every_usual_suite_is_agreed_on),
        cmocka_unit_test(every_usual_group_is_agreed_on),
        cmocka_unit_test(every_usual_scheme_is_agreed_on),
        cmocka_unit_test(a_missing_key_share_is_asked_for_by_hello_retry_request),
        cmocka_unit_test(the_group_of_tls12_is_not_that_of_an_unused_key_share),
        cmocka_unit_test(alpn_is_chosen_by_the_servers_preference),
        cmocka_unit_test(alpn_of_one_end_alone_is_ignored),
        cmocka_unit_test(bytes_that_come_one_by_one_make_the_same_handshake),
        cmocka_unit_test(data_still_cross_after_key_updates),
        cmocka_unit_test(data_of_many_records_cross),
        cmocka_unit_test(a_server_name_may_be_an_address),
        cmocka_unit_test(without_a_ca_file_any_certificate_will_do),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
