/* ech_outer_extensions: stands, in the encoded inner ClientHello alone, for extensions that are
 * taken from the outer one (RFC 9849 §5.1). */
#include "extensions/ech_outer_extensions.h"

#include "registry/layout.h"

/* RFC 9849 §5.1 */
void shk_ech_outer_extensions_shape(shk_codec *c, shk_ech_outer_extensions *m)
{
    shk_u16_list8(c, "outer_extensions", &m->outer_extensions, 2, 254, shk_extension_name);
}

SHK_LAYOUT(ech_outer_extensions);
