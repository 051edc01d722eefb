/* Each oracle is broken once and raises its alarm, and honest runs raise none. A run is recorded,
 * what was seen or told of it is made false, and the oracles judge that. */
#include <stdlib.h>

#include "keys/key_lines.h"
#include "recorded_run.h"

static void honest_runs_raise_no_alarm(void **state)
{
    (void)state;
    shk_oracles *oracles = shk_oracles_new(&shk_provider_libcrypto);
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

static void ends_with_different_bindings_do_not_agree(void **state)
{
    (void)state;
    for (size_t k = 0; k < VERSIONS; k++)
        for (uint8_t other = 0; other < 4; other += 2) { /* none, or another */
            recorded *r = record_version(versions[k]);
            r->ends[0].binding = 1;
            r->ends[1].binding = other;
            const shk_judgement judgement = judge(r);
            expect_alarm(&judgement, SHK_ORACLE_agreement, "differ in tls-server-end-point");
        }
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

/* Renames the extensions of ServerHello, of TLS 1.2, to one that nobody has offered. */
static void rename_extensions(uint8_t *server_hello)
{
    uint8_t *at = server_hello + 4 + 2 + 32;
    const uint8_t *end = server_hello + 4 + (server_hello[2] << 8 | server_hello[3]);
    for (at += 1 + at[0] + 2 + 1 + 2; at < end; at += 4 + (at[2] << 8 | at[3]))
        at[0] = at[1] = 0xfa;
}

static void an_extension_that_was_not_offered_is_told_of_as_such_alone(void **state)
{
    (void)state;
    recorded *r = record_version(SHK_TLS12);
    for (int i = 0; i < 2; i++)
        rename_extensions(find(r, SERVER_HELLO, i == 1));
    const shk_judgement judgement = judge(r);
    expect_alarm(&judgement, SHK_ORACLE_offer, "the extension 0xfafa (GREASE) in ServerHello");
    for (size_t i = 0; i < judgement.count; i++)
        assert_null(strstr(judgement.alarms[i].words, "times"));
}

/* TLS 1.3 has no default of signature_algorithms (RFC 8446 §4.2.3). */
static void a_signature_without_an_offer_of_schemes_is_not_taken(void **state)
{
    (void)state;
    recorded *r = record_version(SHK_TLS13);
    for (int i = 0; i < 2; i++) {
        uint8_t *hello = find(r, CLIENT_HELLO, i == 1);
        uint8_t *at = hello;
        while (at[0] != 0 || at[1] != 13 || at[2] != at[4] || at[3] != at[5] + 2)
            at++;
        at[0] = at[1] = 0xfa; /* an extension that nobody knows */
    }
    const shk_judgement judgement = judge(r);
    expect_alarm(&judgement, SHK_ORACLE_offer, "the client took the scheme 0x0403");
    expect_alarm(&judgement, SHK_ORACLE_offer, "the server sent the scheme 0x0403");
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

static size_t behind_server_hello(recorded *r)
{
    const uint8_t *record = r->flights[1].sent;
    return 5 + (size_t)(record[3] << 8 | record[4]);
}

/* EncryptedExtensions without extensions, in a record in the clear behind the ServerHello's. */
static void a_message_in_the_clear_is_not_taken(void **state)
{
    (void)state;
    static const uint8_t empty[] = {22, 3, 3, 0, 6, 8, 0, 0, 2, 0, 0};
    recorded *r = record_version(SHK_TLS13);
    insert(&r->flights[1], behind_server_hello(r), shk_span_of(empty, sizeof empty));
    const shk_judgement judgement = judge(r);
    expect_alarm(&judgement, SHK_ORACLE_offer, "the client took encrypted_extensions in the clear");
    expect_alarm(&judgement, SHK_ORACLE_state, "the client took encrypted_extensions");
}

static void a_session_keeps_the_name_it_was_made_with(void **state)
{
    (void)state;
    shk_oracles *oracles = shk_oracles_new(&shk_provider_libcrypto);
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

static void a_lower_version_than_both_allow_is_a_downgrade(void **state)
{
    (void)state;
    recorded *r = record_version(SHK_TLS12);
    r->configs[0].max_version = r->configs[1].max_version = SHK_TLS13;
    const shk_judgement judgement = judge(r);
    expect_alarm(&judgement, SHK_ORACLE_downgrade, "both ends allow version 0x0304");
    expect_alarm(&judgement, SHK_ORACLE_downgrade, "without the mark of a downgrade");
}

static void the_mark_of_a_downgrade_is_that_of_the_version(void **state)
{
    (void)state;
    static const char *const marks[] = {"DOWNGRD\0", "DOWNGRD\1"};
    for (size_t m = 0; m < 2; m++) {
        const shk_endpoint_config client = client_config(SHK_TLS12);
        const shk_endpoint_config server = p256_server(0); /* it allows TLS 1.3 */
        recorded *r = record(&client, &server);
        for (int i = 0; i < 2; i++)
            memcpy(find(r, SERVER_HELLO, i == 1) + 4 + 2 + 24, marks[m], 8);
        const shk_judgement judgement = judge(r);
        if (m == 0)
            expect_alarm(&judgement, SHK_ORACLE_downgrade, "without the mark of a downgrade");
        for (size_t i = 0; m == 1 && i < judgement.count; i++)
            assert_int_not_equal(judgement.alarms[i].oracle, SHK_ORACLE_downgrade);
    }
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

/* It can be read as none, so that the one that is told of may be in it. */
static void an_alert_of_many_bytes_raises_one_alarm(void **state)
{
    (void)state;
    static const uint8_t alert[] = {21, 3, 3, 0, 4, 0, 0, 2, 50};
    recorded *r = record_version(SHK_TLS12);
    insert(&r->flights[0], r->flights[0].len, shk_span_of(alert, sizeof alert));
    r->ends[0].result.alert_sent = SHK_ALERT_decode_error;
    const shk_judgement judgement = judge(r);
    expect_alarm(&judgement, SHK_ORACLE_alerts, "the client sent an alert record of 4 bytes");
    for (size_t i = 0; i < judgement.count; i++)
        assert_null(strstr(judgement.alarms[i].words, "reports that it sent"));
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

/* Under the keys of application data, where the server's Finished should be. */
static void data_do_not_come_in_place_of_finished(void **state)
{
    (void)state;
    recorded *r = record_version(SHK_TLS13);
    shk_key_line line;
    shk_buf data = shk_buf_growing(&shk_libc_allocator);
    assert_true(shk_key_line_find(shk_span_of_text(r->ends[1].key_log), "SERVER_TRAFFIC_SECRET_0",
                                  find(r, CLIENT_HELLO, true) + 4 + 2, &line));
    seal_data(shk_span_of(line.secret, line.len), &data);
    insert(&r->flights[1], behind_server_hello(r), shk_buf_span(&data));
    shk_buf_free(&data);
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
        cmocka_unit_test(ends_with_different_bindings_do_not_agree),
        cmocka_unit_test(no_end_completes_with_an_altered_hello),
        cmocka_unit_test(a_wrong_signature_is_not_taken),
        cmocka_unit_test(a_wrong_finished_is_not_taken),
        cmocka_unit_test(a_suite_that_was_not_offered_is_not_taken),
        cmocka_unit_test(an_extension_that_was_not_offered_is_told_of_as_such_alone),
        cmocka_unit_test(a_signature_without_an_offer_of_schemes_is_not_taken),
        cmocka_unit_test(who_deviates_is_not_judged),
        cmocka_unit_test(a_message_in_the_clear_is_not_taken),
        cmocka_unit_test(a_session_keeps_the_name_it_was_made_with),
        cmocka_unit_test(a_lower_version_than_both_allow_is_a_downgrade),
        cmocka_unit_test(the_mark_of_a_downgrade_is_that_of_the_version),
        cmocka_unit_test(the_mark_of_a_downgrade_is_not_passed_over),
        cmocka_unit_test(a_message_that_is_left_out_is_missed),
        cmocka_unit_test(a_handshake_without_finished_is_not_complete),
        cmocka_unit_test(nothing_comes_behind_a_fatal_alert),
        cmocka_unit_test(a_protected_alert_is_no_alert_of_many_bytes),
        cmocka_unit_test(an_alert_of_many_bytes_raises_one_alarm),
        cmocka_unit_test(an_alert_that_is_told_was_sent),
        cmocka_unit_test(data_do_not_come_before_the_handshake_is_complete),
        cmocka_unit_test(data_do_not_come_in_place_of_finished),
        cmocka_unit_test(a_message_that_an_alert_answers_later_is_not_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
