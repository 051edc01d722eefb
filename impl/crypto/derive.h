/* Key derivation functions: HKDF (RFC 5869) with TLS 1.3's labels (RFC 8446 §7.1), and the PRF of
 * TLS 1.2 (RFC 5246 §5). All lengths are bytes; secrets have the size of their hash unless said. */
#ifndef SHK_CRYPTO_DERIVE_H
#define SHK_CRYPTO_DERIVE_H

#include "shakedown/crypto.h"

shk_status shk_hkdf_extract(const shk_crypto *crypto, shk_hash hash, shk_span salt, shk_span ikm,
                            uint8_t *out);
/* SHK_E_INTERNAL if len is above 255 times the hash's size. */
shk_status shk_hkdf_expand(const shk_crypto *crypto, shk_hash hash, shk_span prk, shk_span info,
                           uint8_t *out, size_t len);
/* HKDF-Expand-Label; `label` without the "tls13 " prefix. */
shk_status shk_expand_label(const shk_crypto *crypto, shk_hash hash, const uint8_t *secret,
                            const char *label, shk_span context, uint8_t *out, size_t len);
/* Derive-Secret with the hash of the messages given; NULL stands for no messages. */
shk_status shk_derive_secret(const shk_crypto *crypto, shk_hash hash, const uint8_t *secret,
                             const char *label, const uint8_t *transcript, uint8_t *out);
/* PRF(secret, label, seed) of TLS 1.2, or with SHK_HASH_MD5_SHA1 that of TLS 1.0 and 1.1; the seed
 * in two parts. */
shk_status shk_prf(const shk_crypto *crypto, shk_hash hash, shk_span secret, const char *label,
                   shk_span seed, shk_span seed2, uint8_t *out, size_t len);

#endif
