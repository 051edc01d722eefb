/* The life of a handshake in progress. */
#ifndef SHK_HANDSHAKE_STATE_HANDSHAKE_LIFETIME_H
#define SHK_HANDSHAKE_STATE_HANDSHAKE_LIFETIME_H

#include "shakedown/conn.h"
#include "shakedown/crypto.h"

/* SHK_E_NO_MEMORY. */
shk_status shk_handshake_new(shk_conn *conn);
/* Wipes its secrets; there may be none. */
void shk_handshake_free(shk_conn *conn);
/* Application data may be sent; the handshake is freed. */
void shk_complete_handshake(shk_conn *conn);

#endif
