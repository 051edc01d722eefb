/* Channel bindings of the OpenSSL endpoint, which libssl leaves to its user (openssl_kind.h). */
#include <string.h>

#include <openssl/err.h>
#include <openssl/x509.h>

#include "endpoint/openssl/openssl_kind.h"

/* RFC 5929 §3.1: the first Finished of the last handshake, which is the client's if that was full,
 * and the server's if it resumed a session. */
static size_t tls_unique(SSL *ssl, uint8_t *out)
{
    const bool client_began = SSL_session_reused(ssl) == 0;
    const bool mine = client_began != (SSL_is_server(ssl) == 1);
    const size_t len = mine ? SSL_get_finished(ssl, out, SHK_MAX_BINDING)
                            : SSL_get_peer_finished(ssl, out, SHK_MAX_BINDING);
    return len <= SHK_MAX_BINDING ? len : 0;
}

/* A server that has resumed a session does not know which of its two certificates it showed. */
static X509 *server_certificate(const shk_endpoint *end)
{
    const shk_endpoint_setup *setup = SSL_CTX_get_app_data(SSL_get_SSL_CTX(end->ssl));
    const int auth = SSL_CIPHER_get_auth_nid(SSL_get_current_cipher(end->ssl));
    if (end->result.raw_public_key || auth == NID_auth_null || auth == NID_auth_psk ||
        (end->result.external_psk && end->result.version == SHK_TLS13))
        return NULL;
    if (!setup->config.server)
        return SSL_get0_peer_certificate(end->ssl);
    return setup->more != NULL && end->result.resumed ? NULL : SSL_get_certificate(end->ssl);
}

/* RFC 5929 §4.1: the certificate under the hash of its signature, or SHA-256 if that is MD5 or
 * SHA-1; nothing is defined for a signature without one hash. */
static size_t tls_server_end_point(const shk_endpoint *end, uint8_t *out)
{
    X509 *certificate = server_certificate(end);
    unsigned char hash[EVP_MAX_MD_SIZE];
    unsigned int len = 0;
    int nid = NID_undef;
    if (certificate == NULL || X509_get_signature_info(certificate, &nid, NULL, NULL, NULL) != 1)
        return 0;
    if (nid == NID_md5 || nid == NID_sha1 || nid == NID_md5_sha1)
        nid = NID_sha256;
    const EVP_MD *md = EVP_get_digestbynid(nid);
    if (md == NULL || X509_digest(certificate, md, hash, &len) != 1 || len > SHK_MAX_BINDING)
        return 0;
    memcpy(out, hash, len);
    return len;
}

/* RFC 9266 §2 and §4.2: below TLS 1.3 only with extended_master_secret. */
static size_t tls_exporter(const shk_endpoint *end, uint8_t *out)
{
    static const char label[] = "EXPORTER-Channel-Binding";
    static const uint8_t context[1];
    enum { LEN = 32 };
    if (end->result.version < SHK_TLS13 && !end->result.extended_master_secret)
        return 0;
    return SSL_export_keying_material(end->ssl, out, LEN, label, sizeof label - 1, context, 0, 1) ==
                   1
               ? LEN
               : 0;
}

size_t shk_openssl_channel_binding(shk_endpoint *end, const char *name, uint8_t *out)
{
    size_t len = 0;
    if (!end->was_connected || end->result.state == SHK_FAILED)
        return 0;
    if (strcmp(name, "tls-unique") == 0 && end->result.version < SHK_TLS13)
        len = tls_unique(end->ssl, out);
    else if (strcmp(name, "tls-server-end-point") == 0)
        len = tls_server_end_point(end, out);
    else if (strcmp(name, "tls-exporter") == 0)
        len = tls_exporter(end, out);
    ERR_clear_error();
    return len;
}
