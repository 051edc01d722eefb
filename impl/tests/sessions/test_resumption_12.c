/* Resumption below TLS 1.3, what it is bound to and what its messages hold (RFC 5246 §7.3, RFC
 * 5077, RFC 7627 §5.3, RFC 6066 §1.1). */
#include "message_changes.h"
#include "session_setup.h"

#include <string.h>

#include "extensions/extension_block.h"
#include "handshake/sessions/resume_12.h"
#include "handshake/state/handshake.h"
#include "handshake/state/session_content.h"
#include "messages/client_hello.h"
#include "messages/server_hello.h"

/* ServerHello with the session id of 32 bytes that the client made up for its ticket. */
enum { SUITE = 2 + 32 + 33, EXTENSIONS = SUITE + 3 };

static void resumption_with_another_suite_or_version_is_refused(void **state)
{
    static const test_change suite = {SHK_MSG_server_hello, 0, SUITE, 2, "c02c"};
    static const test_change version = {SHK_MSG_server_hello, 0, 0, 2, "0302"};
    test_setup setup;
    test_session kept, first;
    (void)state;
    test_setup_resumption(&setup, &kept, &first, SHK_TLS12);
    assert_true(test_resumes(&setup));
    assert_change_refused(&setup, &suite, false, SHK_E_RESUMED_SUITE);
    setup.client.min_version = SHK_TLS11;
    setup.server.suites.values = (const uint16_t[]){SHK_TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA};
    setup.server.suites.count = 1;
    setup.client.session.len = 0;
    assert_false(test_resumes(&setup)); /* a session of a suite that 1.1 has too */
    first = kept;
    test_offer_session(&setup, &first);
    assert_true(test_resumes(&setup));
    assert_change_refused(&setup, &version, false, SHK_E_RESUMED_SUITE);
    test_setup_free(&setup);
}

/* RFC 7627 §5.3: both ends of a resumption agree with the session about extended_master_secret. */
static void client_refuses_resumption_without_ems_of_a_session_with_ems(void **state)
{
    /* the server answers with renegotiation_info alone */
    static const test_change without = {SHK_MSG_server_hello, 0, EXTENSIONS, ALL, "0005ff01000100"};
    test_setup setup;
    test_session kept, first;
    (void)state;
    test_setup_resumption(&setup, &kept, &first, SHK_TLS12);
    assert_change_refused(&setup, &without, false, SHK_E_RESUMED_EMS);
    test_setup_free(&setup);
}

static void remove_extension(shk_buf *message, uint16_t type)
{
    shk_client_hello hello;
    shk_raw_extension e;
    assert_int_equal(shk_decode(shk_message_rows[SHK_MSG_client_hello].layout->shape, NULL,
                                shk_span_of(message->data + 4, message->len - 4), &hello, NULL),
                     SHK_OK);
    size_t block = (size_t)(hello.extensions.raw.data - message->data);
    for (shk_span rest = hello.extensions.raw;
         shk_list_next(&rest, NULL, shk_raw_extension_shape, &e);) {
        if (e.extension_type != type)
            continue;
        size_t end = message->len - rest.len;
        size_t size = 4 + e.extension_data.len;
        memmove(message->data + end - size, message->data + end, rest.len);
        message->len -= size;
        test_put_u16(message->data + 2, message->len - 4);
        test_put_u16(message->data + block - 2, message->len - block);
        return;
    }
    fail_msg("no extension %u", type);
}

static void server_refuses_resumption_without_ems_of_a_session_with_ems(void **state)
{
    test_setup setup;
    test_session kept, first;
    (void)state;
    test_setup_resumption(&setup, &kept, &first, SHK_TLS12);
    shk_buf hello = test_first_hello(&setup);
    remove_extension(&hello, 23);
    setup.client.client_hello = shk_buf_span(&hello);
    assert_change_refused(&setup, NULL, true, SHK_E_RESUMED_EMS);
    shk_buf_free(&hello);
    test_setup_free(&setup);
}

/* Both ends derive the master secret without it, and the resumption must do so too. */
static void session_without_ems_is_not_resumed_with_ems(void **state)
{
    test_setup setup;
    test_pair pair;
    test_session kept, first;
    (void)state;
    test_setup_tickets(&setup, &kept, SHK_TLS12);
    shk_buf hello = test_first_hello(&setup);
    remove_extension(&hello, 23);
    setup.client.client_hello = shk_buf_span(&hello);
    test_pair_connect(&pair, &setup);
    assert_false(shk_conn_info_of(pair.client).extended_master_secret);
    assert_false(shk_conn_info_of(pair.server).extended_master_secret);
    test_pair_close(&pair);
    first = kept;
    test_offer_session(&setup, &first);
    setup.client.client_hello.len = 0;
    assert_false(test_resumes(&setup));
    shk_buf_free(&hello);
    test_setup_free(&setup);
}

