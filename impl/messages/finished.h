/* Finished: a MAC over the handshake so far (RFC 8446 §4.4.4, RFC 5246 §7.4.9).
 * The spans point into the decoded input; the lists are walked with shk_list_next. */
#ifndef SHK_MESSAGES_FINISHED_H
#define SHK_MESSAGES_FINISHED_H

#include "shakedown/codec.h"

typedef struct {
    shk_span verify_data; /* as long as the form says */
} shk_finished;

void shk_finished_shape(shk_codec *c, shk_finished *m);

#endif
