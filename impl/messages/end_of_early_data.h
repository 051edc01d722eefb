/* EndOfEarlyData: the keys change to those of the handshake (RFC 8446 §4.5).
 * The spans point into the decoded input; the lists are walked with shk_list_next. */
#ifndef SHK_MESSAGES_END_OF_EARLY_DATA_H
#define SHK_MESSAGES_END_OF_EARLY_DATA_H

#include "shakedown/codec.h"

typedef struct {
    uint8_t none; /* the body is empty */
} shk_end_of_early_data;

void shk_end_of_early_data_shape(shk_codec *c, shk_end_of_early_data *m);

#endif
