/* The client's hellos, before the version is known (RFC 8446 §4.1, RFC 5246 §7.4.1). */
#ifndef SHK_HANDSHAKE_FLOW_CLIENT_H
#define SHK_HANDSHAKE_FLOW_CLIENT_H

#include "extensions/extension_block.h"
#include "shakedown/conn.h"
#include "shakedown/crypto.h"

/* Client: the version that a ServerHello or HelloRetryRequest selects. */
shk_status shk_read_selected_version(shk_conn *conn, uint16_t legacy,
                                     const shk_extension_block *extensions, uint16_t place,
                                     uint16_t *out);
/* Client: its suite. */
shk_status shk_check_selected_suite(shk_conn *conn, uint16_t value, const shk_suite_row **out);
/* Client: its legacy_session_id_echo. */
shk_status shk_check_session_id_echo(shk_conn *conn, shk_span echo);

#endif
