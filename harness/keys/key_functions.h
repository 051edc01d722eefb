/* The key derivations of TLS as an onlooker does them, on a crypto provider alone: HKDF with TLS
 * 1.3's labels (RFC 8446 §7.1) and the PRF below (RFC 5246 §5, RFC 2246 §5). All return false where
 * the provider fails. Secrets may have any length, also 0. */
#ifndef SHK_KEYS_KEY_FUNCTIONS_H
#define SHK_KEYS_KEY_FUNCTIONS_H

#include "shakedown/crypto.h"

/* The hash of the parts, one behind the other. */
bool shk_observer_hash(const shk_crypto *crypto, shk_hash hash, const shk_span *parts, size_t count,
                       uint8_t *out);
/* HMAC of the parts. */
bool shk_observer_hmac(const shk_crypto *crypto, shk_hash hash, shk_span key, const shk_span *parts,
                       size_t count, uint8_t *out);
/* HKDF-Expand-Label; `label` without "tls13 ". `len` is at most SHK_MAX_HASH. */
bool shk_observer_expand(const shk_crypto *crypto, shk_hash hash, shk_span secret,
                         const char *label, shk_span context, uint8_t *out, size_t len);
/* Derive-Secret of no messages, and HKDF-Extract with it as the salt: from one secret of the
 * schedule to the next. An empty `secret` is the schedule's beginning. */
bool shk_observer_next_secret(const shk_crypto *crypto, shk_hash hash, shk_span secret,
                              shk_span input, uint8_t *out);
/* PRF(secret, label, seed + seed2); with SHK_HASH_MD5_SHA1 that of TLS 1.0 and 1.1. */
bool shk_observer_prf(const shk_crypto *crypto, shk_hash hash, shk_span secret, const char *label,
                      shk_span seed, shk_span seed2, uint8_t *out, size_t len);
/* The hash of the PRF of a version below TLS 1.3 (RFC 5246 §1.2). */
shk_hash shk_observer_prf_hash(uint16_t version, const shk_suite_row *suite);

/* The sequence number of a record, as nonces and additional data have it. */
void shk_observer_put_sequence(uint64_t sequence, uint8_t out[8]);
/* The nonce of a record: the IV XOR the sequence number (RFC 8446 §5.3, RFC 7905 §2). */
enum { SHK_OBSERVER_NONCE = 12 };
void shk_observer_nonce(const uint8_t *iv, uint64_t sequence, uint8_t nonce[SHK_OBSERVER_NONCE]);

#endif
