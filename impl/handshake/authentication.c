/* Certificates and signatures, for both roles and all versions (RFC 8446 §4.4.2, §4.4.3, RFC 5246
 * §7.4.2, §7.4.8). */
#include <string.h>

#include "extensions/supported_groups.h"
#include "handshake/handshake.h"
#include "messages/certificate.h"
#include "messages/certificate_12.h"
#include "messages/certificate_verify.h"

enum { MAX_CHAIN = 16 };

/* Whether a key can serve a suite of TLS 1.2: RSA suites need RSA keys, ECDSA suites EC or Ed25519
 * ones (RFC 8422 §2.2). */
static bool key_fits_suite(shk_key_kind kind, const shk_suite_row *suite)
{
    if ((suite->key_exchange & SHK_FORM_RSA) != 0) /* it decrypts */
        return kind == SHK_KEY_RSA;
    return suite->auth == SHK_AUTH_ANY || suite->auth == shk_key_kind_auth(kind);
}

/* Whether a scheme may be used in this connection at all. */
static bool scheme_usable(const shk_conn *conn, const shk_signature_scheme_row *scheme)
{
    return scheme != NULL && conn->info.version >= scheme->min_version &&
           conn->info.version <= scheme->max_version &&
           (conn->info.version < SHK_TLS12 || shk_u16s_have(&conn->config->schemes, scheme->value));
}

/* Whether a key can make or check the scheme's signatures. In TLS 1.2 an ECDSA scheme names the
 * hash alone, and any curve will do (RFC 8422 §5.1.1, RFC 8446 §4.2.3). */
static bool scheme_fits_key(const shk_conn *conn, const shk_signature_scheme_row *scheme,
                            shk_key_kind kind)
{
    bool ecdsa_key = shk_key_kind_group(kind) != 0;
    bool ecdsa_scheme = shk_key_kind_group(scheme->key) != 0;
    return scheme->key == kind || (conn->info.version < SHK_TLS13 && ecdsa_key && ecdsa_scheme);
}

/* An RSASSA-PSS signature needs room for hash and salt (RFC 8017 §9.1.1). */
static bool key_large_enough(const shk_credential *credential,
                             const shk_signature_scheme_row *scheme)
{
    bool rsa = credential->kind == SHK_KEY_RSA || credential->kind == SHK_KEY_RSA_PSS;
    return !rsa || credential->key_size >= 2 * shk_hash_size(scheme->hash) + 2;
}

/* Below TLS 1.2 the key alone tells how it signs (RFC 4346 §7.4.3, RFC 8422 §5.10); NULL for keys
 * that came later. */
static const shk_signature_scheme_row *implied_scheme(shk_key_kind kind)
{
    if (kind == SHK_KEY_RSA)
        return shk_signature_scheme_of(SHK_rsa_pkcs1_md5_sha1);
    if (kind == SHK_KEY_DSA)
        return shk_signature_scheme_of(SHK_dsa_sha1);
    return shk_key_kind_group(kind) != 0 ? shk_signature_scheme_of(SHK_ecdsa_sha1) : NULL;
}

/* The first scheme of ours that the peer accepts and the key can make, or NULL. */
static const shk_signature_scheme_row *
choose_scheme(const shk_conn *conn, const shk_credential *credential, shk_span peer)
{
    const shk_u16s *ours = &conn->config->schemes;
    if (conn->info.version < SHK_TLS12)
        return implied_scheme(credential->kind);
    for (size_t i = 0; i < ours->count; i++) {
        const shk_signature_scheme_row *scheme = shk_signature_scheme_of(ours->values[i]);
        if (scheme_usable(conn, scheme) && scheme_fits_key(conn, scheme, credential->kind) &&
            key_large_enough(credential, scheme) && shk_u16_list_has(peer, scheme->value))
            return scheme;
    }
    return NULL;
}

/* Below TLS 1.3 an ECDSA key's curve must be among the client's groups too (RFC 8422 §5.1.1). */
static bool curve_welcome(const shk_conn *conn, shk_key_kind kind)
{
    uint16_t curve = shk_key_kind_group(kind);
    shk_supported_groups groups;
    return curve == 0 || conn->info.version >= SHK_TLS13 || !conn->config->is_server ||
           !shk_extension_get(&conn->handshake->offered.extensions, SHK_EXT_supported_groups,
                              SHK_IN_CLIENT_HELLO, &groups) ||
           shk_u16_list_has(groups.named_group_list, curve);
}

