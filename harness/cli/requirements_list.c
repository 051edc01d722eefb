/* `shakedown requirements`: what the RFCs demand and how it is met, with counts by RFC and class.
 */
#include "shakedown/requirements.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "cli/cli_commands.h"
#include "cli/options.h"
#include "cli/verdict_json.h"

enum { MAX_RFCS = 32, RFC_SIZE = 8 };

typedef struct {
    const char *rfc; /* NULL: all */
    int class_;      /* -1: all */
    bool json;
} requirements_job;

typedef struct {
    char rfc[RFC_SIZE];
    unsigned by_class[SHK_REQUIREMENT_CLASSES];
} rfc_count;

/* Whether the row is of the RFC: its id starts with the number and a slash. */
static bool is_of(const shk_requirement *row, const char *rfc)
{
    size_t len = strlen(rfc);
    return strncmp(row->id, rfc, len) == 0 && row->id[len] == '/';
}

static bool set_rfc(void *context, const char *value, char *why)
{
    for (size_t i = 0; i < shk_requirement_count; i++)
        if (is_of(&shk_requirements[i], value)) {
            ((requirements_job *)context)->rfc = value;
            return true;
        }
    snprintf(why, SHK_WHY_SIZE, "no row is of RFC %s", value);
    return false;
}

static bool set_class(void *context, const char *value, char *why)
{
    for (int c = 0; c < SHK_REQUIREMENT_CLASSES; c++)
        if (strcasecmp(value, shk_requirement_class_name((shk_requirement_class)c)) == 0) {
            ((requirements_job *)context)->class_ = c;
            return true;
        }
    snprintf(why, SHK_WHY_SIZE, "'%s' is not CHECKED, KEPT, NOT_OURS or OPEN", value);
    return false;
}

static bool set_json(void *context, const char *value, char *why)
{
    (void)value;
    (void)why;
    ((requirements_job *)context)->json = true;
    return true;
}

static bool is_wanted(const requirements_job *job, const shk_requirement *row)
{
    return (job->rfc == NULL || is_of(row, job->rfc)) &&
           (job->class_ < 0 || job->class_ == (int)row->class_);
}

/* Counts the rows that the options select; returns the number of RFCs. */
static size_t count_rows(const requirements_job *job, rfc_count *counts)
{
    size_t rfcs = 0;
    memset(counts, 0, MAX_RFCS * sizeof *counts);
    for (size_t i = 0; i < shk_requirement_count; i++) {
        const shk_requirement *row = &shk_requirements[i];
        size_t at = 0;
        if (!is_wanted(job, row))
            continue;
        while (at < rfcs && !is_of(row, counts[at].rfc))
            at++;
        if (at == MAX_RFCS)
            break;
        if (at == rfcs)
            snprintf(counts[rfcs++].rfc, RFC_SIZE, "%.*s", (int)strcspn(row->id, "/"), row->id);
        counts[at].by_class[row->class_]++;
    }
    return rfcs;
}

static unsigned sum(const rfc_count *count)
{
    unsigned rows = 0;
    for (int c = 0; c < SHK_REQUIREMENT_CLASSES; c++)
        rows += count->by_class[c];
    return rows;
}

/* The sentence; under it the error rows or the reason, and each test on a line. */
static void print_row(const shk_requirement *row)
{
    const char *what = row->class_ == SHK_REQUIREMENT_CHECKED ? "refused with " : "";
    printf("%-18s %-8s  %s\n", row->id, shk_requirement_class_name(row->class_), row->text);
    if (row->note[0] != 0)
        printf("%-18s %-8s    %s%s\n", "", "", what, row->note);
    for (const char *test = row->tests; test[0] != 0;) {
        size_t len = strcspn(test, " ");
        printf("%-18s %-8s    %.*s\n", "", "", (int)len, test);
        test += len + strspn(test + len, " ");
    }
}

static void print_count(const char *name, const rfc_count *count)
{
    printf("%-5s%-13s %5u", name, count->rfc, sum(count));
    for (int c = 0; c < SHK_REQUIREMENT_CLASSES; c++)
        printf(" %8u", count->by_class[c]);
    printf("\n");
}

