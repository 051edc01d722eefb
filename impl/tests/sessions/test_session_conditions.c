/* The conditions of offering and accepting a session, a ticket or a PSK, each alone: if it does not
 * hold, the handshake is a full one (RFC 8446 §4.2.11, RFC 5246 §7.3, §7.4.1.2, RFC 5077). */
#include "message_changes.h"
#include "session_setup.h"

#include <string.h>

#include "extensions/extension_block.h"
#include "handshake/sessions/psk_13.h"
#include "handshake/sessions/ticket.h"
#include "handshake/state/handshake.h"
#include "handshake/state/session_content.h"
#include "messages/client_hello.h"
#include "messages/new_session_ticket.h"

static const uint16_t gcm[] = {SHK_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256};

static const uint16_t cbc[] = {SHK_TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA,
                               SHK_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256};

static const uint16_t tls13[] = {SHK_TLS_AES_128_GCM_SHA256, SHK_TLS_CHACHA20_POLY1305_SHA256};

/* Has a first handshake, whose session is offered from then on, and is resumed as it is. */
static void resume_next(test_setup *setup, test_session *kept)
{
    static test_session later;
    assert_false(test_resumes(setup));
    setup->client.session_sink_context = &later;
    test_offer_session(setup, kept);
    assert_true(test_resumes(setup));
}

/* The same of sessions by ticket. */
static void setup_resumed(test_setup *setup, test_session *kept, uint16_t version)
{
    test_setup_tickets(setup, kept, version);
    resume_next(setup, kept);
}

/* A change to the session that the client offers, not to the ticket in it. */
#define change_session(kept, change)                                                               \
    do {                                                                                           \
        test_session before = *(kept);                                                             \
        shk_session edited;                                                                        \
        shk_buf out = shk_buf_over((kept)->bytes, sizeof(kept)->bytes);                            \
        assert_true(shk_session_read(shk_span_of(before.bytes, before.len), &edited));             \
        edited.change;                                                                             \
        assert_int_equal(shk_encode(shk_session_shape, NULL, &edited, &out, NULL), SHK_OK);        \
        (kept)->len = out.len;                                                                     \
        test_offer_session(&setup, kept);                                                          \
    } while (0)

static void psk_does_not_replace_a_required_client_certificate(void **state)
{
    static const uint8_t key[32] = {7};
    test_setup setup;
    test_pair pair;
    (void)state;
    test_setup_new(&setup, "p256");
    test_with_client_certificate(&setup, "client-p256");
    test_with_psk(&setup, key, key);
    test_pair_connect(&pair, &setup);
    assert_false(shk_conn_info_of(pair.server).external_psk);
    assert_true(shk_conn_info_of(pair.server).peer_authenticated);
    test_pair_close(&pair);
    setup.client.credential_count = 0;
    test_pair_open_and_run(&pair, &setup);
    assert_refused(NULL, pair.server, SHK_E_CERTIFICATE_REQUIRED);
    test_pair_close_all(&pair, &setup);
}

/* The ticket is of TLS 1.2, and its master_secret would be the PSK. */
static void tls_12_session_is_not_a_tls_13_psk(void **state)
{
    test_setup setup;
    test_session kept;
    (void)state;
    test_setup_tickets(&setup, &kept, SHK_TLS12);
    setup.client.suites = setup.server.suites = (shk_u16s){gcm, 1};
    resume_next(&setup, &kept);
    setup.client.suites = setup.server.suites = shk_default_suites;
    setup.client.max_version = SHK_TLS13;
    assert_false(test_client_offers(&setup, SHK_EXT_pre_shared_key));
    change_session(&kept, version = SHK_TLS13);
    assert_true(test_client_offers(&setup, SHK_EXT_pre_shared_key));
    assert_false(test_resumes(&setup));
    test_setup_free(&setup);
}

