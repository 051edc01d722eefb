/* The model's handshake (cross_model.h). */
#include "cross_model.h"

#include <string.h>

#include "shakedown/types.h"

typedef struct {
    const shk_crypto *crypto;
    const shk_endpoint_config *client;
    const shk_endpoint_config *server;
    const cross_session *session;
    cross_prediction *out;
    shk_key_kind kind; /* of the server's key; UNKNOWN: it shows none */
    bool second;       /* it is that of the second certificate */
} model;

static const struct {
    const char *file;
    shk_key_kind kind;
} kinds[] = {
    {"/p256.pem", SHK_KEY_P256},       {"/client-p256.pem", SHK_KEY_P256},
    {"/wrong-name.pem", SHK_KEY_P256}, {"/p384.pem", SHK_KEY_P384},
    {"/rsa2048.pem", SHK_KEY_RSA},     {"/client-rsa2048.pem", SHK_KEY_RSA},
    {"/ed25519.pem", SHK_KEY_ED25519}, {"/client-ed25519.pem", SHK_KEY_ED25519},
    {"/ed448.pem", SHK_KEY_ED448},     {"/rsapss2048.pem", SHK_KEY_RSA_PSS},
};

static bool names(const char *file, const char *end)
{
    size_t len = file != NULL ? strlen(file) : 0;
    return len >= strlen(end) && strcmp(file + len - strlen(end), end) == 0;
}

static shk_key_kind kind_of(const char *file)
{
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (names(file, kinds[i].file))
            return kinds[i].kind;
    return SHK_KEY_UNKNOWN;
}

/* The server reads the outer ClientHello, which offers no PSK, and gets no certificate of the
 * client (RFC 9849 §6.1.7). */
static bool is_ech_rejected(const model *m)
{
    return m->client->ech_configs.len > 0 && m->server->ech_key.len == 0;
}

static void refuse(model *m, bool by_server, int alert, const char *words)
{
    if (m->out->reason_count < CROSS_REASONS)
        m->out->reasons[m->out->reason_count++] = (cross_reason){by_server, alert, words};
}

bool cross_has(shk_u16s list, uint16_t value)
{
    for (size_t i = 0; i < list.count; i++)
        if (list.values[i] == value)
            return true;
    return false;
}

shk_u16s cross_suites(const shk_endpoint_config *config)
{
    return config->suites.count > 0 ? config->suites : shk_default_suites;
}

static shk_u16s groups_of(const shk_endpoint_config *config)
{
    return config->groups.count > 0 ? config->groups : shk_default_groups;
}

static shk_u16s schemes_of(const shk_endpoint_config *config)
{
    return config->schemes.count > 0 ? config->schemes : shk_default_schemes;
}

static bool has_suites_of_13(const shk_endpoint_config *config, bool of_13)
{
    for (size_t i = 0; i < config->suites.count; i++)
        if ((shk_suite_of(config->suites.values[i])->max_version >= SHK_TLS13) == of_13)
            return true;
    return config->suites.count == 0;
}

uint16_t cross_min_version(const shk_endpoint_config *config)
{
    if (!has_suites_of_13(config, false) || config->ech_configs.len > 0)
        return SHK_TLS13;
    return config->min_version != 0 ? config->min_version : SHK_TLS12;
}

uint16_t cross_max_version(const shk_endpoint_config *config)
{
    uint16_t max = config->max_version != 0 ? config->max_version : SHK_TLS13;
    return max == SHK_TLS13 && !has_suites_of_13(config, true) ? SHK_TLS12 : max;
}

/* The highest that both allow. */
static void predict_version(model *m)
{
    uint16_t client = cross_max_version(m->client);
    uint16_t server = cross_max_version(m->server);
    uint16_t version = client < server ? client : server;
    m->out->version = version;
    if (m->client->fallback && version < server)
        refuse(m, true, SHK_ALERT_inappropriate_fallback, "the client fell back");
    if (version >= cross_min_version(m->client) && version >= cross_min_version(m->server))
        return;
    refuse(m, true, SHK_ALERT_protocol_version, "no version in common");
    refuse(m, false, SHK_ALERT_protocol_version, "the server's version is too low");
}

