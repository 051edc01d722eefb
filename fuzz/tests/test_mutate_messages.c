/* The mutator of messages and of streams: what it makes is mostly well formed, never too long, and
 * repeatable. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "files.h"
#include "input_mutator.h"
#include "mutate/stream.h"

enum { ROUNDS = 2000, ROOM = 4096 };

/* A small ClientHello with one extension of a list: supported_groups x25519, secp256r1. */
static const uint8_t hello[] = {
    3, 3, /* legacy_version */
    0, 0,  0,    0, 0,    0, 0, 0,    0, 0,   0, 0, 0, 0, 0, 0,
    0, 0,  0,    0, 0,    0, 0, 0,    0, 0,   0, 0, 0, 0, 0, 0, /* random */
    0,                                                          /* legacy_session_id */
    0, 4,  0x13, 1, 0x13, 2,                                    /* cipher_suites */
    1, 0,                                                       /* legacy_compression_methods */
    0, 10,                                                      /* extensions */
    0, 10, 0,    6, 0,    4, 0, 0x1d, 0, 0x17};

static const shk_layout *hello_layout(void)
{
    return shk_message_rows[SHK_MSG_client_hello].layout;
}

static const shk_form *hello_form(void)
{
    return &shk_message_rows[SHK_MSG_client_hello].forms->forms[0];
}

static bool decodes(const shk_layout *layout, const shk_form *form, const shk_edited *body)
{
    shk_any message;
    return shk_decode(layout->shape, form, shk_span_of(body->data, body->len), &message, NULL) ==
           SHK_OK;
}

/* In place of libFuzzer's: one byte changes. */
static size_t change_a_byte(uint8_t *data, size_t len, size_t cap)
{
    if (len == 0 && cap > 0)
        data[len++] = 0;
    if (len > 0)
        data[len / 2] ^= 0x55;
    return len;
}

static shk_mutator *new_mutator(void)
{
    shk_mutator *m = (shk_mutator *)calloc(1, sizeof *m);
    assert_non_null(m);
    m->plain = change_a_byte;
    return m;
}

static void most_mutations_of_a_hello_still_decode(void **state)
{
    (void)state;
    shk_mutator *m = new_mutator();
    size_t good = 0, same = 0;
    for (unsigned i = 0; i < ROUNDS; i++) {
        uint8_t bytes[ROOM];
        shk_edited body = {bytes, sizeof hello, sizeof bytes};
        memcpy(bytes, hello, sizeof hello);
        m->chance.state = i;
        shk_mutate_message(m, hello_layout(), hello_form(), &body);
        good += decodes(hello_layout(), hello_form(), &body);
        same += body.len == sizeof hello && memcmp(bytes, hello, sizeof hello) == 0;
    }
    assert_in_range(good, ROUNDS * 6 / 10, ROUNDS * 97 / 100); /* some are wrong on purpose */
    assert_in_range(same, 0, ROUNDS / 10);
    free(m);
}

static void an_empty_body_becomes_a_message(void **state)
{
    (void)state;
    static const shk_message messages[] = {SHK_MSG_client_hello,         SHK_MSG_certificate,
                                           SHK_MSG_encrypted_extensions, SHK_MSG_new_session_ticket,
                                           SHK_MSG_certificate_request,  SHK_MSG_server_hello};
    shk_mutator *m = new_mutator();
    for (size_t i = 0; i < sizeof messages / sizeof messages[0]; i++) {
        const shk_message_row *row = &shk_message_rows[messages[i]];
        size_t good = 0;
        for (unsigned seed = 0; seed < 20; seed++) {
            uint8_t bytes[ROOM];
            shk_edited body = {bytes, 0, sizeof bytes};
            m->chance.state = seed;
            shk_repair_message(m, row->layout, &row->forms->forms[0], &body, 1000);
            good += decodes(row->layout, &row->forms->forms[0], &body);
        }
        assert_in_range(good, 1, 20);
    }
    free(m);
}

static bool has_extension(shk_span body, uint16_t type)
{
    for (size_t i = 0; i + 4 <= body.len; i++)
        if (shk_bytes_get(body.data + i, 2) == type && body.data[i + 2] == 0)
            return true;
    return false;
}

/* 0x3a3a stands in the second hello alone. */
static void crossing_brings_what_the_other_has(void **state)
{
    (void)state;
    shk_mutator *m = new_mutator();
    uint8_t other[sizeof hello];
    memcpy(other, hello, sizeof hello);
    shk_bytes_put(other + sizeof hello - 10, 2, 0x3a3a);
    size_t brought = 0, good = 0;
    for (unsigned i = 0; i < ROUNDS; i++) {
        uint8_t bytes[ROOM];
        shk_edited body = {bytes, sizeof hello, sizeof bytes};
        memcpy(bytes, hello, sizeof hello);
        m->chance.state = i;
        assert_true(shk_cross_message(m, hello_layout(), hello_form(), &body, hello_layout(),
                                      hello_form(), shk_span_of(other, sizeof other)));
        brought += has_extension(shk_span_of(bytes, body.len), 0x3a3a);
        good += decodes(hello_layout(), hello_form(), &body);
    }
    assert_in_range(brought, ROUNDS / 20, ROUNDS);
    assert_in_range(good, ROUNDS * 8 / 10, ROUNDS);
    free(m);
}

