/* Early data that is accepted and rejected (RFC 8446 §2.3, §4.2.10). */
#include "early_setup.h"
#include "message_changes.h"
#include "scripted_random.h"

#include <string.h>

#include "crypto/derive.h"
#include "extensions/extension_block.h"
#include "handshake/state/session_content.h"
#include "messages/client_hello.h"

static void early_data_arrives_with_the_client_hello(void **state)
{
    early_setup s;
    test_pair pair;
    uint8_t got[sizeof early_text];
    (void)state;
    setup_early(&s, EARLY_LIMIT);
    open_early(&pair, &s);
    assert_int_equal(test_move_output(pair.client, pair.server), SHK_OK);
    assert_false(shk_conn_info_of(pair.server).connected);
    assert_int_equal(shk_conn_info_of(pair.server).early_data_received, sizeof early_text);
    assert_int_equal(shk_conn_read(pair.server, got, sizeof got), sizeof early_text);
    assert_memory_equal(got, early_text, sizeof early_text);
    test_pair_pump(&pair);
    assert_connected(&pair);
    test_pair_close(&pair);
    free_early(&s);
}

static void early_data_fed_byte_by_byte_is_accepted(void **state)
{
    early_setup s;
    test_pair pair;
    (void)state;
    setup_early(&s, EARLY_LIMIT);
    open_early(&pair, &s);
    shk_span out = shk_conn_output(pair.client);
    for (size_t i = 0; i < out.len; i++)
        assert_int_equal(shk_conn_feed(pair.server, out.data + i, 1), SHK_OK);
    shk_conn_sent(pair.client, out.len);
    test_pair_pump(&pair);
    assert_early_data_taken(&pair, true);
    test_pair_close(&pair);
    free_early(&s);
}

static void early_data_is_rejected_if_the_server_allows_none(void **state)
{
    early_setup s;
    (void)state;
    setup_early(&s, EARLY_LIMIT);
    s.setup.server.max_early_data = 0;
    assert_early_data_outcome(&s, false);
    free_early(&s);
}

static void early_data_is_rejected_by_hello_retry_request(void **state)
{
    early_setup s;
    (void)state;
    setup_early(&s, EARLY_LIMIT);
    s.setup.server.request_cookie = true;
    assert_early_data_outcome(&s, false);
    free_early(&s);
}

/* RFC 8446 §4.2.10: the suite and the protocol are the session's. */
static void early_data_of_another_protocol_is_rejected(void **state)
{
    static const char *const protocols[] = {"h2"};
    early_setup s;
    (void)state;
    setup_early(&s, EARLY_LIMIT);
    s.setup.client.protocols = s.setup.server.protocols = protocols;
    s.setup.client.protocol_count = s.setup.server.protocol_count = 1;
    assert_early_data_outcome(&s, false);
    free_early(&s);
}

static void early_data_with_another_suite_is_rejected(void **state)
{
    static const uint16_t chacha[] = {SHK_TLS_CHACHA20_POLY1305_SHA256};
    early_setup s;
    (void)state;
    setup_early(&s, EARLY_LIMIT);
    s.setup.server.suites = (shk_u16s){chacha, 1};
    assert_early_data_outcome(&s, false);
    free_early(&s);
}

/* RFC 8446 §D.3 */
static void tls_12_server_hello_after_early_data_is_refused(void **state)
{
    early_setup s;
    test_pair pair;
    (void)state;
    setup_early(&s, EARLY_LIMIT);
    s.setup.server.max_version = SHK_TLS12;
    s.setup.client.min_version = SHK_TLS12;
    open_early(&pair, &s);
    shk_span out = shk_conn_output(pair.client);
    size_t hello = 5 + (size_t)(out.data[3] << 8 | out.data[4]);
    assert_int_equal(shk_conn_feed(pair.server, out.data, hello), SHK_OK);
    shk_conn_sent(pair.client, out.len);
    test_move_output(pair.server, pair.client);
    assert_refused(NULL, pair.client, SHK_E_EARLY_DATA_VERSION);
    test_pair_close(&pair);
    free_early(&s);
}