static void predict_alpn(model *m)
{
    const char *rest = m->server->alpn;
    m->out->alpn = "";
    if (m->client->alpn == NULL || m->server->alpn == NULL)
        return;
    for (; *rest != 0; rest += strcspn(rest, ","), rest += *rest == ',') {
        size_t len = strcspn(rest, ",");
        for (const char *own = m->client->alpn; *own != 0;
             own += strcspn(own, ","), own += *own == ',')
            if (strcspn(own, ",") == len && strncmp(own, rest, len) == 0) {
                m->out->alpn = rest;
                return;
            }
    }
    refuse(m, true, SHK_ALERT_no_application_protocol, "no protocol in common");
}

/* Whether a key can sign for a peer that takes these schemes (RFC 8446 §4.2.3; RFC 5246 §7.4.1.4.1
 * has one ECDSA scheme for all curves; below TLS 1.2 it goes by the kind of key). */
static bool can_sign(uint16_t version, shk_key_kind kind, shk_u16s own, shk_u16s peer)
{
    bool ecdsa = shk_key_kind_group(kind) != 0;
    if (version < SHK_TLS12)
        return kind == SHK_KEY_RSA || ecdsa;
    for (size_t i = 0; i < own.count; i++) {
        const shk_signature_scheme_row *row = shk_signature_scheme_of(own.values[i]);
        bool fits =
            row->key == kind || (version < SHK_TLS13 && ecdsa && shk_key_kind_group(row->key) != 0);
        if (fits && row->min_version <= version && row->max_version >= version &&
            cross_has(peer, row->value))
            return true;
    }
    return false;
}

static bool group_usable(const model *m, uint16_t group, bool of_13)
{
    const shk_group_row *row = shk_group_of(group);
    return (of_13 ? row->max_version >= SHK_TLS13 : row->min_version <= SHK_TLS12) &&
           m->crypto->has_group(m->crypto, group);
}

/* Below TLS 1.3: 0 where there is none. Curves are those of the client's list (RFC 8422 §5.1); if
 * it has no finite field, any will do (RFC 7919 §4). */
static uint16_t group_12(const model *m, bool finite_field)
{
    shk_u16s client = groups_of(m->client);
    shk_u16s server = groups_of(m->server);
    bool listed = !finite_field;
    for (size_t i = 0; i < client.count; i++)
        listed |= shk_group_of(client.values[i])->kind == SHK_GROUP_FFDHE;
    for (size_t i = 0; i < server.count; i++) {
        uint16_t group = server.values[i];
        if ((shk_group_of(group)->kind == SHK_GROUP_FFDHE) == finite_field &&
            group_usable(m, group, false) && (!listed || cross_has(client, group)))
            return group;
    }
    return 0;
}

static bool requires_client(const model *m)
{
    return m->server->client_auth == SHK_CLIENT_AUTH_REQUIRE &&
           !(m->server->post_handshake_auth && m->out->version >= SHK_TLS13);
}

/* The first of the server's certificates that serves the suite, or one that covers the name before
 * one that does not. */
static bool choose_certificate(model *m, const shk_suite_row *suite, bool named_alone)
{
    const char *files[2] = {m->server->certificate_file, m->server->more_certificate_file};
    bool name = m->client->server_name != NULL;
    bool found = false;
    for (size_t i = 0; i < 2; i++) {
        shk_key_kind kind = kind_of(files[i]);
        uint16_t curve = shk_key_kind_group(kind);
        bool covers = name && !names(files[i], "/wrong-name.pem");
        bool decrypts = (suite->key_exchange & SHK_KX_RSA) != 0;
        if (kind == SHK_KEY_UNKNOWN || (named_alone && !covers) || (found && !covers) ||
            (decrypts ? kind != SHK_KEY_RSA
                      : suite->auth != SHK_AUTH_ANY && suite->auth != shk_key_kind_auth(kind)))
            continue;
        if (m->out->version < SHK_TLS13 && curve != 0 && !cross_has(groups_of(m->client), curve))
            continue; /* RFC 8422 §5.1.1 */
        if (!decrypts &&
            !can_sign(m->out->version, kind, schemes_of(m->server), schemes_of(m->client)))
            continue;
        if (found && !names(files[0], "/wrong-name.pem"))
            continue; /* which is no better */
        m->kind = kind;
        m->second = i == 1;
        found = true;
    }
    return found;
}

