/* The mutator of scripts: what it makes are scripts whose text is the same script, of all
 * operations. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "deviate/operation.h"
#include "mutate/script.h"

enum { ROUNDS = 3000, ROOM = 4096 };

static const char two[] = "player server\n"
                          "setup both tls=1.3\n"
                          "drop certificate_verify\n"
                          "set server_hello.cipher_suite = TLS_AES_256_GCM_SHA384\n";
static const char third[] = "player server\nsetup both tls=1.2\nsign with key other\n";

static size_t no_plain_mutation(uint8_t *data, size_t len, size_t cap)
{
    (void)data;
    (void)cap;
    return len;
}

static shk_mutator *new_mutator(void)
{
    shk_mutator *m = (shk_mutator *)calloc(1, sizeof *m);
    assert_non_null(m);
    m->plain = no_plain_mutation;
    return m;
}

static size_t encoded(const char *text, uint8_t out[ROOM])
{
    char why[SHK_WHY_SIZE] = "";
    shk_script *script;
    shk_buf bytes = shk_buf_over(out, ROOM);
    if (!shk_script_parse(shk_span_of_text(text), "test", &script, why))
        fail_msg("%s", why);
    assert_true(shk_script_encode(script, &bytes));
    shk_script_free(script);
    return bytes.len;
}

/* The script in its text form; NULL-terminated, owned by the caller. */
static char *text_of(shk_span bytes)
{
    shk_buf text = shk_buf_growing(&shk_libc_allocator);
    shk_script *script = shk_script_decode(bytes);
    assert_non_null(script);
    assert_true(shk_script_print(script, &text) &&
                shk_buf_append(&text, shk_span_of("", 1)) == SHK_OK);
    shk_script_free(script);
    return (char *)text.data;
}

static void what_is_made_reads_back_from_its_text(void **state)
{
    (void)state;
    shk_mutator *m = new_mutator();
    uint8_t bytes[ROOM], again[ROOM];
    size_t len = 0, kinds = 0;
    bool seen[SHK_OPERATIONS] = {false};
    for (unsigned i = 0; i < ROUNDS; i++) {
        if (i % 20 == 0)
            len = encoded(two, bytes);
        len = shk_mutate_script(m, bytes, len, sizeof bytes, i);
        assert_in_range(len, 1, sizeof bytes);
        char *text = text_of(shk_span_of(bytes, len));
        size_t of_text = encoded(text, again);
        char *back = text_of(shk_span_of(again, of_text));
        assert_string_equal(text, back);
        free(text);
        free(back);
        shk_script *script = shk_script_decode(shk_span_of(bytes, len));
        for (size_t k = 0; k < script->operation_count; k++)
            seen[script->operations[k].kind] = true;
        shk_script_free(script);
    }
    for (size_t k = 0; k < SHK_OPERATIONS; k++)
        kinds += seen[k];
    assert_int_equal(kinds, SHK_OPERATIONS);
    free(m);
}

static void from_nothing_come_scripts_of_every_player(void **state)
{
    (void)state;
    shk_mutator *m = new_mutator();
    size_t players[SHK_PLAYER_MIDDLE + 1] = {0};
    for (unsigned i = 0; i < 200; i++) {
        uint8_t bytes[ROOM];
        size_t len = shk_mutate_script(m, bytes, 0, sizeof bytes, i);
        shk_script *script = shk_script_decode(shk_span_of(bytes, len));
        players[script->player] += script->operation_count > 0;
        shk_script_free(script);
    }
    for (size_t i = 0; i <= SHK_PLAYER_MIDDLE; i++)
        assert_in_range(players[i], 20, 200);
    free(m);
}

static void crossing_has_operations_of_both_under_the_statements_of_either(void **state)
{
    (void)state;
    shk_mutator *m = new_mutator();
    uint8_t first[ROOM], second[ROOM], out[ROOM];
    size_t first_len = encoded(two, first), second_len = encoded(third, second);
    size_t ours = 0, theirs = 0;
    for (unsigned i = 0; i < 200; i++) {
        size_t len = shk_cross_scripts(m, shk_span_of(first, first_len),
                                       shk_span_of(second, second_len), out, sizeof out, i);
        char *text = text_of(shk_span_of(out, len));
        assert_non_null(strstr(text, "sign with key other"));
        assert_non_null(strstr(text, "drop certificate_verify"));
        ours += strstr(text, "tls=1.3") != NULL;
        theirs += strstr(text, "tls=1.2") != NULL;
        free(text);
    }
    assert_int_equal(ours + theirs, 200);
    assert_in_range(ours, 50, 150);
    free(m);
}

static void a_script_that_does_not_fit_is_left_to_plain_mutation(void **state)
{
    (void)state;
    shk_mutator *m = new_mutator();
    uint8_t bytes[ROOM];
    size_t len = encoded(two, bytes);
    uint8_t *exact = (uint8_t *)malloc(len);
    assert_non_null(exact);
    for (unsigned i = 0; i < 500; i++) {
        memcpy(exact, bytes, len);
        assert_in_range(shk_mutate_script(m, exact, len, len, i), 1, len);
    }
    free(exact);
    free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_made_reads_back_from_its_text),
        cmocka_unit_test(from_nothing_come_scripts_of_every_player),
        cmocka_unit_test(crossing_has_operations_of_both_under_the_statements_of_either),
        cmocka_unit_test(a_script_that_does_not_fit_is_left_to_plain_mutation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
