/* What tests assert of failures (support/assertions.h). */
#include "assertions.h"

#include <stdio.h>

#include "conn_pair.h"
#include "message_changes.h"

static const char *running_test; /* FILE:FUNCTION; NULL: it does not count */

int test_begin(void **state)
{
    running_test = (const char *)*state;
    test_change_messages(NULL);
    test_cut_output(TEST_WHOLE, 0, NULL);
    return 0;
}

void test_depends_on_system(void)
{
    running_test = NULL;
}

static void note_hit(shk_status row)
{
    const char *path = getenv("SHK_ERROR_TESTS");
    if (path == NULL || running_test == NULL || row == SHK_OK)
        return;
    FILE *out = fopen(path, "a");
    assert_non_null(out);
    fprintf(out, "%s %s\n", shk_error(row)->name, running_test);
    fclose(out);
}

void test_assert_fails(const char *name, shk_status status, shk_status row, const char *file,
                       int line)
{
    if (status != row) {
        print_error("%s%sexpected %s, got %s\n", name != NULL ? name : "", name != NULL ? ": " : "",
                    shk_error(row)->name, shk_error(status)->name);
        _fail(file, line);
    }
    note_hit(row);
}

void test_assert_refused(const char *name, const shk_conn *conn, shk_status row, const char *file,
                         int line)
{
    const shk_conn_failure *failure = shk_conn_failure_of(conn);
    uint32_t alert = shk_error(row)->alert;
    test_assert_fails(name, failure->fault.status, row, file, line);
    if (failure->alert_sent != (alert == SHK_ALERT_NONE ? -1 : (int)alert)) {
        print_error("%s: alert %d was sent\n", shk_error(row)->name, failure->alert_sent);
        _fail(file, line);
    }
}
