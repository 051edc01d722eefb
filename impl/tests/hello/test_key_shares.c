/* Key shares in TLS 1.3: each has the length of its group; a finite field value is padded with
 * zeros to the size of p, and is in range (RFC 8446 §4.2.8.1). */
#include "hello_edits.h"

#include <stdio.h>
#include <string.h>

enum { MAX_DIGITS = 2 * MAX_VECTOR };

static const uint16_t groups[] = {SHK_ffdhe2048, SHK_ffdhe3072, SHK_secp256r1, SHK_x25519,
                                  SHK_X25519MLKEM768};

/* A key_share of the client's or the server's form. */
static void write_share(char *hex, uint16_t group, bool of_client, shk_span value)
{
    size_t at = 0;
    if (of_client)
        at += (size_t)snprintf(hex, MAX_DIGITS, "%04zx", value.len + 4);
    at += (size_t)snprintf(hex + at, MAX_DIGITS - at, "%04x%04zx", group, value.len);
    for (size_t i = 0; i < value.len; i++)
        at += (size_t)snprintf(hex + at, MAX_DIGITS - at, "%02x", value.data[i]);
}

static void assert_share_refused(const test_setup *setup, uint16_t group, shk_span value,
                                 bool to_client)
{
    static uint8_t bytes[MAX_VECTOR + 16];
    static char hex[MAX_DIGITS + 1];
    hello_case c = {"share", REPLACE, 51, hex, SHK_E_BAD_KEY_SHARE};
    test_pair pair;
    write_share(hex, group, !to_client, value);
    test_pair_start(&pair, setup);
    if (to_client)
        assert_int_equal(test_move_output(pair.client, pair.server), SHK_OK);
    size_t size = to_client ? edited_server_hello(&c, pair.server, bytes)
                            : edited_client_hello(&c, pair.client, bytes);
    assert_hello_refused(&c, to_client ? pair.client : pair.server, bytes, size);
    assert_string_equal(shk_conn_failure_of(to_client ? pair.client : pair.server)->fault.field,
                        "key_exchange");
    test_pair_close(&pair);
}

/* One byte shorter, a value of ffdhe2048 would still be in its field. */
static void run_length(const test_setup *setup, uint16_t group, size_t len, bool to_client)
{
    static uint8_t value[MAX_VECTOR];
    memset(value, 0x7f, sizeof value);
    assert_share_refused(setup, group, shk_span_of(value, len), to_client);
}

static void key_share_of_wrong_length_is_illegal_parameter(void **state)
{
    test_setup setup;
    (void)state;
    test_setup_new(&setup, "p256");
    setup.client.min_version = SHK_TLS13;
    for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++) {
        const shk_group_row *row = shk_group_of(groups[i]);
        if (!setup.crypto->has_group(setup.crypto, groups[i]))
            continue;
        setup.client.groups = setup.server.groups = (shk_u16s){&groups[i], 1};
        run_length(&setup, groups[i], row->share - 1u, false);
        run_length(&setup, groups[i], row->share + 1u, false);
        run_length(&setup, groups[i], row->answer - 1u, true);
        run_length(&setup, groups[i], row->answer + 1u, true);
    }
    test_setup_free(&setup);
}

static void ffdhe_share_out_of_range_is_illegal_parameter(void **state)
{
    static const uint16_t group = SHK_ffdhe2048;
    test_setup setup;
    uint8_t value[256];
    (void)state;
    test_setup_new(&setup, "p256");
    setup.client.min_version = SHK_TLS13;
    setup.client.groups = setup.server.groups = (shk_u16s){&group, 1};
    shk_span prime = setup.crypto->ffdhe_prime(setup.crypto, group);
    assert_int_equal(prime.len, sizeof value);
    for (int i = 0; i < 8; i++) {
        uint8_t last = (uint8_t)(i / 2 % 2);
        memset(value, 0, sizeof value);
        if (i >= 4) /* p - 1 and p, else 0 and 1 */
            memcpy(value, prime.data, sizeof value - 1);
        value[sizeof value - 1] = i >= 4 ? (uint8_t)(prime.data[255] - 1 + last) : last;
        assert_share_refused(&setup, group, shk_span_of(value, sizeof value), i % 2 == 1);
    }
    test_setup_free(&setup);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(key_share_of_wrong_length_is_illegal_parameter),
        cmocka_unit_test(ffdhe_share_out_of_range_is_illegal_parameter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
