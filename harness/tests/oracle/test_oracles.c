/* Each oracle is broken once and raises its alarm, and honest runs raise none. A run is recorded,
 * what was seen or told of it is made false, and the oracles judge that. */
#include <stdlib.h>

#include "keys/key_functions.h"
#include "keys/key_lines.h"
#include "oracle/oracle.h"
#include "pairings.h"

enum { MAX_FLIGHTS = 64, MAX_FLIGHT = 16384, KEY_LOG = 4096, EXPORTED = 32 };

typedef struct {
    bool from_server;
    uint8_t sent[MAX_FLIGHT];
    uint8_t got[MAX_FLIGHT];
    size_t len;
} flight;

/* An end that tells what was recorded of it. */
struct shk_endpoint {
    shk_endpoint_result result;
    char key_log[KEY_LOG];
    uint8_t exported[EXPORTED];
    bool has_exported;
};

/* A connection as it was recorded. */
typedef struct {
    flight flights[MAX_FLIGHTS];
    size_t count;
    shk_endpoint ends[2];
    shk_endpoint_config configs[2];
    bool altered;
    bool deviates[2];
} recorded;

static void tell_result(shk_endpoint *end, shk_endpoint_result *out)
{
    *out = end->result;
}

static shk_span tell_keys(const shk_endpoint *end)
{
    return shk_span_of_text(end->key_log);
}

static bool tell_exported(shk_endpoint *end, const char *label, shk_span context, uint8_t *out,
                          size_t len)
{
    (void)label;
    (void)context;
    memcpy(out, end->exported, len);
    return end->has_exported;
}

static const shk_endpoint_kind teller = {
    .name = "recorded", .result = tell_result, .key_log = tell_keys, .export_keys = tell_exported};

static void keep_flight(void *context, bool from_server, shk_span bytes)
{
    recorded *r = (recorded *)context;
    assert_true(r->count < MAX_FLIGHTS && bytes.len <= MAX_FLIGHT);
    flight *f = &r->flights[r->count++];
    f->from_server = from_server;
    f->len = bytes.len;
    memcpy(f->sent, bytes.data, bytes.len);
    memcpy(f->got, bytes.data, bytes.len);
}

static void keep_end(const shk_endpoint_kind *kind, struct shk_endpoint *end, shk_endpoint *out)
{
    const shk_span lines = kind->key_log(end);
    assert_true(lines.len < KEY_LOG);
    memcpy(out->key_log, lines.data, lines.len);
    kind->result(end, &out->result);
}

/* Records an honest run of two ends of ours. */
static recorded *record(const shk_endpoint_config *client, const shk_endpoint_config *server)
{
    recorded *r = (recorded *)calloc(1, sizeof *r);
    assert_non_null(r);
    const pairing pair = {&shk_endpoint_ours, &shk_endpoint_ours};
    const shk_drive_options options = {.observer = keep_flight, .observer_context = r};
    shk_endpoint_setup *setups[2];
    shk_verdict verdict;
    r->configs[0] = *client;
    r->configs[1] = *server;
    set_up(&pair, client, server, setups);
    struct shk_endpoint *ends[2] = {pair.client->open(setups[0], 1),
                                    pair.server->open(setups[1], 2)};
    shk_drive(pair.client, ends[0], pair.server, ends[1], &options, &verdict);
    assert_int_equal(verdict.kind, SHK_VERDICT_GOOD);
    for (int i = 0; i < 2; i++) {
        keep_end(&shk_endpoint_ours, ends[i], &r->ends[i]);
        shk_endpoint_ours.close(ends[i]);
    }
    tear_down(&pair, setups);
    return r;
}

static recorded *record_version(uint16_t version)
{
    const shk_endpoint_config client = client_config(version);
    const shk_endpoint_config server = p256_server(version);
    return record(&client, &server);
}

