/* Values as text (deviate/values.h). */
#include "deviate/values.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "deviate/near.h"
#include "deviate/numbers.h"

enum { NAME = 64, MOST_HEX = UINT16_MAX, MOST_DEPTH = 8 };

static const struct {
    const char *word; /* before what the term is of */
    shk_term_kind kind;
} words[] = {
    {"u8:", SHK_TERM_U8},       {"u16:", SHK_TERM_U16},     {"u24:", SHK_TERM_U24},
    {"u32:", SHK_TERM_U32},     {"hex:", SHK_TERM_HEX},     {"\"", SHK_TERM_TEXT},
    {"zeros:", SHK_TERM_ZEROS}, {"fill:", SHK_TERM_FILL},   {"copy:", SHK_TERM_COPY},
    {"vec8(", SHK_TERM_VEC8},   {"vec16(", SHK_TERM_VEC16}, {"vec24(", SHK_TERM_VEC24},
    {")", SHK_TERM_END},
};

static shk_namer *const namers[] = {
    shk_group_name,
    shk_suite_name,
    shk_signature_scheme_name,
    shk_version_name,
    shk_extension_name,
    shk_alert_name,
    shk_handshake_type_name,
    shk_content_type_name,
    shk_psk_mode_name,
    shk_compression_algorithm_name,
    shk_certificate_type_name,
    shk_point_format_name,
    shk_status_type_name,
};
enum { NAMERS = sizeof namers / sizeof namers[0] };

typedef struct {
    const char *at;
    const shk_field *field;
    shk_player_role player;
    shk_buf *out;
    char *why;
} reader;

static bool fail(const reader *r, const char *text, const char *what)
{
    snprintf(r->why, SHK_WHY_SIZE, "'%.40s' %s", text, what);
    return false;
}

/* The name as it is written here, without the spaces of "TLS 1.3". */
static void short_name(const char *name, char out[NAME])
{
    size_t len = 0;
    for (; *name != 0 && len + 1 < NAME; name++)
        if (*name != ' ')
            out[len++] = *name;
    out[len] = 0;
}

static bool number_named(shk_namer *namer, const char *word, uint32_t *out)
{
    char name[NAME];
    for (uint32_t value = 0; value <= UINT16_MAX; value++) {
        const char *known = namer(value);
        if (known == NULL)
            continue;
        short_name(known, name);
        if (strcmp(name, word) == 0) {
            *out = value;
            return true;
        }
    }
    return false;
}

static bool unknown_name(const reader *r, const char *word)
{
    const char *names[SHK_NEAR_WORDS];
    size_t count = 0;
    shk_namer *namer = r->field != NULL ? r->field->namer : NULL;
    for (size_t n = 0; n < NAMERS; n++)
        for (uint32_t v = 0; v <= UINT16_MAX && count < SHK_NEAR_WORDS; v++)
            if ((namer == NULL || namer == namers[n]) && namers[n](v) != NULL &&
                !shk_is_grease((uint16_t)v))
                names[count++] = namers[n](v);
    const char *near = shk_nearest(word, strlen(word), names, count);
    snprintf(r->why, SHK_WHY_SIZE, "'%.60s' is no value%s%s", word,
             near != NULL ? "; there is " : "", near != NULL ? near : "");
    return false;
}

static bool is_end_of_word(char c)
{
    return c == 0 || c == ' ' || c == ',' || c == ')' || c == '*';
}

static bool take_word(reader *r, char out[NAME])
{
    size_t len = 0;
    while (!is_end_of_word(r->at[len]) && len + 1 < NAME)
        len++;
    memcpy(out, r->at, len);
    out[len] = 0;
    if (len == 0 || !is_end_of_word(r->at[len]))
        return fail(r, r->at, "is no value");
    r->at += len;
    return true;
}

/* Decimal, 0x.., or a name of the field's table or of any. */
static bool take_number(reader *r, uint32_t most, uint32_t *out)
{
    char word[NAME];
    char *end = NULL;
    if (!take_word(r, word))
        return false;
    unsigned long long value = strtoull(word, &end, 0);
    if (word[0] >= '0' && word[0] <= '9') {
        *out = (uint32_t)value;
        return (*end == 0 && value <= most) || fail(r, word, "is too large, or no number");
    }
    if (r->field != NULL && r->field->namer != NULL && number_named(r->field->namer, word, out))
        return true;
    for (size_t i = 0; i < NAMERS; i++)
        if (number_named(namers[i], word, out))
            return *out <= most || fail(r, word, "is too large here");
    return unknown_name(r, word);
}

static int hex_digit(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *found = c != 0 ? strchr(digits, c) : NULL;
    return found != NULL ? (int)(found - digits) : -1;
}