/* RFC 8446 §4.2.10: no server could accept it. */
static void early_data_is_not_offered_if_its_protocol_is_not(void **state)
{
    static const char *const protocols[] = {"h2", "http/1.1"};
    (void)state;
    for (size_t offered = 0; offered < 3; offered++) {
        early_setup s;
        test_pair pair;
        setup_early(&s, EARLY_LIMIT);
        s.setup.client.session.len = 0;
        s.setup.client.protocols = s.setup.server.protocols = protocols;
        s.setup.client.protocol_count = s.setup.server.protocol_count = 1;
        assert_false(test_resumes(&s.setup));
        test_offer_session(&s.setup, &s.kept);
        s.setup.client.protocols = protocols + (offered == 1);
        s.setup.client.protocol_count = offered == 0 ? 0 : 1 + (offered == 2);
        test_pair_start(&pair, &s.setup);
        assert_int_equal(shk_conn_info_of(pair.client).early_data_offered, offered == 2);
        test_pair_close(&pair);
        free_early(&s);
    }
}

static void early_data_can_be_written_only_if_offered(void **state)
{
    early_setup s;
    test_pair pair;
    (void)state;
    setup_early(&s, EARLY_LIMIT);
    test_pair_open(&pair, &s.setup);
    assert_fails(shk_conn_write_early(pair.server, early_text, sizeof early_text),
                 SHK_E_NO_EARLY_DATA);
    assert_fails(shk_conn_write_early(pair.client, early_text, sizeof early_text),
                 SHK_E_NO_EARLY_DATA);
    test_pair_run(&pair);
    assert_fails(shk_conn_write_early(pair.client, early_text, sizeof early_text),
                 SHK_E_NO_EARLY_DATA);
    test_pair_close(&pair);
    free_early(&s);
}

/* Between ServerHello and its own Finished the client may go on (RFC 8446 §2.3). */
static void early_data_continues_until_the_client_finished(void **state)
{
    early_setup s;
    test_pair pair;
    uint8_t got[2 * sizeof early_text];
    (void)state;
    setup_early(&s, EARLY_LIMIT);
    open_early(&pair, &s);
    assert_int_equal(test_move_output(pair.client, pair.server), SHK_OK);
    assert_int_equal(shk_conn_write_early(pair.client, early_text, sizeof early_text), SHK_OK);
    test_pair_pump(&pair);
    assert_connected(&pair);
    assert_int_equal(shk_conn_read(pair.server, got, sizeof got), 2 * sizeof early_text);
    test_pair_close(&pair);
    free_early(&s);
}

/* The server accepts early data, but not the PSK that it was sent under. */
static void early_data_acceptance_without_the_psk_is_refused(void **state)
{
    static const test_change no_psk = {SHK_MSG_encrypted_extensions, 0, 0, ALL, "0004002a0000"};
    early_setup s;
    test_pair pair;
    (void)state;
    setup_early(&s, EARLY_LIMIT);
    s.setup.server.ticket_keys = test_ticket_keys + 1; /* which do not decrypt the ticket */
    open_early(&pair, &s);
    test_change_messages(&no_psk);
    test_pair_pump(&pair);
    assert_refused(NULL, pair.client, SHK_E_EARLY_DATA_SELECTION);
    test_pair_close(&pair);
    free_early(&s);
}

static void both_ends_have_the_same_early_exporter(void **state)
{
    early_setup s;
    test_pair pair;
    uint8_t client[32], server[32];
    shk_span none = {NULL, 0};
    (void)state;
    setup_early(&s, EARLY_LIMIT);
    open_early(&pair, &s);
    assert_int_equal(shk_conn_export_early(pair.client, "EXPORTER-x", none, client, 32), SHK_OK);
    assert_fails(shk_conn_export_early(pair.server, "EXPORTER-x", none, server, 32),
                 SHK_E_NO_EARLY_DATA);
    assert_int_equal(test_move_output(pair.client, pair.server), SHK_OK);
    assert_int_equal(shk_conn_export_early(pair.server, "EXPORTER-x", none, server, 32), SHK_OK);
    assert_memory_equal(client, server, 32);
    test_pair_close(&pair);
    free_early(&s);
}

