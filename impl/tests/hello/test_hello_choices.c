/* What a server selects from a ClientHello: group, suite, name and PSK mode. */
#include "hello_edits.h"

#include <stdio.h>
#include <string.h>

#include "extensions/extension_block.h"
#include "messages/server_hello.h"

/* Modes that we do not know, or psk_ke alone: no PSK is chosen (RFC 8446 §4.2.9). */
static void psk_is_not_used_in_an_unlisted_mode(void **state)
{
    static const uint8_t key[32] = {7};
    static const hello_case other = {"psk_ke", REPLACE, 45, "0100", SHK_OK};
    test_setup setup;
    test_pair pair;
    uint8_t bytes[MAX_VECTOR + 16];
    shk_server_hello hello;
    (void)state;
    test_setup_new(&setup, "p256");
    test_with_psk(&setup, key, key);
    test_pair_start(&pair, &setup);
    size_t len = edited_client_hello(&other, pair.client, bytes);
    assert_int_equal(shk_conn_feed(pair.server, bytes, len), SHK_OK);
    shk_span out = shk_conn_output(pair.server);
    assert_int_equal(shk_decode(shk_message_rows[SHK_MSG_server_hello].layout->shape, NULL,
                                shk_span_of(out.data + 9, (size_t)(out.data[7] << 8 | out.data[8])),
                                &hello, NULL),
                     SHK_OK);
    assert_false(shk_extension_in(&hello.extensions, SHK_EXT_pre_shared_key));
    test_pair_close_all(&pair, &setup);
}

/* The server accepts the hello, and has a server_name of so many bytes. */
static void assert_host_name(const hello_case *c, size_t len)
{
    test_setup setup;
    test_pair pair;
    uint8_t bytes[MAX_VECTOR + 16];
    test_setup_new(&setup, "p256");
    test_pair_start(&pair, &setup);
    size_t record = edited_client_hello(c, pair.client, bytes);
    assert_hello_refused(c, pair.server, bytes, record);
    assert_int_equal(shk_conn_info_of(pair.server).server_name.len, len);
    test_pair_close_all(&pair, &setup);
}

/* RFC 6066 §3: names of other types are ignored, and so are host names over 255 bytes, which DNS
 * does not have. */
static void server_name_of_other_type_or_over_255_bytes_is_ignored(void **state)
{
    char name[10 + 2 * 256 + 1];
    hello_case c = {"longest", REPLACE, 0, name, SHK_OK};
    static const hello_case other = {"another type", REPLACE, 0,
                                     "00040100"
                                     "0161",
                                     SHK_OK};
    (void)state;
    assert_host_name(&other, 0);
    snprintf(name, sizeof name, "01020000ff");
    memset(name + 10, '6', 2 * 255);
    name[10 + 2 * 255] = 0;
    assert_host_name(&c, 255);
    snprintf(name, sizeof name, "0103000100");
    memset(name + 10, '6', 2 * 256);
    name[10 + 2 * 256] = 0;
    assert_host_name(&c, 0);
}

/* The server supports the group in TLS 1.2 only, and the client lists it. */
static void tls_12_group_is_not_selected_in_tls_13(void **state)
{
    static const uint16_t groups[] = {SHK_brainpoolP256r1};
    static const hello_case both = {"both groups", REPLACE, 10, "0004001a001d",
                                    SHK_E_NO_COMMON_GROUP};
    test_setup setup;
    test_pair pair;
    uint8_t bytes[MAX_VECTOR + 16];
    (void)state;
    test_setup_new(&setup, "p256");
    setup.server.groups = (shk_u16s){groups, 1};
    test_pair_start(&pair, &setup);
    size_t len = edited_client_hello(&both, pair.client, bytes);
    assert_hello_refused(&both, pair.server, bytes, len);
    test_pair_close_all(&pair, &setup);
}

/* The first suite of both lists is not of the selected version. */
static void tls_12_suite_is_not_selected_in_tls_13(void **state)
{
    static const uint16_t suites[] = {SHK_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
                                      SHK_TLS_AES_128_GCM_SHA256};
    test_setup setup;
    test_pair pair;
    (void)state;
    test_setup_new(&setup, "p256");
    setup.client.suites = setup.server.suites = (shk_u16s){suites, 2};
    test_pair_connect(&pair, &setup);
    assert_int_equal(shk_conn_info_of(pair.server).suite, SHK_TLS_AES_128_GCM_SHA256);
    test_pair_close_all(&pair, &setup);
}

static void no_common_group_ends_the_handshake(void **state)
{
    static const uint16_t p521[] = {SHK_secp521r1}, p384[] = {SHK_secp384r1};
    test_setup setup;
    test_pair pair;
    (void)state;
    test_setup_new(&setup, "p256");
    setup.client.groups.values = p521;
    setup.client.groups.count = 1;
    setup.server.groups.values = p384;
    setup.server.groups.count = 1;
    for (int i = 0; i < 2; i++) {
        setup.server.request_cookie = i == 1; /* which would not help */
        test_pair_open_and_run(&pair, &setup);
        assert_refused(NULL, pair.server, SHK_E_NO_COMMON_GROUP);
        assert_false(shk_conn_info_of(pair.server).retried);
        test_pair_close(&pair);
    }
    test_setup_free(&setup);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(psk_is_not_used_in_an_unlisted_mode),
        cmocka_unit_test(no_common_group_ends_the_handshake),
        cmocka_unit_test(server_name_of_other_type_or_over_255_bytes_is_ignored),
        cmocka_unit_test(tls_12_group_is_not_selected_in_tls_13),
        cmocka_unit_test(tls_12_suite_is_not_selected_in_tls_13),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
