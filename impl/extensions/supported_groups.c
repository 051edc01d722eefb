/* supported_groups: groups for (EC)DHE, most preferred first (RFC 8446 §4.2.7). */
#include "extensions/supported_groups.h"

#include "registry/layout.h"

/* RFC 8446 §4.2.7 */
void shk_supported_groups_shape(shk_codec *c, shk_supported_groups *m)
{
    shk_u16_list16(c, "named_group_list", &m->named_group_list, 2, 65535, shk_group_name);
}

SHK_LAYOUT(supported_groups);
