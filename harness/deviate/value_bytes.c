/* Values as bytes: what they stand for, and any bytes made a value (deviate/values.h). */
#include <string.h>

#include "deviate/numbers.h"
#include "deviate/values.h"

enum { MOST_DEPTH = 8, LONGEST_VALUE = 1 << 20 };

/* Bytes of the number that a kind of term has. */
static unsigned width_of(shk_term_kind kind)
{
    return kind == SHK_TERM_NUMBER                       ? 4
           : kind >= SHK_TERM_U8 && kind <= SHK_TERM_U32 ? (unsigned)(kind - SHK_TERM_U8 + 1)
                                                         : 0;
}

/* The content of a term, in canonical form. */
static bool bound_term(shk_term_kind kind, unsigned width, shk_player_role player, shk_span *bytes,
                       shk_buf *out)
{
    unsigned own = width_of(kind);
    if (kind == SHK_TERM_NUMBER)
        return shk_put_number(
            out, (uint32_t)(shk_take_number(bytes, 4) & ((UINT64_C(1) << 8 * width) - 1)), 4);
    if (own > 0)
        return shk_put_number(out, shk_take_number(bytes, own), own);
    if (kind == SHK_TERM_ZEROS)
        return shk_put_number(out, shk_take_number(bytes, 2), 2);
    if (kind == SHK_TERM_FILL)
        return shk_put_number(out, shk_take_number(bytes, 1), 1) &&
               shk_put_number(out, shk_take_number(bytes, 2), 2);
    if (kind == SHK_TERM_COPY) {
        shk_point point = shk_point_take(bytes, player);
        return shk_point_put(&point, out);
    }
    if (kind != SHK_TERM_HEX && kind != SHK_TERM_TEXT)
        return true;
    shk_span content = shk_take_bytes(bytes, shk_take_number(bytes, 2));
    return shk_put_number(out, (uint32_t)content.len, 2) && shk_put_bytes(out, content);
}

bool shk_value_bound(shk_span bytes, unsigned width, shk_player_role player, shk_buf *out)
{
    unsigned depth = 0;
    bool ok = true;
    if (bytes.len == 0) /* there is no empty list of terms */
        return shk_put_number(out, SHK_TERM_HEX, 1) && shk_put_number(out, 0, 2);
    while (bytes.len > 0 && ok) {
        shk_term_kind kind = (shk_term_kind)(shk_take_number(&bytes, 1) % SHK_TERMS);
        bool opens = kind >= SHK_TERM_VEC8 && kind <= SHK_TERM_VEC24;
        if ((kind == SHK_TERM_END && depth == 0) || (opens && depth == MOST_DEPTH)) {
            ok = shk_put_number(out, SHK_TERM_ZEROS, 1) && shk_put_number(out, 0, 2);
            continue;
        }
        if (kind == SHK_TERM_NUMBER && width == 0)
            kind = SHK_TERM_U32;
        depth += opens;
        depth -= kind == SHK_TERM_END;
        ok = shk_put_number(out, (uint32_t)kind, 1) && bound_term(kind, width, player, &bytes, out);
    }
    while (depth-- > 0 && ok)
        ok = shk_put_number(out, SHK_TERM_END, 1);
    return ok;
}

static bool repeat(shk_buf *out, uint8_t byte, size_t count)
{
    if (out->len + count > LONGEST_VALUE || shk_buf_reserve(out, count) != SHK_OK)
        return false;
    if (count > 0) /* else there may be no memory yet */
        memset(out->data + out->len, byte, count);
    out->len += count;
    return true;
}

/* A vector that was begun at `start` is closed: its length is what has come since. */
static void close_vector(shk_buf *out, size_t start, unsigned width)
{
    size_t len = out->len - start - width;
    for (unsigned i = 0; i < width; i++)
        out->data[start + i] = (uint8_t)(len >> (8 * (width - 1 - i)));
}

static bool append_term(shk_term_kind kind, shk_span *value, unsigned width, shk_copier *copier,
                        void *context, shk_buf *out)
{
    unsigned own = width_of(kind);
    uint32_t number;
    shk_point point;
    switch (kind) {
    case SHK_TERM_NUMBER:
        number = shk_take_number(value, 4);
        return shk_put_number(out, number, width > 0 ? width : 1);
    case SHK_TERM_ZEROS:
        return repeat(out, 0, shk_take_number(value, 2));
    case SHK_TERM_FILL:
        number = shk_take_number(value, 1);
        return repeat(out, (uint8_t)number, shk_take_number(value, 2));
    case SHK_TERM_COPY:
        point = shk_point_kept(value);
        return copier != NULL && copier(context, &point, out);
    case SHK_TERM_HEX:
    case SHK_TERM_TEXT:
        return shk_put_bytes(out, shk_take_bytes(value, shk_take_number(value, 2)));
    default:
        return shk_put_number(out, shk_take_number(value, own), own);
    }
}

bool shk_value_bytes(shk_span value, unsigned width, shk_copier *copier, void *context,
                     shk_buf *out)
{
    struct {
        size_t start;
        unsigned width;
    } open[MOST_DEPTH];
    size_t depth = 0;
    while (value.len > 0 && out->len <= LONGEST_VALUE) {
        shk_term_kind kind = (shk_term_kind)shk_take_number(&value, 1);
        if (kind == SHK_TERM_END) {
            depth--;
            close_vector(out, open[depth].start, open[depth].width);
        } else if (kind >= SHK_TERM_VEC8) {
            open[depth].start = out->len;
            open[depth].width = (unsigned)(kind - SHK_TERM_VEC8 + 1);
            if (!shk_put_number(out, 0, open[depth++].width))
                return false;
        } else if (!append_term(kind, &value, width, copier, context, out)) {
            return false;
        }
    }
    return true;
}
