/* Prints the ledger, as a table and as JSON (ledger/ledger.h). */
#include <inttypes.h>
#include <stdio.h>

#include "cli/verdict_json.h"
#include "ledger/ledger.h"

static const char *const sides[2] = {"client", "server"};

enum { FIGURE = 11, FIGURE_SIZE = 32 };

static char mark_of(unsigned marks)
{
    if ((marks & SHK_MARK_OVER) != 0)
        return '!';
    if ((marks & SHK_MARK_GROWING) != 0)
        return '^';
    return (marks & SHK_MARK_ABOVE) != 0 ? '+' : ' ';
}

/* "1,234,567", and its mark behind it. */
static void figure_text(int64_t value, unsigned marks, char out[FIGURE_SIZE])
{
    char digits[FIGURE_SIZE];
    size_t at = 0;
    const int len = snprintf(digits, sizeof digits, "%" PRId64, value);
    for (int i = 0; i < len; i++) {
        if (i > 0 && (len - i) % 3 == 0 && digits[i - 1] != '-')
            out[at++] = ',';
        out[at++] = digits[i];
    }
    out[at++] = mark_of(marks);
    out[at] = 0;
}

static void print_entry(const shk_play_peer *peer, const shk_ledger_entry *entry)
{
    char text[FIGURE_SIZE];
    printf("  %-8s", peer->text);
    if (!entry->is_measured) {
        printf(" not measured: %s\n", entry->answer);
        return;
    }
    figure_text(entry->received, 0, text);
    printf("%*s", FIGURE, text);
    for (size_t i = 0; i < SHK_TAKES; i++) {
        figure_text(entry->taken[i], entry->marks[i], text);
        printf("%*s", FIGURE, text);
    }
    figure_text(entry->left, 0, text);
    printf("%*s  %s\n", FIGURE, text, entry->answer);
}

static void print_head(int side)
{
    printf("\nThe %s as the victim: bytes, calls, microseconds\n  %-8s%*s", sides[side], "",
           FIGURE - 1, "sent to it");
    for (size_t i = 0; i < SHK_TAKES; i++)
        printf(" %*s", FIGURE - 1, shk_takes_name((shk_takes)i));
    printf(" %*s   %s\n", FIGURE - 1, "left", "and it");
}

/* How the figure compares: with the budget, or with the least that another end takes. */
static void print_note(const shk_ledger *ledger, const shk_ledger_row *row, size_t peer, size_t i)
{
    const shk_ledger_entry *entry = &row->entries[peer];
    char text[FIGURE_SIZE];
    size_t least = peer;
    for (size_t other = 0; other < ledger->peer_count; other++)
        if (row->entries[other].is_measured &&
            row->entries[other].taken[i] < row->entries[least].taken[i])
            least = other;
    figure_text(entry->taken[i], 0, text);
    printf("  %s, %s: %s takes %s %s", sides[row->side], row->name, ledger->peers[peer].text,
           shk_takes_name((shk_takes)i), text);
    if ((entry->marks[i] & SHK_MARK_OVER) != 0)
        printf("over its budget: %s\n", entry->over);
    else if ((entry->marks[i] & SHK_MARK_GROWING) != 0)
        printf("which grows faster than the input\n");
    else
        printf("where %s takes %" PRId64 "\n", ledger->peers[least].text,
               row->entries[least].taken[i]);
}

/* What stands out, the most telling first. */
static void print_notes(const shk_ledger *ledger)
{
    static const unsigned order[] = {SHK_MARK_OVER, SHK_MARK_GROWING, SHK_MARK_ABOVE};
    printf("\nWhat stands out: ! over the budget, ^ grows faster than the input, + several times "
           "what another takes\n");
    for (size_t mark = 0; mark < sizeof order / sizeof order[0]; mark++)
        for (size_t r = 0; r < ledger->row_count; r++)
            for (size_t peer = 0; peer < ledger->peer_count; peer++)
                for (size_t i = 0; i < SHK_TAKES; i++) {
                    const unsigned marks = ledger->rows[r].entries[peer].marks[i];
                    if ((marks & order[mark]) != 0 && (marks & (order[mark] - 1)) == 0)
                        print_note(ledger, &ledger->rows[r], peer, i);
                }
}

void shk_ledger_print(const shk_ledger *ledger)
{
    for (size_t r = 0; r < ledger->row_count; r++) {
        const shk_ledger_row *row = &ledger->rows[r];
        if (r == 0 || ledger->rows[r - 1].side != row->side)
            print_head(row->side);
        printf("%s: %s\n", row->name, row->test->script->title);
        for (size_t peer = 0; peer < ledger->peer_count; peer++)
            print_entry(&ledger->peers[peer], &row->entries[peer]);
    }
    print_notes(ledger);
}

/* Numbers may be below 0: blocks of others that an end has freed. */
static void print_number(shk_printer *p, const char *name, int64_t value)
{
    char text[FIGURE_SIZE];
    snprintf(text, sizeof text, "%" PRId64, value);
    shk_print_literal(p, name, text);
}

static void print_marks_json(shk_printer *p, const shk_ledger_entry *entry)
{
    static const char *const marks[] = {"over", "growing", "above"};
    shk_print_begin(p, "stands_out", true);
    for (size_t i = 0; i < SHK_TAKES; i++)
        for (size_t mark = 0; mark < sizeof marks / sizeof marks[0]; mark++)
            if ((entry->marks[i] & 1U << mark) != 0) {
                shk_print_begin(p, NULL, false);
                shk_print_text(p, "figure", shk_span_of_text(shk_takes_name((shk_takes)i)));
                shk_print_text(p, "how", shk_span_of_text(marks[mark]));
                shk_print_end(p, false);
            }
    shk_print_end(p, true);
}

static void print_entry_json(shk_printer *p, const char *peer, const shk_ledger_entry *entry)
{
    shk_print_begin(p, peer, false);
    shk_print_literal(p, "measured", entry->is_measured ? "true" : "false");
    shk_print_text(p, "answer", shk_span_of_text(entry->answer));
    if (entry->is_measured) {
        print_number(p, "received", entry->received);
        for (size_t i = 0; i < SHK_TAKES; i++)
            print_number(p, shk_takes_name((shk_takes)i), entry->taken[i]);
        print_number(p, "left", entry->left);
        print_marks_json(p, entry);
        shk_print_text(p, "over", shk_span_of_text(entry->over));
    }
    shk_print_end(p, false);
}

void shk_ledger_print_json(const shk_ledger *ledger)
{
    shk_printer p = {.sink = shk_file_sink, .context = stdout, .style = SHK_JSON, .first = true};
    shk_print_begin(&p, NULL, false);
    shk_print_begin(&p, "rows", true);
    for (size_t r = 0; r < ledger->row_count; r++) {
        const shk_ledger_row *row = &ledger->rows[r];
        shk_print_begin(&p, NULL, false);
        shk_print_text(&p, "name", shk_span_of_text(row->name));
        shk_print_text(&p, "victim", shk_span_of_text(sides[row->side]));
        shk_print_text(&p, "title", shk_span_of_text(row->test->script->title));
        for (size_t peer = 0; peer < ledger->peer_count; peer++)
            print_entry_json(&p, ledger->peers[peer].text, &row->entries[peer]);
        shk_print_end(&p, false);
    }
    shk_print_end(&p, true);
    shk_print_end(&p, false);
    printf("\n");
}
