/* Pre-shared keys of TLS 1.3: offered, bound and selected; tickets given and kept (RFC 8446
 * §4.2.11, §4.6.1). */
#include <string.h>

#include "extensions/early_data.h"
#include "extensions/pre_shared_key.h"
#include "extensions/psk_key_exchange_modes.h"
#include "handshake/derive.h"
#include "handshake/handshake.h"
#include "handshake/session.h"
#include "messages/new_session_ticket.h"

enum { PSK_DHE_KE = 1 };

/* Client: what can be offered, which after a HelloRetryRequest is what fits its suite (§4.1.4). */
void shk_collect_psks(shk_conn *conn)
{
    shk_handshake *hs = conn->handshake;
    const shk_config *config = conn->config;
    const shk_session *s = &hs->session;
    hs->psk_count = 0;
    if (config->max_version < SHK_TLS13)
        return;
    if (s->version >= SHK_TLS13 && s->ticket.len > 0 &&
        shk_session_alive(s, shk_conn_now_ms(conn)) && shk_session_suits(conn, s) &&
        shk_u16s_have(&config->suites, s->suite)) {
        shk_psk *psk = &hs->psks[hs->psk_count++];
        uint32_t age = (uint32_t)(shk_conn_now_ms(conn) - shk_session_start_ms(s));
        psk->identity = s->ticket;
        psk->obfuscated_ticket_age = age + s->age_add;
        psk->hash = shk_suite_of(s->suite)->hash;
        psk->key = s->secret;
        psk->external = false;
    }
    if (config->psk.key.len > 0) {
        shk_psk *psk = &hs->psks[hs->psk_count++];
        psk->identity = config->psk.identity;
        psk->obfuscated_ticket_age = 0;
        psk->hash = SHK_HASH_SHA256;
        psk->key = config->psk.key;
        psk->external = true;
    }
    for (size_t i = 0; hs->retry_suite != NULL && i < hs->psk_count;) {
        if (hs->psks[i].hash == hs->retry_suite->hash) {
            i++;
            continue;
        }
        hs->psks[i] = hs->psks[hs->psk_count - 1];
        hs->psk_count--;
    }
}

size_t shk_binders_length(const shk_handshake *hs)
{
    size_t len = 2;
    for (size_t i = 0; i < hs->psk_count; i++)
        len += 1 + shk_hash_size(hs->psks[i].hash);
    return len;
}

/* One binder (§4.2.11.2): over the transcript before, and `truncated`. */
static shk_status binder(shk_conn *conn, const shk_psk *psk, shk_span before, shk_span truncated,
                         uint8_t *out)
{
    const shk_crypto *crypto = conn->crypto;
    size_t size = shk_hash_size(psk->hash);
    uint8_t early[SHK_MAX_HASH], key[SHK_MAX_HASH], digest[SHK_MAX_HASH];
    shk_span none = {NULL, 0};
    shk_hash_state *state;
    SHK_TRY(shk_hkdf_extract(crypto, psk->hash, none, psk->key, early));
    SHK_TRY(shk_derive_secret(crypto, psk->hash, early, psk->external ? "ext binder" : "res binder",
                              NULL, key));
    SHK_TRY(shk_expand_label(crypto, psk->hash, key, "finished", none, key, size));
    SHK_TRY(crypto->hash_new(crypto, psk->hash, &state));
    shk_status status = crypto->hash_update(state, before);
    if (status == SHK_OK)
        status = crypto->hash_update(state, truncated);
    if (status == SHK_OK)
        status = crypto->hash_digest(state, digest);
    crypto->hash_free(state);
    shk_span part = shk_span_of(digest, size);
    if (status == SHK_OK)
        status = crypto->hmac(crypto, psk->hash, shk_span_of(key, size), &part, 1, out);
    shk_wipe(early, sizeof early);
    shk_wipe(key, sizeof key);
    return status;
}

shk_status shk_fill_binders(shk_conn *conn, shk_buf *message)
{
    const shk_handshake *hs = conn->handshake;
    if (hs->psk_count == 0)
        return SHK_OK;
    shk_span truncated = shk_span_of(message->data, message->len - shk_binders_length(hs));
    uint8_t *at = message->data + truncated.len + 2;
    for (size_t i = 0; i < hs->psk_count; i++) {
        SHK_TRY(binder(conn, &hs->psks[i], shk_buf_span(&hs->transcript.raw), truncated, at + 1));
        at += 1 + shk_hash_size(hs->psks[i].hash);
    }
    return SHK_OK;
}

