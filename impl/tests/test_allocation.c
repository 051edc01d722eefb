/* Every allocation of a connection may fail: over a handshake of each kind the N-th one does, for
 * all N. What must be seen is an end that says so, or a handshake that went well without; under
 * ASan also that nothing leaks. */
#include "support.h"

#include <stdlib.h>

#include "shakedown/session.h"

enum { MOST_ALLOCATIONS = 2000 };

typedef struct {
    unsigned count;
    unsigned fail_at;
} failing;

static void *resize(void *context, void *old, size_t old_size, size_t new_size)
{
    failing *f = (failing *)context;
    if (new_size > 0 && ++f->count == f->fail_at)
        return NULL;
    return shk_libc_allocator.resize(NULL, old, old_size, new_size);
}

static void drop_session(void *context, shk_span session)
{
    *(size_t *)context = session.len;
}

/* One handshake with one failure in it; returns whether all went well. */
static bool survives(const test_setup *setup)
{
    uint64_t client_seed = 1, server_seed = 2;
    shk_random client_random = counting(&client_seed), server_random = counting(&server_seed);
    test_pair pair = {.client = NULL, .server = NULL};
    shk_status client = shk_conn_new(&setup->client, &client_random, &pair.client);
    shk_status server = shk_conn_new(&setup->server, &server_random, &pair.server);
    bool good = client == SHK_OK && server == SHK_OK;
    assert_true(client == SHK_OK || client == SHK_E_NO_MEMORY);
    assert_true(server == SHK_OK || server == SHK_E_NO_MEMORY);
    if (good)
        shk_conn_start(pair.client);
    for (int turn = 0; good && turn < 8; turn++) {
        move_output(pair.client, pair.server);
        move_output(pair.server, pair.client);
    }
    if (good) {
        shk_status ends[2] = {shk_conn_failure_of(pair.client)->fault.status,
                              shk_conn_failure_of(pair.server)->fault.status};
        good = shk_conn_info_of(pair.client)->connected &&
               shk_conn_info_of(pair.server)->connected && ends[0] == SHK_OK && ends[1] == SHK_OK;
        if (!good)
            assert_fails(ends[0] == SHK_E_NO_MEMORY ? ends[0] : ends[1], SHK_E_NO_MEMORY);
    }
    test_pair_close(&pair);
    return good;
}

static void fail_each_allocation(test_setup *setup)
{
    failing f = {0, 0};
    shk_allocator allocator = {resize, &f};
    unsigned failures = 0;
    setup->client.allocator = &allocator;
    setup->server.allocator = &allocator;
    for (f.fail_at = 1; f.fail_at < MOST_ALLOCATIONS; f.fail_at++) {
        f.count = 0;
        bool good = survives(setup);
        if (f.count < f.fail_at) { /* there are no more to fail */
            assert_true(good);
            break;
        }
        failures += !good;
    }
    assert_true(f.fail_at < MOST_ALLOCATIONS);
    assert_true(failures > 10);
}

static void a_failed_allocation_ends_a_handshake_of_each_version(void **state)
{
    static const shk_ticket_key key = {.name = {1}, .key = {2}};
    (void)state;
    for (uint16_t version = SHK_TLS10; version <= SHK_TLS13; version++) {
        test_setup setup;
        size_t session_len = 0;
        test_setup_new(&setup, "p256");
        setup.client.min_version = setup.client.max_version = version;
        setup.server.min_version = version;
        setup.server.clock = setup.client.clock;
        setup.server.ticket_keys = &key;
        setup.server.ticket_key_count = 1;
        setup.client.session_sink = drop_session;
        setup.client.session_sink_context = &session_len;
        fail_each_allocation(&setup);
        test_setup_free(&setup);
    }
}

static void a_failed_allocation_ends_a_retried_handshake_with_client_certificate(void **state)
{
    test_setup setup;
    (void)state;
    test_setup_new(&setup, "p256");
    setup.server.request_cookie = true;
    setup.server.client_auth = SHK_CLIENT_AUTH_REQUEST;
    fail_each_allocation(&setup);
    test_setup_free(&setup);
}

static void a_failed_allocation_ends_an_rsa_and_a_finite_field_key_exchange(void **state)
{
    static const uint16_t suites[] = {SHK_TLS_RSA_WITH_AES_128_CBC_SHA,
                                      SHK_TLS_DHE_RSA_WITH_AES_128_GCM_SHA256};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        test_setup setup;
        test_setup_new(&setup, "rsa2048");
        setup.client.max_version = SHK_TLS12;
        setup.client.suites.values = &suites[i];
        setup.client.suites.count = 1;
        setup.server.suites = setup.client.suites;
        fail_each_allocation(&setup);
        test_setup_free(&setup);
    }
}

/* Stapled, with SCTs, both ends' certificates, which TLS 1.3 compresses, or both ends' keys raw. */
static void a_failed_allocation_ends_a_handshake_with_all_about_certificates(void **state)
{
    static const uint16_t zlib[] = {1};
    static const uint8_t raw[] = {SHK_CERTIFICATE_RAW_PUBLIC_KEY};
    shk_buf response = read_source_file("corpora/ocsp/good.der");
    test_bytes timestamps = from_hex("0004000201aa");
    (void)state;
    for (uint16_t version = SHK_TLS12; version <= SHK_TLS13; version++)
        for (size_t is_raw = 0; is_raw < 2; is_raw++) {
            test_setup setup;
            test_setup_new(&setup, "p256");
            shk_credential *c = setup.credential;
            assert_int_equal(shk_credential_set_status(c, shk_buf_span(&response)), SHK_OK);
            assert_int_equal(shk_credential_set_timestamps(c, span_of(&timestamps)), SHK_OK);
            setup.client.max_version = version;
            setup.client.status_request = SHK_STAPLING_DEMAND;
            setup.client.request_timestamps = true;
            setup.client.name_authorities = true;
            setup.client.chain_schemes = setup.client.schemes;
            setup.client.certificate_compressions = (shk_u16s){zlib, 1};
            setup.server.certificate_compressions = (shk_u16s){zlib, 1};
            setup.client.own_certificate_types = shk_span_of(raw, is_raw);
            setup.client.peer_certificate_types = shk_span_of(raw, is_raw);
            setup.server.own_certificate_types = shk_span_of(raw, is_raw);
            setup.server.peer_certificate_types = shk_span_of(raw, is_raw);
            setup.client.credentials = setup.credentials;
            setup.client.credential_count = 1;
            setup.server.client_auth = SHK_CLIENT_AUTH_REQUEST;
            fail_each_allocation(&setup);
            test_setup_free(&setup);
        }
    shk_buf_free(&response);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_failed_allocation_ends_a_handshake_of_each_version),
        cmocka_unit_test(a_failed_allocation_ends_a_retried_handshake_with_client_certificate),
        cmocka_unit_test(a_failed_allocation_ends_a_handshake_with_all_about_certificates),
        cmocka_unit_test(a_failed_allocation_ends_an_rsa_and_a_finite_field_key_exchange),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
