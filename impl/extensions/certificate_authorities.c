/* certificate_authorities: the authorities whose chains are accepted (RFC 8446 §4.2.4). */
#include "extensions/certificate_authorities.h"

#include "registry/layout.h"

void shk_distinguished_name_shape(shk_codec *c, void *element)
{
    shk_distinguished_name *m = (shk_distinguished_name *)element;
    shk_opaque16(c, "name", &m->name, 1, 65535);
}

/* RFC 8446 §4.2.4 */
void shk_certificate_authorities_shape(shk_codec *c, shk_certificate_authorities *m)
{
    shk_distinguished_name name;
    shk_list16(c, "authorities", &m->authorities, 3, 65535, shk_distinguished_name_shape, &name);
}

SHK_LAYOUT(certificate_authorities);
