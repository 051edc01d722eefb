/* Every allocation may fail: in each kind of handshake the N-th one fails, for all N, first of
 * those of connections, then of those that libcrypto makes for the provider. Either an end reports
 * it, or the handshake succeeds; under ASan nothing may leak. */
#include "failing_allocator.h"
#include "handshake_kinds.h"

#include <stdio.h>
#include <stdlib.h>

#include "x509/cert_cache.h"

enum { MOST_ALLOCATIONS = 10000, BLINDING_USES = 32 };

/* One handshake; false if an end failed. A failed allocation of ours is NO_MEMORY; libcrypto does
 * not always report what it lacked, and another error may be the result. */
static bool run(test_kind_state *ends)
{
    shk_status statuses[2];
    test_own_allocations.count = test_libcrypto_allocations.count = 0;
    test_libcrypto_allocations.on = true;
    bool good = test_kind_run(ends, statuses);
    test_libcrypto_allocations.on = false;
    if (!good && test_libcrypto_allocations.fail_at == 0)
        assert_case_fails(ends->kind->name,
                          statuses[0] == SHK_E_NO_MEMORY ? statuses[0] : statuses[1],
                          SHK_E_NO_MEMORY);
    if (!good && statuses[0] == SHK_OK && statuses[1] == SHK_OK)
        fail_msg("%s: nothing is said of allocation %u", ends->kind->name,
                 test_libcrypto_allocations.fail_at);
    return good;
}

/* Makes each allocation of ours or of libcrypto fail, which `count` and `fail_at` belong to. A
 * failure may outlast its handshake in libcrypto: if it happens while the blinding of an RSA key is
 * renewed, the factors are wrong until libcrypto makes new ones after 32 uses. */
static void fail_each(test_kind_state *ends, const unsigned *count, unsigned *fail_at)
{
    unsigned failures = 0;
    for (*fail_at = 1; *fail_at < MOST_ALLOCATIONS; (*fail_at)++) {
        bool good = run(ends);
        for (int i = 0; !good && *count < *fail_at && i < BLINDING_USES; i++)
            good = run(ends);
        if (good && *count < *fail_at) /* there are no more to fail */
            break;
        failures += !good;
    }
    assert_true(*fail_at < MOST_ALLOCATIONS);
    assert_true(failures > 10);
    *fail_at = 0;
}

static void failed_allocation_ends_each_kind_of_handshake(void **state)
{
    test_kind_state ends;
    test_kind_new(&ends, (const test_kind *)*state);
    ends.setup.client.allocator = ends.setup.server.allocator = &test_failing_allocator;
    fail_each(&ends, &test_own_allocations.count, &test_own_allocations.fail_at);
    test_kind_free(&ends);
}

/* After a first handshake, so that the certificates are in the cache. */
static void failed_allocation_in_libcrypto_ends_each_kind_of_handshake(void **state)
{
    test_kind_state ends;
    test_kind_new(&ends, (const test_kind *)*state);
    assert_true(run(&ends));
    fail_each(&ends, &test_libcrypto_allocations.count, &test_libcrypto_allocations.fail_at);
    test_kind_free(&ends);
}

/* The test above leaves this out, because its certificates are in the cache. */
static void failed_allocation_in_libcrypto_leaves_a_certificate_unparsed(void **state)
{
    unsigned failures = 0;
    test_setup setup;
    (void)state;
    test_setup_new(&setup, "p256");
    test_libcrypto_allocations.count = 0;
    test_libcrypto_allocations.fail_at = 1;
    for (bool good = false; !good; test_libcrypto_allocations.fail_at++) {
        test_libcrypto_allocations.count = 0;
        test_libcrypto_allocations.on = true;
        shk_cert_cache *known = shk_cert_cache_new();
        X509 *certificate =
            known == NULL ? NULL : shk_cert_cache_parse(known, setup.credential->chain[0]);
        test_libcrypto_allocations.on = false;
        good = test_libcrypto_allocations.count < test_libcrypto_allocations.fail_at;
        failures += certificate == NULL;
        assert_true(!good || certificate != NULL);
        X509_free(certificate);
        shk_cert_cache_free(known);
    }
    test_libcrypto_allocations.fail_at = 0;
    test_setup_free(&setup);
    assert_true(failures > 10);
}

/* The state of a test is its kind of handshake. */
static int begin(void **state)
{
    static const char name[] = __FILE__ ":failed_allocation_ends_each_kind_of_handshake";
    void *named = (void *)(uintptr_t)name;
    (void)state;
    return test_begin(&named);
}

enum { MOST_KINDS = 128, MOST_NAME = 64 };

int main(void)
{
    static char names[2 * MOST_KINDS][MOST_NAME];
    static const char *const whose[] = {"ours", "libcrypto's"};
    struct CMUnitTest tests[2 * MOST_KINDS + 1] = {
        cmocka_unit_test(failed_allocation_in_libcrypto_leaves_a_certificate_unparsed)};
    if (!test_watch_libcrypto_allocations() || test_kind_count > MOST_KINDS)
        return 3;
    for (size_t i = 0; i < 2 * test_kind_count; i++) {
        const test_kind *kind = &test_kinds[i / 2];
        snprintf(names[i], MOST_NAME, "%s: %s", kind->name, whose[i % 2]);
        tests[i + 1] = (struct CMUnitTest){
            names[i],
            i % 2 == 0 ? failed_allocation_ends_each_kind_of_handshake
                       : failed_allocation_in_libcrypto_ends_each_kind_of_handshake,
            begin, NULL, (void *)(uintptr_t)kind};
    }
    cmocka_set_test_filter(getenv("SHK_TEST"));
    return _cmocka_run_group_tests("each kind", tests, 2 * test_kind_count + 1, NULL, NULL);
}
