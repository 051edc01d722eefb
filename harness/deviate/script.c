/* Scripts as text (deviate/script.h). */
#include "deviate/script.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "deviate/near.h"
#include "deviate/script_parts.h"
#include "endpoint/facts.h"
#include "shakedown/requirements.h"

static const char *const answer_names[SHK_ANSWERS] = {"accepted", "ignored", "refused", "closed",
                                                      "waiting"};
static const char *const player_names[] = {"client", "server", "middle"};
enum { PLAYERS = 3 };

static const char *const option_names[] = {
#define SHK_SETTING(option, ...) #option,
#define SHK_SETTING_OPTION(option, ...) #option,
#include "endpoint/settings.def"
};
enum { OPTIONS = sizeof option_names / sizeof option_names[0] };

/* What is done in a run, as `shakedown pair` has it. */
static const char *const run_option_names[] = {
    "chunk", "data", "key_updates", "post_handshake_auth", "renegotiate", "send_early"};
enum { RUN_OPTIONS = sizeof run_option_names / sizeof run_option_names[0] };

const char *shk_answer_name(shk_answer answer)
{
    return answer_names[answer];
}

const char *shk_player_role_name(shk_player_role role)
{
    return player_names[role];
}

static bool fail(const shk_script_reader *r, const char *word, const char *what, const char *near)
{
    snprintf(r->why, SHK_WHY_SIZE, "'%.60s' %s%s%s", word, what, near != NULL ? "; there is " : "",
             near != NULL ? near : "");
    return false;
}

/* Copies characters to the script's text, with a terminator. */
static const char *keep(const shk_script_reader *r, const char *text, size_t len)
{
    shk_buf *out = &r->script->text;
    size_t start = out->len;
    if (shk_buf_reserve(out, len + 1) != SHK_OK)
        return "";
    if (len > 0)
        memcpy(out->data + start, text, len);
    out->data[start + len] = 0;
    out->len += len + 1;
    return (const char *)out->data + start;
}

/* Takes the next word of the line: its length, and `*word` at it. 0: there is none. */
static size_t take_word(shk_script_reader *r, const char **word)
{
    while (*r->at == ' ')
        r->at++;
    *word = r->at;
    size_t len = 0;
    for (bool quoted = false; r->at[len] != 0 && (quoted || r->at[len] != ' '); len++)
        quoted = quoted != (r->at[len] == '"');
    r->at += len;
    return len;
}

static bool is_word(const char *word, size_t len, const char *other)
{
    return strlen(other) == len && memcmp(word, other, len) == 0;
}

static bool read_quoted(shk_script_reader *r, const char **out)
{
    const char *word = r->at;
    size_t len = strlen(word);
    if (len < 2 || word[0] != '"' || word[len - 1] != '"' || memchr(word + 1, '"', len - 2) != NULL)
        return fail(r, word, "is no text in quotes", NULL);
    *out = keep(r, word + 1, len - 2);
    return true;
}

static bool read_title(shk_script_reader *r)
{
    return read_quoted(r, &r->script->title);
}

static bool read_clause(shk_script_reader *r)
{
    return read_quoted(r, &r->script->clause);
}

static bool read_bug(shk_script_reader *r)
{
    r->script->bug = keep(r, r->at, strlen(r->at));
    return *r->at != 0 || fail(r, "bug", "wants the name of one", NULL);
}

static bool read_player(shk_script_reader *r)
{
    for (unsigned i = 0; i < PLAYERS; i++)
        if (strcmp(r->at, player_names[i]) == 0) {
            r->script->player = (shk_player_role)i;
            r->player_known = true;
            return true;
        }
    return fail(r, r->at, "is neither client, server nor middle", NULL);
}

/* "client", "server", "both", "run"; "own" and "peer" by who plays. 0: no such word. */
static unsigned whose_is(const shk_script_reader *r, const char *word, size_t len)
{
    unsigned own = r->script->player == SHK_PLAYER_SERVER ? SHK_OF_SERVER : SHK_OF_CLIENT;
    return is_word(word, len, "run")      ? SHK_OF_RUN
           : is_word(word, len, "client") ? (unsigned)SHK_OF_CLIENT
           : is_word(word, len, "server") ? SHK_OF_SERVER
           : is_word(word, len, "both")   ? SHK_OF_BOTH
           : is_word(word, len, "own")    ? own
           : is_word(word, len, "peer")   ? SHK_OF_BOTH - own
                                          : 0;
}

/* An option's name, with '_' as the table has it. */
static const char *option_named(const char *word, size_t len, const char *const *names,
                                size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const char *name = names[i];
        size_t at = 0;
        while (at < len && name[at] != 0 &&
               (name[at] == word[at] || (name[at] == '_' && word[at] == '-')))
            at++;
        if (at == len && name[at] == 0)
            return name;
    }
    return NULL;
}