/* After a rejection, by EncryptedExtensions or a HelloRetryRequest, the keys are gone. */
static void early_exporter_is_unavailable_after_rejection(void **state)
{
    (void)state;
    for (int retry = 0; retry < 2; retry++) {
        early_setup s;
        test_pair pair;
        uint8_t out[32];
        shk_span none = {NULL, 0};
        setup_early(&s, EARLY_LIMIT);
        s.setup.server.max_early_data = 0;
        s.setup.server.request_cookie = retry == 1;
        open_early(&pair, &s);
        assert_int_equal(shk_conn_export_early(pair.client, "EXPORTER-x", none, out, 32), SHK_OK);
        assert_int_equal(test_move_output(pair.client, pair.server), SHK_OK);
        assert_int_equal(test_move_output(pair.server, pair.client), SHK_OK);
        assert_fails(shk_conn_export_early(pair.client, "EXPORTER-x", none, out, 32),
                     SHK_E_NO_EARLY_DATA);
        test_pair_pump(&pair);
        assert_early_data_taken(&pair, false);
        assert_fails(shk_conn_export_early(pair.client, "EXPORTER-x", none, out, 32),
                     SHK_E_NO_EARLY_DATA);
        test_pair_close(&pair);
        free_early(&s);
    }
}

static void early_exporter_stays_available_after_acceptance(void **state)
{
    early_setup s;
    test_pair pair;
    uint8_t client[32], server[32];
    shk_span none = {NULL, 0};
    (void)state;
    setup_early(&s, EARLY_LIMIT);
    open_early(&pair, &s);
    test_pair_pump(&pair);
    assert_early_data_taken(&pair, true);
    assert_int_equal(shk_conn_export_early(pair.client, "EXPORTER-x", none, client, 32), SHK_OK);
    assert_int_equal(shk_conn_export_early(pair.server, "EXPORTER-x", none, server, 32), SHK_OK);
    assert_memory_equal(client, server, 32);
    test_pair_close(&pair);
    free_early(&s);
}

/* RFC 8446 §4.2.10: the session is offered before an external PSK, and early data is protected
 * under it. */
static void early_data_uses_the_first_of_several_psks(void **state)
{
    early_setup s;
    (void)state;
    setup_early(&s, EARLY_LIMIT);
    static const uint8_t key[32] = {7};
    test_with_psk(&s.setup, key, key);
    assert_early_data_outcome(&s, true);
    free_early(&s);
}

/* Each way in which a server may not accept it: with the second PSK, another suite, another
 * protocol (RFC 8446 §4.2.10, §4.2.11). */
static void early_data_acceptance_with_other_parameters_is_refused(void **state)
{
    static const uint16_t chacha[] = {SHK_TLS_CHACHA20_POLY1305_SHA256};
    static const char *const protocols[] = {"h2"};
    static const uint8_t key[32] = {7};
    static const test_change plain = {SHK_MSG_encrypted_extensions, 0, 0, ALL, "0004002a0000"};
    static const test_change with_h2 = {SHK_MSG_encrypted_extensions, 0, 0, ALL,
                                        "000d 0010 0005 0003 026832 002a0000"};
    (void)state;
    for (int way = 0; way < 3; way++) {
        early_setup s;
        test_pair pair;
        setup_early(&s, EARLY_LIMIT);
        if (way == 0) {
            test_with_psk(&s.setup, key, key);
            s.setup.server.ticket_keys = test_ticket_keys + 1; /* which do not decrypt the ticket */
        } else if (way == 1) {
            s.setup.server.suites = (shk_u16s){chacha, 1};
        } else {
            s.setup.client.protocols = s.setup.server.protocols = protocols;
            s.setup.client.protocol_count = s.setup.server.protocol_count = 1;
        }
        open_early(&pair, &s);
        test_change_messages(way == 2 ? &with_h2 : &plain);
        test_pair_pump(&pair);
        assert_true(test_change_was_made());
        assert_refused(NULL, pair.client, SHK_E_EARLY_DATA_SELECTION);
        assert_true(shk_conn_info_of(pair.client).resumed == (way != 0));
        test_pair_close(&pair);
        test_change_messages(NULL);
        free_early(&s);
    }
}

