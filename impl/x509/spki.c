/* SubjectPublicKeyInfo: public keys as they travel raw (RFC 7250 §3). */
#include <limits.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdlib.h>

#include "x509/x509.h"

shk_status shk_x509_wrap_key(EVP_PKEY *key, shk_public_key **out)
{
    if (key == NULL)
        return shk_libcrypto_failure(SHK_E_CERTIFICATE_KEY);
    shk_key_kind kind = shk_libcrypto_key_kind(key);
    shk_public_key *made = (shk_public_key *)OPENSSL_malloc(sizeof *made);
    if (made == NULL || kind == SHK_KEY_UNKNOWN || EVP_PKEY_get_size(key) > SHK_MAX_SIGNATURE) {
        EVP_PKEY_free(key);
        OPENSSL_free(made);
        return made == NULL ? SHK_OWN(NO_MEMORY) : SHK_E_CERTIFICATE_KEY;
    }
    made->key = key;
    made->kind = kind;
    *out = made;
    return SHK_OK;
}

shk_status shk_x509_public_key(const shk_crypto *crypto, shk_span spki, shk_public_key **out)
{
    const unsigned char *at = spki.data;
    EVP_PKEY *key = spki.len > LONG_MAX ? NULL : d2i_PUBKEY(NULL, &at, (long)spki.len);
    (void)crypto;
    if (key == NULL || at != spki.data + spki.len) {
        EVP_PKEY_free(key);
        return shk_libcrypto_failure(SHK_E_RAW_KEY_PARSE);
    }
    return shk_x509_wrap_key(key, out);
}

shk_status shk_x509_key_info(X509 *certificate, shk_span *out)
{
    unsigned char *der = NULL;
    int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);
    shk_buf copy = shk_buf_growing(&shk_libc_allocator);
    shk_status status =
        len > 0 ? shk_buf_append(&copy, shk_span_of(der, (size_t)len)) : SHK_E_NO_CERTIFICATE;
    OPENSSL_free(der);
    *out = shk_buf_span(&copy);
    return status;
}

shk_status shk_key_info_from_pem(shk_span certificate, shk_span *out)
{
    BIO *bio = certificate.len > INT_MAX || certificate.len == 0
                   ? NULL
                   : BIO_new_mem_buf(certificate.data, (int)certificate.len);
    X509 *parsed = bio == NULL ? NULL : PEM_read_bio_X509(bio, NULL, NULL, NULL);
    shk_status status = parsed == NULL ? SHK_E_NO_CERTIFICATE : shk_x509_key_info(parsed, out);
    X509_free(parsed);
    BIO_free(bio);
    ERR_clear_error();
    return status;
}

void shk_key_info_free(shk_span key_info)
{
    free((void *)(uintptr_t)key_info.data);
}