/* Pairs of small hexadecimal digits. */
static bool take_hex(reader *r, size_t most, shk_buf *out)
{
    size_t count = 0;
    while (hex_digit(r->at[0]) >= 0 && hex_digit(r->at[1]) >= 0 && count++ < most) {
        uint8_t byte = (uint8_t)(hex_digit(r->at[0]) << 4 | hex_digit(r->at[1]));
        if (!shk_put_bytes(out, shk_span_of(&byte, 1)))
            return fail(r, "", "no memory");
        r->at += 2;
    }
    return is_end_of_word(*r->at) || fail(r, r->at, "is not hexadecimal, in pairs of small digits");
}

static bool put_counted(reader *r, size_t start)
{
    size_t len = r->out->len - start - 2;
    if (len > MOST_HEX)
        return fail(r, "", "too long");
    r->out->data[start] = (uint8_t)(len >> 8);
    r->out->data[start + 1] = (uint8_t)len;
    return true;
}

/* In quotes, with \\ and \xNN; a quote is \x22, so that a line has them in pairs. */
static bool take_text(reader *r)
{
    while (*r->at != '"') {
        if (*r->at == 0)
            return fail(r, "\"", "has no end");
        if (r->at[0] == '\\' && r->at[1] == 'x' && hex_digit(r->at[2]) >= 0 &&
            hex_digit(r->at[3]) >= 0) {
            uint8_t byte = (uint8_t)(hex_digit(r->at[2]) << 4 | hex_digit(r->at[3]));
            shk_put_bytes(r->out, shk_span_of(&byte, 1));
            r->at += 4;
            continue;
        }
        r->at += r->at[0] == '\\' && r->at[1] == '\\';
        shk_put_bytes(r->out, shk_span_of(r->at++, 1));
    }
    r->at++;
    return true;
}

static bool take_fill(reader *r)
{
    uint32_t count;
    size_t before = r->out->len;
    if (!take_hex(r, 1, r->out))
        return false;
    if (r->out->len != before + 1 || *r->at != '*')
        return fail(r, r->at, "is not fill:XX*N");
    r->at++;
    return take_number(r, MOST_HEX, &count) && shk_put_number(r->out, count, 2);
}

static bool take_copy(reader *r)
{
    shk_point point;
    return shk_point_parse(&r->at, r->player, SHK_EVERY_TIME, &point, r->why) &&
           shk_point_put(&point, r->out);
}

static bool take_content(reader *r, shk_term_kind kind)
{
    uint32_t number;
    size_t start = r->out->len;
    switch (kind) {
    case SHK_TERM_U8:
        return take_number(r, UINT8_MAX, &number) && shk_put_number(r->out, number, 1);
    case SHK_TERM_U16:
        return take_number(r, UINT16_MAX, &number) && shk_put_number(r->out, number, 2);
    case SHK_TERM_U24:
        return take_number(r, 0xffffff, &number) && shk_put_number(r->out, number, 3);
    case SHK_TERM_U32:
        return take_number(r, UINT32_MAX, &number) && shk_put_number(r->out, number, 4);
    case SHK_TERM_ZEROS:
        return take_number(r, MOST_HEX, &number) && shk_put_number(r->out, number, 2);
    case SHK_TERM_HEX:
        return shk_put_number(r->out, 0, 2) && take_hex(r, MOST_HEX, r->out) &&
               put_counted(r, start);
    case SHK_TERM_TEXT:
        return shk_put_number(r->out, 0, 2) && take_text(r) && put_counted(r, start);
    case SHK_TERM_FILL:
        return take_fill(r);
    case SHK_TERM_COPY:
        return take_copy(r);
    default:
        return true;
    }
}

/* A number without width: of a field that is one, or a list of some. */
static bool take_plain(reader *r)
{
    uint8_t kind = SHK_TERM_NUMBER;
    uint32_t number;
    const char *start = r->at;
    unsigned width = r->field != NULL ? r->field->width : 0;
    uint32_t most = width == 1   ? UINT8_MAX
                    : width == 2 ? UINT16_MAX
                    : width == 3 ? 0xffffff
                                 : UINT32_MAX;
    if (!take_number(r, most, &number))
        return false;
    if (width == 0)
        return fail(r, start, "has no width here: say u8:, u16:, u24: or u32: before it");
    return shk_put_bytes(r->out, shk_span_of(&kind, 1)) && shk_put_number(r->out, number, 4);
}

