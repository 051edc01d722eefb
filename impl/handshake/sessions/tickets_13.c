/* Tickets of TLS 1.3, given and kept (RFC 8446 §4.6.1). */
#include "handshake/sessions/tickets_13.h"

#include "crypto/derive.h"
#include "extensions/early_data.h"
#include "handshake/sessions/session_trust.h"
#include "handshake/sessions/ticket.h"
#include "handshake/state/grease.h"
#include "handshake/state/send.h"
#include "messages/new_session_ticket.h"
#include "shakedown/errors.h"

enum { MAX_LIFETIME = 7 * 24 * 3600 }; /* §4.6.1 */

/* PSK of a ticket (§4.6.1). */
static shk_status ticket_psk(shk_conn *conn, shk_span nonce, uint8_t *out)
{
    return shk_expand_label(conn->crypto, conn->suite->hash, conn->resumption_secret, "resumption",
                            nonce, out, shk_hash_size(conn->suite->hash));
}

/* The session of a ticket; `psk` has room for its secret, which the caller wipes. */
static shk_status session_of(shk_conn *conn, shk_span nonce, uint32_t lifetime, uint8_t *psk,
                             shk_session *out)
{
    SHK_TRY(shk_session_of(conn, lifetime, out));
    out->secret = shk_span_of(psk, shk_hash_size(conn->suite->hash));
    return ticket_psk(conn, nonce, psk);
}

/* `psk` has room for the ticket's PSK, which the caller wipes. */
static shk_status add_ticket(shk_conn *conn, uint8_t number, uint8_t *psk, shk_flight *flight)
{
    const shk_span nonce = shk_span_of(&number, 1);
    uint8_t add[4];
    shk_session session;
    SHK_TRY(session_of(conn, nonce, conn->config->ticket_lifetime, psk, &session));
    conn->random.fill(conn->random.context, add, sizeof add);
    session.age_add =
        (uint32_t)add[0] << 24 | (uint32_t)add[1] << 16 | (uint32_t)add[2] << 8 | add[3];
    session.max_early_data = conn->config->max_early_data;
    SHK_TRY(shk_ticket_seal(conn, &session, &flight->pieces));
    shk_early_data early = {session.max_early_data};
    SHK_TRY(shk_grease_extension(conn, SHK_GREASE_EXTENSION_1, nonce, &flight->extensions));
    if (early.max_early_data_size > 0)
        SHK_TRY(shk_extension_add(&flight->extensions, SHK_EXT_early_data,
                                  SHK_IN_NEW_SESSION_TICKET, &early));
    shk_new_session_ticket m = {
        .ticket_lifetime = conn->config->ticket_lifetime,
        .ticket_age_add = session.age_add,
        .ticket_nonce = nonce,
        .ticket = shk_buf_span(&flight->pieces),
        .extensions = shk_extension_block_of(&flight->extensions),
    };
    return shk_add_message(flight, SHK_MSG_new_session_ticket, &m);
}

static shk_status send_ticket(shk_conn *conn, uint8_t number)
{
    uint8_t psk[SHK_MAX_HASH];
    shk_flight flight = shk_flight_begin(conn);
    flight.status = add_ticket(conn, number, psk, &flight);
    shk_wipe(psk, sizeof psk);
    return shk_flight_send(&flight);
}

shk_status shk_send_tickets(shk_conn *conn)
{
    if (conn->config->ticket_key_count == 0 || !conn->client_takes_tickets)
        return SHK_OK;
    for (unsigned i = 0; i < conn->config->ticket_count; i++)
        SHK_TRY(send_ticket(conn, (uint8_t)i));
    return SHK_OK;
}

/* `psk` has room for the ticket's PSK, which the caller wipes. */
static shk_status give_session(shk_conn *conn, const shk_new_session_ticket *m, uint8_t *psk)
{
    shk_session session;
    shk_early_data early;
    SHK_TRY(session_of(conn, m->ticket_nonce, m->ticket_lifetime, psk, &session));
    session.age_add = m->ticket_age_add;
    shk_extension_get(&m->extensions, SHK_EXT_early_data, SHK_IN_NEW_SESSION_TICKET, &early);
    session.max_early_data = early.max_early_data_size;
    session.ticket = m->ticket;
    return shk_deliver_session(conn, &session);
}

/* A ticket of lifetime 0 is of no use, and one of more than seven days must not be kept (§4.6.1).
 * Others go to the sink, if there is one. */
shk_status shk_do_read_new_session_ticket(shk_conn *conn, const shk_received *message)
{
    const shk_new_session_ticket *m = SHK_MESSAGE_BODY(message, new_session_ticket);
    uint8_t psk[SHK_MAX_HASH];
    conn->counters.tickets_received++;
    if (m->ticket_lifetime > MAX_LIFETIME)
        return shk_conn_deviation(conn, "ticket_lifetime", SHK_DEVIATION_TICKET_LIFETIME);
    if (conn->config->session_sink == NULL || m->ticket_lifetime == 0)
        return SHK_OK;
    shk_status status = give_session(conn, m, psk);
    shk_wipe(psk, sizeof psk);
    return status;
}
