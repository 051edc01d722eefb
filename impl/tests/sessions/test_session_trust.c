/* A session is resumed only if a full handshake would verify the peer in the same way, and only
 * while that verification is valid (shakedown/config.h, `session`; RFC 8446 §4.6.1, RFC 5246
 * §F.1.4). */
#include "session_setup.h"

#include <string.h>

#include "handshake/sessions/resume_12.h"
#include "handshake/state/session_content.h"

typedef enum { BY_ID, BY_TICKET, BY_PSK, WAYS } way;
static const char *const way_names[WAYS] = {"1.2, id", "1.2, ticket", "1.3"};

/* Two ends whose first handshake has given a session. */
typedef struct {
    test_setup setup;
    test_session kept, first;
    shk_session_cache *cache;
    shk_trust *other_trust; /* an anchor more than `trust` */
    shk_credential *other_credential;
    const shk_credential *other_credentials[1];
} trust_setup;

/* Both ends verify each other. */
static void begin(trust_setup *s, way w)
{
    test_setup_tickets(&s->setup, &s->kept, w == BY_PSK ? SHK_TLS13 : SHK_TLS12);
    test_with_client_certificate(&s->setup, "client-p256");
    s->setup.server.client_auth = SHK_CLIENT_AUTH_REQUEST;
    s->cache = shk_session_cache_new(&shk_libc_allocator, 4);
    if (w == BY_ID) {
        s->setup.server.session_cache = s->cache;
        s->setup.server.ticket_key_count = 0;
    }
    s->other_trust = test_trust("other-root.pem");
    s->other_credential = test_credential("client-rsa2048");
    s->other_credentials[0] = s->other_credential;
}

static void keep_first(trust_setup *s)
{
    assert_false(test_resumes(&s->setup));
    s->first = s->kept;
    test_offer_session(&s->setup, &s->first);
}

static void end(trust_setup *s)
{
    shk_session_cache_free(s->cache);
    shk_trust_free(s->other_trust);
    shk_credential_free(s->other_credential);
    test_setup_free(&s->setup);
}

typedef enum { RESUMES, FULL_HANDSHAKE, REFUSED } outcome;

static void expect(const char *name, way w, const trust_setup *s, outcome expected)
{
    test_pair pair;
    test_pair_open_and_run(&pair, &s->setup);
    const shk_conn_info client = shk_conn_info_of(pair.client);
    const shk_conn_info server = shk_conn_info_of(pair.server);
    bool connected = client.connected && server.connected;
    bool resumed = client.resumed || server.resumed;
    if (connected != (expected != REFUSED) || resumed != (expected == RESUMES))
        fail_msg("%s, %s: %s, %s", name, way_names[w], connected ? "connected" : "refused",
                 resumed ? "resumed" : "in full");
    test_pair_close(&pair);
}

/* What is changed between the two handshakes. */

static void change_nothing(trust_setup *s)
{
    (void)s;
}

static void require_client_certificate(trust_setup *s)
{
    s->setup.server.client_auth = SHK_CLIENT_AUTH_REQUIRE;
}

static void change_client_anchors(trust_setup *s)
{
    s->setup.client.trust = s->other_trust;
}

static void disable_client_verification(trust_setup *s)
{
    s->setup.client.trust = NULL;
}

static const uint8_t raw_only[] = {SHK_CERTIFICATE_RAW_PUBLIC_KEY};

static void pin_other_server_key(trust_setup *s)
{
    s->setup.server.own_certificate_types = shk_span_of(raw_only, 1);
    s->setup.client.peer_certificate_types = shk_span_of(raw_only, 1);
    s->setup.client.peer_keys = &s->other_credential->key_info;
    s->setup.client.peer_key_count = 1;
}

static void pin_server_key(trust_setup *s)
{
    pin_other_server_key(s);
    s->setup.client.peer_keys = &s->setup.credential->key_info;
}

static void demand_ocsp_response(trust_setup *s)
{
    s->setup.client.status_request = SHK_STAPLING_DEMAND;
}

