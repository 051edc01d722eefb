/* Certificates and signatures, for both roles and all versions (RFC 8446 §4.4.2, §4.4.3, RFC 5246
 * §7.4.2, §7.4.8). */
#include "handshake/certificates/authentication.h"

#include <string.h>

#include "extensions/supported_groups.h"
#include "handshake/certificates/cert_compression.h"
#include "handshake/certificates/cert_filters.h"
#include "handshake/certificates/cert_status.h"
#include "handshake/certificates/raw_public_keys.h"
#include "handshake/certificates/signature_schemes.h"
#include "handshake/hello/hello_extensions.h"
#include "handshake/keys/channel_binding.h"
#include "handshake/state/deviating.h"
#include "handshake/state/handshake.h"
#include "handshake/state/negotiated.h"
#include "handshake/state/peer.h"
#include "handshake/state/send.h"
#include "messages/certificate_verify.h"
#include "shakedown/errors.h"

shk_status shk_signed_content(shk_conn *conn, bool by_server, uint8_t *out, size_t *len)
{
    static const char server_text[] = "TLS 1.3, server CertificateVerify";
    static const char client_text[] = "TLS 1.3, client CertificateVerify";
    memset(out, 0x20, 64);
    memcpy(out + 64, by_server ? server_text : client_text, sizeof server_text);
    *len = 64 + sizeof server_text + shk_hash_size(conn->suite->hash);
    return shk_transcript_digest(&conn->handshake->transcript, out + 64 + sizeof server_text);
}

static shk_status sign(shk_conn *conn, const shk_credential *credential,
                       const shk_signature_scheme_row *scheme, shk_span message, uint8_t *signature,
                       size_t *len)
{
    if (conn->config->signer != NULL)
        return conn->config->signer(conn->config->signer_context, credential, scheme, message,
                                    signature, len);
    return conn->crypto->sign(credential->key, scheme, message, signature, len);
}

static shk_status sign_deviating(shk_conn *conn, shk_span message, uint8_t *signature, size_t *len)
{
    const shk_credential *credential = conn->handshake->own.credential;
    const shk_signature_scheme_row *scheme = conn->handshake->own.scheme;
    shk_buf content = shk_buf_growing(conn->allocator);
    shk_status status = shk_buf_append(&content, message);
    if (status == SHK_OK)
        status = shk_deviate_sign(conn, &credential, &scheme, &content);
    if (status == SHK_OK)
        status = sign(conn, credential, scheme, shk_buf_span(&content), signature, len);
    shk_buf_free(&content);
    return status;
}

shk_status shk_sign(shk_conn *conn, shk_span message, uint8_t *signature, size_t *len)
{
    const shk_handshake *hs = conn->handshake;
    if (conn->config->is_server && conn->version >= SHK_TLS12)
        conn->negotiated.scheme = hs->own.scheme->value;
    return shk_deviating(conn) != NULL
               ? sign_deviating(conn, message, signature, len)
               : sign(conn, hs->own.credential, hs->own.scheme, message, signature, len);
}

shk_status shk_verify(shk_conn *conn, uint16_t scheme, shk_span message, shk_span signature)
{
    const shk_public_key *key = conn->handshake->peer.key;
    shk_key_kind kind = conn->crypto->public_key_kind(key);
    const shk_signature_scheme_row *row =
        conn->version < SHK_TLS12 ? shk_implied_scheme(kind) : shk_signature_scheme_of(scheme);
    if (!shk_scheme_usable(conn, row))
        return shk_conn_fail_field(conn, "algorithm", SHK_E_UNOFFERED_SIGNATURE_SCHEME);
    if (!shk_scheme_fits_key(conn, row, kind))
        return shk_conn_fail_field(conn, "algorithm", SHK_E_SIGNATURE_SCHEME_KEY);
    if (!conn->config->is_server)
        conn->negotiated.scheme = scheme;
    shk_status status = conn->crypto->verify(key, row, message, signature);
    if (status == SHK_OK || shk_goes_on(conn, status))
        return SHK_OK;
    return shk_conn_fail_field(conn, "signature", status);
}

static bool shows_raw_key(const shk_conn *conn)
{
    return conn->handshake->own.credential != NULL &&
           conn->own_certificate_type == SHK_CERTIFICATE_RAW_PUBLIC_KEY;
}

static shk_status encode_raw_key(const shk_conn *conn, shk_buf *list)
{
    shk_certificate_entry entry = {conn->handshake->own.credential->key_info, {{NULL, 0}, true, 0}};
    return shk_encode(shk_certificate_entry_shape, NULL, &entry, list, NULL);
}

