/* NewSessionTicket of TLS 1.2 and below (RFC 5077 §3.3).
 * The spans point into the decoded input; the lists are walked with shk_list_next. */
#ifndef SHK_MESSAGES_NEW_SESSION_TICKET_12_H
#define SHK_MESSAGES_NEW_SESSION_TICKET_12_H

#include "shakedown/codec.h"

typedef struct {
    uint32_t ticket_lifetime_hint; /* seconds, 0: unspecified */
    shk_span ticket;
} shk_new_session_ticket_12;

void shk_new_session_ticket_12_shape(shk_codec *c, shk_new_session_ticket_12 *m);

#endif
