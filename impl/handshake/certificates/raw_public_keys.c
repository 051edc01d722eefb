/* Raw public keys in place of certificates: read, and trusted if configured (RFC 7250, RFC 8446
 * §4.4.2). */
#include "handshake/certificates/raw_public_keys.h"

#include "handshake/certificates/signature_schemes.h"
#include "handshake/state/handshake.h"
#include "handshake/state/peer.h"
#include "shakedown/config.h"
#include "shakedown/errors.h"

/* Without configured keys any will do, and none is verified. */
static shk_status check_trust(shk_conn *conn, shk_span key_info)
{
    const shk_config *config = conn->config;
    bool found = false;
    for (size_t i = 0; i < config->peer_key_count; i++)
        found |= shk_span_equal(config->peer_keys[i], key_info);
    if (config->peer_key_count > 0 && !found)
        return shk_conn_fail_field(conn, "subject_public_key_info", SHK_E_RAW_KEY_UNTRUSTED);
    conn->handshake->peer.chain_verified = found;
    return SHK_OK;
}

shk_status shk_read_raw_key(shk_conn *conn, shk_span key_info)
{
    shk_public_key **key = &conn->handshake->peer.key;
    SHK_TRY(conn->crypto->public_key(conn->crypto, key_info, key));
    SHK_TRY(check_trust(conn, key_info));
    if (conn->config->is_server)
        return SHK_OK;
    SHK_TRY(shk_check_same_server(conn, key_info));
    conn->negotiated.raw_public_key = true;
    return shk_key_fits_suite(conn->crypto->public_key_kind(*key), conn->suite)
               ? SHK_OK
               : SHK_E_CERTIFICATE_KEY_SUITE;
}
