/* The figures of a process, and the end of one that loops. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "oracle/process_usage.h"
#include "oracle/watch.h"

static void a_process_is_told_with_its_memory_and_time(void **state)
{
    (void)state;
    enum { MORE = 32 << 20 };
    shk_process_usage before, with, after;
    assert_true(shk_process_usage_of(getpid(), &before));
    assert_true(before.resident > 0 && before.peak >= before.resident);
    char *volatile block = (char *)malloc(MORE);
    assert_non_null(block);
    memset(block, 1, MORE);
    assert_true(shk_process_usage_of(getpid(), &with));
    free(block);
    do
        assert_true(shk_process_usage_of(getpid(), &after));
    while (after.time_us == before.time_us);
    assert_true(with.resident - before.resident > MORE / 2);
    assert_true(after.peak > before.resident + MORE / 2);
}

static void a_process_that_is_not_there_is_not_told(void **state)
{
    (void)state;
    shk_process_usage usage;
    const pid_t child = fork();
    if (child == 0)
        _exit(0);
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_false(shk_process_usage_of(child, &usage));
}

/* A child that loops with a watch of one second on it; what it wrote to its standard error. */
static int loop_watched(char said[512])
{
    int ends[2], status = 0;
    assert_int_equal(pipe(ends), 0);
    const pid_t child = fork();
    if (child == 0) {
        dup2(ends[1], STDERR_FILENO);
        shk_watch("an earlier run", 1);
        shk_watch("server against openssl: loop.case", 0);
        for (volatile unsigned i = 0;; i++)
            continue;
    }
    close(ends[1]);
    size_t len = 0;
    ssize_t now;
    while ((now = read(ends[0], said + len, 511 - len)) > 0)
        len += (size_t)now;
    said[len] = 0;
    close(ends[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void a_run_that_loops_is_ended_by_name(void **state)
{
    (void)state;
    char said[512];
    assert_int_equal(loop_watched(said), 1);
    assert_non_null(strstr(said, "alarm of resources"));
    assert_non_null(strstr(said, "server against openssl: loop.case"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_process_is_told_with_its_memory_and_time),
        cmocka_unit_test(a_process_that_is_not_there_is_not_told),
        cmocka_unit_test(a_run_that_loops_is_ended_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
