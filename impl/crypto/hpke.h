/* Hybrid public key encryption in base mode (RFC 9180): one sender encrypts to the holder of a
 * private key. Built from the provider's key agreement, HKDF and AEAD. */
#ifndef SHK_CRYPTO_HPKE_H
#define SHK_CRYPTO_HPKE_H

#include "shakedown/crypto.h"

/* Bytes of an encapsulated key or public key, of a private key, and of an AEAD's tag, at most. */
enum { SHK_HPKE_MAX_PUBLIC = 65, SHK_HPKE_PRIVATE = 32, SHK_HPKE_TAG = 16 };

/* DHKEM(P-256, HKDF-SHA256) and DHKEM(X25519, HKDF-SHA256); HKDF-SHA256; the AEADs (RFC
 * 9180 §7) */
enum {
    SHK_HPKE_KEM_P256 = 0x0010,
    SHK_HPKE_KEM_X25519 = 0x0020,
    SHK_HPKE_KDF_SHA256 = 1,
    SHK_HPKE_AEAD_AES_128_GCM = 1,
    SHK_HPKE_AEAD_AES_256_GCM = 2,
    SHK_HPKE_AEAD_CHACHA20_POLY1305 = 3
};

typedef struct {
    uint16_t kem_id;
    uint16_t kdf_id;
    uint16_t aead_id;
} shk_hpke_suite;

/* One direction of messages, in order. Zeroed: none; shk_hpke_end wipes it. */
typedef struct {
    const shk_crypto *crypto;
    shk_cipher_key *key;
    uint8_t base_nonce[12];
    uint64_t sequence;
} shk_hpke;

/* Whether the algorithms are known here and the provider has them. */
bool shk_hpke_usable(const shk_crypto *crypto, shk_hpke_suite suite);
/* Bytes of a public key, and of an encapsulated one; 0 where the KEM is not known. */
size_t shk_hpke_public_size(uint16_t kem_id);
/* The public key of a private one (SHK_HPKE_PRIVATE bytes); `out` has shk_hpke_public_size. */
shk_status shk_hpke_public_key(const shk_crypto *crypto, uint16_t kem_id,
                               const uint8_t *private_key, uint8_t *out);
/* SetupBaseS (§5.1.1): draws the ephemeral key; `enc` receives shk_hpke_public_size bytes.
 * SHK_E_BAD_KEY_SHARE where the public key is not valid. */
shk_status shk_hpke_sender(const shk_crypto *crypto, shk_hpke_suite suite, shk_span public_key,
                           shk_span info, const shk_random *random, uint8_t *enc, shk_hpke *out);
/* SetupBaseR (§5.1.1). SHK_E_BAD_KEY_SHARE where `enc` is not valid. */
shk_status shk_hpke_receiver(const shk_crypto *crypto, shk_hpke_suite suite,
                             const uint8_t *private_key, shk_span enc, shk_span info,
                             shk_hpke *out);
/* The next message (§5.2): seal writes plaintext.len + SHK_HPKE_TAG bytes, open ciphertext.len -
 * SHK_HPKE_TAG, in place if wanted. open: SHK_E_BAD_RECORD_MAC, also where there is no tag. */
shk_status shk_hpke_seal(shk_hpke *hpke, shk_span additional, shk_span plaintext, uint8_t *out);
shk_status shk_hpke_open(shk_hpke *hpke, shk_span additional, shk_span ciphertext, uint8_t *out);
void shk_hpke_end(shk_hpke *hpke);

#endif
