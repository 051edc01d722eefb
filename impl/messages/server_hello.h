/* ServerHello of all versions (RFC 8446 §4.1.3, RFC 5246 §7.4.1.3).
 * The spans point into the decoded input; the lists are walked with shk_list_next. */
#ifndef SHK_MESSAGES_SERVER_HELLO_H
#define SHK_MESSAGES_SERVER_HELLO_H

#include "extensions/extension_block.h"

typedef struct {
    uint16_t legacy_version;
    shk_span random; /* 32 bytes */
    shk_span legacy_session_id_echo;
    uint16_t cipher_suite;
    uint8_t legacy_compression_method;
    shk_extension_block extensions; /* may be absent in TLS 1.2 and below */
} shk_server_hello;

void shk_server_hello_shape(shk_codec *c, shk_server_hello *m);

#endif
