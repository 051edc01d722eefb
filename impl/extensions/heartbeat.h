/* heartbeat: read, never negotiated (RFC 6520 §2).
 * The spans point into the decoded input; the lists are walked with shk_list_next. */
#ifndef SHK_EXTENSIONS_HEARTBEAT_H
#define SHK_EXTENSIONS_HEARTBEAT_H

#include "shakedown/codec.h"

typedef struct {
    uint8_t mode; /* 1: peer_allowed_to_send, 2: peer_not_allowed_to_send */
} shk_heartbeat;

void shk_heartbeat_shape(shk_codec *c, shk_heartbeat *m);

#endif
