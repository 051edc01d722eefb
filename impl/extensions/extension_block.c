/* Extension blocks (extensions/extension_block.h). */
#include "extensions/extension_block.h"

#include <string.h>

#include "wire/vector.h"

enum { EXTENSION_HEAD = 4 }; /* type and length (RFC 8446 §4.2) */

const shk_extension_block shk_no_extensions = {{NULL, 0}, false, 0};

void shk_raw_extension_shape(shk_codec *c, void *extension)
{
    shk_raw_extension *m = (shk_raw_extension *)extension;
    shk_u16(c, "extension_type", &m->extension_type, shk_extension_name);
    shk_opaque16(c, "extension_data", &m->extension_data, 0, 65535);
}

/* By hand, not by the shape: each look-up of an extension walks the block. */
bool shk_extension_next(shk_span *block, shk_raw_extension *out)
{
    const uint8_t *head = block->data;
    if (block->len < EXTENSION_HEAD)
        return false;
    const size_t len = (size_t)head[2] << 8 | head[3];
    if (len > block->len - EXTENSION_HEAD)
        return false;
    out->extension_type = (uint16_t)(head[0] << 8 | head[1]);
    out->extension_data = shk_span_of(head + EXTENSION_HEAD, len);
    *block = shk_span_of(head + EXTENSION_HEAD + len, block->len - EXTENSION_HEAD - len);
    return true;
}

/* Whether types without a row stand twice in the block. Called only where more than one has none.
 */
static bool has_duplicate_unknown(shk_span raw)
{
    uint8_t seen[65536 / 8];
    memset(seen, 0, sizeof seen);
    shk_raw_extension e;
    while (shk_extension_next(&raw, &e)) {
        uint8_t *byte = &seen[e.extension_type / 8];
        uint8_t bit = (uint8_t)(1 << e.extension_type % 8);
        if (*byte & bit)
            return true;
        *byte |= bit;
    }
    return false;
}

/* Decode: the checks of RFC 8446 §4.2 on one extension that has a row. */
static void check_known(shk_codec *c, shk_extension id, shk_extension_block *block)
{
    const shk_extension_row *row = &shk_extension_rows[id];
    uint64_t bit = UINT64_C(1) << id;
    shk_require(c, row->name, (block->seen & bit) == 0, SHK_E_DUPLICATE_EXTENSION);
    shk_require(c, row->name, (row->places & c->form.place) != 0, SHK_E_EXTENSION_PLACE);
    block->seen |= bit;
}

/* pre_shared_key closes a ClientHello (RFC 8446 §4.2.11). */
static bool psk_must_be_last(const shk_codec *c, const shk_extension_block *block)
{
    return c->form.place == SHK_IN_CLIENT_HELLO && shk_extension_in(block, SHK_EXT_pre_shared_key);
}

/* extension_data of an extension that has a row. */
static void known_body(shk_codec *c, const shk_extension_row *row, shk_any *body)
{
    shk_vector v;
    shk_vector_begin(c, &v, row->name, 2, 0, 65535);
    bool begun = !shk_failed(c);
    if (begun)
        row->layout->shape(c, body);
    shk_vector_end(c, &v);
    if (begun && shk_failed(c))
        c->broken = row->value;
}

/* An extension as an item of the block, told to a tracer that is there; its type is not read yet
 * where it begins. Not inlined: see tell in wire/codec.c. */
__attribute__((noinline)) static void tell_item(const shk_codec *c, shk_trace_kind kind,
                                                size_t start)
{
    if (shk_failed(c))
        return;
    shk_trace t = {.kind = kind, .start = start, .end = kind == SHK_TRACE_END ? c->pos : c->limit};
    if (c->limit - start >= 2)
        t.extension = (uint16_t)(c->in[start] << 8 | c->in[start + 1]);
    c->tracer(c->tracer_context, &t);
}

static void trace_item(const shk_codec *c, shk_trace_kind kind, size_t start)
{
    if (c->tracer != NULL)
        tell_item(c, kind, start);
}

/* One item of any type, and each extension that may stand in the block, by its name. */
static void outline_block(shk_codec *c)
{
    const shk_trace begin = {.kind = SHK_TRACE_BEGIN}, end = {.kind = SHK_TRACE_END};
    shk_raw_extension e;
    shk_any body;
    c->tracer(c->tracer_context, &begin);
    shk_raw_extension_shape(c, &e);
    c->tracer(c->tracer_context, &end);
    for (unsigned id = 0; id < SHK_EXT_COUNT; id++)
        if ((shk_extension_rows[id].places & c->form.place) != 0) {
            memset(&body, 0, sizeof body);
            known_body(c, &shk_extension_rows[id], &body);
        }
}

