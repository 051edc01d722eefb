/* Reading fields (oracle/cursor.h). */
#include "oracle/cursor.h"

shk_cursor shk_cursor_over(shk_span bytes)
{
    return (shk_cursor){bytes, false};
}

shk_span shk_cursor_bytes(shk_cursor *cursor, size_t len)
{
    if (cursor->failed || len > cursor->rest.len) {
        cursor->failed = true;
        return shk_span_of(NULL, 0);
    }
    const shk_span taken = shk_span_of(cursor->rest.data, len);
    cursor->rest = shk_span_of(cursor->rest.data + len, cursor->rest.len - len);
    return taken;
}

uint32_t shk_cursor_number(shk_cursor *cursor, size_t bytes)
{
    const shk_span digits = shk_cursor_bytes(cursor, bytes);
    uint32_t value = 0;
    for (size_t i = 0; i < digits.len; i++)
        value = value << 8 | digits.data[i];
    return value;
}

shk_span shk_cursor_vector(shk_cursor *cursor, size_t prefix)
{
    const uint32_t len = shk_cursor_number(cursor, prefix);
    return shk_cursor_bytes(cursor, len);
}
