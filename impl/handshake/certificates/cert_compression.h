/* Certificates that travel compressed, in TLS 1.3 (RFC 8879). The transcript has the message as it
 * is sent. */
#ifndef SHK_HANDSHAKE_CERTIFICATES_CERT_COMPRESSION_H
#define SHK_HANDSHAKE_CERTIFICATES_CERT_COMPRESSION_H

#include "handshake/state/send.h"
#include "messages/certificate.h"
#include "messages/compressed_certificate.h"
#include "shakedown/conn.h"
#include "shakedown/crypto.h"
#include "shakedown/types.h"

/* Client: which algorithm a CertificateRequest lets us compress with. */
void shk_read_requested_compression(shk_conn *conn, const shk_extension_block *request);
/* Appends a CompressedCertificate by the algorithm agreed on. */
shk_status shk_add_compressed_certificate(shk_conn *conn, shk_certificate *certificate,
                                          shk_flight *flight);
/* The Certificate in a CompressedCertificate, decoded; its spans point into `plain`, which is the
 * caller's to free. */
shk_status shk_decompress_certificate(shk_conn *conn, const shk_compressed_certificate *m,
                                      shk_buf *plain, shk_certificate *out);

#endif
