/* Resumption and PSKs of TLS 1.3: what they are bound to, and what tickets hold
 * (RFC 8446 §4.2.11, §4.6.1). */
#include "hello_edits.h"
#include "message_changes.h"
#include "scripted_random.h"
#include "session_setup.h"

#include <string.h>

#include "extensions/extension_block.h"
#include "handshake/state/session_content.h"
#include "messages/client_hello.h"
#include "messages/encrypted_extensions.h"

static bool offers_a_psk(const test_setup *setup)
{
    test_pair pair;
    test_pair_start(&pair, setup);
    shk_client_hello hello = waiting_hello(pair.client);
    bool found = shk_extension_in(&hello.extensions, SHK_EXT_pre_shared_key);
    test_pair_close(&pair);
    return found;
}

static void ticket_past_its_lifetime_is_not_offered(void **state)
{
    test_setup setup;
    test_session kept, first;
    (void)state;
    test_setup_resumption(&setup, &kept, &first, SHK_TLS13);
    assert_true(offers_a_psk(&setup));
    test_clock_ms += (int64_t)7200 * 1000 + 1;
    assert_false(offers_a_psk(&setup));
    test_setup_free(&setup);
}

/* A ticket of a SHA-256 suite, and a server that has SHA-384 alone. */
static void ticket_does_not_resume_with_another_hash(void **state)
{
    static const uint16_t sha256[] = {SHK_TLS_AES_128_GCM_SHA256};
    static const uint16_t both[] = {SHK_TLS_AES_128_GCM_SHA256, SHK_TLS_AES_256_GCM_SHA384};
    static const uint16_t other[] = {SHK_TLS_CHACHA20_POLY1305_SHA256};
    test_setup setup;
    test_session kept, first;
    (void)state;
    test_setup_tickets(&setup, &kept, SHK_TLS13);
    setup.server.suites.values = sha256;
    setup.server.suites.count = 1;
    assert_false(test_resumes(&setup));
    first = kept;
    test_offer_session(&setup, &first);
    setup.server.suites.values = other; /* of the same hash */
    assert_true(test_resumes(&setup));
    setup.client.suites.values = both;
    setup.client.suites.count = 2;
    setup.server.suites.values = both + 1;
    assert_false(test_resumes(&setup));
    test_setup_free(&setup);
}

static void resumed_connection_has_the_name_of_its_client_hello(void **state)
{
    test_setup setup;
    test_pair pair;
    test_session kept, first;
    (void)state;
    test_setup_resumption(&setup, &kept, &first, SHK_TLS13);
    test_pair_connect(&pair, &setup);
    assert_true(shk_conn_info_of(pair.server).resumed);
    assert_true(shk_span_equal(shk_conn_info_of(pair.server).server_name,
                               shk_span_of_text("server.shakedown.test")));
    test_pair_close_all(&pair, &setup);
}

static void ticket_lifetime_over_seven_days_is_refused_in_configuration(void **state)
{
    test_setup setup;
    test_session kept;
    uint64_t seed = 1;
    shk_random random = counting(&seed);
    shk_conn *conn = NULL;
    (void)state;
    test_setup_tickets(&setup, &kept, SHK_TLS13);
    setup.server.ticket_lifetime = 604800;
    assert_int_equal(shk_conn_new(&setup.server, &random, &conn), SHK_OK);
    shk_conn_free(conn);
    setup.server.ticket_lifetime = 604801;
    assert_fails(shk_conn_new(&setup.server, &random, &conn), SHK_E_CONFIG);
    test_setup_free(&setup);
}

/* EncryptedExtensions of a server, the last that were sent. */
static void observe_encrypted_extensions(void *context, bool sent, shk_message id,
                                         const shk_form *form, shk_span raw)
{
    shk_encrypted_extensions m;
    (void)form;
    if (!sent || id != SHK_MSG_encrypted_extensions)
        return;
    assert_int_equal(shk_decode(shk_message_rows[id].layout->shape, NULL,
                                shk_span_of(raw.data + 4, raw.len - 4), &m, NULL),
                     SHK_OK);
    *(bool *)context = shk_extension_in(&m.extensions, SHK_EXT_server_name);
}

