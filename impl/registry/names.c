/* Names of code points, for printing and for command lines (shakedown/registry.h). */
#include "shakedown/registry.h"

const char *shk_version_name(uint32_t value)
{
    switch (value) {
#define SHK_VERSION(enumerator, name, value)                                                       \
    case value:                                                                                    \
        return name;
#include "registry/versions.def"
#undef SHK_VERSION
    default:
        return value <= UINT16_MAX && shk_is_grease((uint16_t)value) ? "GREASE" : NULL;
    }
}

const char *shk_suite_name(uint32_t value)
{
    switch (value) {
#define SHK_SUITE(name, value, ...)                                                                \
    case value:                                                                                    \
        return #name;
#define SHK_SIGNALLING_SUITE(name, value)                                                          \
    case value:                                                                                    \
        return #name;
#include "registry/cipher_suites.def"
#undef SHK_SUITE
#undef SHK_SIGNALLING_SUITE
    default:
        return value <= UINT16_MAX && shk_is_grease((uint16_t)value) ? "GREASE" : NULL;
    }
}

const char *shk_group_name(uint32_t value)
{
    const shk_group_row *row = value <= UINT16_MAX ? shk_group_of((uint16_t)value) : NULL;
    if (row != NULL)
        return row->name;
    return value <= UINT16_MAX && shk_is_grease((uint16_t)value) ? "GREASE" : NULL;
}

const char *shk_signature_scheme_name(uint32_t value)
{
    const shk_signature_scheme_row *row =
        value <= UINT16_MAX ? shk_signature_scheme_of((uint16_t)value) : NULL;
    return row != NULL ? row->name : NULL;
}

const char *shk_extension_name(uint32_t value)
{
    switch (value) {
#define SHK_EXTENSION(name, value, places)                                                         \
    case value:                                                                                    \
        return #name;
#include "registry/extensions.def"
#undef SHK_EXTENSION
    default:
        return value <= UINT16_MAX && shk_is_grease((uint16_t)value) ? "GREASE" : NULL;
    }
}

const char *shk_handshake_type_name(uint32_t value)
{
    static const struct {
        uint8_t value;
        const char *name;
    } names[] = {
#define SHK_MESSAGE(name, value, min, max, forms) {value, #name},
#include "registry/messages.def"
#undef SHK_MESSAGE
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (names[i].value == value)
            return names[i].name;
    return NULL;
}

/* Small enumerations whose values count up from `first`. */
static const char *name_in(const char *const *names, size_t count, uint32_t first, uint32_t value)
{
    return value >= first && value - first < count ? names[value - first] : NULL;
}

#define NAMES(function, first, ...)                                                                \
    const char *function(uint32_t value)                                                           \
    {                                                                                              \
        static const char *const names[] = {__VA_ARGS__};                                          \
        return name_in(names, sizeof names / sizeof names[0], first, value);                       \
    }

NAMES(shk_content_type_name, 20, "change_cipher_spec", "alert", "handshake", "application_data",
      "heartbeat")
NAMES(shk_alert_level_name, 1, "warning", "fatal")
NAMES(shk_psk_mode_name, 0, "psk_ke", "psk_dhe_ke")
NAMES(shk_certificate_type_name, 0, "X509", "OpenPGP", "RawPublicKey")
NAMES(shk_client_certificate_type_name, 1, "rsa_sign", "dss_sign", "rsa_fixed_dh", "dss_fixed_dh")
NAMES(shk_compression_algorithm_name, 1, "zlib", "brotli", "zstd")
NAMES(shk_point_format_name, 0, "uncompressed", "ansiX962_compressed_prime",
      "ansiX962_compressed_char2")
NAMES(shk_status_type_name, 1, "ocsp", "ocsp_multi")
NAMES(shk_heartbeat_message_type_name, 1, "heartbeat_request", "heartbeat_response")