bool shk_choose_credential(shk_conn *conn, shk_span peer, const shk_suite_row *suite)
{
    const shk_config *config = conn->config;
    for (size_t c = 0; c < config->credential_count; c++) {
        const shk_credential *credential = config->credentials[c];
        if (!key_fits_suite(credential->kind, suite) || !curve_welcome(conn, credential->kind))
            continue;
        const shk_signature_scheme_row *scheme = choose_scheme(conn, credential, peer);
        if (scheme == NULL && (suite->key_exchange & SHK_FORM_RSA) == 0) /* which signs nothing */
            continue;
        conn->handshake->credential = credential;
        conn->handshake->scheme = scheme;
        return true;
    }
    return false;
}

shk_status shk_signed_content(shk_conn *conn, bool by_server, uint8_t *out, size_t *len)
{
    static const char server_text[] = "TLS 1.3, server CertificateVerify";
    static const char client_text[] = "TLS 1.3, client CertificateVerify";
    memset(out, 0x20, 64);
    memcpy(out + 64, by_server ? server_text : client_text, sizeof server_text);
    *len = 64 + sizeof server_text + shk_hash_size(conn->suite->hash);
    return shk_transcript_digest(&conn->handshake->transcript, out + 64 + sizeof server_text);
}

shk_status shk_sign(shk_conn *conn, shk_span message, uint8_t *signature, size_t *len)
{
    const shk_handshake *hs = conn->handshake;
    if (conn->config->is_server && conn->info.version >= SHK_TLS12)
        conn->info.scheme = hs->scheme->value;
    if (conn->config->signer != NULL)
        return conn->config->signer(conn->config->signer_context, hs->credential, hs->scheme,
                                    message, signature, len);
    return conn->crypto->sign(hs->credential->key, hs->scheme, message, signature, len);
}

shk_status shk_verify(shk_conn *conn, uint16_t scheme, shk_span message, shk_span signature)
{
    const shk_public_key *key = conn->handshake->peer_key;
    shk_key_kind kind = conn->crypto->public_key_kind(key);
    const shk_signature_scheme_row *row =
        conn->info.version < SHK_TLS12 ? implied_scheme(kind) : shk_signature_scheme_of(scheme);
    if (!scheme_usable(conn, row))
        return shk_conn_fail_field(conn, "algorithm", SHK_E_UNOFFERED_SIGNATURE_SCHEME);
    if (!scheme_fits_key(conn, row, kind))
        return shk_conn_fail_field(conn, "algorithm", SHK_E_SIGNATURE_SCHEME_KEY);
    if (!conn->config->is_server)
        conn->info.scheme = scheme;
    shk_status status = conn->crypto->verify(key, row, message, signature);
    return status == SHK_OK ? SHK_OK : shk_conn_fail_field(conn, "signature", status);
}

/* One certificate after another, by the shape of a list's element. */
static shk_status encode_chain(const shk_credential *credential, bool tls13, shk_buf *list)
{
    for (size_t i = 0; credential != NULL && i < credential->count; i++) {
        shk_certificate_entry entry = {credential->chain[i], {{NULL, 0}, true, 0}};
        shk_asn1_cert cert = {credential->chain[i]};
        SHK_TRY(tls13 ? shk_encode(shk_certificate_entry_shape, NULL, &entry, list, NULL)
                      : shk_encode(shk_asn1_cert_shape, NULL, &cert, list, NULL));
    }
    return SHK_OK;
}

shk_status shk_add_certificate(shk_conn *conn, shk_buf *flight)
{
    shk_handshake *hs = conn->handshake;
    bool tls13 = conn->info.version >= SHK_TLS13;
    shk_buf list = shk_buf_growing(conn->allocator);
    shk_status status = encode_chain(hs->credential, tls13, &list);
    shk_certificate certificate = {{NULL, 0}, shk_buf_span(&list)};
    shk_certificate_12 certificate_12 = {shk_buf_span(&list)};
    if (status == SHK_OK)
        status = tls13
                     ? shk_add_message(conn, SHK_MSG_certificate, &certificate, true, flight)
                     : shk_add_message(conn, SHK_MSG_certificate_12, &certificate_12, true, flight);
    shk_buf_free(&list);
    return status;
}

