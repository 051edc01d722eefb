/* server_name: the host the client wants; the answer is empty (RFC 6066 §3).
 * The spans point into the decoded input; the lists are walked with shk_list_next. */
#ifndef SHK_EXTENSIONS_SERVER_NAME_H
#define SHK_EXTENSIONS_SERVER_NAME_H

#include "shakedown/codec.h"

typedef struct {
    uint8_t name_type; /* 0: host_name */
    shk_span host_name;
} shk_server_name_entry;

void shk_server_name_entry_shape(shk_codec *c, void *element);

typedef struct {
    shk_span server_name_list; /* of shk_server_name_entry; in ClientHello only */
} shk_server_name;

void shk_server_name_shape(shk_codec *c, shk_server_name *m);

#endif
