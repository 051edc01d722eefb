/* Opens the protected records of one direction, for an onlooker who has the keys (RFC 8446 §5.2,
 * RFC 5246 §6.2.3). Independent of impl/record, which protects our own end's. */
#ifndef SHK_KEYS_OPENER_H
#define SHK_KEYS_OPENER_H

#include "shakedown/crypto.h"

enum { SHK_MAX_OPENER_IV = 16, SHK_MAX_OPENER_KEY = 32 };

typedef struct {
    const shk_crypto *crypto;
    const shk_suite_row *suite;
    uint16_t version;
    bool encrypt_then_mac;
    shk_cipher_key *key;                   /* NULL: it opens nothing, or the cipher is NULL */
    uint8_t key_bytes[SHK_MAX_OPENER_KEY]; /* what `key` was made of */
    uint8_t iv[SHK_MAX_OPENER_IV];
    uint8_t mac[SHK_MAX_HASH];
    uint8_t secret[SHK_MAX_HASH]; /* TLS 1.3: the traffic secret */
    uint64_t sequence;
} shk_opener;

/* Each begins an opener that holds no key. False where the provider fails; it can be freed then. */
bool shk_opener_of_secret(shk_opener *opener, const shk_crypto *crypto, const shk_suite_row *suite,
                          shk_span traffic_secret);
/* Below TLS 1.3: the keys of that end from the master secret (RFC 5246 §6.3). */
bool shk_opener_of_master(shk_opener *opener, const shk_crypto *crypto, const shk_suite_row *suite,
                          uint16_t version, bool encrypt_then_mac, shk_span master,
                          const shk_span randoms[2], bool of_server);
void shk_opener_free(shk_opener *opener);

/* Opens a record into `out`, which is emptied first. `type` is the header's, and becomes the inner
 * one. False where it does not open: then nothing changes. */
bool shk_opener_open(shk_opener *opener, uint8_t *type, shk_span fragment, shk_buf *out);
/* TLS 1.3: goes on to the keys behind a KeyUpdate (RFC 8446 §7.2). */
bool shk_opener_update(shk_opener *opener);

#endif
