/* HelloRequest: asks the client to renegotiate (RFC 5246 §7.4.1.1).
 * The spans point into the decoded input; the lists are walked with shk_list_next. */
#ifndef SHK_MESSAGES_HELLO_REQUEST_H
#define SHK_MESSAGES_HELLO_REQUEST_H

#include "shakedown/codec.h"

typedef struct {
    uint8_t none; /* the body is empty */
} shk_hello_request;

void shk_hello_request_shape(shk_codec *c, shk_hello_request *m);

#endif
