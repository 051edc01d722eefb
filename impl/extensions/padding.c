/* padding: zero bytes that make a ClientHello longer (RFC 7685 §3). */
#include "extensions/padding.h"

#include "registry/layout.h"

/* RFC 7685 §3 */
void shk_padding_shape(shk_codec *c, shk_padding *m)
{
    shk_rest(c, "padding", &m->padding);
    bool zero = true;
    for (size_t i = 0; i < m->padding.len; i++)
        zero &= m->padding.data[i] == 0;
    shk_require(c, "padding", zero, SHK_E_PADDING_NOT_ZERO);
}

SHK_LAYOUT(padding);
