/* Limits that no handshake of ours comes to, and what callers get beyond them. */
#include "conn_pair.h"
#include "failing_allocator.h"
#include "handshake/flow/flow_table.h"
#include "handshake/state/key_exchange.h"
#include "handshake/state/send.h"

#include <limits.h>
#include <string.h>

#include "messages/certificate_12.h"
#include "shakedown/flow.h"
#include "shakedown/session.h"

static void a_buffer_larger_than_memory_is_not_reserved(void **state)
{
    shk_buf buf = shk_buf_growing(&shk_libc_allocator);
    (void)state;
    assert_fails(shk_buf_reserve(&buf, SIZE_MAX), SHK_E_NO_MEMORY);
    shk_buf_free(&buf);
}

static void a_view_is_emptied_and_not_freed(void **state)
{
    uint8_t memory[4] = {1, 2, 3, 4};
    shk_buf buf = shk_buf_over(memory, sizeof memory);
    (void)state;
    buf.len = 4;
    shk_buf_free(&buf);
    assert_int_equal(buf.len, 0);
    assert_int_equal(memory[0], 1);
}

static void stores_say_that_there_is_no_memory_for_them(void **state)
{
    (void)state;
    for (unsigned n = 1; n <= 2; n++) {
        test_own_allocations = (test_allocations){.fail_at = n};
        assert_null(shk_session_cache_new(&test_failing_allocator, 4));
        test_own_allocations = (test_allocations){.fail_at = n};
        assert_null(shk_replay_guard_new(&test_failing_allocator, 4));
    }
}

static void a_binder_that_is_too_short_is_not_admitted(void **state)
{
    static const uint8_t binder[32] = {1};
    shk_replay_guard *guard = shk_replay_guard_new(&shk_libc_allocator, 4);
    (void)state;
    assert_false(shk_replay_guard_admit(guard, shk_span_of(binder, 31), 0));
    assert_true(shk_replay_guard_admit(guard, shk_span_of(binder, 32), 0));
    assert_false(shk_replay_guard_admit(guard, shk_span_of(binder, 32), 0));
    shk_replay_guard_free(guard);
}

/* Bytes that the codec can make, but no length of a handshake message can tell. */
static void a_message_of_more_than_24_bits_is_not_sent(void **state)
{
    enum { LIST = 0xffffff, HEAD = 3 };
    uint8_t *list = (uint8_t *)calloc(1, LIST);
    test_setup setup;
    shk_buf flight = shk_buf_growing(&shk_libc_allocator);
    (void)state;
    assert_non_null(list);
    test_setup_new(&setup, "p256");
    shk_conn *conn = test_conn_in(&setup.client, SHK_STATE_c12_wait_certificate);
    memcpy(list, "\xff\xff\xfc", HEAD);
    shk_certificate_12 m = {.certificate_list = {list, LIST}};
    assert_fails(shk_add_message(conn, SHK_MSG_certificate_12, &m, false, &flight),
                 SHK_E_OWN_MESSAGE);
    shk_conn_free(conn);
    shk_buf_free(&flight);
    test_setup_free(&setup);
    free(list);
}

static void a_handshake_has_room_for_so_many_key_pairs(void **state)
{
    test_setup setup;
    (void)state;
    test_setup_new(&setup, "p256");
    shk_conn *conn = test_conn_in(&setup.client, SHK_STATE_c_wait_server_hello);
    for (int i = 1; i < SHK_MAX_KEY_SHARES; i++)
        assert_int_equal(shk_add_key_pair(conn, SHK_x25519), SHK_OK);
    assert_fails(shk_add_key_pair(conn, SHK_x25519), SHK_E_INTERNAL);
    shk_conn_free(conn);
    test_setup_free(&setup);
}

static void a_transcript_without_a_hash_has_no_digest(void **state)
{
    shk_crypto *crypto = shk_libcrypto_new();
    shk_transcript transcript;
    uint8_t digest[SHK_MAX_HASH];
    (void)state;
    shk_transcript_init(&transcript, crypto, &shk_libc_allocator);
    assert_fails(shk_transcript_digest(&transcript, digest), SHK_E_INTERNAL);
    shk_transcript_free(&transcript);
    shk_libcrypto_free(crypto);
}

