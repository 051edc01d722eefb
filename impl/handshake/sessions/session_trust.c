/* What a session carries of its full handshake, and where it may stand for another one
 * (shakedown/config.h, `session`): under a configuration that verifies the peer by the same, while
 * that is still good (RFC 8446 §4.6.1, RFC 5246 §F.1.4). */
#include "handshake/sessions/session_trust.h"

#include <string.h>

#include "crypto/hash_parts.h"
#include "handshake/state/deviating.h"
#include "handshake/state/limits.h"
#include "handshake/state/peer.h"
#include "shakedown/errors.h"
#include "wire/u16_list.h"

enum { SECOND_MS = 1000 };

/* A part of what the digest is of, its length before it: no two lists of parts read the same. */
static shk_status add(shk_buf *out, shk_span part)
{
    uint8_t length[4] = {(uint8_t)(part.len >> 24), (uint8_t)(part.len >> 16),
                         (uint8_t)(part.len >> 8), (uint8_t)part.len};
    SHK_TRY(shk_buf_append(out, shk_span_of(length, sizeof length)));
    return shk_buf_append(out, part);
}

static shk_status add_number(shk_buf *out, size_t number)
{
    uint8_t bytes[4] = {(uint8_t)(number >> 24), (uint8_t)(number >> 16), (uint8_t)(number >> 8),
                        (uint8_t)number};
    return shk_buf_append(out, shk_span_of(bytes, sizeof bytes));
}

static shk_status add_schemes(shk_buf *out, const shk_u16s *schemes)
{
    SHK_TRY(add_number(out, schemes->count));
    return shk_append_u16s(out, schemes);
}

/* What a certificate or a raw key of the peer is verified by. */
static shk_status add_verification(const shk_config *config, shk_buf *out)
{
    shk_span none = {NULL, 0};
    SHK_TRY(add(out, config->trust != NULL ? config->crypto->trust_digest(config->trust) : none));
    SHK_TRY(add_number(out, config->security_level));
    SHK_TRY(add_number(out, config->x509_strict));
    SHK_TRY(add_number(out, config->peer_key_count));
    for (size_t i = 0; i < config->peer_key_count; i++)
        SHK_TRY(add(out, config->peer_keys[i]));
    SHK_TRY(add(out, config->peer_certificate_types));
    SHK_TRY(add_schemes(out, &config->schemes));
    return add_schemes(out, &config->chain_schemes);
}

/* A client also shows itself: a session is of whom it was then. */
static shk_status add_client(const shk_config *config, shk_buf *out)
{
    SHK_TRY(add_verification(config, out));
    SHK_TRY(add_number(out, config->status_request)); /* also to ask demands (RFC 7633 §4.2.3.1) */
    for (size_t i = 0; i < config->credential_count; i++) {
        const shk_credential *own = config->credentials[i];
        SHK_TRY(add(out, own->count > 0 ? own->chain[0] : own->key_info));
    }
    return SHK_OK;
}

static shk_status add_server(const shk_config *config, shk_buf *out)
{
    if (config->client_auth == SHK_CLIENT_AUTH_NONE)
        return SHK_OK;
    SHK_TRY(add_verification(config, out));
    return add(out, config->oid_filters);
}

static shk_status add_psk(const shk_external_psk *psk, shk_buf *out)
{
    SHK_TRY(add(out, psk->identity));
    SHK_TRY(add(out, psk->key));
    SHK_TRY(add_number(out, psk->hash));
    SHK_TRY(add_number(out, psk->import));
    return add(out, psk->import_context);
}

/* `parts` receives what is hashed. */
static shk_status digest_of_trust(const shk_config *config, const shk_external_psk *psk,
                                  shk_buf *parts, uint8_t *out)
{
    SHK_TRY(config->is_server ? add_server(config, parts) : add_client(config, parts));
    if (psk != NULL)
        SHK_TRY(add_psk(psk, parts));
    const shk_span bytes = shk_buf_span(parts);
    return shk_hash_parts(config->crypto, SHK_HASH_SHA256, &bytes, 1, out);
}

shk_status shk_trust_digest(const shk_config *config, const shk_external_psk *psk, uint8_t *out)
{
    shk_buf parts = shk_buf_growing(config->allocator);
    shk_status status = digest_of_trust(config, psk, &parts, out);
    shk_buf_wipe(&parts);
    return status;
}

static shk_session_time time_of(int64_t ms)
{
    return (shk_session_time){(uint32_t)((uint64_t)ms >> 32), (uint32_t)ms};
}