static bool suite_in_common(const model *m, const shk_suite_row *row)
{
    uint16_t version = m->out->version;
    bool psks = m->client->psk_identity != NULL && m->server->psk_identity != NULL;
    return row->min_version <= version && row->max_version >= version &&
           cross_has(cross_suites(m->client), row->value) && (!shk_suite_has_psk(row) || psks) &&
           m->crypto->has_cipher(m->crypto, row->cipher);
}

static const shk_suite_row *suite_12(model *m, bool named_alone)
{
    shk_u16s suites = cross_suites(m->server);
    for (size_t i = 0; i < suites.count; i++) {
        const shk_suite_row *row = shk_suite_of(suites.values[i]);
        bool finite_field = (row->key_exchange & SHK_KX_DHE) != 0;
        bool certified = shk_suite_certified(row);
        if (!suite_in_common(m, row) ||
            (requires_client(m) && (!certified || shk_suite_has_psk(row))))
            continue;
        m->out->group = shk_suite_is_ephemeral(row) ? group_12(m, finite_field) : 0;
        m->kind = SHK_KEY_UNKNOWN;
        if ((!shk_suite_is_ephemeral(row) || m->out->group != 0) &&
            (!certified || choose_certificate(m, row, named_alone)))
            return row;
    }
    return NULL;
}

static void negotiate_12(model *m)
{
    bool named = m->client->server_name != NULL && m->server->more_certificate_file != NULL;
    const shk_suite_row *row = suite_12(m, named);
    if (row == NULL && named)
        row = suite_12(m, false);
    if (row == NULL) {
        refuse(m, true, SHK_ALERT_handshake_failure, "no suite that the keys serve");
        refuse(m, true, SHK_ALERT_insufficient_security, "no finite field in common");
        return;
    }
    m->out->suite = row->value;
    if (!shk_suite_has_psk(row))
        return;
    shk_endpoint_psk psk[2];
    if (!cross_common_psk(m->client, m->server, true, psk))
        refuse(m, true, SHK_ALERT_unknown_psk_identity, "the identity is not known");
    else if (!shk_span_equal(psk[0].key, psk[1].key)) {
        refuse(m, true, SHK_ALERT_bad_record_mac, "the keys differ");
        refuse(m, true, SHK_ALERT_decrypt_error, "the keys differ");
    }
    m->out->external_psk = true;
}

static bool offers_protocol(const char *list, const char *name)
{
    for (const char *at = list; at != NULL && *at != 0; at += strcspn(at, ","), at += *at == ',')
        if (strcspn(at, ",") == strlen(name) && strncmp(at, name, strlen(name)) == 0)
            return true;
    return name[0] == 0;
}

/* Only what the session allows, under its protocol (RFC 8446 §4.2.10). */
static bool offers_early_data(const model *m)
{
    const cross_session *s = m->session;
    return m->client->early_data && s->version >= SHK_TLS13 && s->max_early_data > 0 &&
           cross_session_offered(m->client, s) && offers_protocol(m->client->alpn, s->alpn);
}

static void predict_below_13(model *m)
{
    const shk_endpoint_config *c = m->client;
    const shk_endpoint_config *s = m->server;
    cross_prediction *out = m->out;
    bool ems = !c->no_extended_master_secret && !s->no_extended_master_secret;
    if (!ems && s->require_extended_master_secret)
        refuse(m, true, SHK_ALERT_handshake_failure, "extended_master_secret is required");
    if (!ems && c->require_extended_master_secret)
        refuse(m, false, SHK_ALERT_handshake_failure, "extended_master_secret is required");
    if (offers_early_data(m)) { /* RFC 8446 §D.3; what was sent meanwhile is no TLS 1.2 */
        refuse(m, false, SHK_ALERT_protocol_version, "early data went to an older server");
        refuse(m, true, SHK_ALERT_unexpected_message, "early data came to an older server");
    }
    out->resumed = cross_session_offered(c, m->session) && m->session->version == out->version &&
                   cross_session_taken(c, s, m->session) &&
                   m->session->extended_master_secret == ems;
    out->extended_master_secret = ems;
    if (out->resumed)
        out->suite = m->session->suite;
    else
        negotiate_12(m);
    const shk_suite_row *row = shk_suite_of(out->suite);
    out->encrypt_then_mac = row != NULL && !c->no_encrypt_then_mac && !s->no_encrypt_then_mac &&
                            shk_cipher_of(row->cipher)->kind == SHK_KIND_CBC;
    out->may_renegotiate = c->renegotiation && s->renegotiation && (!out->resumed || ems);
}

