/* Hellos with one fault: each is refused with its own error row. A case edits one field or
 * extension of a valid hello; the rest is unchanged. */
#include "hello_edits.h"

#include <string.h>

static void client_hello_cases(const hello_case *cases, size_t count, uint16_t client_max)
{
    test_setup setup;
    uint8_t bytes[MAX_VECTOR + 16];
    test_setup_new(&setup, "p256");
    setup.client.max_version = client_max;
    setup.client.protocols = (const char *const[]){"h2"};
    setup.client.protocol_count = 1;
    setup.server.protocols = setup.client.protocols;
    setup.server.protocol_count = 1;
    for (size_t i = 0; i < count; i++) {
        test_pair pair;
        test_pair_start(&pair, &setup);
        size_t len = edited_client_hello(&cases[i], pair.client, bytes);
        assert_hello_refused(&cases[i], pair.server, bytes, len);
        test_pair_close(&pair);
    }
    test_setup_free(&setup);
}

#define ZEROS_32 "0000000000000000000000000000000000000000000000000000000000000000"

static void server_refuses_malformed_tls_13_client_hello(void **state)
{
    static const hello_case cases[] = {
        {"ssl3", VERSION, 0, "0300", SHK_E_SSL3_VERSION},
        {"no_version_in_common", REPLACE, 43, "020305", SHK_E_NO_COMMON_VERSION},
        {"no_suite_in_common", SUITES, 0, "1399", SHK_E_NO_COMMON_SUITE},
        {"compression_offered", COMPRESSION, 0, "0001", SHK_E_COMPRESSION_13},
        {"null_compression_missing", COMPRESSION, 0, "01", SHK_E_COMPRESSION_METHODS},
        {"odd_suite_list", SUITES, 0, "130113", SHK_E_VECTOR_LENGTH},
        {"no_supported_groups", REMOVE, 10, "", SHK_E_MISSING_EXTENSION},
        {"no_key_share", REMOVE, 51, "", SHK_E_MISSING_EXTENSION},
        {"no_signature_algorithms", REMOVE, 13, "", SHK_E_MISSING_EXTENSION},
        {"no_group_in_common", REPLACE, 10, "0002001e", SHK_E_KEY_SHARE_UNOFFERED_GROUP},
        {"no_scheme_in_common", REPLACE, 13, "00020201", SHK_E_NO_COMMON_SIGNATURE},
        {"share_of_unoffered_group", REPLACE, 10, "00020017", SHK_E_KEY_SHARE_UNOFFERED_GROUP},
        {"share_too_short", REPLACE, 51, "0005001d0001aa", SHK_E_BAD_KEY_SHARE},
        {"share_all_zero", REPLACE, 51,
         "0024001d00200000000000000000000000000000000000000000000000000000000000000000",
         SHK_E_BAD_KEY_SHARE},
        {"share_off_the_curve", REPLACE, 51,
         "00450017004104"
         "000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
         "00000000000000000000000000000000000000000000",
         SHK_E_BAD_KEY_SHARE},
        {"share_compressed", REPLACE, 51,
         "002500170021026b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296",
         SHK_E_BAD_KEY_SHARE},
        {"two_shares_of_a_group", REPLACE, 51, "000a001d0001aa001d0001aa",
         SHK_E_KEY_SHARE_DUPLICATE},
        {"alpn_not_in_common", REPLACE, 16, "0003026833", SHK_E_NO_COMMON_PROTOCOL},
        {"alpn_empty_name", REPLACE, 16, "000100", SHK_E_VECTOR_LENGTH},
        {"known_extension_twice", APPEND, 10, "00020017", SHK_E_DUPLICATE_EXTENSION},
        {"extension_of_another_message", APPEND, 48, "0000", SHK_E_EXTENSION_PLACE},
        {"empty_server_name", REPLACE, 0, "", SHK_E_TRUNCATED},
        {"two_host_names", REPLACE, 0, "000a00000261620000026162", SHK_E_SERVER_NAME_DUPLICATE},
        {"host_name_not_ascii", REPLACE, 0, "0004000001ff", SHK_E_SERVER_NAME_SYNTAX},
        {"bytes_behind_an_extension", REPLACE, 43, "020304ff", SHK_E_TRAILING_DATA},
        {"renegotiation_in_an_initial_hello", REPLACE, 0xff01, "0101", SHK_E_RENEGOTIATION_INFO},
        {"heartbeat_mode", APPEND, 15, "03", SHK_E_HEARTBEAT_MODE},
        {"fragment_length", APPEND, 1, "05", SHK_E_FRAGMENT_LENGTH},
        {"no_fragment_length", APPEND, 1, "00", SHK_E_FRAGMENT_LENGTH},
        {"host_name_with_a_zero", REPLACE, 0, "00050000026100", SHK_E_SERVER_NAME_SYNTAX},
        {"record_size_limit", APPEND, 28, "003f", SHK_E_RECORD_SIZE_LIMIT},
        {"padding_not_zero", APPEND, 21, "0001", SHK_E_PADDING_NOT_ZERO},
        {"more_binders_than_identities", APPEND, 41,
         "000700016100000000"
         "0042"
         "20" ZEROS_32 "20" ZEROS_32,
         SHK_E_PSK_BINDER_COUNT},
        {"binders_do_not_match", APPEND, 41,
         "000e0001610000000000016200000000002120000000000000000000000000000000000000000000000000000"
         "0"
         "000000000000",
         SHK_E_PSK_BINDER_COUNT},
    };
    (void)state;
    client_hello_cases(cases, sizeof cases / sizeof cases[0], SHK_TLS13);
}

