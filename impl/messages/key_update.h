/* KeyUpdate: the sender's next record uses new keys (RFC 8446 §4.6.3).
 * The spans point into the decoded input; the lists are walked with shk_list_next. */
#ifndef SHK_MESSAGES_KEY_UPDATE_H
#define SHK_MESSAGES_KEY_UPDATE_H

#include "shakedown/codec.h"

typedef struct {
    uint8_t request_update; /* 0: update_not_requested, 1: update_requested */
} shk_key_update;

void shk_key_update_shape(shk_codec *c, shk_key_update *m);

#endif