/* What the oracles say of a recorded run, which is freed. */
static shk_judgement judge_and_keep(recorded *r, shk_observation **kept,
                                    const shk_observation *first, const shk_oracles *oracles)
{
    shk_judgement judgement;
    shk_observed_end ends[2];
    for (int i = 0; i < 2; i++)
        ends[i] = (shk_observed_end){.kind = &teller,
                                     .end = &r->ends[i],
                                     .config = &r->configs[i],
                                     .deviates = r->deviates[i]};
    shk_observation *o = shk_observation_begin(oracles, ends, first);
    assert_non_null(o);
    for (size_t i = 0; i < r->count; i++) {
        const flight *f = &r->flights[i];
        if (!r->altered) {
            shk_observation_flight(o, f->from_server, shk_span_of(f->sent, f->len));
            continue;
        }
        shk_observation_sent(o, f->from_server, shk_span_of(f->sent, f->len));
        shk_observation_received(o, !f->from_server, shk_span_of(f->got, f->len));
    }
    shk_observation_end(o);
    shk_oracles_judge(o, &judgement);
    *kept = o;
    return judgement;
}

static shk_judgement judge(recorded *r)
{
    shk_observation *o;
    shk_oracles *oracles = shk_oracles_new();
    const shk_judgement judgement = judge_and_keep(r, &o, NULL, oracles);
    shk_observation_free(o);
    shk_oracles_free(oracles);
    free(r);
    return judgement;
}

static void expect_alarm(const shk_judgement *judgement, shk_oracle oracle, const char *words)
{
    for (size_t i = 0; i < judgement->count; i++)
        if (judgement->alarms[i].oracle == oracle &&
            strstr(judgement->alarms[i].words, words) != NULL)
            return;
    for (size_t i = 0; i < judgement->count; i++)
        print_message("  %s: %s\n", shk_oracle_rows[judgement->alarms[i].oracle].name,
                      judgement->alarms[i].words);
    fail_msg("no alarm of %s with '%s'", shk_oracle_rows[oracle].name, words);
}

static void expect_none(const shk_judgement *judgement)
{
    if (judgement->count > 0)
        fail_msg("alarm of %s: %s", shk_oracle_rows[judgement->alarms[0].oracle].name,
                 judgement->alarms[0].words);
}

/* The first message of that type, in the clear, in the flights of one end, with its header. */
static uint8_t *message_of(flight *f, uint8_t type, bool sent)
{
    uint8_t *bytes = sent ? f->sent : f->got;
    for (size_t at = 0; at + 5 <= f->len;) {
        const size_t len = (size_t)bytes[at + 3] << 8 | bytes[at + 4];
        for (size_t i = at + 5; bytes[at] == 22 && i + 4 <= at + 5 + len;) {
            if (bytes[i] == type)
                return bytes + i;
            i += 4 + ((size_t)bytes[i + 1] << 16 | (size_t)bytes[i + 2] << 8 | bytes[i + 3]);
        }
        at += 5 + len;
    }
    return NULL;
}

/* Of the first flight with the message, in both ends' eyes. */
static uint8_t *find(recorded *r, uint8_t type, bool sent)
{
    for (size_t i = 0; i < r->count; i++) {
        uint8_t *found = message_of(&r->flights[i], type, sent);
        if (found != NULL)
            return found;
    }
    fail_msg("there is no message %u", type);
    return NULL;
}

enum {
    CLIENT_HELLO = 1,
    SERVER_HELLO = 2,
    NEW_SESSION_TICKET = 4,
    CERTIFICATE = 11,
    SERVER_KEY_EXCHANGE = 12
};

/* The suite of a ServerHello with a session id of `id` bytes. */
static uint8_t *suite_of(uint8_t *server_hello)
{
    return server_hello + 4 + 2 + 32 + 1 + server_hello[4 + 2 + 32];
}

/* Puts zeros, or other digits, in place of the secret of that label. */
static void change_secret(char *key_log, const char *label, char digit)
{
    char *line = strstr(key_log, label);
    assert_non_null(line);
    char *secret = strchr(strchr(line, ' ') + 1, ' ') + 1;
    for (; *secret != '\n'; secret++)
        *secret = digit;
}

static void honest_runs_raise_no_alarm(void **state)
{
    (void)state;
    shk_oracles *oracles = shk_oracles_new();
    for (size_t k = 0; k < VERSIONS; k++) {
        recorded *r = record_version(versions[k]);
        shk_observation *o;
        const shk_judgement judgement = judge_and_keep(r, &o, NULL, oracles);
        expect_none(&judgement);
        for (size_t i = 0; i < SHK_ORACLES; i++)
            assert_true(judgement.unjudged[i] == NULL || i == SHK_ORACLE_resources);
        shk_observation_free(o);
        free(r);
    }
    shk_oracles_free(oracles);
}

