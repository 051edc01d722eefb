/* key_share: (EC)DHE public values, or the group a HelloRetryRequest asks for (RFC 8446 §4.2.8).
 * The spans point into the decoded input; the lists are walked with shk_list_next. */
#ifndef SHK_EXTENSIONS_KEY_SHARE_H
#define SHK_EXTENSIONS_KEY_SHARE_H

#include "shakedown/codec.h"

typedef struct {
    uint16_t group;
    shk_span key_exchange;
} shk_key_share_entry;

void shk_key_share_entry_shape(shk_codec *c, void *element);

typedef struct {
    shk_span client_shares;           /* ClientHello: of shk_key_share_entry */
    shk_key_share_entry server_share; /* ServerHello */
    uint16_t selected_group;          /* HelloRetryRequest */
} shk_key_share;

void shk_key_share_shape(shk_codec *c, shk_key_share *m);

#endif
