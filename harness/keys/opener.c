/* Opening records (keys/opener.h). */
#include "keys/opener.h"

#include <string.h>

#include "keys/key_functions.h"

enum { NONCE = SHK_OBSERVER_NONCE, MAX_KEY = SHK_MAX_OPENER_KEY };

void shk_opener_free(shk_opener *opener)
{
    if (opener->crypto != NULL && opener->key != NULL)
        opener->crypto->cipher_free(opener->key);
    shk_wipe(opener, sizeof *opener);
}

static void begin(shk_opener *opener, const shk_crypto *crypto, const shk_suite_row *suite,
                  uint16_t version)
{
    memset(opener, 0, sizeof *opener);
    opener->crypto = crypto;
    opener->suite = suite;
    opener->version = version;
}

/* Whether records of TLS 1.3 can be under the cipher, whose nonce has a fixed size (RFC 8446 §5.3):
 * a ServerHello can select any suite. */
static bool is_aead(const shk_cipher_row *cipher)
{
    return cipher->kind == SHK_KIND_AEAD || cipher->kind == SHK_KIND_CCM;
}

bool shk_opener_of_secret(shk_opener *opener, const shk_crypto *crypto, const shk_suite_row *suite,
                          shk_span traffic_secret)
{
    const shk_cipher_row *cipher = shk_cipher_of(suite->cipher);
    const shk_span none = shk_span_of(NULL, 0);
    begin(opener, crypto, suite, SHK_TLS13);
    if (traffic_secret.len > 0 && traffic_secret.len <= SHK_MAX_HASH)
        memcpy(opener->secret, traffic_secret.data, traffic_secret.len);
    return is_aead(cipher) &&
           shk_observer_expand(crypto, suite->hash, traffic_secret, "key", none, opener->key_bytes,
                               cipher->key) &&
           shk_observer_expand(crypto, suite->hash, traffic_secret, "iv", none, opener->iv,
                               NONCE) &&
           crypto->cipher_new(crypto, suite->cipher, opener->key_bytes, false, &opener->key) ==
               SHK_OK;
}

bool shk_opener_update(shk_opener *opener)
{
    const shk_crypto *crypto = opener->crypto;
    const shk_suite_row *suite = opener->suite;
    const size_t size = shk_hash_size(suite->hash);
    uint8_t next[SHK_MAX_HASH];
    bool ok = shk_observer_expand(crypto, suite->hash, shk_span_of(opener->secret, size),
                                  "traffic upd", shk_span_of(NULL, 0), next, size);
    shk_opener_free(opener);
    return ok && shk_opener_of_secret(opener, crypto, suite, shk_span_of(next, size));
}

/* TLS 1.0 takes the first IV of CBC from the key block (RFC 2246 §6.3). */
static size_t iv_length(const shk_cipher_row *cipher, uint16_t version)
{
    return cipher->kind == SHK_KIND_CBC && version <= SHK_TLS10 ? cipher->record_iv
                                                                : cipher->fixed_iv;
}

bool shk_opener_of_master(shk_opener *opener, const shk_crypto *crypto, const shk_suite_row *suite,
                          uint16_t version, bool encrypt_then_mac, shk_span master,
                          const shk_span randoms[2], bool of_server)
{
    const shk_cipher_row *cipher = shk_cipher_of(suite->cipher);
    const size_t mac = shk_hash_size(suite->mac);
    const size_t iv = iv_length(cipher, version);
    uint8_t block[2 * (SHK_MAX_HASH + MAX_KEY + SHK_MAX_OPENER_IV)];
    const size_t len = 2 * (mac + cipher->key + iv);
    const uint8_t *key = block + 2 * mac + (of_server ? cipher->key : 0);
    begin(opener, crypto, suite, version);
    opener->encrypt_then_mac = encrypt_then_mac;
    if (!shk_observer_prf(crypto, shk_observer_prf_hash(version, suite), master, "key expansion",
                          randoms[1], randoms[0], block, len))
        return false;
    memcpy(opener->key_bytes, key, cipher->key);
    memcpy(opener->mac, block + (of_server ? mac : 0), mac);
    memcpy(opener->iv, block + 2 * mac + (size_t)2 * cipher->key + (of_server ? iv : 0), iv);
    return cipher->kind == SHK_KIND_STREAM ||
           crypto->cipher_new(crypto, suite->cipher, key, false, &opener->key) == SHK_OK;
}

/* seq_num, type, version and length (RFC 5246 §6.2.3.1). */
static void put_header_12(const shk_opener *o, uint8_t type, size_t len, uint8_t out[13])
{
    shk_observer_put_sequence(o->sequence, out);
    out[8] = type;
    out[9] = (uint8_t)(o->version >> 8);
    out[10] = (uint8_t)o->version;
    out[11] = (uint8_t)(len >> 8);
    out[12] = (uint8_t)len;
}

