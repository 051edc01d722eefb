/* GREASE (RFC 8701): values that no peer may know, offered so that it passes over them. They are
 * drawn once for a connection and stand in the same places, so that a second ClientHello repeats
 * the first (RFC 8446 §4.1.2). */
#ifndef SHK_HANDSHAKE_STATE_GREASE_H
#define SHK_HANDSHAKE_STATE_GREASE_H

#include "handshake/state/conn_state.h"

void shk_grease_draw(shk_conn *conn);
/* Appends a value of two bytes in wire order. */
shk_status shk_grease_u16(const shk_conn *conn, shk_grease_place place, shk_buf *out);
shk_status shk_grease_psk_mode(const shk_conn *conn, shk_buf *out);
/* Appends an extension to the raw bytes of a block. */
shk_status shk_grease_extension(const shk_conn *conn, shk_grease_place place, shk_span data,
                                shk_buf *raw);

#endif
