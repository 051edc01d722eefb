/* Text that a peer chose, made safe to print (endpoint/printable.h). */
#include "endpoint/printable.h"

#include <string.h>

void shk_printable_text(shk_span bytes, char *out, size_t size)
{
    static const char digits[] = "0123456789abcdef";
    size_t at = 0;
    for (size_t i = 0; i < bytes.len; i++) {
        const uint8_t byte = bytes.data[i];
        const char hex[] = {'\\', 'x', digits[byte >> 4], digits[byte & 15]};
        const char quoted[] = {'\\', '\\'};
        const char plain[] = {(char)byte};
        const bool is_plain = byte >= ' ' && byte <= '~';
        const char *piece = !is_plain ? hex : byte == '\\' ? quoted : plain;
        const size_t len = !is_plain ? sizeof hex : byte == '\\' ? sizeof quoted : sizeof plain;
        if (at + len >= size)
            break;
        memcpy(out + at, piece, len);
        at += len;
    }
    if (size > 0)
        out[at] = 0;
}
