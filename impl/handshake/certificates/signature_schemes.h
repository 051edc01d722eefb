/* Which key goes with which suite and signature scheme. */
#ifndef SHK_HANDSHAKE_CERTIFICATES_SIGNATURE_SCHEMES_H
#define SHK_HANDSHAKE_CERTIFICATES_SIGNATURE_SCHEMES_H

#include "shakedown/conn.h"
#include "shakedown/crypto.h"
#include "shakedown/registry.h"

/* Whether a key can serve a suite of TLS 1.2: RSA suites need RSA keys, ECDSA suites EC or Ed25519
 * ones (RFC 8422 §2.2). */
bool shk_key_fits_suite(shk_key_kind kind, const shk_suite_row *suite);
/* Whether a scheme may be used in this connection at all. */
bool shk_scheme_usable(const shk_conn *conn, const shk_signature_scheme_row *scheme);
/* Whether a key can make or check the scheme's signatures. In TLS 1.2 an ECDSA scheme names the
 * hash alone, and any curve will do (RFC 8422 §5.1.1, RFC 8446 §4.2.3). */
bool shk_scheme_fits_key(const shk_conn *conn, const shk_signature_scheme_row *scheme,
                         shk_key_kind kind);
/* Below TLS 1.2 the key alone tells how it signs (RFC 4346 §7.4.3, RFC 8422 §5.10); NULL for keys
 * that came later. */
const shk_signature_scheme_row *shk_implied_scheme(shk_key_kind kind);

#endif
