/* Defaults of a configuration (shakedown/config.h). */
#include "shakedown/config.h"

/* TLS 1.3 first, then certificates before PSKs, ECDHE before RSA, AEAD before CBC. */
static const uint16_t suites[] = {
    SHK_TLS_AES_128_GCM_SHA256,
    SHK_TLS_AES_256_GCM_SHA384,
    SHK_TLS_CHACHA20_POLY1305_SHA256,
    SHK_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
    SHK_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
    SHK_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
    SHK_TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
    SHK_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
    SHK_TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
    SHK_TLS_DHE_RSA_WITH_AES_128_GCM_SHA256,
    SHK_TLS_DHE_RSA_WITH_AES_256_GCM_SHA384,
    SHK_TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA,
    SHK_TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA,
    SHK_TLS_RSA_WITH_AES_128_GCM_SHA256,
    SHK_TLS_RSA_WITH_AES_256_GCM_SHA384,
    SHK_TLS_RSA_WITH_AES_128_CBC_SHA,
    SHK_TLS_ECDHE_PSK_WITH_AES_128_GCM_SHA256,
    SHK_TLS_ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256,
    SHK_TLS_DHE_PSK_WITH_AES_128_GCM_SHA256,
    SHK_TLS_PSK_WITH_AES_128_GCM_SHA256,
    SHK_TLS_ECDHE_PSK_WITH_AES_128_CBC_SHA,
    SHK_TLS_PSK_WITH_AES_128_CBC_SHA,
};
/* Hybrids are left out where libcrypto has none. */
static const uint16_t groups[] = {
    SHK_X25519MLKEM768, SHK_x25519,    SHK_secp256r1, SHK_secp384r1,         SHK_secp521r1,
    SHK_x448,           SHK_ffdhe2048, SHK_ffdhe3072, SHK_SecP256r1MLKEM768, SHK_SecP384r1MLKEM1024,
};
static const uint16_t schemes[] = {
    SHK_ecdsa_secp256r1_sha256, SHK_ed25519,
    SHK_rsa_pss_rsae_sha256,    SHK_ecdsa_secp384r1_sha384,
    SHK_ecdsa_secp521r1_sha512, SHK_ed448,
    SHK_rsa_pss_pss_sha256,     SHK_rsa_pss_rsae_sha384,
    SHK_rsa_pss_rsae_sha512,    SHK_rsa_pss_pss_sha384,
    SHK_rsa_pss_pss_sha512,     SHK_rsa_pkcs1_sha256,
    SHK_rsa_pkcs1_sha384,       SHK_rsa_pkcs1_sha512,
};

#define LIST(array)                                                                                \
    {                                                                                              \
        array, sizeof array / sizeof array[0]                                                      \
    }

const shk_u16s shk_default_suites = LIST(suites);
const shk_u16s shk_default_groups = LIST(groups);
const shk_u16s shk_default_schemes = LIST(schemes);

shk_config shk_config_default(bool is_server, const shk_crypto *crypto)
{
    shk_config config = {
        .is_server = is_server,
        .crypto = crypto,
        .allocator = &shk_libc_allocator,
        .min_version = SHK_TLS12,
        .max_version = SHK_TLS13,
        .suites = LIST(suites),
        .groups = LIST(groups),
        .schemes = LIST(schemes),
        .security_level = 1,
        .ticket_count = 2,
        .ticket_lifetime = 7200,
        .max_session_age = 7 * 24 * 3600,
        .records_per_key = 1u << 24, /* below the 2^24.5 of AES-GCM */
        .max_message = SHK_LONGEST_CLIENT_HELLO,
        .max_certificate = 100 * 1024,
    };
    return config;
}