static void tables_end(void **state)
{
    shk_flow_line line;
    (void)state;
    assert_true(shk_flow_line_at(0, &line));
    assert_false(shk_flow_line_at(SIZE_MAX, &line));
    assert_string_equal(shk_error(SHK_OK)->name, "OK");
    assert_non_null(shk_error((shk_status)INT_MAX)->name);
    assert_true(shk_is_grease(0x0a0a));
    assert_false(shk_is_grease(0x0a1a));
    assert_false(shk_is_grease(0x0b0b));
}

/* Shapes whose struct is a span. */
static void nothing_shape(shk_codec *c, void *m)
{
    (void)c;
    (void)m;
}

static void nothings_shape(shk_codec *c, void *m)
{
    uint8_t scratch[1];
    shk_list8(c, "nothings", (shk_span *)m, 0, 255, nothing_shape, scratch);
}

static void two_to_four_shape(shk_codec *c, void *m)
{
    shk_opaque8(c, "two_to_four", (shk_span *)m, 2, 4);
}

static void three_shape(shk_codec *c, void *m)
{
    shk_fixed(c, "three", (shk_span *)m, 3);
}

static shk_status encode(shk_shape *shape, size_t len)
{
    static const uint8_t zeros[8];
    uint8_t memory[16];
    shk_buf out = shk_buf_over(memory, sizeof memory);
    shk_span span = shk_span_of(zeros, len);
    return shk_encode(shape, NULL, &span, &out, NULL);
}

static void what_is_encoded_keeps_to_its_lengths(void **state)
{
    (void)state;
    assert_int_equal(encode(two_to_four_shape, 2), SHK_OK);
    assert_int_equal(encode(two_to_four_shape, 4), SHK_OK);
    assert_fails(encode(two_to_four_shape, 1), SHK_E_VECTOR_LENGTH);
    assert_fails(encode(two_to_four_shape, 5), SHK_E_VECTOR_LENGTH);
    assert_int_equal(encode(three_shape, 3), SHK_OK);
    assert_fails(encode(three_shape, 4), SHK_E_VECTOR_LENGTH);
}

static shk_status decode(shk_shape *shape, const char *hex)
{
    test_bytes bytes = from_hex(hex);
    shk_span span;
    return shk_decode(shape, NULL, span_of(&bytes), &span, NULL);
}

static void what_is_decoded_keeps_to_its_lengths(void **state)
{
    (void)state;
    assert_int_equal(decode(two_to_four_shape, "020000"), SHK_OK);
    assert_fails(decode(two_to_four_shape, "0100"), SHK_E_VECTOR_LENGTH);
    assert_fails(decode(two_to_four_shape, "050000000000"), SHK_E_VECTOR_LENGTH);
    assert_fails(decode(two_to_four_shape, "0300"), SHK_E_TRUNCATED);
    assert_fails(decode(two_to_four_shape, "02000000"), SHK_E_TRAILING_DATA);
}

/* Else a list of them would have no end. */
static void an_element_of_no_bytes_is_no_element(void **state)
{
    uint8_t scratch[1];
    shk_span list = shk_span_of_text("x");
    (void)state;
    assert_fails(decode(nothings_shape, "0100"), SHK_E_TRUNCATED);
    assert_false(shk_list_next(&list, NULL, nothing_shape, scratch));
}

static void count(void *context, uint16_t type, uint16_t place, shk_span data)
{
    (void)type;
    (void)place;
    (void)data;
    ++*(unsigned *)context;
}

/* server_name, and supported_groups whose list has an odd length. */
static void an_extension_with_a_fault_is_not_shown(void **state)
{
    unsigned seen = 0;
    test_bytes hello = from_hex("0303"
                                "0000000000000000000000000000000000000000000000000000000000000000"
                                "00"
                                "00021301"
                                "0100"
                                "0011"
                                "00000006000400000161"
                                "000a00030001ff");
    (void)state;
    assert_fails(shk_visit_extensions(shk_message_rows[SHK_MSG_client_hello].layout->shape, NULL,
                                      span_of(&hello), count, &seen),
                 SHK_E_VECTOR_LENGTH);
    assert_int_equal(seen, 1);
}

