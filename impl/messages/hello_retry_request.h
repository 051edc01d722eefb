/* HelloRetryRequest: a ServerHello with a random of its own (RFC 8446 §4.1.4).
 * The spans point into the decoded input; the lists are walked with shk_list_next. */
#ifndef SHK_MESSAGES_HELLO_RETRY_REQUEST_H
#define SHK_MESSAGES_HELLO_RETRY_REQUEST_H

#include "extensions/extension_block.h"

typedef struct {
    uint16_t legacy_version;
    shk_span random; /* 32 bytes */
    shk_span legacy_session_id_echo;
    uint16_t cipher_suite;
    uint8_t legacy_compression_method;
    shk_extension_block extensions;
} shk_hello_retry_request;

void shk_hello_retry_request_shape(shk_codec *c, shk_hello_retry_request *m);

#endif
