/* What is signed in a handshake, verified by an onlooker (RFC 8446 §4.4.3, RFC 5246 §7.4.3,
 * §7.4.8). */
#ifndef SHK_ORACLE_SIGNATURES_H
#define SHK_ORACLE_SIGNATURES_H

#include "oracle/judge.h"

typedef enum {
    SHK_SIGNED_RIGHT,
    SHK_SIGNED_WRONG,
    SHK_SIGNED_UNSEEN /* it cannot be told; the case notes why */
} shk_signed;

/* The CertificateVerify of one end, as `end` has seen it. */
shk_signed shk_certificate_verify_check(shk_case *c, const shk_observed *end, bool of_server);
/* The signature of the ServerKeyExchange, as the client has seen it; RIGHT where it needs none. */
shk_signed shk_server_key_exchange_check(shk_case *c, const shk_observed *client);

/* What a ServerKeyExchange says: the curve (0: none), and where signed the scheme (0: none, as
 * below TLS 1.2) and the signature. False if it cannot be read. */
typedef struct {
    uint16_t curve;
    shk_span params;
    uint16_t scheme;
    shk_span signature;
} shk_seen_key_exchange;
bool shk_read_server_key_exchange(const shk_first_handshake *first, shk_seen_key_exchange *out);

#endif
