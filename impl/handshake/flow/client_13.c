/* The TLS 1.3 client after ServerHello (RFC 8446 §4.3 to §4.6). */
#include "handshake/certificates/authentication.h"
#include "handshake/certificates/cert_compression.h"
#include "handshake/certificates/cert_request.h"
#include "handshake/flow/flow_table.h"
#include "handshake/hello/ech_client.h"
#include "handshake/hello/hello_certificates.h"
#include "handshake/hello/hello_extensions.h"
#include "handshake/keys/schedule_13.h"
#include "handshake/sessions/early_data_13.h"
#include "handshake/state/handshake.h"
#include "handshake/state/handshake_lifetime.h"
#include "handshake/state/send.h"
#include "messages/encrypted_extensions.h"
#include "messages/finished.h"
#include "shakedown/errors.h"

shk_status shk_do_use_handshake_keys(shk_conn *conn)
{
    const shk_handshake *hs = conn->handshake;
    SHK_TRY(shk_schedule_handshake(conn));
    if (!hs->early.open) {
        SHK_TRY(shk_send_compatibility(conn)); /* before the second flight (§D.4) */
        SHK_TRY(shk_use_traffic_secret(conn, hs->tls13.client_traffic, true));
    }
    return shk_use_traffic_secret(conn, hs->tls13.server_traffic, false);
}

shk_status shk_do_read_encrypted_extensions(shk_conn *conn, const shk_received *message)
{
    const shk_encrypted_extensions *m = SHK_MESSAGE_BODY(message, encrypted_extensions);
    SHK_TRY(shk_accept_extensions(conn, &m->extensions, SHK_IN_ENCRYPTED_EXTENSIONS));
    if (conn->negotiated.resumed || conn->negotiated.external_psk)
        SHK_TRY(shk_check_type_unused(conn, &m->extensions));
    return shk_end_refused_early_data(conn);
}

static shk_status read_certificate(shk_conn *conn, const shk_certificate *m)
{
    if (m->certificate_request_context.len != 0)
        return shk_conn_fail_field(conn, "certificate_request_context", SHK_E_CERTIFICATE_CONTEXT);
    if (m->certificate_list.len == 0)
        return shk_conn_fail_field(conn, "certificate_list", SHK_E_EMPTY_CERTIFICATE);
    return shk_read_chain_13(conn, m->certificate_list);
}

shk_status shk_do_read_server_certificate(shk_conn *conn, const shk_received *message)
{
    return read_certificate(conn, SHK_MESSAGE_BODY(message, certificate));
}

static shk_status read_compressed(shk_conn *conn, const shk_compressed_certificate *m,
                                  shk_buf *plain)
{
    shk_certificate certificate;
    SHK_TRY(shk_decompress_certificate(conn, m, plain, &certificate));
    return read_certificate(conn, &certificate);
}

shk_status shk_do_read_compressed_server_certificate(shk_conn *conn, const shk_received *message)
{
    shk_buf plain = shk_buf_growing(conn->allocator);
    shk_status status =
        read_compressed(conn, SHK_MESSAGE_BODY(message, compressed_certificate), &plain);
    conn->negotiated.certificate_compressed |= status == SHK_OK;
    shk_buf_free(&plain);
    return status;
}

shk_status shk_do_read_server_finished(shk_conn *conn, const shk_received *message)
{
    return shk_check_finished_13(conn, message, conn->handshake->tls13.server_traffic);
}

shk_status shk_do_derive_application_secrets(shk_conn *conn)
{
    SHK_TRY(shk_schedule_application(conn));
    return shk_use_traffic_secret(conn, conn->server_secret, false);
}

/* A certificate if there is one that fits, else an empty list (RFC 8446 §4.4.2); none where the
 * server is not the one it is meant for (RFC 9849 §6.1.6). */
shk_status shk_do_send_client_certificate(shk_conn *conn)
{
    shk_flight flight = shk_flight_begin(conn);
    bool has_credential = !shk_ech_rejected(conn) && shk_choose_client_credential(conn);
    shk_flight_add(&flight, shk_add_certificate);
    if (has_credential)
        shk_flight_add(&flight, shk_add_certificate_verify);
    return shk_flight_send(&flight);
}

shk_status shk_do_send_client_finished(shk_conn *conn)
{
    uint8_t verify_data[SHK_MAX_HASH];
    SHK_TRY(shk_finished_13(conn, conn->handshake->tls13.client_traffic, verify_data));
    shk_finished finished = {shk_span_of(verify_data, shk_hash_size(conn->suite->hash))};
    SHK_TRY(shk_send_message(conn, SHK_MSG_finished, &finished));
    SHK_TRY(shk_use_traffic_secret(conn, conn->client_secret, true));
    if (shk_ech_rejected(conn))
        return shk_ech_fail_rejected(conn);
    SHK_TRY(shk_schedule_resumption(conn));
    shk_complete_handshake(conn);
    return SHK_OK;
}
