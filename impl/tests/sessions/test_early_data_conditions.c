/* The conditions of early data, each alone (RFC 8446 §4.2.10). */
#include "early_setup.h"

#include <string.h>

#include "extensions/extension_block.h"
#include "handshake/state/handshake.h"
#include "handshake/state/session_content.h"

static bool offers_early_data(const test_setup *setup)
{
    test_pair pair;
    test_pair_start(&pair, setup);
    bool offered = shk_conn_info_of(pair.client).early_data_offered;
    assert_int_equal(
        shk_extension_in(&pair.client->handshake->offered.extensions, SHK_EXT_early_data), offered);
    test_pair_close(&pair);
    return offered;
}

static void early_data_is_offered_only_with_a_ticket_that_allows_it(void **state)
{
    static const uint8_t key[32] = {7};
    early_setup s;
    (void)state;
    setup_early(&s, EARLY_LIMIT);
    assert_true(offers_early_data(&s.setup));
    s.setup.client.early_data = false;
    assert_false(offers_early_data(&s.setup));
    s.setup.client.early_data = true;
    test_clock_ms += (int64_t)7200 * 1000 + 1; /* the session is no longer offered */
    assert_false(offers_early_data(&s.setup));
    test_with_psk(&s.setup, key, key); /* and an external PSK is */
    assert_false(offers_early_data(&s.setup));
    free_early(&s);
    setup_early(&s, 0);
    assert_false(offers_early_data(&s.setup));
    free_early(&s);
}

/* The client says of its session that it allows early data; the ticket does not. */
static void early_data_is_accepted_only_with_a_ticket_that_allows_it(void **state)
{
    early_setup s;
    test_session changed = {.len = 0};
    test_pair pair;
    shk_session session;
    (void)state;
    setup_early(&s, 0);
    assert_true(shk_session_read(s.setup.client.session, &session));
    session.max_early_data = EARLY_LIMIT;
    shk_buf out = shk_buf_over(changed.bytes, sizeof changed.bytes);
    assert_int_equal(shk_encode(shk_session_shape, NULL, &session, &out, NULL), SHK_OK);
    changed.len = out.len;
    test_offer_session(&s.setup, &changed);
    test_pair_connect(&pair, &s.setup);
    assert_true(shk_conn_info_of(pair.server).resumed);
    assert_true(shk_conn_info_of(pair.server).early_data_offered);
    assert_false(shk_conn_info_of(pair.server).early_data);
    test_pair_close(&pair);
    free_early(&s);
}

static void server_cannot_write_early_data(void **state)
{
    early_setup s;
    test_pair pair;
    (void)state;
    setup_early(&s, EARLY_LIMIT);
    test_pair_start(&pair, &s.setup);
    assert_int_equal(shk_conn_write_early(pair.client, early_text, sizeof early_text), SHK_OK);
    assert_int_equal(test_move_output(pair.client, pair.server), SHK_OK);
    assert_true(shk_conn_info_of(pair.server).early_data);
    assert_fails(shk_conn_write_early(pair.server, early_text, sizeof early_text),
                 SHK_E_NO_EARLY_DATA);
    test_pair_close(&pair);
    free_early(&s);
}

/* Unprotected data before the server's first message. */
static void client_refuses_early_data(void **state)
{
    static const uint8_t record[] = {23, 3, 3, 0, 1, 'x'};
    early_setup s;
    test_pair pair;
    (void)state;
    setup_early(&s, EARLY_LIMIT);
    test_pair_start(&pair, &s.setup);
    assert_fails(shk_conn_feed(pair.client, record, sizeof record), SHK_E_EARLY_APPLICATION_DATA);
    test_pair_close(&pair);
    free_early(&s);
}

static void early_exporter_is_unavailable_without_early_data(void **state)
{
    test_setup setup;
    test_pair pair;
    uint8_t out[32];
    shk_span none = {NULL, 0};
    (void)state;
    test_setup_new(&setup, "p256");
    test_pair_connect(&pair, &setup);
    assert_fails(shk_conn_export_early(pair.client, "EXPORTER-x", none, out, 32),
                 SHK_E_NO_EARLY_DATA);
    assert_fails(shk_conn_export_early(pair.server, "EXPORTER-x", none, out, 32),
                 SHK_E_NO_EARLY_DATA);
    test_pair_close_all(&pair, &setup);
}

/* What the configured ClientHello offers counts. */
static void early_data_is_not_sent_if_the_configured_hello_lacks_it(void **state)
{
    early_setup s;
    test_pair pair;
    (void)state;
    setup_early(&s, EARLY_LIMIT);
    s.setup.client.early_data = false;
    shk_buf hello = test_first_hello(&s.setup);
    s.setup.client.early_data = true;
    s.setup.client.client_hello = shk_buf_span(&hello);
    test_pair_start(&pair, &s.setup);
    assert_false(shk_conn_info_of(pair.client).early_data_offered);
    assert_fails(shk_conn_write_early(pair.client, early_text, sizeof early_text),
                 SHK_E_NO_EARLY_DATA);
    test_pair_close(&pair);
    shk_buf_free(&hello);
    free_early(&s);
}

