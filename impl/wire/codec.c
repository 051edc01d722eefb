/* The codec's field functions in decode and encode mode (shakedown/codec.h). */
#include "shakedown/codec.h"

#include <string.h>

#include "wire/vector.h"

static const shk_span empty_span = {NULL, 0};

void shk_codec_fail(shk_codec *c, const char *name, shk_status status)
{
    if (shk_failed(c))
        return;
    c->fault.status = status;
    c->fault.offset = c->mode == SHK_ENCODE ? c->out->len - c->out_start : c->pos;
    c->fault.field = name;
}

shk_codec shk_decoder(const shk_form *form, shk_span input)
{
    static const uint8_t nothing[1] = {0};
    shk_codec c = {.mode = SHK_DECODE, .limit = input.len};
    c.in = input.data != NULL ? input.data : nothing;
    if (form != NULL)
        c.form = *form;
    return c;
}

/* Decode: takes `len` bytes off the innermost vector. NULL (and a fault) if it does not have them.
 */
static const uint8_t *take(shk_codec *c, const char *name, size_t len)
{
    if (shk_failed(c))
        return NULL;
    if (len > c->limit - c->pos) {
        shk_codec_fail(c, name, SHK_E_TRUNCATED);
        return NULL;
    }
    const uint8_t *bytes = c->in + c->pos;
    c->pos += len;
    return bytes;
}

/* Encode: room for `len` more bytes, counted as used. NULL (and a fault) if there is none. */
static uint8_t *put(shk_codec *c, const char *name, size_t len)
{
    if (shk_failed(c))
        return NULL;
    shk_status status = shk_buf_reserve(c->out, len);
    if (status != SHK_OK) {
        shk_codec_fail(c, name, status);
        return NULL;
    }
    uint8_t *bytes = c->out->data + c->out->len;
    c->out->len += len;
    return bytes;
}

static uint32_t read_number(const uint8_t *bytes, unsigned width)
{
    uint32_t value = 0;
    for (unsigned i = 0; i < width; i++)
        value = value << 8 | bytes[i];
    return value;
}

static void write_number(uint8_t *bytes, unsigned width, uint32_t value)
{
    for (unsigned i = 0; i < width; i++)
        bytes[i] = (uint8_t)(value >> (8 * (width - 1 - i)));
}

/* Tells the tracer. Kept out of the field functions, which every field passes: what it tells is
 * made for those alone who want to know it. */
__attribute__((noinline)) static void tell(const shk_codec *c, shk_trace_kind kind,
                                           const char *name, size_t start, size_t end,
                                           unsigned prefix, unsigned width, shk_namer *namer)
{
    const bool placed = c->mode != SHK_OUTLINE;
    const shk_trace t = {.kind = kind,
                         .name = name,
                         .start = placed ? start : 0,
                         .end = placed ? end : 0,
                         .prefix = (uint8_t)prefix,
                         .width = (uint8_t)width,
                         .namer = namer};
    if (!shk_failed(c))
        c->tracer(c->tracer_context, &t);
}

/* Tells the tracer, if there is one, of a field that is bytes, or of the beginning or end of what
 * has fields in it. */
static void trace(const shk_codec *c, shk_trace_kind kind, const char *name, size_t start,
                  size_t end)
{
    if (c->tracer != NULL)
        tell(c, kind, name, start, end, 0, 0, NULL);
}

/* Likewise, of a number that ends at `end`. */
static void trace_number(const shk_codec *c, const char *name, size_t end, unsigned width,
                         shk_namer *namer)
{
    if (c->tracer != NULL)
        tell(c, SHK_TRACE_FIELD, name, end - width, end, 0, width, namer);
}

