/* Which of several credentials an end shows, and by which scheme it signs with it (RFC 8446
 * §4.4.2.2, §4.4.2.3, RFC 5246 §7.4.2, §7.4.6). */
#include "handshake/certificates/cert_choice.h"

#include "extensions/certificate_authorities.h"
#include "extensions/oid_filters.h"
#include "extensions/signature_algorithms.h"
#include "extensions/signature_algorithms_cert.h"
#include "extensions/supported_groups.h"
#include "handshake/certificates/cert_filters.h"
#include "handshake/certificates/signature_schemes.h"
#include "handshake/state/handshake.h"
#include "handshake/state/negotiated.h"
#include "shakedown/errors.h"

/* What makes one credential better than another, most important first. */
enum { COVERS_NAME = 8, SIGNED_ACCEPTABLY = 4, SIGNED_WITHOUT_SHA1 = 2, ACCEPTED_ISSUER = 1 };

/* An RSASSA-PSS signature needs room for hash and salt (RFC 8017 §9.1.1). */
static bool key_large_enough(const shk_credential *credential,
                             const shk_signature_scheme_row *scheme)
{
    bool rsa = credential->kind == SHK_KEY_RSA || credential->kind == SHK_KEY_RSA_PSS;
    return !rsa || credential->key_size >= 2 * shk_hash_size(scheme->hash) + 2;
}

/* Whether the peer takes a scheme; one of TLS 1.2 that names none takes SHA-1 (RFC 5246
 * §7.4.1.4.1). */
static bool scheme_accepted(const shk_signature_scheme_row *scheme, shk_span peer)
{
    return peer.len > 0 ? shk_u16_list_has(peer, scheme->value) : scheme->hash == SHK_HASH_SHA1;
}

/* The first scheme of ours that the peer accepts and the key can make, or NULL. */
static const shk_signature_scheme_row *
choose_scheme(const shk_conn *conn, const shk_credential *credential, shk_span peer)
{
    const shk_u16s *ours = &conn->config->schemes;
    if (conn->version < SHK_TLS12)
        return shk_implied_scheme(credential->kind);
    for (size_t i = 0; i < ours->count; i++) {
        const shk_signature_scheme_row *scheme = shk_signature_scheme_of(ours->values[i]);
        if (shk_scheme_usable(conn, scheme) &&
            shk_scheme_fits_key(conn, scheme, credential->kind) &&
            key_large_enough(credential, scheme) && scheme_accepted(scheme, peer))
            return scheme;
    }
    return NULL;
}

/* Below TLS 1.3 an ECDSA key's curve must be among the client's groups too (RFC 8422 §5.1.1). */
static bool curve_accepted(const shk_conn *conn, shk_key_kind kind)
{
    uint16_t curve = shk_key_kind_group(kind);
    shk_supported_groups groups;
    return curve == 0 || conn->version >= SHK_TLS13 || !conn->config->is_server ||
           !shk_extension_get(&conn->handshake->offered.extensions, SHK_EXT_supported_groups,
                              SHK_IN_CLIENT_HELLO, &groups) ||
           shk_u16_list_has(groups.named_group_list, curve);
}

/* Below TLS 1.3 the request lists kinds of keys (RFC 5246 §7.4.4). */
static bool type_accepted(const shk_cert_constraints *constraints, shk_key_kind kind)
{
    static const uint8_t types[] = {[SHK_AUTH_RSA] = SHK_RSA_SIGN,
                                    [SHK_AUTH_DSS] = SHK_DSS_SIGN,
                                    [SHK_AUTH_ECDSA] = SHK_ECDSA_SIGN};
    uint8_t type = types[shk_key_kind_auth(kind)];
    bool found = constraints->types.len == 0;
    for (size_t i = 0; i < constraints->types.len; i++)
        found |= constraints->types.data[i] == type;
    return found;
}

/* Whether one of the authorities has issued one of the certificates, or any will do. */
static bool issuer_accepted(const shk_cert_constraints *constraints,
                            const shk_credential *credential)
{
    shk_distinguished_name authority;
    shk_span rest = constraints->authorities;
    bool found = rest.len == 0 || credential->cert_info == NULL;
    while (!found && shk_list_next(&rest, NULL, shk_distinguished_name_shape, &authority))
        for (size_t i = 0; !found && i < credential->count; i++)
            found = shk_span_equal(authority.name, credential->cert_info[i].issuer);
    return found;
}

/* Whether the peer knows the signatures of the whole chain; below TLS 1.2 it names none. */
static bool chain_acceptable(const shk_conn *conn, const shk_cert_constraints *constraints,
                             const shk_credential *credential)
{
    bool known = conn->version >= SHK_TLS12 && credential->cert_info != NULL;
    for (size_t i = 0; known && i < credential->count; i++) {
        uint16_t scheme = credential->cert_info[i].signature_scheme;
        if (scheme != SHK_SCHEME_SELF_SIGNED &&
            !shk_u16_list_has(constraints->chain_schemes, scheme))
            return false;
    }
    return true;
}