/* CertificateEntries; the extensions are the end entity's. */
static shk_status encode_entries(const shk_conn *conn, shk_buf *extensions, shk_buf *list)
{
    const shk_credential *credential = conn->handshake->own.credential;
    if (credential == NULL)
        return SHK_OK;
    SHK_TRY(shk_add_entry_extensions(conn, extensions));
    for (size_t i = 0; i < credential->count; i++) {
        shk_certificate_entry entry = {credential->chain[i], shk_extension_block_of(extensions)};
        SHK_TRY(shk_encode(shk_certificate_entry_shape, NULL, &entry, list, NULL));
        extensions->len = 0;
    }
    return SHK_OK;
}

static shk_status encode_certificates_12(const shk_credential *credential, shk_buf *list)
{
    for (size_t i = 0; credential != NULL && i < credential->count; i++) {
        shk_asn1_cert cert = {credential->chain[i]};
        SHK_TRY(shk_encode(shk_asn1_cert_shape, NULL, &cert, list, NULL));
    }
    return SHK_OK;
}

static shk_status add_certificate_13(shk_conn *conn, shk_flight *flight)
{
    const shk_handshake *hs = conn->handshake;
    shk_buf *list = &flight->pieces;
    SHK_TRY(shows_raw_key(conn) ? encode_raw_key(conn, list)
                                : encode_entries(conn, &flight->extensions, list));
    shk_certificate m = {shk_span_of(hs->own.context, hs->own.context_len), shk_buf_span(list)};
    return hs->own.compression != 0 && list->len > 0
               ? shk_add_compressed_certificate(conn, &m, flight)
               : shk_add_message(flight, SHK_MSG_certificate, &m);
}

static shk_status add_certificate_12(shk_conn *conn, shk_flight *flight)
{
    const shk_credential *credential = conn->handshake->own.credential;
    shk_certificate_12 m = {.subject_public_key_info = {NULL, 0}};
    if (shows_raw_key(conn))
        m.subject_public_key_info = credential->key_info;
    else
        SHK_TRY(encode_certificates_12(credential, &flight->pieces));
    m.certificate_list = shk_buf_span(&flight->pieces);
    return shk_add_message(flight, SHK_MSG_certificate_12, &m);
}

shk_status shk_add_certificate(shk_conn *conn, shk_flight *flight)
{
    if (conn->config->is_server)
        conn->negotiated.raw_public_key = shows_raw_key(conn);
    if (conn->config->is_server && conn->handshake->own.credential != NULL && !shows_raw_key(conn))
        SHK_TRY(shk_store_end_point(conn, conn->handshake->own.credential->chain[0]));
    return conn->version >= SHK_TLS13 ? add_certificate_13(conn, flight)
                                      : add_certificate_12(conn, flight);
}

shk_status shk_add_certificate_verify(shk_conn *conn, shk_flight *flight)
{
    uint8_t content[SHK_SIGNED_CONTENT];
    uint8_t signature[SHK_MAX_SIGNATURE];
    size_t content_len;
    size_t len;
    SHK_TRY(shk_signed_content(conn, conn->config->is_server, content, &content_len));
    SHK_TRY(shk_sign(conn, shk_span_of(content, content_len), signature, &len));
    shk_certificate_verify m = {conn->handshake->own.scheme->value, shk_span_of(signature, len)};
    return shk_add_message(flight, SHK_MSG_certificate_verify, &m);
}

/* Below TLS 1.3 a certificate's curve is one of the client's groups (RFC 8422 §5.3). */
static bool curve_offered(const shk_conn *conn, shk_key_kind kind)
{
    shk_supported_groups m;
    uint16_t group = shk_key_kind_group(kind);
    if (group == 0 || conn->version >= SHK_TLS13 ||
        !shk_extension_get(&conn->handshake->offered.extensions, SHK_EXT_supported_groups,
                           SHK_IN_CLIENT_HELLO, &m))
        return true;
    return shk_u16_list_has(m.named_group_list, group);
}