static bool read_setting(shk_script_reader *r, const char *word, size_t len, unsigned whose,
                         bool second)
{
    shk_script *s = r->script;
    const char *equals = (const char *)memchr(word, '=', len);
    size_t name_len = equals != NULL ? (size_t)(equals - word) : len;
    const bool run = whose == SHK_OF_RUN;
    const char *const *names = run ? run_option_names : option_names;
    const size_t count = run ? RUN_OPTIONS : OPTIONS;
    const char *option = option_named(word, name_len, names, count);
    char name[64];
    snprintf(name, sizeof name, "%.*s", (int)name_len, word);
    if (option == NULL)
        return fail(r, name, run ? "is no option of a run" : "is no option of an end",
                    shk_nearest(name, strlen(name), names, count));
    if (s->setting_count == SHK_SCRIPT_SETTINGS)
        return fail(r, name, "is one setting too many", NULL);
    s->settings[s->setting_count++] = (shk_script_setting){
        whose, second, option,
        equals == NULL ? "yes" : keep(r, equals + 1, (size_t)(word + len - equals - 1))};
    return true;
}

static bool read_settings(shk_script_reader *r, bool second)
{
    const char *word;
    size_t len = take_word(r, &word);
    unsigned whose = whose_is(r, word, len);
    if (len == 0 && second)
        return true;
    if (whose == 0)
        return fail(r, word, "is neither client, server, both, own, peer nor run", NULL);
    while ((len = take_word(r, &word)) > 0)
        if (!read_setting(r, word, len, whose, second))
            return false;
    return true;
}

static bool read_setup(shk_script_reader *r)
{
    return read_settings(r, false);
}

static bool read_second(shk_script_reader *r)
{
    r->script->second = true;
    return read_settings(r, true);
}

static bool is_requirement(const char *word, size_t len)
{
    for (size_t i = 0; i < shk_requirement_count; i++)
        if (is_word(word, len, shk_requirements[i].id))
            return true;
    return false;
}

static bool read_requires(shk_script_reader *r)
{
    shk_script *s = r->script;
    const char *word;
    size_t len;
    while ((len = take_word(r, &word)) > 0) {
        if (!is_requirement(word, len))
            return fail(r, word, "is no row of the requirement table (shakedown requirements)",
                        NULL);
        if (s->requirement_count == SHK_SCRIPT_NAMES)
            return fail(r, word, "is one requirement too many", NULL);
        s->requirements[s->requirement_count++] = keep(r, word, len);
    }
    return s->requirement_count > 0 || fail(r, "requires", "wants the id of a row", NULL);
}

static bool read_alert(shk_script_reader *r, const char *word, size_t len, int *out)
{
    const char *near = NULL;
    char alert[64];
    uint32_t number;
    if (shk_alert_named(word, len, &number, &near)) {
        *out = (int)number;
        return true;
    }
    snprintf(alert, sizeof alert, "%.*s", (int)len, word);
    return fail(r, alert, "is no alert", near);
}

static bool read_answer(shk_script_reader *r, shk_expected_answer *out)
{
    const char *word;
    size_t len = take_word(r, &word);
    unsigned answer = 0;
    while (answer < SHK_ANSWERS && !is_word(word, len, answer_names[answer]))
        answer++;
    if (answer == SHK_ANSWERS)
        return fail(r, word, "is no answer", shk_nearest(word, len, answer_names, SHK_ANSWERS));
    *out = (shk_expected_answer){(shk_answer)answer, -1};
    const char *before = r->at;
    len = take_word(r, &word);
    if (answer == SHK_ANSWER_REFUSED && len > 0 && word[0] != '|')
        return read_alert(r, word, len, &out->alert);
    r->at = before;
    return true;
}

static bool read_expect(shk_script_reader *r)
{
    shk_script *s = r->script;
    const char *word;
    size_t len;
    do {
        if (s->expected_count == SHK_SCRIPT_ANSWERS)
            return fail(r, r->at, "is one answer too many", NULL);
        if (!read_answer(r, &s->expected[s->expected_count++]))
            return false;
    } while ((len = take_word(r, &word)) == 1 && word[0] == '|');
    return len == 0 || fail(r, word, "is not | and another answer", NULL);
}

static bool read_never(shk_script_reader *r)
{
    shk_script *s = r->script;
    shk_fact fact = shk_fact_named(r->at);
    const char *names[SHK_FACTS];
    for (size_t i = 0; i < SHK_FACTS; i++)
        names[i] = shk_fact_rows[i].name;
    if (fact == SHK_FACTS)
        return fail(r, r->at, "is no fact", shk_nearest(r->at, strlen(r->at), names, SHK_FACTS));
    if (s->never_count == SHK_SCRIPT_NAMES)
        return fail(r, r->at, "is one fact too many", NULL);
    s->never[s->never_count++] = fact;
    return true;
}

