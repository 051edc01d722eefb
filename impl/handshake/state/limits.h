/* Limits of records that are negotiated: max_fragment_length (RFC 6066 §4) and record_size_limit
 * (RFC 8449). */
#ifndef SHK_HANDSHAKE_STATE_LIMITS_H
#define SHK_HANDSHAKE_STATE_LIMITS_H

#include "handshake/state/handshake.h"

/* The bytes that a value of MaxFragmentLength stands for; 0: none. */
uint16_t shk_fragment_length_bytes(uint8_t value);
/* The value of MaxFragmentLength in the ClientHello; 0: none. */
uint8_t shk_offered_fragment_length(const shk_conn *conn);
/* The RecordSizeLimit in the ClientHello; 0: none. */
uint16_t shk_offered_size_limit(const shk_conn *conn);
/* The max_fragment_length in bytes that the client wants: by its configuration, or for the server
 * by the ClientHello. 0: none, or one that is ignored (RFC 8449 §5). */
uint16_t shk_fragment_length_asked(const shk_conn *conn);
/* What was negotiated holds: at once in a first handshake, from its end in a renegotiation. */
void shk_use_limits(shk_conn *conn, shk_record_limits limits);
/* Likewise what this handshake agreed on, which in a renegotiation is not in force yet. */
uint16_t shk_fragment_length_agreed(const shk_conn *conn);
/* What a renegotiation agreed on is in force from now on. */
void shk_apply_pending_limits(shk_conn *conn);
/* As shk_use_limits, of a max_fragment_length; 0: none. */
void shk_use_fragment_length(shk_conn *conn, uint16_t bytes);
/* Client: what was negotiated for a session holds when it is resumed (RFC 6066 §4). */
void shk_restore_fragment_length(shk_conn *conn);

#endif
