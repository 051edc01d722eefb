/* CBC records: MAC, then pad, then encrypt (RFC 5246 §6.2.3.2).
 * Opening takes the same time and path whatever padding and MAC are (RFC 5246 §6.2.3.2, Lucky 13):
 * the padding length is only ever used in masks and in the MAC's constant-time length; one alert
 * stands for both mistakes. */
#include <string.h>

#include "record/protection_state.h"

shk_status shk_cbc_seal(shk_protection *p, uint8_t type, shk_span content, shk_buf *out)
{
    uint8_t header[SHK_ADDITIONAL_DATA_12];
    size_t block = p->cipher->record_iv;
    size_t mac = shk_hash_size(p->mac);
    size_t padding = block - (content.len + mac) % block; /* 1 to block, padding_length included */
    size_t len = content.len + mac + padding;
    SHK_TRY(shk_buf_reserve(out, SHK_RECORD_HEADER + block + len));
    uint8_t *record = out->data + out->len;
    uint8_t *iv = record + SHK_RECORD_HEADER;
    uint8_t *body = iv + block;
    shk_record_header(record, type, p->version, block + len);
    p->random->fill(p->random->context, iv, block);
    shk_additional_data_12(p, type, content.len, header);
    shk_span parts[2] = {shk_span_of(header, sizeof header), content};
    if (content.len > 0)
        memcpy(body, content.data, content.len);
    SHK_TRY(p->crypto->hmac(p->crypto, p->mac, shk_span_of(p->mac_key, mac), parts, 2,
                            body + content.len));
    memset(body + content.len + mac, (int)(padding - 1), padding);
    SHK_TRY(p->crypto->cbc(p->key, iv, shk_span_of(body, len), body));
    out->len += SHK_RECORD_HEADER + block + len;
    return SHK_OK;
}

/* All ones if a >= b, else zero; for values below 2^31. */
static uint32_t mask_ge(uint32_t a, uint32_t b)
{
    return ~(0u - ((a - b) >> 31));
}

/* All ones if a == b. */
static uint32_t mask_eq(uint32_t a, uint32_t b)
{
    return mask_ge(a, b) & mask_ge(b, a);
}

/* Looks at all of the last 256 bytes. Returns all ones if the padding is good and sets `padding` to
 * its length with padding_length; zero, and a `padding` of 1, if it is not. */
static uint32_t check_padding(const uint8_t *data, uint32_t len, uint32_t mac, uint32_t *padding)
{
    uint32_t length = data[len - 1];
    uint32_t good = mask_ge(len, mac + 1 + length);
    uint32_t look = len < 256 ? len : 256;
    for (uint32_t i = 0; i < look; i++) {
        uint32_t inside = mask_ge(length, i);
        good &= ~inside | mask_eq(data[len - 1 - i], length);
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
            out[j] = (uint8_t)(out[j] | (data[i] & mask_eq(i, start + j)));
}

shk_status shk_cbc_open(shk_protection *p, uint8_t type, shk_span fragment, shk_buf *out)
{
    uint8_t header[SHK_ADDITIONAL_DATA_12];
    uint8_t sent[SHK_MAX_HASH];
    uint8_t computed[SHK_MAX_HASH];
    uint32_t block = p->cipher->record_iv;
    uint32_t mac = (uint32_t)shk_hash_size(p->mac);
    uint32_t padding;
    if (fragment.len % block != 0 || fragment.len < block + mac + 1)
        return SHK_E_BAD_RECORD_MAC;
    uint32_t len = (uint32_t)fragment.len - block;
    SHK_TRY(
        p->crypto->cbc(p->key, fragment.data, shk_span_of(fragment.data + block, len), out->data));
    uint32_t good = check_padding(out->data, len, mac, &padding);
    uint32_t content = len - padding - mac;
    shk_additional_data_12(p, type, content, header);
    SHK_TRY(p->crypto->hmac_cbc(p->crypto, p->mac, shk_span_of(p->mac_key, mac),
                                shk_span_of(header, sizeof header), shk_span_of(out->data, len),
                                content, computed));
    copy_mac(out->data, len, len - padding, mac, sent);
    uint32_t same = shk_equal_constant_time(sent, computed, mac) ? ~0u : 0u;
    if ((good & same) == 0)
        return SHK_E_BAD_RECORD_MAC;
    if (content > SHK_MAX_PLAINTEXT)
        return SHK_E_RECORD_OVERFLOW;
    out->len = content;
    return SHK_OK;
}
