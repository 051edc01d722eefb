/* What the files that use libcrypto share: the provider's state and its objects.
 * Objects come from libcrypto's allocator, as all that libcrypto makes for them: who replaces it
 * sees all the memory of the provider. Only crypto/libcrypto*.c and x509/ include this. */
#ifndef SHK_CRYPTO_LIBCRYPTO_H
#define SHK_CRYPTO_LIBCRYPTO_H

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdatomic.h>

#include "shakedown/crypto.h"
#include "x509/cert_cache.h"

typedef struct {
    EVP_MD *hashes[SHK_HASH_COUNT];
    _Atomic(EVP_MD_CTX *) spare[SHK_HASH_COUNT]; /* for the next HMAC; NULL: none, or in use */
    EVP_MAC_CTX *hmacs[SHK_HASH_COUNT];          /* with their hash, without a key */
    EVP_CIPHER *ciphers[SHK_CIPHER_COUNT];
    /* by row of groups.def; NULL where a group has none, or libcrypto has not the group */
    EC_GROUP *curves[SHK_GROUP_COUNT];
    BIGNUM *primes[SHK_GROUP_COUNT];
    uint8_t *prime_bytes[SHK_GROUP_COUNT];
    bool kem; /* libcrypto has ML-KEM-768 */
    shk_known_certificates *known;
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

/* The name that libcrypto fetches the hash by; NULL for SHK_HASH_NONE. */
const char *shk_libcrypto_hash_name(shk_hash hash);
/* The kind of a key in a certificate. */
shk_key_kind shk_libcrypto_key_kind(EVP_PKEY *key);

/* What a failure of libcrypto was: SHK_E_NO_MEMORY if its error queue says so, else `otherwise`.
 * Empties the queue. */
shk_status shk_libcrypto_failure(shk_status otherwise);

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

/* libcrypto_kem.c */
typedef struct shk_hybrid shk_hybrid;
bool shk_libcrypto_has_kem(void);
/* As ephemeral_new and ephemeral_agree, for HYBRID groups. */
shk_status shk_libcrypto_hybrid_new(const shk_crypto *crypto, uint16_t group,
                                    const shk_random *random, shk_hybrid **out, uint8_t *share);
shk_status shk_libcrypto_hybrid_agree(shk_hybrid *hybrid, shk_span peer, uint8_t *secret);
void shk_libcrypto_hybrid_free(shk_hybrid *hybrid);
shk_status shk_libcrypto_encapsulate(const shk_crypto *crypto, uint16_t group,
                                     const shk_random *random, shk_span peer, uint8_t *share,
                                     uint8_t *secret);

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

/* x509/chain.c */
shk_status shk_x509_chain(const shk_crypto *crypto, const shk_span *chain, size_t count,
                          const shk_chain_check *check, shk_public_key **out, int64_t *until);

/* All certificates, all of their bytes. NULL if one cannot be parsed; the caller frees. */
STACK_OF(X509) * shk_x509_parse(shk_known_certificates *known, const shk_span *chain, size_t count);

/* x509/digest.c */
shk_status shk_x509_certificate_digest(const shk_crypto *crypto, shk_span certificate, uint8_t *out,
                                       size_t *len);

/* x509/spki.c */
/* The key, which it takes over, as an object of the provider. SHK_E_CERTIFICATE_KEY where it is
 * NULL or of no supported type. */
shk_status shk_x509_wrap_key(EVP_PKEY *key, shk_public_key **out);
shk_status shk_x509_public_key(const shk_crypto *crypto, shk_span spki, shk_public_key **out);
/* The SubjectPublicKeyInfo of a certificate, allocated for shk_key_info_free. */
shk_status shk_x509_key_info(X509 *certificate, shk_span *out);

/* x509/ocsp.c */
shk_status shk_x509_status(const shk_crypto *crypto, shk_span response, const shk_span *chain,
                           size_t count, const shk_chain_check *check, int64_t *until);
bool shk_x509_must_staple(const shk_crypto *crypto, shk_span certificate);

/* x509/cert_info.c */
/* Notes what peers care about in the certificate that was appended last to the chain; the first is
 * kept as the leaf. */
shk_status shk_x509_note_facts(shk_credential *credential, X509 *certificate);
void shk_x509_free_facts(shk_credential *credential);
bool shk_x509_covers_name(const shk_credential *credential, shk_span name);

/* x509/oid_filter.c */
shk_status shk_x509_oid_filter(shk_span certificate, shk_span oid, shk_span values, bool *passes);

/* x509/trust.c */
shk_span shk_x509_trust_names(const shk_trust *trust);
shk_span shk_x509_trust_digest(const shk_trust *trust);

/* x509/time.c */
/* Lowers `until` to a time, in seconds since 1970. False without memory, or where it is none. */
bool shk_x509_end_by(const ASN1_TIME *time, int64_t *until);

#endif
