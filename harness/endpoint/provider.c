/* The provider on libcrypto (endpoint/provider.h). */
#include "endpoint/provider.h"

static shk_status credential(const shk_crypto *crypto, shk_span certificates, shk_span key,
                             shk_credential **out)
{
    (void)crypto;
    return shk_credential_from_pem(certificates, key, out);
}

static void credential_free(const shk_crypto *crypto, shk_credential *made)
{
    (void)crypto;
    shk_credential_free(made);
}

static shk_status set_status(shk_credential *made, shk_span response)
{
    return shk_is_ocsp_response(response) ? shk_credential_set_status(made, response)
                                          : SHK_E_STATUS_INVALID;
}

const shk_provider shk_provider_libcrypto = {
    .open = shk_libcrypto_new,
    .close = shk_libcrypto_free,
    .credential = credential,
    .credential_free = credential_free,
    .set_status = set_status,
    .set_timestamps = shk_credential_set_timestamps,
    .trust = shk_trust_from_pem,
    .trust_free = shk_trust_free,
    .key_info = shk_key_info_from_pem,
    .key_info_free = shk_key_info_free,
};
