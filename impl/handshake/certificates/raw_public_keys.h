/* Raw public keys in place of certificates: read, and trusted if configured (RFC 7250, RFC 8446
 * §4.4.2). */
#ifndef SHK_HANDSHAKE_CERTIFICATES_RAW_PUBLIC_KEYS_H
#define SHK_HANDSHAKE_CERTIFICATES_RAW_PUBLIC_KEYS_H

#include "shakedown/conn.h"
#include "shakedown/crypto.h"

/* Reads the peer's key off its SubjectPublicKeyInfo. */
shk_status shk_read_raw_key(shk_conn *conn, shk_span key_info);

#endif
