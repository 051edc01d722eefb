/* The few fields of the hellos that tools need, read without checking the rest of the message. The
 * shapes of impl/messages decode whole messages, strictly. */
#ifndef SHK_HELLO_H
#define SHK_HELLO_H

#include "shakedown/registry.h"

/* The extension blocks are raw: of (type, opaque16), for shk_raw_extension_next. */
typedef struct {
    uint16_t legacy_version;
    shk_span random;
    shk_span session_id;
    shk_span suites; /* ClientHello */
    uint16_t suite;  /* ServerHello */
    size_t
        extensions_at; /* where the block begins in the body, behind its length; 0: there is none */
    shk_span extensions;
} shk_hello;

typedef struct {
    uint16_t type;
    shk_span body;
} shk_seen_extension;

/* Read the body of a ClientHello, or of a ServerHello or HelloRetryRequest. Of a truncated
 * extension block what is there is returned. False if the fields before it cannot be read. */
bool shk_hello_of_client(shk_span body, shk_hello *out);
bool shk_hello_of_server(shk_span body, shk_hello *out);
/* Takes the next whole extension off a block. False at its end, or where it is cut off. */
bool shk_raw_extension_next(shk_span *block, shk_seen_extension *out);

/* The version that a ServerHello or HelloRetryRequest selects (RFC 8446 §4.2.1). */
uint16_t shk_hello_version(const shk_hello *hello);

#endif
