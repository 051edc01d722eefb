/* Channel bindings: tls-unique and tls-server-end-point (RFC 5929), tls-exporter (RFC 9266). */
#include "session_setup.h"

#include "handshake/state/handshake.h"

static size_t binding(shk_conn *conn, shk_channel_binding kind, uint8_t *out)
{
    size_t len;
    shk_status status = shk_conn_channel_binding(conn, kind, out, &len);
    assert_true(status == SHK_OK || status == SHK_E_NO_CHANNEL_BINDING);
    return len;
}

static void both_ends_have_the_same_channel_bindings(void **state)
{
    static const size_t lengths[][3] = {[0] = {12, 32, 32}, [1] = {0, 32, 32}};
    (void)state;
    for (uint16_t version = SHK_TLS12; version <= SHK_TLS13; version++) {
        test_setup setup;
        test_pair pair;
        test_setup_new(&setup, "p256");
        setup.client.max_version = version;
        test_pair_connect(&pair, &setup);
        for (int kind = SHK_TLS_UNIQUE; kind <= SHK_TLS_EXPORTER; kind++) {
            uint8_t client[SHK_MAX_HASH], server[SHK_MAX_HASH];
            size_t expected = lengths[version == SHK_TLS13][kind];
            assert_int_equal(binding(pair.client, (shk_channel_binding)kind, client), expected);
            assert_int_equal(binding(pair.server, (shk_channel_binding)kind, server), expected);
            assert_memory_equal(client, server, expected);
        }
        test_pair_close_all(&pair, &setup);
    }
}

/* RFC 5929 §3: the first Finished, which is the server's in a resumed handshake. */
static void tls_unique_is_the_first_finished_message(void **state)
{
    test_setup setup;
    test_session kept;
    test_pair pair;
    uint8_t client[SHK_MAX_HASH], server[SHK_MAX_HASH], full[SHK_MAX_HASH];
    (void)state;
    test_setup_tickets(&setup, &kept, SHK_TLS12);
    test_pair_connect(&pair, &setup);
    assert_int_equal(binding(pair.client, SHK_TLS_UNIQUE, full), 12);
    test_pair_close(&pair);
    test_offer_session(&setup, &kept);
    test_pair_connect(&pair, &setup);
    assert_true(shk_conn_info_of(pair.client).resumed);
    assert_int_equal(binding(pair.client, SHK_TLS_UNIQUE, client), 12);
    assert_int_equal(binding(pair.server, SHK_TLS_UNIQUE, server), 12);
    assert_memory_equal(client, server, 12);
    assert_memory_not_equal(client, full, 12);
    test_pair_close_all(&pair, &setup);
}

static void unavailable_channel_binding_is_an_error(void **state)
{
    test_setup setup;
    test_pair pair;
    uint8_t out[SHK_MAX_HASH];
    size_t len;
    (void)state;
    test_setup_new(&setup, "p256");
    test_pair_open(&pair, &setup);
    assert_fails(shk_conn_channel_binding(pair.client, SHK_TLS_EXPORTER, out, &len),
                 SHK_E_NOT_CONNECTED);
    test_pair_run(&pair);
    assert_fails(shk_conn_channel_binding(pair.client, SHK_TLS_UNIQUE, out, &len),
                 SHK_E_NO_CHANNEL_BINDING);
    test_pair_close_all(&pair, &setup);
}

/* RFC 7627 §5.4, RFC 9266 §4.2: without it two connections could have the same. */
static void without_ems_only_tls_server_end_point_is_available(void **state)
{
    test_setup setup;
    test_pair pair;
    uint8_t out[SHK_MAX_HASH];
    (void)state;
    test_setup_new(&setup, "p256");
    setup.client.max_version = SHK_TLS12;
    test_pair_connect(&pair, &setup);
    assert_int_equal(binding(pair.client, SHK_TLS_UNIQUE, out), 12);
    assert_int_equal(binding(pair.client, SHK_TLS_EXPORTER, out), 32);
    pair.client->negotiated.extended_master_secret = false;
    assert_int_equal(binding(pair.client, SHK_TLS_UNIQUE, out), 0);
    assert_int_equal(binding(pair.client, SHK_TLS_EXPORTER, out), 0);
    assert_int_equal(binding(pair.client, SHK_TLS_SERVER_END_POINT, out), 32);
    test_pair_close_all(&pair, &setup);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_ends_have_the_same_channel_bindings),
        cmocka_unit_test(tls_unique_is_the_first_finished_message),
        cmocka_unit_test(without_ems_only_tls_server_end_point_is_available),
        cmocka_unit_test(unavailable_channel_binding_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
