/* Hybrid public key encryption (crypto/hpke.h). */
#include "crypto/hpke.h"

#include <string.h>

#include "crypto/derive.h"

enum {
    HASH = 32,       /* bytes of SHA-256, which all KEMs and the one KDF use */
    MAX_SECRET = 32, /* of a key agreement */
    MAX_KEY = 32,
    SUITE_ID = 10,
    MAX_CONTEXT = 2 * SHK_HPKE_MAX_PUBLIC, /* the longest info of LabeledExpand */
    MAX_LABEL = 16
};

/* RFC 9180 §7.1, §7.3 */
static const struct {
    uint16_t id;
    uint16_t group;
} kems[] = {{SHK_HPKE_KEM_P256, SHK_secp256r1}, {SHK_HPKE_KEM_X25519, SHK_x25519}};
static const struct {
    uint16_t id;
    shk_cipher cipher;
} aeads[] = {{SHK_HPKE_AEAD_AES_128_GCM, SHK_CIPHER_AES_128_GCM},
             {SHK_HPKE_AEAD_AES_256_GCM, SHK_CIPHER_AES_256_GCM},
             {SHK_HPKE_AEAD_CHACHA20_POLY1305, SHK_CIPHER_CHACHA20_POLY1305}};

static const shk_group_row *group_of(uint16_t kem_id)
{
    for (size_t i = 0; i < sizeof kems / sizeof kems[0]; i++)
        if (kems[i].id == kem_id)
            return shk_group_of(kems[i].group);
    return NULL;
}

static bool cipher_of(uint16_t aead_id, shk_cipher *out)
{
    for (size_t i = 0; i < sizeof aeads / sizeof aeads[0]; i++)
        if (aeads[i].id == aead_id) {
            *out = aeads[i].cipher;
            return true;
        }
    return false;
}

bool shk_hpke_usable(const shk_crypto *crypto, shk_hpke_suite suite)
{
    const shk_group_row *group = group_of(suite.kem_id);
    shk_cipher cipher;
    return group != NULL && crypto->has_group(crypto, group->value) &&
           suite.kdf_id == SHK_HPKE_KDF_SHA256 && cipher_of(suite.aead_id, &cipher) &&
           crypto->has_cipher(crypto, cipher);
}

size_t shk_hpke_public_size(uint16_t kem_id)
{
    const shk_group_row *group = group_of(kem_id);
    return group == NULL ? 0 : group->share;
}

/* suite_id of the KEM (§4.1) and of what follows it (§5.1). */
static shk_span kem_suite(shk_hpke_suite suite, uint8_t *id)
{
    memcpy(id, "KEM", 3);
    id[3] = (uint8_t)(suite.kem_id >> 8);
    id[4] = (uint8_t)suite.kem_id;
    return shk_span_of(id, 5);
}

static shk_span whole_suite(shk_hpke_suite suite, uint8_t *id)
{
    const uint16_t ids[] = {suite.kem_id, suite.kdf_id, suite.aead_id};
    memcpy(id, "HPKE", 4);
    for (size_t i = 0; i < 3; i++) {
        id[4 + 2 * i] = (uint8_t)(ids[i] >> 8);
        id[5 + 2 * i] = (uint8_t)ids[i];
    }
    return shk_span_of(id, SUITE_ID);
}

/* LabeledExtract (§4) */
static shk_status extract(const shk_crypto *crypto, shk_span salt, shk_span suite_id,
                          const char *label, shk_span ikm, uint8_t *out)
{
    static const uint8_t zeros[HASH] = {0};
    shk_span parts[] = {shk_span_of_text("HPKE-v1"), suite_id, shk_span_of_text(label), ikm};
    if (salt.len == 0)
        salt = shk_span_of(zeros, sizeof zeros);
    return crypto->hmac(crypto, SHK_HASH_SHA256, salt, parts, 4, out);
}

