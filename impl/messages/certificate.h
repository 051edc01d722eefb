/* Certificate of TLS 1.3 (RFC 8446 §4.4.2).
 * The spans point into the decoded input; the lists are walked with shk_list_next. */
#ifndef SHK_MESSAGES_CERTIFICATE_H
#define SHK_MESSAGES_CERTIFICATE_H

#include "extensions/extension_block.h"

typedef struct {
    shk_span cert_data; /* DER */
    shk_extension_block extensions;
} shk_certificate_entry;

void shk_certificate_entry_shape(shk_codec *c, void *element);

typedef struct {
    shk_span certificate_request_context;
    shk_span certificate_list; /* of shk_certificate_entry, the end entity's first */
} shk_certificate;

void shk_certificate_shape(shk_codec *c, shk_certificate *m);

#endif
