/* How the verdicts of a play are printed (play/play_report.h). */
#include "play/play_report.h"

#include <stdio.h>
#include <string.h>

#include "cli/verdict_json.h"
#include "drive/endpoint_kinds.h"
#include "shakedown/registry.h"

void shk_play_run_name(const shk_play_run *run, char *out)
{
    static const char *const roles[2] = {"client", "server"};
    const bool both = run->test->script != NULL && run->test->script->player == SHK_PLAYER_MIDDLE;
    snprintf(out, SHK_WORDS_SIZE, "%.400s%s%s%s", run->test->name, both ? " (as " : "",
             both ? roles[run->peer_side] : "", both ? ")" : "");
}

const char *shk_play_peer_version(const shk_play_peer *peer)
{
    const shk_endpoint_kind *kind =
        peer->kind != NULL ? peer->kind : shk_endpoint_kind_named(peer->stack);
    return kind != NULL && kind->library_version != NULL ? kind->library_version() : "";
}

void shk_play_clause_text(const shk_script *script, char *out)
{
    size_t used = (size_t)snprintf(out, SHK_WORDS_SIZE, "%.400s", script->clause);
    for (size_t i = 0; i < script->requirement_count && used < SHK_WORDS_SIZE; i++)
        used += (size_t)snprintf(out + used, SHK_WORDS_SIZE - used, "%s%s", used > 0 ? ", " : "",
                                 script->requirements[i]);
}

static void indent(const char *what, const char *text)
{
    if (text[0] != 0)
        printf("          %s: %s\n", what, text);
}

static void print_answer(const shk_script *script, const shk_play_outcome *o)
{
    char text[SHK_WHY_SIZE];
    if (o->is_answered) {
        shk_answer_text(o->answer, text);
        printf("  %s%s", text,
               o->answer.kind == SHK_ANSWER_REFUSED && o->answer.alert < 0
                   ? " (by an alert under keys that "
                     "are not ours)"
                   : "");
    }
    if (script == NULL)
        return;
    shk_expected_text(script, text);
    if (text[0] != 0)
        printf(" (expected %s)", text);
    else if (o->is_answered)
        printf(" (it expects nothing: the oracles alone judge)");
    char clause[SHK_WORDS_SIZE];
    shk_play_clause_text(script, clause);
    if (clause[0] != 0)
        printf("  [%s]", clause);
}

static void print_block(shk_span text, const char *head)
{
    if (text.len > 0)
        printf("%s%.*s%s", head, (int)text.len, (const char *)text.data,
               text.data[text.len - 1] == '\n' ? "" : "\n");
}

/* The script itself, each line of it indented. */
static void print_script(const shk_script *script)
{
    shk_buf text = shk_buf_growing(&shk_libc_allocator);
    if (script != NULL && shk_script_print(script, &text))
        for (size_t at = 0; at < text.len;) {
            const uint8_t *end = (const uint8_t *)memchr(text.data + at, '\n', text.len - at);
            const size_t len = end != NULL ? (size_t)(end - text.data) - at : text.len - at;
            printf("  | %.*s\n", (int)len, (const char *)text.data + at);
            at += len + 1;
        }
    shk_buf_free(&text);
}

static void print_text(const shk_play_run *run, const shk_play_outcome *o, bool verbose)
{
    const shk_script *script = run->test->script;
    char name[SHK_WORDS_SIZE];
    shk_play_run_name(run, name);
    printf("%-8s  %s", shk_play_verdict_name(o->verdict), name);
    print_answer(script, o);
    printf("\n");
    if (o->verdict != SHK_PLAY_PASSED) {
        indent("why", o->why);
        indent("known", o->known);
    }
    if ((o->verdict != SHK_PLAY_PASSED && o->verdict != SHK_PLAY_NOT_RUN) || verbose) {
        indent("peer", o->peer_words);
        indent("ours", o->own_words);
    }
    if (!verbose)
        return;
    print_script(script);
    print_block(shk_buf_span(&o->transcript), "");
    print_block(shk_buf_span(&o->said), "  output of the peer:\n");
}

static void print_parameters(shk_printer *p, const shk_endpoint_result *told)
{
    const struct {
        const char *field;
        const char *name;
    } rows[] = {
        {"version", told->version != 0 ? shk_version_name(told->version) : NULL},
        {"suite", told->suite != 0 ? shk_suite_name(told->suite) : NULL},
        {"group", told->group != 0 ? shk_group_name(told->group) : NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].name != NULL)
            shk_print_text(p, rows[i].field, shk_span_of_text(rows[i].name));
    shk_print_literal(p, "resumed", told->resumed ? "true" : "false");
}

static void print_script_json(shk_printer *p, const shk_script *script)
{
    char text[SHK_WHY_SIZE];
    shk_print_text(p, "title", shk_span_of_text(script->title));
    shk_expected_text(script, text);
    shk_print_text(p, "expected", shk_span_of_text(text));
    shk_print_text(p, "clause", shk_span_of_text(script->clause));
    shk_print_text(p, "bug", shk_span_of_text(script->bug));
    shk_print_begin(p, "requirements", true);
    for (size_t i = 0; i < script->requirement_count; i++)
        shk_print_text(p, NULL, shk_span_of_text(script->requirements[i]));
    shk_print_end(p, true);
}