/* A number of `width` bytes in any mode: returns what the field is after the call. */
static uint32_t number(shk_codec *c, const char *name, unsigned width, uint32_t value,
                       shk_namer *namer)
{
    if (c->mode == SHK_DECODE) {
        const uint8_t *bytes = take(c, name, width);
        trace_number(c, name, c->pos, width, namer);
        return bytes == NULL ? 0 : read_number(bytes, width);
    }
    if (c->mode == SHK_OUTLINE) {
        trace_number(c, name, 0, width, namer);
        return 0;
    }
    if (c->mode == SHK_ENCODE) {
        uint8_t *bytes = put(c, name, width);
        if (bytes != NULL)
            write_number(bytes, width, value);
        return value;
    }
    shk_print_number(c->printer, name, value, width, namer);
    return value;
}

/* Whether a field has a value before the call: what is decoded or outlined need not be initialised.
 */
static bool is_given(const shk_codec *c)
{
    return c->mode == SHK_ENCODE || c->mode == SHK_PRINT;
}

void shk_u8(shk_codec *c, const char *name, uint8_t *value, shk_namer *namer)
{
    *value = (uint8_t)number(c, name, 1, is_given(c) ? *value : 0, namer);
}

void shk_u16(shk_codec *c, const char *name, uint16_t *value, shk_namer *namer)
{
    *value = (uint16_t)number(c, name, 2, is_given(c) ? *value : 0, namer);
}

void shk_u24(shk_codec *c, const char *name, uint32_t *value, shk_namer *namer)
{
    *value = number(c, name, 3, is_given(c) ? *value : 0, namer);
}

void shk_u32(shk_codec *c, const char *name, uint32_t *value, shk_namer *namer)
{
    *value = number(c, name, 4, is_given(c) ? *value : 0, namer);
}

/* Exactly `len` bytes in decode and encode mode. */
static void raw(shk_codec *c, const char *name, shk_span *bytes, size_t len)
{
    if (c->mode == SHK_OUTLINE) {
        *bytes = empty_span;
        return;
    }
    if (c->mode == SHK_DECODE) {
        const uint8_t *data = take(c, name, len);
        *bytes = data == NULL ? empty_span : shk_span_of(data, len);
        return;
    }
    uint8_t *data = put(c, name, bytes->len);
    if (data != NULL && bytes->len > 0)
        memcpy(data, bytes->data, bytes->len);
}

void shk_fixed(shk_codec *c, const char *name, shk_span *bytes, size_t len)
{
    if (c->mode == SHK_PRINT) {
        shk_print_bytes(c->printer, name, *bytes);
        return;
    }
    if (c->mode == SHK_ENCODE && bytes->len != len)
        shk_codec_fail(c, name, SHK_E_VECTOR_LENGTH);
    raw(c, name, bytes, len);
    trace(c, SHK_TRACE_FIELD, name, c->pos - bytes->len, c->pos);
}

void shk_rest(shk_codec *c, const char *name, shk_span *bytes)
{
    if (c->mode == SHK_PRINT) {
        shk_print_bytes(c->printer, name, *bytes);
        return;
    }
    raw(c, name, bytes, c->limit - c->pos);
    trace(c, SHK_TRACE_FIELD, name, c->pos - bytes->len, c->pos);
}

/* Decode: the length of a vector. 0, and a fault, where it may not have it. */
static size_t read_length(shk_codec *c, const char *name, unsigned width, size_t min, size_t max)
{
    const uint8_t *prefix = take(c, name, width);
    if (prefix == NULL)
        return 0;
    const size_t len = read_number(prefix, width);
    if (len >= min && len <= max && len <= c->limit - c->pos)
        return len;
    shk_codec_fail(c, name, len < min || len > max ? SHK_E_VECTOR_LENGTH : SHK_E_TRUNCATED);
    return 0;
}

void shk_vector_begin(shk_codec *c, shk_vector *v, const char *name, unsigned width, size_t min,
                      size_t max)
{
    v->name = name;
    v->width = width;
    v->min = min;
    v->max = max;
    v->outer_limit = c->limit;
    v->start = 0;
    if (c->mode == SHK_DECODE) {
        const size_t len = read_length(c, name, width, min, max);
        if (!shk_failed(c))
            c->limit = c->pos + len;
        v->start = c->pos;
    } else if (c->mode == SHK_ENCODE) {
        put(c, name, width);
        v->start = c->out->len;
    }
    if (c->tracer != NULL)
        tell(c, SHK_TRACE_BEGIN, name, v->start, c->limit, width, 0, NULL);
}

