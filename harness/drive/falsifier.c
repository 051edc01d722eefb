/* Endpoints that report one fact falsely (drive/falsifier.h). */
#include "drive/falsifier.h"

#include "endpoint/facts.h"
#include "shakedown/registry.h"
#include <stdlib.h>

struct shk_endpoint {
    const shk_endpoint_kind *kind;
    shk_endpoint *end;
    shk_fact fact;
    shk_falsehood how;
};

shk_endpoint *shk_falsifier_wrap(const shk_endpoint_kind *kind, shk_endpoint *end, shk_fact fact,
                                 shk_falsehood how)
{
    shk_endpoint *falsifier = (shk_endpoint *)malloc(sizeof *falsifier);
    if (falsifier == NULL)
        return NULL;
    falsifier->kind = kind;
    falsifier->end = end;
    falsifier->fact = fact;
    falsifier->how = how;
    return falsifier;
}

static void close_falsifier(shk_endpoint *f)
{
    free(f);
}

static void feed(shk_endpoint *f, shk_span bytes)
{
    f->kind->feed(f->end, bytes);
}

static void take(shk_endpoint *f, shk_buf *out)
{
    f->kind->take(f->end, out);
}

static bool write_data(shk_endpoint *f, shk_span data)
{
    return f->kind->write(f->end, data);
}

static bool key_update(shk_endpoint *f, bool request)
{
    return f->kind->key_update(f->end, request);
}

static bool write_early(shk_endpoint *f, shk_span data)
{
    return f->kind->write_early != NULL && f->kind->write_early(f->end, data);
}

static bool request_authentication(shk_endpoint *f)
{
    return f->kind->request_authentication != NULL && f->kind->request_authentication(f->end);
}

static bool renegotiate(shk_endpoint *f)
{
    return f->kind->renegotiate != NULL && f->kind->renegotiate(f->end);
}

/* Changes the first byte of a BYTES fact or of data, or removes them all. */
static size_t falsify_bytes(const shk_endpoint *f, uint8_t *bytes, size_t len)
{
    if (f->how == SHK_FALSE_ABSENT)
        return 0;
    bytes[0] ^= 1;
    return len > 0 ? len : 1;
}

static size_t read_data(shk_endpoint *f, uint8_t *data, size_t cap)
{
    const size_t len = f->kind->read(f->end, data, cap);
    return f->fact == SHK_FACT_application_data && len > 0 ? falsify_bytes(f, data, len) : len;
}

static void shut_down(shk_endpoint *f)
{
    f->kind->shutdown(f->end);
}

static size_t channel_binding(shk_endpoint *f, const char *name, uint8_t *out)
{
    out[0] = 0;
    const size_t len =
        f->kind->channel_binding != NULL ? f->kind->channel_binding(f->end, name, out) : 0;
    return f->fact == shk_fact_named(name) ? falsify_bytes(f, out, len) : len;
}

static bool export_keys(shk_endpoint *f, const char *label, shk_span context, uint8_t *out,
                        size_t len)
{
    if (!f->kind->export_keys(f->end, label, context, out, len))
        return false;
    return f->fact != SHK_FACT_exported_keys || falsify_bytes(f, out, len) > 0;
}

static void falsify_text(const shk_endpoint *f, char *text)
{
    const bool was_empty = text[0] == 0;
    if (f->how == SHK_FALSE_ABSENT)
        text[0] = 0;
    else
        text[0] = text[0] == 'x' ? 'y' : 'x';
    if (was_empty)
        text[1] = 0;
}

static int other_alert(int alert)
{
    return alert < 0 ? SHK_ALERT_internal_error : alert ^ 1;
}

static void falsify_field(const shk_endpoint *f, shk_endpoint_result *out)
{
    const shk_fact_row *row = &shk_fact_rows[f->fact];
    char *field = (char *)out + row->offset;
    const bool changed = f->how == SHK_FALSE_CHANGED;
    switch (row->type) {
    case SHK_FACT_TYPE_FLAG:
        *(bool *)field = changed && !*(bool *)field;
        break;
    case SHK_FACT_TYPE_CODE_POINT:
    case SHK_FACT_TYPE_COUNT:
        *(uint16_t *)(void *)field = changed ? *(uint16_t *)(void *)field ^ 1 : 0;
        break;
    case SHK_FACT_TYPE_ALERT:
        *(int *)(void *)field = !changed ? -1 : other_alert(*(const int *)(void *)field);
        break;
    case SHK_FACT_TYPE_TEXT:
        falsify_text(f, field);
        break;
    default:
        break;
    }
}

static shk_span key_log(const shk_endpoint *f)
{
    return f->kind->key_log != NULL ? f->kind->key_log(f->end) : shk_span_of(NULL, 0);
}

static void result(shk_endpoint *f, shk_endpoint_result *out)
{
    f->kind->result(f->end, out);
    if (f->fact == SHK_FACT_close_notify && out->state == SHK_ENDED)
        out->state = f->how == SHK_FALSE_CHANGED ? SHK_FAILED : SHK_CONNECTED;
    falsify_field(f, out);
}

const shk_endpoint_kind shk_endpoint_falsifier = {
    .name = "falsifier",
    .close = close_falsifier,
    .feed = feed,
    .take = take,
    .write = write_data,
    .read = read_data,
    .shutdown = shut_down,
    .key_update = key_update,
    .write_early = write_early,
    .request_authentication = request_authentication,
    .renegotiate = renegotiate,
    .channel_binding = channel_binding,
    .export_keys = export_keys,
    .key_log = key_log,
    .result = result,
};
