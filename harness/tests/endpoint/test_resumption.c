/* Sessions, PSKs and client certificates, in every pairing of the three kinds. */
#include "endpoint/ours/ours_kind.h"
#include "pairings.h"

static const uint8_t psk_key[16] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
static const uint16_t sha256_suite = SHK_TLS_AES_128_GCM_SHA256;

static void expect_verdict(const pairing *pair, const char *which, const shk_verdict *verdict,
                           bool resumed)
{
    if (verdict->kind != SHK_VERDICT_GOOD || verdict->client.resumed != resumed ||
        verdict->server.resumed != resumed)
        fail_msg("%s client, %s server, %s connection: %s, resumed %d and %d: %s",
                 pair->client->name, pair->server->name, which, shk_verdict_name(verdict->kind),
                 verdict->client.resumed, verdict->server.resumed, verdict->why);
}

/* Three connections over the same set-ups, of which the first is full and the others are not. */
static shk_verdict expect_resumption(const pairing *pair, const shk_endpoint_config *client,
                                     const shk_endpoint_config *server)
{
    shk_endpoint_setup *setups[2];
    set_up(pair, client, server, setups);
    const shk_verdict first = connect_over(pair, setups, 1, NULL);
    expect_verdict(pair, "first", &first, false);
    const shk_verdict second = connect_over(pair, setups, 3, NULL);
    expect_verdict(pair, "second", &second, true);
    const shk_verdict third = connect_over(pair, setups, 5, NULL);
    expect_verdict(pair, "third", &third, true);
    tear_down(pair, setups);
    return second;
}

static void every_pairing_resumes_by_ticket_in_both_versions(void **state)
{
    (void)state;
    for (size_t v = 0; v < VERSIONS; v++)
        for (size_t p = 0; p < ALL_PAIRINGS; p++) {
            shk_endpoint_config client = client_config(versions[v]);
            const shk_endpoint_config server = p256_server(versions[v]);
            client.resume = true;
            const shk_verdict verdict = expect_resumption(&all_pairings[p], &client, &server);
            assert_int_equal(verdict.client.version, versions[v]);
            assert_int_equal(verdict.client.scheme, 0);
            assert_int_equal(verdict.server.scheme, 0);
        }
}

static const pairing ours = {&shk_endpoint_ours, &shk_endpoint_ours};

/* A PSK stands for the client, but it has shown no certificate. */
static void a_session_of_a_psk_tells_of_no_client_certificate(void **state)
{
    (void)state;
    for (size_t v = 0; v < VERSIONS; v++) {
        shk_endpoint_config client = client_config(versions[v]);
        shk_endpoint_config server = p256_server(versions[v]);
        const uint16_t suite = versions[v] == SHK_TLS13 ? SHK_TLS_AES_128_GCM_SHA256
                                                        : SHK_TLS_ECDHE_PSK_WITH_AES_128_CBC_SHA;
        client.suites = server.suites = one(&suite);
        client.psk_identity = server.psk_identity = "one";
        client.psk_key = server.psk_key = shk_span_of(psk_key, sizeof psk_key);
        client.resume = true;
        server.ca_file = PKI "roots.pem";
        server.client_auth = SHK_CLIENT_AUTH_REQUEST;
        const shk_verdict verdict = expect_resumption(&ours, &client, &server);
        assert_false(verdict.server.client_authenticated);
        assert_true(verdict.server.peer_verified);
    }
}

static bool resumes_after(shk_endpoint_setup *setups[2], int64_t seconds, uint64_t seed)
{
    for (size_t side = 0; side < 2; side++)
        setups[side]->time_ms += seconds * 1000;
    const shk_verdict verdict = connect_over(&ours, setups, seed, NULL);
    assert_int_equal(verdict.kind, SHK_VERDICT_GOOD);
    assert_int_equal(verdict.client.resumed, verdict.server.resumed);
    return verdict.server.resumed;
}