/* The shares of the first ClientHello: those asked for, or one, and behind a hybrid one of none. */
static bool has_share(const model *m, uint16_t group)
{
    shk_u16s groups = groups_of(m->client);
    size_t count = 0;
    bool hybrid_first = false;
    for (size_t i = 0; i < groups.count; i++) {
        bool hybrid = shk_group_of(groups.values[i])->kind == SHK_GROUP_HYBRID;
        bool more = m->client->key_shares > 0
                        ? count < m->client->key_shares
                        : count == 0 || (count == 1 && hybrid_first && !hybrid);
        if (!group_usable(m, groups.values[i], true) || !more)
            continue;
        hybrid_first |= count == 0 && hybrid;
        count++;
        if (groups.values[i] == group)
            return true;
    }
    return false;
}

/* The server's most preferred with a share, else its most preferred. */
static uint16_t group_13(const model *m, bool *share)
{
    shk_u16s groups = groups_of(m->server);
    uint16_t best = 0;
    for (size_t i = 0; i < groups.count; i++) {
        uint16_t group = groups.values[i];
        if (!group_usable(m, group, true) || !cross_has(groups_of(m->client), group))
            continue;
        *share = has_share(m, group);
        if (*share)
            return group;
        best = best == 0 ? group : best;
    }
    return best;
}

static bool in_mode(const shk_endpoint_config *config, shk_psk_mode mode)
{
    return config->psk_mode == mode || config->psk_mode == SHK_PSK_EITHER;
}

static bool both_in_mode(const model *m, shk_psk_mode mode)
{
    return in_mode(m->client, mode) && in_mode(m->server, mode);
}

static shk_hash psk_hash(const shk_endpoint_config *config)
{
    return config->psk_hash == SHK_HASH_NONE ? SHK_HASH_SHA256 : config->psk_hash;
}

/* Whether the server finds the client's external PSK for suites of the hash. An imported one is
 * there for each hash (RFC 9258 §5.1); after a HelloRetryRequest a client offers those of its
 * suite's hash (RFC 8446 §4.1.4). */
static bool finds_external(const model *m, shk_hash hash, bool retried)
{
    const shk_endpoint_config *c = m->client;
    const shk_endpoint_config *s = m->server;
    shk_endpoint_psk psk[2];
    return !is_ech_rejected(m) && !requires_client(m) && cross_common_psk(c, s, false, psk) &&
           c->psk_import == s->psk_import && (c->psk_import || psk_hash(s) == hash) &&
           (!retried || c->psk_import || psk_hash(c) == hash);
}

static bool finds_ticket(const model *m, shk_hash hash)
{
    const cross_session *s = m->session;
    return !is_ech_rejected(m) && s->version >= SHK_TLS13 && cross_session_offered(m->client, s) &&
           cross_session_taken(m->client, m->server, s) && shk_suite_of(s->suite)->hash == hash;
}

/* The server's most preferred suite for whose hash there is a PSK, else the most preferred. */
static void suite_13(model *m, bool modes)
{
    shk_u16s suites = cross_suites(m->server);
    cross_prediction *out = m->out;
    for (size_t i = 0; i < suites.count; i++) {
        const shk_suite_row *row = shk_suite_of(suites.values[i]);
        if (!suite_in_common(m, row))
            continue;
        bool ticket = modes && finds_ticket(m, row->hash);
        bool external = modes && !ticket && finds_external(m, row->hash, false);
        if (out->suite != 0 && !ticket && !external)
            continue;
        out->suite = row->value;
        out->resumed = ticket;
        out->external_psk = external;
        if (ticket || external)
            return;
    }
    if (out->suite == 0)
        refuse(m, true, SHK_ALERT_handshake_failure, "no suite in common");
}

static void check_external(model *m)
{
    const shk_endpoint_config *c = m->client;
    const shk_endpoint_config *s = m->server;
    shk_endpoint_psk psk[2];
    if (cross_common_psk(c, s, false, psk) &&
        (!shk_span_equal(psk[0].key, psk[1].key) || psk_hash(c) != psk_hash(s)))
        refuse(m, true, SHK_ALERT_decrypt_error, "the binder does not verify");
}

