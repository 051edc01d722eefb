/* The TLS 1.3 client after ServerHello (RFC 8446 §4.3 to §4.6). */
#include <string.h>

#include "extensions/signature_algorithms.h"
#include "handshake/handshake.h"
#include "messages/certificate.h"
#include "messages/certificate_request.h"
#include "messages/encrypted_extensions.h"
#include "messages/finished.h"
#include "messages/key_update.h"

enum { MAX_KEY_UPDATES_IN_ROW = 32 };

shk_status shk_do_use_handshake_keys(shk_conn *conn, const shk_received *message)
{
    const shk_handshake *hs = conn->handshake;
    (void)message;
    SHK_TRY(shk_schedule_handshake(conn));
    if (hs->session_id_len > 0 && !conn->info.retried) /* before the second flight (§D.4) */
        SHK_TRY(shk_send_change_cipher_spec(conn));
    SHK_TRY(shk_use_traffic_secret(conn, hs->server_traffic, false));
    return shk_use_traffic_secret(conn, hs->client_traffic, true);
}

shk_status shk_do_read_encrypted_extensions(shk_conn *conn, const shk_received *message)
{
    const shk_encrypted_extensions *m = (const shk_encrypted_extensions *)message->body;
    return shk_accept_extensions(conn, &m->extensions, SHK_IN_ENCRYPTED_EXTENSIONS);
}

/* signature_algorithms must be there (RFC 8446 §4.3.2); an extension that is not known is ignored.
 */
shk_status shk_do_read_certificate_request(shk_conn *conn, const shk_received *message)
{
    const shk_certificate_request *m = (const shk_certificate_request *)message->body;
    shk_handshake *hs = conn->handshake;
    shk_signature_algorithms algorithms;
    if (m->certificate_request_context.len != 0)
        return shk_conn_fail_field(conn, "certificate_request_context", SHK_E_CERTIFICATE_CONTEXT);
    if (!shk_extension_get(&m->extensions, SHK_EXT_signature_algorithms, SHK_IN_CERTIFICATE_REQUEST,
                           &algorithms))
        return shk_conn_fail_field(conn, "signature_algorithms", SHK_E_MISSING_EXTENSION);
    hs->client_authentication = true;
    return shk_buf_append(&hs->request_schemes, algorithms.supported_signature_algorithms);
}

shk_status shk_do_read_server_certificate(shk_conn *conn, const shk_received *message)
{
    const shk_certificate *m = (const shk_certificate *)message->body;
    if (m->certificate_request_context.len != 0)
        return shk_conn_fail_field(conn, "certificate_request_context", SHK_E_CERTIFICATE_CONTEXT);
    if (m->certificate_list.len == 0)
        return shk_conn_fail_field(conn, "certificate_list", SHK_E_EMPTY_CERTIFICATE);
    return shk_read_chain_13(conn, m->certificate_list);
}

/* Finished of the peer, whichever role we have. */
static shk_status check_finished(shk_conn *conn, const shk_received *message, const uint8_t *secret)
{
    const shk_finished *m = (const shk_finished *)message->body;
    uint8_t expected[SHK_MAX_HASH];
    SHK_TRY(shk_finished_13(conn, secret, expected));
    return shk_equal_constant_time(expected, m->verify_data.data, m->verify_data.len)
               ? SHK_OK
               : shk_conn_fail_field(conn, "verify_data", SHK_E_BAD_FINISHED);
}

shk_status shk_do_read_server_finished(shk_conn *conn, const shk_received *message)
{
    return check_finished(conn, message, conn->handshake->server_traffic);
}

shk_status shk_do_derive_application_secrets(shk_conn *conn, const shk_received *message)
{
    (void)message;
    SHK_TRY(shk_schedule_application(conn));
    return shk_use_traffic_secret(conn, conn->server_secret, false);
}

/* A certificate if there is one that fits, else an empty list (RFC 8446 §4.4.2). */
shk_status shk_do_send_client_certificate(shk_conn *conn, const shk_received *message)
{
    shk_handshake *hs = conn->handshake;
    shk_buf flight = shk_buf_growing(conn->allocator);
    (void)message;
    bool have = shk_choose_credential(conn, shk_buf_span(&hs->request_schemes), conn->suite);
    shk_status status = shk_add_certificate(conn, &flight);
    if (status == SHK_OK && have)
        status = shk_add_certificate_verify(conn, &flight);
    if (status == SHK_OK)
        status = shk_conn_send(conn, SHK_HANDSHAKE, shk_buf_span(&flight));
    shk_buf_free(&flight);
    return status;
}

shk_status shk_do_send_client_finished(shk_conn *conn, const shk_received *message)
{
    uint8_t verify_data[SHK_MAX_HASH];
    (void)message;
    SHK_TRY(shk_finished_13(conn, conn->handshake->client_traffic, verify_data));
    shk_finished finished = {shk_span_of(verify_data, shk_hash_size(conn->suite->hash))};
    SHK_TRY(shk_send_message(conn, SHK_MSG_finished, &finished));
    SHK_TRY(shk_use_traffic_secret(conn, conn->client_secret, true));
    SHK_TRY(shk_schedule_resumption(conn));
    shk_connected(conn);
    return SHK_OK;
}

/* The steps below serve both roles. */

shk_status shk_do_read_client_finished(shk_conn *conn, const shk_received *message)
{
    SHK_TRY(check_finished(conn, message, conn->handshake->client_traffic));
    return shk_use_traffic_secret(conn, conn->client_secret, false);
}

shk_status shk_do_send_tickets(shk_conn *conn, const shk_received *message)
{
    (void)message;
    SHK_TRY(shk_schedule_resumption(conn));
    shk_connected(conn);
    return shk_send_tickets(conn);
}

/* RFC 8446 §4.6.3: the answer, if one is asked for, goes out before the next application data. */
shk_status shk_do_read_key_update(shk_conn *conn, const shk_received *message)
{
    const shk_key_update *m = (const shk_key_update *)message->body;
    uint8_t *secret = conn->config->is_server ? conn->client_secret : conn->server_secret;
    if (++conn->key_updates_in_row > MAX_KEY_UPDATES_IN_ROW)
        return SHK_E_TOO_MANY_KEY_UPDATES;
    conn->info.key_updates_received++;
    SHK_TRY(shk_next_traffic_secret(conn, secret));
    SHK_TRY(shk_use_traffic_secret(conn, secret, false));
    if (m->request_update == 1)
        conn->key_update_due = true;
    return SHK_OK;
}

static shk_status send_key_update(shk_conn *conn, bool request)
{
    uint8_t *secret = conn->config->is_server ? conn->server_secret : conn->client_secret;
    shk_key_update m = {request ? 1 : 0};
    SHK_TRY(shk_send_message(conn, SHK_MSG_key_update, &m));
    SHK_TRY(shk_next_traffic_secret(conn, secret));
    conn->info.key_updates_sent++;
    conn->key_update_due = false;
    return shk_use_traffic_secret(conn, secret, true);
}

shk_status shk_conn_key_update(shk_conn *conn, bool request)
{
    if (!conn->info.connected || conn->info.version < SHK_TLS13)
        return SHK_E_NOT_CONNECTED;
    if (conn->failure.fault.status != SHK_OK || conn->close_sent)
        return SHK_E_CLOSED;
    return send_key_update(conn, request);
}
