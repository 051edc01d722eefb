/* oid_filters: extensions a client certificate must have (RFC 8446 §4.2.5).
 * The spans point into the decoded input; the lists are walked with shk_list_next. */
#ifndef SHK_EXTENSIONS_OID_FILTERS_H
#define SHK_EXTENSIONS_OID_FILTERS_H

#include "shakedown/codec.h"

typedef struct {
    shk_span certificate_extension_oid;    /* DER */
    shk_span certificate_extension_values; /* DER */
} shk_oid_filter;

void shk_oid_filter_shape(shk_codec *c, void *element);

typedef struct {
    shk_span filters; /* of shk_oid_filter */
} shk_oid_filters;

void shk_oid_filters_shape(shk_codec *c, shk_oid_filters *m);

#endif
