/* The hooks of a deviating end (shakedown/deviation.h), each by itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "conn_pair.h"
#include "shakedown/deviation.h"

/* What a test tells its hooks, and what they have seen. */
typedef struct {
    shk_message message; /* that `edit` is for */
    bool empty;          /* nothing goes out in its place */
    uint8_t flip;        /* of the last byte of what goes out, and is hashed */
    bool restore;        /* of what is read: the last byte is flipped back */
    shk_status pardoned; /* this failure does not end it */
    unsigned records;    /* that have been seen */
    unsigned keys;       /* changes of keys */
    unsigned secrets[SHK_SECRETS];
    unsigned signatures;
    shk_status too_early; /* of shk_conn_next_keys, while nothing is protected */
    shk_status emitted;   /* of shk_conn_emit with other keys than there are */
} told;

static shk_status on_message(void *context, shk_conn *conn, shk_flight *flight, shk_message id,
                             const shk_form *form, shk_buf *hashed)
{
    told *t = (told *)context;
    (void)form;
    if (id == SHK_MSG_server_hello)
        t->too_early = shk_conn_next_keys(conn);
    if (id == t->message && t->empty) {
        hashed->len = 0;
        return SHK_OK;
    }
    if (id == t->message)
        hashed->data[hashed->len - 1] ^= t->flip;
    return shk_flight_append(flight, shk_buf_span(hashed));
}

static shk_status on_received(void *context, shk_message id, const shk_form *form, shk_buf *message)
{
    const told *t = (const told *)context;
    (void)form;
    if (id == t->message && t->restore)
        message->data[message->len - 1] ^= 1;
    if (id == t->message && t->empty)
        message->len = 3; /* less than a header */
    return SHK_OK;
}

static shk_status on_record(void *context, shk_conn *conn, uint8_t type, shk_span content,
                            bool *handled)
{
    told *t = (told *)context;
    t->records++;
    *handled = true;
    t->emitted = shk_conn_emit(conn, shk_conn_epochs(conn), type, 0, content);
    return shk_conn_emit(conn, SHK_EPOCH_CURRENT, type, 0, content);
}

static void on_keys_changed(void *context, shk_conn *conn)
{
    told *t = (told *)context;
    (void)conn;
    t->keys++;
}

static void on_secret(void *context, shk_secret_kind kind, uint8_t *secret, size_t *len, size_t cap)
{
    told *t = (told *)context;
    assert_non_null(secret);
    assert_true(*len <= cap);
    t->secrets[kind]++;
}

static shk_status on_sign(void *context, const shk_credential **credential,
                          const shk_signature_scheme_row **scheme, shk_buf *content)
{
    told *t = (told *)context;
    assert_non_null(*credential);
    assert_non_null(*scheme);
    assert_true(content->len > 0);
    t->signatures++;
    return SHK_OK;
}

static shk_status sign_over_nothing(void *context, const shk_credential **credential,
                                    const shk_signature_scheme_row **scheme, shk_buf *content)
{
    (void)context;
    (void)credential;
    (void)scheme;
    content->len = 1;
    return SHK_OK;
}

static bool on_go_on(void *context, shk_status failure)
{
    return failure == ((const told *)context)->pardoned;
}

static bool on_any_session(void *context)
{
    (void)context;
    return false;
}

/* Both ends of a version, the server with hooks. */
static void setup_with(test_setup *setup, uint16_t version, const shk_deviation_hooks *hooks)
{
    test_setup_new(setup, "p256");
    setup->client.min_version = setup->client.max_version = version;
    setup->server.min_version = setup->server.max_version = version;
    setup->server.hooks = hooks;
}

/* A set of hooks that are all NULL is an honest end. */
static void hooks_that_are_not_there_change_nothing(void **state)
{
    (void)state;
    const shk_deviation_hooks none = {.context = NULL};
    for (uint16_t version = SHK_TLS12; version <= SHK_TLS13; version++) {
        test_pair pair;
        test_setup setup;
        setup_with(&setup, version, &none);
        setup.client.hooks = &none;
        test_pair_connect(&pair, &setup);
        test_pair_close_all(&pair, &setup);
    }
}