/* The binder of a session's PSK over the start of a first ClientHello (RFC 8446 §4.2.11.2). */
static void bind_session(const shk_crypto *crypto, shk_span session_bytes, shk_span truncated,
                         uint8_t *out)
{
    shk_session session;
    shk_hash_state *hashing;
    uint8_t early[SHK_MAX_HASH], key[SHK_MAX_HASH], digest[SHK_MAX_HASH];
    shk_span none = {NULL, 0};
    assert_true(shk_session_read(session_bytes, &session));
    shk_hash hash = shk_suite_of(session.suite)->hash;
    size_t size = shk_hash_size(hash);
    assert_int_equal(shk_hkdf_extract(crypto, hash, none, session.secret, early), SHK_OK);
    assert_int_equal(shk_derive_secret(crypto, hash, early, "res binder", NULL, key), SHK_OK);
    assert_int_equal(shk_expand_label(crypto, hash, key, "finished", none, key, size), SHK_OK);
    assert_int_equal(crypto->hash_new(crypto, hash, &hashing), SHK_OK);
    assert_int_equal(crypto->hash_update(hashing, truncated), SHK_OK);
    assert_int_equal(crypto->hash_digest(hashing, digest), SHK_OK);
    crypto->hash_free(hashing);
    shk_span part = shk_span_of(digest, size);
    assert_int_equal(crypto->hmac(crypto, hash, shk_span_of(key, size), &part, 1, out), SHK_OK);
}

/* Puts an unknown identity before the one of a ClientHello record, and computes the binders again.
 */
static void put_identity_first(const early_setup *s, shk_buf *record)
{
    static const uint8_t unknown[] = {0, 1, 'x', 0, 0, 0, 0};
    enum { BINDER = 32, MORE = sizeof unknown + 1 + BINDER };
    shk_client_hello hello;
    shk_raw_extension e;
    shk_span message = shk_span_of(record->data + 9, record->len - 9);
    assert_int_equal(shk_decode(shk_message_rows[SHK_MSG_client_hello].layout->shape, NULL, message,
                                &hello, NULL),
                     SHK_OK);
    shk_span rest = hello.extensions.raw;
    while (shk_list_next(&rest, NULL, shk_raw_extension_shape, &e) && rest.len > 0)
        continue;
    assert_int_equal(e.extension_type, shk_extension_rows[SHK_EXT_pre_shared_key].value);
    size_t block = (size_t)(hello.extensions.raw.data - record->data);
    size_t body = (size_t)(e.extension_data.data - record->data);
    size_t identities = (size_t)record->data[body] << 8 | record->data[body + 1];
    size_t binders = body + 2 + identities;
    assert_int_equal(record->len, binders + 2 + 1 + BINDER);
    assert_int_equal(shk_buf_reserve(record, MORE), SHK_OK);
    memmove(record->data + body + 2 + sizeof unknown, record->data + body + 2, identities);
    memcpy(record->data + body + 2, unknown, sizeof unknown);
    record->len += MORE;
    test_put_u16(record->data + 3, record->len - 5);
    test_put_u16(record->data + 7, record->len - 9);
    test_put_u16(record->data + block - 2, record->len - block);
    test_put_u16(record->data + body - 2, record->len - body);
    test_put_u16(record->data + body, identities + sizeof unknown);
    binders += sizeof unknown;
    uint8_t *at = record->data + binders;
    test_put_u16(at, (size_t)2 * (1 + BINDER));
    memset(at + 2, BINDER, 1 + BINDER);
    at[3 + BINDER] = BINDER;
    bind_session(s->setup.crypto, s->setup.client.session,
                 shk_span_of(record->data + 5, binders - 5), at + 4 + BINDER);
}

/* RFC 8446 §4.2.10: the PSK is selected, early data under another one is rejected. */
static void early_data_is_accepted_only_with_the_first_identity(void **state)
{
    early_setup s;
    test_pair pair;
    (void)state;
    setup_early(&s, EARLY_LIMIT);
    for (int second = 0; second < 2; second++) {
        shk_buf record = shk_buf_growing(&shk_libc_allocator);
        test_pair_start(&pair, &s.setup);
        shk_span out = shk_conn_output(pair.client);
        size_t len = 5 + ((size_t)out.data[3] << 8 | out.data[4]);
        assert_int_equal(shk_buf_append(&record, shk_span_of(out.data, len)), SHK_OK);
        if (second)
            put_identity_first(&s, &record);
        assert_int_equal(shk_conn_feed(pair.server, record.data, record.len), SHK_OK);
        assert_true(shk_conn_info_of(pair.server).resumed);
        assert_int_equal(shk_conn_info_of(pair.server).early_data, !second);
        shk_buf_free(&record);
        test_pair_close(&pair);
    }
    free_early(&s);
}