static void request_ocsp_response(trust_setup *s)
{
    s->setup.client.status_request = SHK_STAPLING_ASK;
}

static void raise_security_level(trust_setup *s)
{
    s->setup.client.security_level = 3;
}

static void raise_server_security_level(trust_setup *s)
{
    s->setup.server.security_level = 4;
}

static void enable_x509_strict(trust_setup *s)
{
    s->setup.client.x509_strict = true;
}

static const uint16_t ed25519_only[] = {SHK_ed25519};

static void accept_other_server_keys(trust_setup *s)
{
    s->setup.client.schemes = (shk_u16s){ed25519_only, 1};
}

static void accept_other_chain_signatures(trust_setup *s)
{
    s->setup.client.chain_schemes = s->setup.client.schemes;
}

static void change_client_certificate(trust_setup *s)
{
    s->setup.client.credentials = s->other_credentials;
}

static void remove_client_certificate(trust_setup *s)
{
    s->setup.client.credential_count = 0;
}

static void change_server_anchors(trust_setup *s)
{
    s->setup.server.trust = s->other_trust;
}

static void disable_certificate_request(trust_setup *s)
{
    s->setup.server.client_auth = SHK_CLIENT_AUTH_NONE;
}

static void pin_other_client_key(trust_setup *s)
{
    s->setup.client.own_certificate_types = shk_span_of(raw_only, 1);
    s->setup.server.peer_certificate_types = shk_span_of(raw_only, 1);
    s->setup.server.peer_keys = &s->other_credential->key_info;
    s->setup.server.peer_key_count = 1;
}

static void accept_other_client_keys(trust_setup *s)
{
    static const uint16_t rsa[] = {SHK_rsa_pss_rsae_sha256};
    s->setup.server.schemes =
        (shk_u16s){rsa, 1}; /* the server's own key cannot sign with it either */
}

static void limit_session_age(trust_setup *s)
{
    s->setup.client.max_session_age = s->setup.server.max_session_age = 9;
    test_clock_ms += 10 * 1000;
}

static void shorten_lifetime(trust_setup *s)
{
    s->setup.server.ticket_lifetime = 9;
    test_clock_ms += 10 * 1000;
}

static const struct {
    const char *name;
    void (*change)(trust_setup *s);
    outcome expected;
} changes[] = {
    {"nothing", change_nothing, RESUMES},
    {"a certificate is required that was shown", require_client_certificate, RESUMES},
    {"client: other anchors", change_client_anchors, REFUSED},
    {"client: no anchors", disable_client_verification, FULL_HANDSHAKE},
    {"client: another key pinned", pin_other_server_key, REFUSED},
    {"client: the key pinned", pin_server_key, FULL_HANDSHAKE},
    {"client: a status asked for", request_ocsp_response, FULL_HANDSHAKE},
    {"client: a higher security level", raise_security_level, FULL_HANDSHAKE},
    {"client: the profile of RFC 5280", enable_x509_strict, FULL_HANDSHAKE},
    {"server: a higher security level", raise_server_security_level, REFUSED},
    {"client: status demanded", demand_ocsp_response, REFUSED},
    {"client: other schemes", accept_other_server_keys, REFUSED},
    {"client: chain schemes", accept_other_chain_signatures, FULL_HANDSHAKE},
    {"client: another certificate", change_client_certificate, FULL_HANDSHAKE},
    {"client: no certificate", remove_client_certificate, FULL_HANDSHAKE},
    {"server: other anchors", change_server_anchors, FULL_HANDSHAKE},
    {"server: no request", disable_certificate_request, FULL_HANDSHAKE},
    {"server: another key pinned", pin_other_client_key, REFUSED},
    {"server: other schemes", accept_other_client_keys, REFUSED},
    {"both: the age is bounded", limit_session_age, FULL_HANDSHAKE},
    {"server: the lifetime is shortened", shorten_lifetime, FULL_HANDSHAKE},
};

static void session_is_not_resumed_under_another_verification(void **state)
{
    (void)state;
    for (way w = BY_ID; w < WAYS; w++)
        for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
            trust_setup s;
            begin(&s, w);
            keep_first(&s);
            changes[i].change(&s);
            expect(changes[i].name, w, &s, changes[i].expected);
            end(&s);
        }
}

