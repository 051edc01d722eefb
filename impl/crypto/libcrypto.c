/* The crypto provider on libcrypto: its life, hashes and MACs (shakedown/crypto.h). */
#include "crypto/libcrypto.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/params.h>
#include <string.h>

static const char *const hash_names[SHK_HASH_COUNT] = {
#define SHK_HASH(name, libcrypto, size, block) libcrypto,
#include "registry/hashes.def"
#undef SHK_HASH
};
static const char *const cipher_names[SHK_CIPHER_COUNT] = {
#define SHK_CIPHER(name, libcrypto, kind, key, fixed_iv, record_iv, tag) libcrypto,
#include "registry/ciphers.def"
#undef SHK_CIPHER
};

enum { MAX_BLOCK = 128 };

const char *shk_libcrypto_hash_name(shk_hash hash)
{
    return hash_names[hash];
}

shk_status shk_libcrypto_failure(shk_status otherwise)
{
    for (unsigned long error = ERR_get_error(); error != 0; error = ERR_get_error())
        if (ERR_GET_REASON(error) == ERR_R_MALLOC_FAILURE)
            otherwise = SHK_E_NO_MEMORY;
    return otherwise;
}

struct shk_hash_state {
    EVP_MD_CTX *context;
    EVP_MD_CTX *snapshot; /* reused by every digest */
};

static void hash_free(shk_hash_state *state)
{
    if (state == NULL)
        return;
    EVP_MD_CTX_free(state->context);
    EVP_MD_CTX_free(state->snapshot);
    OPENSSL_free(state);
}

static shk_status hash_new(const shk_crypto *crypto, shk_hash hash, shk_hash_state **out)
{
    const shk_libcrypto *self = (const shk_libcrypto *)crypto->self;
    shk_hash_state *state = (shk_hash_state *)OPENSSL_zalloc(sizeof *state);
    if (state == NULL)
        return SHK_E_NO_MEMORY;
    state->context = EVP_MD_CTX_new();
    state->snapshot = EVP_MD_CTX_new();
    if (state->context == NULL || state->snapshot == NULL ||
        EVP_DigestInit_ex2(state->context, self->hashes[hash], NULL) != 1) {
        hash_free(state);
        return SHK_E_CRYPTO;
    }
    *out = state;
    return SHK_OK;
}

static shk_status hash_update(shk_hash_state *state, shk_span bytes)
{
    return EVP_DigestUpdate(state->context, bytes.data, bytes.len) == 1 ? SHK_OK : SHK_E_CRYPTO;
}

static shk_status hash_digest(const shk_hash_state *state, uint8_t *out)
{
    if (EVP_MD_CTX_copy_ex(state->snapshot, state->context) != 1 ||
        EVP_DigestFinal_ex(state->snapshot, out, NULL) != 1)
        return SHK_E_CRYPTO;
    return SHK_OK;
}

