/* How much a record holds: max_fragment_length (RFC 6066 §4), record_size_limit (RFC 8449), and
 * what we send at most. */
#include "handshake/state/conn_state.h"
#include "message_changes.h"
#include "scripted_random.h"
#include "session_setup.h"

#include <string.h>

enum { MANY = 20000, RECORD_HEADER = 5, TAG = 16 };

static const uint16_t versions[] = {SHK_TLS10, SHK_TLS11, SHK_TLS12, SHK_TLS13};
enum { VERSIONS = sizeof versions / sizeof versions[0] };

/* Both ends speak this version alone. */
static void setup_version(test_setup *setup, uint16_t version)
{
    test_setup_new(setup, "p256");
    setup->client.min_version = setup->server.min_version = version;
    setup->client.max_version = setup->server.max_version = version;
}

/* The byte that goes alone before other data, in TLS 1.0. */
static size_t split_of(const shk_conn *conn)
{
    return conn->info.version <= SHK_TLS10 ? 1 : 0;
}

/* Writes so much behind it; returns how many records that took. They stay in the output. */
static size_t records_of(shk_conn *conn, size_t len)
{
    static const uint8_t data[MANY + 1] = {0};
    size_t longest;
    assert_int_equal(shk_conn_write(conn, data, split_of(conn) + len), SHK_OK);
    return test_records_in(conn, SHK_APPLICATION_DATA, &longest) - split_of(conn);
}

static void carry(shk_conn *from, shk_conn *to, size_t content)
{
    static uint8_t got[MANY + 1];
    assert_int_equal(records_of(from, MANY), (MANY + content - 1) / content);
    assert_int_equal(test_move_output(from, to), SHK_OK);
    assert_int_equal(shk_conn_read(to, got, sizeof got), MANY + split_of(from));
}

static void max_fragment_length_limits_both_ends_in_every_version(void **state)
{
    (void)state;
    for (size_t v = 0; v < VERSIONS; v++) {
        for (uint16_t length = 512; length <= 4096; length = (uint16_t)(length * 2)) {
            test_setup setup;
            test_pair pair;
            setup_version(&setup, versions[v]);
            setup.client.max_fragment_length = length;
            test_pair_connect(&pair, &setup);
            assert_int_equal(shk_conn_info_of(pair.client)->send_limit, length);
            assert_int_equal(shk_conn_info_of(pair.server)->send_limit, length);
            carry(pair.client, pair.server, length);
            carry(pair.server, pair.client, length);
            test_pair_close(&pair);
            test_setup_free(&setup);
        }
    }
}

/* RFC 6066 §4: at once, handshake messages and what is not protected yet included. */
static void max_fragment_length_limits_the_handshake_too(void **state)
{
    (void)state;
    for (size_t v = 0; v < VERSIONS; v++) {
        test_setup setup;
        test_pair pair;
        size_t longest;
        bool protected = versions[v] >= SHK_TLS13;
        setup_version(&setup, versions[v]);
        setup.client.max_fragment_length = 512;
        test_pair_open(&pair, &setup);
        assert_int_equal(shk_conn_start(pair.client), SHK_OK);
        assert_int_equal(test_move_output(pair.client, pair.server), SHK_OK);
        assert_true(test_records_in(pair.server, protected ? SHK_APPLICATION_DATA : SHK_HANDSHAKE,
                                    &longest) > 1);
        assert_int_equal(longest, protected ? 512 + 1 + TAG : 512);
        test_pair_close(&pair);
        test_setup_free(&setup);
    }
}

/* The end forgets what was negotiated and sends more than the other takes. */
static void assert_overflow(shk_conn *from, shk_conn *to, size_t len)
{
    from->fragment_limit = 0;
    from->peer_size_limit = 0;
    assert_int_equal(records_of(from, len), 1);
    assert_fails(test_move_output(from, to), SHK_E_RECORD_OVERFLOW);
    assert_refused(NULL, to, SHK_E_RECORD_OVERFLOW);
}

static void more_than_max_fragment_length_is_record_overflow(void **state)
{
    (void)state;
    for (size_t v = 0; v < VERSIONS; v++) {
        test_setup setup;
        test_pair pair;
        setup_version(&setup, versions[v]);
        setup.client.max_fragment_length = 1024;
        test_pair_connect(&pair, &setup);
        assert_overflow(pair.client, pair.server, 1025);
        test_pair_close(&pair);
        test_pair_connect(&pair, &setup);
        assert_overflow(pair.server, pair.client, 1025);
        test_pair_close(&pair);
        test_setup_free(&setup);
    }
}

