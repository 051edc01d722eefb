/* The verdicts of several peers side by side (play/compare.h). */
#include "play/compare.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/options.h"
#include "cli/verdict_json.h"
#include "play/known.h"
#include "shakedown/registry.h"

typedef struct {
    bool played;
    shk_play_verdict verdict;
    bool is_answered;
    shk_peer_answer answer;
    char text[SHK_WORDS_SIZE]; /* the answer, with what it is about */
    char reason[SHK_WORDS_SIZE];
} cell;

struct shk_compare {
    const shk_play_peer *peers;
    size_t count;
    const shk_play_cases *cases;
    size_t
        rows; /* two for each case, by the side of the peer; what no peer has played stays empty */
    cell *cells; /* of a row one behind the other */
    shk_play_run *runs;
};

typedef enum { SAME, OTHER_PARAMETERS, OTHER_ANSWERS } difference;

shk_compare *shk_compare_new(const shk_play_peer *peers, size_t count, const shk_play_cases *cases)
{
    shk_compare *c = (shk_compare *)calloc(1, sizeof *c);
    if (c == NULL)
        return NULL;
    c->peers = peers;
    c->count = count;
    c->cases = cases;
    c->rows = 2 * cases->count;
    c->cells = (cell *)calloc(c->rows * count + 1, sizeof *c->cells);
    c->runs = (shk_play_run *)calloc(c->rows + 1, sizeof *c->runs);
    if (c->cells != NULL && c->runs != NULL)
        return c;
    shk_compare_free(c);
    return NULL;
}

void shk_compare_free(shk_compare *c)
{
    if (c == NULL)
        return;
    free(c->cells);
    free(c->runs);
    free(c);
}

static const char *or_none(const char *name)
{
    return name != NULL ? name : "?";
}

/* An answer with its parameters, or with the message that it comes behind. */
static void describe(const shk_play_outcome *o, cell *out)
{
    char answer[SHK_WHY_SIZE];
    const shk_endpoint_result *r = &o->told;
    if (!o->is_answered) {
        snprintf(out->text, sizeof out->text, "%s: %.400s", shk_play_verdict_name(o->verdict),
                 o->why);
        return;
    }
    shk_answer_text(o->answer, answer);
    if (o->answer.kind == SHK_ANSWER_ACCEPTED)
        snprintf(out->text, sizeof out->text, "%s: %s, %s%s%s%s", answer,
                 or_none(shk_version_name(r->version)), or_none(shk_suite_name(r->suite)),
                 r->group != 0 ? ", " : "", r->group != 0 ? or_none(shk_group_name(r->group)) : "",
                 r->resumed ? ", resumed" : "");
    else
        snprintf(out->text, sizeof out->text, "%s%s%s", answer,
                 o->last_sent[0] != 0 ? " behind " : "", o->last_sent);
}

void shk_compare_add(shk_compare *c, size_t column, const shk_play_run *run,
                     const shk_play_outcome *o)
{
    const size_t row = 2 * (size_t)(run->test - c->cases->rows) + (size_t)run->peer_side;
    cell *out = &c->cells[row * c->count + column];
    c->runs[row] = *run;
    out->played = true;
    out->verdict = o->verdict;
    out->is_answered = o->is_answered && o->verdict != SHK_PLAY_UNPLAYED;
    out->answer = o->answer;
    describe(o, out);
    snprintf(out->reason, sizeof out->reason, "%s", o->known[0] != 0 ? o->known : o->why);
}

static const char *verdict_of(const cell *one)
{
    return one->played ? shk_play_verdict_name(one->verdict) : "left out";
}

static difference difference_of(const shk_compare *c, size_t row)
{
    const cell *first = NULL;
    difference found = SAME;
    for (size_t i = 0; i < c->count; i++) {
        const cell *one = &c->cells[row * c->count + i];
        if (!one->played || !one->is_answered)
            continue;
        if (first == NULL)
            first = one;
        else if (one->answer.kind != first->answer.kind ||
                 (one->answer.kind == SHK_ANSWER_REFUSED &&
                  one->answer.alert != first->answer.alert))
            return OTHER_ANSWERS;
        else if (one->answer.kind == SHK_ANSWER_ACCEPTED && strcmp(one->text, first->text) != 0)
            found = OTHER_PARAMETERS;
    }
    return found;
}

/* Whether all answers are expected ones: then the script itself leaves it open. */
static bool all_passed(const shk_compare *c, size_t row)
{
    bool all = true;
    for (size_t i = 0; i < c->count; i++) {
        const cell *one = &c->cells[row * c->count + i];
        all &= !one->played || one->verdict == SHK_PLAY_PASSED || one->verdict == SHK_PLAY_NOT_RUN;
    }
    return all;
}

static bool is_unexplained(const shk_compare *c, size_t row)
{
    for (size_t i = 0; i < c->count; i++) {
        const cell *one = &c->cells[row * c->count + i];
        if (one->played && one->verdict != SHK_PLAY_PASSED && one->verdict != SHK_PLAY_KNOWN &&
            one->verdict != SHK_PLAY_NOT_RUN)
            return true;
    }
    return false;
}