static void session_without_a_ticket_is_not_offered_as_psk(void **state)
{
    test_setup setup;
    test_session kept;
    (void)state;
    setup_resumed(&setup, &kept, SHK_TLS13);
    change_session(&kept, ticket.len = 0);
    assert_false(test_client_offers(&setup, SHK_EXT_pre_shared_key));
    test_setup_free(&setup);
}

static void client_does_not_offer_session_of_a_disabled_suite(void **state)
{
    test_setup setup;
    test_session kept;
    (void)state;
    test_setup_tickets(&setup, &kept, SHK_TLS13);
    setup.client.suites = (shk_u16s){tls13, 1};
    resume_next(&setup, &kept);
    setup.client.suites = (shk_u16s){tls13 + 1, 1};
    assert_false(test_client_offers(&setup, SHK_EXT_pre_shared_key));
    test_setup_free(&setup);
    test_setup_tickets(&setup, &kept, SHK_TLS12);
    setup.client.suites = (shk_u16s){gcm, 1};
    resume_next(&setup, &kept);
    setup.client.suites = (shk_u16s){cbc, 1};
    assert_false(test_resumes(&setup));
    test_setup_free(&setup);
}

static void client_does_not_offer_session_of_a_disabled_version(void **state)
{
    test_setup setup;
    test_session kept;
    (void)state;
    test_setup_tickets(&setup, &kept, SHK_TLS11);
    setup.client.min_version = setup.server.min_version = SHK_TLS11;
    resume_next(&setup, &kept);
    setup.client.min_version = setup.client.max_version = SHK_TLS12;
    setup.client.no_extended_master_secret = false;
    test_pair pair;
    test_pair_start(&pair, &setup);
    assert_false(pair.client->handshake->client.session_offered);
    test_pair_close_all(&pair, &setup);
}

/* The server's session has another version than the handshake that names it. */
static void tls_12_client_does_not_offer_tls_13_session(void **state)
{
    test_setup setup;
    test_pair pair;
    test_session kept;
    (void)state;
    setup_resumed(&setup, &kept, SHK_TLS13);
    setup.client.max_version = SHK_TLS12;
    test_pair_start(&pair, &setup);
    assert_false(pair.client->handshake->client.session_offered);
    test_pair_close_all(&pair, &setup);
}

static void no_session_without_id_or_ticket_below_tls_13(void **state)
{
    test_setup setup;
    test_session kept = {.count = 0}, of_server = {.count = 0};
    (void)state;
    test_setup_tickets(&setup, &kept, SHK_TLS12);
    setup.server.session_sink = test_keep_session; /* which is for clients */
    setup.server.session_sink_context = &of_server;
    assert_false(test_resumes(&setup));
    assert_int_equal(kept.count, 1);
    assert_int_equal(of_server.count, 0);
    setup.server.ticket_key_count = 0;
    assert_false(test_resumes(&setup));
    assert_int_equal(kept.count, 1);
    setup.server.session_cache = shk_session_cache_new(&shk_libc_allocator, 1);
    setup.client.session_cache = shk_session_cache_new(&shk_libc_allocator, 1); /* of servers */
    assert_false(test_resumes(&setup));
    assert_int_equal(kept.count, 2);
    assert_int_equal(of_server.count, 0);
    shk_session session;
    assert_true(shk_session_read(shk_span_of(kept.bytes, kept.len), &session));
    assert_true(shk_session_cache_get(setup.server.session_cache, session.session_id).len > 0);
    assert_int_equal(shk_session_cache_get(setup.client.session_cache, session.session_id).len, 0);
    shk_session_cache_free(setup.client.session_cache);
    shk_session_cache_free(setup.server.session_cache);
    test_setup_free(&setup);
}

/* The clock was set back since, or the application made the session. */
static void session_from_the_future_is_not_offered(void **state)
{
    for (int whole = 0; whole < 2; whole++) {
        test_setup setup;
        test_session kept;
        (void)state;
        setup_resumed(&setup, &kept, SHK_TLS13);
        if (whole == 0)
            change_session(&kept, start.low++);
        else
            change_session(&kept, authenticated.low++);
        assert_false(test_client_offers(&setup, SHK_EXT_pre_shared_key));
        test_clock_ms++;
        assert_true(test_client_offers(&setup, SHK_EXT_pre_shared_key));
        test_setup_free(&setup);
    }
}