/* RFC 8449 §4: the limit is of TLSInnerPlaintext, so that padding counts. */
static void more_than_record_size_limit_by_padding_is_record_overflow(void **state)
{
    test_setup setup;
    test_pair pair;
    (void)state;
    setup_version(&setup, SHK_TLS13);
    setup.client.record_size_limit = 256;
    setup.server.record_size_limit = SHK_MAX_PLAINTEXT;
    setup.server.record_padding = 512;
    test_pair_connect(&pair, &setup);
    assert_int_equal(records_of(pair.server, 1), 1);
    assert_int_equal(test_move_output(pair.server, pair.client), SHK_OK);
    assert_overflow(pair.server, pair.client, 1);
    test_pair_close(&pair);
    test_setup_free(&setup);
}

/* RFC 6066 §4: "without decrypting the message"; by its header, before it has come. */
static void a_record_that_no_content_can_fill_is_refused_by_its_header(void **state)
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
    test_pair_close(&pair);
    test_setup_free(&setup);
}

static void client_refuses(const test_setup *setup, const test_change *change, shk_status expected)
{
    test_pair pair;
    test_change_messages(change);
    test_pair_open(&pair, setup);
    test_pair_run(&pair);
    test_change_messages(NULL);
    assert_refused(NULL, pair.client, expected);
    test_pair_close(&pair);
}

static void another_max_fragment_length_than_asked_for_is_illegal_parameter(void **state)
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
        client_refuses(&setup, &changes[i], SHK_E_FRAGMENT_LENGTH_ANSWER);
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

static void a_resumed_session_keeps_its_max_fragment_length(void **state)
{
    (void)state;
    for (size_t v = 0; v < VERSIONS; v++) {
        test_setup setup;
        test_pair pair;
        test_session kept = {.len = 0};
        first_of_two(&setup, versions[v], &kept);
        test_pair_connect(&pair, &setup);
        assert_true(shk_conn_info_of(pair.client)->resumed);
        carry(pair.client, pair.server, 1024);
        carry(pair.server, pair.client, 1024);
        test_pair_close(&pair);
        test_setup_free(&setup);
    }
}

/* RFC 6066 §4: it applies to resumptions, whether or not the server says so again. */
static void a_server_that_resumes_need_not_repeat_max_fragment_length(void **state)
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
    assert_true(shk_conn_info_of(pair.client)->resumed);
    assert_int_equal(shk_conn_info_of(pair.client)->send_limit, 1024);
    test_pair_close(&pair);
    test_setup_free(&setup);
}

static void a_session_of_another_max_fragment_length_is_not_resumed(void **state)
{
    (void)state;
    for (size_t v = 0; v < VERSIONS; v++) {
        test_setup setup;
        test_pair pair;
        test_session kept = {.len = 0};
        first_of_two(&setup, versions[v], &kept);
        setup.client.max_fragment_length = 2048;
        test_pair_connect(&pair, &setup);
        assert_false(shk_conn_info_of(pair.client)->resumed);
        assert_int_equal(shk_conn_info_of(pair.server)->send_limit, 2048);
        test_pair_close(&pair);
        test_setup_free(&setup);
    }
}

static void a_server_does_not_resume_a_session_of_another_max_fragment_length(void **state)
{
    test_setup setup;
    test_pair pair;
    test_session kept = {.len = 0};
    (void)state;
    first_of_two(&setup, SHK_TLS12, &kept);
    setup.server.record_size_limit = 1000; /* which makes it ignore max_fragment_length */
    setup.client.record_size_limit = 1000;
    test_pair_connect(&pair, &setup);
    assert_false(shk_conn_info_of(pair.client)->resumed);
    assert_int_equal(shk_conn_info_of(pair.server)->send_limit, 1000);
    test_pair_close(&pair);
    test_setup_free(&setup);
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
    setup->server.max_early_data = MANY;
    setup->server.replay_guard = guard;
    assert_false(test_resumes(setup));
    test_offer_session(setup, kept);
    setup->client.max_fragment_length = later;
    setup->client.record_size_limit = setup->server.record_size_limit = later == 0 ? 64 : 0;
    test_pair_open(pair, setup);
    assert_int_equal(shk_conn_start(pair->client), SHK_OK);
    assert_int_equal(shk_conn_write_early(pair->client, data, sizeof data), SHK_OK);
}

/* The rest of it, in which the server takes the early data. */
static void finish_early(test_pair *pair, test_setup *setup, shk_replay_guard *guard)
{
    test_pair_pump(pair);
    assert_connected(pair);
    assert_true(shk_conn_info_of(pair->server)->early_data);
    test_pair_close(pair);
    test_setup_free(setup);
    shk_replay_guard_free(guard);
}

