/* Functions of a provider that lacks what it is asked for. */
#ifndef SHK_TESTS_PROVIDER_STUBS_H
#define SHK_TESTS_PROVIDER_STUBS_H

#include "shakedown/crypto.h"

bool test_has_no_cipher(const shk_crypto *crypto, shk_cipher cipher);
bool test_has_no_group(const shk_crypto *crypto, uint16_t group);

#endif
