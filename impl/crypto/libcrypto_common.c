/* What the parts of the libcrypto provider share: its names for hashes and keys, and its failures
 * (crypto/libcrypto.h). */

#include "crypto/libcrypto.h"

#include <openssl/err.h>
#include <openssl/obj_mac.h>

static const char *const hash_names[SHK_HASH_COUNT] = {
#define SHK_HASH(name, libcrypto, size, block) libcrypto,
#include "registry/hashes.def"
#undef SHK_HASH
};

const char *shk_libcrypto_hash_name(shk_hash hash)
{
    return hash_names[hash];
}

shk_status shk_libcrypto_failure_at(shk_status otherwise, const char *file, int line)
{
    for (unsigned long error = ERR_get_error(); error != 0; error = ERR_get_error())
        if (ERR_GET_REASON(error) == ERR_R_MALLOC_FAILURE)
            otherwise = SHK_E_NO_MEMORY;
    return shk_own_failure(otherwise, file, line);
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