/* A ticket is good for as long as it lives, whenever its key was drawn. */
static void ticket_keys_are_drawn_anew_and_the_last_two_are_good(void **state)
{
    (void)state;
    for (size_t v = 0; v < VERSIONS; v++) {
        shk_endpoint_config client = client_config(versions[v]);
        shk_endpoint_config server = p256_server(versions[v]);
        shk_endpoint_setup *setups[2];
        client.resume = true;
        server.ticket_lifetime = 100;
        server.ticket_seed = 5;
        set_up(&ours, &client, &server, setups);
        const shk_ticket_key first = setups[1]->ticket_keys[0];
        assert_false(resumes_after(setups, 90, 1));
        assert_true(resumes_after(setups, 9, 3));
        assert_memory_equal(&setups[1]->ticket_keys[0], &first, sizeof first);
        assert_true(resumes_after(setups, 90, 5));
        assert_memory_not_equal(&setups[1]->ticket_keys[0], &first, sizeof first);
        assert_memory_equal(&setups[1]->ticket_keys[1], &first, sizeof first);
        assert_false(resumes_after(setups, 101, 7));
        assert_true(resumes_after(setups, 1, 9));
        tear_down(&ours, setups);
    }
}

static void every_pairing_resumes_by_id_in_tls12(void **state)
{
    (void)state;
    for (size_t p = 0; p < ALL_PAIRINGS; p++) {
        shk_endpoint_config client = client_config(SHK_TLS12);
        shk_endpoint_config server = p256_server(SHK_TLS12);
        client.resume = true;
        server.session_store = SHK_SESSIONS_IDS;
        expect_resumption(&all_pairings[p], &client, &server);
    }
}

/* In TLS 1.3 there are tickets beside ids. */
static void ids_below_tls13_leave_its_tickets_alone(void **state)
{
    (void)state;
    for (size_t p = 0; p < ALL_PAIRINGS; p++) {
        shk_endpoint_config client = client_config(SHK_TLS13);
        shk_endpoint_config server = p256_server(SHK_TLS13);
        client.resume = true;
        server.session_store = SHK_SESSIONS_IDS;
        if (all_pairings[p].server != &shk_endpoint_gnutls)
            expect_resumption(&all_pairings[p], &client, &server);
    }
}

static void a_session_is_resumed_behind_a_hello_retry_request(void **state)
{
    (void)state;
    static const uint16_t offered[] = {SHK_secp256r1, SHK_secp384r1};
    static const uint16_t wanted = SHK_secp384r1;
    for (size_t p = 0; p < ALL_PAIRINGS; p++) {
        shk_endpoint_config client = client_config(SHK_TLS13);
        shk_endpoint_config server = rsa_server(SHK_TLS13);
        client.groups = (shk_u16s){offered, 2};
        server.groups = one(&wanted);
        client.resume = true;
        const shk_verdict verdict = expect_resumption(&all_pairings[p], &client, &server);
        assert_true(verdict.client.retried);
        assert_int_equal(verdict.client.group, SHK_secp384r1);
    }
}

static void a_client_that_does_not_keep_sessions_resumes_none(void **state)
{
    (void)state;
    for (size_t v = 0; v < VERSIONS; v++)
        for (size_t p = 0; p < ALL_PAIRINGS; p++) {
            shk_endpoint_setup *setups[2];
            const shk_endpoint_config client = client_config(versions[v]);
            const shk_endpoint_config server = p256_server(versions[v]);
            set_up(&all_pairings[p], &client, &server, setups);
            for (uint64_t seed = 1; seed <= 3; seed += 2) {
                const shk_verdict verdict = connect_over(&all_pairings[p], setups, seed, NULL);
                expect_verdict(&all_pairings[p], "each", &verdict, false);
            }
            tear_down(&all_pairings[p], setups);
        }
}

/* By ticket or by id. */
static void expect_full_with_another_server(uint16_t version, shk_session_store store)
{
    for (size_t p = 0; p < ALL_PAIRINGS; p++) {
        const pairing *pair = &all_pairings[p];
        shk_endpoint_setup *setups[2];
        shk_endpoint_setup *other = NULL;
        char why[SHK_WHY_SIZE];
        shk_endpoint_config client = client_config(version);
        shk_endpoint_config server = p256_server(version);
        client.resume = true;
        server.session_store = store;
        set_up(pair, &client, &server, setups);
        const shk_verdict first = connect_over(pair, setups, 1, NULL);
        expect_verdict(pair, "first", &first, false);
        assert_true(pair->server->setup(&server, &other, why));
        shk_endpoint_setup *mixed[2] = {setups[0], other};
        const shk_verdict second = connect_over(pair, mixed, 3, NULL);
        expect_verdict(pair, "second, to another server,", &second, false);
        pair->server->teardown(other);
        tear_down(pair, setups);
    }
}