shk_status shk_session_of(shk_conn *conn, uint32_t lifetime, shk_session *out)
{
    shk_peer_authentication *peer = &conn->peer;
    const int64_t now_ms = shk_conn_now_ms(conn);
    if (!peer->noted) {
        SHK_TRY(shk_trust_digest(conn->config, peer->psk, peer->trust));
        peer->authenticated_ms = now_ms;
        peer->noted = true;
    }
    *out = (shk_session){
        .format = SHK_SESSION_FORMAT,
        .version = conn->version,
        .suite = conn->suite->value,
        .peer_verified = conn->negotiated.peer_verified && !peer->by_external_psk ? 1 : 0,
        .external_psk = peer->by_external_psk ? 1 : 0,
        .max_fragment_length = shk_fragment_length_agreed(conn),
        .start = time_of(now_ms),
        .authenticated = time_of(peer->authenticated_ms),
        .until = time_of(peer->until_ms),
        .lifetime = lifetime,
        .trust = shk_span_of(peer->trust, sizeof peer->trust),
        .server_name = shk_session_name(conn),
        .protocol = conn->negotiated.protocol,
    };
    return SHK_OK;
}

void shk_session_restore_peer(shk_conn *conn, const shk_session *session)
{
    conn->negotiated.peer_verified = session->peer_verified == 1 || session->external_psk == 1;
    conn->negotiated.peer_authenticated = session->peer_verified == 1;
    conn->peer = (shk_peer_authentication){
        .by_external_psk = session->external_psk == 1,
        .until_ms = shk_session_ms(session->until),
        .noted = true,
        .authenticated_ms = shk_session_ms(session->authenticated),
    };
    memcpy(conn->peer.trust, session->trust.data, sizeof conn->peer.trust);
}

shk_span shk_session_name(const shk_conn *conn)
{
    if (conn->config->is_server)
        return conn->negotiated.server_name;
    return conn->reference_name != NULL ? shk_span_of_text(conn->reference_name)
                                        : shk_span_of(NULL, 0);
}

/* Neither the session, nor what verified the peer, nor the time without a full handshake has come
 * to its end, and none of them is of the future. */
static bool in_time(shk_conn *conn, const shk_session *session)
{
    const shk_config *config = conn->config;
    const int64_t now_ms = shk_conn_now_ms(conn);
    const int64_t age_ms = now_ms - shk_session_ms(session->start);
    const int64_t whole_ms = now_ms - shk_session_ms(session->authenticated);
    const int64_t until_ms = shk_session_ms(session->until);
    uint32_t lifetime = session->lifetime;
    if (config->is_server && config->ticket_lifetime < lifetime)
        lifetime = config->ticket_lifetime;
    return age_ms >= 0 && age_ms <= (int64_t)lifetime * SECOND_MS && whole_ms >= 0 &&
           whole_ms <= (int64_t)config->max_session_age * SECOND_MS &&
           (until_ms == 0 || now_ms <= until_ms);
}

static bool is_digest(const shk_config *config, const shk_external_psk *psk, shk_span trust)
{
    uint8_t digest[SHK_TRUST_DIGEST];
    return shk_trust_digest(config, psk, digest) == SHK_OK &&
           shk_span_equal(trust, shk_span_of(digest, sizeof digest));
}

/* Whether the peer would be verified by the same today. */
static bool same_trust(const shk_conn *conn, const shk_session *session)
{
    const shk_config *config = conn->config;
    bool must_be_verified = config->is_server ? shk_requires_client(conn)
                                              : config->trust != NULL || config->peer_key_count > 0;
    if (session->external_psk == 0)
        return (session->peer_verified == 1 || !must_be_verified) &&
               is_digest(config, NULL, session->trust);
    if (config->is_server && must_be_verified)
        return false;
    for (size_t i = 0; i < config->psk_count; i++)
        if (is_digest(config, &config->psks[i], session->trust))
            return true;
    return false;
}

/* Below TLS 1.3 a session without extended_master_secret stays so, and one with it needs it (RFC
 * 7627 §5.3). */
static bool same_master_secret(const shk_config *config, const shk_session *session)
{
    return session->version >= SHK_TLS13 ||
           (session->extended_master_secret == 1 ? !config->no_extended_master_secret
                                                 : !config->require_extended_master_secret);
}

bool shk_session_offered(shk_conn *conn)
{
    shk_handshake *hs = conn->handshake;
    const shk_session *s = &hs->session;
    if (hs->client.session_checked) /* time goes on between the hellos */
        return hs->client.session_offered;
    bool usable =
        s->version < SHK_TLS13 ? shk_version_enabled(conn, s->version) : s->ticket.len > 0;
    hs->client.session_checked = true;
    usable = usable && shk_u16s_have(&conn->config->suites, s->suite);
    hs->client.session_offered =
        s->version != 0 && (usable || shk_any_session(conn)) && shk_session_acceptable(conn, s);
    conn->has_session |= hs->client.session_offered;
    return hs->client.session_offered;
}

bool shk_session_acceptable(shk_conn *conn, const shk_session *session)
{
    bool same_length = session->max_fragment_length == 0 ||
                       session->max_fragment_length == shk_fragment_length_asked(conn);
    if (shk_any_session(conn))
        return true;
    return same_length && shk_span_equal(session->server_name, shk_session_name(conn)) &&
           in_time(conn, session) && same_master_secret(conn->config, session) &&
           same_trust(conn, session);
}
