/* certificate_authorities: the authorities whose chains are accepted (RFC 8446 §4.2.4).
 * The spans point into the decoded input; the lists are walked with shk_list_next. */
#ifndef SHK_EXTENSIONS_CERTIFICATE_AUTHORITIES_H
#define SHK_EXTENSIONS_CERTIFICATE_AUTHORITIES_H

#include "shakedown/codec.h"

typedef struct {
    shk_span name; /* DER */
} shk_distinguished_name;

void shk_distinguished_name_shape(shk_codec *c, void *element);

typedef struct {
    shk_span authorities; /* of shk_distinguished_name */
} shk_certificate_authorities;

void shk_certificate_authorities_shape(shk_codec *c, shk_certificate_authorities *m);

#endif
