/* The libcrypto provider's hybrids of an (EC)DHE group and ML-KEM-768, which libcrypto has from 3.5
 * on: shares and secrets are those of both, one behind the other. */
#include <openssl/core_names.h>
#include <openssl/params.h>
#include <string.h>

#include "crypto/libcrypto.h"

/* FIPS 203 §8: bytes of an encapsulation key, a ciphertext, a shared secret, and of the randomness
 * that goes into a key and into an encapsulation. */
enum { KEY = 1184, CIPHERTEXT = 1088, SECRET = 32, KEY_SEED = 64, SEED = 32 };

static const char algorithm[] = "ML-KEM-768";

typedef struct {
    uint16_t group;
    uint16_t classical;
    bool kem_first;
} hybrid_row;

static const hybrid_row rows[] = {
    {SHK_SecP256r1MLKEM768, SHK_secp256r1, false},
    {SHK_X25519MLKEM768, SHK_x25519, true},
};

struct shk_hybrid {
    const hybrid_row *row;
    shk_ephemeral *classical;
    EVP_PKEY *kem;
};

static const hybrid_row *row_of(uint16_t group)
{
    return group == rows[0].group ? &rows[0] : &rows[1];
}

/* Where the two parts begin in a share whose ML-KEM part has so many bytes, or in a secret. */
static size_t kem_at(const hybrid_row *row, size_t classical)
{
    return row->kem_first ? 0 : classical;
}

static size_t classical_at(const hybrid_row *row, size_t kem)
{
    return row->kem_first ? kem : 0;
}

bool shk_libcrypto_has_kem(void)
{
    EVP_KEM *kem = EVP_KEM_fetch(NULL, algorithm, NULL);
    EVP_KEM_free(kem);
    return kem != NULL;
}

/* A key pair from 64 random bytes (FIPS 203 §7.1). */
static shk_status kem_new(const shk_random *random, EVP_PKEY **out, uint8_t *public_value)
{
    uint8_t seed[KEY_SEED];
    size_t len = 0;
    OSSL_PARAM params[] = {OSSL_PARAM_construct_octet_string("seed", seed, sizeof seed),
                           OSSL_PARAM_construct_end()};
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, algorithm, NULL);
    random->fill(random->context, seed, sizeof seed);
    bool ok =
        context != NULL && EVP_PKEY_keygen_init(context) == 1 &&
        EVP_PKEY_CTX_set_params(context, params) == 1 && EVP_PKEY_generate(context, out) == 1 &&
        EVP_PKEY_get_octet_string_param(*out, OSSL_PKEY_PARAM_PUB_KEY, public_value, KEY, &len) ==
            1 &&
        len == KEY;
    EVP_PKEY_CTX_free(context);
    shk_wipe(seed, sizeof seed);
    return ok ? SHK_OK : SHK_E_CRYPTO;
}

void shk_libcrypto_hybrid_free(shk_hybrid *hybrid)
{
    if (hybrid == NULL)
        return;
    shk_libcrypto_ephemeral_free(hybrid->classical);
    EVP_PKEY_free(hybrid->kem);
    OPENSSL_free(hybrid);
}

shk_status shk_libcrypto_hybrid_new(const shk_crypto *crypto, uint16_t group,
                                    const shk_random *random, shk_hybrid **out, uint8_t *share)
{
    const hybrid_row *row = row_of(group);
    size_t classical = shk_group_of(row->classical)->share;
    shk_hybrid *hybrid = (shk_hybrid *)OPENSSL_zalloc(sizeof *hybrid);
    if (hybrid == NULL)
        return SHK_E_NO_MEMORY;
    hybrid->row = row;
    shk_status status = shk_libcrypto_ephemeral_new(
        crypto, row->classical, random, &hybrid->classical, share + classical_at(row, KEY));
    if (status == SHK_OK)
        status = kem_new(random, &hybrid->kem, share + kem_at(row, classical));
    if (status != SHK_OK) {
        shk_libcrypto_hybrid_free(hybrid);
        return status;
    }
    *out = hybrid;
    return SHK_OK;
}

