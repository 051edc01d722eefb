/* Protects records with the keys of an opener, for somebody in the middle who has them: AEAD suites
 * of TLS 1.2 and 1.3 alone (RFC 8446 §5.2, RFC 5246 §6.2.3.3). */
#ifndef SHK_KEYS_SEALER_H
#define SHK_KEYS_SEALER_H

#include "keys/opener.h"

typedef struct {
    const shk_opener *opener; /* whose keys these are; NULL: there are none */
    shk_cipher_key *key;
    uint64_t sequence;
} shk_sealer;

/* Takes a sealer that is all zero or free; goes on at `sequence`. False where the suite has no
 * AEAD, or the provider fails. */
bool shk_sealer_of(shk_sealer *sealer, const shk_opener *opener, uint64_t sequence);
void shk_sealer_free(shk_sealer *sealer);
/* Appends a whole record. False where the provider fails. */
bool shk_sealer_seal(shk_sealer *sealer, uint8_t type, shk_span content, shk_buf *out);

#endif
