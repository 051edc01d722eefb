/* Recordings of handshakes (drive/recording.h). */
#include "drive/recording.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE = 256 };

struct shk_endpoint {
    const shk_endpoint_kind *kind;
    shk_endpoint *end;
    const char *side;
    shk_buf *log;
};

static shk_status append_text(shk_buf *log, const char *text)
{
    return shk_buf_append(log, shk_span_of_text(text));
}

static shk_status append_hex(shk_buf *log, shk_span bytes)
{
    static const char digits[] = "0123456789abcdef";
    SHK_TRY(shk_buf_reserve(log, 2 * bytes.len + 1));
    for (size_t i = 0; i < bytes.len; i++) {
        log->data[log->len++] = (uint8_t)digits[bytes.data[i] >> 4];
        log->data[log->len++] = (uint8_t)digits[bytes.data[i] & 15];
    }
    log->data[log->len++] = '\n';
    return SHK_OK;
}

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
    SHK_TRY(append_text(log, side));
    SHK_TRY(append_text(log, " "));
    SHK_TRY(append_text(log, verb));
    SHK_TRY(append_text(log, " "));
    return append_hex(log, bytes);
}

static shk_status append_option(shk_buf *log, const char *side, const char *name)
{
    SHK_TRY(append_text(log, "option "));
    SHK_TRY(append_text(log, side));
    SHK_TRY(append_text(log, " "));
    SHK_TRY(append_text(log, name));
    return append_text(log, " ");
}

shk_status shk_recording_option(shk_buf *log, const char *side, const char *name, const char *value)
{
    SHK_TRY(append_option(log, side, name));
    SHK_TRY(append_text(log, value));
    return append_text(log, "\n");
}

shk_status shk_recording_file(shk_buf *log, const char *side, const char *name, shk_span content)
{
    SHK_TRY(append_option(log, side, name));
    SHK_TRY(append_text(log, "hex:"));
    return append_hex(log, content);
}

/* A recording without one of its lines is useless, and only memory can be missing. */
static void abort_unless_ok(shk_status status)
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

static void feed(shk_endpoint *r, shk_span bytes)
{
    abort_unless_ok(shk_recording_bytes(r->log, r->side, "feed", bytes));
    r->kind->feed(r->end, bytes);
}

static void take(shk_endpoint *r, shk_buf *out)
{
    size_t before = out->len;
    r->kind->take(r->end, out);
    if (out->len > before)
        abort_unless_ok(shk_recording_bytes(r->log, r->side, "take",
                                            shk_span_of(out->data + before, out->len - before)));
}

static void close_recorder(shk_endpoint *r)
{
    shk_buf rest = shk_buf_growing(&shk_libc_allocator);
    take(r, &rest);
    abort_unless_ok(shk_recording_line(r->log, "%s end", r->side));
    shk_buf_free(&rest);
    free(r);
}

static bool write_data(shk_endpoint *r, shk_span data)
{
    abort_unless_ok(shk_recording_bytes(r->log, r->side, "write", data));
    return r->kind->write(r->end, data);
}

static size_t read_data(shk_endpoint *r, uint8_t *data, size_t cap)
{
    return r->kind->read(r->end, data, cap);
}

static void shutdown_end(shk_endpoint *r)
{
    abort_unless_ok(shk_recording_line(r->log, "%s shutdown", r->side));
    r->kind->shutdown(r->end);
}

static bool key_update(shk_endpoint *r, bool request)
{
    abort_unless_ok(shk_recording_line(r->log, "%s key-update %d", r->side, request));
    return r->kind->key_update(r->end, request);
}

static bool write_early(shk_endpoint *r, shk_span data)
{
    abort_unless_ok(shk_recording_bytes(r->log, r->side, "early", data));
    return r->kind->write_early != NULL && r->kind->write_early(r->end, data);
}

static bool request_authentication(shk_endpoint *r)
{
    abort_unless_ok(shk_recording_line(r->log, "%s request-authentication", r->side));
    return r->kind->request_authentication != NULL && r->kind->request_authentication(r->end);
}

static bool renegotiate(shk_endpoint *r)
{
    abort_unless_ok(shk_recording_line(r->log, "%s renegotiate", r->side));
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

static shk_span key_log(const shk_endpoint *r)
{
    return r->kind->key_log != NULL ? r->kind->key_log(r->end) : shk_span_of(NULL, 0);
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
    .key_log = key_log,
    .result = result,
};
