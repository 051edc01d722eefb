/* The toy as a provider of our end (sim/toy_provider.h). */
#include "sim/toy_provider.h"

#include "sim/toy_parts.h"

static shk_crypto *open_toy(void)
{
    return shk_toy_new(SHK_TOY_CHECKING, &shk_libc_allocator);
}

/* Tells keys of a kind apart. */
static uint8_t number_of(shk_span key_info)
{
    return (uint8_t)shk_toy_sum_of(0, key_info);
}

static shk_status credential(const shk_crypto *crypto, shk_span certificates, shk_span key,
                             shk_credential **out)
{
    shk_credential *real = NULL;
    SHK_TRY(shk_credential_from_pem(certificates, key, &real));
    const shk_toy_identity identity = {
        .kind = real->kind, .number = number_of(real->key_info), .with_an_issuer = real->count > 1};
    shk_credential_free(real);
    return shk_toy_credential_new(crypto, &identity, out);
}

static shk_status set_status(shk_credential *made, shk_span response)
{
    if (!shk_is_ocsp_response(response))
        return SHK_E_STATUS_INVALID;
    shk_toy_staple(made);
    return SHK_OK;
}

static shk_status set_timestamps(shk_credential *made, shk_span list)
{
    (void)list;
    shk_toy_set_timestamps(made);
    return SHK_OK;
}

static shk_status trust(shk_span pem, shk_trust **out)
{
    shk_trust *real = NULL;
    SHK_TRY(shk_trust_from_pem(pem, &real));
    shk_trust_free(real);
    *out = (shk_trust *)(uintptr_t)shk_toy_trust(); /* never written to */
    return SHK_OK;
}

static void trust_free(shk_trust *made)
{
    (void)made;
}

/* The kind of a key. */
static shk_key_kind kind_of(shk_span key_info)
{
    shk_crypto *crypto = shk_libcrypto_new();
    shk_public_key *key = NULL;
    shk_key_kind kind = SHK_KEY_UNKNOWN;
    if (crypto != NULL && crypto->public_key(crypto, key_info, &key) == SHK_OK)
        kind = crypto->public_key_kind(key);
    if (crypto != NULL)
        crypto->public_key_free(key);
    shk_libcrypto_free(crypto);
    return kind;
}

/* As a credential of the same key shows it. */
static shk_status raw_key(shk_key_kind kind, uint8_t number, shk_buf *out)
{
    const shk_toy_identity identity = {.kind = kind, .number = number};
    shk_credential *made = NULL;
    shk_crypto *toy = open_toy();
    shk_status status =
        toy == NULL ? SHK_OWN(NO_MEMORY) : shk_toy_credential_new(toy, &identity, &made);
    if (status == SHK_OK)
        status = shk_buf_append(out, made->key_info);
    if (made != NULL)
        shk_toy_credential_free(toy, made);
    shk_toy_free(toy);
    return status;
}

static shk_status key_info(shk_span certificate, shk_span *out)
{
    shk_span real;
    shk_buf raw = shk_buf_growing(&shk_libc_allocator);
    SHK_TRY(shk_key_info_from_pem(certificate, &real));
    const shk_key_kind kind = kind_of(real);
    const uint8_t number = number_of(real);
    shk_key_info_free(real);
    if (kind == SHK_KEY_UNKNOWN)
        return SHK_E_NO_CERTIFICATE;
    const shk_status status = raw_key(kind, number, &raw);
    *out = shk_buf_span(&raw);
    return status;
}

const shk_provider shk_provider_toy = {
    .open = open_toy,
    .close = shk_toy_free,
    .credential = credential,
    .credential_free = shk_toy_credential_free,
    .set_status = set_status,
    .set_timestamps = set_timestamps,
    .trust = trust,
    .trust_free = trust_free,
    .key_info = key_info,
    .key_info_free = shk_key_info_free,
};
