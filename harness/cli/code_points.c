/* Code points by name (cli/code_points.h). */
#include "cli/code_points.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "endpoint/settings.h"

enum { NEAREST = 3, LONGEST = 64, DIGITS = 4 };

static const struct {
    const char *plural;
    const char *singular;
} kinds[SHK_CODE_KINDS] = {
    [SHK_CODE_SUITES] = {"suites", "cipher suite"},
    [SHK_CODE_GROUPS] = {"groups", "group"},
    [SHK_CODE_SCHEMES] = {"schemes", "signature scheme"},
    [SHK_CODE_EXTENSIONS] = {"extensions", "extension"},
    [SHK_CODE_MESSAGES] = {"messages", "handshake message"},
    [SHK_CODE_ALERTS] = {"alerts", "alert"},
    [SHK_CODE_VERSIONS] = {"versions", "version"},
};

static const struct {
    shk_code_kind kind;
    const char *alias;
    const char *name;
} aliases[] = {
#define SHK_ALIAS(kind, alias, name) {SHK_CODE_##kind, alias, name},
#include "cli/aliases.def"
#undef SHK_ALIAS
};
enum { ALIASES = sizeof aliases / sizeof aliases[0] };

/* The i-th code point of those that have a name by the function. */
static bool named_at(size_t i, uint32_t from, uint32_t to, shk_namer *namer, shk_code_point *out)
{
    for (uint32_t value = from; value <= to; value++)
        if (namer(value) != NULL && i-- == 0) {
            *out = (shk_code_point){namer(value), value, 0, 0};
            return true;
        }
    return false;
}

#define ROW_AT(rows, count)                                                                        \
    if (i >= (count))                                                                              \
        return false;                                                                              \
    *out = (shk_code_point){(rows)[i].name, (rows)[i].value, (rows)[i].min_version,                \
                            (rows)[i].max_version};                                                \
    return true

bool shk_code_point_at(shk_code_kind kind, size_t i, shk_code_point *out)
{
    switch (kind) {
    case SHK_CODE_SUITES:
        ROW_AT(shk_suite_rows, shk_suite_count);
    case SHK_CODE_GROUPS:
        ROW_AT(shk_group_rows, SHK_GROUP_COUNT);
    case SHK_CODE_SCHEMES:
        ROW_AT(shk_signature_scheme_rows, shk_signature_scheme_count);
    case SHK_CODE_MESSAGES:
        ROW_AT(shk_message_rows, SHK_MSG_COUNT);
    case SHK_CODE_EXTENSIONS:
        if (i >= SHK_EXT_COUNT)
            return false;
        *out = (shk_code_point){shk_extension_rows[i].name, shk_extension_rows[i].value, 0, 0};
        return true;
    case SHK_CODE_ALERTS:
        return named_at(i, 0, UINT8_MAX, shk_alert_name, out);
    default:
        return named_at(i, SHK_TLS10, SHK_TLS13, shk_version_name, out);
    }
}
#undef ROW_AT

const char *shk_code_kind_name(shk_code_kind kind)
{
    return kinds[kind].plural;
}

const char *shk_code_point_alias(shk_code_kind kind, const char *name, size_t n)
{
    for (size_t i = 0; i < ALIASES; i++)
        if (aliases[i].kind == kind && strcmp(aliases[i].name, name) == 0 && n-- == 0)
            return aliases[i].alias;
    return NULL;
}

static bool is_called(const char *name, const char *typed, size_t len)
{
    if (strlen(name) != len)
        return false;
    for (size_t i = 0; i < len; i++)
        if (tolower((unsigned char)name[i]) != tolower((unsigned char)typed[i]))
            return false;
    return true;
}

/* Parses 0xNNNN, which need not be a known code point. */
static bool parse_number(const char *typed, size_t len, uint16_t *out)
{
    if (len != 2 + DIGITS || strncmp(typed, "0x", 2) != 0)
        return false;
    for (size_t i = 2; i < len; i++)
        if (!isxdigit((unsigned char)typed[i]))
            return false;
    *out = (uint16_t)strtoul(typed, NULL, 16); /* stops at the separator */
    return true;
}

