/* The session cache and the replay guard (shakedown/session.h). */
#include "failing_allocator.h"

#include "shakedown/session.h"

static void session_stores_without_memory_are_not_created(void **state)
{
    (void)state;
    for (unsigned n = 1; n <= 2; n++) {
        test_own_allocations = (test_allocations){.fail_at = n};
        assert_null(shk_session_cache_new(&test_failing_allocator, 4));
        test_own_allocations = (test_allocations){.fail_at = n};
        assert_null(shk_replay_guard_new(&test_failing_allocator, 4));
    }
}

static void replay_guard_refuses_a_short_binder(void **state)
{
    static const uint8_t binder[32] = {1};
    shk_replay_guard *guard = shk_replay_guard_new(&shk_libc_allocator, 4);
    (void)state;
    assert_false(shk_replay_guard_admit(guard, shk_span_of(binder, 31), 0));
    assert_true(shk_replay_guard_admit(guard, shk_span_of(binder, 32), 0));
    assert_false(shk_replay_guard_admit(guard, shk_span_of(binder, 32), 0));
    shk_replay_guard_free(guard);
}

static void cache_keeps_no_session_without_a_valid_id(void **state)
{
    shk_session_cache *cache = shk_session_cache_new(&shk_libc_allocator, 1);
    shk_span id = shk_span_of("id", 2), none = shk_span_of(NULL, 0);
    uint8_t long_id[33] = {0};
    (void)state;
    shk_session_cache_put(cache, id, shk_span_of("session", 7));
    shk_session_cache_put(cache, none, shk_span_of("other", 5));
    assert_int_equal(shk_session_cache_get(cache, none).len, 0);
    shk_session_cache_put(cache, shk_span_of(long_id, 33), shk_span_of("other", 5));
    assert_int_equal(shk_session_cache_get(cache, id).len, 7);
    shk_session_cache_remove(cache, shk_span_of("xx", 2));
    assert_int_equal(shk_session_cache_get(cache, shk_span_of("xx", 2)).len, 0);
    assert_int_equal(shk_session_cache_get(cache, id).len, 7);
    shk_session_cache_remove(cache, id);
    assert_int_equal(shk_session_cache_get(cache, id).len, 0);
    shk_session_cache_free(cache);
}

static void full_replay_guard_admits_nothing(void **state)
{
    uint8_t binder[32] = {0};
    shk_replay_guard *guard = shk_replay_guard_new(&shk_libc_allocator, 2);
    (void)state;
    for (uint8_t i = 0; i < 2; i++) {
        binder[0] = i;
        assert_true(shk_replay_guard_admit(guard, shk_span_of(binder, 32), 1000));
    }
    binder[0] = 2;
    assert_false(shk_replay_guard_admit(guard, shk_span_of(binder, 32), 21000));
    assert_true(shk_replay_guard_admit(guard, shk_span_of(binder, 32), 21001));
    shk_replay_guard_free(guard);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(session_stores_without_memory_are_not_created),
        cmocka_unit_test(replay_guard_refuses_a_short_binder),
        cmocka_unit_test(cache_keeps_no_session_without_a_valid_id),
        cmocka_unit_test(full_replay_guard_admits_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
