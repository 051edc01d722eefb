/* Certificates and signatures, for both roles and all versions (RFC 8446 §4.4.2, §4.4.3, RFC 5246
 * §7.4.2, §7.4.8). */
#ifndef SHK_HANDSHAKE_CERTIFICATES_AUTHENTICATION_H
#define SHK_HANDSHAKE_CERTIFICATES_AUTHENTICATION_H

#include "handshake/state/conn_state.h"
#include "handshake/state/send.h"
#include "messages/certificate_12.h"
#include "shakedown/crypto.h"
#include "shakedown/registry.h"
#include "shakedown/types.h"

enum { SHK_MAX_CHAIN = 16 };
/* Bytes that a CertificateVerify of TLS 1.3 covers, at most (RFC 8446 §4.4.3). */
enum { SHK_SIGNED_CONTENT = 64 + 34 + SHK_MAX_HASH };

/* The bytes that a CertificateVerify of TLS 1.3 covers (RFC 8446 §4.4.3); `out` has 64 + 34 +
 * SHK_MAX_HASH bytes. */
shk_status shk_signed_content(shk_conn *conn, bool by_server, uint8_t *out, size_t *len);
/* Signs what CertificateVerify covers, in TLS 1.3, or `message` as it is, in TLS 1.2. */
shk_status shk_sign(shk_conn *conn, shk_span message, uint8_t *signature, size_t *len);
/* Checks scheme against key, version and configuration, then the signature. */
shk_status shk_verify(shk_conn *conn, uint16_t scheme, shk_span message, shk_span signature);
/* Appends Certificate of TLS 1.3 or 1.2, and CertificateVerify of TLS 1.3. */
shk_status shk_add_certificate(shk_conn *conn, shk_flight *flight);
shk_status shk_add_certificate_verify(shk_conn *conn, shk_flight *flight);
/* Reads the peer's chain or raw key off a Certificate of TLS 1.3 or 1.2; the key is kept in
 * peer.key. An empty list leaves it NULL. */
shk_status shk_read_chain_13(shk_conn *conn, shk_span certificate_list);
shk_status shk_read_chain_12(shk_conn *conn, const shk_certificate_12 *m);

/* Steps of the flow tables. */
shk_status shk_do_read_certificate_verify(shk_conn *conn, const shk_received *message);
shk_status shk_do_read_certificate_verify_12(shk_conn *conn, const shk_received *message);

#endif
