/* A new handshake inside a connection of TLS 1.2 and below (RFC 5746, RFC 5246 §7.4.1.1): begun by
 * either end, where the configuration wants it and the peer can bind it to what came before. */
#include <string.h>

#include "extensions/renegotiation_info.h"
#include "handshake/hello/hello_extensions.h"
#include "messages/hello_request.h"

enum { MAX_RENEGOTIATIONS_IN_ROW = 32, MAX_REFUSALS = 32 };

/* What a handshake negotiates anew is forgotten; keys, verify_data and the
 * limits of records stay until it has its own. */
static shk_status begin(shk_conn *conn)
{
    shk_conn_info *info = &conn->info;
    SHK_TRY(shk_handshake_new(conn));
    conn->handshake->session.version = 0; /* a client asks for a full handshake */
    conn->renegotiating = true;
    conn->renegotiations_in_row++;
    conn->min_version = conn->max_version = info->version;
    info->connected = false;
    info->group = 0;
    info->scheme = 0;
    info->protocol.len = info->server_name.len = 0;
    info->resumed = info->external_psk = false;
    info->raw_public_key = info->certificate_compressed = info->status_verified = false;
    info->timestamps = 0;
    conn->own_certificate_type = conn->peer_certificate_type = SHK_CERTIFICATE_X509;
    conn->end_point_len = 0;
    info->peer_verified = info->peer_authenticated = false;
    conn->peer = (shk_peer_authentication){0};
    info->encrypt_then_mac = info->extended_master_secret = false;
    return SHK_OK;
}

/* A resumption without extended_master_secret may be of another's session, which renegotiation
 * would be bound to (RFC 7627 §5.4). */
bool shk_if_may_renegotiate(const shk_conn *conn)
{
    const shk_conn_info *info = &conn->info;
    return conn->config->renegotiation && info->secure_renegotiation &&
           (!info->resumed || info->extended_master_secret) &&
           conn->renegotiations_in_row < MAX_RENEGOTIATIONS_IN_ROW;
}

/* Client: a HelloRequest came, which is in no transcript. */
shk_status shk_do_begin_renegotiation(shk_conn *conn, const shk_received *message)
{
    (void)message;
    return begin(conn);
}

/* Server: a ClientHello came. */
shk_status shk_do_read_new_client_hello(shk_conn *conn, const shk_received *message)
{
    SHK_TRY(begin(conn));
    return shk_do_read_client_hello(conn, message);
}

/* RFC 5746 §4.5, RFC 5246 §7.2.2: a warning says no, and the connection goes on. */
shk_status shk_do_refuse_renegotiation(shk_conn *conn, const shk_received *message)
{
    (void)message;
    if (++conn->warning_alerts > MAX_REFUSALS)
        return SHK_E_RENEGOTIATION_REFUSED;
    return shk_conn_send_alert(conn, 1, SHK_ALERT_no_renegotiation);
}

static shk_status begin_client(shk_conn *conn)
{
    SHK_TRY(begin(conn));
    conn->state = SHK_STATE_c_start;
    return shk_flow_run(conn);
}

shk_status shk_conn_renegotiate(shk_conn *conn)
{
    shk_hello_request request = {0};
    SHK_TRY(shk_conn_usable(conn, true));
    if (conn->info.version >= SHK_TLS13)
        return SHK_E_NOT_CONNECTED;
    if (!shk_if_may_renegotiate(conn))
        return SHK_E_NO_RENEGOTIATION;
    conn->clock_read = false;
    shk_status status = conn->config->is_server
                            ? shk_send_message(conn, SHK_MSG_hello_request, &request)
                            : begin_client(conn);
    return shk_conn_done(conn, status);
}

/* renegotiation_info (RFC 5746 §3.2): in a first handshake empty, in a new one what both Finished
 * of the last held, the client's first; a client sends its own alone. */
static shk_span previous(const shk_conn *conn, bool both)
{
    size_t len = !conn->renegotiating ? 0 : both ? 2 * SHK_VERIFY_DATA_12 : SHK_VERIFY_DATA_12;
    return shk_span_of(conn->verify_data, len);
}

static shk_status offer_renegotiation_info(shk_conn *conn, shk_draft *out)
{
    ((shk_renegotiation_info *)out->body)->renegotiated_connection = previous(conn, false);
    out->send = conn->min_version < SHK_TLS13;
    return SHK_OK;
}

