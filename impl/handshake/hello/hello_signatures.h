/* Which signature schemes and certificate authorities are accepted: signature_algorithms and
 * signature_algorithms_cert (RFC 8446 §4.2.3), certificate_authorities (§4.2.4). */
#ifndef SHK_HANDSHAKE_HELLO_HELLO_SIGNATURES_H
#define SHK_HANDSHAKE_HELLO_HELLO_SIGNATURES_H

#include "shakedown/conn.h"
#include "shakedown/crypto.h"
#include "shakedown/registry.h"
#include "shakedown/types.h"

/* Appends, in wire order, the signature schemes of a list that say anything in the versions. */
shk_status shk_append_schemes(shk_buf *out, const shk_u16s *schemes, uint16_t min, uint16_t max);
/* The names of our trust anchors, as DistinguishedNames; empty where they would not fit. */
shk_span shk_our_authorities(const shk_conn *conn);

#endif
