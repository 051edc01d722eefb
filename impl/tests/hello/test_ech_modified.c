/* Encrypted ClientHello (RFC 9849) that is modified on the way. */
#include "ech_setup.h"
#include "message_changes.h"

#include <string.h>

#include "messages/client_hello.h"

/* What is changed on the way. A client encodes its inner hello, then what is encrypted of it, then
 * the outer one; a server that reads the inner one encodes it too. */

enum { ENCODED = 1, SECOND_ENCODED = 5 };

typedef struct {
    const char *name;
    int at;
    size_t cut;
    const char *hex;
    shk_status row;
} change_case;

/* The server refuses the inner ClientHello, or the second one after a HelloRetryRequest. */
static void refuse_inner(const change_case *c, bool retry)
{
    test_change change = {SHK_MSG_client_hello, retry ? SECOND_ENCODED : ENCODED, c->at, c->cut,
                          c->hex};
    ech_setup s;
    test_pair pair;
    setup_ech(&s);
    s.setup.server.request_cookie = retry;
    test_change_one(&change);
    test_pair_open_and_run(&pair, &s.setup);
    assert_true(test_change_was_made());
    assert_int_equal(shk_conn_info_of(pair.server).retried, retry);
    assert_refused(c->name, pair.server, c->row);
    test_pair_close_all(&pair, &s.setup);
}

/* It ends with ech_outer_extensions, a list of the outer hello's extensions, key_share and
 * supported_versions among them, and with the inner encrypted_client_hello, fe0d 0001 01. */
