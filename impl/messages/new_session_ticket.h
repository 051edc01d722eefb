/* NewSessionTicket of TLS 1.3 (RFC 8446 §4.6.1).
 * The spans point into the decoded input; the lists are walked with shk_list_next. */
#ifndef SHK_MESSAGES_NEW_SESSION_TICKET_H
#define SHK_MESSAGES_NEW_SESSION_TICKET_H

#include "extensions/extension_block.h"

typedef struct {
    uint32_t ticket_lifetime; /* seconds */
    uint32_t ticket_age_add;  /* milliseconds */
    shk_span ticket_nonce;
    shk_span ticket;
    shk_extension_block extensions;
} shk_new_session_ticket;

void shk_new_session_ticket_shape(shk_codec *c, shk_new_session_ticket *m);

#endif
