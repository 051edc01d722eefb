/* Who the peer is: what it has shown and proved, and how long that is good. */
#include "handshake/state/peer.h"

#include <string.h>

#include "crypto/hash_parts.h"
#include "handshake/state/handshake.h"
#include "shakedown/config.h"
#include "shakedown/errors.h"

void shk_authenticated_by_psk(shk_conn *conn, const shk_external_psk *psk)
{
    conn->negotiated.external_psk = true;
    conn->negotiated.peer_verified = true;
    conn->peer.by_external_psk = true;
    conn->peer.psk = psk;
}

bool shk_certificate_shown(const shk_conn *conn)
{
    return conn->handshake->peer.key != NULL && conn->peer_certificate_type == SHK_CERTIFICATE_X509;
}

/* Whether a certificate is asked for after the handshake, if at all. */
bool shk_asks_after_handshake(const shk_conn *conn)
{
    return conn->config->post_handshake_auth && conn->version >= SHK_TLS13;
}

bool shk_requires_client(const shk_conn *conn)
{
    return conn->config->client_auth == SHK_CLIENT_AUTH_REQUIRE && !shk_asks_after_handshake(conn);
}

void shk_set_peer_authenticated(shk_conn *conn)
{
    conn->negotiated.peer_authenticated = true;
    conn->negotiated.peer_verified = conn->handshake->peer.chain_verified;
}

enum { SECOND_MS = 1000 };

void shk_limit_peer_validity(shk_conn *conn, int64_t seconds)
{
    if (seconds == INT64_MAX)
        return;
    int64_t end_ms = (seconds + 1) * SECOND_MS - 1; /* that second counts (RFC 5280 §4.1.2.5) */
    if (conn->peer.until_ms == 0 || end_ms < conn->peer.until_ms)
        conn->peer.until_ms = end_ms > 0 ? end_ms : 1;
}

shk_status shk_check_same_server(shk_conn *conn, shk_span shown)
{
    const shk_config *config = conn->config;
    uint8_t digest[sizeof conn->server_digest];
    if (config->is_server || !config->renegotiation || config->renegotiation_changes)
        return SHK_OK;
    SHK_TRY(shk_hash_parts(conn->crypto, SHK_HASH_SHA256, &shown, 1, digest));
    if (conn->server_known && memcmp(conn->server_digest, digest, sizeof digest) != 0)
        return shk_conn_fail_field(conn, "certificate_list", SHK_E_RENEGOTIATION_CERTIFICATE);
    memcpy(conn->server_digest, digest, sizeof digest);
    conn->server_known = true;
    return SHK_OK;
}
