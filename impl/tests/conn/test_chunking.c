/* The output of an end depends on the bytes that it is fed, not on how they are cut: each kind of
 * handshake, and what may follow it, gives the same bytes in any chunks. */
#include "handshake_kinds.h"
#include "scripted_random.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "handshake/state/handshake.h"

enum { RANDOM_CUTS = 4, SIGNATURES = 16, DATA = 64 };

/* Some signatures are randomised; the first one of a message is used again for the same message. */
typedef struct {
    const shk_crypto *crypto;
    size_t count;
    struct {
        shk_buf message;
        uint8_t signature[SHK_MAX_SIGNATURE];
        size_t len;
    } made[SIGNATURES];
} kept_signatures;

static shk_status sign_once(void *context, const shk_credential *credential,
                            const shk_signature_scheme_row *scheme, shk_span message,
                            uint8_t *signature, size_t *len)
{
    kept_signatures *kept = (kept_signatures *)context;
    size_t i = 0;
    while (i < kept->count && !shk_span_equal(shk_buf_span(&kept->made[i].message), message))
        i++;
    assert_true(i < SIGNATURES);
    if (i == kept->count) {
        kept->made[i].message = shk_buf_growing(&shk_libc_allocator);
        SHK_TRY(shk_buf_append(&kept->made[i].message, message));
        SHK_TRY(kept->crypto->sign(credential->key, scheme, message, kept->made[i].signature,
                                   &kept->made[i].len));
        kept->count++;
    }
    memcpy(signature, kept->made[i].signature, kept->made[i].len);
    *len = kept->made[i].len;
    return SHK_OK;
}

static void use_signatures(kept_signatures *kept, test_setup *setup)
{
    memset(kept, 0, sizeof *kept);
    kept->crypto = setup->crypto;
    shk_config *ends[] = {&setup->client, &setup->server};
    for (size_t i = 0; i < 2; i++) {
        ends[i]->signer = sign_once;
        ends[i]->signer_context = kept;
    }
}

static void forget_signatures(kept_signatures *kept)
{
    for (size_t i = 0; i < kept->count; i++)
        shk_buf_free(&kept->made[i].message);
}

/* Of this run; SHK_SEED repeats one. */
static uint64_t seed_of_run(void)
{
    const char *given = getenv("SHK_SEED");
    uint64_t seed = given != NULL ? strtoull(given, NULL, 10) : (uint64_t)time(NULL);
    print_message("SHK_SEED=%llu\n", (unsigned long long)seed);
    return seed;
}

static void assert_same(const char *name, const shk_buf *whole, const shk_buf *cut)
{
    size_t at = 0;
    while (at < whole->len && at < cut->len && whole->data[at] == cut->data[at])
        at++;
    if (whole->len != cut->len || at < whole->len)
        fail_msg("%s: %zu bytes whole, %zu in pieces, the first that differs at %zu", name,
                 whole->len, cut->len, at);
}

static shk_buf moved_in_kind(test_kind_state *state, test_cut cut, uint64_t seed)
{
    shk_buf moved = shk_buf_growing(&shk_libc_allocator);
    shk_status ends[2];
    test_cut_output(cut, seed, &moved);
    if (!test_kind_run(state, ends))
        fail_msg("%s: %s, %s", state->kind->name, shk_error(ends[0])->name,
                 shk_error(ends[1])->name);
    test_cut_output(TEST_WHOLE, 0, NULL);
    return moved;
}

static void every_kind_of_handshake_is_the_same_in_any_chunks(void **state)
{
    uint64_t seed = seed_of_run();
    (void)state;
    for (size_t i = 0; i < test_kind_count; i++) {
        test_kind_state kind;
        kept_signatures kept;
        test_kind_new(&kind, &test_kinds[i]);
        use_signatures(&kept, &kind.setup);
        shk_buf whole = moved_in_kind(&kind, TEST_WHOLE, 0);
        for (unsigned run = 0; run <= RANDOM_CUTS; run++) {
            shk_buf cut = moved_in_kind(&kind, run == 0 ? TEST_BYTES : TEST_PIECES, seed + run);
            assert_same(test_kinds[i].name, &whole, &cut);
            shk_buf_free(&cut);
        }
        shk_buf_free(&whole);
        forget_signatures(&kept);
        test_kind_free(&kind);
    }
}

/* What an end sends once it is connected, one letter for each step; all of it arrives at once. */
typedef struct {
    const char *name;
    uint16_t version;
    bool by_server;
    const char *script;
    shk_status expected; /* at the receiver */
} stream_case;

