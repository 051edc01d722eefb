/* pre_shared_key: the PSKs offered with their binders, or the one selected (RFC 8446 §4.2.11).
 * The spans point into the decoded input; the lists are walked with shk_list_next. */
#ifndef SHK_EXTENSIONS_PRE_SHARED_KEY_H
#define SHK_EXTENSIONS_PRE_SHARED_KEY_H

#include "shakedown/codec.h"

typedef struct {
    shk_span identity;
    uint32_t obfuscated_ticket_age; /* milliseconds, plus ticket_age_add */
} shk_psk_identity;

void shk_psk_identity_shape(shk_codec *c, void *element);

typedef struct {
    shk_span binder;
} shk_psk_binder;

void shk_psk_binder_shape(shk_codec *c, void *element);

typedef struct {
    shk_span identities;        /* ClientHello: of shk_psk_identity */
    shk_span binders;           /* ClientHello: of shk_psk_binder */
    uint16_t selected_identity; /* ServerHello */
} shk_pre_shared_key;

void shk_pre_shared_key_shape(shk_codec *c, shk_pre_shared_key *m);

#endif
