/* CBC records: MAC, then pad, then encrypt (RFC 5246 §6.2.3.2), or encrypt, then MAC (RFC 7366).
 * Opening takes the same time and path whatever padding and MAC are (RFC 5246 §6.2.3.2, Lucky 13):
 * the padding length is only ever used in masks and in the MAC's constant-time length; one alert
 * stands for both mistakes. */
#include <string.h>

#include "record/record_pieces.h"
#include "wire/secret.h"

/* Bytes of IV that travel with a record: none in TLS 1.0, where the last ciphertext block is the
 * next IV (RFC 2246 §6.2.3.2, RFC 4346 §6.2.3.2). */
static size_t explicit_iv(const shk_protection *p)
{
    return p->version <= SHK_TLS10 ? 0 : p->cipher->record_iv;
}

/* Encrypts or decrypts `len` bytes that follow `iv`, or the chained IV, which moves on. */
static shk_status crypt(shk_protection *p, const uint8_t *iv, shk_span in, bool seal, uint8_t *out)
{
    size_t block = p->cipher->record_iv;
    uint8_t chained[16];
    if (p->version > SHK_TLS10)
        return p->crypto->cbc(p->key, iv, in, out);
    memcpy(chained, in.data + in.len - block, block);
    SHK_TRY(p->crypto->cbc(p->key, p->iv, in, out));
    memcpy(p->iv, seal ? out + in.len - block : chained, block);
    return SHK_OK;
}

shk_status shk_cbc_seal(shk_protection *p, uint8_t type, shk_span content, shk_buf *out)
{
    size_t block = p->cipher->record_iv;
    size_t iv_len = explicit_iv(p);
    size_t mac = shk_hash_size(p->mac);
    size_t inner = content.len + (p->encrypt_then_mac ? 0 : mac);
    size_t padding = block - inner % block; /* 1 to block, padding_length included */
    size_t len = iv_len + inner + padding + (p->encrypt_then_mac ? mac : 0);
    SHK_TRY(shk_buf_reserve(out, SHK_RECORD_HEADER + len));
    uint8_t *record = out->data + out->len;
    uint8_t *iv = record + SHK_RECORD_HEADER;
    uint8_t *body = iv + iv_len;
    shk_record_header(record, type, p->version, len);
    p->random->fill(p->random->context, iv, iv_len);
    if (content.len > 0)
        memcpy(body, content.data, content.len);
    if (!p->encrypt_then_mac)
        SHK_TRY(shk_record_mac(p, type, content, body + content.len));
    memset(body + inner, (int)(padding - 1), padding);
    SHK_TRY(crypt(p, iv, shk_span_of(body, inner + padding), true, body));
    if (p->encrypt_then_mac) /* over IV and ciphertext (RFC 7366 §3) */
        SHK_TRY(shk_record_mac(p, type, shk_span_of(iv, iv_len + inner + padding),
                               body + inner + padding));
    out->len += SHK_RECORD_HEADER + len;
    return SHK_OK;
}

/* Looks at all of the last 256 bytes. Returns all ones if the padding is good and sets `padding` to
 * its length with padding_length; zero, and a `padding` of 1, if it is not. */
static uint32_t check_padding(const uint8_t *data, uint32_t len, uint32_t mac, uint32_t *padding)
{
    uint32_t length = data[len - 1];
    uint32_t good = shk_mask_ge(len, mac + 1 + length);
    uint32_t look = len < 256 ? len : 256;
    for (uint32_t i = 0; i < look; i++) {
        uint32_t inside = shk_mask_ge(length, i);
        good &= ~inside | shk_mask_eq(data[len - 1 - i], length);
    }
    *padding = (good & (length + 1)) | (~good & 1);
    return good;
}

/* Copies the MAC that ends at the secret offset `end` without indexing by it: every byte where it
 * may lie is looked at. */
static void copy_mac(const uint8_t *data, uint32_t len, uint32_t end, uint32_t mac, uint8_t *out)
{
    uint32_t start = end - mac;
    uint32_t first = len > mac + 256 ? len - mac - 256 : 0;
    memset(out, 0, mac);
    for (uint32_t i = first; i < len; i++)
        for (uint32_t j = 0; j < mac; j++)
            out[j] = (uint8_t)(out[j] | (data[i] & shk_mask_eq(i, start + j)));
}

/* MAC, then pad, then encrypt: the order that needs constant time. */
static shk_status open_mac_then_encrypt(shk_protection *p, uint8_t type, shk_span fragment,
                                        shk_buf *out)
{
    uint8_t header[SHK_ADDITIONAL_DATA_12];
    uint8_t sent[SHK_MAX_HASH];
    uint8_t computed[SHK_MAX_HASH];
    uint32_t block = p->cipher->record_iv;
    uint32_t iv_len = (uint32_t)explicit_iv(p);
    uint32_t mac = (uint32_t)shk_hash_size(p->mac);
    uint32_t padding;
    if (fragment.len % block != 0 || fragment.len < iv_len + mac + 1)
        return SHK_E_BAD_RECORD_MAC;
    uint32_t len = (uint32_t)fragment.len - iv_len;
    SHK_TRY(crypt(p, fragment.data, shk_span_of(fragment.data + iv_len, len), false, out->data));
    uint32_t good = check_padding(out->data, len, mac, &padding);
    uint32_t content = len - padding - mac;
    shk_additional_data_12(p, type, content, header);
    SHK_TRY(p->crypto->hmac_cbc(p->crypto, p->mac, shk_span_of(p->mac_key, mac),
                                shk_span_of(header, sizeof header), shk_span_of(out->data, len),
                                content, computed));
    copy_mac(out->data, len, len - padding, mac, sent);
    uint32_t authentic = good & (0u - (uint32_t)shk_equal_constant_time(sent, computed, mac));
    SHK_DECLASSIFY(authentic); /* the alert tells */
    if (authentic == 0)
        return SHK_E_BAD_RECORD_MAC;
    SHK_DECLASSIFY(content); /* an authentic record's length is no secret of its padding's */
    out->len = content;
    return SHK_OK;
}

/* Encrypt, then MAC (RFC 7366 §3): what does not authenticate is not decrypted. */
static shk_status open_encrypt_then_mac(shk_protection *p, uint8_t type, shk_span fragment,
                                        shk_buf *out)
{
    uint8_t computed[SHK_MAX_HASH];
    size_t block = p->cipher->record_iv;
    size_t iv_len = explicit_iv(p);
    size_t mac = shk_hash_size(p->mac);
    if (fragment.len < iv_len + block + mac || (fragment.len - mac) % block != 0)
        return SHK_E_BAD_RECORD_MAC;
    size_t covered = fragment.len - mac;
    size_t len = covered - iv_len;
    SHK_TRY(shk_record_mac(p, type, shk_span_of(fragment.data, covered), computed));
    if (!shk_equal_constant_time(computed, fragment.data + covered, mac))
        return SHK_E_BAD_RECORD_MAC;
    SHK_TRY(crypt(p, fragment.data, shk_span_of(fragment.data + iv_len, len), false, out->data));
    uint32_t padding;
    if (check_padding(out->data, (uint32_t)len, 0, &padding) == 0)
        return SHK_E_BAD_RECORD_MAC;
    out->len = len - padding;
    return SHK_OK;
}

shk_status shk_cbc_open(shk_protection *p, uint8_t type, shk_span fragment, shk_buf *out)
{
    return p->encrypt_then_mac ? open_encrypt_then_mac(p, type, fragment, out)
                               : open_mac_then_encrypt(p, type, fragment, out);
}
