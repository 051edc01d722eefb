/* Conditions of the flow tables (client.def, server.def). */
#include "compress/compress.h"
#include "handshake/flow/flow_table.h"
#include "handshake/hello/hello_certificates.h"
#include "handshake/state/handshake.h"
#include "handshake/state/peer.h"
#include "shakedown/config.h"
#include "shakedown/errors.h"

enum { MAX_RENEGOTIATIONS_IN_ROW = 32 };

bool shk_if_always(const shk_conn *conn)
{
    (void)conn;
    return true;
}

/* Our close_notify is sent: what would have to be answered is read, and not (RFC 8446 §6.1). */
bool shk_if_write_closed(const shk_conn *conn)
{
    return conn->close_sent;
}

bool shk_if_tls13(const shk_conn *conn)
{
    return conn->version >= SHK_TLS13;
}

bool shk_if_with_psk(const shk_conn *conn)
{
    return conn->handshake->psk.key_len > 0;
}

bool shk_if_certificate_requested(const shk_conn *conn)
{
    return conn->handshake->own.requested;
}

bool shk_if_certificate_sent(const shk_conn *conn)
{
    return conn->handshake->own.credential != NULL; /* which is chosen where one is asked for */
}

bool shk_if_certified(const shk_conn *conn)
{
    return shk_suite_certified(conn->suite);
}

/* ServerKeyExchange: always with (EC)DHE, with a hint else in PSK suites (RFC 4279 §2 to §4), never
 * with RSA. */
bool shk_if_may_have_parameters(const shk_conn *conn)
{
    return conn->suite->key_exchange != SHK_KX_RSA;
}

bool shk_if_never_has_parameters(const shk_conn *conn)
{
    return conn->suite->key_exchange == SHK_KX_RSA;
}

bool shk_if_needs_no_parameters(const shk_conn *conn)
{
    return !shk_suite_is_ephemeral(conn->suite);
}

bool shk_if_anonymous(const shk_conn *conn)
{
    return conn->suite->auth == SHK_AUTH_ANON;
}

/* Who shows a certificate may ask for one, but not in a PSK suite (RFC 4279 §2, RFC 5246 §7.4.4).
 */
bool shk_if_may_request_certificate(const shk_conn *conn)
{
    return shk_suite_certified(conn->suite) && !shk_suite_has_psk(conn->suite);
}

bool shk_if_asks_for_certificate(const shk_conn *conn)
{
    bool may_come =
        conn->config->client_auth == SHK_CLIENT_AUTH_REQUIRE || shk_client_type_usable(conn);
    return conn->config->client_auth != SHK_CLIENT_AUTH_NONE && may_come &&
           !shk_asks_after_handshake(conn) && conn->handshake->psk.key_len == 0 &&
           shk_if_may_request_certificate(conn);
}

bool shk_if_peer_has_key(const shk_conn *conn)
{
    return conn->handshake->peer.key != NULL;
}

/* Whether we have said that we can decompress: in the ClientHello, or in each CertificateRequest.
 */
bool shk_if_accepts_compression(const shk_conn *conn)
{
    const shk_u16s *ours = &conn->config->certificate_compressions;
    bool any = false;
    if (!conn->config->is_server)
        return shk_extension_in(&conn->handshake->offered.extensions, SHK_EXT_compress_certificate);
    for (size_t i = 0; i < ours->count; i++)
        any |= shk_has_compression(ours->values[i]);
    return any;
}

bool shk_if_no_status_due(const shk_conn *conn)
{
    return !conn->handshake->tls12.status_due;
}

bool shk_if_early_data_accepted(const shk_conn *conn)
{
    return conn->negotiated.early_data;
}

bool shk_if_resumes_12(const shk_conn *conn)
{
    return conn->handshake->tls12.resumes;
}

bool shk_if_ticket_due(const shk_conn *conn)
{
    return conn->handshake->tls12.ticket_due;
}

/* A ticket that was promised comes before ChangeCipherSpec (RFC 5077 §3.3). */
bool shk_if_no_ticket_due(const shk_conn *conn)
{
    return !conn->handshake->tls12.ticket_due;
}

bool shk_if_post_handshake_auth(const shk_conn *conn)
{
    return conn->post_handshake_auth;
}

/* A resumption without extended_master_secret may be of another's session, which renegotiation
 * would be bound to (RFC 7627 §5.4). */
bool shk_if_may_renegotiate(const shk_conn *conn)
{
    const shk_negotiated *n = &conn->negotiated;
    return conn->config->renegotiation && n->secure_renegotiation &&
           (!n->resumed || n->extended_master_secret) &&
           conn->renegotiations_in_row < MAX_RENEGOTIATIONS_IN_ROW;
}

bool shk_if_retry_needed(const shk_conn *conn)
{
    return conn->handshake->retry.group != NULL || conn->config->request_cookie;
}
