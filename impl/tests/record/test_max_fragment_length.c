/* max_fragment_length (RFC 6066 §4): what it limits, and sessions that have one. */
#include "record_size_setup.h"
#include "session_setup.h"

#include <string.h>

static void max_fragment_length_limits_both_ends_in_every_version(void **state)
{
    (void)state;
    for (size_t v = 0; v < VERSION_COUNT; v++) {
        for (uint16_t length = 512; length <= 4096; length = (uint16_t)(length * 2)) {
            test_setup setup;
            test_pair pair;
            setup_version(&setup, all_versions[v]);
            setup.client.max_fragment_length = length;
            test_pair_connect(&pair, &setup);
            assert_int_equal(shk_conn_info_of(pair.client).send_limit, length);
            assert_int_equal(shk_conn_info_of(pair.server).send_limit, length);
            assert_carried(pair.client, pair.server, length);
            assert_carried(pair.server, pair.client, length);
            test_pair_close_all(&pair, &setup);
        }
    }
}

/* RFC 6066 §4: the limit applies at once, to handshake messages and unprotected records too. */
static void max_fragment_length_limits_handshake_records(void **state)
{
    (void)state;
    for (size_t v = 0; v < VERSION_COUNT; v++) {
        test_setup setup;
        test_pair pair;
        size_t longest;
        bool protected = all_versions[v] >= SHK_TLS13;
        setup_version(&setup, all_versions[v]);
        setup.client.max_fragment_length = 512;
        test_pair_send_hello(&pair, &setup);
        assert_true(test_records_in(pair.server, protected ? SHK_APPLICATION_DATA : SHK_HANDSHAKE,
                                    &longest) > 1);
        assert_int_equal(longest, protected ? 512 + 1 + TAG : 512);
        test_pair_close_all(&pair, &setup);
    }
}

static void record_over_max_fragment_length_is_record_overflow(void **state)
{
    (void)state;
    for (size_t v = 0; v < VERSION_COUNT; v++) {
        test_setup setup;
        test_pair pair;
        setup_version(&setup, all_versions[v]);
        setup.client.max_fragment_length = 1024;
        test_pair_connect(&pair, &setup);
        assert_overflow(pair.client, pair.server, 1025);
        test_pair_close(&pair);
        test_pair_connect(&pair, &setup);
        assert_overflow(pair.server, pair.client, 1025);
        test_pair_close_all(&pair, &setup);
    }
}

/* RFC 6066 §4: "without decrypting the message": by its header, before its fragment arrives. */
static void record_too_long_for_max_fragment_length_is_refused_by_its_header(void **state)
{
    static const uint8_t longest[] = {23, 3, 3, 0x02, 0x18}; /* 512 + 8 of nonce + 16 of tag */
    static const uint8_t longer[] = {23, 3, 3, 0x02, 0x19};
    test_setup setup;
    test_pair pair;
    (void)state;
    setup_version(&setup, SHK_TLS12);
    setup.client.max_fragment_length = 512;
    test_pair_connect(&pair, &setup);
    assert_int_equal(shk_conn_feed(pair.client, longest, sizeof longest), SHK_OK);
    assert_fails(shk_conn_feed(pair.server, longer, sizeof longer), SHK_E_RECORD_OVERFLOW);
    test_pair_close_all(&pair, &setup);
}

static void max_fragment_length_other_than_requested_is_illegal_parameter(void **state)
{
    static const test_change changes[] = {
        {SHK_MSG_server_hello, 0, IN(max_fragment_length, 4), 1, "02"},
        {SHK_MSG_encrypted_extensions, 0, IN(max_fragment_length, 4), 1, "02"},
    };
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        test_setup setup;
        setup_version(&setup, i == 0 ? SHK_TLS12 : SHK_TLS13);
        setup.client.max_fragment_length = 512;
        assert_change_refused(&setup, &changes[i], false, SHK_E_FRAGMENT_LENGTH_ANSWER);
        test_setup_free(&setup);
    }
}

/* Both ends keep sessions by ticket; the first connection asks for 1024 bytes. */
static void first_of_two(test_setup *setup, uint16_t version, test_session *kept)
{
    static const shk_ticket_key key = {.name = {1}, .key = {2}};
    test_pair pair;
    setup_version(setup, version);
    setup->server.clock = setup->client.clock;
    setup->server.ticket_keys = &key;
    setup->server.ticket_key_count = 1;
    setup->client.session_sink = test_keep_session;
    setup->client.session_sink_context = kept;
    setup->client.max_fragment_length = 1024;
    test_pair_connect(&pair, setup);
    test_pair_close(&pair);
    assert_true(kept->len > 0);
    setup->client.session = shk_span_of(kept->bytes, kept->len);
}

static void resumed_session_keeps_max_fragment_length(void **state)
{
    (void)state;
    for (size_t v = 0; v < VERSION_COUNT; v++) {
        test_setup setup;
        test_pair pair;
        test_session kept = {.len = 0};
        first_of_two(&setup, all_versions[v], &kept);
        test_pair_connect(&pair, &setup);
        assert_true(shk_conn_info_of(pair.client).resumed);
        assert_carried(pair.client, pair.server, 1024);
        assert_carried(pair.server, pair.client, 1024);
        test_pair_close_all(&pair, &setup);
    }
}

/* RFC 6066 §4: it applies to resumptions, whether or not the server repeats it. */
static void resuming_server_may_omit_max_fragment_length(void **state)
{
    /* the extensions of ServerHello without it: extended_master_secret, renegotiation_info */
    static const test_change change = {SHK_MSG_server_hello, 0, 70, ALL,
                                       "00090017 0000 ff01000100"};
    test_setup setup;
    test_pair pair;
    test_session kept = {.len = 0};
    (void)state;
    first_of_two(&setup, SHK_TLS12, &kept);
    test_change_messages(&change);
    test_pair_connect(&pair, &setup);
    test_change_messages(NULL);
    assert_true(shk_conn_info_of(pair.client).resumed);
    assert_int_equal(shk_conn_info_of(pair.client).send_limit, 1024);
    test_pair_close_all(&pair, &setup);
}

