/* Measures the cases of the ledger, and marks what stands out (ledger/ledger.h). */
#include <stdio.h>
#include <string.h>

#include "deviate/answer.h"
#include "ledger/ledger.h"

/* Less than these above an honest handshake does not stand out. */
static const int64_t floors[SHK_TAKES] = {
    [SHK_TAKES_PEAK] = 65536,       [SHK_TAKES_KEPT] = 32768, [SHK_TAKES_OUTPUT] = 4096,
    [SHK_TAKES_ALLOCATIONS] = 2000, [SHK_TAKES_TIME] = 2000,
};
enum { TIMES_ABOVE = 4, TIMES_GROWING = 8 };

const shk_budget *shk_ledger_budget(const char *name)
{
    const shk_budget *own = shk_subject_budget(name, strcspn(name, "-"));
    return own != NULL ? own : shk_subject_budget("*", 1);
}

/* The figures of the first round count; of the time the least, since all else that the machine does
 * only adds to it. */
static void take_figures(const shk_meter *meter, bool first, shk_ledger_entry *entry)
{
    const int64_t time = meter->total.taken[SHK_TAKES_TIME];
    if (first) {
        memcpy(entry->taken, meter->total.taken, sizeof entry->taken);
        entry->received = meter->total.received;
        entry->left = meter->memory.live;
    }
    if (time < entry->taken[SHK_TAKES_TIME])
        entry->taken[SHK_TAKES_TIME] = time;
}

void shk_ledger_measure(const shk_play_options *options, unsigned rounds, const shk_play_peer *peer,
                        shk_ledger_row *row, shk_ledger_entry *entry)
{
    const shk_play_run run = {row->test, peer, row->side};
    memset(entry, 0, sizeof *entry);
    for (unsigned round = 0; round <= rounds; round++) {
        shk_play_outcome outcome;
        shk_play_outcome_begin(&outcome);
        shk_play_in_memory(&run, options, &outcome);
        entry->is_measured = outcome.is_answered && outcome.verdict != SHK_PLAY_UNPLAYED;
        if (entry->is_measured)
            shk_answer_text(outcome.answer, entry->answer);
        else
            snprintf(entry->answer, sizeof entry->answer, "%.250s", outcome.why);
        if (entry->is_measured && round > 0)
            take_figures(&outcome.meter, round == 1, entry);
        if (entry->over[0] == 0)
            snprintf(entry->over, sizeof entry->over, "%.250s", outcome.meter.why);
        shk_play_outcome_free(&outcome);
        if (!entry->is_measured)
            return;
    }
    if (entry->over[0] == 0)
        (void)shk_within_budget(shk_ledger_budget(row->name), entry->taken, entry->received,
                                entry->over);
}

static void mark_over(const shk_ledger_row *row, shk_ledger_entry *entry)
{
    const shk_budget *budget = shk_ledger_budget(row->name);
    for (size_t i = 0; i < SHK_TAKES; i++)
        if (entry->taken[i] > budget->may[i].fixed + budget->may[i].per_byte * entry->received)
            entry->marks[i] |= SHK_MARK_OVER;
}

static const shk_ledger_row *row_named(const shk_ledger *ledger, int side, const char *name,
                                       size_t len)
{
    for (size_t i = 0; i < ledger->row_count; i++) {
        const shk_ledger_row *row = &ledger->rows[i];
        if (row->side == side && strlen(row->name) == len && strncmp(row->name, name, len) == 0)
            return row;
    }
    return NULL;
}

/* What a case takes above an honest handshake, if that was measured. */
static int64_t surplus(const shk_ledger *ledger, const shk_ledger_row *row, size_t peer, size_t i)
{
    static const char *const honest[2] = {"server_hello-honest-13", "client_hello-honest-13"};
    const shk_ledger_row *base =
        row_named(ledger, row->side, honest[row->side], strlen(honest[row->side]));
    const int64_t least = base != NULL ? base->entries[peer].taken[i] : 0;
    return row->entries[peer].taken[i] > least ? row->entries[peer].taken[i] - least : 0;
}

static void mark_above(const shk_ledger *ledger, shk_ledger_row *row, size_t peer)
{
    for (size_t i = 0; i < SHK_TAKES; i++) {
        const int64_t own = surplus(ledger, row, peer, i);
        for (size_t other = 0; other < ledger->peer_count; other++)
            if (row->entries[other].is_measured && own >= floors[i] &&
                own > TIMES_ABOVE * surplus(ledger, row, other, i))
                row->entries[peer].marks[i] |= SHK_MARK_ABOVE;
    }
}

/* NAME-x4 has four times the input of NAME: of work this asks for four times as much. */
static void mark_growing(const shk_ledger *ledger, shk_ledger_row *row, size_t peer)
{
    static const char suffix[] = "-x4";
    const size_t len = strlen(row->name), behind = sizeof suffix - 1;
    if (len <= behind || strcmp(row->name + len - behind, suffix) != 0)
        return;
    const shk_ledger_row *small = row_named(ledger, row->side, row->name, len - behind);
    if (small == NULL || !small->entries[peer].is_measured)
        return;
    for (size_t i = SHK_TAKES_ALLOCATIONS; i < SHK_TAKES; i++) {
        const int64_t once = surplus(ledger, small, peer, i);
        const int64_t four_times = surplus(ledger, row, peer, i);
        if (once > 0 && four_times >= floors[i] && four_times > TIMES_GROWING * once)
            row->entries[peer].marks[i] |= SHK_MARK_GROWING;
    }
}

void shk_ledger_mark(shk_ledger *ledger)
{
    for (size_t r = 0; r < ledger->row_count; r++)
        for (size_t peer = 0; peer < ledger->peer_count; peer++) {
            shk_ledger_row *row = &ledger->rows[r];
            if (!row->entries[peer].is_measured)
                continue;
            mark_over(row, &row->entries[peer]);
            mark_above(ledger, row, peer);
            mark_growing(ledger, row, peer);
        }
}