static void print_text(const requirements_job *job)
{
    rfc_count counts[MAX_RFCS];
    rfc_count total = {.rfc = ""};
    size_t rfcs = count_rows(job, counts);
    for (size_t i = 0; i < shk_requirement_count; i++)
        if (is_wanted(job, &shk_requirements[i]))
            print_row(&shk_requirements[i]);
    printf("\n%-18s %5s", "", "rows");
    for (int c = 0; c < SHK_REQUIREMENT_CLASSES; c++)
        printf(" %8s", shk_requirement_class_name((shk_requirement_class)c));
    printf("\n");
    for (size_t i = 0; i < rfcs; i++) {
        print_count("RFC", &counts[i]);
        for (int c = 0; c < SHK_REQUIREMENT_CLASSES; c++)
            total.by_class[c] += counts[i].by_class[c];
    }
    print_count("total", &total);
}

/* A list that is separated by spaces, as an array. */
static void print_list(shk_printer *p, const char *name, const char *list)
{
    shk_print_begin(p, name, true);
    while (*list != 0) {
        size_t len = strcspn(list, " ");
        shk_print_text(p, NULL, shk_span_of((const uint8_t *)list, len));
        list += len + strspn(list + len, " ");
    }
    shk_print_end(p, true);
}

static void print_row_json(shk_printer *p, const shk_requirement *row)
{
    const char *class_name = shk_requirement_class_name(row->class_);
    bool checked = row->class_ == SHK_REQUIREMENT_CHECKED;
    shk_print_begin(p, NULL, false);
    shk_print_text(p, "id", shk_span_of_text(row->id));
    shk_print_text(p, "text", shk_span_of_text(row->text));
    shk_print_text(p, "class", shk_span_of_text(class_name));
    print_list(p, "errors", checked ? row->note : "");
    shk_print_text(p, "note", shk_span_of_text(checked ? "" : row->note));
    print_list(p, "tests", row->tests);
    shk_print_end(p, false);
}

static void print_count_json(shk_printer *p, const rfc_count *count)
{
    shk_print_begin(p, NULL, false);
    shk_print_text(p, "rfc", shk_span_of_text(count->rfc));
    shk_print_number(p, "rows", sum(count), 4, NULL);
    for (int c = 0; c < SHK_REQUIREMENT_CLASSES; c++)
        shk_print_number(p, shk_requirement_class_name((shk_requirement_class)c),
                         count->by_class[c], 4, NULL);
    shk_print_end(p, false);
}

static void print_json(const requirements_job *job)
{
    rfc_count counts[MAX_RFCS];
    size_t rfcs = count_rows(job, counts);
    shk_printer p = {.sink = shk_file_sink, .context = stdout, .style = SHK_JSON, .first = true};
    shk_print_begin(&p, NULL, false);
    shk_print_begin(&p, "requirements", true);
    for (size_t i = 0; i < shk_requirement_count; i++)
        if (is_wanted(job, &shk_requirements[i]))
            print_row_json(&p, &shk_requirements[i]);
    shk_print_end(&p, true);
    shk_print_begin(&p, "counts", true);
    for (size_t i = 0; i < rfcs; i++)
        print_count_json(&p, &counts[i]);
    shk_print_end(&p, true);
    shk_print_end(&p, false);
    printf("\n");
}

int shk_cli_requirements(int argc, char **argv)
{
    requirements_job job = {.rfc = NULL, .class_ = -1, .json = false};
    int first;
    static const shk_cli_option options[] = {
        {"rfc", "NUMBER", "the rows of one RFC", set_rfc},
        {"class", "CLASS", "the rows of one class: CHECKED, KEPT, NOT_OURS or OPEN", set_class},
        {"json", NULL, "as JSON", set_json},
    };
    const shk_cli_command command = {
        .name = "requirements",
        .positional = "",
        .help =
            "Prints what the RFCs demand: checked on receipt (by which error rows), kept by what\n"
            "is sent, not ours (why), or open (what is missing); the tests; and the counts.\n"
            "8446/4.1.3/2 is the second sentence with a MUST in section 4.1.3 of RFC 8446;\n"
            "FILE:FUNCTION/CASE is a test in impl/tests, harness/tests or interop/tests.\n"
            "Exit: 0 good, 2 wrong use.\n"
            "Example: shakedown requirements --rfc 8446 --class OPEN",
        .options = options,
        .option_count = sizeof options / sizeof options[0],
        .context = &job,
    };
    int code = shk_cli_parse(&command, argc, argv, &first);
    if (code >= 0)
        return code;
    if (first != argc)
        return shk_cli_fail("requirements", SHK_EXIT_USAGE, "'%s' is one argument too many",
                            argv[first]);
    if (job.json)
        print_json(&job);
    else
        print_text(&job);
    return SHK_EXIT_GOOD;
}