static void print_json(const shk_play_run *run, const shk_play_outcome *o, bool verbose)
{
    static const char *const roles[2] = {"client", "server"};
    char text[SHK_WHY_SIZE] = "";
    shk_printer p = {
        .sink = shk_file_sink, .context = stdout, .style = SHK_JSON_LINE, .first = true};
    shk_print_begin(&p, NULL, false);
    shk_print_text(&p, "script", shk_span_of_text(run->test->name));
    shk_print_text(&p, "against", shk_span_of_text(run->peer->text));
    shk_print_text(&p, "as", shk_span_of_text(roles[run->peer_side]));
    shk_print_text(&p, "verdict", shk_span_of_text(shk_play_verdict_name(o->verdict)));
    if (o->is_answered) {
        shk_answer_text(o->answer, text);
        shk_print_text(&p, "answer", shk_span_of_text(text));
        print_parameters(&p, &o->told);
    }
    if (run->test->script != NULL)
        print_script_json(&p, run->test->script);
    shk_print_text(&p, "why", shk_span_of_text(o->why));
    shk_print_begin(&p, "alarms", true);
    for (size_t i = 0; i < o->alarms.count; i++)
        shk_print_text(&p, NULL,
                       shk_span_of_text(shk_oracle_rows[o->alarms.alarms[i].oracle].name));
    shk_print_end(&p, true);
    shk_print_text(&p, "known", shk_span_of_text(o->known));
    shk_print_text(&p, "peer_said", shk_span_of_text(o->peer_words));
    shk_print_text(&p, "ours_said", shk_span_of_text(o->own_words));
    shk_print_number(&p, "micros", (uint64_t)o->micros, 8, NULL);
    if (verbose) {
        shk_print_text(&p, "transcript", shk_buf_span(&o->transcript));
        shk_print_text(&p, "output", shk_buf_span(&o->said));
    }
    shk_print_end(&p, false);
    printf("\n");
}

void shk_play_print(const shk_play_run *run, const shk_play_outcome *outcome,
                    const shk_play_style *style)
{
    if (style->json)
        print_json(run, outcome, style->verbose);
    else
        print_text(run, outcome, style->verbose);
    fflush(stdout);
}

void shk_play_tally_add(shk_play_tally *tally, const shk_play_outcome *outcome)
{
    tally->verdicts[outcome->verdict]++;
    if (outcome->verdict == SHK_PLAY_FAILED && outcome->is_answered)
        tally->failed[outcome->answer.kind]++;
}

/* What the failed answered: one that accepts matters more than one with another alert. */
static void print_failed(const shk_play_tally *tally)
{
    size_t shown = 0;
    for (size_t i = 0; i < SHK_ANSWERS; i++) {
        char text[SHK_WHY_SIZE];
        if (tally->failed[i] == 0)
            continue;
        shk_answer_text((shk_peer_answer){(shk_answer)i, -1}, text);
        printf("%s%zu %s", shown++ > 0 ? ", " : " (", tally->failed[i], text);
    }
    printf("%s", shown > 0 ? ")" : "");
}

/* What can be done about the runs that say nothing of the peer. */
static void print_advice(const shk_play_peer *peer, const shk_play_tally *tally)
{
    if (tally->verdicts[SHK_PLAY_UNPLAYED] > 0)
        printf("unplayed: the handshake had not what the script alters, and says nothing of the "
               "peer; `ours:` has why\n");
    if (tally->verdicts[SHK_PLAY_NOT_RUN] > 0 &&
        (peer->type == SHK_PEER_COMMAND || peer->type == SHK_PEER_ADDRESS))
        printf("not run: --has SETTING=VALUE says what the peer has%s\n",
               peer->type == SHK_PEER_COMMAND ? ", and {SETTING} in its command line tells it"
                                              : "");
}

void shk_play_print_summary(const shk_play_peer *peer, const shk_play_tally *tally, size_t left_out,
                            int64_t micros, const shk_play_style *style)
{
    const char *version = shk_play_peer_version(peer);
    size_t total = 0;
    if (style->json)
        return;
    for (size_t i = 0; i < SHK_PLAY_VERDICTS; i++)
        total += tally->verdicts[i];
    printf("%zu run%s against %s%s%s%s", total, total == 1 ? "" : "s", peer->text,
           version[0] != 0 ? " (" : "", version, version[0] != 0 ? ")" : "");
    for (size_t i = 0, shown = 0; i < SHK_PLAY_VERDICTS; i++) {
        if (tally->verdicts[i] == 0)
            continue;
        printf("%s %zu %s", shown++ > 0 ? "," : ":", tally->verdicts[i],
               shk_play_verdict_name((shk_play_verdict)i));
        if (i == SHK_PLAY_FAILED)
            print_failed(tally);
    }
    if (left_out > 0)
        printf("; %zu left out, for a peer in the other role", left_out);
    printf("; %d.%02d s\n", (int)(micros / 1000000), (int)(micros / 10000 % 100));
    print_advice(peer, tally);
}
