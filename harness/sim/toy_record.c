/* The toy's record ciphers: in permissive mode nothing is hidden, and no tag is looked at
 * (sim/toy.h). */
#include <string.h>

#include "sim/toy_parts.h"

/* Every byte of a tag in permissive mode; bytes of a nonce. */
enum { TAG_BYTE = 0x54, NONCE = 12 };

typedef struct {
    const shk_toy *toy;
    const shk_cipher_row *row;
    uint64_t number; /* of the key */
} toy_cipher;

shk_status shk_toy_cipher_new(const shk_crypto *crypto, shk_cipher cipher, const uint8_t *key,
                              bool seal, shk_cipher_key **out)
{
    const shk_toy *toy = shk_toy_of(crypto);
    const shk_cipher_row *row = shk_cipher_of(cipher);
    toy_cipher *made = (toy_cipher *)shk_new(toy->allocator, sizeof *made);
    (void)seal;
    if (made == NULL)
        return SHK_OWN(NO_MEMORY);
    *made = (toy_cipher){.toy = toy, .row = row};
    if (toy->checking)
        made->number = shk_toy_sum_of(cipher, shk_span_of(key, row->key));
    *out = (shk_cipher_key *)made;
    return SHK_OK;
}

void shk_toy_cipher_free(shk_cipher_key *key)
{
    if (key != NULL)
        shk_delete(((toy_cipher *)key)->toy->allocator, key, sizeof(toy_cipher));
}

static uint64_t tag_of(uint64_t stream, shk_span additional, shk_span plaintext)
{
    shk_toy_sum sum = shk_toy_sum_begin(shk_toy_sum_of(stream, additional));
    shk_toy_sum_add(&sum, plaintext);
    return shk_toy_sum_end(&sum);
}

shk_status shk_toy_aead_seal(shk_cipher_key *key, const uint8_t *nonce, shk_span additional,
                             shk_span plaintext, uint8_t *out)
{
    const toy_cipher *cipher = (const toy_cipher *)key;
    if (!cipher->toy->checking) {
        if (plaintext.len > 0)
            memmove(out, plaintext.data, plaintext.len);
        memset(out + plaintext.len, TAG_BYTE, cipher->row->tag);
        return SHK_OK;
    }
    uint64_t stream = shk_toy_sum_of(cipher->number, shk_span_of(nonce, NONCE));
    uint64_t tag = tag_of(stream, additional, plaintext);
    shk_toy_hide(stream, plaintext, out);
    shk_toy_expand(tag, out + plaintext.len, cipher->row->tag);
    return SHK_OK;
}

shk_status shk_toy_aead_open(shk_cipher_key *key, const uint8_t *nonce, shk_span additional,
                             shk_span ciphertext, uint8_t *out)
{
    const toy_cipher *cipher = (const toy_cipher *)key;
    if (ciphertext.len < cipher->row->tag)
        return SHK_E_BAD_RECORD_MAC;
    size_t len = ciphertext.len - cipher->row->tag;
    if (!cipher->toy->checking) {
        if (len > 0)
            memmove(out, ciphertext.data, len);
        return SHK_OK;
    }
    uint64_t stream = shk_toy_sum_of(cipher->number, shk_span_of(nonce, NONCE));
    uint8_t tag[16];
    memcpy(tag, ciphertext.data + len, cipher->row->tag);
    shk_toy_hide(stream, shk_span_of(ciphertext.data, len), out);
    return shk_toy_is_expanded(tag_of(stream, additional, shk_span_of(out, len)),
                               shk_span_of(tag, cipher->row->tag))
               ? SHK_OK
               : SHK_E_BAD_RECORD_MAC;
}

shk_status shk_toy_cbc(shk_cipher_key *key, const uint8_t *iv, shk_span in, uint8_t *out)
{
    const toy_cipher *cipher = (const toy_cipher *)key;
    if (cipher->row->record_iv == 0 || in.len % cipher->row->record_iv != 0)
        return SHK_OWN(CRYPTO);
    if (cipher->toy->checking)
        shk_toy_hide(shk_toy_sum_of(cipher->number, shk_span_of(iv, cipher->row->record_iv)), in,
                     out);
    else if (in.len > 0)
        memmove(out, in.data, in.len);
    return SHK_OK;
}