static void numbers_are_drawn_from_their_table(void **state)
{
    (void)state;
    shk_mutator *m = new_mutator();
    size_t named = 0;
    for (unsigned i = 0; i < ROUNDS; i++) {
        assert_non_null(
            shk_group_name(shk_value_of_table(&m->tables, &m->chance, shk_group_name, 2)));
        uint32_t drawn = shk_value_draw(&m->tables, &m->chance, shk_group_name, 2, 0x7777);
        named += shk_group_name(drawn) != NULL;
        assert_in_range(drawn, 0, UINT16_MAX);
    }
    assert_in_range(named, ROUNDS * 4 / 10, ROUNDS * 9 / 10);
    free(m);
}

/* Memory of exactly the room, so that a sanitizer sees one byte too many. */
static void mutate_in_room(shk_mutator *m, const shk_fuzz_target *target, shk_span seed, size_t cap,
                           unsigned number)
{
    uint8_t *data = (uint8_t *)malloc(cap + 1), *again = (uint8_t *)malloc(cap + 1);
    assert_true(data != NULL && again != NULL);
    if (seed.len > 0) {
        memcpy(data, seed.data, seed.len);
        memcpy(again, seed.data, seed.len);
    }
    size_t len = shk_mutate_input(m, target, data, seed.len, cap, number);
    assert_in_range(len, 0, cap);
    assert_int_equal(shk_mutate_input(m, target, again, seed.len, cap, number), len);
    assert_memory_equal(data, again, len);
    size_t crossed = shk_cross_inputs(m, target, seed, shk_span_of(again, len), data, cap, number);
    assert_in_range(crossed, 0, cap);
    free(data);
    free(again);
}

static void no_seed_of_any_target_outgrows_its_room_and_all_is_repeatable(void **state)
{
    (void)state;
    shk_mutator *m = new_mutator();
    for (size_t i = 0; i < shk_fuzz_target_count(); i++) {
        char name[SHK_FUZZ_NAME_MAX], folder[512];
        shk_fuzz_target target;
        shk_files seeds = {NULL, 0};
        shk_fuzz_target_name(i, name);
        assert_true(shk_fuzz_target_open(&target, name));
        snprintf(folder, sizeof folder, SHK_SOURCE_DIR "/corpora/seeds/%s", name);
        assert_true(shk_files_add(&seeds, folder) && seeds.count > 0);
        for (size_t k = 0; k < seeds.count; k++) {
            shk_span seed;
            assert_true(shk_file_read(seeds.paths[k], &seed));
            for (unsigned number = 0; number < 64; number++)
                mutate_in_room(m, &target, seed, seed.len + number % 40, number);
            free((void *)seed.data);
        }
        shk_files_free(&seeds);
        shk_fuzz_target_close(&target);
    }
    free(m);
}

/* Two settings, then the hello in a record, and a ChangeCipherSpec. */
static size_t make_stream(uint8_t *out)
{
    static const uint8_t head[] = {7, 7, 22, 3, 1, 0, sizeof hello + 4, 1, 0, 0, sizeof hello};
    static const uint8_t tail[] = {20, 3, 3, 0, 1, 1};
    memcpy(out, head, sizeof head);
    memcpy(out + sizeof head, hello, sizeof hello);
    memcpy(out + sizeof head + sizeof hello, tail, sizeof tail);
    return sizeof head + sizeof hello + sizeof tail;
}

/* Whether it is records from its first byte to its last. */
static bool is_framed(shk_span stream)
{
    while (stream.len >= 5) {
        size_t len = 5 + shk_bytes_get(stream.data + 3, 2);
        if (len > stream.len)
            return false;
        stream = shk_span_of(stream.data + len, stream.len - len);
    }
    return stream.len == 0;
}

static void a_stream_stays_framed_and_its_settings_are_kept_apart(void **state)
{
    (void)state;
    shk_mutator *m = new_mutator();
    size_t framed = 0, moved = 0, longer = 0;
    for (unsigned i = 0; i < ROUNDS; i++) {
        uint8_t bytes[ROOM];
        size_t len = make_stream(bytes), was = len;
        len = shk_mutate_stream_input(m, 2, bytes, len, sizeof bytes, i);
        assert_in_range(len, 0, sizeof bytes);
        framed += len >= 2 && is_framed(shk_span_of(bytes + 2, len - 2));
        moved += len < 2 || bytes[0] != 7 || bytes[1] != 7;
        longer += len > was;
    }
    assert_in_range(framed, ROUNDS * 8 / 10, ROUNDS);
    assert_in_range(moved, 1, ROUNDS / 10);
    assert_in_range(longer, ROUNDS / 10, ROUNDS);
    free(m);
}

static void crossed_streams_stay_framed(void **state)
{
    (void)state;
    shk_mutator *m = new_mutator();
    uint8_t first[ROOM], out[ROOM];
    size_t len = make_stream(first);
    for (unsigned i = 0; i < ROUNDS; i++) {
        shk_span both = shk_span_of(first, len);
        size_t made = shk_cross_stream_inputs(m, 2, both, both, out, i % 2 ? sizeof out : len, i);
        assert_in_range(made, 0, i % 2 ? sizeof out : len);
        assert_true(made == 0 || is_framed(shk_span_of(out + 2, made - 2)));
    }
    free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(most_mutations_of_a_hello_still_decode),
        cmocka_unit_test(an_empty_body_becomes_a_message),
        cmocka_unit_test(crossing_brings_what_the_other_has),
        cmocka_unit_test(numbers_are_drawn_from_their_table),
        cmocka_unit_test(no_seed_of_any_target_outgrows_its_room_and_all_is_repeatable),
        cmocka_unit_test(a_stream_stays_framed_and_its_settings_are_kept_apart),
        cmocka_unit_test(crossed_streams_stay_framed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