/* ML-KEM gives a secret for any ciphertext of the right length (FIPS 203 §7.3). */
static shk_status decapsulate(EVP_PKEY *key, const uint8_t *ciphertext, uint8_t *secret)
{
    size_t len = SECRET;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
    bool ok = context != NULL && EVP_PKEY_decapsulate_init(context, NULL) == 1 &&
              EVP_PKEY_decapsulate(context, secret, &len, ciphertext, CIPHERTEXT) == 1;
    EVP_PKEY_CTX_free(context);
    return ok ? SHK_OK : SHK_E_CRYPTO;
}

shk_status shk_libcrypto_hybrid_agree(shk_hybrid *hybrid, shk_span peer, uint8_t *secret)
{
    const hybrid_row *row = hybrid->row;
    const shk_group_row *classical = shk_group_of(row->classical);
    if (peer.len != CIPHERTEXT + (size_t)classical->answer)
        return SHK_E_BAD_KEY_SHARE;
    SHK_TRY(decapsulate(hybrid->kem, peer.data + kem_at(row, classical->answer),
                        secret + kem_at(row, classical->secret)));
    shk_span other = shk_span_of(peer.data + classical_at(row, CIPHERTEXT), classical->answer);
    return shk_libcrypto_ephemeral_agree(hybrid->classical, other,
                                         secret + classical_at(row, SECRET));
}

/* libcrypto refuses an encapsulation key whose numbers are not reduced (FIPS 203 §7.2). */
static shk_status kem_encapsulate(const shk_random *random, const uint8_t *key, uint8_t *ciphertext,
                                  uint8_t *secret)
{
    uint8_t seed[SEED];
    size_t ciphertext_len = CIPHERTEXT;
    size_t len = SECRET;
    OSSL_PARAM params[] = {OSSL_PARAM_construct_octet_string("ikme", seed, sizeof seed),
                           OSSL_PARAM_construct_end()};
    EVP_PKEY *peer = EVP_PKEY_new_raw_public_key_ex(NULL, algorithm, NULL, key, KEY);
    if (peer == NULL)
        return shk_libcrypto_failure(SHK_E_BAD_KEY_SHARE);
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(NULL, peer, NULL);
    random->fill(random->context, seed, sizeof seed);
    bool ok = context != NULL && EVP_PKEY_encapsulate_init(context, params) == 1 &&
              EVP_PKEY_encapsulate(context, ciphertext, &ciphertext_len, secret, &len) == 1;
    EVP_PKEY_CTX_free(context);
    EVP_PKEY_free(peer);
    shk_wipe(seed, sizeof seed);
    return ok ? SHK_OK : SHK_E_CRYPTO;
}

shk_status shk_libcrypto_encapsulate(const shk_crypto *crypto, uint16_t group,
                                     const shk_random *random, shk_span peer, uint8_t *share,
                                     uint8_t *secret)
{
    const hybrid_row *row = row_of(group);
    const shk_group_row *classical = shk_group_of(row->classical);
    shk_ephemeral *key = NULL;
    if (peer.len != KEY + (size_t)classical->share)
        return SHK_E_BAD_KEY_SHARE;
    shk_span other = shk_span_of(peer.data + classical_at(row, KEY), classical->share);
    SHK_TRY(shk_libcrypto_ephemeral_new(crypto, row->classical, random, &key,
                                        share + classical_at(row, CIPHERTEXT)));
    shk_status status =
        shk_libcrypto_ephemeral_agree(key, other, secret + classical_at(row, SECRET));
    shk_libcrypto_ephemeral_free(key);
    SHK_TRY(status);
    return kem_encapsulate(random, peer.data + kem_at(row, classical->share),
                           share + kem_at(row, classical->answer),
                           secret + kem_at(row, classical->secret));
}