static void a_session_of_another_server_ends_in_a_full_handshake(void **state)
{
    (void)state;
    expect_full_with_another_server(SHK_TLS12, SHK_SESSIONS_TICKETS);
    expect_full_with_another_server(SHK_TLS12, SHK_SESSIONS_IDS);
    expect_full_with_another_server(SHK_TLS13, SHK_SESSIONS_TICKETS);
}

/* Connects over new set-ups that have what the old ones have saved. */
static void expect_resumption_from_saved(const pairing *pair, shk_endpoint_config *client,
                                         shk_endpoint_config *server)
{
    shk_endpoint_setup *setups[2];
    shk_buf saved[2] = {shk_buf_growing(&shk_libc_allocator), shk_buf_growing(&shk_libc_allocator)};
    client->resume = true;
    server->ticket_seed = 7;
    set_up(pair, client, server, setups);
    const shk_verdict first = connect_over(pair, setups, 1, NULL);
    expect_verdict(pair, "first", &first, false);
    assert_true(pair->client->save(setups[0], &saved[0]));
    assert_true(pair->server->save(setups[1], &saved[1]));
    tear_down(pair, setups);
    client->saved = shk_buf_span(&saved[0]);
    server->saved = shk_buf_span(&saved[1]);
    set_up(pair, client, server, setups);
    const shk_verdict second = connect_over(pair, setups, 3, NULL);
    expect_verdict(pair, "second", &second, true);
    tear_down(pair, setups);
    shk_buf_wipe(&saved[0]);
    shk_buf_wipe(&saved[1]);
}

static void our_ends_resume_from_what_earlier_set_ups_have_saved(void **state)
{
    (void)state;
    for (size_t v = 0; v < VERSIONS; v++)
        for (int ids = 0; ids <= (versions[v] == SHK_TLS12); ids++) {
            shk_endpoint_config client = client_config(versions[v]);
            shk_endpoint_config server = p256_server(versions[v]);
            server.session_store = ids ? SHK_SESSIONS_IDS : SHK_SESSIONS_TICKETS;
            expect_resumption_from_saved(&all_pairings[0], &client, &server);
        }
}

/* A first connection; then, with one of our ends set up anew from what it has saved, but with other
 * anchors, a second. */
static shk_verdict connect_with_other_anchors(const pairing *pair, shk_endpoint_config *client,
                                              shk_endpoint_config *server, int side)
{
    shk_endpoint_setup *setups[2];
    shk_endpoint_config *changed = side == 0 ? client : server;
    const shk_endpoint_kind *kind = side == 0 ? pair->client : pair->server;
    shk_buf saved = shk_buf_growing(&shk_libc_allocator);
    char why[SHK_WHY_SIZE];
    set_up(pair, client, server, setups);
    const shk_verdict first = connect_over(pair, setups, 1, NULL);
    expect_verdict(pair, "first", &first, false);
    assert_true(kind->save(setups[side], &saved));
    kind->teardown(setups[side]);
    changed->saved = shk_buf_span(&saved);
    assert_true(kind->setup(changed, &setups[side], why));
    const shk_verdict second = connect_over(pair, setups, 3, NULL);
    expect_verdict(pair, "second", &second, true);
    kind->teardown(setups[side]);
    changed->ca_file = PKI "other-root.pem";
    assert_true(kind->setup(changed, &setups[side], why));
    const shk_verdict third = connect_over(pair, setups, 5, NULL);
    tear_down(pair, setups);
    shk_buf_wipe(&saved);
    return third;
}

/* Whoever the peer is. */
static void our_client_resumes_no_session_that_other_anchors_have_verified(void **state)
{
    (void)state;
    for (size_t v = 0; v < VERSIONS; v++)
        for (size_t p = 0; p < ALL_PAIRINGS; p++) {
            shk_endpoint_config client = client_config(versions[v]);
            shk_endpoint_config server = p256_server(versions[v]);
            if (all_pairings[p].client != &shk_endpoint_ours)
                continue;
            client.resume = true;
            const shk_verdict verdict =
                connect_with_other_anchors(&all_pairings[p], &client, &server, 0);
            assert_int_equal(verdict.kind, SHK_VERDICT_REFUSED);
            assert_int_equal(verdict.client.alert_sent, SHK_ALERT_unknown_ca);
        }
}