static shk_status hash_copy(const shk_hash_state *state, shk_hash_state **out)
{
    shk_hash_state *copy = (shk_hash_state *)OPENSSL_zalloc(sizeof *copy);
    if (copy == NULL)
        return SHK_E_NO_MEMORY;
    copy->context = EVP_MD_CTX_new();
    copy->snapshot = EVP_MD_CTX_new();
    if (copy->context == NULL || copy->snapshot == NULL ||
        EVP_MD_CTX_copy_ex(copy->context, state->context) != 1) {
        hash_free(copy);
        return SHK_E_CRYPTO;
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
static shk_status hmac(const shk_crypto *crypto, shk_hash hash, shk_span key, const shk_span *parts,
                       size_t count, uint8_t *out)
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
        return SHK_E_NO_MEMORY;
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
    return ok ? SHK_OK : SHK_E_CRYPTO;
}

/* libcrypto's HMAC has a mode for exactly this: told the public length of data, MAC and padding
 * together, it hashes the first `len` bytes in constant time. The first update is the header, the
 * second the data. */
static shk_status hmac_cbc(const shk_crypto *crypto, shk_hash hash, shk_span key, shk_span header,
                           shk_span padded, size_t len, uint8_t *out)
{
    const shk_libcrypto *self = (const shk_libcrypto *)crypto->self;
    size_t written = 0;
    size_t public_len = padded.len;
    OSSL_PARAM params[] = {OSSL_PARAM_construct_size_t(OSSL_MAC_PARAM_TLS_DATA_SIZE, &public_len),
                           OSSL_PARAM_construct_end()};
    EVP_MAC_CTX *context = EVP_MAC_CTX_dup(self->hmacs[hash]);
    if (context == NULL)
        return SHK_E_NO_MEMORY;
    bool ok = EVP_MAC_init(context, key.data, key.len, params) == 1 &&
              EVP_MAC_update(context, header.data, header.len) == 1 &&
              EVP_MAC_update(context, padded.data, len) == 1 &&
              EVP_MAC_final(context, out, &written, shk_hash_size(hash)) == 1;
    EVP_MAC_CTX_free(context);
    return ok ? SHK_OK : SHK_E_CRYPTO;
}

/* HMAC contexts for CBC records that know their hash, to be copied: naming it anew would fetch it
 * anew. */
static bool prepare_hmacs(shk_libcrypto *self)
{
    EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    bool ok = mac != NULL;
    for (int i = SHK_HASH_NONE + 1; ok && i < SHK_HASH_COUNT; i++) {
        char name[16];
        OPENSSL_strlcpy(name, hash_names[i], sizeof name);
        OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name, 0),
                               OSSL_PARAM_construct_end()};
        self->hmacs[i] = EVP_MAC_CTX_new(mac);
        ok = self->hmacs[i] != NULL && EVP_MAC_CTX_set_params(self->hmacs[i], params) == 1;
    }
    EVP_MAC_free(mac);
    return ok;
}

shk_key_kind shk_libcrypto_key_kind(EVP_PKEY *key)
{
    static const struct {
        const char *name;
        shk_key_kind kind;
    } names[] = {{"RSA", SHK_KEY_RSA},
                 {"RSA-PSS", SHK_KEY_RSA_PSS},
                 {"DSA", SHK_KEY_DSA},
                 {"ED25519", SHK_KEY_ED25519},
                 {"ED448", SHK_KEY_ED448}};
    static const struct {
        int nid;
        shk_key_kind kind;
    } curves[] = {{NID_X9_62_prime256v1, SHK_KEY_P256},
                  {NID_secp384r1, SHK_KEY_P384},
                  {NID_secp521r1, SHK_KEY_P521},
                  {NID_brainpoolP256r1, SHK_KEY_BRAINPOOL256},
                  {NID_brainpoolP384r1, SHK_KEY_BRAINPOOL384},
                  {NID_brainpoolP512r1, SHK_KEY_BRAINPOOL512}};
    char group[32];
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (EVP_PKEY_is_a(key, names[i].name))
            return names[i].kind;
    if (!EVP_PKEY_is_a(key, "EC") || EVP_PKEY_get_group_name(key, group, sizeof group, NULL) != 1)
        return SHK_KEY_UNKNOWN;
    int nid = OBJ_txt2nid(group);
    for (size_t i = 0; i < sizeof curves / sizeof curves[0]; i++)
        if (curves[i].nid == nid)
            return curves[i].kind;
    return SHK_KEY_UNKNOWN;
}

static bool has_cipher(const shk_crypto *crypto, shk_cipher cipher)
{
    return ((const shk_libcrypto *)crypto->self)->ciphers[cipher] != NULL;
}

static shk_key_kind public_key_kind(const shk_public_key *key)
{
    return key->kind;
}

static size_t public_key_size(const shk_public_key *key)
{
    return (size_t)EVP_PKEY_get_size(key->key);
}

static void public_key_free(shk_public_key *key)
{
    if (key == NULL)
        return;
    EVP_PKEY_free(key->key);
    OPENSSL_free(key);
}

