/* What the ways of protection share: the content of a shk_protection, the pieces of a record, and
 * what each of CBC and stream ciphers does with one. */
#ifndef SHK_RECORD_RECORD_PIECES_H
#define SHK_RECORD_RECORD_PIECES_H

#include "record/protection.h"

enum { SHK_NONCE = 12, SHK_RECORD_HEADER = 5, SHK_ADDITIONAL_DATA_12 = 13 };

struct shk_protection {
    const shk_allocator *allocator;
    const shk_crypto *crypto;
    const shk_random *random; /* for the explicit IVs of CBC */
    const shk_cipher_row *cipher;
    shk_cipher_key *key;
    uint64_t sequence;
    size_t padding; /* TLS 1.3: zeros behind the content type of what is sealed */
    uint16_t version;
    shk_hash mac;
    bool encrypt_then_mac;
    uint8_t iv[16]; /* of AEAD; below TLS 1.1 the next IV of CBC */
    uint8_t mac_key[SHK_MAX_HASH];
};

void shk_put_u64(uint8_t *out, uint64_t value);
void shk_record_header(uint8_t *out, uint8_t type, uint16_t version, size_t len);
/* Writes the 13 bytes that TLS 1.2 authenticates beside the content. */
void shk_additional_data_12(const shk_protection *p, uint8_t type, size_t len, uint8_t *out);

/* The MAC of a record: over sequence number, header and what is covered (RFC 5246 §6.2.3.1). `out`
 * has the hash's size. */
shk_status shk_record_mac(shk_protection *p, uint8_t type, shk_span covered, uint8_t *out);

/* GenericBlockCipher records (RFC 5246 §6.2.3.2); as shk_protection_seal and _open. */
shk_status shk_cbc_seal(shk_protection *p, uint8_t type, shk_span content, shk_buf *out);
shk_status shk_cbc_open(shk_protection *p, uint8_t type, shk_span fragment, shk_buf *out);
/* GenericStreamCipher records; likewise. */
shk_status shk_stream_cipher_seal(shk_protection *p, uint8_t type, shk_span content, shk_buf *out);
shk_status shk_stream_cipher_open(shk_protection *p, uint8_t type, shk_span fragment, shk_buf *out);

#endif