static shk_status answer_renegotiation_info(shk_conn *conn, shk_draft *out)
{
    ((shk_renegotiation_info *)out->body)->renegotiated_connection = previous(conn, true);
    out->send = true;
    return SHK_OK;
}

static shk_status check(shk_conn *conn, shk_span received, bool both)
{
    shk_span expected = previous(conn, both);
    conn->info.secure_renegotiation = true;
    return received.len == expected.len &&
                   shk_equal_constant_time(received.data, expected.data, expected.len)
               ? SHK_OK
               : shk_conn_fail_field(conn, "renegotiated_connection", SHK_E_RENEGOTIATION_INFO);
}

static shk_status accept_renegotiation_info(shk_conn *conn, const void *body)
{
    return check(conn, ((const shk_renegotiation_info *)body)->renegotiated_connection, true);
}

static shk_status read_renegotiation_info(shk_conn *conn, const void *body)
{
    return check(conn, ((const shk_renegotiation_info *)body)->renegotiated_connection, false);
}

/* A new handshake needs the extension, and TLS_EMPTY_RENEGOTIATION_INFO_SCSV has no place in it; in
 * a first one that stands for the extension (RFC 5746 §3.5, §3.6, §3.7). */
shk_status shk_check_renegotiation(shk_conn *conn, const shk_extension_block *block)
{
    bool has_scsv =
        conn->config->is_server && shk_u16_list_has(conn->handshake->offered.cipher_suites,
                                                    SHK_TLS_EMPTY_RENEGOTIATION_INFO_SCSV);
    if (!conn->renegotiating) {
        conn->info.secure_renegotiation |= has_scsv;
        return SHK_OK;
    }
    if (has_scsv)
        return shk_conn_fail_field(conn, "cipher_suites", SHK_E_RENEGOTIATION_SCSV);
    return shk_extension_in(block, SHK_EXT_renegotiation_info)
               ? SHK_OK
               : shk_conn_fail_field(conn, "renegotiation_info", SHK_E_RENEGOTIATION_INFO);
}

shk_status shk_keep_encrypt_then_mac(shk_conn *conn)
{
    bool cbc = shk_cipher_of(conn->suite->cipher)->kind == SHK_KIND_CBC;
    conn->encrypt_then_mac_once |= conn->info.encrypt_then_mac;
    return conn->encrypt_then_mac_once && cbc && !conn->info.encrypt_then_mac
               ? shk_conn_fail_field(conn, "encrypt_then_mac", SHK_E_ENCRYPT_THEN_MAC_LOST)
               : SHK_OK;
}

shk_status shk_keep_extended_master_secret(shk_conn *conn)
{
    bool had = conn->extended_master_secret_once;
    conn->extended_master_secret_once |= conn->info.extended_master_secret;
    return had && !conn->info.extended_master_secret && !conn->config->renegotiation_changes
               ? shk_conn_fail_field(conn, "extended_master_secret",
                                     SHK_E_EXTENDED_MASTER_SECRET_LOST)
               : SHK_OK;
}

static shk_status digest_of(const shk_conn *conn, shk_span bytes, uint8_t *out)
{
    const shk_crypto *crypto = conn->crypto;
    shk_hash_state *state;
    SHK_TRY(crypto->hash_new(crypto, SHK_HASH_SHA256, &state));
    shk_status status = crypto->hash_update(state, bytes);
    if (status == SHK_OK)
        status = crypto->hash_digest(state, out);
    crypto->hash_free(state);
    return status;
}

shk_status shk_keep_server(shk_conn *conn, shk_span shown)
{
    const shk_config *config = conn->config;
    uint8_t digest[sizeof conn->server_digest];
    if (config->is_server || !config->renegotiation || config->renegotiation_changes)
        return SHK_OK;
    SHK_TRY(digest_of(conn, shown, digest));
    if (conn->server_known && memcmp(conn->server_digest, digest, sizeof digest) != 0)
        return shk_conn_fail_field(conn, "certificate_list", SHK_E_RENEGOTIATION_CERTIFICATE);
    memcpy(conn->server_digest, digest, sizeof digest);
    conn->server_known = true;
    return SHK_OK;
}

const shk_hello_extension shk_hello_renegotiation_info = {
    .offer = offer_renegotiation_info,
    .accept = accept_renegotiation_info,
    .read = read_renegotiation_info,
    .answer = answer_renegotiation_info,
};