/* The configured ClientHello offers early data, and the configuration disables it. */
static void early_data_is_not_sent_if_disabled(void **state)
{
    early_setup s;
    test_pair pair;
    (void)state;
    setup_early(&s, EARLY_LIMIT);
    shk_buf hello = test_first_hello(&s.setup);
    hello.len = 4 + ((size_t)hello.data[2] << 8 | hello.data[3]); /* ChangeCipherSpec follows */
    s.setup.client.client_hello = shk_buf_span(&hello);
    for (int wanted = 0; wanted < 2; wanted++) {
        s.setup.client.early_data = wanted == 1;
        test_pair_start(&pair, &s.setup);
        assert_int_equal(shk_conn_info_of(pair.client).early_data_offered, wanted);
        test_pair_close(&pair);
    }
    shk_buf_free(&hello);
    free_early(&s);
}

/* RFC 8446 §4.2.10: as much is skipped as any ticket may have allowed. */
static void small_ticket_limit_does_not_reduce_what_is_skipped(void **state)
{
    static const uint8_t record[5 + SHK_MAX_PLAINTEXT] = {23, 3, 3, SHK_MAX_PLAINTEXT >> 8, 0};
    early_setup s;
    test_pair pair;
    (void)state;
    setup_early(&s, EARLY_LIMIT);
    s.setup.server.max_early_data =
        EARLY_LIMIT - 1; /* less than the ticket allows: it is rejected */
    test_pair_send_hello(&pair, &s.setup);
    assert_true(shk_conn_info_of(pair.server).resumed);
    assert_false(shk_conn_info_of(pair.server).early_data);
    assert_int_equal(shk_conn_feed(pair.server, record, sizeof record), SHK_OK);
    test_pair_close(&pair);
    free_early(&s);
}

/* A ticket allows early data but the client does not offer it: an undecryptable record is an error.
 */
static void nothing_is_skipped_if_early_data_was_not_offered(void **state)
{
    static const uint8_t record[5 + 30] = {23, 3, 3, 0, 30};
    early_setup s;
    test_pair pair;
    (void)state;
    setup_early(&s, EARLY_LIMIT);
    s.setup.client.early_data = false;
    test_pair_send_hello(&pair, &s.setup);
    assert_true(shk_conn_info_of(pair.server).resumed);
    assert_fails(shk_conn_feed(pair.server, record, sizeof record), SHK_E_BAD_RECORD_MAC);
    test_pair_close(&pair);
    free_early(&s);
}

/* RFC 8446 §5.5: early data has one key, also after ServerHello has arrived and before
 * EncryptedExtensions. */
static void early_data_keys_are_never_updated(void **state)
{
    early_setup s;
    test_pair pair;
    uint8_t got[3 * sizeof early_text];
    (void)state;
    setup_early(&s, EARLY_LIMIT);
    s.setup.client.records_per_key = 1;
    test_pair_start(&pair, &s.setup);
    assert_int_equal(shk_conn_write_early(pair.client, early_text, sizeof early_text), SHK_OK);
    assert_int_equal(test_move_output(pair.client, pair.server), SHK_OK);
    shk_span flight = shk_conn_output(pair.server);
    size_t hello = 5 + ((size_t)flight.data[3] << 8 | flight.data[4]);
    assert_int_equal(shk_conn_feed(pair.client, flight.data, hello), SHK_OK);
    shk_conn_sent(pair.server, hello);
    assert_int_equal(shk_conn_info_of(pair.client).version, SHK_TLS13);
    for (int i = 0; i < 2; i++)
        assert_int_equal(shk_conn_write_early(pair.client, early_text, sizeof early_text), SHK_OK);
    test_pair_pump(&pair);
    assert_connected(&pair);
    assert_int_equal(shk_conn_read(pair.server, got, sizeof got), sizeof got);
    test_pair_close(&pair);
    free_early(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(early_data_is_offered_only_with_a_ticket_that_allows_it),
        cmocka_unit_test(early_data_is_accepted_only_with_a_ticket_that_allows_it),
        cmocka_unit_test(server_cannot_write_early_data),
        cmocka_unit_test(client_refuses_early_data),
        cmocka_unit_test(early_exporter_is_unavailable_without_early_data),
        cmocka_unit_test(early_data_is_not_sent_if_the_configured_hello_lacks_it),
        cmocka_unit_test(early_data_is_not_sent_if_disabled),
        cmocka_unit_test(small_ticket_limit_does_not_reduce_what_is_skipped),
        cmocka_unit_test(nothing_is_skipped_if_early_data_was_not_offered),
        cmocka_unit_test(early_data_keys_are_never_updated),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
