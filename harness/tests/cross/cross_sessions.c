/* The model's sessions (cross_model.h): when one may replace a full handshake (shakedown/config.h,
 * `session`). */
#include <string.h>

#include "cross_model.h"
#include "shakedown/types.h"

static bool same_text(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static bool same_list(shk_u16s a, shk_u16s b)
{
    return a.count == b.count &&
           (a.count == 0 || memcmp(a.values, b.values, a.count * sizeof a.values[0]) == 0);
}

static uint8_t security_level(const shk_endpoint_config *config)
{
    return config->security_level.is_given ? config->security_level.value : 1;
}

static bool same_verification(const shk_endpoint_config *a, const shk_endpoint_config *b)
{
    return same_text(a->ca_file, b->ca_file) && same_text(a->peer_key_file, b->peer_key_file) &&
           security_level(a) == security_level(b) && a->x509_strict == b->x509_strict &&
           same_list(a->schemes, b->schemes) && same_list(a->chain_schemes, b->chain_schemes) &&
           shk_endpoint_peer_key_raw(a) == shk_endpoint_peer_key_raw(b);
}

static bool psk_at(const shk_endpoint_config *config, size_t n, shk_endpoint_psk *out)
{
    const shk_endpoint_psk first = {config->psk_identity, config->psk_key};
    *out = n == 0 ? first : config->more_psks[n - 1];
    return out->identity != NULL;
}

bool cross_common_psk(const shk_endpoint_config *client, const shk_endpoint_config *server,
                      bool first_alone, shk_endpoint_psk found[2])
{
    const size_t offered = first_alone ? 1 : SHK_MAX_PSKS;
    for (size_t i = 0; i < offered && psk_at(client, i, &found[0]); i++)
        for (size_t k = 0; k < SHK_MAX_PSKS && psk_at(server, k, &found[1]); k++)
            if (same_text(found[0].identity, found[1].identity))
                return true;
    return false;
}

/* Whether the end still has the PSK that authenticated its peer. */
static bool same_psk(const shk_endpoint_config *now, const shk_endpoint_config *then,
                     const shk_endpoint_psk *used)
{
    shk_endpoint_psk psk;
    if (now->psk_hash != then->psk_hash || now->psk_import != then->psk_import)
        return false;
    for (size_t i = 0; i < SHK_MAX_PSKS && psk_at(now, i, &psk); i++)
        if (same_text(psk.identity, used->identity) && shk_span_equal(psk.key, used->key))
            return true;
    return false;
}

static bool same_client(const shk_endpoint_config *a, const shk_endpoint_config *b)
{
    return same_verification(a, b) && a->status_request == b->status_request &&
           same_text(a->certificate_file, b->certificate_file) &&
           same_text(a->more_certificate_file, b->more_certificate_file);
}

static bool same_server(const shk_endpoint_config *a, const shk_endpoint_config *b)
{
    bool asks_a = a->client_auth != SHK_CLIENT_AUTH_NONE;
    bool asks_b = b->client_auth != SHK_CLIENT_AUTH_NONE;
    return asks_a == asks_b && (!asks_a || same_verification(a, b));
}

static bool in_time(const shk_endpoint_config *config, const cross_session *s, uint32_t lifetime)
{
    const uint32_t week = 7 * 24 * 3600;
    const int64_t age = config->time - s->start;
    const int64_t whole = config->time - s->authenticated;
    const uint32_t most = config->max_session_age != 0 ? config->max_session_age : week;
    return age >= 0 && age <= (int64_t)lifetime && whole >= 0 && whole <= (int64_t)most;
}

static bool same_master_secret(const shk_endpoint_config *config, const cross_session *s)
{
    return s->version >= SHK_TLS13 ||
           (s->extended_master_secret ? !config->no_extended_master_secret
                                      : !config->require_extended_master_secret);
}

static uint32_t lifetime_of(const shk_endpoint_config *server)
{
    return server->ticket_lifetime != 0 ? server->ticket_lifetime : 7200;
}

bool cross_session_offered(const shk_endpoint_config *client, const cross_session *s)
{
    bool ech = client->ech_configs.len > 0; /* TLS 1.3 alone (RFC 9849 §6.1) */
    bool version = s->version >= SHK_TLS13 ? cross_max_version(client) >= SHK_TLS13
                                           : !ech && cross_min_version(client) <= s->version &&
                                                 cross_max_version(client) >= s->version;
    bool trust = s->external_psk ? same_psk(client, &s->client, &s->psk[0])
                                 : s->server_verified || !client->ca_file;
    return s->exists && version && cross_has(cross_suites(client), s->suite) &&
           same_text(client->server_name, s->client.server_name) &&
           in_time(client, s, s->lifetime) && same_master_secret(client, s) && trust &&
           same_client(client, &s->client) &&
           (s->max_fragment_length == 0 || s->max_fragment_length == client->max_fragment_length);
}

/* RFC 8449 §5: record_size_limit of both makes max_fragment_length void. */
static uint16_t fragment_length_asked(const shk_endpoint_config *client,
                                      const shk_endpoint_config *server)
{
    bool limits = client->record_size_limit > 0 && server->record_size_limit > 0;
    return limits ? 0 : client->max_fragment_length;
}

bool cross_session_taken(const shk_endpoint_config *client, const shk_endpoint_config *server,
                         const cross_session *s)
{
    bool ids = server->session_store == SHK_SESSIONS_IDS;
    bool kept = s->version >= SHK_TLS13 || s->by_id == ids;
    bool known = kept && (s->by_id || s->ticket_seed == server->ticket_seed);
    uint32_t lifetime = lifetime_of(server) < s->lifetime ? lifetime_of(server) : s->lifetime;
    bool requires = server->client_auth == SHK_CLIENT_AUTH_REQUIRE &&
                    !(server->post_handshake_auth && s->version >= SHK_TLS13);
    bool trust = s->external_psk ? same_psk(server, &s->server, &s->psk[1]) && !requires
                                 : s->client_verified || !requires;
    bool suite = s->version >= SHK_TLS13 || cross_has(cross_suites(server), s->suite);
    return known && suite && in_time(server, s, lifetime) && same_master_secret(server, s) &&
           trust && same_server(server, &s->server) &&
           (s->max_fragment_length == 0 ||
            s->max_fragment_length == fragment_length_asked(client, server));
}

/* A full handshake: the peers have authenticated anew. */
static void authenticated(const shk_endpoint_config *client, const shk_endpoint_config *server,
                          const shk_verdict *v, cross_session *s)
{
    s->client = *client;
    s->server = *server;
    s->authenticated = client->time;
    cross_common_psk(client, server, v->client.version < SHK_TLS13, s->psk);
    s->external_psk = v->client.external_psk;
    s->server_verified = v->client.peer_verified && !s->external_psk;
    s->client_verified = v->server.client_authenticated && v->server.later_authentications == 0;
}

void cross_session_after(const shk_endpoint_config *client, const shk_endpoint_config *server,
                         const shk_verdict *v, cross_session *s)
{
    const shk_endpoint_result *result = &v->client;
    bool below_13 = result->version < SHK_TLS13;
    bool ids = server->session_store == SHK_SESSIONS_IDS && below_13;
    if (v->kind != SHK_VERDICT_GOOD) {
        if (client->resume && cross_session_offered(client, s))
            s->exists = false; /* the client discards it (RFC 5246 §7.2.2) */
        return;
    }
    if (!client->resume || (!below_13 && result->tickets == 0) || (below_13 && result->resumed))
        return; /* below TLS 1.3 the session that was resumed goes on */
    if (!result->resumed)
        authenticated(client, server, v, s);
    s->exists = true;
    s->version = result->version;
    s->suite = result->suite;
    s->extended_master_secret = result->extended_master_secret;
    s->by_id = ids;
    s->max_fragment_length = fragment_length_asked(client, server);
    s->max_early_data = below_13 ? 0 : server->max_early_data;
    s->lifetime = lifetime_of(server);
    s->start = client->time;
    s->ticket_seed = server->ticket_seed;
    memcpy(s->alpn, result->alpn, sizeof s->alpn);
}
