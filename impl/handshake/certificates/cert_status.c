/* OCSP responses and SCTs that come with a certificate, asked for, served and read (RFC 6066 §8,
 * RFC 8446 §4.4.2.1, RFC 6962 §3.3). SCTs are counted and their syntax is checked; whether a log
 * has signed them is not ours to say, since no log's key is known here. */
#include "handshake/certificates/cert_status.h"

#include "extensions/signed_certificate_timestamp.h"
#include "extensions/status_request.h"
#include "handshake/certificates/authentication.h"
#include "handshake/state/handshake.h"
#include "handshake/state/peer.h"
#include "handshake/state/send.h"
#include "messages/certificate_status.h"
#include "shakedown/config.h"
#include "shakedown/errors.h"

void shk_read_requested_stapling(shk_conn *conn, const shk_extension_block *request)
{
    conn->handshake->own.status_requested = shk_extension_in(request, SHK_EXT_status_request);
    conn->handshake->own.timestamps_requested =
        shk_extension_in(request, SHK_EXT_signed_certificate_timestamp);
}

shk_status shk_add_entry_extensions(const shk_conn *conn, shk_buf *raw)
{
    const shk_handshake *hs = conn->handshake;
    shk_status_request status = {.status_type = SHK_STATUS_TYPE_OCSP,
                                 .response = hs->own.credential->status};
    shk_signed_certificate_timestamp timestamps = {hs->own.credential->timestamps};
    if (hs->own.status_requested && status.response.len > 0)
        SHK_TRY(shk_extension_add(raw, SHK_EXT_status_request, SHK_IN_CERTIFICATE, &status));
    if (hs->own.timestamps_requested && timestamps.sct_list.len > 0)
        SHK_TRY(shk_extension_add(raw, SHK_EXT_signed_certificate_timestamp, SHK_IN_CERTIFICATE,
                                  &timestamps));
    return SHK_OK;
}

shk_status shk_add_certificate_status(shk_conn *conn, shk_flight *flight)
{
    if (!conn->handshake->tls12.status_due)
        return SHK_OK;
    shk_certificate_status m = {SHK_STATUS_TYPE_OCSP, conn->handshake->own.credential->status};
    return shk_add_message(flight, SHK_MSG_certificate_status, &m);
}

/* Whether a client that asked was promised a response by the certificate (RFC 7633 §4.2.3.1). */
static bool promised(const shk_conn *conn)
{
    return conn->config->status_request != SHK_STAPLING_NONE && conn->config->trust != NULL &&
           conn->handshake->peer.must_staple;
}

static bool demanded(const shk_conn *conn)
{
    return !conn->config->is_server &&
           (conn->config->status_request == SHK_STAPLING_DEMAND || promised(conn));
}

static shk_status check_absent(shk_conn *conn, const char *field)
{
    if (!demanded(conn))
        return SHK_OK;
    return shk_conn_fail_field(conn, field,
                               promised(conn) ? SHK_E_MUST_STAPLE : SHK_E_STATUS_MISSING);
}

shk_status shk_check_status(shk_conn *conn, const shk_span *chain, size_t count, shk_span response)
{
    const shk_config *config = conn->config;
    shk_chain_check check = {
        .trust = config->trust, .is_server = true, .security_level = config->security_level};
    if (response.len == 0)
        return check_absent(conn, "status_request");
    if (config->trust == NULL) /* the chain was not verified either */
        return SHK_OK;
    check.time = shk_conn_now_ms(conn) / 1000;
    int64_t until = INT64_MAX;
    shk_status status = conn->crypto->status(conn->crypto, response, chain, count, &check, &until);
    if (status != SHK_OK)
        return shk_conn_fail_field(conn, "response", status);
    if (demanded(conn)) /* else the chain would have been good without */
        shk_limit_peer_validity(conn, until);
    conn->negotiated.status_verified = true;
    return SHK_OK;
}

shk_status shk_check_entry_status(shk_conn *conn, const shk_span *chain, size_t count,
                                  const shk_extension_block *leaf)
{
    shk_status_request m;
    shk_extension_get(leaf, SHK_EXT_status_request, SHK_IN_CERTIFICATE, &m);
    return shk_check_status(conn, chain, count, m.response);
}

/* Directly behind Certificate, whose list was kept for it; what goes on without it has rows of its
 * own in the table. */
shk_status shk_do_read_certificate_status(shk_conn *conn, const shk_received *message)
{
    const shk_certificate_status *m = SHK_MESSAGE_BODY(message, certificate_status);
    shk_handshake *hs = conn->handshake;
    shk_span list = shk_buf_span(&hs->peer.chain);
    shk_span chain[SHK_MAX_CHAIN];
    shk_asn1_cert cert;
    size_t count = 0;
    while (count < SHK_MAX_CHAIN && shk_list_next(&list, NULL, shk_asn1_cert_shape, &cert))
        chain[count++] = cert.cert;
    return shk_check_status(conn, chain, count, m->response);
}

/* A server may leave out what its ServerHello spoke of (RFC 6066 §8); whoever demands it notices
 * here. */
shk_status shk_do_read_server_hello_done(shk_conn *conn)
{
    return shk_certificate_shown(conn) && !conn->negotiated.status_verified
               ? check_absent(conn, "certificate_status")
               : SHK_OK;
}
