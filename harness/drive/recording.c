/* Recordings of handshakes (drive/recording.h). */
#include "drive/recording.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE = 4096 };

struct shk_endpoint {
    const shk_endpoint_kind *kind;
    shk_endpoint *end;
    const char *side;
    shk_buf *log;
};

shk_status shk_recording_line(shk_buf *log, const char *format, ...)
{
    char line[LINE];
    va_list arguments;
    va_start(arguments, format);
    int len = vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    if (len < 0 || (size_t)len >= sizeof line - 1)
        return SHK_E_NO_ROOM;
    line[len] = '\n';
    return shk_buf_append(log, shk_span_of(line, (size_t)len + 1));
}

shk_status shk_recording_bytes(shk_buf *log, const char *side, const char *verb, shk_span bytes)
{
    static const char digits[] = "0123456789abcdef";
    char head[64];
    int len = snprintf(head, sizeof head, "%s %s ", side, verb);
    SHK_TRY(shk_buf_append(log, shk_span_of(head, (size_t)len)));
    SHK_TRY(shk_buf_reserve(log, 2 * bytes.len + 1));
    for (size_t i = 0; i < bytes.len; i++) {
        log->data[log->len++] = (uint8_t)digits[bytes.data[i] >> 4];
        log->data[log->len++] = (uint8_t)digits[bytes.data[i] & 15];
    }
    log->data[log->len++] = '\n';
    return SHK_OK;
}

static int digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool shk_parse_hex(const char *text, shk_buf *out)
{
    size_t len = strlen(text);
    if (len % 2 != 0)
        return false;
    for (size_t i = 0; i < len; i += 2) {
        int high = digit(text[i]);
        int low = digit(text[i + 1]);
        if (high < 0 || low < 0)
            return false;
        uint8_t byte = (uint8_t)(high << 4 | low);
        if (shk_buf_append(out, shk_span_of(&byte, 1)) != SHK_OK)
            return false;
    }
    return true;
}

/* A recording that lacks a line is worthless, and memory for text is all it needs. */
static void must(shk_status status)
{
    if (status != SHK_OK) {
        fprintf(stderr, "recording: %s\n", shk_error(status)->text);
        abort();
    }
}

shk_endpoint *shk_recorder_wrap(const shk_endpoint_kind *kind, shk_endpoint *end, const char *side,
                                shk_buf *log)
{
    shk_endpoint *recorder = (shk_endpoint *)malloc(sizeof *recorder);
    if (recorder == NULL)
        return NULL;
    recorder->kind = kind;
    recorder->end = end;
    recorder->side = side;
    recorder->log = log;
    return recorder;
}

static void close_recorder(shk_endpoint *end)
{
    free(end);
}

static void feed(shk_endpoint *r, shk_span bytes)
{
    must(shk_recording_bytes(r->log, r->side, "feed", bytes));
    r->kind->feed(r->end, bytes);
}

static void take(shk_endpoint *r, shk_buf *out)
{
    size_t before = out->len;
    r->kind->take(r->end, out);
    if (out->len > before)
        must(shk_recording_bytes(r->log, r->side, "take",
                                 shk_span_of(out->data + before, out->len - before)));
}

static bool write_data(shk_endpoint *r, shk_span data)
{
    must(shk_recording_bytes(r->log, r->side, "write", data));
    return r->kind->write(r->end, data);
}

static size_t read_data(shk_endpoint *r, uint8_t *data, size_t cap)
{
    return r->kind->read(r->end, data, cap);
}

static void shutdown_end(shk_endpoint *r)
{
    must(shk_recording_line(r->log, "%s shutdown", r->side));
    r->kind->shutdown(r->end);
}

static bool key_update(shk_endpoint *r, bool request)
{
    must(shk_recording_line(r->log, "%s key-update %d", r->side, request));
    return r->kind->key_update(r->end, request);
}

static bool write_early(shk_endpoint *r, shk_span data)
{
    must(shk_recording_bytes(r->log, r->side, "early", data));
    return r->kind->write_early != NULL && r->kind->write_early(r->end, data);
}

static bool request_authentication(shk_endpoint *r)
{
    must(shk_recording_line(r->log, "%s request-authentication", r->side));
    return r->kind->request_authentication != NULL && r->kind->request_authentication(r->end);
}

static bool renegotiate(shk_endpoint *r)
{
    must(shk_recording_line(r->log, "%s renegotiate", r->side));
    return r->kind->renegotiate != NULL && r->kind->renegotiate(r->end);
}

static size_t channel_binding(shk_endpoint *r, const char *name, uint8_t *out)
{
    return r->kind->channel_binding != NULL ? r->kind->channel_binding(r->end, name, out) : 0;
}

static bool export_keys(shk_endpoint *r, const char *label, shk_span context, uint8_t *out,
                        size_t len)
{
    return r->kind->export_keys(r->end, label, context, out, len);
}

static void result(shk_endpoint *r, shk_endpoint_result *out)
{
    r->kind->result(r->end, out);
}

const shk_endpoint_kind shk_endpoint_recorder = {
    .name = "recorder",
    .close = close_recorder,
    .feed = feed,
    .take = take,
    .write = write_data,
    .read = read_data,
    .shutdown = shutdown_end,
    .key_update = key_update,
    .write_early = write_early,
    .request_authentication = request_authentication,
    .renegotiate = renegotiate,
    .channel_binding = channel_binding,
    .export_keys = export_keys,
    .result = result,
};
