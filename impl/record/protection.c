/* Record protection with AEAD ciphers (record/protection.h); the others are in record/cbc.c and
 * record/stream_cipher.c. */
#include "record/protection.h"

#include <string.h>

#include "record/record_pieces.h"

enum { MAX_CBC_PADDING = 256 };

shk_status shk_protection_new(const shk_allocator *allocator, const shk_crypto *crypto,
                              const shk_random *random, const shk_suite_row *suite,
                              uint16_t version, bool seal, const shk_record_keys *keys,
                              shk_protection **out)
{
    const shk_cipher_row *cipher = shk_cipher_of(suite->cipher);
    shk_protection *p = (shk_protection *)shk_new(allocator, sizeof *p);
    if (p == NULL)
        return SHK_OWN(NO_MEMORY);
    p->allocator = allocator;
    p->crypto = crypto;
    p->random = random;
    p->cipher = cipher;
    p->version = version;
    p->mac = suite->mac;
    p->encrypt_then_mac = keys->encrypt_then_mac;
    if (version >= SHK_TLS13)
        memcpy(p->iv, keys->iv, SHK_NONCE);
    else
        memcpy(p->iv, keys->iv,
               cipher->kind == SHK_KIND_CBC && version <= SHK_TLS10 ? cipher->record_iv
                                                                    : cipher->fixed_iv);
    if (suite->mac != SHK_HASH_NONE)
        memcpy(p->mac_key, keys->mac, shk_hash_size(suite->mac));
    shk_status status = crypto->cipher_new(crypto, suite->cipher, keys->key, seal, &p->key);
    if (status != SHK_OK) {
        shk_protection_free(p);
        return status;
    }
    *out = p;
    return SHK_OK;
}

void shk_protection_free(shk_protection *protection)
{
    if (protection == NULL)
        return;
    protection->crypto->cipher_free(protection->key);
    shk_wipe(protection->iv, sizeof protection->iv);
    shk_wipe(protection->mac_key, sizeof protection->mac_key);
    shk_delete(protection->allocator, protection, sizeof *protection);
}

/* The fixed IV XOR the sequence number (RFC 8446 §5.3, RFC 7905 §2), or the fixed IV followed by
 * the eight bytes that travel with the record (RFC 5288 §3). */
static void nonce_of(const shk_protection *p, const uint8_t *record_iv, uint8_t *nonce)
{
    uint8_t sequence[8];
    if (p->version < SHK_TLS13 && p->cipher->record_iv > 0) {
        memcpy(nonce, p->iv, p->cipher->fixed_iv);
        memcpy(nonce + p->cipher->fixed_iv, record_iv, p->cipher->record_iv);
        return;
    }
    shk_put_u64(sequence, p->sequence);
    memcpy(nonce, p->iv, SHK_NONCE);
    for (int i = 0; i < 8; i++)
        nonce[4 + i] ^= sequence[i];
}

static shk_status seal_13(shk_protection *p, uint8_t type, shk_span content, shk_buf *out)
{
    uint8_t nonce[SHK_NONCE];
    size_t inner = content.len + 1 + p->padding;
    size_t len = inner + p->cipher->tag;
    SHK_TRY(shk_buf_reserve(out, SHK_RECORD_HEADER + len));
    uint8_t *record = out->data + out->len;
    uint8_t *fragment = record + SHK_RECORD_HEADER;
    shk_record_header(record, SHK_APPLICATION_DATA, SHK_TLS12, len);
    if (content.len > 0)
        memcpy(fragment, content.data, content.len);
    fragment[content.len] = type;
    memset(fragment + content.len + 1, 0, p->padding);
    nonce_of(p, NULL, nonce);
    SHK_TRY(p->crypto->aead_seal(p->key, nonce, shk_span_of(record, SHK_RECORD_HEADER),
                                 shk_span_of(fragment, inner), fragment));
    out->len += SHK_RECORD_HEADER + len;
    return SHK_OK;
}

static shk_status seal_12(shk_protection *p, uint8_t type, shk_span content, shk_buf *out)
{
    uint8_t nonce[SHK_NONCE];
    uint8_t additional[SHK_ADDITIONAL_DATA_12];
    size_t explicit_len = p->cipher->record_iv;
    size_t len = explicit_len + content.len + p->cipher->tag;
    SHK_TRY(shk_buf_reserve(out, SHK_RECORD_HEADER + len));
    uint8_t *record = out->data + out->len;
    uint8_t *fragment = record + SHK_RECORD_HEADER;
    shk_record_header(record, type, p->version, len);
    if (explicit_len > 0)
        shk_put_u64(fragment, p->sequence);
    nonce_of(p, fragment, nonce);
    shk_additional_data_12(p, type, content.len, additional);
    SHK_TRY(p->crypto->aead_seal(p->key, nonce, shk_span_of(additional, sizeof additional), content,
                                 fragment + explicit_len));
    out->len += SHK_RECORD_HEADER + len;
    return SHK_OK;
}

