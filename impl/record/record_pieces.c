/* The pieces of a record that all ways of protection share: header, additional data, MAC
 * (record/record_pieces.h). */
#include "record/record_pieces.h"

void shk_put_u64(uint8_t *out, uint64_t value)
{
    for (int i = 0; i < 8; i++)
        out[i] = (uint8_t)(value >> (56 - 8 * i));
}

void shk_record_header(uint8_t *out, uint8_t type, uint16_t version, size_t len)
{
    out[0] = type;
    out[1] = (uint8_t)(version >> 8);
    out[2] = (uint8_t)version;
    out[3] = (uint8_t)(len >> 8);
    out[4] = (uint8_t)len;
}

/* additional_data of TLS 1.2: sequence number, type, version, length of the plaintext (RFC 5246
 * §6.2.3.3). */
void shk_additional_data_12(const shk_protection *p, uint8_t type, size_t len, uint8_t *out)
{
    shk_put_u64(out, p->sequence);
    shk_record_header(out + 8, type, p->version, len);
}

shk_status shk_record_mac(shk_protection *p, uint8_t type, shk_span covered, uint8_t *out)
{
    uint8_t header[SHK_ADDITIONAL_DATA_12];
    shk_additional_data_12(p, type, covered.len, header);
    shk_span parts[2] = {shk_span_of(header, sizeof header), covered};
    return p->crypto->hmac(p->crypto, p->mac, shk_span_of(p->mac_key, shk_hash_size(p->mac)), parts,
                           2, out);
}