static void client_refuses_resumption_with_ems_of_a_session_without_ems(void **state)
{
    test_setup setup;
    test_pair pair;
    test_session kept, first;
    (void)state;
    test_setup_resumption(&setup, &kept, &first, SHK_TLS12);
    test_pair_open(&pair, &setup);
    pair.client->handshake->session.extended_master_secret = 0;
    test_pair_run(&pair);
    assert_refused(NULL, pair.client, SHK_E_RESUMED_EMS);
    test_pair_close_all(&pair, &setup);
}

/* RFC 7627 §5.4 */
static void exporter_below_tls_13_needs_ems(void **state)
{
    test_setup setup;
    test_pair pair;
    test_session kept;
    uint8_t out[32];
    (void)state;
    test_setup_tickets(&setup, &kept, SHK_TLS12);
    shk_buf hello = test_first_hello(&setup);
    remove_extension(&hello, 23);
    setup.client.client_hello = shk_buf_span(&hello);
    test_pair_connect(&pair, &setup);
    assert_fails(shk_conn_export(pair.client, "EXPORTER-x", shk_span_of(NULL, 0), out, 32),
                 SHK_E_EXPORTER_EMS);
    assert_fails(shk_conn_export(pair.server, "EXPORTER-x", shk_span_of(NULL, 0), out, 32),
                 SHK_E_EXPORTER_EMS);
    test_pair_close(&pair);
    shk_buf_free(&hello);
    test_setup_free(&setup);
}

/* RFC 5077 §3.3: a server that answers session_ticket sends one. */
static void missing_promised_ticket_is_unexpected_change_cipher_spec(void **state)
{
    static const test_change promised = {SHK_MSG_server_hello, 0, 2 + 32 + 1 + 3, ALL,
                                         "00080017000000230000"};
    test_setup setup;
    test_session kept;
    (void)state;
    test_setup_tickets(&setup, &kept, SHK_TLS12);
    setup.server.ticket_key_count = 0;
    assert_change_refused(&setup, &promised, false, SHK_E_UNEXPECTED_CHANGE_CIPHER_SPEC);
    test_setup_free(&setup);
}

static void unpromised_ticket_is_unexpected_message(void **state)
{
    static const test_change silent = {SHK_MSG_server_hello, 0, 2 + 32 + 1 + 3, ALL,
                                       "000400170000"};
    test_setup setup;
    test_session kept;
    (void)state;
    test_setup_tickets(&setup, &kept, SHK_TLS12);
    assert_change_refused(&setup, &silent, false, SHK_E_UNEXPECTED_MESSAGE);
    assert_int_equal(kept.count, 0);
    test_setup_free(&setup);
}

static void no_ticket_is_sent_after_a_wrong_finished(void **state)
{
    static const test_change finished = {SHK_MSG_finished, 0, -8, 8, "0000000000000000"};
    static const test_change ticket = {SHK_MSG_new_session_ticket_12, 0, 0, 0, ""};
    test_setup setup;
    test_pair pair;
    test_session kept;
    (void)state;
    test_setup_tickets(&setup, &kept, SHK_TLS12);
    test_pair_open(&pair, &setup);
    test_change_messages(&finished);
    assert_int_equal(shk_conn_start(pair.client), SHK_OK);
    assert_int_equal(test_move_output(pair.client, pair.server), SHK_OK);
    assert_int_equal(test_move_output(pair.server, pair.client), SHK_OK);
    assert_true(test_change_was_made());
    test_change_messages(&ticket);
    assert_fails(test_move_output(pair.client, pair.server), SHK_E_BAD_FINISHED);
    assert_false(test_change_was_made());
    test_pair_close_all(&pair, &setup);
}

static void no_ticket_is_kept_after_a_wrong_finished(void **state)
{
    static const test_change finished = {SHK_MSG_finished, 1, -8, 8, "0000000000000000"};
    test_setup setup;
    test_session kept;
    (void)state;
    test_setup_tickets(&setup, &kept, SHK_TLS12);
    assert_change_refused(&setup, &finished, false, SHK_E_BAD_FINISHED);
    assert_int_equal(kept.count, 0);
    test_setup_free(&setup);
}

static void client_accepts_tickets_of_any_format(void **state)
{
    static const test_change change = {SHK_MSG_new_session_ticket_12, 0, 0, ALL,
                                       "00000e100002aabb"};
    test_setup setup;
    test_session kept, first;
    shk_session session;
    (void)state;
    test_setup_tickets(&setup, &kept, SHK_TLS12);
    test_change_messages(&change);
    assert_false(test_resumes(&setup));
    test_change_messages(NULL);
    first = kept;
    test_offer_session(&setup, &first);
    assert_true(shk_session_read(setup.client.session, &session));
    assert_int_equal(session.ticket.len, 2);
    assert_false(test_resumes(&setup));
    test_setup_free(&setup);
}

static void ticket_with_a_flipped_bit_does_not_resume(void **state)
{
    (void)state;
    for (uint16_t version = SHK_TLS12; version <= SHK_TLS13; version++) {
        test_setup setup;
        test_session kept, first;
        shk_session session;
        test_setup_resumption(&setup, &kept, &first, version);
        assert_true(shk_session_read(setup.client.session, &session));
        size_t ticket = (size_t)(session.ticket.data - first.bytes);
        for (size_t at = 0; at < session.ticket.len; at += 15) {
            first.bytes[ticket + at] ^= 1;
            assert_false(test_resumes(&setup));
            first.bytes[ticket + at] ^= 1;
        }
        assert_true(test_resumes(&setup));
        test_setup_free(&setup);
    }
}

