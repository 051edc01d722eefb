/* Rows about cases (play/known.h). */
#include "play/known.h"

#include <ctype.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

static bool fail(const char *path, size_t line, const char *what, char *why)
{
    snprintf(why, SHK_WHY_SIZE, "%.120s, line %zu: %s", path, line, what);
    return false;
}

static shk_known_row *add_row(shk_known *out, size_t line)
{
    shk_known_row *rows =
        (shk_known_row *)realloc(out->rows, (out->count + 1) * sizeof out->rows[0]);
    if (rows == NULL)
        return NULL;
    out->rows = rows;
    memset(&rows[out->count], 0, sizeof rows[0]);
    rows[out->count].line = line;
    return &rows[out->count++];
}

/* Where the text of a key goes, and how much of it; NULL: there is no such key. */
static char *room_of(shk_known_row *row, const char *key, size_t *size)
{
    const struct {
        const char *key;
        char *room;
        size_t size;
    } keys[] = {
        {"case", row->test, sizeof row->test},       {"answer", row->answer, sizeof row->answer},
        {"reason", row->reason, sizeof row->reason}, {"since", row->since, sizeof row->since},
        {"until", row->until, sizeof row->until},    {"against", row->against, sizeof row->against},
        {"alarm", row->alarm, sizeof row->alarm},
    };
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        if (strcmp(keys[i].key, key) == 0) {
            *size = keys[i].size;
            return keys[i].room;
        }
    return NULL;
}

/* KEY = "TEXT", with \" and \\ in it. */
static const char *read_key(shk_known_row *row, char *line)
{
    char *equals = strchr(line, '=');
    size_t size;
    size_t len = 0;
    if (equals == NULL)
        return "neither [[known]] nor KEY = \"TEXT\"";
    char *end = equals;
    while (end > line && isspace((unsigned char)end[-1]))
        end--;
    *end = 0;
    char *room = room_of(row, line, &size);
    if (room == NULL)
        return "the keys of a row are case, answer, alarm, against, since, until and reason";
    char *at = equals + 1 + strspn(equals + 1, " \t");
    if (*at++ != '"')
        return "a text in quotes is to come behind =";
    for (; *at != '"' && *at != 0 && len < size - 1; at++) {
        if (*at == '\\' && (at[1] == '"' || at[1] == '\\'))
            at++;
        room[len++] = *at;
    }
    if (*at != '"')
        return "the text is too long, or has no end";
    at += 1 + strspn(at + 1, " \t\n");
    return *at == 0 || *at == '#' ? NULL : "nothing is to come behind the text";
}

bool shk_known_read_rows(FILE *file, const char *path, shk_known *out, char *why)
{
    char *line = NULL;
    size_t cap = 0;
    size_t number = 0;
    shk_known_row *row = NULL;
    bool ok = true;
    ssize_t len;
    while (ok && (len = getline(&line, &cap, file)) > 0) {
        char *text = line + strspn(line, " \t");
        number++;
        if (strlen(line) != (size_t)len) {
            ok = fail(path, number, "a byte of 0 is of no text", why);
            break;
        }
        text[strcspn(text, "\r\n")] = 0;
        if (*text == 0 || *text == '#')
            continue;
        if (strcmp(text, "[[known]]") == 0) {
            row = add_row(out, number);
            ok = row != NULL || fail(path, number, "no memory", why);
        } else if (row == NULL) {
            ok = fail(path, number, "a row begins with [[known]]", why);
        } else {
            const char *wrong = read_key(row, text);
            ok = wrong == NULL || fail(path, number, wrong, why);
        }
    }
    free(line);
    for (size_t i = 0; ok && i < out->count; i++)
        if (out->rows[i].test[0] == 0 || out->rows[i].reason[0] == 0)
            ok = fail(path, out->rows[i].line, "a row needs a case and a reason", why);
    return ok;
}