static void server_refuses_malformed_tls_12_client_hello(void **state)
{
    static const hello_case cases[] = {
        {"version_too_low", VERSION, 0, "0301", SHK_E_NO_COMMON_VERSION},
        {"fallback_from_a_better_version", SUITES, 0, "c02b5600", SHK_E_INAPPROPRIATE_FALLBACK},
        {"no_suite_in_common", SUITES, 0, "000a", SHK_E_NO_COMMON_SUITE},
        {"no_group_and_so_no_suite", REPLACE, 10, "00020020", SHK_E_NO_COMMON_SUITE},
        {"curve_of_the_certificate_not_welcome", REPLACE, 10, "0002001d", SHK_E_NO_COMMON_SUITE},
        {"point_formats", REPLACE, 11, "0101", SHK_E_POINT_FORMATS},
        {"renegotiation_in_an_initial_hello", REPLACE, 0xff01, "0101", SHK_E_RENEGOTIATION_INFO},
    };
    (void)state;
    client_hello_cases(cases, sizeof cases / sizeof cases[0], SHK_TLS12);
}

static void server_hello_cases(const hello_case *cases, size_t count, test_setup *setup)
{
    uint8_t bytes[MAX_VECTOR + 16];
    for (size_t i = 0; i < count; i++) {
        test_pair pair;
        test_pair_send_hello(&pair, setup);
        size_t len = edited_server_hello(&cases[i], pair.server, bytes);
        assert_hello_refused(&cases[i], pair.client, bytes, len);
        test_pair_close(&pair);
    }
}

static void client_refuses_malformed_tls_13_server_hello(void **state)
{
    static const hello_case cases[] = {
        {"ssl3_as_legacy_version", VERSION, 0, "0300", SHK_E_SSL3_VERSION},
        {"session_id_not_echoed", SESSION_ID, 0, "aa", SHK_E_SESSION_ID_ECHO},
        {"unoffered_suite", SUITES, 0, "1304", SHK_E_UNOFFERED_SUITE},
        {"suite_of_tls_12", SUITES, 0, "c02f", SHK_E_SUITE_VERSION},
        {"unoffered_version", REPLACE, 43, "0305", SHK_E_UNOFFERED_VERSION},
        {"version_below_13_by_extension", REPLACE, 43, "0303", SHK_E_UNOFFERED_VERSION},
        {"no_key_share", REMOVE, 51, "", SHK_E_MISSING_EXTENSION},
        {"share_of_another_group", REPLACE, 51, "00170001aa", SHK_E_KEY_SHARE_UNOFFERED_GROUP},
        {"share_too_short", REPLACE, 51, "001d0001aa", SHK_E_BAD_KEY_SHARE},
        {"answer_to_nothing", APPEND, 41, "0000", SHK_E_UNSOLICITED_EXTENSION},
        {"unknown_answer", APPEND, 0x7777, "", SHK_E_UNSOLICITED_EXTENSION},
        {"answer_in_the_wrong_message", APPEND, 23, "", SHK_E_EXTENSION_PLACE},
        {"groups_in_the_wrong_message", APPEND, 10, "0002001d", SHK_E_EXTENSION_PLACE},
        {"grease_version", REPLACE, 43, "7a7a", SHK_E_UNOFFERED_VERSION},
        {"grease_suite", SUITES, 0, "7a7a", SHK_E_UNOFFERED_SUITE},
        {"grease_extension", APPEND, 0x7a7a, "", SHK_E_UNSOLICITED_EXTENSION},
        {"grease_group", REPLACE, 51, "7a7a0001aa", SHK_E_KEY_SHARE_UNOFFERED_GROUP},
        {"extension_twice", APPEND, 43, "0304", SHK_E_DUPLICATE_EXTENSION},
    };
    test_setup setup;
    (void)state;
    test_setup_new(&setup, "p256");
    server_hello_cases(cases, sizeof cases / sizeof cases[0], &setup);
    test_setup_free(&setup);
}

