/* The crypto provider on libcrypto (shakedown/crypto.h): its life, and the table of what crypto/
 * and x509/ do. */
#include "crypto/libcrypto.h"

#include "x509/x509.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/params.h>
#include <string.h>

static bool has_cipher(const shk_crypto *crypto, shk_cipher cipher)
{
    return ((const shk_libcrypto *)crypto->self)->ciphers[cipher] != NULL;
}

static shk_key_kind public_key_kind(const shk_public_key *key)
{
    return key->kind;
}

static size_t public_key_size(const shk_public_key *key)
{
    return (size_t)EVP_PKEY_get_size(key->key);
}

static void public_key_free(shk_public_key *key)
{
    if (key == NULL)
        return;
    EVP_PKEY_free(key->key);
    OPENSSL_free(key);
}

static const char *const cipher_names[SHK_CIPHER_COUNT] = {
#define SHK_CIPHER(name, libcrypto, kind, key, fixed_iv, record_iv, tag) libcrypto,
#include "registry/ciphers.def"
#undef SHK_CIPHER
};

static const shk_crypto functions = {
    .name = "libcrypto",
    .has_cipher = has_cipher,
    .has_group = shk_libcrypto_has_group,
    .hash_new = shk_libcrypto_hash_new,
    .hash_update = shk_libcrypto_hash_update,
    .hash_digest = shk_libcrypto_hash_digest,
    .hash_copy = shk_libcrypto_hash_copy,
    .hash_free = shk_libcrypto_hash_free,
    .hmac = shk_libcrypto_hmac,
    .hmac_cbc = shk_libcrypto_hmac_cbc,
    .cipher_new = shk_libcrypto_cipher_new,
    .cipher_free = shk_libcrypto_cipher_free,
    .aead_seal = shk_libcrypto_aead_seal,
    .aead_open = shk_libcrypto_aead_open,
    .cbc = shk_libcrypto_cbc,
    .ephemeral_new = shk_libcrypto_ephemeral_new,
    .dh_new = shk_libcrypto_dh_new,
    .ffdhe_prime = shk_libcrypto_ffdhe_prime,
    .ephemeral_agree = shk_libcrypto_ephemeral_agree,
    .ephemeral_free = shk_libcrypto_ephemeral_free,
    .encapsulate = shk_libcrypto_encapsulate,
    .sign = shk_libcrypto_sign,
    .verify = shk_libcrypto_verify,
    .rsa_public = shk_libcrypto_rsa_public,
    .rsa_private = shk_libcrypto_rsa_private,
    .chain = shk_x509_chain,
    .public_key = shk_x509_public_key,
    .status = shk_x509_status,
    .must_staple = shk_x509_must_staple,
    .trust_names = shk_x509_trust_names,
    .trust_digest = shk_x509_trust_digest,
    .covers_name = shk_x509_covers_name,
    .oid_filter = shk_x509_oid_filter,
    .certificate_digest = shk_x509_certificate_digest,
    .public_key_kind = public_key_kind,
    .public_key_size = public_key_size,
    .public_key_free = public_key_free,
};

/* Hashes must be there; of ciphers and groups a build of libcrypto may lack some. */
static bool fetch_algorithms(shk_libcrypto *self)
{
    bool ok = true;
    for (int i = SHK_HASH_NONE + 1; i < SHK_HASH_COUNT; i++)
        ok &= (self->hashes[i] = EVP_MD_fetch(NULL, shk_libcrypto_hash_name((shk_hash)i), NULL)) !=
              NULL;
    for (int i = 0; i < SHK_CIPHER_COUNT; i++)
        self->ciphers[i] = EVP_CIPHER_fetch(NULL, cipher_names[i], NULL);
    ok &= shk_libcrypto_hmacs_new(self);
    shk_libcrypto_groups_new(self);
    ERR_clear_error();
    return ok;
}

shk_crypto *shk_libcrypto_new(void)
{
    shk_crypto *crypto = (shk_crypto *)OPENSSL_malloc(sizeof *crypto);
    shk_libcrypto *self = (shk_libcrypto *)OPENSSL_zalloc(sizeof *self);
    if (crypto == NULL || self == NULL) {
        OPENSSL_free(crypto);
        OPENSSL_free(self);
        return NULL;
    }
    *crypto = functions;
    crypto->self = self;
    self->known = shk_cert_cache_new();
    if (self->known == NULL || !fetch_algorithms(self)) {
        shk_libcrypto_free(crypto);
        return NULL;
    }
    return crypto;
}

void shk_libcrypto_free(shk_crypto *crypto)
{
    if (crypto == NULL)
        return;
    shk_libcrypto *self = (shk_libcrypto *)crypto->self;
    for (int i = 0; i < SHK_HASH_COUNT; i++) {
        EVP_MD_CTX_free(self->spare[i]);
        EVP_MD_free(self->hashes[i]);
    }
    for (int i = 0; i < SHK_CIPHER_COUNT; i++)
        EVP_CIPHER_free(self->ciphers[i]);
    shk_libcrypto_groups_free(self);
    for (int i = 0; i < SHK_HASH_COUNT; i++)
        EVP_MAC_CTX_free(self->hmacs[i]);
    shk_cert_cache_free(self->known);
    OPENSSL_free(self);
    OPENSSL_free(crypto);
}
