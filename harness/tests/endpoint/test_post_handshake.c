/* Early data, post-handshake authentication, renegotiation and channel bindings, with OpenSSL and
 * GnuTLS. */
#include "pairings.h"

enum { EARLY = 300, MOST = 5000 };

static const shk_drive_options with_early = {.early_data = EARLY};

static shk_endpoint_config early_client(void)
{
    shk_endpoint_config client = client_config(SHK_TLS13);
    client.resume = client.early_data = true;
    return client;
}

static shk_endpoint_config early_server(void)
{
    shk_endpoint_config server = p256_server(SHK_TLS13);
    server.max_early_data = MOST;
    return server;
}

/* The second of two connections that both try to send early data. */
static shk_verdict second_connection(const pairing *pair, const shk_endpoint_config *client,
                                     const shk_endpoint_config *server,
                                     const shk_drive_options *options)
{
    shk_endpoint_setup *setups[2];
    set_up(pair, client, server, setups);
    const shk_verdict first = connect_over(pair, setups, 1, options);
    assert_int_equal(first.kind, SHK_VERDICT_GOOD);
    assert_int_equal(first.early_sent, 0);
    assert_false(first.client.early_data);
    const shk_verdict second = connect_over(pair, setups, 3, options);
    tear_down(pair, setups);
    return second;
}

static void early_data_are_accepted_with_a_session_that_allows_them(void **state)
{
    (void)state;
    for (size_t p = 0; p < PAIRINGS; p++) {
        const shk_endpoint_config client = early_client();
        const shk_endpoint_config server = early_server();
        shk_verdict second = second_connection(&pairings[p], &client, &server, &with_early);
        shk_check_resumption(&second, true, true, SHK_EARLY_ACCEPTED);
        if (second.kind != SHK_VERDICT_GOOD)
            fail_msg("%s client, %s server: %s", pairings[p].client->name, pairings[p].server->name,
                     second.why);
        assert_int_equal(second.early_sent, EARLY);
    }
}

static void expect_none_sent(const shk_endpoint_config *client, const shk_endpoint_config *server,
                             size_t early)
{
    const shk_drive_options options = {.early_data = early};
    for (size_t p = 0; p < PAIRINGS; p++) {
        const shk_verdict second = second_connection(&pairings[p], client, server, &options);
        assert_int_equal(second.kind, SHK_VERDICT_GOOD);
        assert_true(second.client.resumed);
        assert_int_equal(second.early_sent, 0);
    }
}

static void early_data_are_not_sent_unless_client_and_session_allow_them(void **state)
{
    (void)state;
    const shk_endpoint_config client = early_client();
    const shk_endpoint_config server = early_server();
    const shk_endpoint_config unwilling_server = p256_server(SHK_TLS13);
    shk_endpoint_config unwilling_client = early_client();
    unwilling_client.early_data = false;
    expect_none_sent(&unwilling_client, &server, EARLY);
    expect_none_sent(&client, &unwilling_server, EARLY);
    expect_none_sent(&client, &server, MOST + 1);
}

/* Another server cannot open the ticket: the handshake goes on without the early data, which it
 * must skip (RFC 8446 §4.2.10). */
static void rejected_early_data_do_not_reach_the_server(void **state)
{
    (void)state;
    for (size_t p = 0; p < PAIRINGS; p++) {
        const pairing *pair = &pairings[p];
        shk_endpoint_setup *setups[2];
        shk_endpoint_setup *others[2];
        const shk_endpoint_config client = early_client();
        const shk_endpoint_config server = early_server();
        set_up(pair, &client, &server, setups);
        set_up(pair, &client, &server, others);
        connect_over(pair, setups, 1, NULL);
        shk_endpoint_setup *mixed[2] = {setups[0], others[1]};
        const shk_verdict second = connect_over(pair, mixed, 3, &with_early);
        tear_down(pair, setups);
        tear_down(pair, others);
        if (second.kind != SHK_VERDICT_GOOD)
            fail_msg("%s client, %s server: %s", pair->client->name, pair->server->name,
                     second.why);
        assert_int_equal(second.early_sent, EARLY);
        assert_false(second.client.early_data || second.server.early_data);
    }
}

