/* Protecting records (keys/sealer.h). */
#include "keys/sealer.h"

#include <string.h>

#include "keys/key_functions.h"

enum { NONCE = SHK_OBSERVER_NONCE, RECORD_HEADER = 5, ADDITIONAL_12 = 13 };

void shk_sealer_free(shk_sealer *sealer)
{
    if (sealer->opener != NULL && sealer->key != NULL)
        sealer->opener->crypto->cipher_free(sealer->key);
    *sealer = (shk_sealer){NULL, NULL, 0};
}

bool shk_sealer_of(shk_sealer *sealer, const shk_opener *opener, uint64_t sequence)
{
    const shk_cipher_row *cipher =
        opener->suite != NULL ? shk_cipher_of(opener->suite->cipher) : NULL;
    *sealer = (shk_sealer){opener, NULL, sequence};
    return cipher != NULL && cipher->tag > 0 &&
           opener->crypto->cipher_new(opener->crypto, opener->suite->cipher, opener->key_bytes,
                                      true, &sealer->key) == SHK_OK;
}

static void put_header(uint8_t header[RECORD_HEADER], uint8_t type, uint16_t version, size_t len)
{
    header[0] = type;
    header[1] = (uint8_t)(version >> 8);
    header[2] = (uint8_t)version;
    header[3] = (uint8_t)(len >> 8);
    header[4] = (uint8_t)len;
}

/* The fixed IV and the sequence number: one XOR the other, or one behind the other. */
static void put_nonce(const shk_sealer *s, size_t explicit_len, uint8_t nonce[NONCE])
{
    shk_observer_nonce(s->opener->iv, s->sequence, nonce);
    if (explicit_len > 0)
        shk_observer_put_sequence(s->sequence, nonce + NONCE - explicit_len);
}

static bool seal_13(shk_sealer *s, uint8_t type, shk_span content, uint8_t *record, size_t tag)
{
    uint8_t nonce[NONCE];
    uint8_t *inner = record + RECORD_HEADER;
    put_header(record, SHK_APPLICATION_DATA, SHK_TLS12, content.len + 1 + tag);
    if (content.len > 0)
        memcpy(inner, content.data, content.len);
    inner[content.len] = type;
    put_nonce(s, 0, nonce);
    return s->opener->crypto->aead_seal(s->key, nonce, shk_span_of(record, RECORD_HEADER),
                                        shk_span_of(inner, content.len + 1), inner) == SHK_OK;
}

static bool seal_12(shk_sealer *s, uint8_t type, shk_span content, uint8_t *record, size_t tag)
{
    const size_t explicit_len = shk_cipher_of(s->opener->suite->cipher)->record_iv;
    uint8_t nonce[NONCE], additional[ADDITIONAL_12];
    uint8_t *fragment = record + RECORD_HEADER;
    put_header(record, type, s->opener->version, explicit_len + content.len + tag);
    if (explicit_len > 0)
        shk_observer_put_sequence(s->sequence, fragment);
    put_nonce(s, explicit_len, nonce);
    shk_observer_put_sequence(s->sequence, additional);
    put_header(additional + 8, type, s->opener->version, content.len);
    return s->opener->crypto->aead_seal(s->key, nonce, shk_span_of(additional, sizeof additional),
                                        content, fragment + explicit_len) == SHK_OK;
}

bool shk_sealer_seal(shk_sealer *sealer, uint8_t type, shk_span content, shk_buf *out)
{
    const shk_cipher_row *cipher = shk_cipher_of(sealer->opener->suite->cipher);
    const bool is_13 = sealer->opener->version >= SHK_TLS13;
    const size_t beside = is_13 ? (size_t)1 : cipher->record_iv;
    const size_t len = RECORD_HEADER + beside + content.len + cipher->tag;
    if (shk_buf_reserve(out, len) != SHK_OK)
        return false;
    uint8_t *record = out->data + out->len;
    if (!(is_13 ? seal_13(sealer, type, content, record, cipher->tag)
                : seal_12(sealer, type, content, record, cipher->tag)))
        return false;
    out->len += len;
    sealer->sequence++;
    return true;
}