static shk_status seal(shk_protection *p, uint8_t type, shk_span content, shk_buf *out)
{
    if (p->cipher->kind == SHK_KIND_CBC)
        return shk_cbc_seal(p, type, content, out);
    if (p->cipher->kind == SHK_KIND_STREAM)
        return shk_stream_cipher_seal(p, type, content, out);
    return p->version >= SHK_TLS13 ? seal_13(p, type, content, out)
                                   : seal_12(p, type, content, out);
}

shk_status shk_protection_seal(shk_protection *p, uint8_t type, shk_span content, shk_buf *out)
{
    if (p->sequence == UINT64_MAX)
        return SHK_E_SEQUENCE_LIMIT;
    SHK_TRY(seal(p, type, content, out));
    p->sequence++;
    return SHK_OK;
}

size_t shk_protection_expansion(const shk_protection *p)
{
    if (p->version >= SHK_TLS13)
        return p->cipher->tag;
    size_t padding = p->cipher->kind == SHK_KIND_CBC ? MAX_CBC_PADDING : 0;
    return p->cipher->record_iv + p->cipher->tag + shk_hash_size(p->mac) + padding;
}

/* TLSInnerPlaintext (RFC 8446 §5.2, §5.4): content, its type, and zeros. Its greatest length is the
 * connection's to know. */
static shk_status strip_padding(uint8_t *type, shk_buf *out)
{
    while (out->len > 0 && out->data[out->len - 1] == 0)
        out->len--;
    if (out->len == 0)
        return SHK_E_NO_CONTENT_TYPE;
    *type = out->data[--out->len];
    return SHK_OK;
}

static shk_status open_13(shk_protection *p, uint8_t *type, uint16_t header_version,
                          shk_span fragment, shk_buf *out)
{
    uint8_t nonce[SHK_NONCE];
    uint8_t header[SHK_RECORD_HEADER];
    if (fragment.len < p->cipher->tag)
        return SHK_E_BAD_RECORD_MAC;
    shk_record_header(header, *type, header_version, fragment.len);
    nonce_of(p, NULL, nonce);
    SHK_TRY(p->crypto->aead_open(p->key, nonce, shk_span_of(header, sizeof header), fragment,
                                 out->data));
    out->len = fragment.len - p->cipher->tag;
    return strip_padding(type, out);
}

static shk_status open_12(shk_protection *p, uint8_t type, shk_span fragment, shk_buf *out)
{
    uint8_t nonce[SHK_NONCE];
    uint8_t additional[SHK_ADDITIONAL_DATA_12];
    size_t explicit_len = p->cipher->record_iv;
    if (fragment.len < explicit_len + p->cipher->tag)
        return SHK_E_BAD_RECORD_MAC;
    size_t len = fragment.len - explicit_len - p->cipher->tag;
    nonce_of(p, fragment.data, nonce);
    shk_additional_data_12(p, type, len, additional);
    SHK_TRY(p->crypto->aead_open(
        p->key, nonce, shk_span_of(additional, sizeof additional),
        shk_span_of(fragment.data + explicit_len, fragment.len - explicit_len), out->data));
    out->len = len;
    return SHK_OK;
}

shk_status shk_protection_open(shk_protection *p, uint8_t *type, uint16_t header_version,
                               shk_span fragment, shk_buf *out)
{
    shk_status status;
    out->len = 0;
    SHK_TRY(shk_buf_reserve(out, fragment.len));
    if (p->sequence == UINT64_MAX)
        return SHK_E_SEQUENCE_LIMIT;
    if (p->cipher->kind == SHK_KIND_CBC)
        status = shk_cbc_open(p, *type, fragment, out);
    else if (p->cipher->kind == SHK_KIND_STREAM)
        status = shk_stream_cipher_open(p, *type, fragment, out);
    else if (p->version >= SHK_TLS13)
        status = open_13(p, type, header_version, fragment, out);
    else
        status = open_12(p, *type, fragment, out);
    p->sequence++;
    return status;
}
