/* What the files that use libcrypto share: the provider's state and its objects.
 * Objects come from libcrypto's allocator, as all that libcrypto makes for them: who replaces it
 * sees all the memory of the provider. Only crypto/libcrypto*.c, x509/ and
 * libcrypto_provider.c include this. */
#ifndef SHK_CRYPTO_LIBCRYPTO_H
#define SHK_CRYPTO_LIBCRYPTO_H

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdatomic.h>

#include "shakedown/crypto.h"

typedef struct {
    EVP_MD *hashes[SHK_HASH_COUNT];
    _Atomic(EVP_MD_CTX *) spare[SHK_HASH_COUNT]; /* for the next HMAC; NULL: none, or in use */
    EVP_MAC_CTX *hmacs[SHK_HASH_COUNT];          /* with their hash, without a key */
    EVP_CIPHER *ciphers[SHK_CIPHER_COUNT];
    /* by row of groups.def; NULL where a group has none, or libcrypto has not the group */
    EC_GROUP *curves[SHK_GROUP_COUNT];
    BIGNUM *primes[SHK_GROUP_COUNT];
    uint8_t *prime_bytes[SHK_GROUP_COUNT];
    bool kem;                     /* libcrypto has ML-KEM-768 */
    struct shk_cert_cache *known; /* x509/cert_cache.h */
} shk_libcrypto;

struct shk_private_key {
    EVP_PKEY *key;
};

struct shk_leaf {
    X509 *certificate;
};

struct shk_public_key {
    EVP_PKEY *key;
    shk_key_kind kind;
};

/* libcrypto_common.c */
/* The name that libcrypto fetches the hash by; NULL for SHK_HASH_NONE. */
const char *shk_libcrypto_hash_name(shk_hash hash);
/* The kind of a key in a certificate. */
shk_key_kind shk_libcrypto_key_kind(EVP_PKEY *key);

/* What a failure of libcrypto was: SHK_E_NO_MEMORY if its error queue says so, else `otherwise`.
 * Empties the queue. */
shk_status shk_libcrypto_failure_at(shk_status otherwise, const char *file, int line);
#define shk_libcrypto_failure(otherwise) shk_libcrypto_failure_at(otherwise, __FILE__, __LINE__)

/* libcrypto_exchange.c */
shk_status shk_libcrypto_ephemeral_new(const shk_crypto *crypto, uint16_t group,
                                       const shk_random *random, shk_ephemeral **out,
                                       uint8_t *share);
shk_status shk_libcrypto_ephemeral_agree(shk_ephemeral *ephemeral, shk_span peer, uint8_t *secret);
void shk_libcrypto_ephemeral_free(shk_ephemeral *ephemeral);
shk_status shk_libcrypto_dh_new(const shk_crypto *crypto, shk_span p, shk_span g,
                                const shk_random *random, shk_ephemeral **out, uint8_t *share);
shk_span shk_libcrypto_ffdhe_prime(const shk_crypto *crypto, uint16_t group);
bool shk_libcrypto_has_group(const shk_crypto *crypto, uint16_t group);
/* What can be had of curves and primes. */
void shk_libcrypto_groups_new(shk_libcrypto *self);
void shk_libcrypto_groups_free(shk_libcrypto *self);

shk_status shk_libcrypto_encapsulate(const shk_crypto *crypto, uint16_t group,
                                     const shk_random *random, shk_span peer, uint8_t *share,
                                     uint8_t *secret);

/* libcrypto_kem.c */
enum { SHK_KEM_SECRET = 32 }; /* bytes (FIPS 203 §8) */
/* A hybrid group and the two that it is made of. */
typedef struct {
    uint16_t group;
    uint16_t classical; /* group */
    bool kem_first;     /* in shares and secrets */
    const char *algorithm;
    size_t key;        /* bytes of an encapsulation key (FIPS 203 §8) */
    size_t ciphertext; /* likewise */
} shk_hybrid_row;
const shk_hybrid_row *shk_hybrid_row_of(uint16_t group);
/* Where the two parts begin in a share or secret whose other part has so many bytes. */
size_t shk_hybrid_kem_at(const shk_hybrid_row *row, size_t classical);
size_t shk_hybrid_classical_at(const shk_hybrid_row *row, size_t kem);
bool shk_libcrypto_has_kem(void);
/* A key pair; the public value has row->key bytes. */
shk_status shk_libcrypto_kem_new(const shk_hybrid_row *row, const shk_random *random,
                                 EVP_PKEY **out, uint8_t *public_value);
shk_status shk_libcrypto_decapsulate(EVP_PKEY *key, shk_span ciphertext, uint8_t *secret);
/* To an encapsulation key. SHK_E_BAD_KEY_SHARE. */
shk_status shk_libcrypto_kem_encapsulate(const shk_hybrid_row *row, const shk_random *random,
                                         const uint8_t *key, uint8_t *ciphertext, uint8_t *secret);

/* libcrypto_hash.c */
shk_status shk_libcrypto_hash_new(const shk_crypto *crypto, shk_hash hash, shk_hash_state **out);
shk_status shk_libcrypto_hash_update(shk_hash_state *state, shk_span bytes);
shk_status shk_libcrypto_hash_digest(const shk_hash_state *state, uint8_t *out);
shk_status shk_libcrypto_hash_copy(const shk_hash_state *state, shk_hash_state **out);
void shk_libcrypto_hash_free(shk_hash_state *state);
shk_status shk_libcrypto_hmac(const shk_crypto *crypto, shk_hash hash, shk_span key,
                              const shk_span *parts, size_t count, uint8_t *out);
shk_status shk_libcrypto_hmac_cbc(const shk_crypto *crypto, shk_hash hash, shk_span key,
                                  shk_span header, shk_span padded, size_t len, uint8_t *out);
/* HMAC contexts for CBC records; false without memory. */
bool shk_libcrypto_hmacs_new(shk_libcrypto *self);

/* libcrypto_sign.c */
shk_status shk_libcrypto_sign(const shk_private_key *key, const shk_signature_scheme_row *scheme,
                              shk_span message, uint8_t *signature, size_t *len);
shk_status shk_libcrypto_verify(const shk_public_key *key, const shk_signature_scheme_row *scheme,
                                shk_span message, shk_span signature);
shk_status shk_libcrypto_rsa_public(const shk_public_key *key, const uint8_t *in, uint8_t *out);
shk_status shk_libcrypto_rsa_private(const shk_private_key *key, const uint8_t *in, uint8_t *out);

/* libcrypto_record.c */
shk_status shk_libcrypto_cipher_new(const shk_crypto *crypto, shk_cipher cipher, const uint8_t *key,
                                    bool seal, shk_cipher_key **out);
void shk_libcrypto_cipher_free(shk_cipher_key *key);
shk_status shk_libcrypto_aead_seal(shk_cipher_key *key, const uint8_t *nonce, shk_span additional,
                                   shk_span plaintext, uint8_t *out);
shk_status shk_libcrypto_aead_open(shk_cipher_key *key, const uint8_t *nonce, shk_span additional,
                                   shk_span ciphertext, uint8_t *out);
shk_status shk_libcrypto_cbc(shk_cipher_key *key, const uint8_t *iv, shk_span in, uint8_t *out);

#endif