static void session_of_a_pinned_key_resumes_only_with_that_key(void **state)
{
    (void)state;
    for (way w = BY_ID; w < WAYS; w++) {
        trust_setup s;
        begin(&s, w);
        pin_server_key(&s);
        keep_first(&s);
        expect("the same key", w, &s, RESUMES);
        pin_other_server_key(&s);
        expect("another key", w, &s, REFUSED);
        end(&s);
    }
}

/* RFC 8446 §4.2.5: oid_filters is of TLS 1.3 only. */
static void session_is_not_resumed_if_oid_filters_apply(void **state)
{
    /* keyUsage: digitalSignature */
    static const uint8_t signing[12] = {5, 6, 3, 0x55, 0x1d, 0x0f, 0, 4, 3, 2, 7, 0x80};
    trust_setup s;
    (void)state;
    begin(&s, BY_PSK);
    s.setup.server.min_version = SHK_TLS13;
    keep_first(&s);
    expect("no filters", BY_PSK, &s, RESUMES);
    s.setup.server.oid_filters = shk_span_of(signing, sizeof signing);
    expect("filters", BY_PSK, &s, FULL_HANDSHAKE);
    end(&s);
}

/* All certificates of the test PKI end with the year 2079. */
static const int64_t last_second_ms = INT64_C(3471292799000);

static void session_expires_with_the_verified_chain(void **state)
{
    (void)state;
    for (way w = BY_ID; w < WAYS; w++) {
        trust_setup s;
        begin(&s, w);
        test_clock_ms = last_second_ms - 2000;
        keep_first(&s);
        expect("before", w, &s, RESUMES);
        test_clock_ms = last_second_ms + 1000;
        expect("behind", w, &s, REFUSED);
        s.setup.client.trust = NULL; /* the server's alone counts, then nobody's */
        expect("the client does not care", w, &s, REFUSED);
        s.setup.server.client_auth = SHK_CLIENT_AUTH_NONE;
        expect("nobody cares", w, &s, FULL_HANDSHAKE);
        end(&s);
    }
}

/* At the server alone: the client, with another clock, still offers it. */
static void server_does_not_resume_after_the_client_certificate_expired(void **state)
{
    (void)state;
    for (way w = BY_ID; w < WAYS; w++) {
        trust_setup s;
        shk_session session;
        begin(&s, w);
        s.setup.client.trust = NULL;
        test_clock_ms = last_second_ms - 2000;
        keep_first(&s);
        assert_true(shk_session_read(s.setup.client.session, &session));
        assert_int_equal(shk_session_ms(session.until), 0);
        test_clock_ms = last_second_ms + 1000;
        expect("behind", w, &s, REFUSED);
        end(&s);
    }
}

/* A response that is good for an hour, whatever it says. */
static shk_status valid_for_an_hour(const shk_crypto *crypto, shk_span response,
                                    const shk_span *chain, size_t count,
                                    const shk_chain_check *check, int64_t *until)
{
    (void)crypto, (void)response, (void)chain, (void)count;
    *until = check->time + 3600;
    return SHK_OK;
}

static void session_expires_with_the_demanded_ocsp_response(void **state)
{
    static const uint8_t response[] = {1};
    (void)state;
    for (way w = BY_ID; w < WAYS; w++)
        for (int demanded = 0; demanded < 2; demanded++) {
            trust_setup s;
            begin(&s, w);
            shk_crypto crypto = *s.setup.crypto;
            crypto.status = valid_for_an_hour;
            s.setup.client.crypto = &crypto;
            assert_int_equal(shk_credential_set_status(s.setup.credential,
                                                       shk_span_of(response, sizeof response)),
                             SHK_OK);
            s.setup.client.status_request = demanded ? SHK_STAPLING_DEMAND : SHK_STAPLING_ASK;
            keep_first(&s);
            test_clock_ms += 3600 * 1000 + 999;
            expect("within the hour", w, &s, RESUMES);
            test_clock_ms += 1;
            expect("behind it", w, &s, demanded ? FULL_HANDSHAKE : RESUMES);
            end(&s);
        }
}