/* RFC 6066 §3; with an external PSK, or in full, it is. */
static void resumption_in_tls_13_does_not_acknowledge_server_name(void **state)
{
    static const uint8_t key[32] = {7};
    test_setup setup;
    test_session kept, first;
    bool acknowledged = false;
    (void)state;
    test_setup_tickets(&setup, &kept, SHK_TLS13);
    setup.server.observer = observe_encrypted_extensions;
    setup.server.observer_context = &acknowledged;
    assert_false(test_resumes(&setup));
    assert_true(acknowledged);
    first = kept;
    test_offer_session(&setup, &first);
    assert_true(test_resumes(&setup));
    assert_false(acknowledged);
    setup.client.session.len = 0;
    test_with_psk(&setup, key, key);
    assert_false(test_resumes(&setup));
    assert_true(acknowledged);
    test_setup_free(&setup);
}

/* RFC 8446 §4.2.11: the server selects its first suite that fits a PSK, whether or not it has a
 * certificate. */
static void suite_that_fits_a_psk_is_preferred(void **state)
{
    static const uint8_t key[32] = {7};
    static const uint16_t sha256_first[] = {SHK_TLS_AES_128_GCM_SHA256, SHK_TLS_AES_256_GCM_SHA384};
    static const uint16_t sha384_first[] = {SHK_TLS_AES_256_GCM_SHA384, SHK_TLS_AES_128_GCM_SHA256};
    static const struct {
        const uint16_t *server;
        shk_hash hashes[2];
        uint16_t suite;
    } cases[] = {
        {sha256_first, {SHK_HASH_SHA384}, SHK_TLS_AES_256_GCM_SHA384},
        {sha384_first, {SHK_HASH_SHA256}, SHK_TLS_AES_128_GCM_SHA256},
        {sha256_first, {SHK_HASH_SHA384, SHK_HASH_SHA256}, SHK_TLS_AES_128_GCM_SHA256},
        {sha384_first, {SHK_HASH_SHA256, SHK_HASH_SHA384}, SHK_TLS_AES_256_GCM_SHA384},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        for (int retry = 0; retry < 2; retry++) {
            test_setup setup;
            test_pair pair;
            test_setup_new(&setup, "p256");
            shk_external_psk psks[2] = {{.identity = shk_span_of_text("one")},
                                        {.identity = shk_span_of_text("two")}};
            for (int k = 0; k < 2; k++) {
                psks[k].key = shk_span_of(key, sizeof key);
                psks[k].hash = cases[i].hashes[k];
            }
            setup.client.psks = setup.server.psks = psks;
            setup.client.psk_count = setup.server.psk_count =
                cases[i].hashes[1] == SHK_HASH_NONE ? 1 : 2;
            setup.server.suites = (shk_u16s){cases[i].server, 2};
            setup.server.request_cookie = retry == 1;
            test_pair_connect(&pair, &setup);
            assert_int_equal(shk_conn_info_of(pair.server).suite, cases[i].suite);
            assert_true(shk_conn_info_of(pair.server).external_psk);
            assert_true(shk_conn_info_of(pair.client).external_psk);
            test_pair_close_all(&pair, &setup);
        }
}

/* RFC 8446 §4.6.1; the connection continues, unless it is strict. */
static void ticket_lifetime_over_seven_days_is_recorded_and_not_kept(void **state)
{
    static const test_change seven_days = {SHK_MSG_new_session_ticket, 0, 0, 4, "00093a80"};
    static const test_change a_second_more = {SHK_MSG_new_session_ticket, 0, 0, 4, "00093a81"};
    static const test_change for_ever = {SHK_MSG_new_session_ticket, 0, 0, 4, "ffffffff"};
    static const test_change *const changes[] = {&seven_days, &a_second_more, &for_ever};
    (void)state;
    for (int i = 0; i < 3; i++) {
        test_setup setup;
        test_session kept;
        test_setup_tickets(&setup, &kept, SHK_TLS13);
        test_change_messages(changes[i]);
        assert_false(test_resumes(&setup));
        assert_true(test_change_was_made());
        test_change_messages(NULL);
        assert_int_equal(kept.count, i == 0 ? 2 : 0);
        setup.client.strict = true;
        test_change_messages(changes[i]);
        test_pair pair;
        test_pair_open_and_run(&pair, &setup);
        assert_refused(NULL, pair.client, i == 0 ? SHK_OK : SHK_E_TICKET_LIFETIME);
        test_pair_close_all(&pair, &setup);
    }
}

typedef struct {
    uint32_t age_add[4];
    unsigned count;
} ages;

static void keep_age(void *context, shk_span bytes)
{
    ages *a = (ages *)context;
    shk_session session;
    assert_true(shk_session_read(bytes, &session));
    a->age_add[a->count++ % 4] = session.age_add;
}

static void ticket_age_add_is_random_for_each_ticket(void **state)
{
    test_setup setup;
    test_session kept;
    ages seen = {{0}, 0};
    (void)state;
    test_setup_tickets(&setup, &kept, SHK_TLS13);
    setup.client.session_sink = keep_age;
    setup.client.session_sink_context = &seen;
    setup.server.ticket_count = 2;
    assert_false(test_resumes(&setup));
    assert_false(test_resumes(&setup));
    assert_int_equal(seen.count, 4);
    for (int i = 0; i < 4; i++)
        for (int k = i + 1; k < 4; k++)
            assert_int_not_equal(seen.age_add[i], seen.age_add[k]);
    test_setup_free(&setup);
}

/* The age stands before the one binder of 2 + 33 bytes. */
static void observe_age(void *context, bool sent, shk_message id, const shk_form *form,
                        shk_span raw)
{
    uint32_t *age = (uint32_t *)context;
    (void)form;
    if (sent && id == SHK_MSG_client_hello)
        for (size_t i = raw.len - (4 + 2 + 33); i < raw.len - (2 + 33); i++)
            *age = *age << 8 | raw.data[i];
}

/* Two readings of a millisecond clock that differ by 5 may be 4.001 ms apart; a ticket must not
 * look older to the client than to its server. */
static void ticket_age_is_rounded_down(void **state)
{
    static const struct {
        int64_t passed;
        uint32_t said;
    } cases[] = {{0, 0}, {1, 0}, {5, 4}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        test_setup setup;
        test_session kept;
        shk_session session;
        uint32_t age = 0;
        test_setup_tickets(&setup, &kept, SHK_TLS13);
        assert_false(test_resumes(&setup));
        assert_true(shk_session_read(shk_span_of(kept.bytes, kept.len), &session));
        const uint32_t added = session.age_add;
        test_offer_session(&setup, &kept);
        setup.client.observer = observe_age;
        setup.client.observer_context = &age;
        test_clock_ms += cases[i].passed;
        assert_true(test_resumes(&setup));
        assert_int_equal(age - added, cases[i].said);
        test_setup_free(&setup);
    }
}

static void ticket_age_of_an_external_psk_is_ignored(void **state)
{
    static const uint8_t key[32] = {7};
    static const test_change old = {SHK_MSG_client_hello, 0, -(4 + 2 + 33), 4, "7fffffff"};
    test_setup setup;
    test_pair pair;
    (void)state;
    test_setup_new(&setup, "p256");
    test_with_psk(&setup, key, key);
    test_change_messages(&old);
    test_pair_connect(&pair, &setup);
    assert_true(test_change_was_made());
    assert_true(shk_conn_info_of(pair.server).external_psk);
    test_pair_close_all(&pair, &setup);
}

static void psk_is_not_used_with_another_hash(void **state)
{
    static const uint8_t key[32] = {7};
    static const uint16_t sha384[] = {SHK_TLS_AES_256_GCM_SHA384};
    test_setup setup;
    test_pair pair;
    (void)state;
    test_setup_new(&setup, "p256");
    test_with_psk(&setup, key, key);
    setup.server.suites.values = sha384;
    setup.server.suites.count = 1;
    test_pair_connect(&pair, &setup);
    assert_false(shk_conn_info_of(pair.server).external_psk);
    assert_false(shk_conn_info_of(pair.client).external_psk);
    test_pair_close_all(&pair, &setup);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ticket_past_its_lifetime_is_not_offered),
        cmocka_unit_test(ticket_does_not_resume_with_another_hash),
        cmocka_unit_test(resumed_connection_has_the_name_of_its_client_hello),
        cmocka_unit_test(ticket_lifetime_over_seven_days_is_refused_in_configuration),
        cmocka_unit_test(resumption_in_tls_13_does_not_acknowledge_server_name),
        cmocka_unit_test(suite_that_fits_a_psk_is_preferred),
        cmocka_unit_test(ticket_lifetime_over_seven_days_is_recorded_and_not_kept),
        cmocka_unit_test(ticket_age_add_is_random_for_each_ticket),
        cmocka_unit_test(ticket_age_is_rounded_down),
        cmocka_unit_test(ticket_age_of_an_external_psk_is_ignored),
        cmocka_unit_test(psk_is_not_used_with_another_hash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
