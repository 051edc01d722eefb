/* max_fragment_length: a smaller limit for record plaintext (RFC 6066 §4). */
#include "extensions/max_fragment_length.h"

#include "registry/layout.h"

/* RFC 6066 §4 */
void shk_max_fragment_length_shape(shk_codec *c, shk_max_fragment_length *m)
{
    shk_u8(c, "max_fragment_length", &m->max_fragment_length, NULL);
    shk_require(c, "max_fragment_length",
                m->max_fragment_length >= 1 && m->max_fragment_length <= 4, SHK_E_FRAGMENT_LENGTH);
}

SHK_LAYOUT(max_fragment_length);