/* RFC 6066 §4: it belongs to the session that is resumed. */
static void early_data_keeps_to_the_sessions_max_fragment_length(void **state)
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

/* RFC 8449 §4: its keys are not of the handshake that negotiates the limit. */
static void early_data_is_not_held_to_a_record_size_limit_that_comes_later(void **state)
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

/* RFC 6066 §4: nor is there a max_fragment_length before it was negotiated. */
static void early_data_is_not_held_to_a_max_fragment_length_that_comes_later(void **state)
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

static void record_size_limit_limits_each_end_by_the_other(void **state)
{
    (void)state;
    for (size_t v = 0; v < VERSIONS; v++) {
        test_setup setup;
        test_pair pair;
        uint16_t type = versions[v] >= SHK_TLS13 ? 1 : 0; /* counted with the content (§4) */
        setup_version(&setup, versions[v]);
        setup.client.record_size_limit = 64;
        setup.server.record_size_limit = 1000;
        test_pair_connect(&pair, &setup);
        assert_int_equal(shk_conn_info_of(pair.client)->send_limit, 1000 - type);
        assert_int_equal(shk_conn_info_of(pair.server)->send_limit, 64 - type);
        carry(pair.client, pair.server, 1000u - type);
        carry(pair.server, pair.client, 64u - type);
        test_pair_close(&pair);
        test_setup_free(&setup);
    }
}

/* RFC 8449 §4: the protected ones alone. */
static void record_size_limit_limits_protected_handshake_records(void **state)
{
    (void)state;
    for (size_t v = 0; v < VERSIONS; v++) {
        test_setup setup;
        test_pair pair;
        size_t longest;
        setup_version(&setup, versions[v]);
        setup.client.record_size_limit = 64;
        setup.server.record_size_limit = 64;
        test_pair_open(&pair, &setup);
        assert_int_equal(shk_conn_start(pair.client), SHK_OK);
        assert_int_equal(test_move_output(pair.client, pair.server), SHK_OK);
        if (versions[v] >= SHK_TLS13) {
            assert_true(test_records_in(pair.server, SHK_APPLICATION_DATA, &longest) > 10);
            assert_int_equal(longest, 64 + TAG);
        } else {
            assert_int_equal(test_records_in(pair.server, SHK_HANDSHAKE, &longest), 1);
        }
        test_pair_close(&pair);
        test_setup_free(&setup);
    }
}

static void more_than_our_record_size_limit_is_record_overflow(void **state)
{
    (void)state;
    for (size_t v = 0; v < VERSIONS; v++) {
        test_setup setup;
        test_pair pair;
        size_t over = versions[v] >= SHK_TLS13 ? 100 : 101;
        setup_version(&setup, versions[v]);
        setup.client.record_size_limit = 100;
        setup.server.record_size_limit = 100;
        test_pair_connect(&pair, &setup);
        assert_overflow(pair.client, pair.server, over);
        test_pair_close(&pair);
        test_pair_connect(&pair, &setup);
        assert_overflow(pair.server, pair.client, over);
        test_pair_close(&pair);
        test_setup_free(&setup);
    }
}

static void padding_counts_towards_the_record_size_limit(void **state)
{
    test_setup setup;
    test_pair pair;
    (void)state;
    setup_version(&setup, SHK_TLS13);
    setup.client.record_size_limit = 100;
    setup.server.record_size_limit = 100;
    setup.client.record_padding = 128;
    test_pair_connect(&pair, &setup);
    assert_overflow(pair.client, pair.server, 10);
    test_pair_close(&pair);
    test_setup_free(&setup);
}

static void a_server_without_record_size_limit_does_not_answer_it(void **state)
{
    test_setup setup;
    test_pair pair;
    (void)state;
    setup_version(&setup, SHK_TLS13);
    setup.client.record_size_limit = 100;
    test_pair_connect(&pair, &setup);
    assert_int_equal(shk_conn_info_of(pair.server)->send_limit, 0);
    assert_int_equal(shk_conn_info_of(pair.client)->send_limit, 0);
    test_pair_close(&pair);
    test_setup_free(&setup);
}