/* TLS 1.3 does not use ec_point_formats. */
static void ec_point_formats_with_tls_13_is_recorded_or_refused_when_strict(void **state)
{
    static const hello_case noted = {"noted", REPLACE, 11, "0101", SHK_OK};
    static const hello_case refused = {"refused", REPLACE, 11, "0101", SHK_E_POINT_FORMATS};
    test_setup setup;
    uint8_t bytes[MAX_VECTOR + 16];
    (void)state;
    test_setup_new(&setup, "p256");
    for (int strict = 0; strict < 2; strict++) {
        const hello_case *c = strict ? &refused : &noted;
        test_pair pair;
        setup.server.strict = strict;
        test_pair_start(&pair, &setup);
        size_t len = edited_client_hello(c, pair.client, bytes);
        assert_hello_refused(c, pair.server, bytes, len);
        assert_int_equal(shk_conn_info_of(pair.server).version, SHK_TLS13);
        assert_int_equal(shk_conn_info_of(pair.server).deviations,
                         strict ? 0 : 1U << SHK_DEVIATION_POINT_FORMATS);
        test_pair_close(&pair);
    }
    test_setup_free(&setup);
}

/* RFC 8422 §5.2: only ec_point_formats is defined in ServerHello. */
static void tls_12_server_supported_groups_is_recorded_or_refused_when_strict(void **state)
{
    static const hello_case noted = {"noted", APPEND, 10, "0002001d", SHK_OK};
    static const hello_case refused = {"refused", APPEND, 10, "0002001d", SHK_E_SERVER_GROUPS_12};
    test_setup setup;
    uint8_t bytes[MAX_VECTOR + 16];
    (void)state;
    test_setup_new(&setup, "p256");
    setup.server.max_version = SHK_TLS12;
    for (int strict = 0; strict < 2; strict++) {
        const hello_case *c = strict ? &refused : &noted;
        test_pair pair;
        setup.client.strict = strict;
        test_pair_send_hello(&pair, &setup);
        size_t len = edited_server_hello(c, pair.server, bytes);
        assert_hello_refused(c, pair.client, bytes, len);
        assert_int_equal(shk_conn_info_of(pair.client).deviations,
                         strict ? 0 : 1U << SHK_DEVIATION_SERVER_GROUPS_12);
        test_pair_close(&pair);
    }
    test_setup_free(&setup);
}

static void client_refuses_malformed_tls_12_server_hello(void **state)
{
    static const hello_case cases[] = {
        {"ssl3", VERSION, 0, "0300", SHK_E_SSL3_VERSION},
        {"version_not_enabled", VERSION, 0, "0302", SHK_E_UNSUPPORTED_SERVER_VERSION},
        {"version_13_without_its_extension", VERSION, 0, "0304", SHK_E_UNSUPPORTED_SERVER_VERSION},
        {"downgrade_from_13", RANDOM_END, 0, "444f574e47524401", SHK_E_DOWNGRADE},
        {"downgrade_below_12", RANDOM_END, 0, "444f574e47524400", SHK_E_DOWNGRADE},
        {"unoffered_suite", SUITES, 0, "000a", SHK_E_UNOFFERED_SUITE},
        {"suite_of_tls_13", SUITES, 0, "1301", SHK_E_SUITE_VERSION},
        {"answer_to_nothing", APPEND, 35, "", SHK_E_UNSOLICITED_EXTENSION},
        {"renegotiated_connection", REPLACE, 0xff01, "0101", SHK_E_RENEGOTIATION_INFO},
        {"point_formats", REPLACE, 11, "0101", SHK_E_POINT_FORMATS},
        {"encrypt_then_mac_not_empty", APPEND, 22, "00", SHK_E_TRAILING_DATA},
        {"grease_version", VERSION, 0, "7a7a", SHK_E_UNSUPPORTED_SERVER_VERSION},
        {"grease_suite", SUITES, 0, "7a7a", SHK_E_UNOFFERED_SUITE},
        {"grease_extension", APPEND, 0x7a7a, "", SHK_E_UNSOLICITED_EXTENSION},
    };
    test_setup setup;
    (void)state;
    test_setup_new(&setup, "p256");
    setup.server.max_version = SHK_TLS12; /* the client offers 1.3 too */
    server_hello_cases(cases, sizeof cases / sizeof cases[0], &setup);
    test_setup_free(&setup);
}

