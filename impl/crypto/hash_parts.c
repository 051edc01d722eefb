/* The hash of several parts (crypto/hash_parts.h). */
#include "crypto/hash_parts.h"

static shk_status digest(const shk_crypto *crypto, shk_hash_state *state, const shk_span *parts,
                         size_t count, uint8_t *out)
{
    for (size_t i = 0; i < count; i++)
        SHK_TRY(crypto->hash_update(state, parts[i]));
    return crypto->hash_digest(state, out);
}

shk_status shk_hash_parts(const shk_crypto *crypto, shk_hash hash, const shk_span *parts,
                          size_t count, uint8_t *out)
{
    shk_hash_state *state;
    SHK_TRY(crypto->hash_new(crypto, hash, &state));
    shk_status status = digest(crypto, state, parts, count, out);
    crypto->hash_free(state);
    return status;
}