static bool chain_without_sha1(const shk_credential *credential)
{
    for (size_t i = 0; credential->cert_info != NULL && i < credential->count; i++)
        if (credential->cert_info[i].signature_scheme == SHK_rsa_pkcs1_sha1 ||
            credential->cert_info[i].signature_scheme == SHK_ecdsa_sha1)
            return false;
    return true;
}

static bool covers_name(const shk_conn *conn, const shk_credential *credential)
{
    return conn->negotiated.server_name.len > 0 && credential->cert_info != NULL &&
           conn->crypto->covers_name(credential, conn->negotiated.server_name);
}

static bool passes_filters(const shk_conn *conn, const shk_cert_constraints *constraints,
                           const shk_credential *credential)
{
    bool passes;
    return shk_certificate_passes_filters(conn->crypto, constraints->filters, credential->chain[0],
                                          &passes) == SHK_OK &&
           passes;
}

/* What a client must heed (RFC 8446 §4.4.2.3, RFC 5246 §7.4.6): rather than a certificate that the
 * server did not ask for it sends none. For a server they are preferences. */
static bool is_forbidden(const shk_conn *conn, const shk_cert_constraints *constraints,
                         const shk_credential *credential)
{
    if (conn->config->is_server)
        return false;
    if (!type_accepted(constraints, credential->kind))
        return true;
    return conn->own_certificate_type == SHK_CERTIFICATE_X509 &&
           (!issuer_accepted(constraints, credential) ||
            !chain_acceptable(conn, constraints, credential) ||
            !passes_filters(conn, constraints, credential));
}

static unsigned score(const shk_conn *conn, const shk_cert_constraints *constraints,
                      const shk_credential *credential)
{
    if (credential->cert_info == NULL)
        return 0;
    return (covers_name(conn, credential) ? COVERS_NAME : 0u) |
           (chain_acceptable(conn, constraints, credential) ? SIGNED_ACCEPTABLY : 0u) |
           (chain_without_sha1(credential) ? SIGNED_WITHOUT_SHA1 : 0u) |
           (issuer_accepted(constraints, credential) ? ACCEPTED_ISSUER : 0u);
}

bool shk_choose_credential(shk_conn *conn, const shk_cert_constraints *constraints,
                           const shk_suite_row *suite)
{
    const shk_config *config = conn->config;
    shk_handshake *hs = conn->handshake;
    unsigned best = 0;
    hs->own.credential = NULL;
    if (!shk_type_enabled(config->own_certificate_types, conn->own_certificate_type))
        return false; /* nothing was agreed on, and X.509 is not to be shown */
    for (size_t c = 0; c < config->credential_count; c++) {
        const shk_credential *credential = config->credentials[c];
        if (!shk_key_fits_suite(credential->kind, suite) ||
            !curve_accepted(conn, credential->kind) ||
            is_forbidden(conn, constraints, credential) ||
            (constraints->named_alone && !covers_name(conn, credential)))
            continue;
        const shk_signature_scheme_row *scheme =
            choose_scheme(conn, credential, constraints->schemes);
        if (scheme == NULL && (suite->key_exchange & SHK_FORM_RSA) == 0) /* which signs nothing */
            continue;
        unsigned this = config->credential_count > 1 ? score(conn, constraints, credential) : 0;
        if (hs->own.credential != NULL && this <= best)
            continue;
        best = this;
        hs->own.credential = credential;
        hs->own.scheme = scheme;
    }
    return hs->own.credential != NULL;
}

void shk_read_cert_constraints(const shk_extension_block *block, uint16_t place,
                               shk_cert_constraints *out)
{
    shk_signature_algorithms schemes;
    shk_signature_algorithms_cert chain_schemes;
    shk_certificate_authorities authorities;
    shk_oid_filters filters;
    shk_extension_get(block, SHK_EXT_signature_algorithms, place, &schemes);
    shk_extension_get(block, SHK_EXT_certificate_authorities, place, &authorities);
    shk_extension_get(block, SHK_EXT_oid_filters, place, &filters);
    bool has_chain_schemes =
        shk_extension_get(block, SHK_EXT_signature_algorithms_cert, place, &chain_schemes);
    *out = (shk_cert_constraints){
        .schemes = schemes.supported_signature_algorithms,
        .chain_schemes = has_chain_schemes ? chain_schemes.supported_signature_algorithms
                                           : schemes.supported_signature_algorithms,
        .authorities = authorities.authorities,
        .filters = filters.filters,
    };
}
