/* Calls that fail when told (state/failing_calls.h). */
#include "state/failing_calls.h"

#include "shakedown/errors.h"

/* Whose functions are counted. Those of objects get no context. */
static struct {
    shk_crypto crypto;
    shk_allocator allocator;
    size_t left; /* calls up to the one that fails; 0: it has come, or none fails */
    bool failed;
} counted;

void shk_fail_call(size_t number)
{
    counted.left = number;
    counted.failed = false;
}

bool shk_has_failed_call(void)
{
    return counted.failed;
}

static bool fails(void)
{
    const bool now = counted.left == 1;
    counted.left -= counted.left > 0;
    counted.failed = counted.failed || now;
    return now;
}

static void *resize(void *context, void *old, size_t old_size, size_t new_size)
{
    if (new_size > 0 && fails())
        return NULL;
    return counted.allocator.resize(context, old, old_size, new_size);
}

/* The functions that a provider may fail at: name, parameters, arguments. */
#define COUNTED_FUNCTIONS(COUNTED)                                                                 \
    COUNTED(hash_new, (const shk_crypto *crypto, shk_hash hash, shk_hash_state **out),             \
            (crypto, hash, out))                                                                   \
    COUNTED(hash_update, (shk_hash_state * state, shk_span bytes), (state, bytes))                 \
    COUNTED(hash_digest, (const shk_hash_state *state, uint8_t *out), (state, out))                \
    COUNTED(hash_copy, (const shk_hash_state *state, shk_hash_state **out), (state, out))          \
    COUNTED(hmac,                                                                                  \
            (const shk_crypto *crypto, shk_hash hash, shk_span key, const shk_span *parts,         \
             size_t count, uint8_t *out),                                                          \
            (crypto, hash, key, parts, count, out))                                                \
    COUNTED(hmac_cbc,                                                                              \
            (const shk_crypto *crypto, shk_hash hash, shk_span key, shk_span header,               \
             shk_span padded, size_t len, uint8_t *out),                                           \
            (crypto, hash, key, header, padded, len, out))                                         \
    COUNTED(cipher_new,                                                                            \
            (const shk_crypto *crypto, shk_cipher cipher, const uint8_t *key, bool seal,           \
             shk_cipher_key **out),                                                                \
            (crypto, cipher, key, seal, out))                                                      \
    COUNTED(aead_seal,                                                                             \
            (shk_cipher_key * key, const uint8_t *nonce, shk_span additional, shk_span plaintext,  \
             uint8_t *out),                                                                        \
            (key, nonce, additional, plaintext, out))                                              \
    COUNTED(aead_open,                                                                             \
            (shk_cipher_key * key, const uint8_t *nonce, shk_span additional, shk_span ciphertext, \
             uint8_t *out),                                                                        \
            (key, nonce, additional, ciphertext, out))                                             \
    COUNTED(cbc, (shk_cipher_key * key, const uint8_t *iv, shk_span in, uint8_t *out),             \
            (key, iv, in, out))                                                                    \
    COUNTED(ephemeral_new,                                                                         \
            (const shk_crypto *crypto, uint16_t group, const shk_random *random,                   \
             shk_ephemeral **out, uint8_t *share),                                                 \
            (crypto, group, random, out, share))                                                   \
    COUNTED(dh_new,                                                                                \
            (const shk_crypto *crypto, shk_span p, shk_span g, const shk_random *random,           \
             shk_ephemeral **out, uint8_t *share),                                                 \
            (crypto, p, g, random, out, share))                                                    \
    COUNTED(ephemeral_agree, (shk_ephemeral * ephemeral, shk_span peer, uint8_t * secret),         \
            (ephemeral, peer, secret))                                                             \
    COUNTED(encapsulate,                                                                           \
            (const shk_crypto *crypto, uint16_t group, const shk_random *random, shk_span peer,    \
             uint8_t *share, uint8_t *secret),                                                     \
            (crypto, group, random, peer, share, secret))                                          \
    COUNTED(sign,                                                                                  \
            (const shk_private_key *key, const shk_signature_scheme_row *scheme, shk_span message, \
             uint8_t *signature, size_t *len),                                                     \
            (key, scheme, message, signature, len))                                                \
    COUNTED(verify,                                                                                \
            (const shk_public_key *key, const shk_signature_scheme_row *scheme, shk_span message,  \
             shk_span signature),                                                                  \
            (key, scheme, message, signature))                                                     \
    COUNTED(rsa_public, (const shk_public_key *key, const uint8_t *in, uint8_t *out),              \
            (key, in, out))                                                                        \
    COUNTED(rsa_private, (const shk_private_key *key, const uint8_t *in, uint8_t *out),            \
            (key, in, out))                                                                        \
    COUNTED(chain,                                                                                 \
            (const shk_crypto *crypto, const shk_span *chain, size_t count,                        \
             const shk_chain_check *check, shk_public_key **out, int64_t *until),                  \
            (crypto, chain, count, check, out, until))                                             \
    COUNTED(public_key, (const shk_crypto *crypto, shk_span key_info, shk_public_key **out),       \
            (crypto, key_info, out))                                                               \
    COUNTED(certificate_digest,                                                                    \
            (const shk_crypto *crypto, shk_span certificate, uint8_t *out, size_t *len),           \
            (crypto, certificate, out, len))

#define DEFINE(name, parameters, arguments)                                                        \
    static shk_status name parameters                                                              \
    {                                                                                              \
        return fails() ? SHK_E_NO_MEMORY : counted.crypto.name arguments;                          \
    }
COUNTED_FUNCTIONS(DEFINE)

void shk_count_calls(shk_crypto *crypto, shk_allocator *allocator)
{
    counted.crypto = *crypto;
    counted.allocator = *allocator;
    allocator->resize = resize;
#define INSTALL(name, parameters, arguments) crypto->name = name;
    COUNTED_FUNCTIONS(INSTALL)
}
