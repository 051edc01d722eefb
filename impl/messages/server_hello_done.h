/* ServerHelloDone: the end of the server's first flight (RFC 5246 §7.4.5).
 * The spans point into the decoded input; the lists are walked with shk_list_next. */
#ifndef SHK_MESSAGES_SERVER_HELLO_DONE_H
#define SHK_MESSAGES_SERVER_HELLO_DONE_H

#include "shakedown/codec.h"

typedef struct {
    uint8_t none; /* the body is empty */
} shk_server_hello_done;

void shk_server_hello_done_shape(shk_codec *c, shk_server_hello_done *m);

#endif