void shk_vector_end(shk_codec *c, shk_vector *v)
{
    if (shk_failed(c))
        return;
    if (c->mode == SHK_DECODE) {
        if (c->pos != c->limit)
            shk_codec_fail(c, v->name, SHK_E_TRAILING_DATA);
        c->limit = v->outer_limit;
    } else if (c->mode == SHK_ENCODE) {
        size_t len = c->out->len - v->start;
        if (len < v->min || len > v->max)
            shk_codec_fail(c, v->name, SHK_E_VECTOR_LENGTH);
        else
            write_number(c->out->data + v->start - v->width, v->width, (uint32_t)len);
    }
    trace(c, SHK_TRACE_END, v->name, v->start, c->pos);
}

/* The items of a list of code points that has just been decoded; one in an outline. */
static void trace_numbers(const shk_codec *c, shk_span list, unsigned item, shk_namer *namer)
{
    size_t count = c->mode == SHK_OUTLINE ? 1 : list.len / item;
    if (c->tracer == NULL || c->mode == SHK_ENCODE)
        return;
    for (size_t i = 0; i < count; i++) {
        size_t start = c->mode == SHK_OUTLINE ? 0 : c->pos - list.len + i * item;
        trace_number(c, NULL, start + item, item, namer);
    }
}

/* Decode: a vector whose content is not looked into, but for its end, which the caller tells. */
static void read_vector(shk_codec *c, const char *name, unsigned width, shk_span *bytes, size_t min,
                        size_t max)
{
    const size_t len = read_length(c, name, width, min, max);
    *bytes = empty_span;
    if (shk_failed(c))
        return;
    if (c->tracer != NULL)
        tell(c, SHK_TRACE_BEGIN, name, c->pos, c->pos + len, width, 0, NULL);
    *bytes = shk_span_of(c->in + c->pos, len);
    c->pos += len;
}

/* Encode and outline, likewise; of code points of `item` bytes each, or 0: of any bytes. Not
 * inlined: under a sanitizer decoding would pay for the struct. */
__attribute__((noinline)) static void write_vector(shk_codec *c, const char *name, unsigned width,
                                                   unsigned item, shk_span *bytes, size_t min,
                                                   size_t max, shk_namer *namer)
{
    shk_vector v;
    shk_vector_begin(c, &v, name, width, min, max);
    raw(c, name, bytes, bytes->len);
    if (item > 0) {
        if (bytes->len % item != 0)
            shk_codec_fail(c, name, SHK_E_VECTOR_LENGTH);
        trace_numbers(c, *bytes, item, namer);
    }
    shk_vector_end(c, &v);
}

static void opaque(shk_codec *c, const char *name, unsigned width, shk_span *bytes, size_t min,
                   size_t max)
{
    if (c->mode == SHK_PRINT) {
        shk_print_bytes(c->printer, name, *bytes);
    } else if (c->mode == SHK_DECODE) {
        read_vector(c, name, width, bytes, min, max);
        trace(c, SHK_TRACE_END, name, c->pos - bytes->len, c->pos);
    } else {
        write_vector(c, name, width, 0, bytes, min, max, NULL);
    }
}

void shk_opaque8(shk_codec *c, const char *name, shk_span *bytes, size_t min, size_t max)
{
    opaque(c, name, 1, bytes, min, max);
}

void shk_opaque16(shk_codec *c, const char *name, shk_span *bytes, size_t min, size_t max)
{
    opaque(c, name, 2, bytes, min, max);
}

void shk_opaque24(shk_codec *c, const char *name, shk_span *bytes, size_t min, size_t max)
{
    opaque(c, name, 3, bytes, min, max);
}

