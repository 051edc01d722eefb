/* Resumption, PSKs and early data: session_ticket (RFC 5077 §3.2), psk_key_exchange_modes,
 * pre_shared_key, early_data (RFC 8446 §4.2.9, §4.2.11, §4.2.10). */
#include "extensions/pre_shared_key.h"
#include "extensions/psk_key_exchange_modes.h"
#include "extensions/session_ticket.h"
#include "handshake/hello/hello_extensions.h"
#include "handshake/sessions/early_data_13.h"
#include "handshake/sessions/resume_12.h"
#include "handshake/state/grease.h"
#include "handshake/state/handshake.h"
#include "shakedown/errors.h"
#include "shakedown/session.h"

/* session_ticket (RFC 5077 §3.2): a ticket, or empty to ask for one. */
static shk_status offer_session_ticket(shk_conn *conn, shk_draft *out)
{
    shk_span ticket = conn->handshake->session.ticket;
    bool offers = shk_offers_session_12(conn) && ticket.len > 0;
    if (offers)
        SHK_EXTENSION_BODY(out, session_ticket)->ticket = ticket;
    out->send = (offers || conn->config->session_sink != NULL) && conn->min_version < SHK_TLS13;
    return SHK_OK;
}

static shk_status accept_session_ticket(shk_conn *conn, const shk_extension_body *in)
{
    (void)in;
    conn->handshake->tls12.ticket_due = true;
    return SHK_OK;
}

static shk_status answer_session_ticket(shk_conn *conn, shk_draft *out)
{
    out->send = conn->handshake->tls12.ticket_due;
    return SHK_OK;
}

static shk_status offer_psk_modes(shk_conn *conn, shk_draft *out)
{
    static const uint8_t modes[] = {1, 0}; /* psk_dhe_ke, psk_ke */
    shk_psk_mode mode = conn->config->psk_mode;
    SHK_TRY(shk_grease_psk_mode(conn, out->pieces));
    SHK_TRY(shk_buf_append(out->pieces, shk_span_of(modes + (mode == SHK_PSK_KE ? 1 : 0),
                                                    mode == SHK_PSK_EITHER ? 2 : 1)));
    SHK_EXTENSION_BODY(out, psk_key_exchange_modes)->ke_modes = shk_buf_span(out->pieces);
    const shk_config *config =
        conn->config; /* not what is left after a retry: the second hello has it too */
    out->send = conn->max_version >= SHK_TLS13 &&
                (config->session_sink != NULL || config->session.len > 0 || config->psk_count > 0);
    return SHK_OK;
}

/* Identities, and room for the binders, which cover the hello up to themselves (RFC 8446
 * §4.2.11.2). */
static shk_status offer_psks(shk_conn *conn, shk_draft *out)
{
    static const uint8_t zeros[SHK_MAX_HASH] = {0};
    const shk_handshake *hs = conn->handshake;
    shk_pre_shared_key *m = SHK_EXTENSION_BODY(out, pre_shared_key);
    if (hs->psk.count == 0)
        return SHK_OK;
    for (size_t i = 0; i < hs->psk.count; i++) {
        shk_psk_identity identity = {hs->psk.list[i].identity,
                                     hs->psk.list[i].obfuscated_ticket_age};
        SHK_TRY(shk_encode(shk_psk_identity_shape, NULL, &identity, out->pieces, NULL));
    }
    size_t split = out->pieces->len;
    for (size_t i = 0; i < hs->psk.count; i++) {
        shk_psk_binder binder = {shk_span_of(zeros, shk_hash_size(hs->psk.list[i].hash))};
        SHK_TRY(shk_encode(shk_psk_binder_shape, NULL, &binder, out->pieces, NULL));
    }
    m->identities = shk_span_of(out->pieces->data, split);
    m->binders = shk_span_of(out->pieces->data + split, out->pieces->len - split);
    out->send = true;
    return SHK_OK;
}

static shk_status answer_psk(shk_conn *conn, shk_draft *out)
{
    SHK_EXTENSION_BODY(out, pre_shared_key)->selected_identity = conn->handshake->psk.index;
    out->send = conn->handshake->psk.key_len > 0;
    return SHK_OK;
}

const shk_hello_extension shk_hello_session_ticket = {
    .offer = offer_session_ticket,
    .accept = accept_session_ticket,
    .answer = answer_session_ticket,
};

const shk_hello_extension shk_hello_psk_key_exchange_modes = {
    .offer = offer_psk_modes,
};

static shk_status offer_early_data(shk_conn *conn, shk_draft *out)
{
    out->send = shk_offers_early_data(conn);
    return SHK_OK;
}

static shk_status accept_early_data(shk_conn *conn, const shk_extension_body *in)
{
    (void)in;
    return shk_accept_early_data(conn);
}

static shk_status answer_early_data(shk_conn *conn, shk_draft *out)
{
    out->send = conn->negotiated.early_data;
    return SHK_OK;
}

const shk_hello_extension shk_hello_early_data = {
    .offer = offer_early_data,
    .accept = accept_early_data,
    .answer = answer_early_data,
};

const shk_hello_extension shk_hello_pre_shared_key = {
    .offer = offer_psks,
    .answer = answer_psk,
};