/* RFC 8446 §4.2.10 has the server skip early data between its HelloRetryRequest and the second
 * ClientHello, and §4.1.2 has that sent in the clear. Only OpenSSL at both ends does so, and then
 * finds that the ticket, which serves once, is gone. */
static void early_data_before_a_hello_retry_request_end_where_the_library_leads(void **state)
{
    (void)state;
    static const uint16_t offered[] = {SHK_secp256r1, SHK_secp384r1};
    static const uint16_t wanted = SHK_secp384r1;
    for (size_t p = 0; p < PAIRINGS; p++) {
        const bool openssl_alone = pairings[p].client == &shk_endpoint_openssl &&
                                   pairings[p].server == &shk_endpoint_openssl;
        shk_endpoint_config client = early_client();
        shk_endpoint_config server = rsa_server(SHK_TLS13);
        server.max_early_data = MOST;
        client.groups = (shk_u16s){offered, 2};
        server.groups = one(&wanted);
        const shk_verdict second = second_connection(&pairings[p], &client, &server, &with_early);
        assert_int_equal(second.kind == SHK_VERDICT_GOOD, openssl_alone);
        assert_int_equal(second.early_sent, EARLY);
        assert_false(second.server.early_data || second.server.resumed);
    }
}

static shk_endpoint_config pha_client(void)
{
    shk_endpoint_config client = client_config(SHK_TLS13);
    client.post_handshake_auth = true;
    return client;
}

static shk_endpoint_config pha_server(void)
{
    shk_endpoint_config server = p256_server(SHK_TLS13);
    server.post_handshake_auth = true;
    server.client_auth = SHK_CLIENT_AUTH_REQUIRE;
    server.ca_file = PKI "roots.pem";
    return server;
}

static const shk_drive_options later = {.post_handshake_auth = true};

static void a_client_authenticates_after_the_handshake(void **state)
{
    (void)state;
    for (size_t p = 0; p < PAIRINGS; p++) {
        shk_endpoint_config client = pha_client();
        const shk_endpoint_config server = pha_server();
        client.certificate_file = PKI "client-p256.pem";
        client.key_file = PKI "client-p256.key";
        assert_false(drive_good(&pairings[p], &client, &server, NULL).server.client_authenticated);
        assert_true(drive_good(&pairings[p], &client, &server, &later).server.client_authenticated);
    }
}

static void a_client_without_a_certificate_is_refused_after_the_handshake(void **state)
{
    (void)state;
    for (size_t p = 0; p < PAIRINGS; p++) {
        const shk_endpoint_config client = pha_client();
        const shk_endpoint_config server = pha_server();
        const shk_verdict verdict = drive(&pairings[p], &client, &server, &later);
        assert_int_equal(verdict.kind, SHK_VERDICT_REFUSED);
        assert_int_equal(verdict.alert, SHK_ALERT_certificate_required);
    }
}

static void a_client_that_does_not_offer_it_is_not_asked_later(void **state)
{
    (void)state;
    for (size_t p = 0; p < PAIRINGS; p++) {
        const shk_endpoint_config client = client_config(SHK_TLS13);
        const shk_endpoint_config server = pha_server();
        const shk_verdict verdict = drive(&pairings[p], &client, &server, &later);
        assert_int_equal(verdict.kind, SHK_VERDICT_BROKEN);
        assert_non_null(strstr(verdict.why, "cannot ask for a certificate later"));
    }
}

static const shk_drive_options by_client = {.renegotiate = SHK_RENEGOTIATE_BY_CLIENT};
static const shk_drive_options by_server = {.renegotiate = SHK_RENEGOTIATE_BY_SERVER};

static void both_ends_renegotiate_where_they_are_allowed_to(void **state)
{
    (void)state;
    for (size_t p = 0; p < PAIRINGS; p++) {
        shk_endpoint_config client = client_config(SHK_TLS12);
        shk_endpoint_config server = p256_server(SHK_TLS12);
        client.renegotiation = server.renegotiation = true;
        /* An OpenSSL client offers its session when it is asked to renegotiate; with a ticket in it
         * a GnuTLS server fails by its own fault (UNAVAILABLE_DURING_HANDSHAKE). */
        server.session_store = SHK_SESSIONS_IDS;
        const shk_verdict first = drive_good(&pairings[p], &client, &server, &by_client);
        const shk_verdict second = drive_good(&pairings[p], &client, &server, &by_server);
        assert_int_equal(first.client.renegotiations, 1);
        assert_int_equal(first.server.renegotiations, 1);
        assert_int_equal(second.client.renegotiations, 1);
        assert_int_equal(second.server.renegotiations, 1);
    }
}

