/* What is derived from the tables of code points (shakedown/registry.h, shakedown/errors.h). */
#include "shakedown/registry.h"

static const shk_error_row error_rows[SHK_STATUS_COUNT] = {
    {"OK", SHK_ALERT_NONE, "", "no error"},
#define SHK_ERROR(name, alert, clause, text) {#name, SHK_ALERT_##alert, clause, text},
#include "registry/errors.def"
#undef SHK_ERROR
};

const shk_error_row *shk_error(shk_status status)
{
    return &error_rows[(unsigned)status < SHK_STATUS_COUNT ? status : SHK_E_INTERNAL];
}

static const struct {
    shk_status error;
    const char *reason;
} deviation_rows[SHK_DEVIATION_COUNT] = {
#define SHK_TOLERATED(error, why) {SHK_E_##error, why},
#include "registry/tolerated.def"
#undef SHK_TOLERATED
};
_Static_assert(SHK_DEVIATION_COUNT <= 32, "shk_conn_info.deviations has a bit per row");

shk_status shk_deviation_error(shk_deviation deviation)
{
    return deviation_rows[deviation].error;
}

const char *shk_deviation_reason(shk_deviation deviation)
{
    return deviation_rows[deviation].reason;
}

const char *shk_alert_name(uint32_t value)
{
    switch (value) {
#define SHK_ALERT(name, value)                                                                     \
    case value:                                                                                    \
        return #name;
#include "registry/alerts.def"
#undef SHK_ALERT
    default:
        return NULL;
    }
}

static const struct {
    uint8_t size;
    uint8_t block;
} hash_rows[SHK_HASH_COUNT] = {
#define SHK_HASH(name, libcrypto, size, block) {size, block},
#include "registry/hashes.def"
#undef SHK_HASH
};

size_t shk_hash_size(shk_hash hash)
{
    return hash_rows[hash].size;
}

size_t shk_hash_block(shk_hash hash)
{
    return hash_rows[hash].block;
}

static const shk_cipher_row cipher_rows[SHK_CIPHER_COUNT] = {
#define SHK_CIPHER(name, libcrypto, kind, key, fixed_iv, record_iv, tag)                           \
    {#name, SHK_KIND_##kind, key, fixed_iv, record_iv, tag},
#include "registry/ciphers.def"
#undef SHK_CIPHER
};

const shk_cipher_row *shk_cipher_of(shk_cipher cipher)
{
    return &cipher_rows[cipher];
}

const shk_suite_row shk_suite_rows[] = {
#define SHK_SIGNALLING_SUITE(name, value)
#define SHK_SUITE(name, value, min, max, key_exchange, auth, cipher, mac, hash)                    \
    {#name,                                                                                        \
     value,                                                                                        \
     SHK_##min,                                                                                    \
     SHK_##max,                                                                                    \
     SHK_KX_##key_exchange,                                                                        \
     SHK_AUTH_##auth,                                                                              \
     SHK_CIPHER_##cipher,                                                                          \
     SHK_HASH_##mac,                                                                               \
     SHK_HASH_##hash},
#include "registry/cipher_suites.def"
#undef SHK_SUITE
#undef SHK_SIGNALLING_SUITE
};
const size_t shk_suite_count = sizeof shk_suite_rows / sizeof shk_suite_rows[0];

/* Rows are sorted by value. A hello can offer a row's worth of suites many times over. */
const shk_suite_row *shk_suite_of(uint16_t value)
{
    size_t first = 0, end = shk_suite_count;
    while (first < end) {
        size_t middle = (first + end) / 2;
        if (shk_suite_rows[middle].value < value)
            first = middle + 1;
        else
            end = middle;
    }
    return first < shk_suite_count && shk_suite_rows[first].value == value ? &shk_suite_rows[first]
                                                                           : NULL;
}

bool shk_suite_certified(const shk_suite_row *suite)
{
    return suite->auth != SHK_AUTH_PSK && suite->auth != SHK_AUTH_ANON;
}

bool shk_suite_is_ephemeral(const shk_suite_row *suite)
{
    return (suite->key_exchange & (SHK_FORM_ECDHE | SHK_FORM_DHE)) != 0;
}

bool shk_suite_has_psk(const shk_suite_row *suite)
{
    return (suite->key_exchange & SHK_FORM_PSK) != 0;
}

uint8_t shk_suite_form(const shk_suite_row *suite)
{
    unsigned unsigned_parameters = suite->auth == SHK_AUTH_ANON ? SHK_FORM_ANONYMOUS : 0;
    return (uint8_t)(suite->key_exchange | unsigned_parameters);
}

enum { SHK_NONE = 0 };

static const struct {
    shk_auth auth;
    uint16_t group;
} key_kind_rows[SHK_KEY_KIND_COUNT] = {
    {SHK_AUTH_ANY, SHK_NONE},
#define SHK_KEY_KIND(name, auth, group) {SHK_AUTH_##auth, SHK_##group},
#include "registry/key_kinds.def"
#undef SHK_KEY_KIND
};

shk_auth shk_key_kind_auth(shk_key_kind kind)
{
    return key_kind_rows[kind].auth;
}

uint16_t shk_key_kind_group(shk_key_kind kind)
{
    return key_kind_rows[kind].group;
}

const shk_group_row shk_group_rows[SHK_GROUP_COUNT] = {
#define SHK_GROUP(name, value, kind, share, answer, secret, min, max)                              \
    {#name, value, SHK_GROUP_##kind, share, answer, secret, SHK_##min, SHK_##max},
#include "registry/groups.def"
#undef SHK_GROUP
};

const shk_group_row *shk_group_of(uint16_t value)
{
    for (size_t i = 0; i < SHK_GROUP_COUNT; i++)
        if (shk_group_rows[i].value == value)
            return &shk_group_rows[i];
    return NULL;
}

const shk_signature_scheme_row shk_signature_scheme_rows[] = {
#define SHK_SIGNATURE_SCHEME(name, value, key, hash, min, max)                                     \
    {#name, value, SHK_KEY_##key, SHK_HASH_##hash, SHK_##min, SHK_##max},
#include "registry/signature_schemes.def"
#undef SHK_SIGNATURE_SCHEME
};
const size_t shk_signature_scheme_count =
    sizeof shk_signature_scheme_rows / sizeof shk_signature_scheme_rows[0];

const shk_signature_scheme_row *shk_signature_scheme_of(uint16_t value)
{
    for (size_t i = 0; i < shk_signature_scheme_count; i++)
        if (shk_signature_scheme_rows[i].value == value)
            return &shk_signature_scheme_rows[i];
    return NULL;
}

bool shk_is_grease(uint16_t value)
{
    return (value & 0x0f0f) == 0x0a0a && value >> 8 == (value & 0xff);
}

/* RFC 8446 §4.1.3 */
const uint8_t shk_retry_random[32] = {
    0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91,
    0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c};

const uint8_t shk_downgrade_sentinel[7] = {0x44, 0x4f, 0x57, 0x4e, 0x47, 0x52, 0x44};