/* A vector of code points of `item` bytes each. */
static void number_list(shk_codec *c, const char *name, unsigned width, unsigned item,
                        shk_span *list, size_t min, size_t max, shk_namer *namer)
{
    if (c->mode == SHK_DECODE) {
        read_vector(c, name, width, list, min, max);
        if (list->len % item != 0)
            shk_codec_fail(c, name, SHK_E_VECTOR_LENGTH);
        trace_numbers(c, *list, item, namer);
        trace(c, SHK_TRACE_END, name, c->pos - list->len, c->pos);
        return;
    }
    if (c->mode != SHK_PRINT) {
        write_vector(c, name, width, item, list, min, max, namer);
        return;
    }
    shk_print_begin(c->printer, name, true);
    for (size_t i = 0; i + item <= list->len; i += item)
        shk_print_number(c->printer, NULL, read_number(list->data + i, item), item, namer);
    shk_print_end(c->printer, true);
}

void shk_u8_list8(shk_codec *c, const char *name, shk_span *list, size_t min, size_t max,
                  shk_namer *namer)
{
    number_list(c, name, 1, 1, list, min, max, namer);
}

void shk_u16_list8(shk_codec *c, const char *name, shk_span *list, size_t min, size_t max,
                   shk_namer *namer)
{
    number_list(c, name, 1, 2, list, min, max, namer);
}

void shk_u16_list16(shk_codec *c, const char *name, shk_span *list, size_t min, size_t max,
                    shk_namer *namer)
{
    number_list(c, name, 2, 2, list, min, max, namer);
}

/* Decode: checks each element. The raw bytes are kept in `list`. */
static void decode_elements(shk_codec *c, const char *name, shk_span *list, shk_shape *element,
                            void *scratch)
{
    size_t start = c->pos;
    while (!shk_failed(c) && c->pos < c->limit) {
        size_t before = c->pos;
        trace(c, SHK_TRACE_BEGIN, NULL, before, c->limit);
        element(c, scratch);
        if (c->pos == before)
            shk_codec_fail(c, name, SHK_E_TRUNCATED);
        trace(c, SHK_TRACE_END, NULL, before, c->pos);
    }
    *list = shk_failed(c) ? empty_span : shk_span_of(c->in + start, c->pos - start);
}

static void outline_element(shk_codec *c, shk_span *list, shk_shape *element, void *scratch)
{
    trace(c, SHK_TRACE_BEGIN, NULL, 0, 0);
    element(c, scratch);
    trace(c, SHK_TRACE_END, NULL, 0, 0);
    *list = empty_span;
}

static void list_of(shk_codec *c, const char *name, unsigned width, shk_span *list, size_t min,
                    size_t max, shk_shape *element, void *scratch)
{
    if (c->mode == SHK_PRINT) {
        shk_print_begin(c->printer, name, true);
        for (shk_span rest = *list; shk_list_next(&rest, &c->form, element, scratch);) {
            shk_struct_begin(c, NULL);
            element(c, scratch);
            shk_struct_end(c);
        }
        shk_print_end(c->printer, true);
        return;
    }
    shk_vector v;
    shk_vector_begin(c, &v, name, width, min, max);
    if (c->mode == SHK_DECODE)
        decode_elements(c, name, list, element, scratch);
    else if (c->mode == SHK_OUTLINE)
        outline_element(c, list, element, scratch);
    else
        for (shk_span rest = *list; shk_list_next(&rest, &c->form, element, scratch);)
            element(c, scratch);
    shk_vector_end(c, &v);
}

void shk_list8(shk_codec *c, const char *name, shk_span *list, size_t min, size_t max,
               shk_shape *element, void *scratch)
{
    list_of(c, name, 1, list, min, max, element, scratch);
}

void shk_list16(shk_codec *c, const char *name, shk_span *list, size_t min, size_t max,
                shk_shape *element, void *scratch)
{
    list_of(c, name, 2, list, min, max, element, scratch);
}

void shk_list24(shk_codec *c, const char *name, shk_span *list, size_t min, size_t max,
                shk_shape *element, void *scratch)
{
    list_of(c, name, 3, list, min, max, element, scratch);
}

