/* status_request: asks for an OCSP response, or carries it (RFC 6066 §8, RFC 8446 §4.4.2.1).
 * The spans point into the decoded input; the lists are walked with shk_list_next. */
#ifndef SHK_EXTENSIONS_STATUS_REQUEST_H
#define SHK_EXTENSIONS_STATUS_REQUEST_H

#include "shakedown/codec.h"

enum { SHK_STATUS_TYPE_OCSP = 1 }; /* CertificateStatusType (RFC 6066 §8) */

typedef struct {
    shk_span responder_id;
} shk_responder_id;

void shk_responder_id_shape(shk_codec *c, void *element);

typedef struct {
    uint8_t status_type;
    shk_span responder_id_list;  /* ClientHello: of shk_responder_id */
    shk_span request_extensions; /* ClientHello; all the rest where status_type is not ocsp */
    shk_span response;           /* Certificate: the OCSPResponse, DER */
} shk_status_request;

void shk_status_request_shape(shk_codec *c, shk_status_request *m);

#endif
