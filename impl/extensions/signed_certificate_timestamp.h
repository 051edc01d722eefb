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

/* SignedCertificateTimestamp of version 1 (RFC 6962 §3.2) */
typedef struct {
    uint8_t sct_version;
    shk_span log_id;
    shk_span timestamp; /* milliseconds since 1970, 8 bytes */
    shk_span extensions;
    uint16_t algorithm;
    shk_span signature;
} shk_timestamp;

void shk_timestamp_shape(shk_codec *c, void *m);
/* Adds the number of SCTs of a list to `count`. Those of version 1 must have its syntax; what
 * others look like is not known. Errors: the codec's. */
shk_status shk_check_timestamps(shk_span sct_list, uint16_t *count);

void shk_signed_certificate_timestamp_shape(shk_codec *c, shk_signed_certificate_timestamp *m);

#endif