static void decode_block(shk_codec *c, shk_extension_block *block)
{
    shk_raw_extension e;
    shk_any body;
    size_t start = c->pos;
    unsigned unknown = 0;
    while (!shk_failed(c) && c->pos < c->limit) {
        size_t item = c->pos;
        trace_item(c, SHK_TRACE_BEGIN, item);
        shk_u16(c, "extension_type", &e.extension_type, shk_extension_name);
        shk_extension id = shk_extension_identify(e.extension_type);
        size_t data = c->pos + 2;
        if (id == SHK_EXT_COUNT) {
            shk_opaque16(c, "extension_data", &e.extension_data, 0, 65535);
            unknown++;
        } else {
            check_known(c, id, block);
            known_body(c, &shk_extension_rows[id], &body);
        }
        trace_item(c, SHK_TRACE_END, item);
        if (c->visitor != NULL && !shk_failed(c))
            c->visitor(c->visitor_context, e.extension_type, c->form.place,
                       shk_span_of(c->in + data, c->pos - data));
        shk_require(c, "pre_shared_key", c->pos == c->limit || !psk_must_be_last(c, block),
                    SHK_E_PSK_NOT_LAST);
    }
    if (shk_failed(c))
        return;
    block->raw = shk_span_of(c->in + start, c->pos - start);
    shk_require(c, "extensions", unknown < 2 || !has_duplicate_unknown(block->raw),
                SHK_E_DUPLICATE_EXTENSION);
}

/* Encode and print: every extension goes through its shape again, so that what comes out is what
 * was understood. */
static void write_block(shk_codec *c, const shk_extension_block *block)
{
    shk_raw_extension e;
    shk_any body;
    for (shk_span rest = block->raw; shk_extension_next(&rest, &e);) {
        shk_extension id = shk_extension_identify(e.extension_type);
        shk_struct_begin(c, NULL);
        if (id == SHK_EXT_COUNT) {
            shk_raw_extension_shape(c, &e);
        } else {
            shk_u16(c, "extension_type", &e.extension_type, shk_extension_name);
            shk_status status = shk_decode(shk_extension_rows[id].layout->shape, &c->form,
                                           e.extension_data, &body, NULL);
            if (status != SHK_OK)
                shk_codec_fail(c, shk_extension_rows[id].name, status);
            known_body(c, &shk_extension_rows[id], &body);
        }
        shk_struct_end(c);
    }
}

void shk_extensions(shk_codec *c, uint16_t place, shk_extension_block *block)
{
    uint16_t outer = c->form.place;
    c->form.place = place;
    if (c->mode == SHK_DECODE)
        *block = shk_no_extensions;
    if (c->mode == SHK_PRINT)
        shk_print_begin(c->printer, "extensions", true);
    shk_vector v;
    shk_vector_begin(c, &v, "extensions", 2, 0, 65535);
    if (c->mode == SHK_DECODE) {
        block->present = true;
        decode_block(c, block);
    } else if (c->mode == SHK_OUTLINE) {
        outline_block(c);
    } else {
        write_block(c, block);
    }
    shk_vector_end(c, &v);
    if (c->mode == SHK_PRINT)
        shk_print_end(c->printer, true);
    c->form.place = outer;
}

bool shk_extension_in(const shk_extension_block *block, shk_extension extension)
{
    return (block->seen & UINT64_C(1) << extension) != 0;
}

bool shk_extension_get(const shk_extension_block *block, shk_extension extension, uint16_t place,
                       void *body)
{
    const shk_extension_row *row = &shk_extension_rows[extension];
    memset(body, 0, row->layout->size);
    if (!shk_extension_in(block, extension))
        return false;
    shk_form form = {.place = place};
    shk_raw_extension e;
    for (shk_span rest = block->raw; shk_extension_next(&rest, &e);)
        if (e.extension_type == row->value)
            return shk_decode(row->layout->shape, &form, e.extension_data, body, NULL) == SHK_OK;
    return false;
}

/* Type, length and body. */
static shk_status append(shk_buf *raw, shk_extension extension, uint16_t place, void *body)
{
    const shk_extension_row *row = &shk_extension_rows[extension];
    shk_form form = {.place = place};
    uint8_t head[4] = {(uint8_t)(row->value >> 8), (uint8_t)row->value, 0, 0};
    size_t start = raw->len;
    SHK_TRY(shk_buf_append(raw, shk_span_of(head, sizeof head)));
    SHK_TRY(shk_encode(row->layout->shape, &form, body, raw, NULL));
    size_t len = raw->len - start - sizeof head;
    if (len > 65535)
        return SHK_E_VECTOR_LENGTH;
    raw->data[start + 2] = (uint8_t)(len >> 8);
    raw->data[start + 3] = (uint8_t)len;
    return SHK_OK;
}

shk_status shk_extension_add(shk_buf *raw, shk_extension extension, uint16_t place, void *body)
{
    size_t start = raw->len;
    shk_status status = append(raw, extension, place, body);
    if (status != SHK_OK) /* nothing of it stays */
        raw->len = start;
    return status;
}

shk_extension_block shk_extension_block_of(const shk_buf *raw)
{
    shk_extension_block block = {shk_buf_span(raw), true, 0};
    return block;
}