/* RFC 8446 §4.6.1: the lifetime is that sent with the ticket, not that of the present
 * configuration. */
static void ticket_lifetime_is_that_sent_with_the_ticket(void **state)
{
    test_setup setup;
    test_session kept;
    (void)state;
    test_setup_tickets(&setup, &kept, SHK_TLS13);
    setup.server.ticket_lifetime = 100;
    resume_next(&setup, &kept);
    setup.client.ticket_lifetime = 1; /* of tickets that it would give as a server */
    setup.server.ticket_lifetime = 1000;
    test_clock_ms += 100 * 1000;
    assert_true(test_resumes(&setup));
    change_session(&kept, lifetime = 1000); /* a client that ignores the lifetime */
    test_clock_ms += 1;
    assert_true(test_client_offers(&setup, SHK_EXT_pre_shared_key));
    assert_false(test_resumes(&setup));
    test_setup_free(&setup);
}

static void note_early_data(void *context, bool sent, shk_message id, const shk_form *form,
                            shk_span raw)
{
    enum { HEADER = 4 };
    shk_new_session_ticket m;
    (void)sent;
    if (id != SHK_MSG_new_session_ticket)
        return;
    assert_int_equal(shk_decode(shk_message_rows[id].layout->shape, form,
                                shk_span_of(raw.data + HEADER, raw.len - HEADER), &m, NULL),
                     SHK_OK);
    *(bool *)context = shk_extension_in(&m.extensions, SHK_EXT_early_data);
}

/* RFC 8446 §4.2.10: the extension is sent only if early data is allowed. */
static void ticket_without_early_data_has_no_early_data_extension(void **state)
{
    bool spoken_of = true;
    test_setup setup;
    test_session kept = {.count = 0};
    (void)state;
    test_setup_tickets(&setup, &kept, SHK_TLS13);
    setup.client.observer = note_early_data;
    setup.client.observer_context = &spoken_of;
    assert_false(test_resumes(&setup));
    assert_true(kept.count > 0);
    assert_false(spoken_of);
    test_setup_free(&setup);
}

/* RFC 8446 §4.6.1: "The value of zero indicates that the ticket should be discarded immediately."
 */
static void ticket_with_zero_lifetime_is_not_kept(void **state)
{
    static const test_change change = {SHK_MSG_new_session_ticket, 0, 0, 4, "00000000"};
    test_setup setup;
    test_session kept = {.count = 0};
    (void)state;
    test_setup_tickets(&setup, &kept, SHK_TLS13);
    test_change_messages(&change);
    assert_false(test_resumes(&setup));
    assert_true(test_change_was_made());
    assert_int_equal(kept.count, 0);
    test_setup_free(&setup);
}

/* RFC 5246 §7.2.2: a fatal alert invalidates the session; here there is no sink to tell. */
static void fatal_alert_without_a_session_sink_is_handled(void **state)
{
    static const uint8_t handshake_failure[] = {21, 3, 3, 0, 2, 2, 40};
    test_setup setup;
    test_pair pair;
    test_session kept;
    (void)state;
    setup_resumed(&setup, &kept, SHK_TLS13);
    setup.client.session_sink = NULL;
    test_pair_start(&pair, &setup);
    assert_fails(shk_conn_feed(pair.client, handshake_failure, sizeof handshake_failure),
                 SHK_E_PEER_ALERT);
    test_pair_close_all(&pair, &setup);
}