static void all_hooks_are_called(void **state)
{
    (void)state;
    for (uint16_t version = SHK_TLS12; version <= SHK_TLS13; version++) {
        told t = {.message = SHK_MSG_COUNT, .pardoned = SHK_STATUS_COUNT};
        const shk_deviation_hooks hooks = {&t,        on_message,      on_received,
                                           on_record, on_keys_changed, on_secret,
                                           on_sign,   on_go_on,        on_any_session};
        test_pair pair;
        test_setup setup;
        setup_with(&setup, version, &hooks);
        test_pair_connect(&pair, &setup);
        const bool is_13 = version >= SHK_TLS13;
        assert_true(t.records > 1);
        assert_int_equal(t.emitted, SHK_E_CONFIG); /* an epoch that has not come */
        assert_int_equal(t.keys, is_13 ? 2 : 1);
        assert_int_equal(shk_conn_epochs(pair.server), is_13 ? 3 : 2);
        assert_int_equal(t.too_early, SHK_E_CONFIG);
        assert_int_equal(shk_conn_next_keys(pair.server), is_13 ? SHK_OK : SHK_E_CONFIG);
        t.keys -= is_13;
        assert_int_equal(t.signatures, 1);
        assert_int_equal(t.secrets[SHK_SECRET_SHARED], 1);
        assert_int_equal(t.secrets[SHK_SECRET_PREMASTER], is_13 ? 0 : 1);
        assert_int_equal(t.secrets[SHK_SECRET_MASTER], is_13 ? 0 : 1);
        assert_int_not_equal(shk_conn_feed_end(pair.server), SHK_OK);
        assert_int_equal(t.keys, is_13 ? 2 : 1); /* no keys are none */
        test_pair_close_all(&pair, &setup);
    }
}

/* That of DHE_PSK in ffdhe8192 with a PSK of 64 bytes (RFC 4279 §3). */
static void the_longest_premaster_secret_stays_whole(void **state)
{
    (void)state;
    static const uint8_t key[SHK_MAX_PSK] = {1, 2, 3};
    static const uint16_t ffdhe8192 = 0x0104;
    const shk_external_psk psk = {.identity = shk_span_of_text("a"),
                                  .key = shk_span_of(key, sizeof key)};
    for (int changes = 0; changes < 2; changes++) {
        told t = {.message = SHK_MSG_COUNT};
        const shk_deviation_hooks hooks = {.context = &t, .secret = changes ? on_secret : NULL};
        test_pair pair;
        test_setup setup;
        test_setup_for_suite(&setup, shk_suite_of(SHK_TLS_DHE_PSK_WITH_AES_128_GCM_SHA256));
        setup.client.psks = setup.server.psks = &psk;
        setup.client.groups = setup.server.groups = (shk_u16s){&ffdhe8192, 1};
        setup.server.hooks = &hooks;
        test_pair_connect(&pair, &setup);
        assert_int_equal(t.secrets[SHK_SECRET_PREMASTER], changes);
        test_pair_close_all(&pair, &setup);
    }
}

/* What goes out is what is hashed: a server that flips a bit of its EncryptedExtensions' length
 * would be refused as unreadable, one of its Finished by its check alone. */
static void an_edited_message_is_what_is_hashed(void **state)
{
    (void)state;
    told t = {.message = SHK_MSG_finished, .flip = 1};
    const shk_deviation_hooks hooks = {.context = &t, .message = on_message};
    test_pair pair;
    test_setup setup;
    setup_with(&setup, SHK_TLS13, &hooks);
    test_pair_open_and_run(&pair, &setup);
    assert_int_equal(shk_conn_failure_of(pair.client)->fault.status, SHK_E_BAD_FINISHED);
    test_pair_close_all(&pair, &setup);

    /* of the client, where the server reads it as it was meant: both then have the same hash */
    told reads = {.message = SHK_MSG_finished, .restore = true};
    const shk_deviation_hooks reading = {.context = &reads, .received = on_received};
    setup_with(&setup, SHK_TLS13, &reading);
    setup.client.hooks = &hooks;
    test_pair_connect(&pair, &setup);
    test_pair_close_all(&pair, &setup);
}

static void a_message_can_be_left_out(void **state)
{
    (void)state;
    told t = {.message = SHK_MSG_certificate_verify, .empty = true};
    const shk_deviation_hooks hooks = {.context = &t, .message = on_message};
    test_pair pair;
    test_setup setup;
    setup_with(&setup, SHK_TLS13, &hooks);
    test_pair_open_and_run(&pair, &setup);
    assert_int_equal(shk_conn_failure_of(pair.client)->fault.status, SHK_E_UNEXPECTED_MESSAGE);
    test_pair_close_all(&pair, &setup);
}

