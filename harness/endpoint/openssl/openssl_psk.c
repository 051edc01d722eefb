/* PSKs provisioned out of band at the OpenSSL endpoint: for TLS 1.3 as sessions, for the PSK suites
 * of older versions as keys (openssl_kind.h). */
#include <string.h>

#include <openssl/err.h>

#include "endpoint/openssl/openssl_kind.h"

/* The PSK as the session that libssl's callbacks return: with a suite of the PSK's hash (RFC 8446
 * §4.2.11). NULL without memory. */
static SSL_SESSION *psk_session(SSL *ssl)
{
    static const uint8_t aes_128_gcm_sha256[2] = {0x13, 0x01};
    static const uint8_t aes_256_gcm_sha384[2] = {0x13, 0x02};
    const shk_endpoint_setup *setup = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
    const shk_span key = setup->config.psk_key;
    const uint8_t *suite =
        setup->config.psk_hash == SHK_HASH_SHA384 ? aes_256_gcm_sha384 : aes_128_gcm_sha256;
    SSL_SESSION *session = SSL_SESSION_new();
    if (session != NULL && SSL_SESSION_set1_master_key(session, key.data, key.len) == 1 &&
        SSL_SESSION_set_cipher(session, SSL_CIPHER_find(ssl, suite)) == 1 &&
        SSL_SESSION_set_protocol_version(session, TLS1_3_VERSION) == 1)
        return session;
    SSL_SESSION_free(session);
    return NULL;
}

static bool fits_psk(const shk_endpoint_setup *setup, const EVP_MD *hash)
{
    return hash == NULL ||
           EVP_MD_is_a(hash, setup->config.psk_hash == SHK_HASH_SHA384 ? "SHA384" : "SHA256") == 1;
}

/* Client: the PSK to offer. */
static int offer_psk(SSL *ssl, const EVP_MD *hash, const unsigned char **id, size_t *id_len,
                     SSL_SESSION **session)
{
    const shk_endpoint_setup *setup = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
    *session = NULL;
    if (!fits_psk(setup, hash))
        return 1;
    *id = (const unsigned char *)setup->config.psk_identity;
    *id_len = strlen(setup->config.psk_identity);
    *session = psk_session(ssl);
    return *session != NULL;
}

/* Server: the PSK of that identity. */
static int find_psk(SSL *ssl, const unsigned char *id, size_t id_len, SSL_SESSION **session)
{
    const shk_endpoint_setup *setup = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
    *session = NULL;
    if (!shk_span_equal(shk_span_of(id, id_len), shk_span_of_text(setup->config.psk_identity)))
        return 1;
    ((shk_endpoint *)SSL_get_app_data(ssl))->found_psk = true;
    *session = psk_session(ssl);
    return *session != NULL;
}

/* Copies the key for a PSK suite of TLS 1.2 and below; 0, which ends the handshake, where it does
 * not fit. */
static unsigned copy_key(const shk_endpoint_setup *setup, unsigned char *key, unsigned cap)
{
    const shk_span psk = setup->config.psk_key;
    if (psk.len > cap)
        return 0;
    memcpy(key, psk.data, psk.len);
    return (unsigned)psk.len;
}

static unsigned give_psk_below_13(SSL *ssl, const char *hint, char *identity, unsigned identity_cap,
                                  unsigned char *key, unsigned cap)
{
    const shk_endpoint_setup *setup = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
    const size_t size = strlen(setup->config.psk_identity) + 1;
    (void)hint; /* there is only one PSK, whatever the hint */
    if (size > identity_cap)
        return 0;
    memcpy(identity, setup->config.psk_identity, size);
    return copy_key(setup, key, cap);
}

static unsigned find_psk_below_13(SSL *ssl, const char *identity, unsigned char *key, unsigned cap)
{
    const shk_endpoint_setup *setup = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
    return strcmp(identity, setup->config.psk_identity) == 0 ? copy_key(setup, key, cap) : 0;
}

bool shk_openssl_set_psk(shk_endpoint_setup *setup, char *why)
{
    const shk_endpoint_config *config = &setup->config;
    SSL_CTX *ctx = setup->ctx;
    if (config->psk_mode == SHK_PSK_KE)
        return shk_openssl_unusable(why, "psk_mode", "ke (OpenSSL always takes psk_dhe_ke too)");
    if (config->psk_mode == SHK_PSK_EITHER)
        SSL_CTX_set_options(ctx, SSL_OP_ALLOW_NO_DHE_KEX);
    if (config->psk_hint != NULL && SSL_CTX_use_psk_identity_hint(ctx, config->psk_hint) != 1)
        return shk_openssl_unusable(why, "psk_hint", config->psk_hint);
    if (config->psk_identity == NULL)
        return true;
    if (config->psk_key.len == 0)
        return shk_openssl_unusable(why, "PSK", "(no key)");
    SSL_CTX_set_psk_use_session_callback(ctx, offer_psk);
    SSL_CTX_set_psk_find_session_callback(ctx, find_psk);
    if (config->server)
        SSL_CTX_set_psk_server_callback(ctx, find_psk_below_13);
    else
        SSL_CTX_set_psk_client_callback(ctx, give_psk_below_13);
    return true;
}