/* TLS_EMPTY_RENEGOTIATION_INFO_SCSV stands for renegotiation_info, and for no other extension (RFC
 * 5746 §3.4). */
static void scsv_requests_only_renegotiation_info(void **state)
{
    static const hello_case with_suite = {"suite", SUITES, 0, "c02b00ff", SHK_OK};
    static const hello_case cases[] = {
        {"renegotiation_info", REPLACE, 0xff01, "00", SHK_OK},
        {"session_ticket", APPEND, 35, "", SHK_E_UNSOLICITED_EXTENSION},
    };
    test_setup setup;
    test_pair pair;
    uint8_t hello[MAX_VECTOR + 16], bytes[MAX_VECTOR + 16];
    (void)state;
    test_setup_new(&setup, "p256");
    setup.client.max_version = SHK_TLS12;
    test_pair_start(&pair, &setup);
    size_t len = edited_client_hello(&with_suite, pair.client, hello);
    test_pair_close(&pair);
    setup.client.client_hello = shk_span_of(hello + 5, len - 5);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        test_pair_send_hello(&pair, &setup);
        len = edited_server_hello(&cases[i], pair.server, bytes);
        assert_hello_refused(&cases[i], pair.client, bytes, len);
        test_pair_close(&pair);
    }
    test_setup_free(&setup);
}

/* RFC 8446 §4.1.3: a TLS 1.2 client knows only the mark of the versions below it. */
static void tls_12_client_checks_the_downgrade_mark(void **state)
{
    static const struct {
        hello_case hello;
        uint16_t best;
        uint16_t version;
    } cases[] = {
        {{"11_marked", RANDOM_END, 0, "444f574e47524400", SHK_E_DOWNGRADE}, SHK_TLS12, SHK_TLS11},
        {{"10_marked", RANDOM_END, 0, "444f574e47524400", SHK_E_DOWNGRADE}, SHK_TLS12, SHK_TLS10},
        {{"12_marked", RANDOM_END, 0, "444f574e47524400", SHK_OK}, SHK_TLS12, SHK_TLS12},
        {{"12_marked_by_13", RANDOM_END, 0, "444f574e47524401", SHK_OK}, SHK_TLS12, SHK_TLS12},
        {{"11_marked_as_12", RANDOM_END, 0, "444f574e47524401", SHK_OK}, SHK_TLS12, SHK_TLS11},
        {{"11_almost_marked", RANDOM_END, 0, "444f574e47534400", SHK_OK}, SHK_TLS12, SHK_TLS11},
        {{"10_to_a_client_of_11", RANDOM_END, 0, "444f574e47524400", SHK_OK}, SHK_TLS11, SHK_TLS10},
    };
    test_setup setup;
    (void)state;
    test_setup_new(&setup, "p256");
    setup.client.min_version = setup.server.min_version = SHK_TLS10;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        setup.client.max_version = cases[i].best;
        setup.server.max_version = cases[i].version;
        server_hello_cases(&cases[i].hello, 1, &setup);
    }
    test_setup_free(&setup);
}

static void client_requiring_ems_refuses_server_hello_without_it(void **state)
{
    static const hello_case ems = {"no_ems", REMOVE, 23, "", SHK_E_EMS_REQUIRED};
    test_setup setup;
    (void)state;
    test_setup_new(&setup, "p256");
    setup.server.max_version = SHK_TLS12;
    setup.client.require_extended_master_secret = true;
    server_hello_cases(&ems, 1, &setup);
    test_setup_free(&setup);
}