static void nobody_renegotiates_unless_both_are_allowed_to(void **state)
{
    (void)state;
    for (size_t p = 0; p < PAIRINGS; p++) {
        shk_endpoint_config client = client_config(SHK_TLS12);
        shk_endpoint_config server = p256_server(SHK_TLS12);
        client.renegotiation = true;
        shk_verdict verdict = drive(&pairings[p], &client, &server, &by_client);
        assert_int_not_equal(verdict.kind, SHK_VERDICT_GOOD);
        assert_int_equal(verdict.server.renegotiations, 0);
        client.renegotiation = false;
        server.renegotiation = true;
        verdict = drive(&pairings[p], &client, &server, &by_server);
        assert_int_not_equal(verdict.kind, SHK_VERDICT_GOOD);
        assert_int_equal(verdict.client.renegotiations, 0);
    }
}

/* Which bindings an end has; the driver has compared those that both have. */
static void expect_bindings(const pairing *pair, uint16_t version, const bool expected[3])
{
    static const char *const names[] = {"tls-unique", "tls-server-end-point", "tls-exporter"};
    const shk_endpoint_kind *const kinds[2] = {pair->client, pair->server};
    const shk_endpoint_config client = client_config(version);
    const shk_endpoint_config server = p256_server(version);
    shk_endpoint_setup *setups[2];
    shk_verdict verdict;
    uint8_t bindings[2][SHK_MAX_BINDING] = {{0}};
    set_up(pair, &client, &server, setups);
    shk_endpoint *ends[2] = {kinds[0]->open(setups[0], 1), kinds[1]->open(setups[1], 2)};
    shk_drive(kinds[0], ends[0], kinds[1], ends[1], NULL, &verdict);
    assert_int_equal(verdict.kind, SHK_VERDICT_GOOD);
    for (size_t i = 0; i < 3; i++) {
        size_t lens[2];
        for (size_t e = 0; e < 2; e++)
            lens[e] = kinds[e]->channel_binding(ends[e], names[i], bindings[e]);
        if ((lens[0] > 0) != expected[i] || lens[0] != lens[1] ||
            memcmp(bindings[0], bindings[1], lens[0]) != 0)
            fail_msg("%s client, %s server, 0x%04x: %s of %zu and %zu bytes", kinds[0]->name,
                     kinds[1]->name, version, names[i], lens[0], lens[1]);
    }
    for (size_t e = 0; e < 2; e++) {
        assert_int_equal(kinds[e]->channel_binding(ends[e], "tls-unheard-of", bindings[e]), 0);
        kinds[e]->close(ends[e]);
    }
    tear_down(pair, setups);
}

static void each_version_has_its_channel_bindings(void **state)
{
    (void)state;
    static const bool of_tls12[] = {true, true, true};
    static const bool of_tls13[] = {false, true, true};
    for (size_t p = 0; p < PAIRINGS; p++) {
        expect_bindings(&pairings[p], SHK_TLS12, of_tls12);
        expect_bindings(&pairings[p], SHK_TLS13, of_tls13);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(early_data_are_accepted_with_a_session_that_allows_them),
        cmocka_unit_test(early_data_are_not_sent_unless_client_and_session_allow_them),
        cmocka_unit_test(rejected_early_data_do_not_reach_the_server),
        cmocka_unit_test(early_data_before_a_hello_retry_request_end_where_the_library_leads),
        cmocka_unit_test(a_client_authenticates_after_the_handshake),
        cmocka_unit_test(a_client_without_a_certificate_is_refused_after_the_handshake),
        cmocka_unit_test(a_client_that_does_not_offer_it_is_not_asked_later),
        cmocka_unit_test(both_ends_renegotiate_where_they_are_allowed_to),
        cmocka_unit_test(nobody_renegotiates_unless_both_are_allowed_to),
        cmocka_unit_test(each_version_has_its_channel_bindings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
