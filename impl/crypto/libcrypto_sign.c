/* The libcrypto provider's signatures and raw RSA (RFC 8446 §4.2.3). */
#include <openssl/rsa.h>

#include "crypto/libcrypto.h"

static bool is_rsa(const shk_signature_scheme_row *scheme)
{
    return scheme->key == SHK_KEY_RSA || scheme->key == SHK_KEY_RSA_PSS;
}

/* Whether a scheme with RSA is one of RSASSA-PSS: their values start with 0x08. */
static bool is_pss(const shk_signature_scheme_row *scheme)
{
    return scheme->value >> 8 == 0x08;
}

/* RSA padding as the scheme wants it; the salt is as long as the hash (RFC 8446 §4.2.3). */
static bool set_padding(EVP_PKEY_CTX *context, const shk_signature_scheme_row *scheme)
{
    if (!is_rsa(scheme))
        return true;
    if (!is_pss(scheme))
        return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1;
    return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1 &&
           EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) == 1;
}

shk_status shk_libcrypto_sign(const shk_private_key *key, const shk_signature_scheme_row *scheme,
                              shk_span message, uint8_t *signature, size_t *len)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    EVP_PKEY_CTX *parameters = NULL;
    *len = SHK_MAX_SIGNATURE;
    bool ok = context != NULL &&
              EVP_DigestSignInit_ex(context, &parameters, shk_libcrypto_hash_name(scheme->hash),
                                    NULL, NULL, key->key, NULL) == 1 &&
              set_padding(parameters, scheme) &&
              EVP_DigestSign(context, signature, len, message.data, message.len) == 1 &&
              *len <= SHK_MAX_SIGNATURE; /* ECDSA gives -1 where it could not encode */
    EVP_MD_CTX_free(context);
    return ok ? SHK_OK : SHK_OWN(CRYPTO);
}

shk_status shk_libcrypto_verify(const shk_public_key *key, const shk_signature_scheme_row *scheme,
                                shk_span message, shk_span signature)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    EVP_PKEY_CTX *parameters = NULL;
    shk_status status = SHK_OK;
    if (context == NULL ||
        EVP_DigestVerifyInit_ex(context, &parameters, shk_libcrypto_hash_name(scheme->hash), NULL,
                                NULL, key->key, NULL) != 1 ||
        !set_padding(parameters, scheme))
        status = SHK_OWN(CRYPTO);
    else if (EVP_DigestVerify(context, signature.data, signature.len, message.data, message.len) !=
             1)
        status = shk_libcrypto_failure(SHK_E_BAD_SIGNATURE);
    EVP_MD_CTX_free(context);
    return status;
}

shk_status shk_libcrypto_rsa_public(const shk_public_key *key, const uint8_t *in, uint8_t *out)
{
    size_t size = (size_t)EVP_PKEY_get_size(key->key);
    size_t len = size;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(NULL, key->key, NULL);
    bool ok = context != NULL && EVP_PKEY_encrypt_init(context) == 1 &&
              EVP_PKEY_CTX_set_rsa_padding(context, RSA_NO_PADDING) == 1 &&
              EVP_PKEY_encrypt(context, out, &len, in, size) == 1;
    EVP_PKEY_CTX_free(context);
    return ok ? SHK_OK : SHK_OWN(CRYPTO);
}

shk_status shk_libcrypto_rsa_private(const shk_private_key *key, const uint8_t *in, uint8_t *out)
{
    size_t size = (size_t)EVP_PKEY_get_size(key->key);
    size_t len = size;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(NULL, key->key, NULL);
    bool ok = context != NULL && EVP_PKEY_decrypt_init(context) == 1 &&
              EVP_PKEY_CTX_set_rsa_padding(context, RSA_NO_PADDING) == 1 &&
              EVP_PKEY_decrypt(context, out, &len, in, size) == 1;
    EVP_PKEY_CTX_free(context);
    return ok ? SHK_OK : SHK_OWN(CRYPTO);
}