/* RFC 8449 §5: where the client sends both, the server that knows both ignores the older one. */
static void record_size_limit_comes_before_max_fragment_length(void **state)
{
    (void)state;
    for (size_t v = 0; v < VERSIONS; v++) {
        test_setup setup;
        test_pair pair;
        setup_version(&setup, versions[v]);
        setup.client.max_fragment_length = 512;
        setup.client.record_size_limit = 2000;
        setup.server.record_size_limit = 2000;
        test_pair_connect(&pair, &setup);
        assert_true(shk_conn_info_of(pair.server)->send_limit > 512);
        assert_true(shk_conn_info_of(pair.client)->send_limit > 512);
        test_pair_close(&pair);
        setup.server.record_size_limit = 0;
        test_pair_connect(&pair, &setup);
        assert_int_equal(shk_conn_info_of(pair.server)->send_limit, 512);
        assert_int_equal(shk_conn_info_of(pair.client)->send_limit, 512);
        test_pair_close(&pair);
        test_setup_free(&setup);
    }
}

static void an_answer_to_both_is_illegal_parameter(void **state)
{
    static const test_change both = {SHK_MSG_encrypted_extensions, 0, 0, ALL,
                                     "000b 0001000101 001c00020200"};
    test_setup setup;
    (void)state;
    setup_version(&setup, SHK_TLS13);
    setup.client.max_fragment_length = 512;
    setup.client.record_size_limit = 2000;
    client_refuses(&setup, &both, SHK_E_RECORD_SIZE_LIMIT_TWICE);
    test_setup_free(&setup);
}

static void a_record_size_limit_below_64_in_the_answer_is_illegal_parameter(void **state)
{
    static const test_change low = {SHK_MSG_encrypted_extensions, 0, 0, ALL, "0006 001c0002003f"};
    test_setup setup;
    (void)state;
    setup_version(&setup, SHK_TLS13);
    setup.client.record_size_limit = 2000;
    client_refuses(&setup, &low, SHK_E_RECORD_SIZE_LIMIT);
    test_setup_free(&setup);
}

/* RFC 8449 §4: no end says more than its version has. */
static void record_size_limits_are_at_most_the_versions_largest_plaintext(void **state)
{
    (void)state;
    for (size_t v = 0; v < VERSIONS; v++) {
        test_setup setup;
        test_pair pair;
        setup_version(&setup, versions[v]);
        setup.client.record_size_limit = SHK_MAX_PLAINTEXT + 1;
        setup.server.record_size_limit = SHK_MAX_PLAINTEXT + 1;
        test_pair_connect(&pair, &setup);
        assert_int_equal(shk_conn_info_of(pair.client)->send_limit, SHK_MAX_PLAINTEXT);
        assert_int_equal(shk_conn_info_of(pair.server)->send_limit, SHK_MAX_PLAINTEXT);
        carry(pair.client, pair.server, SHK_MAX_PLAINTEXT);
        carry(pair.server, pair.client, SHK_MAX_PLAINTEXT);
        test_pair_close(&pair);
        test_setup_free(&setup);
    }
}

/* RFC 8449 §4: the client may know a later version, with larger records. */
static void a_client_may_take_more_than_a_version_has(void **state)
{
    static const test_change most = {SHK_MSG_client_hello, 0, IN(record_size_limit, 4), 2, "ffff"};
    test_setup setup;
    test_pair pair;
    (void)state;
    setup_version(&setup, SHK_TLS13);
    setup.client.record_size_limit = setup.server.record_size_limit = 1000;
    test_change_messages(&most);
    test_pair_connect(&pair, &setup);
    test_change_messages(NULL);
    assert_int_equal(shk_conn_info_of(pair.server)->send_limit, SHK_MAX_PLAINTEXT);
    test_pair_close(&pair);
    test_setup_free(&setup);
}

static void max_send_fragment_limits_what_an_end_sends(void **state)
{
    (void)state;
    for (size_t v = 0; v < VERSIONS; v++) {
        test_setup setup;
        test_pair pair;
        setup_version(&setup, versions[v]);
        setup.client.max_send_fragment = 1;
        setup.server.max_send_fragment = 700;
        test_pair_connect(&pair, &setup);
        assert_int_equal(shk_conn_info_of(pair.client)->send_limit, 0);
        carry(pair.client, pair.server, 1);
        carry(pair.server, pair.client, 700);
        test_pair_close(&pair);
        test_setup_free(&setup);
    }
}

/* RFC 8446 §5.1: alerts are not fragmented. */
static void alerts_stay_whole_however_small_the_records(void **state)
{
    test_setup setup;
    test_pair pair;
    (void)state;
    setup_version(&setup, SHK_TLS13);
    setup.client.max_send_fragment = 1;
    test_pair_connect(&pair, &setup);
    assert_int_equal(shk_conn_close(pair.client), SHK_OK);
    assert_int_equal(test_move_output(pair.client, pair.server), SHK_OK);
    assert_true(shk_conn_info_of(pair.server)->peer_closed);
    test_pair_close(&pair);
    test_setup_free(&setup);
}

