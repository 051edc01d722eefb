/* Certificates and keys: the input is both texts. */
#include "input/input.h"
#include "shakedown/crypto.h"

static bool run(void *shared, shk_span input)
{
    shk_trust *trust = NULL;
    shk_credential *credential = NULL;
    shk_span key_info = {NULL, 0};
    bool taken = shk_trust_from_pem(input, &trust) == SHK_OK;
    (void)shared;
    shk_trust_free(trust);
    if (shk_credential_from_pem(input, input, &credential) == SHK_OK)
        shk_credential_free(credential);
    if (shk_key_info_from_pem(input, &key_info) == SHK_OK)
        shk_key_info_free(key_info);
    return taken;
}

const shk_input_kind shk_input = {NULL, run};
