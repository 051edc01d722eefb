/* supported_versions: the versions offered, or the one selected (RFC 8446 §4.2.1).
 * The spans point into the decoded input; the lists are walked with shk_list_next. */
#ifndef SHK_EXTENSIONS_SUPPORTED_VERSIONS_H
#define SHK_EXTENSIONS_SUPPORTED_VERSIONS_H

#include "shakedown/codec.h"

typedef struct {
    shk_span versions;         /* ClientHello: of two-byte ProtocolVersions */
    uint16_t selected_version; /* ServerHello, HelloRetryRequest */
} shk_supported_versions;

void shk_supported_versions_shape(shk_codec *c, shk_supported_versions *m);

#endif
