/* oid_filters: extensions a client certificate must have (RFC 8446 §4.2.5). */
#include "extensions/oid_filters.h"

#include "registry/layout.h"

void shk_oid_filter_shape(shk_codec *c, void *element)
{
    shk_oid_filter *m = (shk_oid_filter *)element;
    shk_opaque8(c, "certificate_extension_oid", &m->certificate_extension_oid, 1, 255);
    shk_opaque16(c, "certificate_extension_values", &m->certificate_extension_values, 0, 65535);
}

/* RFC 8446 §4.2.5 */
void shk_oid_filters_shape(shk_codec *c, shk_oid_filters *m)
{
    shk_oid_filter filter;
    shk_list16(c, "filters", &m->filters, 0, 65535, shk_oid_filter_shape, &filter);
}

SHK_LAYOUT(oid_filters);
