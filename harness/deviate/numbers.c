/* Numbers and pieces of the binary form of scripts (deviate/numbers.h). */
#include "deviate/numbers.h"

shk_span shk_take_bytes(shk_span *bytes, size_t len)
{
    shk_span taken = shk_span_of(bytes->data, len < bytes->len ? len : bytes->len);
    *bytes = shk_span_of(bytes->data + taken.len, bytes->len - taken.len);
    return taken;
}

uint32_t shk_take_number(shk_span *bytes, unsigned width)
{
    uint32_t value = 0;
    for (unsigned i = 0; i < width; i++) {
        shk_span byte = shk_take_bytes(bytes, 1);
        value = value << 8 | (byte.len > 0 ? byte.data[0] : 0);
    }
    return value;
}

bool shk_put_bytes(shk_buf *out, shk_span bytes)
{
    return bytes.len == 0 || shk_buf_append(out, bytes) == SHK_OK;
}

bool shk_put_number(shk_buf *out, uint32_t value, unsigned width)
{
    uint8_t bytes[4];
    for (unsigned i = 0; i < width; i++)
        bytes[i] = (uint8_t)(value >> (8 * (width - 1 - i)));
    return shk_put_bytes(out, shk_span_of(bytes, width));
}

bool shk_put_text(shk_buf *out, const char *text)
{
    return shk_put_bytes(out, shk_span_of_text(text));
}
