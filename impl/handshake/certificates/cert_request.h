/* CertificateRequest, sent and read (RFC 8446 §4.3.2, RFC 5246 §7.4.4). */
#ifndef SHK_HANDSHAKE_CERTIFICATES_CERT_REQUEST_H
#define SHK_HANDSHAKE_CERTIFICATES_CERT_REQUEST_H

#include "handshake/state/conn_state.h"
#include "handshake/state/send.h"
#include "shakedown/crypto.h"
#include "shakedown/types.h"

/* Appends a CertificateRequest of TLS 1.3 or of older versions. */
shk_status shk_add_certificate_request(shk_conn *conn, shk_flight *flight);
shk_status shk_add_certificate_request_12(shk_conn *conn, shk_flight *flight);
/* Client: chooses by the CertificateRequest that came. */
bool shk_choose_client_credential(shk_conn *conn);

/* Steps of the flow tables. */
shk_status shk_do_read_certificate_request(shk_conn *conn, const shk_received *message);
shk_status shk_do_read_certificate_request_12(shk_conn *conn, const shk_received *message);

#endif
