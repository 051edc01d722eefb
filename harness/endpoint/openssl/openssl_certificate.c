/* Certificates and raw keys of the OpenSSL endpoint (openssl_kind.h). */
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "endpoint/openssl/openssl_kind.h"

static bool load_pair(SSL_CTX *ctx, const char *certificate, const char *key, char *why)
{
    if (certificate == NULL || SSL_CTX_use_certificate_chain_file(ctx, certificate) != 1)
        return shk_openssl_unusable(why, "certificate file",
                                    certificate != NULL ? certificate : "(none)");
    if (key == NULL || SSL_CTX_use_PrivateKey_file(ctx, key, SSL_FILETYPE_PEM) != 1 ||
        SSL_CTX_check_private_key(ctx) != 1)
        return shk_openssl_unusable(why, "key file", key != NULL ? key : "(none)");
    return true;
}

/* Server: uses the second certificate alone if the client's name matches it and not the first.
 * libssl itself chooses by the type of key. */
static int choose_by_name(SSL *ssl, int *alert, void *context)
{
    const shk_endpoint_setup *setup = context;
    const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    X509 *more = SSL_CTX_get0_certificate(setup->more);
    STACK_OF(X509) *chain = NULL;
    if (name == NULL || X509_check_host(setup->first, name, 0, 0, NULL) == 1 ||
        X509_check_host(more, name, 0, 0, NULL) != 1)
        return SSL_TLSEXT_ERR_OK;
    *alert = SSL_AD_INTERNAL_ERROR;
    SSL_CTX_get0_chain_certs(setup->more, &chain);
    SSL_certs_clear(ssl);
    return SSL_use_cert_and_key(ssl, more, SSL_CTX_get0_privatekey(setup->more), chain, 1) == 1
               ? SSL_TLSEXT_ERR_OK
               : SSL_TLSEXT_ERR_ALERT_FATAL;
}

/* libssl holds one certificate per type of key: a second one of the same type stays in `more`, for
 * a client that asks for its name. */
static bool set_second(shk_endpoint_setup *setup, char *why)
{
    const shk_endpoint_config *config = &setup->config;
    STACK_OF(X509) *chain = NULL;
    setup->more = SSL_CTX_new(TLS_method());
    if (setup->more == NULL)
        return shk_openssl_unusable(why, "libssl", "(SSL_CTX_new)");
    SSL_CTX_set_security_level(setup->more, SSL_CTX_get_security_level(setup->ctx));
    if (!load_pair(setup->more, config->more_certificate_file, config->more_key_file, why))
        return false;
    EVP_PKEY *key = SSL_CTX_get0_privatekey(setup->more);
    SSL_CTX_get0_chain_certs(setup->more, &chain);
    if (EVP_PKEY_get_base_id(key) != EVP_PKEY_get_base_id(X509_get0_pubkey(setup->first)) &&
        SSL_CTX_use_cert_and_key(setup->ctx, SSL_CTX_get0_certificate(setup->more), key, chain,
                                 1) != 1)
        return shk_openssl_unusable(why, "certificate file", config->more_certificate_file);
    if (config->server) {
        SSL_CTX_set_tlsext_servername_callback(setup->ctx, choose_by_name);
        SSL_CTX_set_tlsext_servername_arg(setup->ctx, setup);
    }
    return true;
}

#ifdef TLSEXT_cert_type_rpk
static int verify_raw_key(int good, X509_STORE_CTX *store)
{
    EVP_PKEY *key = X509_STORE_CTX_get0_rpk(store);
    SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
    const shk_endpoint_setup *setup = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
    if (good || key == NULL)
        return good;
    if (setup->peer_key != NULL && EVP_PKEY_eq(key, setup->peer_key) != 1)
        return 0;
    X509_STORE_CTX_set_error(store, X509_V_OK);
    return 1;
}

