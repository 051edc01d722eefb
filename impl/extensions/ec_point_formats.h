/* ec_point_formats: how EC points may be written; only uncompressed is left (RFC 8422 §5.1.2).
 * The spans point into the decoded input; the lists are walked with shk_list_next. */
#ifndef SHK_EXTENSIONS_EC_POINT_FORMATS_H
#define SHK_EXTENSIONS_EC_POINT_FORMATS_H

#include "shakedown/codec.h"

typedef struct {
    shk_span ec_point_format_list; /* of one-byte ECPointFormats */
} shk_ec_point_formats;

void shk_ec_point_formats_shape(shk_codec *c, shk_ec_point_formats *m);

#endif
