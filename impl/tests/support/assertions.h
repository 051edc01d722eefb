/* What tests assert of failures, and cmocka as all of them use it. */
#ifndef SHK_TESTS_ASSERTIONS_H
#define SHK_TESTS_ASSERTIONS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "shakedown/conn.h"

/* Each test knows its name, so that it can note which error rows it provokes. */
int test_begin(void **state);
#undef cmocka_unit_test
#define cmocka_unit_test(f)                                                                        \
    {                                                                                              \
#f, f, test_begin, NULL, (void *)(__FILE__ ":" #f)                                         \
    }

/* Where the environment variable SHK_TEST names a test, it is run alone. */
#undef cmocka_run_group_tests
#define cmocka_run_group_tests(tests, setup, teardown)                                             \
    (cmocka_set_test_filter(getenv("SHK_TEST")),                                                   \
     _cmocka_run_group_tests(#tests, tests, sizeof(tests) / sizeof((tests)[0]), setup, teardown))

/* For numbers that are not negative. cmocka's own is deprecated from 2.0 on, in favour of names
 * that 1.1 lacks. */
#undef assert_in_range
#define assert_in_range(value, least, most)                                                        \
    assert_true((uintmax_t)(value) - (uintmax_t)(least) <= (uintmax_t)(most) - (uintmax_t)(least))

/* A call failed with this row of errors.def and no other. Where the environment variable
 * SHK_ERROR_TESTS names a file, "ROW FILE:FUNCTION" is appended to it (scripts/error-tests). */
#define assert_fails(status, row) test_assert_fails(NULL, status, row, __FILE__, __LINE__)
/* The same of one case of many; a row SHK_OK: it did not fail. */
#define assert_case_fails(name, status, row)                                                       \
    test_assert_fails(name, status, row, __FILE__, __LINE__)
void test_assert_fails(const char *name, shk_status status, shk_status row, const char *file,
                       int line);
/* The connection failed with the row, and sent the row's alert or none. */
#define assert_refused(name, conn, row) test_assert_refused(name, conn, row, __FILE__, __LINE__)
void test_assert_refused(const char *name, const shk_conn *conn, shk_status row, const char *file,
                         int line);

/* The running test depends on the system, so that its error rows are not noted: the table is the
 * same everywhere. */
void test_depends_on_system(void);

#endif