static void client_refuses_malformed_hello_retry_request(void **state)
{
    static const hello_case cases[] = {
        {"nothing_to_change", REMOVE, 51, "", SHK_E_USELESS_RETRY},
        {"group_already_shared", REPLACE, 51, "001d", SHK_E_RETRY_GROUP},
        {"unoffered_group", REPLACE, 51, "0104", SHK_E_RETRY_GROUP},
        {"group_of_tls_12", REPLACE, 51, "001a", SHK_E_RETRY_GROUP},
        {"no_supported_versions", REMOVE, 43, "", SHK_E_MISSING_EXTENSION},
        {"session_id_not_echoed", SESSION_ID, 0, "", SHK_E_SESSION_ID_ECHO},
        {"empty_cookie", APPEND, 44, "0000", SHK_E_VECTOR_LENGTH},
        {"ssl3_as_legacy_version", VERSION, 0, "0300", SHK_E_SSL3_VERSION},
        {"unoffered_suite", SUITES, 0, "1399", SHK_E_UNOFFERED_SUITE},
        {"suite_of_tls_12", SUITES, 0, "c02f", SHK_E_SUITE_VERSION},
        {"unoffered_version", REPLACE, 43, "0305", SHK_E_UNOFFERED_VERSION},
        {"version_12", REPLACE, 43, "0303", SHK_E_UNOFFERED_VERSION},
        {"answer_to_nothing", APPEND, 0x7777, "", SHK_E_UNSOLICITED_EXTENSION},
        {"answer_in_the_wrong_message", APPEND, 16, "0003026832", SHK_E_EXTENSION_PLACE},
    };
    static const uint16_t theirs[] = {SHK_secp384r1};
    static const uint16_t ours[] = {SHK_x25519, SHK_secp384r1, SHK_brainpoolP256r1};
    test_setup setup;
    (void)state;
    test_setup_new(&setup, "p256");
    setup.client.groups = (shk_u16s){ours, 3};
    setup.server.groups = (shk_u16s){theirs, 1};
    server_hello_cases(cases, sizeof cases / sizeof cases[0], &setup);
    test_setup_free(&setup);
}

/* The ClientHello with a PSK is edited. */
static void server_refuses_malformed_client_hello_with_psk(void **state)
{
    static const uint8_t key[32] = {7};
    static const hello_case cases[] = {
        {"no_modes", REMOVE, 45, "", SHK_E_PSK_KEY_EXCHANGE_MODES},
        {"no_mode_in_them", REPLACE, 45, "00", SHK_E_VECTOR_LENGTH},
        {"an_extension_behind", APPEND, 0x7777, "", SHK_E_PSK_NOT_LAST},
        {"suites_changed", SUITES, 0, "1301", SHK_E_BAD_BINDER},
    };
    test_setup setup;
    uint8_t bytes[MAX_VECTOR + 16];
    (void)state;
    test_setup_new(&setup, "p256");
    test_with_psk(&setup, key, key);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        test_pair pair;
        test_pair_start(&pair, &setup);
        size_t len = edited_client_hello(&cases[i], pair.client, bytes);
        assert_hello_refused(&cases[i], pair.server, bytes, len);
        test_pair_close(&pair);
    }
    test_setup_free(&setup);
}

static void server_requiring_ems_refuses_client_hello_without_it(void **state)
{
    static const hello_case ems = {"no_ems", REMOVE, 23, "", SHK_E_EMS_REQUIRED};
    test_setup setup;
    test_pair pair;
    uint8_t bytes[MAX_VECTOR + 16];
    (void)state;
    test_setup_new(&setup, "p256");
    setup.client.max_version = SHK_TLS12;
    setup.server.require_extended_master_secret = true;
    test_pair_start(&pair, &setup);
    size_t len = edited_client_hello(&ems, pair.client, bytes);
    assert_hello_refused(&ems, pair.server, bytes, len);
    test_pair_close_all(&pair, &setup);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(server_refuses_malformed_tls_13_client_hello),
        cmocka_unit_test(server_refuses_malformed_tls_12_client_hello),
        cmocka_unit_test(client_refuses_malformed_tls_13_server_hello),
        cmocka_unit_test(client_refuses_malformed_tls_12_server_hello),
        cmocka_unit_test(scsv_requests_only_renegotiation_info),
        cmocka_unit_test(ec_point_formats_with_tls_13_is_recorded_or_refused_when_strict),
        cmocka_unit_test(tls_12_server_supported_groups_is_recorded_or_refused_when_strict),
        cmocka_unit_test(tls_12_client_checks_the_downgrade_mark),
        cmocka_unit_test(client_requiring_ems_refuses_server_hello_without_it),
        cmocka_unit_test(client_refuses_malformed_hello_retry_request),
        cmocka_unit_test(server_refuses_malformed_client_hello_with_psk),
        cmocka_unit_test(server_requiring_ems_refuses_client_hello_without_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
