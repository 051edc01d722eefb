/* Text that a peer chose, made safe to print (endpoint/printable.h). */
#include "endpoint/printable.h"

#include <stdio.h>
#include <string.h>

void shk_printable_text(shk_span bytes, char *out, size_t size)
{
    size_t at = 0;
    for (size_t i = 0; i < bytes.len; i++) {
        char piece[5];
        const uint8_t byte = bytes.data[i];
        const bool plain = byte >= ' ' && byte <= '~';
        const size_t len =
            (size_t)(plain ? snprintf(piece, sizeof piece, "%s%c", byte == '\\' ? "\\" : "", byte)
                           : snprintf(piece, sizeof piece, "\\x%02x", byte));
        if (at + len >= size)
            break;
        memcpy(out + at, piece, len);
        at += len;
    }
    if (size > 0)
        out[at] = 0;
}