static const shk_crypto functions = {
    .name = "libcrypto",
    .has_cipher = has_cipher,
    .has_group = shk_libcrypto_has_group,
    .hash_new = hash_new,
    .hash_update = hash_update,
    .hash_digest = hash_digest,
    .hash_copy = hash_copy,
    .hash_free = hash_free,
    .hmac = hmac,
    .hmac_cbc = hmac_cbc,
    .cipher_new = shk_libcrypto_cipher_new,
    .cipher_free = shk_libcrypto_cipher_free,
    .aead_seal = shk_libcrypto_aead_seal,
    .aead_open = shk_libcrypto_aead_open,
    .cbc = shk_libcrypto_cbc,
    .ephemeral_new = shk_libcrypto_ephemeral_new,
    .dh_new = shk_libcrypto_dh_new,
    .ffdhe_prime = shk_libcrypto_ffdhe_prime,
    .ephemeral_agree = shk_libcrypto_ephemeral_agree,
    .ephemeral_free = shk_libcrypto_ephemeral_free,
    .encapsulate = shk_libcrypto_encapsulate,
    .sign = shk_libcrypto_sign,
    .verify = shk_libcrypto_verify,
    .rsa_public = shk_libcrypto_rsa_public,
    .rsa_private = shk_libcrypto_rsa_private,
    .chain = shk_x509_chain,
    .public_key = shk_x509_public_key,
    .status = shk_x509_status,
    .must_staple = shk_x509_must_staple,
    .trust_names = shk_x509_trust_names,
    .trust_digest = shk_x509_trust_digest,
    .covers_name = shk_x509_covers_name,
    .oid_filter = shk_x509_oid_filter,
    .certificate_digest = shk_x509_certificate_digest,
    .public_key_kind = public_key_kind,
    .public_key_size = public_key_size,
    .public_key_free = public_key_free,
};

/* Hashes must be there; of ciphers and groups a build of libcrypto may lack some. */
static bool fetch_algorithms(shk_libcrypto *self)
{
    bool ok = true;
    for (int i = SHK_HASH_NONE + 1; i < SHK_HASH_COUNT; i++)
        ok &= (self->hashes[i] = EVP_MD_fetch(NULL, hash_names[i], NULL)) != NULL;
    for (int i = 0; i < SHK_CIPHER_COUNT; i++)
        self->ciphers[i] = EVP_CIPHER_fetch(NULL, cipher_names[i], NULL);
    ok &= prepare_hmacs(self);
    shk_libcrypto_groups_new(self);
    ERR_clear_error();
    return ok;
}

shk_crypto *shk_libcrypto_new(void)
{
    shk_crypto *crypto = (shk_crypto *)OPENSSL_malloc(sizeof *crypto);
    shk_libcrypto *self = (shk_libcrypto *)OPENSSL_zalloc(sizeof *self);
    if (crypto == NULL || self == NULL) {
        OPENSSL_free(crypto);
        OPENSSL_free(self);
        return NULL;
    }
    *crypto = functions;
    crypto->self = self;
    self->known = shk_known_certificates_new();
    if (self->known == NULL || !fetch_algorithms(self)) {
        shk_libcrypto_free(crypto);
        return NULL;
    }
    return crypto;
}

void shk_libcrypto_free(shk_crypto *crypto)
{
    if (crypto == NULL)
        return;
    shk_libcrypto *self = (shk_libcrypto *)crypto->self;
    for (int i = 0; i < SHK_HASH_COUNT; i++) {
        EVP_MD_CTX_free(self->spare[i]);
        EVP_MD_free(self->hashes[i]);
    }
    for (int i = 0; i < SHK_CIPHER_COUNT; i++)
        EVP_CIPHER_free(self->ciphers[i]);
    shk_libcrypto_groups_free(self);
    for (int i = 0; i < SHK_HASH_COUNT; i++)
        EVP_MAC_CTX_free(self->hmacs[i]);
    shk_known_certificates_free(self->known);
    OPENSSL_free(self);
    OPENSSL_free(crypto);
}
