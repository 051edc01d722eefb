/* The hash of several parts, in one call. */
#ifndef SHK_CRYPTO_HASH_PARTS_H
#define SHK_CRYPTO_HASH_PARTS_H

#include "shakedown/crypto.h"

/* The hash of `count` parts, one behind the other; `out` has the size
 * of the hash. */
shk_status shk_hash_parts(const shk_crypto *crypto, shk_hash hash, const shk_span *parts,
                          size_t count, uint8_t *out);

#endif