static void ends_that_tell_different_suites_do_not_agree(void **state)
{
    (void)state;
    recorded *r = record_version(SHK_TLS13);
    r->ends[1].result.suite = SHK_TLS_AES_256_GCM_SHA384;
    const shk_judgement judgement = judge(r);
    expect_alarm(&judgement, SHK_ORACLE_agreement, "differ in suite");
    expect_alarm(&judgement, SHK_ORACLE_agreement, "the server reports suite");
}

static void ends_with_different_secrets_do_not_agree(void **state)
{
    (void)state;
    recorded *r = record_version(SHK_TLS13);
    change_secret(r->ends[0].key_log, "EXPORTER_SECRET", '7');
    r->ends[0].has_exported = r->ends[1].has_exported = true;
    r->ends[0].exported[0] = 1;
    const shk_judgement judgement = judge(r);
    expect_alarm(&judgement, SHK_ORACLE_agreement, "EXPORTER_SECRET");
    expect_alarm(&judgement, SHK_ORACLE_agreement, "exported keys");
}

static void no_end_completes_with_an_altered_hello(void **state)
{
    (void)state;
    recorded *r = record_version(SHK_TLS13);
    r->altered = true;
    find(r, CLIENT_HELLO, false)[4 + 2] ^= 1; /* random */
    const shk_judgement judgement = judge(r);
    expect_alarm(&judgement, SHK_ORACLE_authenticity, "the server completed");
    expect_alarm(&judgement, SHK_ORACLE_authenticity, "the client completed");
}

static void a_wrong_signature_is_not_taken(void **state)
{
    (void)state;
    recorded *r = record_version(SHK_TLS12);
    for (int sent = 0; sent < 2; sent++) {
        uint8_t *message = find(r, SERVER_KEY_EXCHANGE, sent == 1);
        message[4 + (message[2] << 8 | message[3]) - 1] ^= 1;
    }
    const shk_judgement judgement = judge(r);
    expect_alarm(&judgement, SHK_ORACLE_authenticity, "ServerKeyExchange that is not signed");
}

static void a_wrong_finished_is_not_taken(void **state)
{
    (void)state;
    recorded *r = record_version(SHK_TLS13);
    for (int i = 0; i < 2; i++) /* the keys of the records stay, that of Finished is another */
        find(r, CLIENT_HELLO, i == 1)[4 + 2 + 32 + 1] ^= 1; /* session id: hashed, and no more */
    for (int i = 0; i < 2; i++)
        find(r, SERVER_HELLO, i == 1)[4 + 2 + 32 + 1] ^= 1;
    const shk_judgement judgement = judge(r);
    expect_alarm(&judgement, SHK_ORACLE_authenticity, "Finished whose verify_data is wrong");
    expect_alarm(&judgement, SHK_ORACLE_authenticity, "CertificateVerify");
}

static void a_suite_that_was_not_offered_is_not_taken(void **state)
{
    (void)state;
    recorded *r = record_version(SHK_TLS12);
    for (int i = 0; i < 2; i++) {
        uint8_t *suite = suite_of(find(r, SERVER_HELLO, i == 1));
        suite[0] = 0xc0; /* TLS_ECDHE_ECDSA_WITH_NULL_SHA */
        suite[1] = 0x06;
    }
    const shk_judgement judgement = judge(r);
    expect_alarm(&judgement, SHK_ORACLE_offer, "the client took the suite 0xc006");
    expect_alarm(&judgement, SHK_ORACLE_offer, "the server sent the suite 0xc006");
}

static void who_deviates_is_not_judged(void **state)
{
    (void)state;
    recorded *r = record_version(SHK_TLS12);
    r->deviates[1] = true;
    for (int i = 0; i < 2; i++)
        suite_of(find(r, SERVER_HELLO, i == 1))[1] = 0x06;
    const shk_judgement judgement = judge(r);
    expect_alarm(&judgement, SHK_ORACLE_offer, "the client took the suite");
    for (size_t i = 0; i < judgement.count; i++)
        assert_null(strstr(judgement.alarms[i].words, "the server sent"));
}

