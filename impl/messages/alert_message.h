/* Alert: a level and a description (RFC 8446 §6).
 * The spans point into the decoded input; the lists are walked with shk_list_next. */
#ifndef SHK_MESSAGES_ALERT_MESSAGE_H
#define SHK_MESSAGES_ALERT_MESSAGE_H

#include "shakedown/codec.h"

typedef struct {
    uint8_t level;       /* 1: warning, 2: fatal */
    uint8_t description; /* shk_alert */
} shk_alert_message;

void shk_alert_message_shape(shk_codec *c, shk_alert_message *m);

#endif