static void server_does_not_resume_session_of_another_version(void **state)
{
    test_setup setup;
    test_session kept;
    (void)state;
    test_setup_tickets(&setup, &kept, SHK_TLS12);
    setup.client.min_version = setup.server.min_version = SHK_TLS11;
    setup.client.suites = setup.server.suites = (shk_u16s){cbc, 1};
    setup.server.max_version = SHK_TLS11;
    resume_next(&setup, &kept);
    setup.server.max_version = SHK_TLS12;
    assert_false(test_resumes(&setup));
    test_setup_free(&setup);
}

/* RFC 5246 §7.4.1.2: the client must list the session's suite, and the server must still support
 * it. */
static void server_resumes_only_with_a_suite_of_both_ends(void **state)
{
    test_setup setup;
    test_session kept;
    (void)state;
    test_setup_tickets(&setup, &kept, SHK_TLS12);
    setup.server.suites = (shk_u16s){gcm, 1};
    resume_next(&setup, &kept);
    setup.server.suites = (shk_u16s){cbc, 1};
    assert_false(test_resumes(&setup));
    setup.server.suites = (shk_u16s){cbc, 2};
    assert_true(test_resumes(&setup));
    setup.client.suites = (shk_u16s){cbc, 1};
    change_session(&kept, suite = cbc[0]);
    assert_false(test_resumes(&setup));
    test_setup_free(&setup);
}

static void session_id_expires_after_its_lifetime(void **state)
{
    test_setup setup;
    test_session kept;
    (void)state;
    test_setup_tickets(&setup, &kept, SHK_TLS12);
    setup.server.ticket_key_count = 0;
    setup.server.session_cache = shk_session_cache_new(&shk_libc_allocator, 4);
    setup.server.ticket_lifetime = 100;
    setup.client.ticket_lifetime = 1000; /* the client's own sense of how long an id lives */
    resume_next(&setup, &kept);
    test_clock_ms += 100 * 1000;
    assert_true(test_resumes(&setup));
    test_clock_ms += 1;
    assert_false(test_resumes(&setup));
    shk_session_cache_free(setup.server.session_cache);
    test_setup_free(&setup);
}

/* The application may put anything in a cache. */
static void malformed_session_is_not_resumed(void **state)
{
    test_setup setup;
    test_session kept;
    test_pair pair;
    shk_session session;
    (void)state;
    test_setup_tickets(&setup, &kept, SHK_TLS12);
    setup.server.ticket_key_count = 0;
    setup.server.session_cache = shk_session_cache_new(&shk_libc_allocator, 1);
    resume_next(&setup, &kept);
    assert_true(shk_session_read(setup.client.session, &session));
    shk_session_cache_put(setup.server.session_cache, session.session_id,
                          shk_span_of("no session", 10));
    assert_false(test_resumes(&setup));
    setup.client.session = shk_span_of("no session", 10);
    assert_false(shk_session_readable(setup.client.session));
    assert_false(test_resumes(&setup));
    test_offer_session(&setup, &kept);
    change_session(&kept, suite = 0x0a0a);
    assert_false(shk_session_readable(setup.client.session));
    test_pair_connect(&pair, &setup);
    assert_false(shk_conn_info_of(pair.client).resumed);
    test_pair_close(&pair);
    shk_session_cache_free(setup.server.session_cache);
    test_setup_free(&setup);
}

/* A ticket under our key whose session has an unknown suite. */
static void ticket_with_malformed_content_is_not_resumed(void **state)
{
    test_setup setup;
    test_session kept;
    test_pair pair;
    shk_session session;
    shk_buf ticket = shk_buf_growing(&shk_libc_allocator);
    (void)state;
    setup_resumed(&setup, &kept, SHK_TLS13);
    assert_true(shk_session_read(setup.client.session, &session));
    session.ticket.len = 0;
    session.suite = 0x0a0a;
    test_pair_open(&pair, &setup);
    assert_int_equal(shk_ticket_seal(pair.server, &session, &ticket), SHK_OK);
    test_pair_close(&pair);
    change_session(&kept, ticket = shk_buf_span(&ticket));
    assert_false(test_resumes(&setup));
    shk_buf_free(&ticket);
    test_setup_free(&setup);
}

