/* The codec's print mode: indented text or JSON into a sink (shakedown/codec.h). */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "shakedown/codec.h"

static void emit(shk_printer *p, const char *text)
{
    p->sink(p->context, text, strlen(text));
}

/* A JSON string or a quoted text: everything outside printable ASCII is escaped. */
static void emit_quoted(shk_printer *p, shk_span text)
{
    emit(p, "\"");
    for (size_t i = 0; i < text.len; i++) {
        char piece[8];
        uint8_t byte = text.data[i];
        uint8_t next = i + 1 < text.len ? text.data[i + 1] : 0;
        if (byte >= 0xc2 && byte <= 0xdf && next >> 6 == 2) { /* two bytes of UTF-8 */
            snprintf(piece, sizeof piece, "\\u%04x", (unsigned)(byte & 0x1f) << 6 | (next & 0x3f));
            i++;
        } else if (byte == '"' || byte == '\\')
            snprintf(piece, sizeof piece, "\\%c", byte);
        else if (byte < 0x20 || byte >= 0x7f)
            snprintf(piece, sizeof piece, "\\u%04x", byte);
        else
            snprintf(piece, sizeof piece, "%c", byte);
        emit(p, piece);
    }
    emit(p, "\"");
}

/* What stands before a value: comma, line break, indentation, name. */
static void emit_start(shk_printer *p, const char *name)
{
    if (p->style != SHK_TEXT && !p->first)
        emit(p, p->style == SHK_JSON ? "," : ", ");
    if (p->style == SHK_JSON && p->depth > 0)
        emit(p, "\n");
    p->first = false;
    for (unsigned i = 0; i < p->depth && p->style != SHK_JSON_LINE; i++)
        emit(p, "  ");
    if (p->style != SHK_TEXT && name != NULL) {
        emit_quoted(p, shk_span_of_text(name));
        emit(p, ": ");
    } else if (p->style == SHK_TEXT) {
        emit(p, name != NULL ? name : "-");
    }
}

void shk_print_begin(shk_printer *p, const char *name, bool array)
{
    emit_start(p, name);
    if (p->style != SHK_TEXT)
        emit(p, array ? "[" : "{");
    else
        emit(p, "\n");
    p->depth++;
    p->first = true;
}

void shk_print_end(shk_printer *p, bool array)
{
    p->depth--;
    if (p->style != SHK_TEXT) {
        if (!p->first && p->style == SHK_JSON) {
            emit(p, "\n");
            for (unsigned i = 0; i < p->depth; i++)
                emit(p, "  ");
        }
        emit(p, array ? "]" : "}");
    }
    p->first = false;
}

void shk_print_number(shk_printer *p, const char *name, uint64_t value, unsigned bytes,
                      shk_namer *namer)
{
    char text[128];
    const char *known = namer != NULL ? namer((uint32_t)value) : NULL;
    emit_start(p, name);
    if (p->style != SHK_TEXT) {
        if (namer == NULL)
            snprintf(text, sizeof text, "%" PRIu64, value);
        else
            snprintf(text, sizeof text, "{\"value\": %" PRIu64 ", \"name\": %s%s%s}", value,
                     known != NULL ? "\"" : "", known != NULL ? known : "null",
                     known != NULL ? "\"" : "");
        emit(p, text);
        return;
    }
    if (namer == NULL)
        snprintf(text, sizeof text, "%s%" PRIu64 "\n", name != NULL ? ": " : " ", value);
    else
        snprintf(text, sizeof text, "%s%s (0x%0*" PRIx64 ")\n", name != NULL ? ": " : " ",
                 known != NULL ? known : "unknown", (int)(2 * bytes), value);
    emit(p, text);
}

void shk_print_bytes(shk_printer *p, const char *name, shk_span bytes)
{
    char text[32];
    emit_start(p, name);
    if (p->style == SHK_TEXT) {
        snprintf(text, sizeof text, "%s%zu byte%s%s", name != NULL ? ": " : " ", bytes.len,
                 bytes.len == 1 ? "" : "s", bytes.len > 0 ? " " : "");
        emit(p, text);
    } else {
        emit(p, "\"");
    }
    for (size_t i = 0; i < bytes.len; i++) {
        snprintf(text, sizeof text, "%02x", bytes.data[i]);
        p->sink(p->context, text, 2);
    }
    emit(p, p->style == SHK_TEXT ? "\n" : "\"");
}

void shk_print_text(shk_printer *p, const char *name, shk_span text)
{
    emit_start(p, name);
    if (p->style == SHK_TEXT)
        emit(p, name != NULL ? ": " : " ");
    emit_quoted(p, text);
    if (p->style == SHK_TEXT)
        emit(p, "\n");
}

void shk_print_literal(shk_printer *p, const char *name, const char *literal)
{
    emit_start(p, name);
    if (p->style == SHK_TEXT)
        emit(p, name != NULL ? ": " : " ");
    emit(p, literal);
    if (p->style == SHK_TEXT)
        emit(p, "\n");
}