static void server_refuses_malformed_inner_client_hello(void **state)
{
    static const change_case cases[] = {
        {"padding", -1, 1, "01ff", SHK_E_ECH_PADDING},
        {"session_id", 2 + 32, 1, "01aa", SHK_E_ECH_SESSION_ID},
        {"not_marked", IN(encrypted_client_hello, 0), 5, "abcd000101", SHK_E_ECH_INNER},
        {"other_mark", IN(encrypted_client_hello, -1), 1, "02", SHK_E_ECH_INNER},
        {"outer_mark", IN(ech_outer_extensions, 0), ALL,
         "fe0d 000e 00 0001 0001 07 0000 0004 00000000", SHK_E_ECH_INNER},
        {"empty_mark", IN(ech_outer_extensions, 0), ALL,
         "fd00 0005 04 0033 002b  abcd 0001 00  fe0d 0000", SHK_E_ECH_INNER},
        {"mark_and_more", IN(ech_outer_extensions, 0), ALL,
         "fd00 0003 02 002b  abcd 0001 00  fe0d 0002 0100", SHK_E_ECH_INNER},
        {"no_end", IN(encrypted_client_hello, 0), 5, "fe0d00ff01", SHK_E_TRUNCATED},
        {"lacking_in_outer", IN(ech_outer_extensions, -2), 2, "abcd", SHK_E_ECH_OUTER_EXTENSIONS},
        {"the_extension_itself", IN(ech_outer_extensions, -2), 2, "fe0d",
         SHK_E_ECH_OUTER_EXTENSIONS},
        {"another_order", IN(ech_outer_extensions, -4), 4, "002b 0033", SHK_E_ECH_OUTER_EXTENSIONS},
        {"twice", IN(ech_outer_extensions, -2), 2, "0033", SHK_E_ECH_OUTER_EXTENSIONS},
        {"in_both", IN(ech_outer_extensions, 0), ALL,
         "fd00 0003 02 0033  0033 0002 0000  fe0d 0001 01", SHK_E_DUPLICATE_EXTENSION},
        {"no_versions", IN(ech_outer_extensions, 0), ALL,
         "fd00 0005 04 000d 0033  abcd 0000  fe0d 0001 01", SHK_E_ECH_INNER_VERSION},
        {"tls12_too", IN(ech_outer_extensions, 0), ALL,
         "002b 0005 04 0304 0303  abcd 0000  fe0d 0001 01", SHK_E_ECH_INNER_VERSION},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        refuse_inner(&cases[i], false);
}

static void server_refuses_malformed_second_inner_client_hello(void **state)
{
    static const change_case cases[] = {
        {"second_padding", -1, 1, "01ff", SHK_E_ECH_PADDING},
        {"second_session_id", 2 + 32, 1, "01aa", SHK_E_ECH_SESSION_ID},
        {"second_not_marked", IN(encrypted_client_hello, 0), 5, "abcd000101", SHK_E_ECH_INNER},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        refuse_inner(&cases[i], true);
}

/* The second outer ClientHello on the wire, changed from its encrypted_client_hello on: its type,
 * length, ECHClientHelloType, suite, config_id, and enc without a byte. */
static void server_refuses_malformed_second_outer_client_hello(void **state)
{
    static const change_case cases[] = {
        {"missing", 0, 2, "fe0c", SHK_E_MISSING_EXTENSION},
        {"other_kdf", 5, 2, "0002", SHK_E_ECH_SECOND_HELLO},
        {"other_aead", 7, 2, "0003", SHK_E_ECH_SECOND_HELLO},
        {"other_config", 9, 1, "08", SHK_E_ECH_SECOND_HELLO},
        {"inner_type", 4, 1, "01", SHK_E_TRAILING_DATA},
        {"payload", 20, 8, "0102030405060708", SHK_E_ECH_DECRYPT},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ech_setup s;
        test_pair pair;
        uint8_t flight[2048];
        setup_ech(&s);
        s.setup.server.request_cookie = true;
        s.setup.client.no_middlebox_compatibility = true;
        test_pair_send_hello(&pair, &s.setup);
        assert_int_equal(test_move_output(pair.server, pair.client), SHK_OK);
        shk_client_hello hello = waiting_hello(pair.client);
        shk_span out = shk_conn_output(pair.client);
        size_t at = (size_t)(ech_of(&hello).payload.data - out.data) - 14 + (size_t)cases[i].at;
        test_bytes put = from_hex(cases[i].hex);
        assert_true(out.len <= sizeof flight && put.len == cases[i].cut);
        memcpy(flight, out.data, out.len);
        memcpy(flight + at, put.data, put.len);
        assert_int_equal(shk_conn_feed(pair.server, flight, out.len), cases[i].row);
        assert_refused(cases[i].name, pair.server, cases[i].row);
        test_pair_close_all(&pair, &s.setup);
    }
}

/* The server refuses the client's first or second outer ClientHello, edited. */
static void refuse_outer(const hello_case *c, bool retry)
{
    ech_setup s;
    test_pair pair;
    uint8_t bytes[MAX_VECTOR + 16];
    setup_ech(&s);
    s.setup.server.request_cookie = retry;
    s.setup.client.no_middlebox_compatibility = true;
    test_pair_start(&pair, &s.setup);
    if (retry) {
        assert_int_equal(test_move_output(pair.client, pair.server), SHK_OK);
        assert_int_equal(test_move_output(pair.server, pair.client), SHK_OK);
    }
    size_t len = edited_client_hello(c, pair.client, bytes);
    assert_hello_refused(c, pair.server, bytes, len);
    test_pair_close_all(&pair, &s.setup);
}

static void server_refuses_inconsistent_second_outer_client_hello(void **state)
{
    static const hello_case cases[] = {
        {"second_removed", REMOVE, 0xfe0d, "", SHK_E_MISSING_EXTENSION},
        {"second_inner_type", REPLACE, 0xfe0d, "01", SHK_E_ECH_SECOND_HELLO},
        {"second_other_type", REPLACE, 0xfe0d, "02", SHK_E_ECH_TYPE},
        {"second_enc", REPLACE, 0xfe0d, "00 0001 0001 07 0001 aa 0001 bb", SHK_E_ECH_SECOND_HELLO},
        {"second_no_tag", REPLACE, 0xfe0d, "00 0001 0001 07 0000 0001 bb", SHK_E_ECH_DECRYPT},
        {"second_compressed_too", APPEND, 0xfd00, "02 002b", SHK_E_EXTENSION_PLACE},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        refuse_outer(&cases[i], true);
}

/* The first outer ClientHello, whose encrypted_client_hello is not well-formed or not alone. */
static void server_refuses_malformed_outer_client_hello(void **state)
{
    static const hello_case cases[] = {
        {"other_type", REPLACE, 0xfe0d, "02", SHK_E_ECH_TYPE},
        {"inner_type", REPLACE, 0xfe0d, "01", SHK_E_ECH_INNER_ALONE},
        {"inner_type_and_more", REPLACE, 0xfe0d, "0100", SHK_E_TRAILING_DATA},
        {"no_payload", REPLACE, 0xfe0d, "00 0001 0001 07 0000 0000", SHK_E_VECTOR_LENGTH},
        {"compressed_too", APPEND, 0xfd00, "02 002b", SHK_E_EXTENSION_PLACE},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        refuse_outer(&cases[i], false);
}

/* What the server cannot decrypt may be for another key (§7.1): a payload that was changed, or an
 * enc that X25519 refuses. */
static void undecryptable_ech_is_answered_as_the_outer_client_hello(void **state)
{
    (void)state;
    for (int bad_enc = 0; bad_enc < 2; bad_enc++) {
        ech_setup s;
        test_pair pair;
        uint8_t flight[2048];
        setup_ech(&s);
        test_pair_start(&pair, &s.setup);
        shk_client_hello hello = waiting_hello(pair.client);
        shk_encrypted_client_hello ech = ech_of(&hello);
        shk_span out = shk_conn_output(pair.client);
        memcpy(flight, out.data, out.len);
        if (bad_enc == 1)
            memset(flight + (ech.enc.data - out.data), 0, ech.enc.len);
        else
            flight[ech.payload.data - out.data] ^= 1;
        assert_int_equal(shk_conn_feed(pair.server, flight, out.len), SHK_OK);
        assert_server_name(pair.server, test_public_name);
        assert_false(shk_conn_info_of(pair.server).ech_accepted);
        test_pair_close_all(&pair, &s.setup);
    }
}

/* A client without configurations, whose padding extension becomes the inner
 * encrypted_client_hello. */
static void inner_client_hello_in_the_clear_is_refused_by_an_ech_server(void **state)
{
    static const test_change change = {SHK_MSG_client_hello, 0, IN(padding, 0), 5, "fe0d000101"};
    ech_setup s;
    test_pair pair;
    (void)state;
    setup_ech(&s);
    s.setup.client.ech_configs = shk_span_of(NULL, 0);
    test_pair_start(&pair, &s.setup);
    size_t len = (size_t)shk_conn_output(pair.client).data[4] |
                 (size_t)shk_conn_output(pair.client).data[3] << 8;
    test_pair_close(&pair);
    s.setup.client.hello_padding = (uint16_t)(len + 5);
    test_change_messages(&change);
    test_pair_open_and_run(&pair, &s.setup);
    assert_refused(NULL, pair.server, SHK_E_ECH_INNER_ALONE);
    test_pair_close(&pair);
    s.setup.server.ech_key_count = 0;
    test_pair_connect(&pair, &s.setup);
    test_pair_close_all(&pair, &s.setup);
}

/* A client that sends GREASE ECH, or ECH to a server without keys, receives encrypted_client_hello.
 * If the row is SHK_OK, the extension has no effect. */
static void send_unsolicited_configs(const char *name, const test_change *change, bool greased,
                                     shk_status row)
{
    ech_setup s;
    test_pair pair;
    setup_ech(&s);
    s.setup.server.ech_key_count = 0;
    s.setup.server.request_cookie = change->message == SHK_MSG_hello_retry_request;
    if (greased) {
        s.setup.client.ech_configs = shk_span_of(NULL, 0);
        s.setup.client.ech_grease = true;
    }
    test_change_messages(change);
    test_pair_open_and_run(&pair, &s.setup);
    assert_true(test_change_was_made());
    if (row != SHK_OK)
        assert_refused(name, pair.client, row);
    else if (greased)
        assert_ech_outcome(&pair, false);
    else
        assert_refused(name, pair.client, SHK_E_ECH_REJECTED);
    if (row != SHK_OK || greased)
        assert_int_equal(shk_conn_info_of(pair.client).ech_retry_configs.len, 0);
    else if (change->message == SHK_MSG_encrypted_extensions)
        assert_true(shk_conn_info_of(pair.client).ech_retry_configs.len > 0);
    test_pair_close_all(&pair, &s.setup);
}

/* §6.1.6, §6.2.1 */
static void client_checks_the_syntax_of_retry_configs(void **state)
{
    static const change_case cases[] = {
        {"unknown_version", 0, ALL, "000d fe0d 0009 0007 fe0a 0003 aabbcc", SHK_OK},
        {"nothing", 0, ALL, "0004 fe0d 0000", SHK_E_TRUNCATED},
        {"empty_list", 0, ALL, "0006 fe0d 0002 0000", SHK_E_VECTOR_LENGTH},
        {"more", 0, ALL, "000e fe0d 000a 0007 fe0a 0003 aabbcc 00", SHK_E_TRAILING_DATA},
        {"cut", 0, ALL, "000d fe0d 0009 0007 fe0a 0004 aabbcc", SHK_E_TRUNCATED},
        {"contents", 0, ALL, "000d fe0d 0009 0007 fe0d 0003 070020", SHK_E_TRUNCATED},
        {"second", 0, ALL, "0010 fe0d 000c 000a fe0a 0002 aabb fe0d 0000", SHK_E_TRUNCATED},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        test_change change = {SHK_MSG_encrypted_extensions, 0, cases[i].at, cases[i].cut,
                              cases[i].hex};
        send_unsolicited_configs(cases[i].name, &change, false, cases[i].row);
        send_unsolicited_configs(cases[i].name, &change, true, cases[i].row);
    }
}

/* §6.1.4, §6.2.1: in front of another extension of HelloRetryRequest. */
static void client_checks_the_syntax_of_ech_confirmation_in_retry(void **state)
{
    static const change_case cases[] = {
        {"other_value", 0, 0, "fe0d 0008 0102030405060708", SHK_OK},
        {"nothing", 0, 0, "fe0d 0000", SHK_E_TRUNCATED},
        {"short", 0, 0, "fe0d 0007 01020304050607", SHK_E_TRUNCATED},
        {"long", 0, 0, "fe0d 0009 010203040506070809", SHK_E_TRAILING_DATA},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        test_change change = {SHK_MSG_hello_retry_request, 0, IN(supported_versions, 0), 0,
                              cases[i].hex};
        send_unsolicited_configs(cases[i].name, &change, false, cases[i].row);
        send_unsolicited_configs(cases[i].name, &change, true, cases[i].row);
    }
}

static void refuse_server(const change_case *c, const test_change *change, bool retry)
{
    ech_setup s;
    test_pair pair;
    setup_ech(&s);
    s.setup.server.request_cookie = retry;
    test_change_messages(change);
    test_pair_open_and_run(&pair, &s.setup);
    assert_true(test_change_was_made());
    assert_refused(c->name, pair.client, c->row);
    test_pair_close_all(&pair, &s.setup);
}

/* The last bytes of ServerHello.random. */
static void wrong_ech_confirmation_means_rejection(void **state)
{
    static const change_case cases[] = {
        {"server_hello", 2 + 24, 8, "0102030405060708", SHK_E_BAD_RECORD_MAC},
        {"server_hello_after_retry", 2 + 24, 8, "0102030405060708", SHK_E_ECH_CONFIRMATION},
    };
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        test_change change = {SHK_MSG_server_hello, 0, cases[i].at, cases[i].cut, cases[i].hex};
        refuse_server(&cases[i], &change, i == 1);
    }
}

/* The client then goes on with its outer hello, and the server with the inner. */
static void modified_ech_confirmation_in_retry_is_detected_by_the_server(void **state)
{
    static const test_change change = {SHK_MSG_hello_retry_request, 0, -8, 8, "0102030405060708"};
    ech_setup s;
    test_pair pair;
    (void)state;
    setup_ech(&s);
    s.setup.server.request_cookie = true;
    test_change_messages(&change);
    test_pair_open_and_run(&pair, &s.setup);
    assert_refused(NULL, pair.server, SHK_E_ECH_SECOND_HELLO);
    test_pair_close_all(&pair, &s.setup);
}

static void client_refuses_unsolicited_retry_configs(void **state)
{
    static const change_case c = {"retry_configs", 0, ALL, "000d fe0d 0009 0007 fe0a 0003 aabbcc",
                                  SHK_E_ECH_RETRY_CONFIGS};
    static const test_change change = {SHK_MSG_encrypted_extensions, 0, 0, ALL,
                                       "000d fe0d 0009 0007 fe0a 0003 aabbcc"};
    (void)state;
    refuse_server(&c, &change, false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(server_refuses_malformed_inner_client_hello),
        cmocka_unit_test(server_refuses_malformed_second_inner_client_hello),
        cmocka_unit_test(server_refuses_malformed_second_outer_client_hello),
        cmocka_unit_test(server_refuses_inconsistent_second_outer_client_hello),
        cmocka_unit_test(server_refuses_malformed_outer_client_hello),
        cmocka_unit_test(undecryptable_ech_is_answered_as_the_outer_client_hello),
        cmocka_unit_test(inner_client_hello_in_the_clear_is_refused_by_an_ech_server),
        cmocka_unit_test(client_checks_the_syntax_of_retry_configs),
        cmocka_unit_test(client_checks_the_syntax_of_ech_confirmation_in_retry),
        cmocka_unit_test(wrong_ech_confirmation_means_rejection),
        cmocka_unit_test(modified_ech_confirmation_in_retry_is_detected_by_the_server),
        cmocka_unit_test(client_refuses_unsolicited_retry_configs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
