/* The name that a client sends and verifies (RFC 6066 §3, RFC 9525 §2). */
#include "handshake/state/host_name.h"
#include "scripted_random.h"
#include "session_setup.h"

#include <string.h>

static void reference_names_are_host_names_or_addresses(void **state)
{
    static const struct {
        const char *name;
        bool usable;
    } cases[] = {
        {"server.shakedown.test", true},
        {"server.shakedown.test.", true},
        {"localhost", true},
        {"my_service", true},
        {"xn--bcher-kva.example", true},
        {"server.axe", true}, /* which is no 0x of a number */
        {"host.a", true},
        {"127.0.0.1", true},
        {"::1", true},
        {"", false},
        {".", false},
        {".test", false},
        {"a..test", false},
        {"a.test..", false},
        {"*.example", false},
        {"a.*.test", false},
        {"-a.test", false},
        {"a b.test", false},
        {"b\xc3\xbc"
         "cher.example",
         false},
        {"127.0.0.1.", false},
        {"1.2.3", false},
        {"a.test:443", false},
        {"[::1]", false},
    };
    test_setup setup;
    (void)state;
    test_setup_new(&setup, "p256");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint64_t counter = 0;
        shk_random random = counting(&counter);
        shk_conn *conn = NULL;
        setup.client.server_name = cases[i].name;
        assert_case_fails(cases[i].name, shk_conn_new(&setup.client, &random, &conn),
                          cases[i].usable ? SHK_OK : SHK_E_CONFIG);
        shk_conn_free(conn);
    }
    test_setup_free(&setup);
}

/* RFC 1035 §2.3.4 limits a label; RFC 6066 §3 has names of up to 65,535 bytes, and a peer may be
 * asked for any. */
static void label_length_is_limited_in_ech_public_names_only(void **state)
{
    char name[65] = {0};
    (void)state;
    memset(name, 'a', 63);
    assert_true(shk_is_host_name(shk_span_of_text(name), false));
    name[63] = 'a';
    assert_false(shk_is_host_name(shk_span_of_text(name), false));
    assert_true(shk_is_reference_name(name));
}

static void trailing_dot_is_neither_sent_nor_verified(void **state)
{
    (void)state;
    for (uint16_t version = SHK_TLS12; version <= SHK_TLS13; version++) {
        test_setup setup;
        test_pair pair;
        test_setup_new(&setup, "p256");
        setup.client.server_name = "server.shakedown.test.";
        setup.client.max_version = version;
        test_pair_connect(&pair, &setup);
        assert_true(shk_span_equal(shk_conn_info_of(pair.server).server_name,
                                   shk_span_of_text("server.shakedown.test")));
        test_pair_close_all(&pair, &setup);
    }
}

static void session_matches_its_name_with_or_without_trailing_dot(void **state)
{
    test_setup setup;
    test_session kept = {.len = 0};
    (void)state;
    test_setup_tickets(&setup, &kept, SHK_TLS13);
    assert_false(test_resumes(&setup));
    test_offer_session(&setup, &kept);
    setup.client.server_name = "server.shakedown.test.";
    assert_true(test_resumes(&setup));
    test_setup_free(&setup);
}

/* RFC 6066 §3: literal addresses are not permitted in HostName. */
static void ip_address_is_not_sent_in_server_name(void **state)
{
    static const char *const names[] = {"127.0.0.1", "::1", "localhost"};
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        test_setup setup;
        test_setup_new(&setup, "p256");
        setup.client.server_name = names[i];
        assert_int_equal(test_client_offers(&setup, SHK_EXT_server_name), i == 2);
        test_setup_free(&setup);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reference_names_are_host_names_or_addresses),
        cmocka_unit_test(label_length_is_limited_in_ech_public_names_only),
        cmocka_unit_test(trailing_dot_is_neither_sent_nor_verified),
        cmocka_unit_test(session_matches_its_name_with_or_without_trailing_dot),
        cmocka_unit_test(ip_address_is_not_sent_in_server_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