static const struct {
    const char *word;
    bool (*read)(shk_script_reader *r);
} statements[] = {
    {"title", read_title},   {"player", read_player},     {"setup", read_setup},
    {"second", read_second}, {"requires", read_requires}, {"clause", read_clause},
    {"bug", read_bug},       {"expect", read_expect},     {"never", read_never},
};
enum { STATEMENTS = sizeof statements / sizeof statements[0] };

static bool read_operation(shk_script_reader *r, const char *line)
{
    shk_script *s = r->script;
    if (!r->player_known)
        return fail(r, line, "stands before `player client`, `player server` or `player middle`",
                    NULL);
    if (s->operation_count == SHK_SCRIPT_OPERATIONS)
        return fail(r, line, "is one operation too many", NULL);
    if (!shk_operation_parse(line, s->player, &s->operations[s->operation_count], &s->text, r->why))
        return false;
    s->operation_count++;
    return true;
}

/* One line without comment and spaces around it. */
bool shk_script_line(shk_script_reader *r, const char *line)
{
    for (size_t i = 0; i < STATEMENTS; i++) {
        size_t len = strlen(statements[i].word);
        if (strncmp(line, statements[i].word, len) != 0 || (line[len] != ' ' && line[len] != 0))
            continue;
        r->at = line + len;
        while (*r->at == ' ')
            r->at++;
        return statements[i].read(r);
    }
    return read_operation(r, line);
}

shk_script *shk_script_new(size_t bytes)
{
    shk_script *s = (shk_script *)calloc(1, sizeof *s);
    if (s == NULL)
        return NULL;
    s->title = s->clause = s->bug = "";
    s->text = shk_buf_growing(&shk_libc_allocator);
    s->operations = (shk_operation *)calloc(SHK_SCRIPT_OPERATIONS, sizeof s->operations[0]);
    /* pointers go into the text, so that it must not move: no line needs more than this */
    if (s->operations != NULL && shk_buf_reserve(&s->text, 32 * bytes + 1024) == SHK_OK)
        return s;
    shk_script_free(s);
    return NULL;
}

void shk_script_free(shk_script *script)
{
    if (script == NULL)
        return;
    shk_buf_free(&script->text);
    free(script->operations);
    free(script);
}

/* The end of what is not a comment: a # inside quotes is none, nor one that numbers a message. */
static size_t without_comment(const char *line, size_t len)
{
    bool quoted = false;
    size_t end = 0;
    for (; end < len; end++) {
        quoted = quoted != (line[end] == '"');
        if (line[end] == '#' && !quoted && (end == 0 || line[end - 1] == ' '))
            break;
    }
    while (end > 0 && (line[end - 1] == ' ' || line[end - 1] == '\t' || line[end - 1] == '\r'))
        end--;
    return end;
}

enum { LONGEST_LINE = 65536 };

/* Reads one line of the text; `number` is told of a failure. */
static bool read_line(shk_script_reader *r, const char *line, size_t len, const char *name,
                      size_t number)
{
    char reason[SHK_WHY_SIZE] = "";
    char *copy;
    while (len > 0 && (*line == ' ' || *line == '\t')) {
        line++;
        len--;
    }
    len = without_comment(line, len);
    if (len == 0)
        return true;
    copy = len > LONGEST_LINE || memchr(line, 0, len) != NULL ? NULL : strndup(line, len);
    char *why = r->why;
    r->why = reason;
    bool ok = copy != NULL && shk_script_line(r, copy);
    r->why = why;
    if (!ok)
        snprintf(why, SHK_WHY_SIZE, "%.80s:%zu: %.160s", name, number,
                 copy != NULL ? reason : "the line is too long, or is no text");
    free(copy);
    return ok;
}

bool shk_script_parse(shk_span text, const char *name, shk_script **out, char *why)
{
    shk_script_reader reader = {.script = shk_script_new(text.len), .why = why};
    const char *at = (const char *)text.data;
    size_t left = text.len;
    bool ok = reader.script != NULL;
    if (!ok)
        snprintf(why, SHK_WHY_SIZE, "%.80s: no memory", name);
    for (size_t number = 1; ok && left > 0; number++) {
        const char *end = (const char *)memchr(at, '\n', left);
        size_t len = end != NULL ? (size_t)(end - at) : left;
        ok = read_line(&reader, at, len, name, number);
        at += len + (end != NULL);
        left -= len + (end != NULL);
    }
    if (ok && !reader.player_known) {
        snprintf(why, SHK_WHY_SIZE, "%.80s: there is no line `player`", name);
        ok = false;
    }
    if (!ok)
        shk_script_free(reader.script);
    *out = ok ? reader.script : NULL;
    return ok;
}