static void predict_early_data(model *m)
{
    const cross_session *s = m->session;
    const cross_prediction *out = m->out;
    m->out->early_data = offers_early_data(m) && out->resumed && !out->retried &&
                         m->server->max_early_data > 0 &&
                         s->max_early_data <= m->server->max_early_data && s->suite == out->suite &&
                         strlen(s->alpn) == strcspn(out->alpn, ",") &&
                         strncmp(s->alpn, out->alpn, strlen(s->alpn)) == 0;
}

static void predict_13(model *m)
{
    cross_prediction *out = m->out;
    bool dhe = both_in_mode(m, SHK_PSK_DHE_KE);
    bool ke = both_in_mode(m, SHK_PSK_KE);
    bool share = false;
    suite_13(m, dhe || ke);
    out->group = group_13(m, &share);
    bool found = out->resumed || out->external_psk;
    bool with_dhe = dhe && out->group != 0;
    if (found && ke && !(dhe && share))
        out->group = 0; /* none is asked for, beside a cookie neither */
    out->retried = m->server->cookie || (out->group != 0 && !share);
    if (out->retried && out->external_psk)
        out->external_psk = finds_external(m, shk_suite_of(out->suite)->hash, true);
    found = (out->resumed || out->external_psk) && (with_dhe || ke);
    out->resumed &= found;
    out->external_psk &= found;
    if (out->external_psk)
        check_external(m);
    if (!found) {
        static const shk_suite_row any = {.auth = SHK_AUTH_ANY, .key_exchange = SHK_KX_ANY};
        if (out->group == 0)
            refuse(m, true, SHK_ALERT_handshake_failure, "no group in common");
        if (!choose_certificate(m, &any, false))
            refuse(m, true, SHK_ALERT_handshake_failure, "no scheme that the keys serve");
    }
    predict_early_data(m);
    bool resumes = m->client->resume || m->session->exists;
    bool welcome = (dhe || ke) && (resumes || m->client->psk_identity != NULL);
    out->tickets = welcome ? (m->server->ticket_count != 0 ? m->server->ticket_count : 2) : 0;
    out->ech_accepted = m->client->ech_configs.len > 0;
    if (is_ech_rejected(m))
        refuse(m, false, SHK_ALERT_ech_required, "the server has no key for it");
}

/* Whether two files have one key: here a key has one certificate. */
static bool same_file(const char *a, const char *b)
{
    return a != NULL && b != NULL && strcmp(a, b) == 0;
}

/* RFC 7250 §4: both ends take the server's key raw. The outer ClientHello does not say so, since
 * who rejects it has to show a certificate. */
static bool server_key_raw(const model *m)
{
    return m->out->version >= SHK_TLS12 && m->client->raw_server_key && m->server->raw_server_key &&
           !is_ech_rejected(m);
}

static void predict_raw_key(model *m, const char *file)
{
    if (m->client->peer_key_file != NULL && !same_file(file, m->client->peer_key_file))
        refuse(m, false, SHK_ALERT_certificate_unknown, "the raw key is not the trusted one");
    m->out->raw_public_key = true;
}

/* How the client verifies the server's certificate. */
static void predict_server_certificate(model *m)
{
    const char *file = m->second ? m->server->more_certificate_file : m->server->certificate_file;
    const char *status = m->second ? m->server->more_status_file : m->server->status_file;
    bool asks = m->client->status_request != SHK_STAPLING_NONE;
    bool ech_rejected = is_ech_rejected(m); /* the public name is verified */
    if (server_key_raw(m)) {
        predict_raw_key(m, file);
        return;
    }
    if (m->client->raw_server_key && m->client->peer_key_file != NULL && !m->client->ca_file)
        refuse(m, false, SHK_ALERT_unsupported_certificate, "no chain is trusted");
    if (m->client->ca_file == NULL)
        return;
    if (names(m->client->ca_file, "/other-root.pem"))
        refuse(m, false, SHK_ALERT_unknown_ca, "it does not trust the issuer");
    if ((m->client->server_name != NULL || ech_rejected) && names(file, "/wrong-name.pem"))
        refuse(m, false, SHK_ALERT_bad_certificate, "the name is another");
    if (m->client->status_request == SHK_STAPLING_DEMAND && status == NULL)
        refuse(m, false, SHK_ALERT_bad_certificate, "no OCSP response");
    m->out->status_verified = asks && status != NULL;
}

