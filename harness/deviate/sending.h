/* What a player sends in place of a message: itself or another, with what is before and behind it,
 * as the records that the operations make of it. */
#ifndef SHK_DEVIATE_SENDING_H
#define SHK_DEVIATE_SENDING_H

#include "deviate/player_state.h"

/* What is sent, and where in the script's terms. */
typedef struct {
    shk_player *player;
    shk_whose side;     /* CLIENT or SERVER */
    shk_conn *conn;     /* our own end; NULL: the middle */
    shk_flight *flight; /* that the message is of; NULL: none */
    unsigned target;
    unsigned time;
    shk_buf *hashed;  /* what the transcript gets; NULL: nothing does */
    uint16_t version; /* legacy_record_version; our own end: 0 is the usual one */
    bool sealed;      /* the middle: what is sent was protected, and will be */
    bool one_record;  /* however long it is */
} shk_sending;

/* Sends the message (the content of a record of the type), and what the operations of its point put
 * beside it. */
shk_status shk_send_deviating(const shk_sending *sending, uint8_t type, shk_span message);
/* What has waited for other keys. */
void shk_send_deferred(shk_player *player, shk_conn *conn);

#endif
