/* session_ticket: a ticket of TLS 1.2, or empty (RFC 5077 §3.2).
 * The spans point into the decoded input; the lists are walked with shk_list_next. */
#ifndef SHK_EXTENSIONS_SESSION_TICKET_H
#define SHK_EXTENSIONS_SESSION_TICKET_H

#include "shakedown/codec.h"

typedef struct {
    shk_span ticket;
} shk_session_ticket;

void shk_session_ticket_shape(shk_codec *c, shk_session_ticket *m);

#endif