static void send_one(shk_conn *from, char letter)
{
    static const uint8_t data[] = "data";
    switch (letter) {
    case 'd':
        test_send_hex(from, SHK_APPLICATION_DATA, "64617461");
        break;
    case 'e': /* an empty record */
        test_send_hex(from, SHK_APPLICATION_DATA, "");
        break;
    case 'k':
        assert_int_equal(shk_conn_key_update(from, false), SHK_OK);
        break;
    case 'K':
        assert_int_equal(shk_conn_key_update(from, true), SHK_OK);
        break;
    case 'h':
        test_send_hex(from, SHK_HANDSHAKE, "00000000");
        break;
    case 'c':
        test_send_hex(from, SHK_ALERT_RECORD, "0100");
        break;
    case 'w':
        test_send_hex(from, SHK_ALERT_RECORD, "015a");
        break;
    case 'f':
        test_send_hex(from, SHK_ALERT_RECORD, "0228");
        break;
    case 'a':
        assert_int_equal(shk_conn_request_authentication(from), SHK_OK);
        break;
    case 'r':
        assert_int_equal(shk_conn_renegotiate(from), SHK_OK);
        break;
    default: /* a record that does not decrypt */
        assert_int_equal(shk_conn_write(from, data, sizeof data), SHK_OK);
        from->out.data[from->out.len - 1] ^= 1;
    }
}

/* Answers, application data, and the failure. */
static shk_buf moved_in_stream(const stream_case *c, const test_setup *setup, test_cut cut,
                               uint64_t seed)
{
    shk_buf moved = shk_buf_growing(&shk_libc_allocator);
    uint64_t seeds[2] = {1, 2};
    shk_random random[2] = {counting(&seeds[0]), counting(&seeds[1])};
    uint8_t data[DATA];
    test_pair pair;
    assert_int_equal(shk_conn_new(&setup->client, &random[0], &pair.client), SHK_OK);
    assert_int_equal(shk_conn_new(&setup->server, &random[1], &pair.server), SHK_OK);
    test_pair_run(&pair);
    assert_connected(&pair);
    shk_conn *from = c->by_server ? pair.server : pair.client;
    shk_conn *to = c->by_server ? pair.client : pair.server;
    for (const char *letter = c->script; *letter != 0; letter++)
        send_one(from, *letter);
    test_cut_output(cut, seed, &moved);
    assert_case_fails(c->name, test_move_output(from, to), c->expected);
    shk_buf_append(&moved, shk_span_of(data, shk_conn_read(to, data, sizeof data)));
    if (c->expected == SHK_OK && shk_conn_info_of(to).connected)
        shk_conn_write(to, (const uint8_t *)"pong", 4); /* which may have been closed */
    test_move_output(to, from);
    const shk_conn_failure *failure = shk_conn_failure_of(to);
    shk_buf_append(&moved, shk_span_of((const uint8_t *)&failure->alert_sent, sizeof(int)));
    test_cut_output(TEST_WHOLE, 0, NULL);
    test_pair_close(&pair);
    return moved;
}

static void post_handshake_messages_are_the_same_in_any_chunks(void **state)
{
    static const stream_case cases[] = {
        {"a request for KeyUpdate", SHK_TLS13, false, "K", SHK_OK},
        {"three requests", SHK_TLS13, false, "KKK", SHK_OK},
        {"requests among data", SHK_TLS13, true, "dKdKKd", SHK_OK},
        {"data, KeyUpdate and close_notify", SHK_TLS13, false, "dKkdc", SHK_OK},
        {"what follows close_notify", SHK_TLS13, false, "dcdKx", SHK_OK},
        {"what follows close_notify of TLS 1.2", SHK_TLS12, true, "dchdx", SHK_OK},
        {"too many requests", SHK_TLS13, false, "dKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKK",
         SHK_E_TOO_MANY_KEY_UPDATES},
        {"an alert among KeyUpdates", SHK_TLS13, true, "KwKf", SHK_E_PEER_ALERT},
        {"a broken record behind a request", SHK_TLS13, false, "KdK!", SHK_E_BAD_RECORD_MAC},
        {"a broken record of TLS 1.2", SHK_TLS12, false, "dw!d", SHK_E_BAD_RECORD_MAC},
        {"requests for a handshake", SHK_TLS12, true, "hdhwh", SHK_OK},
        {"a new handshake", SHK_TLS12, false, "dr", SHK_OK},
        {"a fatal alert behind data", SHK_TLS12, true, "dhf", SHK_E_PEER_ALERT},
        {"empty records", SHK_TLS13, false, "edeKed", SHK_OK},
        {"a request for the certificate", SHK_TLS13, true, "daKdK", SHK_OK},
    };
    uint64_t seed = seed_of_run();
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        test_setup setup;
        kept_signatures kept;
        test_setup_new(&setup, "p256");
        test_with_client_certificate(&setup, "client-p256");
        use_signatures(&kept, &setup);
        setup.client.max_version = cases[i].version;
        setup.client.post_handshake_auth = setup.server.post_handshake_auth = true;
        setup.client.renegotiation = setup.server.renegotiation =
            strchr(cases[i].script, 'r') != NULL;
        shk_buf whole = moved_in_stream(&cases[i], &setup, TEST_WHOLE, 0);
        for (unsigned run = 0; run <= RANDOM_CUTS; run++) {
            shk_buf cut =
                moved_in_stream(&cases[i], &setup, run == 0 ? TEST_BYTES : TEST_PIECES, seed + run);
            assert_same(cases[i].name, &whole, &cut);
            shk_buf_free(&cut);
        }
        shk_buf_free(&whole);
        forget_signatures(&kept);
        test_setup_free(&setup);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_of_handshake_is_the_same_in_any_chunks),
        cmocka_unit_test(post_handshake_messages_are_the_same_in_any_chunks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