/* RFC 6960 §4.2.2.1, with a tolerance of five minutes. */
static void ocsp_response_is_valid_until_next_update(void **state)
{
    test_setup setup;
    int64_t until = INT64_MAX;
    (void)state;
    test_setup_new(&setup, "p256");
    shk_buf response = read_source_file("corpora/pki/p256.ocsp");
    shk_chain_check check = {.trust = setup.trust, .time = INT64_C(1764547200), .is_server = true};
    assert_int_equal(setup.crypto->status(setup.crypto, shk_buf_span(&response),
                                          setup.credential->chain, setup.credential->count, &check,
                                          &until),
                     SHK_OK);
    assert_int_equal(until, last_second_ms / 1000 + 300);
    shk_buf_free(&response);
    test_setup_free(&setup);
}

/* Each session resumes the one before, and none of them has expired. */
static void chain_of_resumptions_expires(void **state)
{
    enum { HOUR_MS = 3600 * 1000, WEEK_H = 7 * 24 };
    trust_setup s;
    (void)state;
    begin(&s, BY_PSK);
    s.setup.client.max_session_age = UINT32_MAX; /* the server's bound is looked at */
    for (int end_of_client = 0; end_of_client < 2; end_of_client++) {
        s.setup.client.session.len = 0;
        keep_first(&s);
        for (int hour = 1; hour <= WEEK_H; hour++) {
            test_clock_ms += HOUR_MS;
            if (!test_resumes(&s.setup))
                fail_msg("not resumed after %d hours", hour);
            s.first = s.kept;
        }
        test_clock_ms += 1;
        expect("behind seven days", BY_PSK, &s, FULL_HANDSHAKE);
        s.setup.client.max_session_age = s.setup.server.max_session_age;
        s.setup.server.max_session_age = UINT32_MAX;
    }
    end(&s);
}

/* What the two ends share. */
static void share(test_setup *setup, shk_external_psk *psk, bool tls13)
{
    static const uint16_t suites[] = {SHK_TLS_ECDHE_PSK_WITH_AES_128_GCM_SHA256};
    shk_config *ends[] = {&setup->client, &setup->server};
    for (int i = 0; i < 2; i++) {
        ends[i]->psks = psk;
        ends[i]->psk_count = 1;
        if (!tls13)
            ends[i]->suites = (shk_u16s){suites, 1};
    }
}

static void session_of_a_psk_resumes_only_with_that_psk(void **state)
{
    static const uint8_t keys[2][32] = {{7}, {8}};
    (void)state;
    for (way w = BY_ID; w < WAYS; w++)
        for (int changed = 0; changed < 4; changed++) {
            trust_setup s;
            shk_external_psk first = {.identity = shk_span_of_text("one"),
                                      .key = shk_span_of(keys[0], 32)};
            shk_external_psk both[2] = {first, first};
            begin(&s, w);
            s.setup.server.client_auth = SHK_CLIENT_AUTH_NONE;
            share(&s.setup, &first, w == BY_PSK);
            assert_false(test_resumes(&s.setup));
            s.first = s.kept;
            test_offer_session(&s.setup, &s.first);
            expect("the same PSK", w, &s, RESUMES);
            if (changed == 0)
                first.key = shk_span_of(keys[1], 32);
            else if (changed == 1)
                first.identity = shk_span_of_text("two");
            else if (changed == 2)
                s.setup.server.psk_count = 0;
            both[0].identity = shk_span_of_text("two");
            if (changed == 3) /* one of several changes */
                s.setup.server.psks = both, s.setup.server.psk_count = 2;
            bool left = changed != 2 || w == BY_PSK; /* a certificate does it in TLS 1.3 */
            expect("another PSK", w, &s, changed == 3 ? RESUMES : left ? FULL_HANDSHAKE : REFUSED);
            end(&s);
        }
}