static bool parse_one(shk_code_kind kind, const char *typed, size_t len, uint16_t *out)
{
    shk_code_point point;
    const char *name = NULL;
    for (size_t i = 0; i < ALIASES; i++)
        if (aliases[i].kind == kind && is_called(aliases[i].alias, typed, len))
            name = aliases[i].name;
    for (size_t i = 0; shk_code_point_at(kind, i, &point); i++)
        if (name != NULL ? strcmp(point.name, name) == 0 : is_called(point.name, typed, len)) {
            *out = (uint16_t)point.value;
            return true;
        }
    return parse_number(typed, len, out);
}

/* Letters and digits alone, in lower case, since names differ mostly in separators. */
static size_t reduce(const char *text, size_t len, char *out)
{
    size_t count = 0;
    for (size_t i = 0; i < len && count < LONGEST; i++)
        if (isalnum((unsigned char)text[i]))
            out[count++] = (char)tolower((unsigned char)text[i]);
    return count;
}

/* How many letters have to be added, dropped or changed (Levenshtein). */
static size_t distance(const char *typed, size_t typed_len, const char *name)
{
    char a[LONGEST], b[LONGEST];
    size_t row[LONGEST + 1];
    const size_t rows = reduce(typed, typed_len, a);
    const size_t columns = reduce(name, strlen(name), b);
    for (size_t k = 0; k <= columns; k++)
        row[k] = k;
    for (size_t i = 1; i <= rows; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t k = 1; k <= columns; k++) {
            const size_t changed = diagonal + (a[i - 1] == b[k - 1] ? 0 : 1);
            const size_t moved = (row[k] < row[k - 1] ? row[k] : row[k - 1]) + 1;
            diagonal = row[k];
            row[k] = changed < moved ? changed : moved;
        }
    }
    return row[columns];
}

/* The message for an unknown name, with the most similar known names if there are any. */
static void refuse(shk_code_kind kind, const char *typed, size_t len, char *why)
{
    shk_code_point point;
    const char *nearest[NEAREST] = {NULL};
    size_t away[NEAREST];
    for (size_t i = 0; shk_code_point_at(kind, i, &point); i++) {
        const size_t far = distance(typed, len, point.name);
        size_t at = NEAREST;
        while (at > 0 && (nearest[at - 1] == NULL || far < away[at - 1]))
            at--;
        if (at == NEAREST || far > 2 + len / 4)
            continue;
        for (size_t k = NEAREST - 1; k > at; k--) {
            nearest[k] = nearest[k - 1];
            away[k] = away[k - 1];
        }
        nearest[at] = point.name;
        away[at] = far;
    }
    int used = snprintf(why, SHK_WHY_SIZE, "'%.*s' is not a %s that is known here%s",
                        (int)(len > LONGEST ? LONGEST : len), typed, kinds[kind].singular,
                        nearest[0] != NULL ? "; near:" : "");
    for (size_t k = 0; k < NEAREST && nearest[k] != NULL && used < SHK_WHY_SIZE; k++)
        used += snprintf(why + used, (size_t)(SHK_WHY_SIZE - used), "%s %s", k > 0 ? "," : "",
                         nearest[k]);
    if (nearest[0] == NULL)
        snprintf(why + used, (size_t)(SHK_WHY_SIZE - used), "; shakedown list %s prints them",
                 kinds[kind].plural);
}

bool shk_code_points_parse(shk_code_kind kind, const char *list, uint16_t *values, size_t cap,
                           shk_u16s *out, char *why)
{
    size_t count = 0;
    for (const char *at = list;; at++) {
        const size_t len = strcspn(at, ",:");
        if (count == cap) {
            snprintf(why, SHK_WHY_SIZE, "more than %zu %s", cap, kinds[kind].plural);
            return false;
        }
        if (!parse_one(kind, at, len, &values[count])) {
            refuse(kind, at, len, why);
            return false;
        }
        count++;
        at += len;
        if (*at == 0)
            break;
    }
    out->values = values;
    out->count = count;
    return true;
}
