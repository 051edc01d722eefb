/* `shakedown states` and `shakedown errors`: the tables, printed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli_commands.h"
#include "cli/options.h"
#include "shakedown/flow.h"
#include "shakedown/requirements.h"

static bool set_flag(void *context, const char *value, char *why)
{
    (void)value;
    (void)why;
    *(bool *)context = true;
    return true;
}

static void print_dot(void)
{
    shk_flow_line line;
    printf("digraph shakedown {\n  rankdir=TB;\n  node [shape=box, fontname=monospace];\n");
    for (size_t i = 0; shk_flow_line_at(i, &line); i++)
        printf("  %s -> %s [label=\"%s%s%s%s\"%s];\n", line.state, line.next,
               line.event[0] != 0 ? line.event : line.step,
               strcmp(line.condition, "always") != 0 ? " if " : "",
               strcmp(line.condition, "always") != 0 ? line.condition : "", "",
               line.event[0] != 0 ? "" : ", style=dashed");
    printf("}\n");
}

static void print_table(void)
{
    shk_flow_line line;
    printf("%-32s %-24s %-22s %-28s %s\n", "state", "message", "condition", "step", "next");
    for (size_t i = 0; shk_flow_line_at(i, &line); i++)
        printf("%-32s %-24s %-22s %-28s %s\n", line.state, line.event[0] != 0 ? line.event : "-",
               line.condition, line.step[0] != 0 ? line.step : "-", line.next);
}

int shk_cli_states(int argc, char **argv)
{
    bool dot = false;
    int first;
    const shk_cli_option options[] = {{"dot", NULL, "as a graph for graphviz", set_flag}};
    shk_cli_command command = {.name = "states",
                               .positional = "",
                               .help = "Prints what may come, or is sent, in each state.\n"
                                       "Exit: 0 good, 2 wrong use.\n"
                                       "Example: shakedown states --dot",
                               .options = options,
                               .option_count = 1,
                               .context = &dot};
    int code = shk_cli_parse(&command, argc, argv, &first);
    if (code >= 0)
        return code;
    if (first != argc)
        return shk_cli_fail("states", SHK_EXIT_USAGE, "'%s' is one argument too many", argv[first]);
    if (dot)
        print_dot();
    else
        print_table();
    return SHK_EXIT_GOOD;
}

/* How many unit tests provoke the row; prints their names if `names` is set. */
static unsigned tests_of(shk_status error, bool print)
{
    unsigned count = 0;
    for (size_t i = 0; i < shk_error_test_count; i++) {
        if (shk_error_tests[i].error != error)
            continue;
        count++;
        if (print)
            printf("%-28s   %s\n", "", shk_error_tests[i].test);
    }
    return count;
}

static void print_error(shk_status error, bool with_tests)
{
    const shk_error_row *row = shk_error(error);
    const char *alert = shk_alert_name(row->alert);
    printf("%-28s %5u  %-24s %-22s %s\n", row->name, tests_of(error, false),
           alert != NULL ? alert : "-", row->clause, row->text);
    for (unsigned i = 0; i < SHK_DEVIATION_COUNT; i++)
        if (shk_deviation_error((shk_deviation)i) == error)
            printf("%-28s   tolerated without --strict: %s\n", "",
                   shk_deviation_reason((shk_deviation)i));
    if (with_tests)
        tests_of(error, true);
}

int shk_cli_errors(int argc, char **argv)
{
    bool with_tests = false;
    int first;
    const shk_cli_option options[] = {{"tests", NULL, "also which tests these are", set_flag}};
    shk_cli_command command = {
        .name = "errors",
        .positional = "",
        .help =
            "Prints every error row: name, unit tests that provoke it, alert, RFC clause, text.\n"
            "Exit: 0 good, 2 wrong use.\n"
            "Example: shakedown errors --tests",
        .options = options,
        .option_count = 1,
        .context = &with_tests};
    int code = shk_cli_parse(&command, argc, argv, &first);
    if (code >= 0)
        return code;
    if (first != argc)
        return shk_cli_fail("errors", SHK_EXIT_USAGE, "'%s' is one argument too many", argv[first]);
    printf("%-28s %5s  %-24s %-22s %s\n", "row", "tests", "alert", "clause", "text");
    for (unsigned i = 1; i < SHK_STATUS_COUNT; i++)
        print_error((shk_status)i, with_tests);
    return SHK_EXIT_GOOD;
}