/* RFC 6066 §3: the name in the hello is not that of the session. */
static void session_is_not_resumed_for_another_server_name(void **state)
{
    test_setup setup;
    test_pair pair;
    test_session kept, first;
    static const char name[] = "server.shakedown.test";
    size_t at = 0;
    (void)state;
    test_setup_tickets(&setup, &kept, SHK_TLS12);
    setup.client.trust = NULL; /* the certificate is not of the changed name */
    assert_false(test_resumes(&setup));
    first = kept;
    test_offer_session(&setup, &first);
    shk_buf hello = test_first_hello(&setup);
    setup.client.client_hello = shk_buf_span(&hello);
    assert_true(test_resumes(&setup));
    while (memcmp(hello.data + at, name, sizeof name - 1) != 0)
        at++;
    hello.data[at] = 'x';
    test_pair_connect(&pair, &setup);
    assert_false(shk_conn_info_of(pair.server).resumed);
    test_pair_close(&pair);
    shk_buf_free(&hello);
    test_setup_free(&setup);
}

/* RFC 6066 §1.1, §3: the ServerHello of a resumption holds renegotiation_info and
 * extended_master_secret alone. */
static void resumption_below_tls_13_does_not_acknowledge_server_name(void **state)
{
    test_setup setup;
    test_pair pair;
    test_session kept, first;
    shk_server_hello hello;
    (void)state;
    test_setup_resumption(&setup, &kept, &first, SHK_TLS12);
    for (int resumed = 0; resumed < 2; resumed++) {
        if (resumed == 0)
            setup.client.session.len = 0;
        else
            test_offer_session(&setup, &first);
        test_pair_send_hello(&pair, &setup);
        shk_span out = shk_conn_output(pair.server);
        size_t len = (size_t)out.data[7] << 8 | out.data[8];
        assert_int_equal(shk_decode(shk_message_rows[SHK_MSG_server_hello].layout->shape, NULL,
                                    shk_span_of(out.data + 9, len), &hello, NULL),
                         SHK_OK);
        assert_int_equal(shk_extension_in(&hello.extensions, SHK_EXT_server_name), resumed == 0);
        assert_true(shk_extension_in(&hello.extensions, SHK_EXT_extended_master_secret));
        test_pair_close(&pair);
    }
    test_setup_free(&setup);
}

/* RFC 5077 §3.3: a lifetime hint of 0 is unspecified. */
static void client_offers_no_ticket_past_its_lifetime_hint(void **state)
{
    static const struct {
        test_change change;
        int64_t lifetime;
    } cases[] = {
        {{SHK_MSG_new_session_ticket_12, 0, 0, 4, "00000064"}, 100},
        {{SHK_MSG_new_session_ticket_12, 0, 0, 4, "00000000"}, 7200},
        {{SHK_MSG_new_session_ticket_12, 0, 0, 4, "00015180"}, 86400},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        for (int late = 0; late < 2; late++) {
            test_setup setup;
            test_pair pair;
            test_session kept, first;
            test_setup_tickets(&setup, &kept, SHK_TLS12);
            test_change_messages(&cases[i].change);
            assert_false(test_resumes(&setup));
            test_change_messages(NULL);
            first = kept;
            test_offer_session(&setup, &first);
            test_clock_ms += cases[i].lifetime * 1000 + late;
            test_pair_start(&pair, &setup);
            assert_int_equal(shk_offers_session_12(pair.client), !late);
            test_pair_close_all(&pair, &setup);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(resumption_with_another_suite_or_version_is_refused),
        cmocka_unit_test(client_refuses_resumption_without_ems_of_a_session_with_ems),
        cmocka_unit_test(server_refuses_resumption_without_ems_of_a_session_with_ems),
        cmocka_unit_test(session_without_ems_is_not_resumed_with_ems),
        cmocka_unit_test(client_refuses_resumption_with_ems_of_a_session_without_ems),
        cmocka_unit_test(exporter_below_tls_13_needs_ems),
        cmocka_unit_test(missing_promised_ticket_is_unexpected_change_cipher_spec),
        cmocka_unit_test(unpromised_ticket_is_unexpected_message),
        cmocka_unit_test(no_ticket_is_sent_after_a_wrong_finished),
        cmocka_unit_test(no_ticket_is_kept_after_a_wrong_finished),
        cmocka_unit_test(client_accepts_tickets_of_any_format),
        cmocka_unit_test(ticket_with_a_flipped_bit_does_not_resume),
        cmocka_unit_test(session_is_not_resumed_for_another_server_name),
        cmocka_unit_test(resumption_below_tls_13_does_not_acknowledge_server_name),
        cmocka_unit_test(client_offers_no_ticket_past_its_lifetime_hint),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
