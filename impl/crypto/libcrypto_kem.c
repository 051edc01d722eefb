/* The libcrypto provider's hybrids of an (EC)DHE group and ML-KEM, which libcrypto has from 3.5 on:
 * shares and secrets are those of both, one behind the other. */
#include <openssl/core_names.h>
#include <openssl/params.h>
#include <string.h>

#include "crypto/libcrypto.h"

/* FIPS 203 §8: bytes of a shared secret, and of the randomness that goes into a key and into an
 * encapsulation. */
enum { SECRET = 32, KEY_SEED = 64, SEED = 32 };

typedef struct {
    uint16_t group;
    uint16_t classical;
    bool kem_first;
    const char *algorithm;
    size_t key;        /* bytes of an encapsulation key (FIPS 203 §8) */
    size_t ciphertext; /* likewise */
} hybrid_row;

static const hybrid_row rows[] = {
    {SHK_SecP256r1MLKEM768, SHK_secp256r1, false, "ML-KEM-768", 1184, 1088},
    {SHK_X25519MLKEM768, SHK_x25519, true, "ML-KEM-768", 1184, 1088},
    {SHK_SecP384r1MLKEM1024, SHK_secp384r1, false, "ML-KEM-1024", 1568, 1568},
};
enum { ROWS = sizeof rows / sizeof rows[0] };

struct shk_hybrid {
    const hybrid_row *row;
    shk_ephemeral *classical;
    EVP_PKEY *kem;
};

static const hybrid_row *row_of(uint16_t group)
{
    size_t i = 0;
    while (i + 1 < ROWS && rows[i].group != group)
        i++;
    return &rows[i];
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
    bool has = true;
    for (size_t i = 0; i < ROWS && has; i++) {
        EVP_KEM *kem = EVP_KEM_fetch(NULL, rows[i].algorithm, NULL);
        has = kem != NULL;
        EVP_KEM_free(kem);
    }
    return has;
}

/* A key pair from 64 random bytes (FIPS 203 §7.1). */
static shk_status kem_new(const hybrid_row *row, const shk_random *random, EVP_PKEY **out,
                          uint8_t *public_value)
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
        crypto, row->classical, random, &hybrid->classical, share + classical_at(row, row->key));
    if (status == SHK_OK)
        status = kem_new(row, random, &hybrid->kem, share + kem_at(row, classical));
    if (status != SHK_OK) {
        shk_libcrypto_hybrid_free(hybrid);
        return status;
    }
    *out = hybrid;
    return SHK_OK;
}

/* ML-KEM gives a secret for any ciphertext of the right length (FIPS 203 §7.3). */
static shk_status decapsulate(EVP_PKEY *key, shk_span ciphertext, uint8_t *secret)
{
    size_t len = SECRET;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
    bool ok = context != NULL && EVP_PKEY_decapsulate_init(context, NULL) == 1 &&
              EVP_PKEY_decapsulate(context, secret, &len, ciphertext.data, ciphertext.len) == 1;
    EVP_PKEY_CTX_free(context);
    return ok ? SHK_OK : SHK_E_CRYPTO;
}

shk_status shk_libcrypto_hybrid_agree(shk_hybrid *hybrid, shk_span peer, uint8_t *secret)
{
    const hybrid_row *row = hybrid->row;
    const shk_group_row *classical = shk_group_of(row->classical);
    if (peer.len != row->ciphertext + classical->answer)
        return SHK_E_BAD_KEY_SHARE;
    shk_span ciphertext = shk_span_of(peer.data + kem_at(row, classical->answer), row->ciphertext);
    SHK_TRY(decapsulate(hybrid->kem, ciphertext, secret + kem_at(row, classical->secret)));
    shk_span other = shk_span_of(peer.data + classical_at(row, row->ciphertext), classical->answer);
    return shk_libcrypto_ephemeral_agree(hybrid->classical, other,
                                         secret + classical_at(row, SECRET));
}

/* libcrypto refuses an encapsulation key whose numbers are not reduced (FIPS 203 §7.2). */
static shk_status kem_encapsulate(const hybrid_row *row, const shk_random *random,
                                  const uint8_t *key, uint8_t *ciphertext, uint8_t *secret)
{
    uint8_t seed[SEED];
    size_t ciphertext_len = row->ciphertext;
    size_t len = SECRET;
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
    return ok ? SHK_OK : SHK_E_CRYPTO;
}

shk_status shk_libcrypto_encapsulate(const shk_crypto *crypto, uint16_t group,
                                     const shk_random *random, shk_span peer, uint8_t *share,
                                     uint8_t *secret)
{
    const hybrid_row *row = row_of(group);
    const shk_group_row *classical = shk_group_of(row->classical);
    shk_ephemeral *key = NULL;
    if (peer.len != row->key + classical->share)
        return SHK_E_BAD_KEY_SHARE;
    shk_span other = shk_span_of(peer.data + classical_at(row, row->key), classical->share);
    SHK_TRY(shk_libcrypto_ephemeral_new(crypto, row->classical, random, &key,
                                        share + classical_at(row, row->ciphertext)));
    shk_status status =
        shk_libcrypto_ephemeral_agree(key, other, secret + classical_at(row, SECRET));
    shk_libcrypto_ephemeral_free(key);
    SHK_TRY(status);
    return kem_encapsulate(row, random, peer.data + kem_at(row, classical->share),
                           share + kem_at(row, classical->answer),
                           secret + kem_at(row, classical->secret));
}
