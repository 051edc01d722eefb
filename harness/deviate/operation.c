/* Operations as lines, read and written by the forms of their rows (deviate/operation.h). */
#include "deviate/operation.h"

#include <stdio.h>
#include <string.h>

#include "deviate/near.h"

static const char keep_lengths[] = ", keep lengths", keep_transcript[] = ", keep transcript";

static bool is_operand(const char *word)
{
    return *word >= 'A' && *word <= 'Z';
}

/* A word of a form, without brackets. */
typedef struct {
    const char *text;
    size_t len;
    bool opens; /* it begins what can be left out */
} form_word;

static bool next_word(const char **form, form_word *out)
{
    while (**form == ' ')
        (*form)++;
    out->opens = **form == '[';
    *form += out->opens;
    out->text = *form;
    out->len = strcspn(*form, " ]");
    *form += out->len;
    while (**form == ']')
        (*form)++;
    return out->len > 0;
}

static void skip_spaces(shk_line_reader *r)
{
    while (*r->at == ' ')
        r->at++;
}

/* Whether the line goes on with the word. */
static bool take_word(shk_line_reader *r, const form_word *word)
{
    if (strncmp(r->at, word->text, word->len) != 0)
        return false;
    const char after = r->at[word->len];
    if (after != 0 && after != ' ' && after != ',')
        return false;
    r->at += word->len;
    skip_spaces(r);
    return true;
}

static bool take_flag(shk_line_reader *r, const char *flag)
{
    if (strncmp(r->at, flag, strlen(flag)) != 0)
        return false;
    r->at += strlen(flag);
    return true;
}

static bool at_end(shk_line_reader *r)
{
    skip_spaces(r);
    for (bool more = true; more;) {
        bool lengths = take_flag(r, keep_lengths), transcript = take_flag(r, keep_transcript);
        r->out->keep_lengths |= lengths;
        r->out->keep_transcript |= transcript;
        more = lengths || transcript;
    }
    if (*r->at == 0)
        return true;
    snprintf(r->why, SHK_WHY_SIZE, "'%.60s' is left over at the end", r->at);
    return false;
}

/* Reads the line by one form. `*near` tells that its first word is that of the line. */
static bool read_form(shk_line_reader *r, const char *form, bool *near)
{
    form_word word;
    for (bool first = true; next_word(&form, &word); first = false) {
        if (is_operand(word.text)) {
            if (!shk_operand_read(r, word.text, word.len))
                return false;
            skip_spaces(r);
            continue;
        }
        if (take_word(r, &word)) {
            *near = true;
            continue;
        }
        if (word.opens)
            break;
        if (!first)
            snprintf(r->why, SHK_WHY_SIZE, "'%.40s' stands where '%.*s' should", r->at,
                     (int)word.len, word.text);
        return false;
    }
    return at_end(r);
}

static bool unknown(const char *line, char *why)
{
    const char *verbs[SHK_OPERATIONS];
    char words[SHK_OPERATIONS][24];
    size_t len = strcspn(line, " ");
    for (size_t i = 0; i < SHK_OPERATIONS; i++) {
        snprintf(words[i], sizeof words[i], "%.*s",
                 (int)strcspn(shk_operation_form((unsigned)i), " "),
                 shk_operation_form((unsigned)i));
        verbs[i] = words[i];
    }
    const char *near = shk_nearest(line, len, verbs, SHK_OPERATIONS);
    snprintf(why, SHK_WHY_SIZE, "'%.*s' is no operation%s%s", (int)len, line,
             near != NULL ? "; there is " : "", near != NULL ? near : "");
    return false;
}

bool shk_operation_parse(const char *line, shk_player_role player, shk_operation *out,
                         shk_buf *text, char *why)
{
    char reason[SHK_WHY_SIZE] = "";
    const char *farthest = line;
    bool known = false;
    size_t len = text->len;
    for (unsigned kind = 0; kind < SHK_OPERATIONS; kind++) {
        bool near = false;
        *out = (shk_operation){.kind = (uint8_t)kind};
        shk_line_reader reader = {line, text, player, 0, 0, out, reason};
        if (read_form(&reader, shk_operation_form(kind), &near))
            return true;
        text->len = len;
        if (near && (!known || reader.at > farthest)) {
            farthest = reader.at;
            snprintf(why, SHK_WHY_SIZE, "%s", reason);
        }
        known = known || near;
    }
    return known ? false : unknown(line, why);
}

static bool say(shk_buf *out, const char *text, size_t len)
{
    return shk_buf_append(out, shk_span_of(text, len)) == SHK_OK;
}

/* Whether an operand that can be left out is there. */
static bool is_given(const shk_line_writer *w)
{
    return w->operation->numbers[w->numbers] != 0;
}

bool shk_operation_print(const shk_operation *operation, shk_buf *out)
{
    shk_line_writer writer = {out, operation, 0, 0};
    const char *form = shk_operation_form(operation->kind);
    form_word word;
    bool ok = true;
    for (bool first = true; ok && next_word(&form, &word); first = false) {
        if (word.opens && !is_given(&writer))
            break;
        ok = (first || say(out, " ", 1)) &&
             (is_operand(word.text) ? shk_operand_write(&writer, word.text, word.len)
                                    : say(out, word.text, word.len));
    }
    if (operation->keep_lengths)
        ok = ok && say(out, keep_lengths, strlen(keep_lengths));
    if (operation->keep_transcript)
        ok = ok && say(out, keep_transcript, strlen(keep_transcript));
    return ok;
}
