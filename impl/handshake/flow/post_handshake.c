/* Post-handshake client authentication (RFC 8446 §4.6.2). Each request and its answer are hashed
 * behind the main handshake, and no two requests wait at once. */
#include "handshake/flow/post_handshake.h"

#include <string.h>

#include "handshake/certificates/cert_request.h"
#include "handshake/flow/flow_table.h"
#include "handshake/keys/schedule_13.h"
#include "handshake/state/handshake.h"
#include "handshake/state/handshake_lifetime.h"
#include "handshake/state/negotiated.h"
#include "handshake/state/send.h"
#include "messages/certificate_request.h"
#include "messages/finished.h"
#include "shakedown/errors.h"

enum { CONTEXT = 32, MAX_REQUESTS_IN_ROW = 32 };

/* A handshake whose transcript goes on from the main one. */
static shk_status begin(shk_conn *conn)
{
    SHK_TRY(shk_handshake_new(conn));
    shk_status status = shk_transcript_fork(&conn->main_transcript, &conn->handshake->transcript);
    if (status != SHK_OK)
        shk_handshake_free(conn);
    return status;
}

shk_status shk_begin_authentication(shk_conn *conn)
{
    if (conn->version < SHK_TLS13 || !conn->config->is_server)
        return SHK_E_NOT_CONNECTED;
    if (!conn->post_handshake_auth || conn->handshake != NULL)
        return SHK_E_NO_POST_HANDSHAKE_AUTH;
    if (!shk_type_enabled(conn->config->peer_certificate_types, conn->peer_certificate_type))
        return SHK_E_NO_COMMON_CERTIFICATE_TYPE;
    return begin(conn);
}

shk_status shk_request_authentication(shk_conn *conn)
{
    shk_flight flight = shk_flight_begin(conn);
    shk_handshake *hs = conn->handshake;
    hs->own.context_len = CONTEXT;
    conn->random.fill(conn->random.context, hs->own.context, CONTEXT);
    shk_flight_add(&flight, shk_add_certificate_request);
    conn->state = SHK_STATE_s13_auth_wait_certificate;
    return shk_flight_send(&flight);
}

bool shk_data_allowed(const shk_conn *conn)
{
    return conn->state != SHK_STATE_s13_auth_wait_certificate_verify &&
           conn->state != SHK_STATE_s13_auth_wait_finished;
}

/* Client: the request's context comes back with the answer. */
shk_status shk_do_read_later_request(shk_conn *conn, const shk_received *message)
{
    const shk_certificate_request *m = SHK_MESSAGE_BODY(message, certificate_request);
    if (m->certificate_request_context.len == 0)
        return shk_conn_fail_field(conn, "certificate_request_context", SHK_E_CERTIFICATE_CONTEXT);
    if (++conn->requests_in_row > MAX_REQUESTS_IN_ROW)
        return SHK_E_TOO_MANY_REQUESTS;
    SHK_TRY(begin(conn));
    shk_handshake *hs = conn->handshake;
    hs->own.context_len = (uint8_t)m->certificate_request_context.len;
    memcpy(hs->own.context, m->certificate_request_context.data, hs->own.context_len);
    SHK_TRY(shk_transcript_add(&hs->transcript, message->raw));
    return shk_do_read_certificate_request(conn, message);
}

/* Under the traffic secret of now, and nothing else changes (§4.4). */
shk_status shk_do_send_later_finished(shk_conn *conn)
{
    uint8_t verify_data[SHK_MAX_HASH];
    SHK_TRY(shk_finished_13(conn, conn->client_secret, verify_data));
    shk_finished finished = {shk_span_of(verify_data, shk_hash_size(conn->suite->hash))};
    SHK_TRY(shk_send_message(conn, SHK_MSG_finished, &finished));
    conn->counters.later_authentications++;
    shk_handshake_free(conn);
    return SHK_OK;
}

shk_status shk_do_read_later_finished(shk_conn *conn, const shk_received *message)
{
    SHK_TRY(shk_check_finished_13(conn, message, conn->client_secret));
    conn->counters.later_authentications++;
    shk_handshake_free(conn);
    return SHK_OK;
}
