/* Credentials and trust anchors from PEM text (shakedown/crypto.h). */
#include <limits.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>

#include "x509/trust.h"
#include "x509/x509.h"

static BIO *reader(shk_span text)
{
    return text.len > INT_MAX || text.len == 0 ? NULL : BIO_new_mem_buf(text.data, (int)text.len);
}

/* The next certificate, or NULL at the end and, with `broken` set, where one cannot be parsed. */
static X509 *next_certificate(BIO *bio, bool *broken)
{
    X509 *certificate = PEM_read_bio_X509(bio, NULL, NULL, NULL);
    unsigned long error = ERR_peek_last_error();
    *broken = certificate == NULL &&
              !(ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_NO_START_LINE);
    ERR_clear_error();
    return certificate;
}

shk_status shk_trust_from_pem(shk_span pem, shk_trust **out)
{
    shk_trust *trust = (shk_trust *)calloc(1, sizeof *trust);
    if (trust == NULL)
        return SHK_OWN(NO_MEMORY);
    BIO *bio = reader(pem);
    trust->store = X509_STORE_new();
    bool broken = bio == NULL || trust->store == NULL;
    size_t count = 0;
    while (!broken) {
        X509 *certificate = next_certificate(bio, &broken);
        if (certificate == NULL)
            break;
        broken = X509_STORE_add_cert(trust->store, certificate) != 1 ||
                 shk_x509_add_anchor(trust, certificate) != SHK_OK;
        X509_free(certificate);
        count++;
    }
    BIO_free(bio);
    if (broken || count == 0) {
        shk_trust_free(trust);
        return SHK_E_NO_CERTIFICATE;
    }
    *out = trust;
    return SHK_OK;
}

void shk_trust_free(shk_trust *trust)
{
    if (trust == NULL)
        return;
    X509_STORE_free(trust->store);
    free(trust->names);
    free(trust);
}

/* Appends the DER of a certificate to the chain. */
static shk_status add_der(shk_credential *credential, X509 *certificate)
{
    unsigned char *der = NULL;
    int len = i2d_X509(certificate, &der);
    shk_span *grown = (shk_span *)realloc(credential->chain,
                                          (credential->count + 1) * sizeof credential->chain[0]);
    uint8_t *copy = len > 0 ? (uint8_t *)malloc((size_t)len) : NULL;
    if (grown != NULL)
        credential->chain = grown;
    if (grown != NULL && copy != NULL) {
        memcpy(copy, der, (size_t)len);
        grown[credential->count++] = shk_span_of(copy, (size_t)len);
        copy = NULL;
    }
    bool ok = grown != NULL && len > 0 && copy == NULL;
    free(copy);
    OPENSSL_free(der);
    return ok ? SHK_OK : SHK_OWN(NO_MEMORY);
}

static shk_status add_certificate(shk_credential *credential, X509 *certificate)
{
    SHK_TRY(add_der(credential, certificate));
    return shk_x509_set_cert_info(credential, certificate);
}

/* Reads the whole chain; `leaf` receives its first certificate. */
static shk_status read_chain(shk_credential *credential, shk_span pem, X509 **leaf)
{
    BIO *bio = reader(pem);
    bool broken = bio == NULL;
    shk_status status = SHK_OK;
    while (status == SHK_OK && !broken) {
        X509 *certificate = next_certificate(bio, &broken);
        if (certificate == NULL)
            break;
        status = add_certificate(credential, certificate);
        if (*leaf == NULL)
            *leaf = certificate;
        else
            X509_free(certificate);
    }
    BIO_free(bio);
    SHK_TRY(status);
    return broken || *leaf == NULL ? SHK_E_NO_CERTIFICATE : SHK_OK;
}

static shk_status read_key(shk_credential *credential, shk_span pem, X509 *leaf)
{
    char no_password[1] = "";
    BIO *bio = reader(pem);
    EVP_PKEY *key = bio == NULL ? NULL : PEM_read_bio_PrivateKey(bio, NULL, NULL, no_password);
    BIO_free(bio);
    ERR_clear_error();
    if (key == NULL)
        return SHK_E_NO_KEY;
    credential->key = (shk_private_key *)malloc(sizeof *credential->key);
    if (credential->key == NULL) {
        EVP_PKEY_free(key);
        return SHK_OWN(NO_MEMORY);
    }
    credential->key->key = key;
    credential->kind = shk_libcrypto_key_kind(key);
    credential->key_size = (size_t)EVP_PKEY_get_size(key);
    bool matches = X509_check_private_key(leaf, key) == 1;
    ERR_clear_error();
    if (!matches)
        return SHK_E_KEY_MISMATCH;
    return credential->kind == SHK_KEY_UNKNOWN || credential->key_size > SHK_MAX_SIGNATURE
               ? SHK_E_CERTIFICATE_KEY
               : SHK_OK;
}

static shk_status read_credential(shk_credential *credential, shk_span certificates, shk_span key,
                                  X509 **leaf)
{
    SHK_TRY(read_chain(credential, certificates, leaf));
    return read_key(credential, key, *leaf);
}

shk_status shk_credential_from_pem(shk_span certificates, shk_span key, shk_credential **out)
{
    shk_credential *credential = (shk_credential *)calloc(1, sizeof *credential);
    X509 *leaf = NULL;
    if (credential == NULL)
        return SHK_OWN(NO_MEMORY);
    shk_status status = read_credential(credential, certificates, key, &leaf);
    X509_free(leaf);
    if (status != SHK_OK) {
        shk_credential_free(credential);
        return status;
    }
    *out = credential;
    return SHK_OK;
}

void shk_credential_free(shk_credential *credential)
{
    if (credential == NULL)
        return;
    shk_x509_free_cert_info(credential);
    shk_key_info_free(credential->key_info);
    free((void *)(uintptr_t)credential->status.data);
    free((void *)(uintptr_t)credential->timestamps.data);
    for (size_t i = 0; i < credential->count; i++)
        free((void *)(uintptr_t)credential->chain[i].data);
    free(credential->chain);
    if (credential->key != NULL)
        EVP_PKEY_free(credential->key->key);
    free(credential->key);
    free(credential);
}