void shk_require(shk_codec *c, const char *name, bool holds, shk_status error)
{
    if (c->mode == SHK_DECODE && !holds)
        shk_codec_fail(c, name, error);
}

bool shk_optional(shk_codec *c, bool present)
{
    if (c->mode == SHK_OUTLINE)
        return true;
    return c->mode == SHK_DECODE ? !shk_failed(c) && c->pos < c->limit : present;
}

bool shk_variant(const shk_codec *c, bool holds)
{
    return c->mode == SHK_OUTLINE || holds;
}

void shk_struct_begin(shk_codec *c, const char *name)
{
    if (c->mode == SHK_PRINT)
        shk_print_begin(c->printer, name, false);
    else
        trace(c, SHK_TRACE_BEGIN, name, c->pos, c->limit);
}

void shk_struct_end(shk_codec *c)
{
    if (c->mode == SHK_PRINT)
        shk_print_end(c->printer, false);
    else
        trace(c, SHK_TRACE_END, NULL, 0, c->pos);
}

bool shk_list_next(shk_span *list, const shk_form *form, shk_shape *element, void *scratch)
{
    if (list->len == 0)
        return false;
    shk_codec c = shk_decoder(form, *list);
    element(&c, scratch);
    if (shk_failed(&c) || c.pos == 0)
        return false;
    *list = shk_span_of(list->data + c.pos, list->len - c.pos);
    return true;
}

uint16_t shk_u16_at(shk_span list, size_t i)
{
    return (uint16_t)read_number(list.data + 2 * i, 2);
}

bool shk_u16_list_has(shk_span list, uint16_t value)
{
    for (size_t i = 0; i < list.len / 2; i++)
        if (shk_u16_at(list, i) == value)
            return true;
    return false;
}

shk_status shk_decode(shk_shape *shape, const shk_form *form, shk_span input, void *message,
                      shk_fault *fault)
{
    shk_codec c = shk_decoder(form, input);
    shape(&c, message);
    if (c.pos != c.limit)
        shk_codec_fail(&c, NULL, SHK_E_TRAILING_DATA);
    if (fault != NULL)
        *fault = c.fault;
    return c.fault.status;
}

shk_status shk_visit_extensions(shk_shape *shape, const shk_form *form, shk_span input,
                                shk_extension_visitor *visitor, void *context)
{
    shk_any message;
    shk_codec c = shk_decoder(form, input);
    c.visitor = visitor;
    c.visitor_context = context;
    shape(&c, &message);
    return c.fault.status;
}

shk_status shk_trace_fields(shk_shape *shape, const shk_form *form, shk_span input,
                            shk_tracer *tracer, void *context, shk_fault *fault)
{
    shk_any message;
    shk_codec c = shk_decoder(form, input);
    c.tracer = tracer;
    c.tracer_context = context;
    shape(&c, &message);
    if (fault != NULL)
        *fault = c.fault;
    return c.fault.status;
}

void shk_outline(shk_shape *shape, const shk_form *form, shk_tracer *tracer, void *context)
{
    shk_any message;
    shk_codec c = {.mode = SHK_OUTLINE, .tracer = tracer, .tracer_context = context};
    memset(&message, 0, sizeof message);
    if (form != NULL)
        c.form = *form;
    shape(&c, &message);
}

shk_status shk_encode(shk_shape *shape, const shk_form *form, void *message, shk_buf *out,
                      shk_fault *fault)
{
    shk_codec c = {.mode = SHK_ENCODE, .out = out, .out_start = out->len};
    if (form != NULL)
        c.form = *form;
    shape(&c, message);
    if (shk_failed(&c))
        out->len = c.out_start;
    if (fault != NULL)
        *fault = c.fault;
    return c.fault.status;
}

void shk_print(shk_shape *shape, const shk_form *form, void *message, shk_printer *printer)
{
    shk_codec c = {.mode = SHK_PRINT, .printer = printer};
    if (form != NULL)
        c.form = *form;
    shape(&c, message);
}
