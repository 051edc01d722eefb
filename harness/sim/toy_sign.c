/* The toy's keys: both halves of a pair are one number, and a signature is a sum with it
 * (sim/toy.h). */
#include <string.h>

#include "sim/toy_parts.h"

enum { SIGNATURE_BYTE = 0x73 };

/* An ECDSA signature of the real thing has at most so many bytes; the toy's have all of them. */
size_t shk_toy_signature_size(shk_key_kind kind)
{
    static const size_t sizes[SHK_KEY_KIND_COUNT] = {
        [SHK_KEY_RSA] = 256,         [SHK_KEY_RSA_PSS] = 256,      [SHK_KEY_DSA] = 64,
        [SHK_KEY_P256] = 72,         [SHK_KEY_P384] = 104,         [SHK_KEY_P521] = 139,
        [SHK_KEY_BRAINPOOL256] = 72, [SHK_KEY_BRAINPOOL384] = 104, [SHK_KEY_BRAINPOOL512] = 137,
        [SHK_KEY_ED25519] = 64,      [SHK_KEY_ED448] = 114};
    return sizes[kind];
}

static uint64_t signature_of(const shk_toy_key *key, const shk_signature_scheme_row *scheme,
                             shk_span message)
{
    return shk_toy_sum_of(key->number ^ scheme->value, message);
}

shk_status shk_toy_sign(const shk_private_key *key, const shk_signature_scheme_row *scheme,
                        shk_span message, uint8_t *signature, size_t *len)
{
    const shk_toy_key *own = (const shk_toy_key *)key;
    *len = shk_toy_signature_size(own->kind);
    if (own->toy->checking)
        shk_toy_expand(signature_of(own, scheme, message), signature, *len);
    else
        memset(signature, SIGNATURE_BYTE, *len);
    return SHK_OK;
}

shk_status shk_toy_verify(const shk_public_key *key, const shk_signature_scheme_row *scheme,
                          shk_span message, shk_span signature)
{
    const shk_toy_key *peer = (const shk_toy_key *)key;
    if (signature.len != shk_toy_signature_size(peer->kind))
        return SHK_E_BAD_SIGNATURE;
    if (peer->toy->checking && !shk_toy_is_expanded(signature_of(peer, scheme, message), signature))
        return SHK_E_BAD_SIGNATURE;
    return SHK_OK;
}

static shk_status hide(const shk_toy_key *key, const uint8_t *in, uint8_t *out)
{
    shk_span block = shk_span_of(in, shk_toy_signature_size(key->kind));
    if (key->toy->checking)
        shk_toy_hide(key->number, block, out);
    else
        memmove(out, in, block.len);
    return SHK_OK;
}

shk_status shk_toy_rsa_public(const shk_public_key *key, const uint8_t *in, uint8_t *out)
{
    return hide((const shk_toy_key *)key, in, out);
}

shk_status shk_toy_rsa_private(const shk_private_key *key, const uint8_t *in, uint8_t *out)
{
    return hide((const shk_toy_key *)key, in, out);
}

shk_key_kind shk_toy_public_key_kind(const shk_public_key *key)
{
    return ((const shk_toy_key *)key)->kind;
}

size_t shk_toy_public_key_size(const shk_public_key *key)
{
    return shk_toy_signature_size(((const shk_toy_key *)key)->kind);
}

void shk_toy_public_key_free(shk_public_key *key)
{
    if (key != NULL)
        shk_delete(((shk_toy_key *)key)->toy->allocator, key, sizeof(shk_toy_key));
}