/* RFC 8446 §4.2.10: once accepted, it is checked like any record. */
static void undecryptable_early_data_is_bad_record_mac(void **state)
{
    early_setup s;
    test_pair pair;
    shk_buf flight = shk_buf_growing(&shk_libc_allocator);
    (void)state;
    setup_early(&s, EARLY_LIMIT);
    open_early(&pair, &s);
    assert_int_equal(shk_buf_append(&flight, shk_conn_output(pair.client)), SHK_OK);
    flight.data[flight.len - 1] ^= 1;
    (void)shk_conn_feed(pair.server, flight.data, flight.len);
    assert_true(shk_conn_info_of(pair.server).early_data);
    assert_refused(NULL, pair.server, SHK_E_BAD_RECORD_MAC);
    shk_buf_free(&flight);
    test_pair_close(&pair);
    free_early(&s);
}

/* RFC 8446 §E.5 */
static void early_data_is_off_by_default(void **state)
{
    early_setup s;
    (void)state;
    setup_early(&s, EARLY_LIMIT);
    for (int client = 0; client < 2; client++) {
        const shk_config defaults = shk_config_default(!client, s.setup.crypto);
        test_pair pair;
        s.setup.client.early_data = client ? defaults.early_data : true;
        s.setup.server.max_early_data = client ? EARLY_LIMIT : defaults.max_early_data;
        test_pair_connect(&pair, &s.setup);
        assert_true(shk_conn_info_of(pair.server).resumed);
        assert_int_equal(shk_conn_info_of(pair.client).early_data_offered, !client);
        assert_false(shk_conn_info_of(pair.server).early_data);
        test_pair_close(&pair);
    }
    free_early(&s);
}

static void early_data_without_a_replay_guard_is_refused_in_configuration(void **state)
{
    early_setup s;
    shk_conn *conn;
    uint64_t seed = 1;
    (void)state;
    setup_early(&s, EARLY_LIMIT);
    s.setup.server.replay_guard = NULL;
    shk_random random = counting(&seed);
    assert_fails(shk_conn_new(&s.setup.server, &random, &conn), SHK_E_CONFIG);
    free_early(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(early_data_arrives_with_the_client_hello),
        cmocka_unit_test(early_data_fed_byte_by_byte_is_accepted),
        cmocka_unit_test(early_data_is_rejected_if_the_server_allows_none),
        cmocka_unit_test(early_data_is_rejected_by_hello_retry_request),
        cmocka_unit_test(early_data_of_another_protocol_is_rejected),
        cmocka_unit_test(early_data_with_another_suite_is_rejected),
        cmocka_unit_test(tls_12_server_hello_after_early_data_is_refused),
        cmocka_unit_test(early_data_is_not_offered_if_its_protocol_is_not),
        cmocka_unit_test(early_data_can_be_written_only_if_offered),
        cmocka_unit_test(early_data_continues_until_the_client_finished),
        cmocka_unit_test(early_data_acceptance_without_the_psk_is_refused),
        cmocka_unit_test(both_ends_have_the_same_early_exporter),
        cmocka_unit_test(early_exporter_is_unavailable_after_rejection),
        cmocka_unit_test(early_exporter_stays_available_after_acceptance),
        cmocka_unit_test(early_data_uses_the_first_of_several_psks),
        cmocka_unit_test(early_data_acceptance_with_other_parameters_is_refused),
        cmocka_unit_test(early_data_is_accepted_only_with_the_first_identity),
        cmocka_unit_test(undecryptable_early_data_is_bad_record_mac),
        cmocka_unit_test(early_data_is_off_by_default),
        cmocka_unit_test(early_data_without_a_replay_guard_is_refused_in_configuration),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