/* LabeledExpand (§4) */
static shk_status expand(const shk_crypto *crypto, const uint8_t *secret, shk_span suite_id,
                         const char *label, shk_span info, uint8_t *out, size_t len)
{
    uint8_t memory[2 + 7 + SUITE_ID + MAX_LABEL + MAX_CONTEXT];
    uint8_t length[2] = {(uint8_t)(len >> 8), (uint8_t)len};
    shk_buf labeled = shk_buf_over(memory, sizeof memory);
    SHK_TRY(shk_buf_append(&labeled, shk_span_of(length, 2)));
    SHK_TRY(shk_buf_append(&labeled, shk_span_of_text("HPKE-v1")));
    SHK_TRY(shk_buf_append(&labeled, suite_id));
    SHK_TRY(shk_buf_append(&labeled, shk_span_of_text(label)));
    SHK_TRY(shk_buf_append(&labeled, info));
    return shk_hkdf_expand(crypto, SHK_HASH_SHA256, shk_span_of(secret, HASH),
                           shk_buf_span(&labeled), out, len);
}

/* The secrets on the way to a context; whoever has them wipes them. */
typedef struct {
    uint8_t dh[MAX_SECRET];
    uint8_t prk[HASH];
    uint8_t shared[HASH];
    uint8_t secret[HASH];
    uint8_t key[MAX_KEY];
} setup_secrets;

/* The key agreement and ExtractAndExpand of DHKEM (§4.1): s->shared. */
static shk_status agree(const shk_crypto *crypto, shk_hpke_suite suite, shk_ephemeral *own,
                        shk_span peer, shk_span enc, shk_span public_key, setup_secrets *s)
{
    uint8_t id[SUITE_ID], context[MAX_CONTEXT];
    const shk_span suite_id = kem_suite(suite, id), no_salt = {NULL, 0};
    const shk_span dh = shk_span_of(s->dh, group_of(suite.kem_id)->secret);
    memcpy(context, enc.data, enc.len);
    memcpy(context + enc.len, public_key.data, public_key.len);
    SHK_TRY(crypto->ephemeral_agree(own, peer, s->dh));
    SHK_TRY(extract(crypto, no_salt, suite_id, "eae_prk", dh, s->prk));
    return expand(crypto, s->prk, suite_id, "shared_secret",
                  shk_span_of(context, enc.len + public_key.len), s->shared, HASH);
}

/* KeySchedule of base mode (§5.1). */
static shk_status schedule(const shk_crypto *crypto, shk_hpke_suite suite, setup_secrets *s,
                           shk_span info, bool seal, shk_hpke *out)
{
    uint8_t id[SUITE_ID], context[1 + 2 * HASH] = {0 /* mode_base */};
    shk_span suite_id = whole_suite(suite, id), none = {NULL, 0};
    shk_span whole = shk_span_of(context, sizeof context);
    shk_cipher cipher = SHK_CIPHER_AES_128_GCM;
    if (!cipher_of(suite.aead_id, &cipher))
        return SHK_OWN(INTERNAL);
    out->crypto = crypto;
    out->sequence = 0;
    SHK_TRY(extract(crypto, none, suite_id, "psk_id_hash", none, context + 1));
    SHK_TRY(extract(crypto, none, suite_id, "info_hash", info, context + 1 + HASH));
    SHK_TRY(extract(crypto, shk_span_of(s->shared, HASH), suite_id, "secret", none, s->secret));
    SHK_TRY(expand(crypto, s->secret, suite_id, "key", whole, s->key, shk_cipher_of(cipher)->key));
    SHK_TRY(expand(crypto, s->secret, suite_id, "base_nonce", whole, out->base_nonce,
                   sizeof out->base_nonce));
    return crypto->cipher_new(crypto, cipher, s->key, seal, &out->key);
}

