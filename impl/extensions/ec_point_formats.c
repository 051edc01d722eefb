/* ec_point_formats: how EC points may be written; only uncompressed is left (RFC 8422 §5.1.2). */
#include "extensions/ec_point_formats.h"

#include "registry/layout.h"

/* RFC 8422 §5.1.2 */
void shk_ec_point_formats_shape(shk_codec *c, shk_ec_point_formats *m)
{
    shk_u8_list8(c, "ec_point_format_list", &m->ec_point_format_list, 1, 255,
                 shk_point_format_name);
}

SHK_LAYOUT(ec_point_formats);
