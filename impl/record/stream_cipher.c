/* GenericStreamCipher records (RFC 5246 §6.2.3.1), of which only NULL is left: content and its MAC,
 * for all to read. */
#include <string.h>

#include "record/record_pieces.h"

shk_status shk_stream_cipher_seal(shk_protection *p, uint8_t type, shk_span content, shk_buf *out)
{
    size_t len = content.len + shk_hash_size(p->mac);
    SHK_TRY(shk_buf_reserve(out, SHK_RECORD_HEADER + len));
    uint8_t *record = out->data + out->len;
    uint8_t *fragment = record + SHK_RECORD_HEADER;
    shk_record_header(record, type, p->version, len);
    if (content.len > 0)
        memcpy(fragment, content.data, content.len);
    SHK_TRY(shk_record_mac(p, type, content, fragment + content.len));
    out->len += SHK_RECORD_HEADER + len;
    return SHK_OK;
}

shk_status shk_stream_cipher_open(shk_protection *p, uint8_t type, shk_span fragment, shk_buf *out)
{
    uint8_t computed[SHK_MAX_HASH];
    size_t mac = shk_hash_size(p->mac);
    if (fragment.len < mac)
        return SHK_E_BAD_RECORD_MAC;
    size_t len = fragment.len - mac;
    SHK_TRY(shk_record_mac(p, type, shk_span_of(fragment.data, len), computed));
    if (!shk_equal_constant_time(computed, fragment.data + len, mac))
        return SHK_E_BAD_RECORD_MAC;
    memcpy(out->data, fragment.data, len);
    out->len = len;
    return SHK_OK;
}
