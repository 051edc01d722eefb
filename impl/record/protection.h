/* Record protection: one direction's keys and its sequence number (RFC 8446 §5.2, RFC 5246 §6.2.3).
 * NULL in place of a protection means plaintext. */
#ifndef SHK_RECORD_PROTECTION_H
#define SHK_RECORD_PROTECTION_H

#include "shakedown/crypto.h"

typedef struct shk_protection shk_protection;

/* The keys of one direction; lengths follow from the suite. `mac` for CBC suites only. */
typedef struct {
    const uint8_t *key;
    const uint8_t *iv;
    const uint8_t *mac;
    bool encrypt_then_mac; /* CBC: RFC 7366 */
} shk_record_keys;

/* Keys for sealing (`seal`) or opening records of `version`. */
shk_status shk_protection_new(const shk_allocator *allocator, const shk_crypto *crypto,
                              const shk_random *random, const shk_suite_row *suite,
                              uint16_t version, bool seal, const shk_record_keys *keys,
                              shk_protection **out);
void shk_protection_free(shk_protection *protection);

/* Appends a whole record (header included) with the content to `out`. `content.len` is at most
 * SHK_MAX_PLAINTEXT. */
shk_status shk_protection_seal(shk_protection *p, uint8_t type, shk_span content, shk_buf *out);
/* Most bytes that a fragment is longer than its content, or in TLS 1.3 than TLSInnerPlaintext. */
size_t shk_protection_expansion(const shk_protection *p);
/* Opens the fragment of a record into `out` (which is emptied first); `type` is the header's and
 * becomes the inner one. SHK_E_BAD_RECORD_MAC, SHK_E_RECORD_OVERFLOW, SHK_E_NO_CONTENT_TYPE,
 * SHK_E_SEQUENCE_LIMIT. */
shk_status shk_protection_open(shk_protection *p, uint8_t *type, uint16_t header_version,
                               shk_span fragment, shk_buf *out);

#endif
