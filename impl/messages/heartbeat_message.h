/* HeartbeatMessage: a content type of its own, read by `shakedown decode` alone (RFC 6520 §4).
 * The spans point into the decoded input; the lists are walked with shk_list_next. */
#ifndef SHK_MESSAGES_HEARTBEAT_MESSAGE_H
#define SHK_MESSAGES_HEARTBEAT_MESSAGE_H

#include "shakedown/codec.h"

typedef struct {
    uint8_t type; /* 1: request, 2: response; others are discarded silently */
    shk_span payload;
    shk_span padding; /* a receiver ignores it */
} shk_heartbeat_message;

void shk_heartbeat_message_shape(shk_codec *c, shk_heartbeat_message *m);

#endif