static void our_server_resumes_no_session_that_other_anchors_have_verified(void **state)
{
    (void)state;
    for (size_t v = 0; v < VERSIONS; v++)
        for (size_t p = 0; p < ALL_PAIRINGS; p++) {
            shk_endpoint_config client = client_config(versions[v]);
            shk_endpoint_config server = p256_server(versions[v]);
            if (all_pairings[p].server != &shk_endpoint_ours)
                continue;
            client.resume = true;
            client.certificate_file = PKI "client-p256.pem";
            client.key_file = PKI "client-p256.key";
            server.ca_file = PKI "roots.pem";
            server.client_auth = SHK_CLIENT_AUTH_REQUIRE;
            server.ticket_seed = 7;
            const shk_verdict verdict =
                connect_with_other_anchors(&all_pairings[p], &client, &server, 1);
            assert_int_equal(verdict.kind, SHK_VERDICT_REFUSED);
            assert_false(verdict.server.resumed);
        }
}

static void every_pairing_uses_an_external_psk(void **state)
{
    (void)state;
    for (size_t p = 0; p < ALL_PAIRINGS; p++) {
        shk_endpoint_config client = client_config(SHK_TLS13);
        shk_endpoint_config server = p256_server(SHK_TLS13);
        client.suites = server.suites = one(&sha256_suite);
        client.psk_identity = server.psk_identity = "one";
        client.psk_key = server.psk_key = shk_span_of(psk_key, sizeof psk_key);
        const shk_verdict verdict = drive_good(&all_pairings[p], &client, &server, NULL);
        assert_true(verdict.client.external_psk && verdict.server.external_psk);
        assert_false(verdict.client.resumed || verdict.server.resumed);
        assert_int_equal(verdict.client.scheme, 0);
        assert_int_equal(verdict.server.scheme, 0);
        client.resume = true;
        const shk_verdict second = expect_resumption(&all_pairings[p], &client, &server);
        assert_false(second.client.external_psk || second.server.external_psk);
    }
}

static void a_psk_with_another_key_is_refused_by_the_server(void **state)
{
    (void)state;
    static const uint8_t other[16] = {0xff};
    for (size_t p = 0; p < ALL_PAIRINGS; p++) {
        shk_endpoint_config client = client_config(SHK_TLS13);
        shk_endpoint_config server = p256_server(SHK_TLS13);
        client.suites = server.suites = one(&sha256_suite);
        client.psk_identity = server.psk_identity = "one";
        client.psk_key = shk_span_of(other, sizeof other);
        server.psk_key = shk_span_of(psk_key, sizeof psk_key);
        const shk_verdict verdict = drive(&all_pairings[p], &client, &server, NULL);
        assert_int_equal(verdict.kind, SHK_VERDICT_REFUSED);
        assert_true(verdict.alert_from_server);
    }
}

static void a_psk_without_a_key_cannot_be_set_up(void **state)
{
    (void)state;
    for (size_t p = 0; p < ALL_PAIRINGS; p++) {
        char why[SHK_WHY_SIZE] = "";
        shk_endpoint_setup *setup = NULL;
        shk_endpoint_config client = client_config(SHK_TLS13);
        client.psk_identity = "one";
        assert_false(all_pairings[p].client->setup(&client, &setup, why));
        assert_non_null(strstr(why, "PSK"));
    }
}

static void a_server_tells_whether_the_client_has_proved_its_key(void **state)
{
    (void)state;
    for (size_t v = 0; v < VERSIONS; v++)
        for (size_t p = 0; p < ALL_PAIRINGS; p++) {
            shk_endpoint_config client = client_config(versions[v]);
            shk_endpoint_config server = p256_server(versions[v]);
            server.ca_file = PKI "roots.pem";
            server.client_auth = SHK_CLIENT_AUTH_REQUEST;
            shk_verdict verdict = drive_good(&all_pairings[p], &client, &server, NULL);
            assert_false(verdict.server.client_authenticated);
            client.certificate_file = PKI "client-p256.pem";
            client.key_file = PKI "client-p256.key";
            server.client_auth = SHK_CLIENT_AUTH_REQUIRE;
            verdict = drive_good(&all_pairings[p], &client, &server, NULL);
            assert_true(verdict.server.client_authenticated);
        }
}

