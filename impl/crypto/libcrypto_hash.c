/* The libcrypto provider's hashes and MACs. */

#include "crypto/libcrypto.h"

#include <openssl/core_names.h>
#include <openssl/params.h>
#include <string.h>

enum { MAX_BLOCK = 128 };

struct shk_hash_state {
    EVP_MD_CTX *context;
    EVP_MD_CTX *snapshot; /* reused by every digest */
};

void shk_libcrypto_hash_free(shk_hash_state *state)
{
    if (state == NULL)
        return;
    EVP_MD_CTX_free(state->context);
    EVP_MD_CTX_free(state->snapshot);
    OPENSSL_free(state);
}

shk_status shk_libcrypto_hash_new(const shk_crypto *crypto, shk_hash hash, shk_hash_state **out)
{
    const shk_libcrypto *self = (const shk_libcrypto *)crypto->self;
    shk_hash_state *state = (shk_hash_state *)OPENSSL_zalloc(sizeof *state);
    if (state == NULL)
        return SHK_OWN(NO_MEMORY);
    state->context = EVP_MD_CTX_new();
    state->snapshot = EVP_MD_CTX_new();
    if (state->context == NULL || state->snapshot == NULL ||
        EVP_DigestInit_ex2(state->context, self->hashes[hash], NULL) != 1) {
        shk_libcrypto_hash_free(state);
        return SHK_OWN(CRYPTO);
    }
    *out = state;
    return SHK_OK;
}

shk_status shk_libcrypto_hash_update(shk_hash_state *state, shk_span bytes)
{
    return EVP_DigestUpdate(state->context, bytes.data, bytes.len) == 1 ? SHK_OK : SHK_OWN(CRYPTO);
}

shk_status shk_libcrypto_hash_digest(const shk_hash_state *state, uint8_t *out)
{
    if (EVP_MD_CTX_copy_ex(state->snapshot, state->context) != 1 ||
        EVP_DigestFinal_ex(state->snapshot, out, NULL) != 1)
        return SHK_OWN(CRYPTO);
    return SHK_OK;
}

shk_status shk_libcrypto_hash_copy(const shk_hash_state *state, shk_hash_state **out)
{
    shk_hash_state *copy = (shk_hash_state *)OPENSSL_zalloc(sizeof *copy);
    if (copy == NULL)
        return SHK_OWN(NO_MEMORY);
    copy->context = EVP_MD_CTX_new();
    copy->snapshot = EVP_MD_CTX_new();
    if (copy->context == NULL || copy->snapshot == NULL ||
        EVP_MD_CTX_copy_ex(copy->context, state->context) != 1) {
        shk_libcrypto_hash_free(copy);
        return SHK_OWN(CRYPTO);
    }
    *out = copy;
    return SHK_OK;
}

/* The hash of one part and some more. */
static bool digest(EVP_MD_CTX *context, const EVP_MD *md, shk_span first, const shk_span *parts,
                   size_t count, uint8_t *out)
{
    bool ok = EVP_DigestInit_ex2(context, md, NULL) == 1 &&
              EVP_DigestUpdate(context, first.data, first.len) == 1;
    for (size_t i = 0; ok && i < count; i++)
        ok = EVP_DigestUpdate(context, parts[i].data, parts[i].len) == 1;
    return ok && EVP_DigestFinal_ex(context, out, NULL) == 1;
}

/* RFC 2104 §2, from the hash: a key schedule takes dozens, and the contexts of libcrypto's own HMAC
 * take longer to set up and to clear than the hash takes. The hash's context is kept for the next
 * call, with its state overwritten; of calls at the same time all but one make their own. */
shk_status shk_libcrypto_hmac(const shk_crypto *crypto, shk_hash hash, shk_span key,
                              const shk_span *parts, size_t count, uint8_t *out)
{
    shk_libcrypto *self = (shk_libcrypto *)crypto->self;
    const EVP_MD *md = self->hashes[hash];
    uint8_t pad[MAX_BLOCK] = {0};
    uint8_t inner[SHK_MAX_HASH];
    size_t block = shk_hash_block(hash);
    EVP_MD_CTX *context = atomic_exchange(&self->spare[hash], NULL);
    if (context == NULL)
        context = EVP_MD_CTX_new();
    if (context == NULL)
        return SHK_OWN(NO_MEMORY);
    bool ok = key.len <= block || digest(context, md, key, NULL, 0, pad);
    if (key.len > 0 && key.len <= block)
        memcpy(pad, key.data, key.len);
    for (size_t i = 0; i < block; i++)
        pad[i] ^= 0x36;
    ok = ok && digest(context, md, shk_span_of(pad, block), parts, count, inner);
    for (size_t i = 0; i < block; i++)
        pad[i] ^= 0x36 ^ 0x5c;
    shk_span rest = shk_span_of(inner, shk_hash_size(hash));
    ok = ok && digest(context, md, shk_span_of(pad, block), &rest, 1, out);
    shk_wipe(pad, sizeof pad);
    shk_wipe(inner, sizeof inner);
    if (ok && EVP_DigestInit_ex2(context, md, NULL) == 1)
        context = atomic_exchange(&self->spare[hash], context);
    EVP_MD_CTX_free(context);
    return ok ? SHK_OK : SHK_OWN(CRYPTO);
}

/* libcrypto's HMAC has a mode for exactly this: told the public length of data, MAC and padding
 * together, it hashes the first `len` bytes in constant time. The first update is the header, the
 * second the data. */
shk_status shk_libcrypto_hmac_cbc(const shk_crypto *crypto, shk_hash hash, shk_span key,
                                  shk_span header, shk_span padded, size_t len, uint8_t *out)
{
    const shk_libcrypto *self = (const shk_libcrypto *)crypto->self;
    size_t written = 0;
    size_t public_len = padded.len;
    OSSL_PARAM params[] = {OSSL_PARAM_construct_size_t(OSSL_MAC_PARAM_TLS_DATA_SIZE, &public_len),
                           OSSL_PARAM_construct_end()};
    EVP_MAC_CTX *context = EVP_MAC_CTX_dup(self->hmacs[hash]);
    if (context == NULL)
        return SHK_OWN(NO_MEMORY);
    bool ok = EVP_MAC_init(context, key.data, key.len, params) == 1 &&
              EVP_MAC_update(context, header.data, header.len) == 1 &&
              EVP_MAC_update(context, padded.data, len) == 1 &&
              EVP_MAC_final(context, out, &written, shk_hash_size(hash)) == 1;
    EVP_MAC_CTX_free(context);
    return ok ? SHK_OK : SHK_OWN(CRYPTO);
}

/* HMAC contexts for CBC records that know their hash, to be copied: naming it anew would fetch it
 * anew. */
bool shk_libcrypto_hmacs_new(shk_libcrypto *self)
{
    EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    bool ok = mac != NULL;
    for (int i = SHK_HASH_NONE + 1; ok && i < SHK_HASH_COUNT; i++) {
        char name[16];
        OPENSSL_strlcpy(name, shk_libcrypto_hash_name((shk_hash)i), sizeof name);
        OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name, 0),
                               OSSL_PARAM_construct_end()};
        self->hmacs[i] = EVP_MAC_CTX_new(mac);
        ok = self->hmacs[i] != NULL && EVP_MAC_CTX_set_params(self->hmacs[i], params) == 1;
    }
    EVP_MAC_free(mac);
    return ok;
}