/* A failure by what the peer sends is the end, unless the hook pardons just this one. */
static void an_end_goes_on_after_a_failure_that_is_pardoned(void **state)
{
    (void)state;
    told edits = {.message = SHK_MSG_finished, .flip = 1};
    const shk_deviation_hooks editing = {.context = &edits, .message = on_message};
    for (int pardoned = 0; pardoned < 2; pardoned++) {
        told t = {.message = SHK_MSG_COUNT,
                  .pardoned = pardoned ? SHK_E_BAD_FINISHED : SHK_E_BAD_RECORD_MAC};
        const shk_deviation_hooks hooks = {.context = &t, .go_on = on_go_on};
        test_pair pair;
        test_setup setup;
        setup_with(&setup, SHK_TLS13, &hooks);
        setup.client.hooks = &editing;
        test_pair_open_and_run(&pair, &setup);
        assert_int_equal(shk_conn_failure_of(pair.server)->fault.status,
                         pardoned ? SHK_OK : SHK_E_BAD_FINISHED);
        assert_true(shk_conn_info_of(pair.server).connected == (pardoned != 0));
        test_pair_close_all(&pair, &setup);
    }
}

/* A signature that is wrong counts as right. */
static void a_wrong_signature_can_be_pardoned(void **state)
{
    (void)state;
    const shk_deviation_hooks signs = {.sign = sign_over_nothing};
    for (int pardoned = 0; pardoned < 2; pardoned++) {
        told t = {.message = SHK_MSG_COUNT,
                  .pardoned = pardoned ? SHK_E_BAD_SIGNATURE : SHK_E_BAD_FINISHED};
        const shk_deviation_hooks hooks = {&t, NULL, NULL, NULL, NULL, NULL, NULL, on_go_on, NULL};
        test_pair pair;
        test_setup setup;
        setup_with(&setup, SHK_TLS13, &signs);
        setup.client.hooks = &hooks;
        test_pair_open_and_run(&pair, &setup);
        assert_int_equal(shk_conn_failure_of(pair.client)->fault.status,
                         pardoned ? SHK_OK : SHK_E_BAD_SIGNATURE);
        test_pair_close_all(&pair, &setup);
    }
}

/* An unexpected message counts as not sent: here what follows a CertificateVerify that is left out.
 */
static void what_is_unexpected_can_be_pardoned(void **state)
{
    (void)state;
    told t = {.message = SHK_MSG_certificate_verify, .empty = true};
    told pardons = {.message = SHK_MSG_COUNT, .pardoned = SHK_E_UNEXPECTED_MESSAGE};
    const shk_deviation_hooks hooks = {.context = &t, .message = on_message};
    const shk_deviation_hooks client = {.context = &pardons, .go_on = on_go_on};
    test_pair pair;
    test_setup setup;
    setup_with(&setup, SHK_TLS13, &hooks);
    setup.client.hooks = &client;
    test_pair_open_and_run(&pair, &setup);
    assert_int_equal(shk_conn_failure_of(pair.client)->fault.status, SHK_OK);
    assert_false(shk_conn_info_of(pair.client).connected);
    test_pair_close_all(&pair, &setup);
}

static void a_message_shorter_than_its_header_is_no_message(void **state)
{
    (void)state;
    told t = {.message = SHK_MSG_finished, .empty = true};
    const shk_deviation_hooks hooks = {.context = &t, .received = on_received};
    test_pair pair;
    test_setup setup;
    setup_with(&setup, SHK_TLS13, &hooks);
    test_pair_open_and_run(&pair, &setup);
    assert_int_equal(shk_conn_failure_of(pair.server)->fault.status, SHK_E_CONFIG);
    test_pair_close_all(&pair, &setup);
}

/* A ClientHello that cannot be decoded goes out as it is; what it was made of counts as offered. */
static void a_client_hello_can_be_broken(void **state)
{
    (void)state;
    told t = {.message = SHK_MSG_client_hello, .flip = 0x80};
    const shk_deviation_hooks hooks = {.context = &t, .message = on_message};
    test_pair pair;
    test_setup setup;
    setup_with(&setup, SHK_TLS13, NULL);
    setup.client.hooks = &hooks;
    test_pair_open_and_run(&pair, &setup);
    assert_int_not_equal(shk_conn_failure_of(pair.server)->fault.status, SHK_OK);
    assert_int_equal(shk_conn_failure_of(pair.client)->fault.status, SHK_E_PEER_ALERT);
    test_pair_close_all(&pair, &setup);
}