static void client_does_not_resume_with_another_max_fragment_length(void **state)
{
    (void)state;
    for (size_t v = 0; v < VERSION_COUNT; v++) {
        test_setup setup;
        test_pair pair;
        test_session kept = {.len = 0};
        first_of_two(&setup, all_versions[v], &kept);
        setup.client.max_fragment_length = 2048;
        test_pair_connect(&pair, &setup);
        assert_false(shk_conn_info_of(pair.client).resumed);
        assert_int_equal(shk_conn_info_of(pair.server).send_limit, 2048);
        test_pair_close_all(&pair, &setup);
    }
}

static void server_does_not_resume_with_another_max_fragment_length(void **state)
{
    test_setup setup;
    test_pair pair;
    test_session kept = {.len = 0};
    (void)state;
    first_of_two(&setup, SHK_TLS12, &kept);
    setup.server.record_size_limit = 1000; /* which makes it ignore max_fragment_length */
    setup.client.record_size_limit = 1000;
    test_pair_connect(&pair, &setup);
    assert_false(shk_conn_info_of(pair.client).resumed);
    assert_int_equal(shk_conn_info_of(pair.server).send_limit, 1000);
    test_pair_close_all(&pair, &setup);
}

/* A second connection in which the client offers a session and has sent early data; the first asked
 * for `length`, the second for `later`, or where both are 0 for a record_size_limit. */
static void send_early(test_pair *pair, test_setup *setup, test_session *kept,
                       shk_replay_guard *guard, uint16_t length, uint16_t later)
{
    static const uint8_t data[3000] = {0};
    test_setup_tickets(setup, kept, SHK_TLS13);
    setup->client.early_data = true;
    setup->client.max_fragment_length = length;
    setup->server.max_early_data = MUCH_DATA;
    setup->server.replay_guard = guard;
    assert_false(test_resumes(setup));
    test_offer_session(setup, kept);
    setup->client.max_fragment_length = later;
    setup->client.record_size_limit = setup->server.record_size_limit = later == 0 ? 64 : 0;
    test_pair_start(pair, setup);
    assert_int_equal(shk_conn_write_early(pair->client, data, sizeof data), SHK_OK);
}

/* The rest of it, in which the server accepts the early data. */
static void finish_early(test_pair *pair, test_setup *setup, shk_replay_guard *guard)
{
    test_pair_pump(pair);
    assert_connected(pair);
    assert_true(shk_conn_info_of(pair->server).early_data);
    test_pair_close_all(pair, setup);
    shk_replay_guard_free(guard);
}

/* RFC 6066 §4: it belongs to the session that is resumed. */
static void early_data_uses_max_fragment_length_of_the_session(void **state)
{
    shk_replay_guard *guard = shk_replay_guard_new(&shk_libc_allocator, 16);
    test_setup setup;
    test_pair pair;
    test_session kept;
    size_t longest;
    (void)state;
    send_early(&pair, &setup, &kept, guard, 1024, 1024);
    assert_int_equal(test_records_in(pair.client, SHK_APPLICATION_DATA, &longest), 3);
    assert_int_equal(longest, 1024 + 1 + TAG);
    finish_early(&pair, &setup, guard);
}

/* RFC 8449 §4: early data is not protected by keys of the handshake that negotiates the limit. */
static void early_data_ignores_record_size_limit_not_yet_negotiated(void **state)
{
    shk_replay_guard *guard = shk_replay_guard_new(&shk_libc_allocator, 16);
    test_setup setup;
    test_pair pair;
    test_session kept;
    size_t longest;
    (void)state;
    send_early(&pair, &setup, &kept, guard, 0, 0);
    assert_int_equal(test_records_in(pair.client, SHK_APPLICATION_DATA, &longest), 1);
    finish_early(&pair, &setup, guard);
}

/* RFC 6066 §4: max_fragment_length does not apply before it is negotiated. */
static void early_data_ignores_max_fragment_length_not_yet_negotiated(void **state)
{
    shk_replay_guard *guard = shk_replay_guard_new(&shk_libc_allocator, 16);
    test_setup setup;
    test_pair pair;
    test_session kept;
    size_t longest;
    (void)state;
    send_early(&pair, &setup, &kept, guard, 0, 512);
    assert_int_equal(test_records_in(pair.client, SHK_APPLICATION_DATA, &longest), 1);
    finish_early(&pair, &setup, guard);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(max_fragment_length_limits_both_ends_in_every_version),
        cmocka_unit_test(max_fragment_length_limits_handshake_records),
        cmocka_unit_test(record_over_max_fragment_length_is_record_overflow),
        cmocka_unit_test(record_too_long_for_max_fragment_length_is_refused_by_its_header),
        cmocka_unit_test(max_fragment_length_other_than_requested_is_illegal_parameter),
        cmocka_unit_test(resumed_session_keeps_max_fragment_length),
        cmocka_unit_test(resuming_server_may_omit_max_fragment_length),
        cmocka_unit_test(client_does_not_resume_with_another_max_fragment_length),
        cmocka_unit_test(server_does_not_resume_with_another_max_fragment_length),
        cmocka_unit_test(early_data_uses_max_fragment_length_of_the_session),
        cmocka_unit_test(early_data_ignores_max_fragment_length_not_yet_negotiated),
        cmocka_unit_test(early_data_ignores_record_size_limit_not_yet_negotiated),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
