/* The libcrypto provider's ML-KEM, which libcrypto has from 3.5 on, and how a hybrid group joins it
 * with an (EC)DHE group: shares and secrets are those of both, one behind the other. */
#include <openssl/core_names.h>
#include <openssl/params.h>
#include <string.h>

#include "crypto/libcrypto.h"

/* FIPS 203 §8: bytes of a shared secret, and of the randomness that goes into a key and into an
 * encapsulation. */
enum { KEY_SEED = 64, SEED = 32 };

static const shk_hybrid_row rows[] = {
    {SHK_SecP256r1MLKEM768, SHK_secp256r1, false, "ML-KEM-768", 1184, 1088},
    {SHK_X25519MLKEM768, SHK_x25519, true, "ML-KEM-768", 1184, 1088},
    {SHK_SecP384r1MLKEM1024, SHK_secp384r1, false, "ML-KEM-1024", 1568, 1568},
};
enum { ROWS = sizeof rows / sizeof rows[0] };

const shk_hybrid_row *shk_hybrid_row_of(uint16_t group)
{
    size_t i = 0;
    while (i + 1 < ROWS && rows[i].group != group)
        i++;
    return &rows[i];
}

/* Where the two parts begin in a share whose ML-KEM part has so many bytes, or in a secret. */
size_t shk_hybrid_kem_at(const shk_hybrid_row *row, size_t classical)
{
    return row->kem_first ? 0 : classical;
}

size_t shk_hybrid_classical_at(const shk_hybrid_row *row, size_t kem)
{
    return row->kem_first ? kem : 0;
}

bool shk_libcrypto_has_kem(void)
{
    bool has = true;
    for (size_t i = 0; i < ROWS && has; i++) {
        EVP_KEM *kem = EVP_KEM_fetch(NULL, rows[i].algorithm, NULL);
        has = kem != NULL;
        EVP_KEM_free(kem);
    }
    return has;
}

/* A key pair from 64 random bytes (FIPS 203 §7.1). */
shk_status shk_libcrypto_kem_new(const shk_hybrid_row *row, const shk_random *random,
                                 EVP_PKEY **out, uint8_t *public_value)
{
    uint8_t seed[KEY_SEED];
    size_t len = 0;
    OSSL_PARAM params[] = {OSSL_PARAM_construct_octet_string("seed", seed, sizeof seed),
                           OSSL_PARAM_construct_end()};
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, row->algorithm, NULL);
    random->fill(random->context, seed, sizeof seed);
    bool ok = context != NULL && EVP_PKEY_keygen_init(context) == 1 &&
              EVP_PKEY_CTX_set_params(context, params) == 1 &&
              EVP_PKEY_generate(context, out) == 1 &&
              EVP_PKEY_get_octet_string_param(*out, OSSL_PKEY_PARAM_PUB_KEY, public_value, row->key,
                                              &len) == 1 &&
              len == row->key;
    EVP_PKEY_CTX_free(context);
    shk_wipe(seed, sizeof seed);
    return ok ? SHK_OK : SHK_OWN(CRYPTO);
}

/* ML-KEM gives a secret for any ciphertext of the right length (FIPS 203 §7.3). */
shk_status shk_libcrypto_decapsulate(EVP_PKEY *key, shk_span ciphertext, uint8_t *secret)
{
    size_t len = SHK_KEM_SECRET;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
    bool ok = context != NULL && EVP_PKEY_decapsulate_init(context, NULL) == 1 &&
              EVP_PKEY_decapsulate(context, secret, &len, ciphertext.data, ciphertext.len) == 1;
    EVP_PKEY_CTX_free(context);
    return ok ? SHK_OK : SHK_OWN(CRYPTO);
}

/* libcrypto refuses an encapsulation key whose numbers are not reduced (FIPS 203 §7.2). */
shk_status shk_libcrypto_kem_encapsulate(const shk_hybrid_row *row, const shk_random *random,
                                         const uint8_t *key, uint8_t *ciphertext, uint8_t *secret)
{
    uint8_t seed[SEED];
    size_t ciphertext_len = row->ciphertext;
    size_t len = SHK_KEM_SECRET;
    OSSL_PARAM params[] = {OSSL_PARAM_construct_octet_string("ikme", seed, sizeof seed),
                           OSSL_PARAM_construct_end()};
    EVP_PKEY *peer = EVP_PKEY_new_raw_public_key_ex(NULL, row->algorithm, NULL, key, row->key);
    if (peer == NULL)
        return shk_libcrypto_failure(SHK_E_BAD_KEY_SHARE);
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(NULL, peer, NULL);
    random->fill(random->context, seed, sizeof seed);
    bool ok = context != NULL && EVP_PKEY_encapsulate_init(context, params) == 1 &&
              EVP_PKEY_encapsulate(context, ciphertext, &ciphertext_len, secret, &len) == 1;
    EVP_PKEY_CTX_free(context);
    EVP_PKEY_free(peer);
    shk_wipe(seed, sizeof seed);
    return ok ? SHK_OK : SHK_OWN(CRYPTO);
}