/* RFC 5246 §7.4.3: with RSA alone there is nothing for ServerKeyExchange to say. */
static void rsa_key_exchange_has_no_parameters(void **state)
{
    test_bytes body = from_hex("000000");
    test_setup setup;
    (void)state;
    test_setup_new(&setup, "rsa2048");
    shk_conn *conn = test_conn_in(&setup.client, SHK_STATE_c12_wait_server_key_exchange);
    conn->suite = shk_suite_of(SHK_TLS_RSA_WITH_AES_128_GCM_SHA256);
    assert_fails(test_message(conn, SHK_MSG_server_key_exchange, &body), SHK_E_UNEXPECTED_MESSAGE);
    shk_conn_free(conn);
    test_setup_free(&setup);
}

/* And with an ephemeral group the parameters have to come. */
static void an_ephemeral_key_exchange_has_parameters(void **state)
{
    static const test_bytes empty = {.len = 0};
    test_setup setup;
    (void)state;
    test_setup_new(&setup, "p256");
    shk_conn *conn = test_conn_in(&setup.client, SHK_STATE_c12_wait_server_key_exchange);
    conn->suite = shk_suite_of(SHK_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256);
    assert_fails(test_message(conn, SHK_MSG_server_hello_done, &empty), SHK_E_UNEXPECTED_MESSAGE);
    shk_conn_free(conn);
    test_setup_free(&setup);
}

/* RFC 5246 §7.4.1.1: a client in a handshake heeds no HelloRequest; that holds for no other message
 * of no bytes. */
static void a_hello_request_alone_is_passed_over(void **state)
{
    static const uint8_t hello_request[] = {22, 3, 3, 0, 4, 0, 0, 0, 0};
    static const uint8_t hello_done[] = {22, 3, 3, 0, 4, 14, 0, 0, 0};
    test_setup setup;
    test_pair pair;
    (void)state;
    test_setup_new(&setup, "p256");
    test_pair_open(&pair, &setup);
    assert_int_equal(shk_conn_start(pair.client), SHK_OK);
    assert_int_equal(shk_conn_feed(pair.client, hello_request, sizeof hello_request), SHK_OK);
    assert_fails(shk_conn_feed(pair.client, hello_done, sizeof hello_done),
                 SHK_E_UNEXPECTED_MESSAGE);
    test_pair_close(&pair);
    test_setup_free(&setup);
}

static void a_message_is_of_its_versions_alone(void **state)
{
    enum { NEW_SESSION_TICKET = 4, SERVER_KEY_EXCHANGE = 12, KEY_UPDATE = 24 };
    shk_span none = {NULL, 0};
    (void)state;
    assert_int_equal(shk_message_identify(KEY_UPDATE, SHK_TLS13, none), SHK_MSG_key_update);
    assert_int_equal(shk_message_identify(KEY_UPDATE, SHK_TLS12, none), SHK_MSG_COUNT);
    assert_int_equal(shk_message_identify(SERVER_KEY_EXCHANGE, SHK_TLS13, none), SHK_MSG_COUNT);
    assert_int_equal(shk_message_identify(NEW_SESSION_TICKET, SHK_TLS12, none),
                     SHK_MSG_new_session_ticket_12);
    assert_int_equal(shk_message_identify(NEW_SESSION_TICKET, SHK_TLS13, none),
                     SHK_MSG_new_session_ticket);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_buffer_larger_than_memory_is_not_reserved),
        cmocka_unit_test(a_view_is_emptied_and_not_freed),
        cmocka_unit_test(stores_say_that_there_is_no_memory_for_them),
        cmocka_unit_test(a_binder_that_is_too_short_is_not_admitted),
        cmocka_unit_test(a_message_of_more_than_24_bits_is_not_sent),
        cmocka_unit_test(a_handshake_has_room_for_so_many_key_pairs),
        cmocka_unit_test(a_transcript_without_a_hash_has_no_digest),
        cmocka_unit_test(tables_end),
        cmocka_unit_test(what_is_encoded_keeps_to_its_lengths),
        cmocka_unit_test(what_is_decoded_keeps_to_its_lengths),
        cmocka_unit_test(an_element_of_no_bytes_is_no_element),
        cmocka_unit_test(an_extension_with_a_fault_is_not_shown),
        cmocka_unit_test(rsa_key_exchange_has_no_parameters),
        cmocka_unit_test(an_ephemeral_key_exchange_has_parameters),
        cmocka_unit_test(a_hello_request_alone_is_passed_over),
        cmocka_unit_test(a_message_is_of_its_versions_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