/* Takes the PSK into the key schedule. */
static void use_psk(shk_conn *conn, const shk_psk *psk, uint16_t index)
{
    shk_handshake *hs = conn->handshake;
    memcpy(hs->psk, psk->key.data, psk->key.len);
    hs->psk_len = psk->key.len;
    hs->psk_index = index;
    conn->info.resumed = !psk->external;
    /* who has an external PSK is who it was given to */
    conn->info.peer_verified = psk->external || hs->session.peer_verified == 1;
    conn->info.external_psk = psk->external;
}

shk_status shk_accept_psk(shk_conn *conn, uint16_t selected)
{
    shk_handshake *hs = conn->handshake;
    if (selected >= hs->psk_count || hs->psks[selected].hash != conn->suite->hash)
        return shk_conn_fail_field(conn, "selected_identity", SHK_E_UNSUPPORTED_SELECTION);
    use_psk(conn, &hs->psks[selected], selected);
    return SHK_OK;
}

/* Server: whether an identity is one we can use with the suite that was chosen; fills in the rest
 * of `psk`. */
static bool recognise(shk_conn *conn, shk_psk *psk)
{
    shk_handshake *hs = conn->handshake;
    const shk_config *config = conn->config;
    const shk_session *s = &hs->session;
    if (config->psk.key.len > 0 && shk_span_equal(psk->identity, config->psk.identity) &&
        config->client_auth != SHK_CLIENT_AUTH_REQUIRE) {
        psk->hash = SHK_HASH_SHA256;
        psk->key = config->psk.key;
        psk->external = true;
        return psk->hash == conn->suite->hash;
    }
    if (!shk_ticket_open(conn, psk->identity, &hs->ticket_bytes, &hs->session))
        return false;
    psk->hash = shk_suite_of(s->suite)->hash;
    psk->key = s->secret;
    psk->external = false;
    return s->version >= SHK_TLS13 && psk->hash == conn->suite->hash && shk_session_suits(conn, s);
}

static bool wants_psk_dhe_ke(const shk_extension_block *block)
{
    shk_psk_key_exchange_modes modes;
    shk_extension_get(block, SHK_EXT_psk_key_exchange_modes, SHK_IN_CLIENT_HELLO, &modes);
    for (size_t i = 0; i < modes.ke_modes.len; i++)
        if (modes.ke_modes.data[i] == PSK_DHE_KE)
            return true;
    return false;
}

shk_status shk_select_psk(shk_conn *conn, const shk_client_hello *hello)
{
    shk_handshake *hs = conn->handshake;
    shk_pre_shared_key m;
    shk_psk_identity identity;
    shk_psk_binder offered;
    uint8_t expected[SHK_MAX_HASH];
    conn->tickets_welcome = wants_psk_dhe_ke(&hello->extensions);
    if (!shk_extension_get(&hello->extensions, SHK_EXT_pre_shared_key, SHK_IN_CLIENT_HELLO, &m))
        return SHK_OK;
    if (!shk_extension_in(&hello->extensions, SHK_EXT_psk_key_exchange_modes))
        return shk_conn_fail_field(conn, "psk_key_exchange_modes", SHK_E_PSK_KEY_EXCHANGE_MODES);
    if (!conn->tickets_welcome)
        return SHK_OK;
    shk_span raw = shk_buf_span(&hs->transcript.raw);
    shk_span truncated = shk_span_of(raw.data, raw.len - 2 - m.binders.len);
    uint16_t index = 0;
    while (shk_list_next(&m.identities, NULL, shk_psk_identity_shape, &identity) &&
           shk_list_next(&m.binders, NULL, shk_psk_binder_shape, &offered)) {
        shk_psk psk = {.identity = identity.identity};
        if (!recognise(conn, &psk)) {
            index++;
            continue;
        }
        size_t size = shk_hash_size(psk.hash);
        SHK_TRY(binder(conn, &psk, shk_span_of(NULL, 0), truncated, expected));
        if (offered.binder.len != size ||
            !shk_equal_constant_time(expected, offered.binder.data, size))
            return shk_conn_fail_field(conn, "binders", SHK_E_BAD_BINDER);
        use_psk(conn, &psk, index);
        return SHK_OK;
    }
    return SHK_OK;
}

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
        .peer_verified = conn->info.peer_verified ? 1 : 0,
        .server_name = shk_session_name(conn),
        .protocol = conn->info.protocol,
    };
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
    shk_status status = shk_ticket_seal(conn, &session, &ticket);
    shk_new_session_ticket m = {
        .ticket_lifetime = conn->config->ticket_lifetime,
        .ticket_age_add = age_add,
        .ticket_nonce = shk_span_of(&number, 1),
        .ticket = shk_buf_span(&ticket),
        .extensions = {{NULL, 0}, true, 0},
    };
    if (status == SHK_OK)
        status = shk_send_message(conn, SHK_MSG_new_session_ticket, &m);
    shk_buf_free(&ticket);
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
