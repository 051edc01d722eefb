/* The libcrypto provider's record ciphers: AEAD and CBC (shakedown/crypto.h). */
#include <limits.h>

#include "crypto/libcrypto.h"

enum { TAG = 16 };

enum { NONCE = 12 };

struct shk_cipher_key {
    EVP_CIPHER_CTX *context;
    uint8_t tag;
    bool ccm;
};

void shk_libcrypto_cipher_free(shk_cipher_key *key)
{
    if (key == NULL)
        return;
    EVP_CIPHER_CTX_free(key->context);
    OPENSSL_free(key);
}

/* CCM wants the lengths of nonce and tag before the key. */
static bool set_up_ccm(const shk_libcrypto *self, shk_cipher cipher, const shk_cipher_key *key,
                       bool seal)
{
    EVP_CIPHER_CTX *c = key->context;
    return EVP_CipherInit_ex2(c, self->ciphers[cipher], NULL, NULL, seal ? 1 : 0, NULL) == 1 &&
           EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_IVLEN, NONCE, NULL) == 1 &&
           EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_TAG, key->tag, NULL) == 1;
}

shk_status shk_libcrypto_cipher_new(const shk_crypto *crypto, shk_cipher cipher, const uint8_t *key,
                                    bool seal, shk_cipher_key **out)
{
    const shk_libcrypto *self = (const shk_libcrypto *)crypto->self;
    const shk_cipher_row *row = shk_cipher_of(cipher);
    shk_cipher_key *made = (shk_cipher_key *)OPENSSL_zalloc(sizeof *made);
    if (made == NULL)
        return SHK_OWN(NO_MEMORY);
    made->tag = row->tag;
    made->ccm = row->kind == SHK_KIND_CCM;
    made->context = EVP_CIPHER_CTX_new();
    if (made->context == NULL || (made->ccm && !set_up_ccm(self, cipher, made, seal)) ||
        EVP_CipherInit_ex2(made->context, made->ccm ? NULL : self->ciphers[cipher], key, NULL,
                           seal ? 1 : 0, NULL) != 1 ||
        EVP_CIPHER_CTX_set_padding(made->context, 0) != 1) {
        shk_libcrypto_cipher_free(made);
        return SHK_OWN(CRYPTO);
    }
    *out = made;
    return SHK_OK;
}

/* CCM: the length of the payload comes first, and there is nothing to finish. */
static bool run_ccm(EVP_CIPHER_CTX *context, shk_span additional, shk_span in, uint8_t *out)
{
    static const uint8_t nothing[1] = {0};
    int done = 0;
    return EVP_CipherUpdate(context, NULL, &done, NULL, (int)in.len) == 1 &&
           EVP_CipherUpdate(context, NULL, &done, additional.data, (int)additional.len) == 1 &&
           EVP_CipherUpdate(context, out, &done, in.len > 0 ? in.data : nothing, (int)in.len) == 1;
}

/* Additional data and payload through the cipher whose nonce is set. */
static bool run(const shk_cipher_key *key, shk_span additional, shk_span in, uint8_t *out)
{
    EVP_CIPHER_CTX *context = key->context;
    int done = 0;
    uint8_t rest[TAG];
    if (additional.len > INT_MAX || in.len > INT_MAX)
        return false;
    if (key->ccm)
        return run_ccm(context, additional, in, out);
    if (additional.len > 0 &&
        EVP_CipherUpdate(context, NULL, &done, additional.data, (int)additional.len) != 1)
        return false;
    if (in.len > 0 && EVP_CipherUpdate(context, out, &done, in.data, (int)in.len) != 1)
        return false;
    return EVP_CipherFinal_ex(context, rest, &done) == 1;
}

shk_status shk_libcrypto_aead_seal(shk_cipher_key *key, const uint8_t *nonce, shk_span additional,
                                   shk_span plaintext, uint8_t *out)
{
    EVP_CIPHER_CTX *c = key->context;
    if (EVP_CipherInit_ex2(c, NULL, NULL, nonce, -1, NULL) != 1 ||
        !run(key, additional, plaintext, out) ||
        EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_GET_TAG, key->tag, out + plaintext.len) != 1)
        return SHK_OWN(CRYPTO);
    return SHK_OK;
}

shk_status shk_libcrypto_aead_open(shk_cipher_key *key, const uint8_t *nonce, shk_span additional,
                                   shk_span ciphertext, uint8_t *out)
{
    EVP_CIPHER_CTX *c = key->context;
    uint8_t tag[TAG];
    if (ciphertext.len < key->tag)
        return SHK_E_BAD_RECORD_MAC;
    shk_span payload = shk_span_of(ciphertext.data, ciphertext.len - key->tag);
    for (size_t i = 0; i < key->tag; i++)
        tag[i] = ciphertext.data[payload.len + i];
    if (EVP_CipherInit_ex2(c, NULL, NULL, nonce, -1, NULL) != 1 ||
        EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_TAG, key->tag, tag) != 1)
        return SHK_OWN(CRYPTO);
    return run(key, additional, payload, out) ? SHK_OK
                                              : shk_libcrypto_failure(SHK_E_BAD_RECORD_MAC);
}

shk_status shk_libcrypto_cbc(shk_cipher_key *key, const uint8_t *iv, shk_span in, uint8_t *out)
{
    int done = 0;
    if (EVP_CipherInit_ex2(key->context, NULL, NULL, iv, -1, NULL) != 1 ||
        EVP_CipherUpdate(key->context, out, &done, in.data, (int)in.len) != 1)
        return SHK_OWN(CRYPTO);
    return (size_t)done == in.len ? SHK_OK : SHK_OWN(CRYPTO); /* not of part of a block */
}
