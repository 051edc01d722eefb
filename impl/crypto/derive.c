/* HKDF and the TLS 1.2 PRF (crypto/derive.h). */
#include "crypto/derive.h"

#include <string.h>

#include "crypto/hash_parts.h"

static const uint8_t zeros[SHK_MAX_HASH] = {0};

shk_status shk_hkdf_extract(const shk_crypto *crypto, shk_hash hash, shk_span salt, shk_span ikm,
                            uint8_t *out)
{
    if (salt.len == 0)
        salt = shk_span_of(zeros, shk_hash_size(hash));
    return crypto->hmac(crypto, hash, salt, &ikm, 1, out);
}

/* T(1), T(2) ... (RFC 5869 §2.3), each of which passes through `block`. */
static shk_status expand_blocks(const shk_crypto *crypto, shk_hash hash, shk_span prk,
                                shk_span info, uint8_t *block, uint8_t *out, size_t len)
{
    size_t size = shk_hash_size(hash);
    uint8_t counter = 0;
    for (size_t done = 0; done < len; done += size) {
        counter++;
        shk_span parts[3] = {shk_span_of(block, done == 0 ? 0 : size), info,
                             shk_span_of(&counter, 1)};
        SHK_TRY(crypto->hmac(crypto, hash, prk, parts, 3, block));
        memcpy(out + done, block, len - done < size ? len - done : size);
    }
    return SHK_OK;
}

shk_status shk_hkdf_expand(const shk_crypto *crypto, shk_hash hash, shk_span prk, shk_span info,
                           uint8_t *out, size_t len)
{
    size_t size = shk_hash_size(hash);
    uint8_t block[SHK_MAX_HASH];
    if (len > 255 * size)
        return SHK_OWN(INTERNAL);
    shk_status status = expand_blocks(crypto, hash, prk, info, block, out, len);
    shk_wipe(block, sizeof block);
    return status;
}

/* struct HkdfLabel (RFC 8446 §7.1) */
shk_status shk_expand_label(const shk_crypto *crypto, shk_hash hash, const uint8_t *secret,
                            const char *label, shk_span context, uint8_t *out, size_t len)
{
    uint8_t info[2 + 1 + 255 + 1 + 255];
    size_t label_len = strlen(label);
    if (label_len > 249 || context.len > 255) /* len: shk_hkdf_expand has a lower limit */
        return SHK_OWN(INTERNAL);
    info[0] = (uint8_t)(len >> 8);
    info[1] = (uint8_t)len;
    info[2] = (uint8_t)(6 + label_len);
    memcpy(info + 3, "tls13 ", 6);
    memcpy(info + 9, label, label_len);
    info[9 + label_len] = (uint8_t)context.len;
    if (context.len > 0)
        memcpy(info + 10 + label_len, context.data, context.len);
    return shk_hkdf_expand(crypto, hash, shk_span_of(secret, shk_hash_size(hash)),
                           shk_span_of(info, 10 + label_len + context.len), out, len);
}

shk_status shk_derive_secret(const shk_crypto *crypto, shk_hash hash, const uint8_t *secret,
                             const char *label, const uint8_t *transcript, uint8_t *out)
{
    uint8_t empty[SHK_MAX_HASH];
    size_t size = shk_hash_size(hash);
    if (transcript == NULL) {
        SHK_TRY(shk_hash_parts(crypto, hash, NULL, 0, empty));
        transcript = empty;
    }
    return shk_expand_label(crypto, hash, secret, label, shk_span_of(transcript, size), out, size);
}

/* P_hash (RFC 5246 §5), XORed into `out`: A(i) = HMAC(secret, A(i-1)), A(0) = label + seed. `a` and
 * `block` have room for a hash each. */
static shk_status xor_blocks(const shk_crypto *crypto, shk_hash hash, shk_span secret,
                             const shk_span label_and_seed[3], uint8_t *a, uint8_t *block,
                             uint8_t *out, size_t len)
{
    size_t size = shk_hash_size(hash);
    shk_span parts[4] = {shk_span_of(a, size), label_and_seed[0], label_and_seed[1],
                         label_and_seed[2]};
    SHK_TRY(crypto->hmac(crypto, hash, secret, label_and_seed, 3, a));
    for (size_t done = 0; done < len; done += size) {
        SHK_TRY(crypto->hmac(crypto, hash, secret, parts, 4, block));
        for (size_t i = 0; i < size && done + i < len; i++)
            out[done + i] ^= block[i];
        if (done + size < len)
            SHK_TRY(crypto->hmac(crypto, hash, secret, parts, 1, a));
    }
    return SHK_OK;
}

static shk_status p_hash(const shk_crypto *crypto, shk_hash hash, shk_span secret,
                         const char *label, shk_span seed, shk_span seed2, uint8_t *out, size_t len)
{
    uint8_t a[SHK_MAX_HASH];
    uint8_t block[SHK_MAX_HASH];
    const shk_span parts[3] = {shk_span_of_text(label), seed, seed2};
    shk_status status = xor_blocks(crypto, hash, secret, parts, a, block, out, len);
    shk_wipe(a, sizeof a);
    shk_wipe(block, sizeof block);
    return status;
}

shk_status shk_prf(const shk_crypto *crypto, shk_hash hash, shk_span secret, const char *label,
                   shk_span seed, shk_span seed2, uint8_t *out, size_t len)
{
    memset(out, 0, len);
    if (hash != SHK_HASH_MD5_SHA1)
        return p_hash(crypto, hash, secret, label, seed, seed2, out, len);
    size_t half = (secret.len + 1) / 2; /* RFC 4346 §5: the halves share a byte of an odd secret */
    shk_span first = shk_span_of(secret.data, half);
    shk_span second = shk_span_of(secret.data + secret.len - half, half);
    SHK_TRY(p_hash(crypto, SHK_HASH_MD5, first, label, seed, seed2, out, len));
    return p_hash(crypto, SHK_HASH_SHA1, second, label, seed, seed2, out, len);
}