static EVP_PKEY *public_key_of(const char *file)
{
    FILE *stream = fopen(file, "r");
    X509 *certificate = stream != NULL ? PEM_read_X509(stream, NULL, NULL, NULL) : NULL;
    EVP_PKEY *key = certificate != NULL ? X509_get_pubkey(certificate) : NULL;
    X509_free(certificate);
    if (stream != NULL)
        fclose(stream);
    return key;
}

bool shk_openssl_set_raw_keys(shk_endpoint_setup *setup, char *why)
{
    static const unsigned char types[] = {TLSEXT_cert_type_rpk};
    const shk_endpoint_config *config = &setup->config;
    int mode = SSL_CTX_get_verify_mode(setup->ctx);
    if (config->peer_key_file != NULL &&
        (setup->peer_key = public_key_of(config->peer_key_file)) == NULL)
        return shk_openssl_unusable(why, "peer key file", config->peer_key_file);
    if (!config->server && setup->peer_key != NULL)
        mode |= SSL_VERIFY_PEER;
    if (shk_endpoint_peer_key_raw(config))
        SSL_CTX_set_verify(setup->ctx, mode, verify_raw_key);
    return ((!config->raw_server_key ||
             SSL_CTX_set1_server_cert_type(setup->ctx, types, sizeof types) == 1) &&
            (!config->raw_client_key ||
             SSL_CTX_set1_client_cert_type(setup->ctx, types, sizeof types) == 1)) ||
           shk_openssl_unusable(why, "raw public keys", "(certificate types)");
}
#else
bool shk_openssl_set_raw_keys(shk_endpoint_setup *setup, char *why)
{
    const shk_endpoint_config *config = &setup->config;
    return (!config->raw_server_key && !config->raw_client_key && config->peer_key_file == NULL) ||
           shk_openssl_unusable(why, "raw public keys", "(OpenSSL has them from 3.2 on)");
}
#endif

#ifdef TLSEXT_comp_cert_none
bool shk_openssl_set_compression(shk_endpoint_setup *setup, char *why)
{
    uint16_t ids[SHK_COMPRESSIONS]; /* as RFC 8879 §7.3 numbers them, and libssl, too */
    int list[SHK_COMPRESSIONS];
    size_t count = 0;
    const char *names = setup->config.compress_certificate;
    if (names == NULL) { /* libssl would compress by default */
        SSL_CTX_set_options(setup->ctx, SSL_OP_NO_TX_CERTIFICATE_COMPRESSION |
                                            SSL_OP_NO_RX_CERTIFICATE_COMPRESSION);
        return true;
    }
    if (!shk_endpoint_compressions(names, ids, &count, why))
        return false;
    for (size_t i = 0; i < count; i++)
        list[i] = ids[i];
    /* a client compresses on request only, as its Certificate contains the context of the request
     */
    if (SSL_CTX_set1_cert_comp_preference(setup->ctx, list, count) != 1 ||
        (setup->config.server && setup->first != NULL &&
         SSL_CTX_compress_certs(setup->ctx, 0) != 1))
        return shk_openssl_unusable(why, "compress_certificate", names);
    return true;
}
#else
bool shk_openssl_set_compression(shk_endpoint_setup *setup, char *why)
{
    return setup->config.compress_certificate == NULL ||
           shk_openssl_unusable(why, "compress_certificate", "(OpenSSL has it from 3.2 on)");
}
#endif

bool shk_openssl_set_certificates(shk_endpoint_setup *setup, char *why)
{
    const shk_endpoint_config *config = &setup->config;
    const bool second = config->more_certificate_file != NULL || config->more_key_file != NULL;
    if (config->certificate_file == NULL && config->key_file == NULL && !second &&
        (!config->server || setup->without_certificate))
        return true;
    if (!load_pair(setup->ctx, config->certificate_file, config->key_file, why))
        return false;
    setup->first = SSL_CTX_get0_certificate(setup->ctx);
    return !second || set_second(setup, why);
}