/* EncryptedExtensions without extensions, in a record in the clear behind the ServerHello's. */
static void a_message_in_the_clear_is_not_taken(void **state)
{
    (void)state;
    static const uint8_t empty[] = {22, 3, 3, 0, 6, 8, 0, 0, 2, 0, 0};
    recorded *r = record_version(SHK_TLS13);
    flight *f = &r->flights[1];
    const size_t at = 5 + (size_t)(f->sent[3] << 8 | f->sent[4]); /* behind ServerHello */
    memmove(f->sent + at + sizeof empty, f->sent + at, f->len - at);
    memcpy(f->sent + at, empty, sizeof empty);
    f->len += sizeof empty;
    const shk_judgement judgement = judge(r);
    expect_alarm(&judgement, SHK_ORACLE_offer, "the client took encrypted_extensions in the clear");
    expect_alarm(&judgement, SHK_ORACLE_state, "the client took encrypted_extensions");
}

static void a_session_keeps_the_name_it_was_made_with(void **state)
{
    (void)state;
    shk_oracles *oracles = shk_oracles_new();
    recorded *first = record_version(SHK_TLS12);
    recorded *second = record_version(SHK_TLS12);
    shk_observation *before, *after;
    shk_judgement judgement = judge_and_keep(first, &before, NULL, oracles);
    expect_none(&judgement);
    for (int i = 0; i < 2; i++) {
        uint8_t *hello = find(second, CLIENT_HELLO, i == 1);
        static const char name[] = "server.shakedown.test";
        uint8_t *at = hello;
        while (memcmp(at, name, sizeof name - 1) != 0)
            at++;
        at[0] = 'x';
        second->ends[i].result.resumed = true;
    }
    judgement = judge_and_keep(second, &after, before, oracles);
    expect_alarm(&judgement, SHK_ORACLE_offer,
                 "the server resumed a session of 'server.shakedown.test' as "
                 "'xerver.shakedown.test'");
    shk_observation_free(after);
    shk_observation_free(before);
    shk_oracles_free(oracles);
    free(first);
    free(second);
}

static void a_master_secret_of_zeros_is_no_secret(void **state)
{
    (void)state;
    recorded *r = record_version(SHK_TLS12);
    for (int i = 0; i < 2; i++)
        change_secret(r->ends[i].key_log, "CLIENT_RANDOM", '0');
    const shk_judgement judgement = judge(r);
    expect_alarm(&judgement, SHK_ORACLE_secrecy, "the master secret is zeros");
}

static void a_traffic_secret_of_ones_is_no_secret(void **state)
{
    (void)state;
    recorded *r = record_version(SHK_TLS13);
    change_secret(r->ends[1].key_log, "SERVER_TRAFFIC_SECRET_0", 'f');
    const shk_judgement judgement = judge(r);
    expect_alarm(&judgement, SHK_ORACLE_secrecy,
                 "the server uses keys of which the traffic secret");
}

static recorded *record_with_ticket(void)
{
    shk_endpoint_config client = client_config(SHK_TLS12);
    const shk_endpoint_config server = p256_server(SHK_TLS12);
    client.resume = true;
    return record(&client, &server);
}

/* The ticket of a run of TLS 1.2, in the eyes of an end: it crosses the wire in the clear. */
static shk_buf ticket_of(recorded *r, bool sent)
{
    enum { HEADER = 4 + 4 + 2 }; /* of the message; ticket_lifetime_hint; length */
    uint8_t *message = find(r, NEW_SESSION_TICKET, sent);
    return shk_buf_over(message + HEADER, (size_t)message[8] << 8 | message[9]);
}

static void a_ticket_is_not_sealed_by_a_key_of_zeros(void **state)
{
    (void)state;
    static const uint8_t key[32] = {0};
    shk_crypto *crypto = shk_libcrypto_new();
    recorded *r = record_with_ticket();
    for (int i = 0; i < 2; i++) { /* the format of RFC 5077 §4 ends with a MAC */
        const shk_buf ticket = ticket_of(r, i == 1);
        const shk_span sealed = shk_span_of(ticket.data, ticket.cap - sizeof key);
        assert_true(shk_observer_hmac(crypto, SHK_HASH_SHA256, shk_span_of(key, sizeof key),
                                      &sealed, 1, ticket.data + sealed.len));
    }
    const shk_judgement judgement = judge(r);
    expect_alarm(&judgement, SHK_ORACLE_secrecy, "ticket is sealed by a key of zeros");
    shk_libcrypto_free(crypto);
}

