/* Functions of a provider that lacks something (support/provider_stubs.h). */
#include "provider_stubs.h"

bool test_has_no_cipher(const shk_crypto *crypto, shk_cipher cipher)
{
    (void)crypto;
    (void)cipher;
    return false;
}

bool test_has_no_group(const shk_crypto *crypto, uint16_t group)
{
    (void)crypto;
    (void)group;
    return false;
}
