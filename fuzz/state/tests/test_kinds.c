/* Each kind of handshake completes over the toy, in both modes, and is what its name says
 * (state/kinds.h). */
#include "assertions.h"
#include "shakedown/errors.h"
#include "state/kinds.h"

static void assert_of_its_settings(const shk_state_kind *kind, const shk_conn_info *client,
                                   const shk_conn_info *server)
{
    const shk_state_settings *s = &kind->settings;
    bool uses_ticket = s->resumption != 0;
    assert_int_equal(client->resumed, uses_ticket);
    assert_int_equal(server->resumed, uses_ticket);
    assert_int_equal(server->early_data, s->early_data && !s->cookie); /* RFC 8446 §4.2.10 */
    assert_int_equal(client->ech_accepted, s->ech == 1);
    assert_int_equal(server->ech_accepted, s->ech == 1);
    assert_int_equal(client->retried,
                     s->cookie || (kind->is_13 && (s->groups == 1 || s->groups == 2)));
    assert_int_equal(server->peer_authenticated, s->client_auth != 0);
    assert_int_equal(client->raw_public_key, s->raw_keys);
    assert_int_equal(client->status_verified, s->stapling == 2);
    assert_int_equal(client->certificate_compressed, s->compression);
    if (kind->is_13)
        assert_int_equal(client->external_psk, s->psk != 0);
}

/* What the applications did beyond data has come about. */
static void assert_turns_done(const shk_state_kind *kind, const shk_conn_info *client,
                              const shk_conn_info *server)
{
    for (size_t i = 0; i < SHK_STATE_TURNS; i++) {
        if (kind->turns[i].action == SHK_ACTION_renegotiate)
            assert_int_equal(server->renegotiations, 1);
        if (kind->turns[i].action == SHK_ACTION_request_authentication)
            assert_int_equal(client->later_authentications, 1);
        if (kind->turns[i].action == SHK_ACTION_request_key_update)
            assert_true(server->key_updates_received == 1 && client->key_updates_received == 1);
    }
    assert_int_equal(server->peer_closed, 1);
}

static void run_all(shk_toy_mode mode)
{
    static shk_state_ends ends;
    assert_true(shk_state_ends_new(&ends, mode, &shk_libc_allocator));
    for (size_t i = 0; i < shk_state_kind_count; i++) {
        const shk_state_kind *kind = &shk_state_kinds[i];
        shk_buf seed = shk_buf_growing(&shk_libc_allocator);
        shk_state_result result;
        bool good = shk_state_kind_run(&ends, kind, true, &seed, &result);
        shk_buf_free(&seed);
        print_message("%s %s\n", kind->is_13 ? "1.3" : "1.2", kind->name);
        if (!good)
            fail_msg("client %s, server %s", shk_error(result.fault[0].status)->name,
                     shk_error(result.fault[1].status)->name);
        assert_of_its_settings(kind, &result.info[0], &result.info[1]);
        assert_turns_done(kind, &result.info[0], &result.info[1]);
    }
    shk_state_ends_free(&ends);
}

static void all_kinds_complete_over_the_permissive_toy(void **state)
{
    (void)state;
    run_all(SHK_TOY_PERMISSIVE);
}

static void all_kinds_complete_over_the_checking_toy(void **state)
{
    (void)state;
    run_all(SHK_TOY_CHECKING);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_kinds_complete_over_the_permissive_toy),
        cmocka_unit_test(all_kinds_complete_over_the_checking_toy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
