/* The toy provider, put together (sim/toy.h). */
#include "sim/toy.h"

#include "sim/toy_parts.h"

static bool has_cipher(const shk_crypto *crypto, shk_cipher cipher)
{
    (void)crypto;
    (void)cipher;
    return true;
}

static bool has_group(const shk_crypto *crypto, uint16_t group)
{
    (void)crypto;
    return shk_group_of(group) != NULL;
}

static const shk_crypto functions = {
    .name = "toy",
    .has_cipher = has_cipher,
    .has_group = has_group,
    .hash_new = shk_toy_hash_new,
    .hash_update = shk_toy_hash_update,
    .hash_digest = shk_toy_hash_digest,
    .hash_copy = shk_toy_hash_copy,
    .hash_free = shk_toy_hash_free,
    .hmac = shk_toy_hmac,
    .hmac_cbc = shk_toy_hmac_cbc,
    .cipher_new = shk_toy_cipher_new,
    .cipher_free = shk_toy_cipher_free,
    .aead_seal = shk_toy_aead_seal,
    .aead_open = shk_toy_aead_open,
    .cbc = shk_toy_cbc,
    .ephemeral_new = shk_toy_ephemeral_new,
    .dh_new = shk_toy_dh_new,
    .ffdhe_prime = shk_toy_ffdhe_prime,
    .ephemeral_agree = shk_toy_ephemeral_agree,
    .ephemeral_free = shk_toy_ephemeral_free,
    .encapsulate = shk_toy_encapsulate,
    .sign = shk_toy_sign,
    .verify = shk_toy_verify,
    .rsa_public = shk_toy_rsa_public,
    .rsa_private = shk_toy_rsa_private,
    .chain = shk_toy_chain,
    .public_key = shk_toy_public_key,
    .status = shk_toy_status,
    .must_staple = shk_toy_must_staple,
    .trust_names = shk_toy_trust_names,
    .trust_digest = shk_toy_trust_digest,
    .covers_name = shk_toy_covers_name,
    .oid_filter = shk_toy_oid_filter,
    .certificate_digest = shk_toy_certificate_digest,
    .public_key_kind = shk_toy_public_key_kind,
    .public_key_size = shk_toy_public_key_size,
    .public_key_free = shk_toy_public_key_free,
};

shk_crypto *shk_toy_new(shk_toy_mode mode, const shk_allocator *allocator)
{
    shk_toy *toy = (shk_toy *)shk_new(&shk_libc_allocator, sizeof *toy);
    if (toy == NULL)
        return NULL;
    toy->crypto = functions;
    toy->crypto.self = toy;
    toy->allocator = allocator;
    toy->checking = mode == SHK_TOY_CHECKING;
    return &toy->crypto;
}

void shk_toy_free(shk_crypto *crypto)
{
    if (crypto != NULL)
        shk_delete(&shk_libc_allocator, crypto->self, sizeof(shk_toy));
}