static void sessions_of_authenticated_clients_are_resumed(void **state)
{
    (void)state;
    for (size_t v = 0; v < VERSIONS; v++)
        for (size_t p = 0; p < ALL_PAIRINGS; p++) {
            shk_endpoint_config client = client_config(versions[v]);
            shk_endpoint_config server = p256_server(versions[v]);
            client.resume = true;
            client.certificate_file = PKI "client-p256.pem";
            client.key_file = PKI "client-p256.key";
            server.ca_file = PKI "roots.pem";
            server.client_auth = SHK_CLIENT_AUTH_REQUIRE;
            expect_resumption(&all_pairings[p], &client, &server);
        }
}

static void a_failed_resumption_names_its_connection(void **state)
{
    (void)state;
    shk_verdict verdict = {.kind = SHK_VERDICT_GOOD};
    shk_check_resumption(&verdict, false, false, SHK_EARLY_ANY);
    assert_int_equal(verdict.kind, SHK_VERDICT_GOOD);
    shk_check_resumption(&verdict, true, true, SHK_EARLY_ANY);
    assert_int_equal(verdict.kind, SHK_VERDICT_BROKEN);
    assert_string_equal(verdict.why, "second connection: it was not resumed");
    verdict = (shk_verdict){.kind = SHK_VERDICT_GOOD, .client.resumed = true};
    shk_check_resumption(&verdict, false, false, SHK_EARLY_ANY);
    assert_string_equal(verdict.why, "first connection: it was resumed");
    verdict = (shk_verdict){.kind = SHK_VERDICT_GOOD, .client.resumed = true};
    shk_check_resumption(&verdict, true, false, SHK_EARLY_ANY);
    assert_string_equal(verdict.why, "second connection: it was resumed");
    verdict = (shk_verdict){.kind = SHK_VERDICT_REFUSED, .why = "no"};
    shk_check_resumption(&verdict, false, false, SHK_EARLY_ANY);
    assert_int_equal(verdict.kind, SHK_VERDICT_REFUSED);
    assert_string_equal(verdict.why, "first connection: no");
}

static void expect_early(shk_verdict verdict, shk_early_outcome early, const char *why)
{
    verdict.kind = SHK_VERDICT_GOOD;
    verdict.client.resumed = verdict.server.resumed = true;
    shk_check_resumption(&verdict, true, true, early);
    assert_string_equal(verdict.why, why);
}

static void early_data_of_a_resumption_must_end_as_expected(void **state)
{
    (void)state;
    const shk_verdict unsent = {.early_sent = 0};
    const shk_verdict rejected = {.early_sent = 1};
    const shk_verdict accepted = {
        .early_sent = 1, .client.early_data = true, .server.early_data = true};
    expect_early(unsent, SHK_EARLY_ANY, "");
    expect_early(unsent, SHK_EARLY_REJECTED, "second connection: no early data were sent");
    expect_early(rejected, SHK_EARLY_REJECTED, "");
    expect_early(rejected, SHK_EARLY_ACCEPTED, "second connection: its early data were rejected");
    expect_early(accepted, SHK_EARLY_ACCEPTED, "");
    expect_early(accepted, SHK_EARLY_REJECTED, "second connection: its early data were accepted");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_session_of_a_psk_tells_of_no_client_certificate),
        cmocka_unit_test(every_pairing_resumes_by_ticket_in_both_versions),
        cmocka_unit_test(ticket_keys_are_drawn_anew_and_the_last_two_are_good),
        cmocka_unit_test(every_pairing_resumes_by_id_in_tls12),
        cmocka_unit_test(ids_below_tls13_leave_its_tickets_alone),
        cmocka_unit_test(a_session_is_resumed_behind_a_hello_retry_request),
        cmocka_unit_test(a_client_that_does_not_keep_sessions_resumes_none),
        cmocka_unit_test(a_session_of_another_server_ends_in_a_full_handshake),
        cmocka_unit_test(our_ends_resume_from_what_earlier_set_ups_have_saved),
        cmocka_unit_test(our_client_resumes_no_session_that_other_anchors_have_verified),
        cmocka_unit_test(our_server_resumes_no_session_that_other_anchors_have_verified),
        cmocka_unit_test(every_pairing_uses_an_external_psk),
        cmocka_unit_test(a_psk_with_another_key_is_refused_by_the_server),
        cmocka_unit_test(a_psk_without_a_key_cannot_be_set_up),
        cmocka_unit_test(a_server_tells_whether_the_client_has_proved_its_key),
        cmocka_unit_test(sessions_of_authenticated_clients_are_resumed),
        cmocka_unit_test(a_failed_resumption_names_its_connection),
        cmocka_unit_test(early_data_of_a_resumption_must_end_as_expected),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