/* A chain against the trust anchors, the clock, the name and the suite. */
static shk_status read_chain(shk_conn *conn, const shk_span *chain, size_t count)
{
    const shk_config *config = conn->config;
    if (!shk_type_enabled(config->peer_certificate_types, SHK_CERTIFICATE_X509) &&
        !shk_ech_rejected(conn)) /* then it was the one type that was offered */
        return SHK_E_NO_COMMON_CERTIFICATE_TYPE;
    shk_chain_check check = {
        .trust = config->trust,
        .name = config->is_server ? NULL : shk_reference_name(conn),
        .is_server = !config->is_server,
        .encipherment = !config->is_server && (conn->suite->key_exchange & SHK_FORM_RSA) != 0,
        .security_level = config->security_level,
        .strict = config->x509_strict,
    };
    int64_t until = INT64_MAX;
    if (config->trust != NULL)
        check.time = shk_conn_now_ms(conn) / 1000;
    SHK_TRY(conn->crypto->chain(conn->crypto, chain, count, &check, &conn->handshake->peer.key,
                                &until));
    shk_limit_peer_validity(conn, until);
    shk_key_kind kind = conn->crypto->public_key_kind(conn->handshake->peer.key);
    if (!config->is_server && !shk_key_fits_suite(kind, conn->suite))
        return SHK_E_CERTIFICATE_KEY_SUITE;
    if (!config->is_server && !curve_offered(conn, kind))
        return SHK_E_CERTIFICATE_CURVE;
    SHK_TRY(shk_check_same_server(conn, chain[0]));
    conn->handshake->peer.chain_verified = config->trust != NULL;
    conn->handshake->peer.must_staple = conn->crypto->must_staple(conn->crypto, chain[0]);
    return config->is_server ? SHK_OK : shk_store_end_point(conn, chain[0]);
}

shk_status shk_read_chain_13(shk_conn *conn, shk_span certificate_list)
{
    shk_certificate_entry entry;
    shk_extension_block leaf = shk_no_extensions;
    shk_span chain[SHK_MAX_CHAIN];
    size_t count = 0;
    while (shk_list_next(&certificate_list, NULL, shk_certificate_entry_shape, &entry)) {
        if (conn->config->is_server && entry.extensions.raw.len > 0) /* our request asks for none */
            return shk_conn_fail_field(conn, "extensions", SHK_E_UNSOLICITED_EXTENSION);
        SHK_TRY(shk_accept_extensions(conn, &entry.extensions, SHK_IN_CERTIFICATE));
        if (count == SHK_MAX_CHAIN)
            return shk_conn_fail_field(conn, "certificate_list", SHK_E_TOO_MANY_CERTIFICATES);
        if (count == 0)
            leaf = entry.extensions;
        chain[count++] = entry.cert_data;
    }
    if (count == 0)
        return SHK_OK;
    if (conn->peer_certificate_type == SHK_CERTIFICATE_RAW_PUBLIC_KEY)
        return count == 1 ? shk_read_raw_key(conn, chain[0])
                          : shk_conn_fail_field(conn, "certificate_list", SHK_E_RAW_KEY_COUNT);
    SHK_TRY(read_chain(conn, chain, count));
    bool passes = true;
    if (conn->config->is_server)
        SHK_TRY(shk_certificate_passes_filters(conn->crypto, conn->config->oid_filters, chain[0],
                                               &passes));
    if (!passes)
        return shk_conn_fail_field(conn, "certificate_list", SHK_E_CERTIFICATE_FILTERED);
    return shk_check_entry_status(conn, chain, count, &leaf);
}

shk_status shk_read_chain_12(shk_conn *conn, const shk_certificate_12 *m)
{
    shk_span certificate_list = m->certificate_list;
    shk_asn1_cert cert;
    shk_span chain[SHK_MAX_CHAIN];
    size_t count = 0;
    while (shk_list_next(&certificate_list, NULL, shk_asn1_cert_shape, &cert)) {
        if (count == SHK_MAX_CHAIN)
            return shk_conn_fail_field(conn, "certificate_list", SHK_E_TOO_MANY_CERTIFICATES);
        chain[count++] = cert.cert;
    }
    if (m->subject_public_key_info.len > 0)
        return shk_read_raw_key(conn, m->subject_public_key_info);
    return count == 0 ? SHK_OK : read_chain(conn, chain, count);
}

/* Steps that both ends share. */

shk_status shk_do_read_certificate_verify(shk_conn *conn, const shk_received *message)
{
    const shk_certificate_verify *m = SHK_MESSAGE_BODY(message, certificate_verify);
    uint8_t content[SHK_SIGNED_CONTENT];
    size_t len;
    SHK_TRY(shk_signed_content(conn, !conn->config->is_server, content, &len));
    SHK_TRY(shk_verify(conn, m->algorithm, shk_span_of(content, len), m->signature));
    shk_set_peer_authenticated(conn);
    return SHK_OK;
}

/* The client's, over all messages before it as they are (RFC 5246 §7.4.8). */
shk_status shk_do_read_certificate_verify_12(shk_conn *conn, const shk_received *message)
{
    const shk_certificate_verify *m = SHK_MESSAGE_BODY(message, certificate_verify);
    shk_transcript *transcript = &conn->handshake->transcript;
    SHK_TRY(shk_verify(conn, m->algorithm, shk_transcript_messages(transcript), m->signature));
    shk_set_peer_authenticated(conn);
    shk_transcript_forget(transcript);
    return SHK_OK;
}
