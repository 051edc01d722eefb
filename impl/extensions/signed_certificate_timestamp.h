/* signed_certificate_timestamp: asked for empty, answered with a list (RFC 6962 §3.3).
 * The spans point into the decoded input; the lists are walked with shk_list_next. */
#ifndef SHK_EXTENSIONS_SIGNED_CERTIFICATE_TIMESTAMP_H
#define SHK_EXTENSIONS_SIGNED_CERTIFICATE_TIMESTAMP_H

#include "shakedown/codec.h"

typedef struct {
    shk_span sct;
} shk_serialized_sct;

void shk_serialized_sct_shape(shk_codec *c, void *element);

typedef struct {
    shk_span sct_list; /* of shk_serialized_sct; in ServerHello and Certificate only */
} shk_signed_certificate_timestamp;

void shk_signed_certificate_timestamp_shape(shk_codec *c, shk_signed_certificate_timestamp *m);

#endif
