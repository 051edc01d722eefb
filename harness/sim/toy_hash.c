/* The toy's hashes and MACs: sums, expanded to the size of the hash (sim/toy.h). */
#include <string.h>

#include "sim/toy_parts.h"

/* Every byte of a MAC in permissive mode. */
enum { MAC_BYTE = 0x4d };

typedef struct {
    const shk_toy *toy;
    shk_hash hash;
    shk_toy_sum sum;
} toy_hash;

shk_status shk_toy_hash_new(const shk_crypto *crypto, shk_hash hash, shk_hash_state **out)
{
    const shk_toy *toy = shk_toy_of(crypto);
    toy_hash *made = (toy_hash *)shk_new(toy->allocator, sizeof *made);
    if (made == NULL)
        return SHK_OWN(NO_MEMORY);
    *made = (toy_hash){.toy = toy, .hash = hash, .sum = shk_toy_sum_begin(hash)};
    *out = (shk_hash_state *)made;
    return SHK_OK;
}

shk_status shk_toy_hash_update(shk_hash_state *state, shk_span bytes)
{
    shk_toy_sum_add(&((toy_hash *)state)->sum, bytes);
    return SHK_OK;
}

shk_status shk_toy_hash_digest(const shk_hash_state *state, uint8_t *out)
{
    const toy_hash *hash = (const toy_hash *)state;
    shk_toy_expand(shk_toy_sum_end(&hash->sum), out, shk_hash_size(hash->hash));
    return SHK_OK;
}

shk_status shk_toy_hash_copy(const shk_hash_state *state, shk_hash_state **out)
{
    const toy_hash *hash = (const toy_hash *)state;
    toy_hash *made = (toy_hash *)shk_new(hash->toy->allocator, sizeof *made);
    if (made == NULL)
        return SHK_OWN(NO_MEMORY);
    *made = *hash;
    *out = (shk_hash_state *)made;
    return SHK_OK;
}

void shk_toy_hash_free(shk_hash_state *state)
{
    if (state != NULL)
        shk_delete(((toy_hash *)state)->toy->allocator, state, sizeof(toy_hash));
}

shk_status shk_toy_hmac(const shk_crypto *crypto, shk_hash hash, shk_span key,
                        const shk_span *parts, size_t count, uint8_t *out)
{
    size_t size = shk_hash_size(hash);
    if (!shk_toy_of(crypto)->checking) {
        memset(out, MAC_BYTE, size);
        return SHK_OK;
    }
    shk_toy_sum sum = shk_toy_sum_begin(shk_toy_sum_of(hash, key));
    for (size_t i = 0; i < count; i++)
        shk_toy_sum_add(&sum, parts[i]);
    shk_toy_expand(shk_toy_sum_end(&sum), out, size);
    return SHK_OK;
}

shk_status shk_toy_hmac_cbc(const shk_crypto *crypto, shk_hash hash, shk_span key, shk_span header,
                            shk_span padded, size_t len, uint8_t *out)
{
    const shk_span parts[] = {header, shk_span_of(padded.data, len)};
    return shk_toy_hmac(crypto, hash, key, parts, 2, out);
}
