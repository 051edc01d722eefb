/* The oracle of secrecy before runs that were recorded, whose keys are made guessable. */
#include "keys/key_functions.h"
#include "keys/key_lines.h"
#include "keys/opener.h"
#include "recorded_run.h"

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

/* As of an end without a key log: what the other tells opens its records. */
static void the_other_end_tells_for_one_that_tells_nothing(void **state)
{
    (void)state;
    recorded *r = record_version(SHK_TLS13);
    r->ends[1].key_log[0] = 0;
    change_secret(r->ends[0].key_log, "SERVER_TRAFFIC_SECRET_0", 'f');
    const shk_judgement judgement = judge(r);
    expect_alarm(&judgement, SHK_ORACLE_secrecy,
                 "the server uses keys of which the traffic secret is bytes 0xff");
}

/* The line of that label becomes one of a label that nobody asks for. */
static void forget_secret(char *key_log, const char *label)
{
    char *line = strstr(key_log, label);
    assert_non_null(line);
    line[0] = 'X';
}

static void a_secret_that_nobody_tells_is_found_by_opening_records(void **state)
{
    (void)state;
    static const uint8_t zeros[SHK_MAX_HASH] = {0};
    recorded *r = record_version(SHK_TLS13);
    shk_buf data = shk_buf_growing(&shk_libc_allocator);
    const shk_suite_row *suite = shk_suite_of(r->ends[1].result.suite);
    for (int i = 0; i < 2; i++)
        forget_secret(r->ends[i].key_log, "SERVER_TRAFFIC_SECRET_0");
    seal_data(shk_span_of(zeros, shk_hash_size(suite->hash)), &data);
    insert(&r->flights[1], r->flights[1].len, shk_buf_span(&data));
    shk_buf_free(&data);
    const shk_judgement judgement = judge(r);
    expect_alarm(&judgement, SHK_ORACLE_secrecy,
                 "the server uses keys of which the traffic secret is zeros");
}

static void without_keys_and_protected_records_no_secret_is_seen(void **state)
{
    (void)state;
    recorded *r = record_version(SHK_TLS12);
    r->count = 2; /* the hellos, and what follows them in the clear */
    r->ends[0].key_log[0] = r->ends[1].key_log[0] = 0;
    const shk_judgement judgement = judge(r);
    assert_non_null(judgement.unjudged[SHK_ORACLE_secrecy]);
}

/* HMAC fails before the opener has a key. */
static shk_status fail_hmac(const shk_crypto *crypto, shk_hash hash, shk_span key,
                            const shk_span *parts, size_t count, uint8_t *out)
{
    (void)crypto, (void)hash, (void)key, (void)parts, (void)count, (void)out;
    return SHK_E_INTERNAL;
}

static void an_opener_without_keys_can_be_freed(void **state)
{
    (void)state;
    static const uint8_t secret[32] = {1};
    shk_crypto *libcrypto = shk_libcrypto_new();
    shk_crypto crypto = *libcrypto;
    shk_opener opener;
    memset(&opener, 0xa5, sizeof opener);
    crypto.hmac = fail_hmac;
    assert_false(shk_opener_of_secret(&opener, &crypto, shk_suite_of(SHK_TLS_AES_128_GCM_SHA256),
                                      shk_span_of(secret, sizeof secret)));
    assert_null(opener.key);
    shk_opener_free(&opener);
    shk_libcrypto_free(libcrypto);
}

static void records_of_tls_13_are_opened_by_aead_alone(void **state)
{
    (void)state;
    static const uint8_t secret[32] = {1};
    static const uint16_t others[] = {SHK_TLS_RSA_WITH_AES_128_CBC_SHA256,
                                      SHK_TLS_RSA_WITH_NULL_SHA256};
    shk_crypto *crypto = shk_libcrypto_new();
    for (size_t i = 0; i < 2; i++) {
        shk_opener opener;
        assert_false(shk_opener_of_secret(&opener, crypto, shk_suite_of(others[i]),
                                          shk_span_of(secret, sizeof secret)));
        shk_opener_free(&opener);
    }
    shk_libcrypto_free(crypto);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_of_tls_13_are_opened_by_aead_alone),
        cmocka_unit_test(a_master_secret_of_zeros_is_no_secret),
        cmocka_unit_test(a_traffic_secret_of_ones_is_no_secret),
        cmocka_unit_test(the_other_end_tells_for_one_that_tells_nothing),
        cmocka_unit_test(a_secret_that_nobody_tells_is_found_by_opening_records),
        cmocka_unit_test(without_keys_and_protected_records_no_secret_is_seen),
        cmocka_unit_test(an_opener_without_keys_can_be_freed),
        cmocka_unit_test(a_ticket_is_not_sealed_by_a_key_of_zeros),
        cmocka_unit_test(a_ticket_does_not_hold_the_master_secret),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
