/* OCSP responses and SCTs that come with a certificate, asked for, served and read (RFC 6066 §8,
 * RFC 8446 §4.4.2.1, RFC 6962 §3.3). SCTs are counted and their syntax is checked; whether a log
 * has signed them is not ours to say, since no log's key is known here. */
#ifndef SHK_HANDSHAKE_CERTIFICATES_CERT_STATUS_H
#define SHK_HANDSHAKE_CERTIFICATES_CERT_STATUS_H

#include "extensions/extension_block.h"
#include "handshake/state/conn_state.h"
#include "handshake/state/send.h"
#include "shakedown/crypto.h"
#include "shakedown/types.h"

/* Client: whether a CertificateRequest of TLS 1.3 asks for what may go with a certificate. */
void shk_read_requested_stapling(shk_conn *conn, const shk_extension_block *request);
/* Appends the extensions of our leaf's CertificateEntry. */
shk_status shk_add_entry_extensions(const shk_conn *conn, shk_buf *raw);
/* Appends a CertificateStatus if ServerHello has promised it. */
shk_status shk_add_certificate_status(shk_conn *conn, shk_flight *flight);
/* Client: checks an OCSP response about a chain; an empty one is none. */
shk_status shk_check_status(shk_conn *conn, const shk_span *chain, size_t count, shk_span response);
/* Client: likewise with the extensions of the leaf's CertificateEntry. */
shk_status shk_check_entry_status(shk_conn *conn, const shk_span *chain, size_t count,
                                  const shk_extension_block *leaf);

/* Steps of the flow tables. */
shk_status shk_do_read_certificate_status(shk_conn *conn, const shk_received *message);
shk_status shk_do_read_server_hello_done(shk_conn *conn);

#endif