static void a_ticket_does_not_hold_the_master_secret(void **state)
{
    (void)state;
    shk_key_line line;
    recorded *r = record_with_ticket();
    shk_span lines = shk_span_of_text(r->ends[1].key_log);
    assert_true(shk_key_line_next(&lines, &line));
    for (int i = 0; i < 2; i++)
        memcpy(ticket_of(r, i == 1).data + 16, line.secret, line.len);
    const shk_judgement judgement = judge(r);
    expect_alarm(&judgement, SHK_ORACLE_secrecy, "ticket holds the master secret");
    expect_alarm(&judgement, SHK_ORACLE_secrecy, "CLIENT_RANDOM crossed the wire");
}

static void a_lower_version_than_both_allow_is_a_downgrade(void **state)
{
    (void)state;
    recorded *r = record_version(SHK_TLS12);
    r->configs[0].max_version = r->configs[1].max_version = SHK_TLS13;
    const shk_judgement judgement = judge(r);
    expect_alarm(&judgement, SHK_ORACLE_downgrade, "both ends allow version 0x0304");
    expect_alarm(&judgement, SHK_ORACLE_downgrade, "without the mark of a downgrade");
}

static void the_mark_of_a_downgrade_is_not_passed_over(void **state)
{
    (void)state;
    const shk_endpoint_config client = client_config(0); /* it offers TLS 1.3 */
    const shk_endpoint_config server = p256_server(SHK_TLS12);
    recorded *r = record(&client, &server);
    for (int i = 0; i < 2; i++)
        memcpy(find(r, SERVER_HELLO, i == 1) + 4 + 2 + 24, "DOWNGRD\1", 8);
    const shk_judgement judgement = judge(r);
    expect_alarm(&judgement, SHK_ORACLE_downgrade, "the client offered TLS 1.3, and took");
}

static void a_message_that_is_left_out_is_missed(void **state)
{
    (void)state;
    recorded *r = record_version(SHK_TLS12);
    for (int i = 0; i < 2; i++) /* Certificate becomes what a client passes over, HelloRequest */
        for (size_t k = 0; k < r->count; k++) {
            uint8_t *message = message_of(&r->flights[k], CERTIFICATE, i == 1);
            if (message != NULL)
                message[0] = 0;
        }
    const shk_judgement judgement = judge(r);
    expect_alarm(&judgement, SHK_ORACLE_state,
                 "the client took server_key_exchange in the state c12_wait_certificate");
}

static void a_handshake_without_finished_is_not_complete(void **state)
{
    (void)state;
    recorded *r = record_version(SHK_TLS13);
    r->count = 2; /* the ClientHello, and the server's flight */
    for (int i = 0; i < 2; i++)
        r->ends[i].result.state = SHK_CONNECTED;
    const shk_judgement judgement = judge(r);
    expect_alarm(&judgement, SHK_ORACLE_state, "the server took the handshake for complete");
}

static void nothing_comes_behind_a_fatal_alert(void **state)
{
    (void)state;
    static const uint8_t alert[] = {21, 3, 3, 0, 2, 2, 40};
    recorded *r = record_version(SHK_TLS12);
    flight *f = &r->flights[1]; /* before the server's first flight */
    memmove(f->sent + sizeof alert, f->sent, f->len);
    memcpy(f->sent, alert, sizeof alert);
    f->len += sizeof alert;
    const shk_judgement judgement = judge(r);
    expect_alarm(&judgement, SHK_ORACLE_alerts, "more behind the fatal alert handshake_failure");
}

