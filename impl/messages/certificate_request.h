/* CertificateRequest of TLS 1.3 (RFC 8446 §4.3.2).
 * The spans point into the decoded input; the lists are walked with shk_list_next. */
#ifndef SHK_MESSAGES_CERTIFICATE_REQUEST_H
#define SHK_MESSAGES_CERTIFICATE_REQUEST_H

#include "extensions/extension_block.h"

typedef struct {
    shk_span certificate_request_context;
    shk_extension_block extensions;
} shk_certificate_request;

void shk_certificate_request_shape(shk_codec *c, shk_certificate_request *m);

#endif
