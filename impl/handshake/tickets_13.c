/* Tickets of TLS 1.3, given and kept (RFC 8446 §4.6.1). */
#include <string.h>

#include "extensions/early_data.h"
#include "handshake/derive.h"
#include "handshake/handshake.h"
#include "handshake/session.h"
#include "messages/new_session_ticket.h"

/* PSK of a ticket (§4.6.1). */
static shk_status ticket_psk(shk_conn *conn, shk_span nonce, uint8_t *out)
{
    return shk_expand_label(conn->crypto, conn->suite->hash, conn->resumption_secret, "resumption",
                            nonce, out, shk_hash_size(conn->suite->hash));
}

static shk_session session_of(const shk_conn *conn, const uint8_t *psk, uint32_t lifetime,
                              uint32_t age_add)
{
    shk_session session = {
        .version = conn->info.version,
        .suite = conn->suite->value,
        .max_fragment_length = conn->fragment_limit,
        .lifetime = lifetime,
        .age_add = age_add,
        .secret = shk_span_of(psk, shk_hash_size(conn->suite->hash)),
        .server_name = shk_session_name(conn),
        .protocol = conn->info.protocol,
    };
    shk_session_note_peer(conn, &session);
    shk_session_set_start_ms(&session, shk_conn_now_ms(conn));
    return session;
}

static shk_status send_ticket(shk_conn *conn, uint8_t number)
{
    uint8_t psk[SHK_MAX_HASH];
    uint8_t add[4];
    shk_buf ticket = shk_buf_growing(conn->allocator);
    SHK_TRY(ticket_psk(conn, shk_span_of(&number, 1), psk));
    conn->random.fill(conn->random.context, add, sizeof add);
    uint32_t age_add =
        (uint32_t)add[0] << 24 | (uint32_t)add[1] << 16 | (uint32_t)add[2] << 8 | add[3];
    shk_session session = session_of(conn, psk, conn->config->ticket_lifetime, age_add);
    session.max_early_data = conn->config->max_early_data;
    shk_status status = shk_ticket_seal(conn, &session, &ticket);
    shk_buf raw = shk_buf_growing(conn->allocator);
    shk_early_data early = {session.max_early_data};
    if (status == SHK_OK)
        status = shk_grease_extension(conn, SHK_GREASE_EXTENSION_1, shk_span_of(&number, 1), &raw);
    if (status == SHK_OK && early.max_early_data_size > 0)
        status = shk_extension_add(&raw, SHK_EXT_early_data, SHK_IN_NEW_SESSION_TICKET, &early);
    shk_new_session_ticket m = {
        .ticket_lifetime = conn->config->ticket_lifetime,
        .ticket_age_add = age_add,
        .ticket_nonce = shk_span_of(&number, 1),
        .ticket = shk_buf_span(&ticket),
        .extensions = shk_extension_block_of(&raw),
    };
    if (status == SHK_OK)
        status = shk_send_message(conn, SHK_MSG_new_session_ticket, &m);
    shk_buf_free(&ticket);
    shk_buf_free(&raw);
    shk_wipe(psk, sizeof psk);
    return status;
}

shk_status shk_send_tickets(shk_conn *conn)
{
    if (conn->config->ticket_key_count == 0 || !conn->tickets_welcome)
        return SHK_OK;
    for (unsigned i = 0; i < conn->config->ticket_count; i++)
        SHK_TRY(send_ticket(conn, (uint8_t)i));
    return SHK_OK;
}

/* A ticket of lifetime 0 is of no use (§4.6.1). Others go to the sink, if there is one. */
shk_status shk_do_read_new_session_ticket(shk_conn *conn, const shk_received *message)
{
    const shk_new_session_ticket *m = (const shk_new_session_ticket *)message->body;
    uint8_t psk[SHK_MAX_HASH];
    shk_early_data early;
    conn->info.tickets_received++;
    if (conn->config->session_sink == NULL || m->ticket_lifetime == 0)
        return SHK_OK;
    SHK_TRY(ticket_psk(conn, m->ticket_nonce, psk));
    shk_session session = session_of(conn, psk, m->ticket_lifetime, m->ticket_age_add);
    shk_extension_get(&m->extensions, SHK_EXT_early_data, SHK_IN_NEW_SESSION_TICKET, &early);
    session.max_early_data = early.max_early_data_size;
    session.ticket = m->ticket;
    shk_status status = shk_give_session(conn, &session);
    shk_wipe(psk, sizeof psk);
    return status;
}
