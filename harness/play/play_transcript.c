/* The transcript of a run (play/play_transcript.h). */
#include "play/play_transcript.h"

#include <stdarg.h>
#include <stdio.h>

#include "shakedown/registry.h"

enum { LINE = 256, RECORD_HEADER = 5 };

static const char *const sides[2] = {"client", "server"};

/* A transcript that has no memory left ends there: it is for reading alone. */
void shk_play_transcript_line(const shk_play_transcript *t, const char *format, ...)
{
    char line[LINE];
    va_list arguments;
    if (t->text == NULL)
        return;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    if (shk_buf_append(t->text, shk_span_of_text(line)) == SHK_OK)
        (void)shk_buf_append(t->text, shk_span_of_text("\n"));
}

void shk_play_transcript_message(const shk_play_transcript *t, bool sent, shk_message id,
                                 shk_span raw)
{
    shk_play_transcript_line(t, "      %s message %s, %zu bytes", sides[sent == t->own_server],
                             shk_message_rows[id].name, raw.len);
}

static const char *type_name(uint8_t type)
{
    const char *name = shk_content_type_name(type);
    return name != NULL ? name : "of unknown type";
}

/* An alert in the clear has two bytes, and is told by name. */
static void record(const shk_play_transcript *t, bool from_server, shk_span header, shk_span body)
{
    const uint8_t *h = header.data;
    const char *alert = h[0] == 21 && body.len == 2 ? shk_alert_name(body.data[1]) : NULL;
    shk_play_transcript_line(t, "    %s record %s%s%s%s (%u), version 0x%02x%02x, %u bytes",
                             sides[from_server], type_name(h[0]), alert != NULL ? " " : "",
                             alert == NULL       ? ""
                             : body.data[0] == 1 ? "warning "
                                                 : "fatal ",
                             alert != NULL ? alert : "", h[0], h[1], h[2],
                             (unsigned)h[3] << 8 | h[4]);
}

void shk_play_transcript_flight(const shk_play_transcript *t, bool from_server, shk_span bytes)
{
    while (t->text != NULL && bytes.len >= RECORD_HEADER) {
        const size_t len = (size_t)bytes.data[3] << 8 | bytes.data[4];
        const size_t left = bytes.len - RECORD_HEADER;
        const size_t here = len < left ? len : left;
        record(t, from_server, bytes, shk_span_of(bytes.data + RECORD_HEADER, here));
        bytes = shk_span_of(bytes.data + RECORD_HEADER + here, left - here);
    }
    if (bytes.len > 0)
        shk_play_transcript_line(t, "    %s %zu bytes of a record", sides[from_server], bytes.len);
}