/* A master_secret has 48 bytes (RFC 5246 §8.1). */
static void master_secret_of_wrong_length_is_not_used(void **state)
{
    test_setup setup;
    test_session kept;
    test_pair pair;
    (void)state;
    setup_resumed(&setup, &kept, SHK_TLS12);
    change_session(&kept, secret.len = 32);
    test_pair_open_and_run(&pair, &setup);
    assert_fails(shk_conn_failure_of(pair.client)->fault.status, SHK_E_INTERNAL);
    test_pair_close_all(&pair, &setup);
}

/* The first 32 bytes are right, and more follow. */
static void binder_longer_than_its_hash_is_refused(void **state)
{
    static const uint8_t key[32] = {7};
    enum { BINDERS = 2 + 1 + 32, MORE = 16, EXTENSION = 4 + 2 + 2 + 9 + 4 + BINDERS };
    test_setup setup;
    test_pair pair;
    (void)state;
    test_setup_new(&setup, "p256");
    test_with_psk(&setup, key, key);
    test_pair_start(&pair, &setup);
    shk_buf record = shk_buf_growing(&shk_libc_allocator);
    assert_int_equal(shk_buf_append(&record, shk_conn_output(pair.client)), SHK_OK);
    shk_client_hello *hello = &pair.client->handshake->offered;
    size_t block = record.len - hello->extensions.raw.len;
    uint8_t *lengths[] = {record.data + 4, record.data + 8, record.data + block - 1,
                          record.data + record.len - EXTENSION + 3};
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        unsigned sum = (unsigned)*lengths[i] + MORE;
        *lengths[i] = (uint8_t)sum;
        lengths[i][-1] = (uint8_t)(lengths[i][-1] + (sum >> 8));
    }
    shk_buf message = {record.data + 5, record.len - 5, record.len - 5, NULL};
    pair.client->handshake->transcript.raw.len = 0;
    assert_int_equal(shk_fill_binders(pair.client, &message), SHK_OK);
    record.data[record.len - BINDERS + 1] += MORE;
    record.data[record.len - BINDERS + 2] += MORE;
    assert_int_equal(shk_buf_append(&record, shk_span_of(key, MORE)), SHK_OK);
    assert_fails(shk_conn_feed(pair.server, record.data, record.len), SHK_E_BAD_BINDER);
    shk_buf_free(&record);
    test_pair_close_all(&pair, &setup);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(psk_does_not_replace_a_required_client_certificate),
        cmocka_unit_test(tls_12_session_is_not_a_tls_13_psk),
        cmocka_unit_test(session_without_a_ticket_is_not_offered_as_psk),
        cmocka_unit_test(client_does_not_offer_session_of_a_disabled_suite),
        cmocka_unit_test(client_does_not_offer_session_of_a_disabled_version),
        cmocka_unit_test(tls_12_client_does_not_offer_tls_13_session),
        cmocka_unit_test(no_session_without_id_or_ticket_below_tls_13),
        cmocka_unit_test(session_from_the_future_is_not_offered),
        cmocka_unit_test(ticket_lifetime_is_that_sent_with_the_ticket),
        cmocka_unit_test(ticket_without_early_data_has_no_early_data_extension),
        cmocka_unit_test(ticket_with_zero_lifetime_is_not_kept),
        cmocka_unit_test(fatal_alert_without_a_session_sink_is_handled),
        cmocka_unit_test(server_does_not_resume_session_of_another_version),
        cmocka_unit_test(server_resumes_only_with_a_suite_of_both_ends),
        cmocka_unit_test(session_id_expires_after_its_lifetime),
        cmocka_unit_test(malformed_session_is_not_resumed),
        cmocka_unit_test(ticket_with_malformed_content_is_not_resumed),
        cmocka_unit_test(master_secret_of_wrong_length_is_not_used),
        cmocka_unit_test(binder_longer_than_its_hash_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