shk_status shk_add_certificate_verify(shk_conn *conn, shk_buf *flight)
{
    uint8_t content[SHK_SIGNED_CONTENT];
    uint8_t signature[SHK_MAX_SIGNATURE];
    size_t content_len;
    size_t len;
    SHK_TRY(shk_signed_content(conn, conn->config->is_server, content, &content_len));
    SHK_TRY(shk_sign(conn, shk_span_of(content, content_len), signature, &len));
    shk_certificate_verify m = {conn->handshake->scheme->value, shk_span_of(signature, len)};
    return shk_add_message(conn, SHK_MSG_certificate_verify, &m, true, flight);
}

/* A chain against the trust anchors, the clock, the name and the suite. */
static shk_status read_chain(shk_conn *conn, const shk_span *chain, size_t count)
{
    const shk_config *config = conn->config;
    shk_chain_check check = {
        .trust = config->trust,
        .name = config->is_server ? NULL : config->server_name,
        .is_server = !config->is_server,
        .encipherment = !config->is_server && (conn->suite->key_exchange & SHK_FORM_RSA) != 0,
    };
    if (config->trust != NULL)
        check.time = shk_conn_now_ms(conn) / 1000;
    SHK_TRY(conn->crypto->chain(conn->crypto, chain, count, &check, &conn->handshake->peer_key));
    shk_key_kind kind = conn->crypto->public_key_kind(conn->handshake->peer_key);
    if (!config->is_server && !key_fits_suite(kind, conn->suite))
        return SHK_E_CERTIFICATE_KEY_SUITE;
    conn->info.peer_verified = config->trust != NULL;
    return SHK_OK;
}

shk_status shk_read_chain_13(shk_conn *conn, shk_span certificate_list)
{
    shk_certificate_entry entry;
    shk_span chain[MAX_CHAIN];
    size_t count = 0;
    while (shk_list_next(&certificate_list, NULL, shk_certificate_entry_shape, &entry)) {
        if (conn->config->is_server && entry.extensions.raw.len > 0) /* our request asks for none */
            return shk_conn_fail_field(conn, "extensions", SHK_E_UNSOLICITED_EXTENSION);
        SHK_TRY(shk_accept_extensions(conn, &entry.extensions, SHK_IN_CERTIFICATE));
        if (count == MAX_CHAIN)
            return shk_conn_fail_field(conn, "certificate_list", SHK_E_CERTIFICATE_INVALID);
        chain[count++] = entry.cert_data;
    }
    return count == 0 ? SHK_OK : read_chain(conn, chain, count);
}

shk_status shk_read_chain_12(shk_conn *conn, shk_span certificate_list)
{
    shk_asn1_cert cert;
    shk_span chain[MAX_CHAIN];
    size_t count = 0;
    while (shk_list_next(&certificate_list, NULL, shk_asn1_cert_shape, &cert)) {
        if (count == MAX_CHAIN)
            return shk_conn_fail_field(conn, "certificate_list", SHK_E_CERTIFICATE_INVALID);
        chain[count++] = cert.cert;
    }
    return count == 0 ? SHK_OK : read_chain(conn, chain, count);
}

/* Conditions and steps that both ends share. */

bool shk_if_asks_for_certificate(const shk_conn *conn)
{
    return conn->config->client_auth != SHK_CLIENT_AUTH_NONE && conn->handshake->psk_len == 0 &&
           shk_if_may_request_certificate(conn);
}

bool shk_if_peer_has_key(const shk_conn *conn)
{
    return conn->handshake->peer_key != NULL;
}

shk_status shk_do_read_certificate_verify(shk_conn *conn, const shk_received *message)
{
    const shk_certificate_verify *m = (const shk_certificate_verify *)message->body;
    uint8_t content[SHK_SIGNED_CONTENT];
    size_t len;
    SHK_TRY(shk_signed_content(conn, !conn->config->is_server, content, &len));
    SHK_TRY(shk_verify(conn, m->algorithm, shk_span_of(content, len), m->signature));
    conn->info.peer_authenticated = true;
    return SHK_OK;
}

/* The client's, over all messages before it as they are (RFC 5246 §7.4.8). */
shk_status shk_do_read_certificate_verify_12(shk_conn *conn, const shk_received *message)
{
    const shk_certificate_verify *m = (const shk_certificate_verify *)message->body;
    shk_transcript *transcript = &conn->handshake->transcript;
    SHK_TRY(shk_verify(conn, m->algorithm, shk_buf_span(&transcript->raw), m->signature));
    conn->info.peer_authenticated = true;
    shk_transcript_forget(transcript);
    return SHK_OK;
}
