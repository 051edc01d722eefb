/* Certificates: status_request (RFC 6066 §8), signed_certificate_timestamp (RFC 6962
 * §3.3), client_certificate_type and server_certificate_type (RFC 7250), compress_certificate (RFC
 * 8879), post_handshake_auth (RFC 8446 §4.2.6). */
#ifndef SHK_HANDSHAKE_HELLO_HELLO_CERTIFICATES_H
#define SHK_HANDSHAKE_HELLO_HELLO_CERTIFICATES_H

#include "extensions/extension_block.h"
#include "shakedown/conn.h"
#include "shakedown/crypto.h"
#include "shakedown/types.h"

/* Server: whether the client would show its key in a type that is taken. */
bool shk_client_type_usable(const shk_conn *conn);
/* Client, where a session or a PSK stands in for the server's certificate: it has no type. */
shk_status shk_check_type_unused(shk_conn *conn, const shk_extension_block *block);
/* Appends our CertificateCompressionAlgorithms in wire order. */
shk_status shk_append_compressions(const shk_conn *conn, shk_buf *out);
/* Our most preferred algorithm of the peer's list; 0: none. */
uint16_t shk_choose_compression(const shk_conn *conn, shk_span theirs);

#endif
