/* Key derivations of an onlooker (keys/key_functions.h). */
#include "keys/key_functions.h"

#include <string.h>

bool shk_observer_hash(const shk_crypto *crypto, shk_hash hash, const shk_span *parts, size_t count,
                       uint8_t *out)
{
    shk_hash_state *state = NULL;
    bool ok = crypto->hash_new(crypto, hash, &state) == SHK_OK;
    for (size_t i = 0; ok && i < count; i++)
        ok = crypto->hash_update(state, parts[i]) == SHK_OK;
    ok = ok && crypto->hash_digest(state, out) == SHK_OK;
    crypto->hash_free(state);
    return ok;
}

bool shk_observer_hmac(const shk_crypto *crypto, shk_hash hash, shk_span key, const shk_span *parts,
                       size_t count, uint8_t *out)
{
    static const uint8_t zero[1] = {0}; /* HMAC pads a key by zeros (RFC 2104 §2) */
    if (key.len == 0)
        key = shk_span_of(zero, sizeof zero);
    return crypto->hmac(crypto, hash, key, parts, count, out) == SHK_OK;
}

bool shk_observer_expand(const shk_crypto *crypto, shk_hash hash, shk_span secret,
                         const char *label, shk_span context, uint8_t *out, size_t len)
{
    const uint8_t head[3] = {(uint8_t)(len >> 8), (uint8_t)len, (uint8_t)(6 + strlen(label))};
    const uint8_t context_len = (uint8_t)context.len;
    const uint8_t counter = 1; /* one block is enough for all that is asked for */
    uint8_t block[SHK_MAX_HASH];
    const shk_span parts[] = {shk_span_of(head, sizeof head),
                              shk_span_of_text("tls13 "),
                              shk_span_of_text(label),
                              shk_span_of(&context_len, 1),
                              context,
                              shk_span_of(&counter, 1)};
    if (len > shk_hash_size(hash) ||
        !shk_observer_hmac(crypto, hash, secret, parts, sizeof parts / sizeof parts[0], block))
        return false;
    memcpy(out, block, len);
    return true;
}

bool shk_observer_next_secret(const shk_crypto *crypto, shk_hash hash, shk_span secret,
                              shk_span input, uint8_t *out)
{
    const size_t size = shk_hash_size(hash);
    uint8_t nothing[SHK_MAX_HASH];
    uint8_t salt[SHK_MAX_HASH] = {0};
    if (secret.len > 0 && (!shk_observer_hash(crypto, hash, NULL, 0, nothing) ||
                           !shk_observer_expand(crypto, hash, secret, "derived",
                                                shk_span_of(nothing, size), salt, size)))
        return false;
    return shk_observer_hmac(crypto, hash, shk_span_of(salt, size), &input, 1, out);
}

/* P_hash (RFC 5246 §5), XORed into `out`. */
static bool add_p_hash(const shk_crypto *crypto, shk_hash hash, shk_span secret,
                       const shk_span seed[3], uint8_t *out, size_t len)
{
    const size_t size = shk_hash_size(hash);
    uint8_t a[SHK_MAX_HASH];
    uint8_t block[SHK_MAX_HASH];
    if (!shk_observer_hmac(crypto, hash, secret, seed, 3, a))
        return false;
    for (size_t at = 0; at < len; at += size) {
        const shk_span a_span = shk_span_of(a, size);
        const shk_span parts[] = {a_span, seed[0], seed[1], seed[2]};
        if (!shk_observer_hmac(crypto, hash, secret, parts, 4, block) ||
            !shk_observer_hmac(crypto, hash, secret, &a_span, 1, a))
            return false;
        for (size_t i = 0; i < size && at + i < len; i++)
            out[at + i] ^= block[i];
    }
    return true;
}

bool shk_observer_prf(const shk_crypto *crypto, shk_hash hash, shk_span secret, const char *label,
                      shk_span seed, shk_span seed2, uint8_t *out, size_t len)
{
    const shk_span seeds[3] = {shk_span_of_text(label), seed, seed2};
    const size_t half = (secret.len + 1) / 2;
    memset(out, 0, len);
    if (hash != SHK_HASH_MD5_SHA1)
        return add_p_hash(crypto, hash, secret, seeds, out, len);
    return add_p_hash(crypto, SHK_HASH_MD5, shk_span_of(secret.data, half), seeds, out, len) &&
           add_p_hash(crypto, SHK_HASH_SHA1, shk_span_of(secret.data + (secret.len - half), half),
                      seeds, out, len);
}

shk_hash shk_observer_prf_hash(uint16_t version, const shk_suite_row *suite)
{
    return version < SHK_TLS12 ? SHK_HASH_MD5_SHA1 : suite->hash;
}

void shk_observer_put_sequence(uint64_t sequence, uint8_t out[8])
{
    for (int i = 0; i < 8; i++)
        out[i] = (uint8_t)(sequence >> (56 - 8 * i));
}

void shk_observer_nonce(const uint8_t *iv, uint64_t sequence, uint8_t nonce[SHK_OBSERVER_NONCE])
{
    uint8_t bytes[8];
    shk_observer_put_sequence(sequence, bytes);
    memcpy(nonce, iv, SHK_OBSERVER_NONCE);
    for (int i = 0; i < 8; i++)
        nonce[4 + i] ^= bytes[i];
}