bool shk_known_read(const char *path, shk_known *out, char *why)
{
    memset(out, 0, sizeof *out);
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return errno == ENOENT || fail(path, 1, strerror(errno), why);
    out->path = strdup(path);
    const bool ok = out->path != NULL ? shk_known_read_rows(file, path, out, why)
                                      : fail(path, 1, "no memory", why);
    fclose(file);
    return ok;
}

void shk_known_free(shk_known *known)
{
    free(known->path);
    free(known->rows);
    memset(known, 0, sizeof *known);
}

/* The first number in a text, and what follows it, as 3.0.19 in "OpenSSL 3.0.19 27 Jan 2026". */
static const char *numbers_in(const char *text)
{
    return text + strcspn(text, "0123456789");
}

bool shk_version_is_older(const char *a, const char *b)
{
    a = numbers_in(a);
    b = numbers_in(b);
    for (;;) {
        char *rest_a, *rest_b;
        const unsigned long x = strtoul(a, &rest_a, 10);
        const unsigned long y = strtoul(b, &rest_b, 10);
        if (x != y)
            return x < y;
        if (*rest_a != '.' || *rest_b != '.')
            return *rest_a != '.' && *rest_b == '.' && strtoul(rest_b + 1, NULL, 10) > 0;
        a = rest_a + 1;
        b = rest_b + 1;
    }
}

bool shk_case_is_named(const char *pattern, const char *name)
{
    char text[2 * SHK_KNOWN_TEXT];
    char path[2 * SHK_KNOWN_TEXT];
    snprintf(path, sizeof path, "/%s", name);
    snprintf(text, sizeof text, "*/%s.case", pattern);
    return fnmatch(text, path, 0) == 0;
}

/* An alert that cannot be read may be the row's. */
static bool is_answer_of(const shk_known_row *row, const shk_play_outcome *outcome)
{
    static const char refused[] = "refused ";
    char answer[SHK_WHY_SIZE];
    snprintf(answer, sizeof answer, "signal %d", outcome->died_of);
    if (outcome->died_of != 0)
        return strcmp(row->answer, answer) == 0;
    if (outcome->verdict == SHK_PLAY_UNPLAYED)
        return strcmp(row->answer, "unplayed") == 0;
    if (!outcome->is_answered)
        return false;
    if (outcome->answer.kind == SHK_ANSWER_REFUSED && outcome->answer.alert < 0)
        return strncmp(row->answer, refused, strlen(refused)) == 0;
    shk_answer_text(outcome->answer, answer);
    return strcmp(row->answer, answer) == 0;
}

/* Whether the row names all oracles that have raised an alarm: what else is wrong is not known. */
static bool knows_alarms(const shk_known_row *row, const shk_play_outcome *outcome)
{
    for (size_t i = 0; i < outcome->alarms.count; i++) {
        const char *name = shk_oracle_rows[outcome->alarms.alarms[i].oracle].name;
        const char *found = strstr(row->alarm, name);
        const int after = found != NULL ? found[strlen(name)] : 'x';
        if (after != 0 && after != ' ')
            return false;
    }
    return true;
}

static bool is_of_version(const shk_known_row *row, const char *version)
{
    return (row->since[0] == 0 || !shk_version_is_older(version, row->since)) &&
           (row->until[0] == 0 || shk_version_is_older(version, row->until));
}

void shk_known_apply(shk_known *known, const char *name, const char *against, const char *version,
                     shk_play_outcome *outcome)
{
    if (outcome->verdict > SHK_PLAY_UNPLAYED)
        return;
    for (size_t i = 0; i < known->count; i++) {
        shk_known_row *row = &known->rows[i];
        if (!shk_case_is_named(row->test, name) || !is_of_version(row, version) ||
            (row->against[0] != 0 && strcmp(row->against, against) != 0))
            continue;
        row->met = true;
        if (outcome->verdict == SHK_PLAY_PASSED || !is_answer_of(row, outcome) ||
            !knows_alarms(row, outcome))
            continue;
        row->needed = true;
        outcome->verdict = SHK_PLAY_KNOWN;
        snprintf(outcome->known, sizeof outcome->known, "%s", row->reason);
        return;
    }
}
