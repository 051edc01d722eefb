/* A new handshake inside a connection of TLS 1.2 and below (RFC 5746, RFC 5246 §7.4.1.1): begun by
 * either end, where the configuration wants it and the peer can bind it to what came before. */
#include "handshake/flow/renegotiation.h"

#include "handshake/flow/flow_table.h"
#include "handshake/state/handshake_lifetime.h"
#include "handshake/state/output.h"
#include "handshake/state/send.h"
#include "messages/hello_request.h"
#include "shakedown/errors.h"

enum { MAX_REFUSALS = 32 };

/* What a handshake negotiates anew is forgotten; keys, verify_data and the
 * limits of records stay until it has its own. */
static shk_status begin(shk_conn *conn)
{
    shk_negotiated *n = &conn->negotiated;
    SHK_TRY(shk_handshake_new(conn));
    conn->renegotiating = true;
    conn->renegotiations_in_row++;
    conn->min_version = conn->max_version = conn->version;
    conn->connected = false;
    n->group = 0;
    n->scheme = 0;
    n->protocol.len = n->server_name.len = 0;
    n->resumed = n->external_psk = false;
    n->raw_public_key = n->certificate_compressed = n->status_verified = false;
    n->timestamps = 0;
    conn->own_certificate_type = conn->peer_certificate_type = SHK_CERTIFICATE_X509;
    conn->end_point_len = 0;
    n->peer_verified = n->peer_authenticated = false;
    conn->peer = (shk_peer_authentication){0};
    n->encrypt_then_mac = n->extended_master_secret = false;
    return SHK_OK;
}

/* Client: a HelloRequest came, which is in no transcript. */
shk_status shk_do_begin_renegotiation(shk_conn *conn)
{
    return begin(conn);
}

/* Server: a ClientHello came. */
shk_status shk_do_read_renegotiation_hello(shk_conn *conn, const shk_received *message)
{
    SHK_TRY(begin(conn));
    return shk_do_read_client_hello(conn, message);
}

/* RFC 5746 §4.5, RFC 5246 §7.2.2: a warning says no, and the connection goes on. */
shk_status shk_do_refuse_renegotiation(shk_conn *conn)
{
    if (++conn->warning_alerts > MAX_REFUSALS)
        return SHK_E_RENEGOTIATION_REFUSED;
    return shk_conn_send_alert(conn, 1, SHK_ALERT_no_renegotiation);
}

shk_status shk_may_renegotiate(const shk_conn *conn)
{
    if (conn->version >= SHK_TLS13)
        return SHK_E_NOT_CONNECTED;
    return shk_if_may_renegotiate(conn) ? SHK_OK : SHK_E_NO_RENEGOTIATION;
}

shk_status shk_start_renegotiation(shk_conn *conn)
{
    shk_hello_request request = {0};
    if (conn->config->is_server)
        return shk_send_message(conn, SHK_MSG_hello_request, &request);
    SHK_TRY(begin(conn));
    conn->state = SHK_STATE_c_start;
    return SHK_OK;
}
