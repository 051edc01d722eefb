/* renegotiation_info and TLS_EMPTY_RENEGOTIATION_INFO_SCSV: a handshake is bound to the one before
 * (RFC 5746). */
#ifndef SHK_HANDSHAKE_HELLO_HELLO_RENEGOTIATION_H
#define SHK_HANDSHAKE_HELLO_HELLO_RENEGOTIATION_H

#include "extensions/extension_block.h"
#include "shakedown/conn.h"
#include "shakedown/crypto.h"

/* Checks what a hello says, or leaves out, about the connection that it is part of. */
shk_status shk_check_renegotiation(shk_conn *conn, const shk_extension_block *block);

#endif