/* The reason of the row about differences that fits, which is then needed; all that fit are met. */
static const char *known_difference(shk_known *known, const char *name, difference how)
{
    const char *reason = NULL;
    for (size_t i = 0; i < known->count; i++) {
        shk_known_row *row = &known->rows[i];
        if (!shk_case_is_named(row->test, name))
            continue;
        row->met = true;
        row->needed |= how != SAME;
        if (how != SAME && reason == NULL)
            reason = row->reason;
    }
    return reason;
}

/* A row about a difference has its case and its reason alone. */
static bool are_of_cases(const shk_known *known, char *why)
{
    for (size_t i = 0; i < known->count; i++) {
        const shk_known_row *row = &known->rows[i];
        if (row->answer[0] == 0 && row->alarm[0] == 0 && row->against[0] == 0 &&
            row->since[0] == 0 && row->until[0] == 0)
            continue;
        snprintf(why, SHK_WHY_SIZE,
                 "%.120s, line %zu: a row about a difference has case and reason alone",
                 known->path, row->line);
        return false;
    }
    return true;
}

static void print_row(const shk_compare *c, size_t row, difference how, const char *known)
{
    static const char *const marks[] = {
        [SAME] = " ", [OTHER_PARAMETERS] = "~", [OTHER_ANSWERS] = "*"};
    const shk_script *script = c->runs[row].test->script;
    char name[SHK_WORDS_SIZE];
    char clause[SHK_WORDS_SIZE] = "";
    shk_play_run_name(&c->runs[row], name);
    if (script != NULL)
        shk_play_clause_text(script, clause);
    printf("%s %s  [%s]\n", marks[how], name, clause);
    for (size_t i = 0; i < c->count; i++) {
        const cell *one = &c->cells[row * c->count + i];
        const bool tells = one->played && one->verdict != SHK_PLAY_PASSED;
        printf("    %-8s  %-8s  %s\n", c->peers[i].text, verdict_of(one), one->text);
        if (tells && one->reason[0] != 0)
            printf("        %s\n", one->reason);
    }
    if (known != NULL)
        printf("    known: %s\n", known);
    else if (how == OTHER_ANSWERS && all_passed(c, row))
        printf("    each is as the script expects: the clause leaves it open\n");
}

static void print_json(const shk_compare *c, size_t row, difference how, const char *known)
{
    static const char *const names[] = {
        [SAME] = "same", [OTHER_PARAMETERS] = "parameters", [OTHER_ANSWERS] = "answers"};
    char text[SHK_WORDS_SIZE] = "";
    shk_printer p = {
        .sink = shk_file_sink, .context = stdout, .style = SHK_JSON_LINE, .first = true};
    shk_print_begin(&p, NULL, false);
    shk_play_run_name(&c->runs[row], text);
    shk_print_text(&p, "script", shk_span_of_text(text));
    shk_print_text(&p, "difference", shk_span_of_text(names[how]));
    if (c->runs[row].test->script != NULL)
        shk_play_clause_text(c->runs[row].test->script, text);
    shk_print_text(&p, "clause", shk_span_of_text(text));
    shk_print_text(&p, "known", shk_span_of_text(known != NULL ? known : ""));
    shk_print_begin(&p, "peers", false);
    for (size_t i = 0; i < c->count; i++) {
        const cell *one = &c->cells[row * c->count + i];
        shk_print_begin(&p, c->peers[i].text, false);
        shk_print_text(&p, "verdict", shk_span_of_text(verdict_of(one)));
        shk_print_text(&p, "answer", shk_span_of_text(one->text));
        shk_print_text(&p, "reason", shk_span_of_text(one->reason));
        shk_print_end(&p, false);
    }
    shk_print_end(&p, false);
    shk_print_end(&p, false);
    printf("\n");
}

static void tell_stale(const shk_known *known)
{
    for (size_t i = 0; i < known->count; i++)
        if (known->rows[i].met && !known->rows[i].needed)
            fprintf(stderr, "shakedown play: %s, line %zu: %s does not differ any more\n",
                    known->path, known->rows[i].line, known->rows[i].test);
}

int shk_compare_print(shk_compare *c, const char *folder, const shk_play_style *style)
{
    char path[PATH_MAX];
    char why[SHK_WHY_SIZE];
    shk_known known;
    size_t counts[3] = {0, 0, 0};
    int code = SHK_EXIT_GOOD;
    snprintf(path, sizeof path, "%s/differences.toml", folder);
    if (!shk_known_read(path, &known, why) || !are_of_cases(&known, why)) {
        shk_known_free(&known);
        return shk_cli_fail("play", SHK_EXIT_USAGE, "%s", why);
    }
    for (size_t row = 0; row < c->rows; row++) {
        if (c->runs[row].test == NULL)
            continue;
        const difference how = difference_of(c, row);
        const char *reason = known_difference(&known, c->runs[row].test->name, how);
        counts[how]++;
        if (is_unexplained(c, row) && reason == NULL)
            code = SHK_EXIT_FAILED;
        if (style->json)
            print_json(c, row, how, reason);
        else if (how != SAME || style->verbose || is_unexplained(c, row))
            print_row(c, row, how, reason);
    }
    if (!style->json)
        printf("%zu scripts: the same answer to %zu, other parameters (~) in %zu, other answers "
               "(*) to %zu\n",
               counts[SAME] + counts[OTHER_PARAMETERS] + counts[OTHER_ANSWERS], counts[SAME],
               counts[OTHER_PARAMETERS], counts[OTHER_ANSWERS]);
    tell_stale(&known);
    shk_known_free(&known);
    return code;
}