/* With keys that nobody can tell, since the ServerHello has a session id beyond its end. */
static void a_protected_alert_is_no_alert_of_many_bytes(void **state)
{
    (void)state;
    recorded *r = record_version(SHK_TLS12);
    uint8_t *server_hello = find(r, SERVER_HELLO, true);
    r->deviates[1] = true;
    server_hello[4 + 2 + 32] = 255;
    const shk_judgement judgement = judge(r);
    for (size_t i = 0; i < judgement.count; i++)
        if (judgement.alarms[i].oracle == SHK_ORACLE_alerts)
            fail_msg("%s", judgement.alarms[i].words);
    assert_non_null(judgement.unjudged[SHK_ORACLE_state]);
}

static void an_alert_that_is_told_was_sent(void **state)
{
    (void)state;
    recorded *r = record_version(SHK_TLS12);
    r->ends[0].result.alert_sent = SHK_ALERT_decode_error;
    const shk_judgement judgement = judge(r);
    expect_alarm(&judgement, SHK_ORACLE_alerts, "reports that it sent the alert decode_error");
}

static void data_do_not_come_before_the_handshake_is_complete(void **state)
{
    (void)state;
    static const uint8_t data[] = {23, 3, 3, 0, 1, 'x'};
    recorded *r = record_version(SHK_TLS12);
    flight *f = &r->flights[1]; /* behind the server's first flight, in the clear */
    memcpy(f->sent + f->len, data, sizeof data);
    f->len += sizeof data;
    const shk_judgement judgement = judge(r);
    expect_alarm(&judgement, SHK_ORACLE_alerts, "the client took application data before");
}

/* Over a socket the alert comes behind what the server has sent meanwhile. */
static void a_message_that_an_alert_answers_later_is_not_taken(void **state)
{
    (void)state;
    static const uint8_t done_again[] = {22, 3, 3, 0, 4, 14, 0, 0, 0};
    static const uint8_t alert[] = {21, 3, 3, 0, 2, 2, 10};
    recorded *r = record_version(SHK_TLS12);
    flight *first = &r->flights[1], *last = &r->flights[4];
    assert_true(r->count > 4 && first->from_server && !last->from_server);
    memcpy(first->sent + first->len, done_again, sizeof done_again);
    first->len += sizeof done_again;
    memcpy(last->sent, alert, sizeof alert);
    last->len = sizeof alert;
    r->count = 5;
    for (int i = 0; i < 2; i++)
        r->ends[i].result.state = SHK_FAILED;
    const shk_judgement judgement = judge(r);
    for (size_t i = 0; i < judgement.count; i++)
        assert_int_not_equal(judgement.alarms[i].oracle, SHK_ORACLE_state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(honest_runs_raise_no_alarm),
        cmocka_unit_test(ends_that_tell_different_suites_do_not_agree),
        cmocka_unit_test(ends_with_different_secrets_do_not_agree),
        cmocka_unit_test(no_end_completes_with_an_altered_hello),
        cmocka_unit_test(a_wrong_signature_is_not_taken),
        cmocka_unit_test(a_wrong_finished_is_not_taken),
        cmocka_unit_test(a_suite_that_was_not_offered_is_not_taken),
        cmocka_unit_test(who_deviates_is_not_judged),
        cmocka_unit_test(a_message_in_the_clear_is_not_taken),
        cmocka_unit_test(a_session_keeps_the_name_it_was_made_with),
        cmocka_unit_test(a_master_secret_of_zeros_is_no_secret),
        cmocka_unit_test(a_traffic_secret_of_ones_is_no_secret),
        cmocka_unit_test(a_ticket_is_not_sealed_by_a_key_of_zeros),
        cmocka_unit_test(a_ticket_does_not_hold_the_master_secret),
        cmocka_unit_test(a_lower_version_than_both_allow_is_a_downgrade),
        cmocka_unit_test(the_mark_of_a_downgrade_is_not_passed_over),
        cmocka_unit_test(a_message_that_is_left_out_is_missed),
        cmocka_unit_test(a_handshake_without_finished_is_not_complete),
        cmocka_unit_test(nothing_comes_behind_a_fatal_alert),
        cmocka_unit_test(a_protected_alert_is_no_alert_of_many_bytes),
        cmocka_unit_test(an_alert_that_is_told_was_sent),
        cmocka_unit_test(data_do_not_come_before_the_handshake_is_complete),
        cmocka_unit_test(a_message_that_an_alert_answers_later_is_not_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