/* The key agreement, and all that is made of it. */
static shk_status setup(const shk_crypto *crypto, shk_hpke_suite suite, shk_ephemeral *own,
                        shk_span peer, shk_span enc, shk_span public_key, shk_span info, bool seal,
                        shk_hpke *out)
{
    setup_secrets s;
    shk_status status = agree(crypto, suite, own, peer, enc, public_key, &s);
    if (status == SHK_OK)
        status = schedule(crypto, suite, &s, info, seal, out);
    shk_wipe(&s, sizeof s);
    return status;
}

shk_status shk_hpke_sender(const shk_crypto *crypto, shk_hpke_suite suite, shk_span public_key,
                           shk_span info, const shk_random *random, uint8_t *enc, shk_hpke *out)
{
    const shk_group_row *group = group_of(suite.kem_id);
    shk_ephemeral *own;
    if (group == NULL || public_key.len != group->share)
        return SHK_E_BAD_KEY_SHARE;
    SHK_TRY(crypto->ephemeral_new(crypto, group->value, random, &own, enc));
    shk_status status = setup(crypto, suite, own, public_key, shk_span_of(enc, group->share),
                              public_key, info, true, out);
    crypto->ephemeral_free(own);
    return status;
}

/* Randomness that is a private key: both KEMs have keys of as many bytes as are drawn for one. */
static void give_key(void *context, uint8_t *bytes, size_t len)
{
    memcpy(bytes, *(const uint8_t *const *)context, len);
}

static shk_status load(const shk_crypto *crypto, uint16_t kem_id, const uint8_t *private_key,
                       shk_ephemeral **own, uint8_t *public_key)
{
    shk_random key = {give_key, &private_key};
    return crypto->ephemeral_new(crypto, group_of(kem_id)->value, &key, own, public_key);
}

shk_status shk_hpke_public_key(const shk_crypto *crypto, uint16_t kem_id,
                               const uint8_t *private_key, uint8_t *out)
{
    shk_ephemeral *own;
    SHK_TRY(load(crypto, kem_id, private_key, &own, out));
    crypto->ephemeral_free(own);
    return SHK_OK;
}

shk_status shk_hpke_receiver(const shk_crypto *crypto, shk_hpke_suite suite,
                             const uint8_t *private_key, shk_span enc, shk_span info, shk_hpke *out)
{
    uint8_t public_key[SHK_HPKE_MAX_PUBLIC];
    size_t len = shk_hpke_public_size(suite.kem_id);
    shk_ephemeral *own;
    if (len == 0 || enc.len != len)
        return SHK_E_BAD_KEY_SHARE;
    SHK_TRY(load(crypto, suite.kem_id, private_key, &own, public_key));
    shk_status status =
        setup(crypto, suite, own, enc, enc, shk_span_of(public_key, len), info, false, out);
    crypto->ephemeral_free(own);
    return status;
}

/* ComputeNonce, and the next sequence number (§5.2). */
static void next_nonce(shk_hpke *hpke, uint8_t *nonce)
{
    memcpy(nonce, hpke->base_nonce, sizeof hpke->base_nonce);
    for (size_t i = 0; i < 8; i++)
        nonce[11 - i] ^= (uint8_t)(hpke->sequence >> 8 * i);
    hpke->sequence++;
}

shk_status shk_hpke_seal(shk_hpke *hpke, shk_span additional, shk_span plaintext, uint8_t *out)
{
    uint8_t nonce[12];
    next_nonce(hpke, nonce);
    return hpke->crypto->aead_seal(hpke->key, nonce, additional, plaintext, out);
}

shk_status shk_hpke_open(shk_hpke *hpke, shk_span additional, shk_span ciphertext, uint8_t *out)
{
    uint8_t nonce[12];
    next_nonce(hpke, nonce);
    return hpke->crypto->aead_open(hpke->key, nonce, additional, ciphertext, out);
}

void shk_hpke_end(shk_hpke *hpke)
{
    if (hpke->key != NULL)
        hpke->crypto->cipher_free(hpke->key);
    shk_wipe(hpke, sizeof *hpke);
}
