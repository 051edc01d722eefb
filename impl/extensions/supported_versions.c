/* supported_versions: the versions offered, or the one selected (RFC 8446 §4.2.1). */
#include "extensions/supported_versions.h"

#include "registry/layout.h"

/* RFC 8446 §4.2.1 */
void shk_supported_versions_shape(shk_codec *c, shk_supported_versions *m)
{
    if (c->form.place & SHK_IN_CLIENT_HELLO)
        shk_u16_list8(c, "versions", &m->versions, 2, 254, shk_version_name);
    else
        shk_u16(c, "selected_version", &m->selected_version, shk_version_name);
}

SHK_LAYOUT(supported_versions);