static bool client_key_raw(const model *m)
{
    return m->out->version >= SHK_TLS12 && m->client->raw_client_key && m->server->raw_client_key &&
           m->server->client_auth != SHK_CLIENT_AUTH_NONE && m->client->certificate_file != NULL;
}

/* Whether the client has a certificate that the server's request asks for. */
static bool client_shows(const model *m)
{
    shk_key_kind kind = kind_of(m->client->certificate_file);
    bool raw = client_key_raw(m); /* of which no issuer is asked */
    bool issuer = raw || names(m->server->ca_file, "/roots.pem");
    bool names_chains = m->out->version >= SHK_TLS13 && m->server->chain_schemes.count > 0;
    shk_u16s schemes = names_chains ? m->server->chain_schemes : schemes_of(m->server);
    bool chain =
        raw || m->out->version < SHK_TLS12 || cross_has(schemes, SHK_ecdsa_secp256r1_sha256);
    return kind != SHK_KEY_UNKNOWN && issuer && !is_ech_rejected(m) && chain &&
           can_sign(m->out->version, kind, schemes_of(m->client), schemes_of(m->server));
}

static void predict_authentication(model *m)
{
    cross_prediction *out = m->out;
    const shk_suite_row *suite = shk_suite_of(out->suite);
    bool by_certificate = suite != NULL && !out->resumed && !out->external_psk &&
                          (out->version >= SHK_TLS13 || shk_suite_certified(suite));
    bool later = m->server->post_handshake_auth && out->version >= SHK_TLS13;
    bool asked = m->server->client_auth != SHK_CLIENT_AUTH_NONE && !later && by_certificate;
    if (by_certificate) {
        predict_server_certificate(m);
        out->sct_count = !out->raw_public_key && m->client->signed_certificate_timestamp &&
                                 !m->second && m->server->sct_file != NULL
                             ? 2
                             : 0;
    }
    out->client_authenticated =
        out->resumed ? m->session->client_verified : asked && client_shows(m);
    if (asked && !client_shows(m) && m->server->client_auth == SHK_CLIENT_AUTH_REQUIRE)
        refuse(m, true,
               out->version >= SHK_TLS13 ? SHK_ALERT_certificate_required
                                         : SHK_ALERT_handshake_failure,
               "no certificate of the client");
    bool untrusted =
        client_key_raw(m) && !same_file(m->client->certificate_file, m->server->peer_key_file);
    if (asked && client_shows(m) && untrusted)
        refuse(m, true, SHK_ALERT_certificate_unknown,
               "the client's raw key is not the trusted one");
    out->may_authenticate_later =
        !untrusted && later && m->client->post_handshake_auth && client_shows(m);
    out->certificate_compressed = by_certificate && out->version >= SHK_TLS13 &&
                                  m->client->compress_certificate != NULL &&
                                  m->server->compress_certificate != NULL;
    for (const char *a = m->client->compress_certificate; out->certificate_compressed && a;) {
        out->certificate_compressed = strstr(m->server->compress_certificate, "zlib") != NULL
                                          ? strstr(a, "zlib") != NULL
                                          : strcmp(a, m->server->compress_certificate) == 0;
        break;
    }
}

static uint16_t at_most(uint16_t value, uint16_t most)
{
    return value < most ? value : most;
}

/* RFC 8449 §4, RFC 6066 §4. */
static void predict_limits(model *m)
{
    const shk_endpoint_config *ends[2] = {m->client, m->server};
    uint16_t type = m->out->version >= SHK_TLS13 ? 1 : 0;
    bool both = m->client->record_size_limit > 0 && m->server->record_size_limit > 0;
    for (size_t i = 0; i < 2; i++)
        m->out->send_limit[i] = both ? (uint16_t)(at_most(ends[1 - i]->record_size_limit,
                                                          (uint16_t)(SHK_MAX_PLAINTEXT + type)) -
                                                  type)
                                     : m->client->max_fragment_length;
}

void cross_predict(const shk_crypto *crypto, const shk_endpoint_config *client,
                   const shk_endpoint_config *server, const cross_session *session,
                   cross_prediction *out)
{
    model m = {
        .crypto = crypto, .client = client, .server = server, .session = session, .out = out};
    *out = (cross_prediction){.alpn = ""};
    predict_version(&m);
    predict_alpn(&m);
    if (out->version >= SHK_TLS13)
        predict_13(&m);
    else
        predict_below_13(&m);
    predict_authentication(&m);
    predict_limits(&m);
}