/* The certificate was optional at first, and is required now. */
static void session_without_certificate_does_not_replace_a_required_one(void **state)
{
    (void)state;
    for (way w = BY_ID; w < WAYS; w++) {
        trust_setup s;
        begin(&s, w);
        remove_client_certificate(&s);
        keep_first(&s);
        expect("optional", w, &s, RESUMES);
        require_client_certificate(&s);
        expect("required", w, &s, REFUSED);
        end(&s);
    }
}

static void session_of_a_psk_does_not_replace_a_required_certificate(void **state)
{
    static const uint8_t key[32] = {7};
    (void)state;
    for (way w = BY_ID; w < WAYS; w++) {
        trust_setup s;
        shk_external_psk psk = {.identity = shk_span_of_text("one"), .key = shk_span_of(key, 32)};
        begin(&s, w);
        share(&s.setup, &psk, w == BY_PSK);
        keep_first(&s);
        expect("optional", w, &s, RESUMES);
        require_client_certificate(&s);
        expect("required", w, &s, w == BY_PSK ? FULL_HANDSHAKE : REFUSED);
        end(&s);
    }
}

/* The client would refuse a server that resumes it. */
static void session_without_ems_is_not_offered_if_ems_is_required(void **state)
{
    (void)state;
    for (way w = BY_ID; w < BY_PSK; w++)
        for (int required = 0; required < 2; required++) {
            trust_setup s;
            test_pair pair;
            begin(&s, w);
            s.setup.client.no_extended_master_secret = true;
            keep_first(&s);
            s.setup.client.no_extended_master_secret = false;
            s.setup.client.require_extended_master_secret = required;
            test_pair_start(&pair, &s.setup);
            assert_int_equal(shk_offers_session_12(pair.client), !required);
            test_pair_close(&pair);
            end(&s);
        }
}

static void session_of_another_format_is_not_read(void **state)
{
    trust_setup s;
    (void)state;
    begin(&s, BY_PSK);
    keep_first(&s);
    assert_true(shk_session_readable(shk_span_of(s.first.bytes, s.first.len)));
    s.first.bytes[1]++;
    assert_false(shk_session_readable(shk_span_of(s.first.bytes, s.first.len)));
    end(&s);
}

/* Of 64 bits with a sign, as clocks have them: start, authenticated and until. */
static void session_whose_times_are_none_is_not_read(void **state)
{
    enum { TIMES = 3, TIMES_AT = 11, TIME = 8 };
    trust_setup s;
    (void)state;
    begin(&s, BY_PSK);
    keep_first(&s);
    const shk_span session = shk_span_of(s.first.bytes, s.first.len);
    for (size_t i = 0; i < TIMES; i++) {
        uint8_t *time = s.first.bytes + TIMES_AT + i * TIME;
        const uint8_t kept = *time;
        assert_true(shk_session_readable(session));
        *time = 0x7f;
        assert_true(shk_session_readable(session));
        *time = 0x80;
        assert_false(shk_session_readable(session));
        *time = kept;
    }
    end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(session_is_not_resumed_under_another_verification),
        cmocka_unit_test(session_of_a_pinned_key_resumes_only_with_that_key),
        cmocka_unit_test(session_is_not_resumed_if_oid_filters_apply),
        cmocka_unit_test(session_expires_with_the_verified_chain),
        cmocka_unit_test(server_does_not_resume_after_the_client_certificate_expired),
        cmocka_unit_test(session_expires_with_the_demanded_ocsp_response),
        cmocka_unit_test(ocsp_response_is_valid_until_next_update),
        cmocka_unit_test(chain_of_resumptions_expires),
        cmocka_unit_test(session_of_a_psk_resumes_only_with_that_psk),
        cmocka_unit_test(session_without_certificate_does_not_replace_a_required_one),
        cmocka_unit_test(session_of_a_psk_does_not_replace_a_required_certificate),
        cmocka_unit_test(session_without_ems_is_not_offered_if_ems_is_required),
        cmocka_unit_test(session_of_another_format_is_not_read),
        cmocka_unit_test(session_whose_times_are_none_is_not_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
