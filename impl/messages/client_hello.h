/* ClientHello of all versions (RFC 8446 §4.1.2, RFC 5246 §7.4.1.2).
 * The spans point into the decoded input; the lists are walked with shk_list_next. */
#ifndef SHK_MESSAGES_CLIENT_HELLO_H
#define SHK_MESSAGES_CLIENT_HELLO_H

#include "extensions/extension_block.h"

typedef struct {
    uint16_t legacy_version;
    shk_span random; /* 32 bytes */
    shk_span legacy_session_id;
    shk_span cipher_suites; /* of two-byte CipherSuites */
    shk_span legacy_compression_methods;
    shk_extension_block extensions; /* may be absent */
} shk_client_hello;

void shk_client_hello_shape(shk_codec *c, shk_client_hello *m);

#endif
