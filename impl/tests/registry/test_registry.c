/* Lookups beyond the ends of tables, and the message of a type in each version. */
#include "assertions.h"

#include <limits.h>

#include "shakedown/flow.h"

static void table_lookups_end_beyond_the_last_row(void **state)
{
    shk_flow_line line;
    (void)state;
    assert_true(shk_flow_line_at(0, &line));
    assert_false(shk_flow_line_at(SIZE_MAX, &line));
    assert_string_equal(shk_error(SHK_OK)->name, "OK");
    assert_non_null(shk_error((shk_status)INT_MAX)->name);
    assert_true(shk_is_grease(0x0a0a));
    assert_false(shk_is_grease(0x0a1a));
    assert_false(shk_is_grease(0x0b0b));
}

static void each_suite_is_found_by_its_value_and_no_other(void **state)
{
    size_t found = 0;
    (void)state;
    for (unsigned value = 0; value <= UINT16_MAX; value++) {
        const shk_suite_row *row = shk_suite_of((uint16_t)value);
        assert_true(row == NULL || row->value == value);
        found += row != NULL;
    }
    assert_int_equal(found, shk_suite_count);
}

static void message_type_is_identified_by_version(void **state)
{
    enum { NEW_SESSION_TICKET = 4, SERVER_KEY_EXCHANGE = 12, KEY_UPDATE = 24 };
    shk_span none = {NULL, 0};
    (void)state;
    assert_int_equal(shk_message_identify(KEY_UPDATE, SHK_TLS13, none), SHK_MSG_key_update);
    assert_int_equal(shk_message_identify(KEY_UPDATE, SHK_TLS12, none), SHK_MSG_COUNT);
    assert_int_equal(shk_message_identify(SERVER_KEY_EXCHANGE, SHK_TLS13, none), SHK_MSG_COUNT);
    assert_int_equal(shk_message_identify(NEW_SESSION_TICKET, SHK_TLS12, none),
                     SHK_MSG_new_session_ticket_12);
    assert_int_equal(shk_message_identify(NEW_SESSION_TICKET, SHK_TLS13, none),
                     SHK_MSG_new_session_ticket);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(table_lookups_end_beyond_the_last_row),
        cmocka_unit_test(each_suite_is_found_by_its_value_and_no_other),
        cmocka_unit_test(message_type_is_identified_by_version),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
