/* What the files of the toy provider share (sim/toy.h). */
#ifndef SHK_SIM_TOY_PARTS_H
#define SHK_SIM_TOY_PARTS_H

#include "sim/toy.h"

typedef struct {
    shk_crypto crypto; /* the table */
    const shk_allocator *allocator;
    bool checking;
} shk_toy;

static inline const shk_toy *shk_toy_of(const shk_crypto *crypto)
{
    return (const shk_toy *)crypto->self;
}

/* A sum over bytes, which may come in any pieces. */
typedef struct {
    uint64_t state;
    uint64_t word; /* bytes that do not fill a word yet */
    uint64_t len;
} shk_toy_sum;

/* toy_sum.c */
shk_toy_sum shk_toy_sum_begin(uint64_t key);
void shk_toy_sum_add(shk_toy_sum *sum, shk_span bytes);
/* The sum so far; it can go on. */
uint64_t shk_toy_sum_end(const shk_toy_sum *sum);
/* The sum of one span. */
uint64_t shk_toy_sum_of(uint64_t key, shk_span bytes);
/* As many bytes as wanted, of one number. */
void shk_toy_expand(uint64_t number, uint8_t *out, size_t len);
/* XORs the bytes that shk_toy_expand would give. */
void shk_toy_hide(uint64_t number, shk_span in, uint8_t *out);
/* Whether the bytes are those of shk_toy_expand. */
bool shk_toy_is_expanded(uint64_t number, shk_span bytes);

/* toy_hash.c */
shk_status shk_toy_hash_new(const shk_crypto *crypto, shk_hash hash, shk_hash_state **out);
shk_status shk_toy_hash_update(shk_hash_state *state, shk_span bytes);
shk_status shk_toy_hash_digest(const shk_hash_state *state, uint8_t *out);
shk_status shk_toy_hash_copy(const shk_hash_state *state, shk_hash_state **out);
void shk_toy_hash_free(shk_hash_state *state);
shk_status shk_toy_hmac(const shk_crypto *crypto, shk_hash hash, shk_span key,
                        const shk_span *parts, size_t count, uint8_t *out);
shk_status shk_toy_hmac_cbc(const shk_crypto *crypto, shk_hash hash, shk_span key, shk_span header,
                            shk_span padded, size_t len, uint8_t *out);

/* toy_record.c */
shk_status shk_toy_cipher_new(const shk_crypto *crypto, shk_cipher cipher, const uint8_t *key,
                              bool seal, shk_cipher_key **out);
void shk_toy_cipher_free(shk_cipher_key *key);
shk_status shk_toy_aead_seal(shk_cipher_key *key, const uint8_t *nonce, shk_span additional,
                             shk_span plaintext, uint8_t *out);
shk_status shk_toy_aead_open(shk_cipher_key *key, const uint8_t *nonce, shk_span additional,
                             shk_span ciphertext, uint8_t *out);
shk_status shk_toy_cbc(shk_cipher_key *key, const uint8_t *iv, shk_span in, uint8_t *out);

/* toy_exchange.c */
shk_status shk_toy_ephemeral_new(const shk_crypto *crypto, uint16_t group, const shk_random *random,
                                 shk_ephemeral **out, uint8_t *share);
shk_status shk_toy_dh_new(const shk_crypto *crypto, shk_span p, shk_span g,
                          const shk_random *random, shk_ephemeral **out, uint8_t *share);
shk_span shk_toy_ffdhe_prime(const shk_crypto *crypto, uint16_t group);
shk_status shk_toy_ephemeral_agree(shk_ephemeral *ephemeral, shk_span peer, uint8_t *secret);
void shk_toy_ephemeral_free(shk_ephemeral *ephemeral);
shk_status shk_toy_encapsulate(const shk_crypto *crypto, uint16_t group, const shk_random *random,
                               shk_span peer, uint8_t *share, uint8_t *secret);

/* toy_sign.c */
/* Bytes of the signatures that keys of the kind make; of an RSA key also of its modulus. */
size_t shk_toy_signature_size(shk_key_kind kind);
/* What both halves of a key pair are. */
typedef struct {
    const shk_toy *toy;
    shk_key_kind kind;
    uint64_t number;
} shk_toy_key;
shk_status shk_toy_sign(const shk_private_key *key, const shk_signature_scheme_row *scheme,
                        shk_span message, uint8_t *signature, size_t *len);
shk_status shk_toy_verify(const shk_public_key *key, const shk_signature_scheme_row *scheme,
                          shk_span message, shk_span signature);
shk_status shk_toy_rsa_public(const shk_public_key *key, const uint8_t *in, uint8_t *out);
shk_status shk_toy_rsa_private(const shk_private_key *key, const uint8_t *in, uint8_t *out);
shk_key_kind shk_toy_public_key_kind(const shk_public_key *key);
size_t shk_toy_public_key_size(const shk_public_key *key);
void shk_toy_public_key_free(shk_public_key *key);

/* toy_certificate.c */
shk_status shk_toy_chain(const shk_crypto *crypto, const shk_span *chain, size_t count,
                         const shk_chain_check *check, shk_public_key **out, int64_t *until);
shk_status shk_toy_public_key(const shk_crypto *crypto, shk_span key_info, shk_public_key **out);
shk_status shk_toy_status(const shk_crypto *crypto, shk_span response, const shk_span *chain,
                          size_t count, const shk_chain_check *check, int64_t *until);
bool shk_toy_must_staple(const shk_crypto *crypto, shk_span certificate);
shk_span shk_toy_trust_names(const shk_trust *trust);
shk_span shk_toy_trust_digest(const shk_trust *trust);
bool shk_toy_covers_name(const shk_credential *credential, shk_span name);
shk_status shk_toy_oid_filter(shk_span certificate, shk_span oid, shk_span values, bool *passes);
shk_status shk_toy_certificate_digest(const shk_crypto *crypto, shk_span certificate, uint8_t *out,
                                      size_t *len);

#endif