/* A record that no plaintext within the limit can fill is refused by its header. */
static void long_records_of_tls_13_are_refused_by_their_header(void **state)
{
    static const struct {
        uint16_t fragment_length, size_limit;
        uint8_t longest[2]; /* the limit, the tag, and the type of a whole fragment */
    } cases[] = {{512, 0, {0x02, 0x11}}, {0, 500, {0x02, 0x04}}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        test_setup setup;
        test_pair pair;
        uint8_t header[] = {23, 3, 3, cases[i].longest[0], cases[i].longest[1]};
        setup_version(&setup, SHK_TLS13);
        setup.client.max_fragment_length = cases[i].fragment_length;
        setup.client.record_size_limit = setup.server.record_size_limit = cases[i].size_limit;
        test_pair_connect(&pair, &setup);
        assert_int_equal(shk_conn_feed(pair.client, header, sizeof header), SHK_OK);
        header[4]++;
        assert_fails(shk_conn_feed(pair.server, header, sizeof header), SHK_E_RECORD_OVERFLOW);
        assert_refused(NULL, pair.server, SHK_E_RECORD_OVERFLOW);
        test_pair_close(&pair);
        test_setup_free(&setup);
    }
}

static void sizes_that_no_rfc_knows_are_no_configuration(void **state)
{
    uint64_t seed = 1;
    shk_random random = counting(&seed);
    test_setup setup;
    shk_conn *conn = NULL;
    (void)state;
    test_setup_new(&setup, "p256");
    shk_config bad[] = {setup.client, setup.client, setup.client, setup.client, setup.client};
    bad[0].max_fragment_length = 1000;
    bad[1].record_size_limit = 63;
    bad[2].record_size_limit = SHK_MAX_PLAINTEXT + 2;
    bad[3].max_send_fragment = SHK_MAX_PLAINTEXT + 1;
    bad[4].record_padding = SHK_MAX_PLAINTEXT + 1;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_fails(shk_conn_new(&bad[i], &random, &conn), SHK_E_CONFIG);
    test_setup_free(&setup);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(max_fragment_length_limits_both_ends_in_every_version),
        cmocka_unit_test(max_fragment_length_limits_the_handshake_too),
        cmocka_unit_test(more_than_max_fragment_length_is_record_overflow),
        cmocka_unit_test(more_than_record_size_limit_by_padding_is_record_overflow),
        cmocka_unit_test(a_record_that_no_content_can_fill_is_refused_by_its_header),
        cmocka_unit_test(another_max_fragment_length_than_asked_for_is_illegal_parameter),
        cmocka_unit_test(a_resumed_session_keeps_its_max_fragment_length),
        cmocka_unit_test(a_server_that_resumes_need_not_repeat_max_fragment_length),
        cmocka_unit_test(a_session_of_another_max_fragment_length_is_not_resumed),
        cmocka_unit_test(a_server_does_not_resume_a_session_of_another_max_fragment_length),
        cmocka_unit_test(early_data_keeps_to_the_sessions_max_fragment_length),
        cmocka_unit_test(early_data_is_not_held_to_a_max_fragment_length_that_comes_later),
        cmocka_unit_test(early_data_is_not_held_to_a_record_size_limit_that_comes_later),
        cmocka_unit_test(record_size_limit_limits_each_end_by_the_other),
        cmocka_unit_test(record_size_limit_limits_protected_handshake_records),
        cmocka_unit_test(more_than_our_record_size_limit_is_record_overflow),
        cmocka_unit_test(padding_counts_towards_the_record_size_limit),
        cmocka_unit_test(a_server_without_record_size_limit_does_not_answer_it),
        cmocka_unit_test(record_size_limit_comes_before_max_fragment_length),
        cmocka_unit_test(an_answer_to_both_is_illegal_parameter),
        cmocka_unit_test(a_record_size_limit_below_64_in_the_answer_is_illegal_parameter),
        cmocka_unit_test(record_size_limits_are_at_most_the_versions_largest_plaintext),
        cmocka_unit_test(a_client_may_take_more_than_a_version_has),
        cmocka_unit_test(max_send_fragment_limits_what_an_end_sends),
        cmocka_unit_test(alerts_stay_whole_however_small_the_records),
        cmocka_unit_test(long_records_of_tls_13_are_refused_by_their_header),
        cmocka_unit_test(sizes_that_no_rfc_knows_are_no_configuration),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