static void a_client_hello_can_be_left_out(void **state)
{
    (void)state;
    told t = {.message = SHK_MSG_client_hello, .empty = true};
    const shk_deviation_hooks hooks = {.context = &t, .message = on_message};
    test_pair pair;
    test_setup setup;
    setup_with(&setup, SHK_TLS13, NULL);
    setup.client.hooks = &hooks;
    test_pair_open_and_run(&pair, &setup);
    assert_int_equal(shk_conn_output(pair.client).len, 0);
    assert_false(shk_conn_info_of(pair.client).connected);
    test_pair_close_all(&pair, &setup);
}

static void records_have_the_length_that_their_field_can_say(void **state)
{
    (void)state;
    test_pair pair;
    const shk_deviation_hooks hooks = {.context = NULL};
    test_setup setup;
    setup_with(&setup, SHK_TLS13, &hooks);
    test_pair_open(&pair, &setup);
    static const uint8_t content[UINT16_MAX];
    assert_int_equal(shk_conn_emit(pair.server, 0, SHK_HANDSHAKE, SHK_TLS12,
                                   shk_span_of(content, sizeof content)),
                     SHK_E_CONFIG);
    assert_int_equal(
        shk_conn_emit(pair.server, -3, SHK_HANDSHAKE, SHK_TLS12, shk_span_of(content, 1)),
        SHK_E_CONFIG);
    assert_int_equal(
        shk_conn_emit(pair.server, 0, SHK_HANDSHAKE, SHK_TLS12, shk_span_of(content, 60000)),
        SHK_OK);
    assert_int_equal(shk_conn_output(pair.server).len, 5 + 60000);
    test_pair_close_all(&pair, &setup);
}

/* Each but the last by a KeyUpdate, so that the client reads by the keys before the server's. */
static void the_previous_keys_are_those_before_after_any_number_of_changes(void **state)
{
    (void)state;
    enum { CHANGES = SHK_FORMER_EPOCHS + 2 };
    static const uint8_t key_update[] = {24, 0, 0, 1, 0};
    const shk_deviation_hooks hooks = {.context = NULL};
    const shk_span data = shk_span_of_text("data");
    uint8_t read[8];
    test_pair pair;
    test_setup setup;
    setup_with(&setup, SHK_TLS13, &hooks);
    test_pair_connect(&pair, &setup);
    const int epochs = shk_conn_epochs(pair.server);
    for (int i = 0; i < CHANGES; i++) {
        if (i < CHANGES - 1)
            assert_int_equal(shk_conn_emit(pair.server, SHK_EPOCH_CURRENT, SHK_HANDSHAKE, 0,
                                           shk_span_of(key_update, sizeof key_update)),
                             SHK_OK);
        assert_int_equal(test_move_output(pair.server, pair.client), SHK_OK);
        assert_int_equal(shk_conn_next_keys(pair.server), SHK_OK);
    }
    assert_int_equal(shk_conn_epochs(pair.server), epochs + CHANGES);
    const int oldest = epochs + CHANGES - 1 - SHK_FORMER_EPOCHS;
    assert_int_equal(shk_conn_emit(pair.server, oldest - 1, SHK_APPLICATION_DATA, 0, data),
                     SHK_E_CONFIG);
    assert_int_equal(shk_conn_emit(pair.server, SHK_EPOCH_PREVIOUS, SHK_APPLICATION_DATA, 0, data),
                     SHK_OK);
    assert_int_equal(test_move_output(pair.server, pair.client), SHK_OK);
    assert_int_equal(shk_conn_read(pair.client, read, sizeof read), data.len);
    assert_int_equal(shk_conn_emit(pair.server, oldest, SHK_APPLICATION_DATA, 0, data), SHK_OK);
    test_pair_close_all(&pair, &setup);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hooks_that_are_not_there_change_nothing),
        cmocka_unit_test(all_hooks_are_called),
        cmocka_unit_test(the_longest_premaster_secret_stays_whole),
        cmocka_unit_test(an_edited_message_is_what_is_hashed),
        cmocka_unit_test(a_message_can_be_left_out),
        cmocka_unit_test(an_end_goes_on_after_a_failure_that_is_pardoned),
        cmocka_unit_test(a_wrong_signature_can_be_pardoned),
        cmocka_unit_test(what_is_unexpected_can_be_pardoned),
        cmocka_unit_test(a_client_hello_can_be_left_out),
        cmocka_unit_test(a_message_shorter_than_its_header_is_no_message),
        cmocka_unit_test(a_client_hello_can_be_broken),
        cmocka_unit_test(the_previous_keys_are_those_before_after_any_number_of_changes),
        cmocka_unit_test(records_have_the_length_that_their_field_can_say),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