static bool open_aead_12(shk_opener *o, uint8_t type, shk_span in, shk_buf *out)
{
    const shk_cipher_row *cipher = shk_cipher_of(o->suite->cipher);
    uint8_t nonce[NONCE];
    uint8_t additional[13];
    if (in.len < (size_t)cipher->record_iv + cipher->tag)
        return false;
    const shk_span sealed = shk_span_of(in.data + cipher->record_iv, in.len - cipher->record_iv);
    const size_t len = sealed.len - cipher->tag;
    shk_observer_nonce(o->iv, o->sequence, nonce);
    if (cipher->record_iv > 0) { /* RFC 5288 §3 */
        memcpy(nonce, o->iv, cipher->fixed_iv);
        memcpy(nonce + cipher->fixed_iv, in.data, cipher->record_iv);
    }
    put_header_12(o, type, len, additional);
    if (o->crypto->aead_open(o->key, nonce, shk_span_of(additional, sizeof additional), sealed,
                             out->data) != SHK_OK)
        return false;
    out->len = len;
    return true;
}

/* Whether the MAC behind `content` is right. */
static bool mac_is_right(const shk_opener *o, uint8_t type, shk_span content, const uint8_t *mac)
{
    uint8_t header[13];
    uint8_t expected[SHK_MAX_HASH];
    const size_t size = shk_hash_size(o->suite->mac);
    put_header_12(o, type, content.len, header);
    const shk_span parts[2] = {shk_span_of(header, sizeof header), content};
    return shk_observer_hmac(o->crypto, o->suite->mac, shk_span_of(o->mac, size), parts, 2,
                             expected) &&
           memcmp(expected, mac, size) == 0;
}

/* Decrypts whole blocks into `out`, and takes the padding off. An onlooker need not hide how long
 * that takes. */
static bool decrypt_cbc(shk_opener *o, shk_span in, shk_buf *out)
{
    const size_t block = shk_cipher_of(o->suite->cipher)->record_iv;
    const bool explicit_iv = o->version > SHK_TLS10;
    const size_t skip = explicit_iv ? block : 0;
    uint8_t iv[SHK_MAX_OPENER_IV];
    if (in.len < skip + block || in.len % block != 0)
        return false;
    memcpy(iv, explicit_iv ? in.data : o->iv, block);
    out->len = in.len - skip;
    if (o->crypto->cbc(o->key, iv, shk_span_of(in.data + skip, out->len), out->data) != SHK_OK)
        return false;
    const size_t padding = out->data[out->len - 1];
    if (padding + 1 > out->len)
        return false;
    for (size_t i = 0; i < padding; i++)
        if (out->data[out->len - 2 - i] != padding)
            return false;
    out->len -= padding + 1;
    return true;
}

static bool open_cbc(shk_opener *o, uint8_t type, shk_span in, shk_buf *out)
{
    const size_t mac = shk_hash_size(o->suite->mac);
    const size_t block = shk_cipher_of(o->suite->cipher)->record_iv;
    shk_span sealed = in;
    if (in.len < mac)
        return false;
    if (o->encrypt_then_mac) { /* RFC 7366 §3 */
        sealed.len -= mac;
        if (!mac_is_right(o, type, sealed, in.data + sealed.len))
            return false;
    }
    if (!decrypt_cbc(o, sealed, out))
        return false;
    if (!o->encrypt_then_mac) {
        if (out->len < mac || !mac_is_right(o, type, shk_span_of(out->data, out->len - mac),
                                            out->data + out->len - mac))
            return false;
        out->len -= mac;
    }
    if (o->version <= SHK_TLS10)
        memcpy(o->iv, sealed.data + sealed.len - block, block);
    return true;
}

static bool open_null(const shk_opener *o, uint8_t type, shk_span in, shk_buf *out)
{
    const size_t mac = shk_hash_size(o->suite->mac);
    if (in.len < mac ||
        !mac_is_right(o, type, shk_span_of(in.data, in.len - mac), in.data + in.len - mac))
        return false;
    return shk_buf_append(out, shk_span_of(in.data, in.len - mac)) == SHK_OK;
}

static bool open_13(shk_opener *o, uint8_t *type, shk_span in, shk_buf *out)
{
    const size_t tag = shk_cipher_of(o->suite->cipher)->tag;
    const uint8_t header[5] = {SHK_APPLICATION_DATA, 3, 3, (uint8_t)(in.len >> 8), (uint8_t)in.len};
    uint8_t nonce[NONCE];
    if (in.len < tag + 1)
        return false;
    shk_observer_nonce(o->iv, o->sequence, nonce);
    if (o->crypto->aead_open(o->key, nonce, shk_span_of(header, sizeof header), in, out->data) !=
        SHK_OK)
        return false;
    out->len = in.len - tag;
    while (out->len > 0 && out->data[out->len - 1] == 0)
        out->len--;
    if (out->len == 0)
        return false;
    *type = out->data[--out->len];
    return true;
}

static bool open_by_kind(shk_opener *o, uint8_t *type, shk_span in, shk_buf *out)
{
    if (o->version >= SHK_TLS13)
        return *type == SHK_APPLICATION_DATA && open_13(o, type, in, out);
    switch (shk_cipher_of(o->suite->cipher)->kind) {
    case SHK_KIND_CBC:
        return open_cbc(o, *type, in, out);
    case SHK_KIND_STREAM:
        return open_null(o, *type, in, out);
    default:
        return open_aead_12(o, *type, in, out);
    }
}

bool shk_opener_open(shk_opener *opener, uint8_t *type, shk_span fragment, shk_buf *out)
{
    out->len = 0;
    if (opener->suite == NULL || shk_buf_reserve(out, fragment.len + 1) != SHK_OK ||
        !open_by_kind(opener, type, fragment, out)) {
        out->len = 0;
        return false;
    }
    opener->sequence++;
    return true;
}