static bool take_term(reader *r, unsigned *depth)
{
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        uint8_t kind = (uint8_t)words[i].kind;
        if (strncmp(r->at, words[i].word, strlen(words[i].word)) != 0)
            continue;
        r->at += strlen(words[i].word);
        bool opens = kind >= SHK_TERM_VEC8 && kind <= SHK_TERM_VEC24;
        if (opens && ++*depth > MOST_DEPTH)
            return fail(r, r->at, "is too deep");
        if (kind == SHK_TERM_END && (*depth)-- == 0)
            return fail(r, ")", "closes nothing");
        return shk_put_bytes(r->out, shk_span_of(&kind, 1)) && take_content(r, words[i].kind);
    }
    return take_plain(r);
}

static bool at_stop(const char *at, const char *const *stops)
{
    for (; stops != NULL && *stops != NULL; stops++) {
        size_t len = strlen(*stops);
        if (strncmp(at, *stops, len) == 0 && (at[len] == ' ' || at[len] == 0))
            return true;
    }
    return *at == 0 || *at == ',';
}

bool shk_value_parse(const char **at, const shk_field *field, const char *const *stops,
                     shk_player_role player, shk_buf *out, char *why)
{
    reader r = {*at, field, player, out, why};
    unsigned depth = 0;
    if (at_stop(r.at, stops))
        return fail(&r, r.at, "stands where a value should (an empty one is hex:)");
    while (!at_stop(r.at, stops)) {
        if (!take_term(&r, &depth))
            return false;
        while (*r.at == ' ')
            r.at++;
    }
    *at = r.at;
    return depth == 0 || fail(&r, "vec(", "is not closed");
}

static bool say_number(shk_buf *out, uint32_t number, unsigned width, shk_namer *namer)
{
    char text[NAME], again[NAME];
    uint32_t same = 0;
    const char *known = namer != NULL ? namer(number) : NULL;
    snprintf(text, sizeof text, width >= 2 ? "0x%0*x" : "%*u", width >= 2 ? (int)(2 * width) : 0,
             number);
    if (known != NULL) {
        short_name(known, again);
        bool plain = strpbrk(again, " ,()*\"") == NULL && (again[0] < '0' || again[0] > '9');
        if (plain && number_named(namer, again, &same) && same == number)
            return shk_put_text(out, again);
    }
    return shk_put_text(out, text);
}

static bool say_bytes(shk_buf *out, shk_span bytes, bool text)
{
    char piece[8];
    bool ok = true;
    for (size_t i = 0; i < bytes.len; i++) {
        uint8_t c = bytes.data[i];
        bool plain = c >= 0x20 && c < 0x7f && c != '"';
        snprintf(piece, sizeof piece,
                 !text       ? "%02x"
                 : !plain    ? "\\x%02x"
                 : c == '\\' ? "\\\\"
                             : "%c",
                 c);
        ok = ok && shk_put_text(out, piece);
    }
    return ok && (!text || shk_put_text(out, "\""));
}

/* What stands behind the word of a term; takes it off the value. */
static bool say_content(shk_buf *out, shk_term_kind kind, shk_span *value)
{
    char text[16];
    unsigned width;
    size_t len;
    shk_point point;
    switch (kind) {
    case SHK_TERM_U8:
    case SHK_TERM_U16:
    case SHK_TERM_U24:
    case SHK_TERM_U32:
        width = (unsigned)(kind - SHK_TERM_U8) + 1;
        return say_number(out, shk_take_number(value, width), width, NULL);
    case SHK_TERM_ZEROS:
        return say_number(out, shk_take_number(value, 2), 1, NULL);
    case SHK_TERM_FILL:
        snprintf(text, sizeof text, "%02x*", shk_take_number(value, 1));
        return shk_put_text(out, text) && say_number(out, shk_take_number(value, 2), 1, NULL);
    case SHK_TERM_HEX:
    case SHK_TERM_TEXT:
        len = shk_take_number(value, 2);
        if (!say_bytes(out, shk_span_of(value->data, len), kind == SHK_TERM_TEXT))
            return false;
        *value = shk_span_of(value->data + len, value->len - len);
        return true;
    case SHK_TERM_COPY:
        point = shk_point_kept(value);
        return shk_point_print(&point, SHK_EVERY_TIME, out);
    default:
        return true;
    }
}

bool shk_value_print(shk_span value, const shk_field *field, shk_buf *out)
{
    bool first = true;
    while (value.len > 0) {
        shk_term_kind kind = (shk_term_kind)shk_take_number(&value, 1);
        if (!first && kind != SHK_TERM_END && !shk_put_text(out, " "))
            return false;
        first = kind >= SHK_TERM_VEC8 && kind <= SHK_TERM_VEC24;
        if (kind == SHK_TERM_NUMBER &&
            !say_number(out, shk_take_number(&value, 4), 1, field != NULL ? field->namer : NULL))
            return false;
        for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
            if (words[i].kind == kind &&
                (!shk_put_text(out, words[i].word) || !say_content(out, kind, &value)))
                return false;
    }
    return true;
}
