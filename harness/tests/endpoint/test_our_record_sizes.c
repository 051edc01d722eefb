/* Our end's record sizes and GREASE against OpenSSL and GnuTLS, in either role. */
#include "pairings.h"

static bool is_ours(const shk_endpoint_kind *kind)
{
    return kind == &shk_endpoint_ours;
}

/* Bytes of content that both ends report, and enough data to exceed them. */
static void max_fragment_length_is_agreed_on(void **state)
{
    (void)state;
    for (size_t v = 0; v < VERSIONS; v++)
        for (size_t p = 0; p < ALL_PAIRINGS; p++) {
            const pairing *pair = &all_pairings[p];
            if (!is_ours(pair->client) && !is_ours(pair->server))
                continue;
            /* a GnuTLS server of TLS 1.2 agrees to the length and sends what it likes */
            const bool heeded = pair->server != &shk_endpoint_gnutls || versions[v] == SHK_TLS13;
            const shk_drive_options options = {.data = heeded ? 5000 : 1000};
            shk_endpoint_config client = client_config(versions[v]);
            const shk_endpoint_config server = p256_server(versions[v]);
            client.max_fragment_length = 1024;
            const shk_verdict verdict = drive_good(pair, &client, &server, &options);
            if (is_ours(pair->client))
                assert_int_equal(verdict.client.send_limit, 1024);
            if (is_ours(pair->server))
                assert_int_equal(verdict.server.send_limit, 1024);
        }
}

static void record_size_limit_is_agreed_on_with_gnutls(void **state)
{
    static const pairing pairs[] = {{&shk_endpoint_ours, &shk_endpoint_gnutls},
                                    {&shk_endpoint_gnutls, &shk_endpoint_ours}};
    const shk_drive_options options = {.data = 5000};
    (void)state;
    for (size_t v = 0; v < VERSIONS; v++)
        for (size_t p = 0; p < 2; p++) {
            const uint16_t type = versions[v] == SHK_TLS13; /* whose byte counts, too */
            shk_endpoint_config client = client_config(versions[v]);
            shk_endpoint_config server = p256_server(versions[v]);
            client.record_size_limit = 1000;
            server.record_size_limit = 2000;
            const shk_verdict verdict = drive_good(&pairs[p], &client, &server, &options);
            assert_int_equal(verdict.server.send_limit, 1000 - type);
            assert_int_equal(verdict.client.send_limit, 2000 - type);
        }
}

static void small_records_of_ours_are_taken(void **state)
{
    const shk_drive_options options = {.data = 5000};
    (void)state;
    for (size_t v = 0; v < VERSIONS; v++)
        for (size_t p = 0; p < ALL_PAIRINGS; p++) {
            shk_endpoint_config client = client_config(versions[v]);
            shk_endpoint_config server = p256_server(versions[v]);
            if (is_ours(all_pairings[p].client))
                client.max_send_fragment = 100;
            if (is_ours(all_pairings[p].server))
                server.max_send_fragment = 100;
            drive_good(&all_pairings[p], &client, &server, &options);
        }
}

static void grease_of_ours_is_passed_over(void **state)
{
    (void)state;
    for (size_t v = 0; v < VERSIONS; v++)
        for (size_t p = 0; p < ALL_PAIRINGS; p++) {
            shk_endpoint_config client = client_config(versions[v]);
            shk_endpoint_config server = p256_server(versions[v]);
            client.grease = is_ours(all_pairings[p].client);
            server.grease = is_ours(all_pairings[p].server);
            client.alpn = server.alpn = "h2";
            client.certificate_file = PKI "client-p256.pem";
            client.key_file = PKI "client-p256.key";
            server.ca_file = PKI "roots.pem";
            server.client_auth = SHK_CLIENT_AUTH_REQUIRE;
            const shk_verdict verdict = drive_good(&all_pairings[p], &client, &server, NULL);
            assert_true(verdict.server.client_authenticated);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(max_fragment_length_is_agreed_on),
        cmocka_unit_test(record_size_limit_is_agreed_on_with_gnutls),
        cmocka_unit_test(small_records_of_ours_are_taken),
        cmocka_unit_test(grease_of_ours_is_passed_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
