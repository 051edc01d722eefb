/* ECHConfigLists: made, and read (RFC 9849 §4). */
#include "handshake/hello/ech_configs.h"

#include <string.h>

#include "handshake/state/host_name.h"
#include "shakedown/ech.h"
#include "shakedown/errors.h"
#include "shakedown/registry.h"

enum { MANDATORY = 0x8000 /* of an extension's type: who does not know it skips the ECHConfig */ };

/* Extensions that may all be passed over, each of another type (§4.2). */
static bool may_be_ignored(shk_span extensions)
{
    uint8_t seen[MANDATORY / 8] = {0};
    shk_ech_config_extension e;
    while (shk_list_next(&extensions, NULL, shk_ech_config_extension_shape, &e)) {
        uint8_t bit = (uint8_t)(1 << e.type % 8);
        if ((e.type & MANDATORY) || (seen[e.type / 8] & bit))
            return false;
        seen[e.type / 8] |= bit;
    }
    return true;
}

static bool choose_suite(const shk_crypto *crypto, const shk_ech_config *config,
                         shk_hpke_suite *out)
{
    shk_hpke_symmetric_cipher_suite suite;
    shk_span list = config->cipher_suites;
    while (shk_list_next(&list, NULL, shk_hpke_symmetric_cipher_suite_shape, &suite)) {
        *out = (shk_hpke_suite){config->kem_id, suite.kdf_id, suite.aead_id};
        if (shk_hpke_usable(crypto, *out))
            return true;
    }
    return false;
}

bool shk_ech_next_usable(const shk_crypto *crypto, shk_span *list, shk_ech_config *out,
                         shk_hpke_suite *suite, shk_span *whole)
{
    for (;;) {
        const uint8_t *start = list->data;
        memset(out, 0, sizeof *out);
        if (!shk_list_next(list, NULL, shk_ech_config_shape, out))
            return false;
        *whole = shk_span_of(start, (size_t)(list->data - start));
        if (out->version == SHK_ECH_VERSION && may_be_ignored(out->extensions) &&
            shk_is_host_name(out->public_name, false) && choose_suite(crypto, out, suite) &&
            out->public_key.len == shk_hpke_public_size(out->kem_id))
            return true;
    }
}

shk_span shk_ech_list(shk_span configs)
{
    shk_form form = {.place = SHK_IN_ENCRYPTED_EXTENSIONS};
    shk_encrypted_client_hello m;
    if (shk_decode(shk_extension_rows[SHK_EXT_encrypted_client_hello].layout->shape, &form, configs,
                   &m, NULL) != SHK_OK)
        return shk_span_of(NULL, 0);
    return m.retry_configs;
}

static bool has_usable(const shk_crypto *crypto, shk_span configs)
{
    shk_ech_config config;
    shk_hpke_suite suite;
    shk_span list = shk_ech_list(configs), whole;
    return shk_ech_next_usable(crypto, &list, &config, &suite, &whole);
}

shk_status shk_ech_check_key(const shk_crypto *crypto, const shk_ech_key *key)
{
    uint8_t public_key[SHK_HPKE_MAX_PUBLIC];
    shk_ech_config config;
    shk_hpke_suite suite;
    shk_span list = shk_ech_list(key->configs), whole;
    size_t usable = 0;
    for (; shk_ech_next_usable(crypto, &list, &config, &suite, &whole); usable++) {
        SHK_TRY(shk_hpke_public_key(crypto, config.kem_id, key->private_key, public_key));
        if (!shk_span_equal(config.public_key, shk_span_of(public_key, config.public_key.len)))
            return SHK_E_ECH_KEY_MISMATCH;
    }
    return usable > 0 ? SHK_OK : SHK_E_CONFIG;
}

bool shk_ech_config_usable(const shk_config *config)
{
    for (size_t i = 0; i < config->ech_key_count; i++)
        if (!has_usable(config->crypto, config->ech_keys[i].configs))
            return false;
    return config->ech_configs.len == 0 || /* that it may be of TLS 1.3 its suites have shown */
           (config->client_hello.len == 0 && has_usable(config->crypto, config->ech_configs));
}

shk_status shk_ech_info(shk_span config, shk_buf *out)
{
    static const char label[] = "tls ech"; /* with its zero */
    SHK_TRY(shk_buf_append(out, shk_span_of(label, sizeof label)));
    return shk_buf_append(out, config);
}

shk_status shk_ech_make_key(const shk_crypto *crypto, const shk_random *random,
                            const shk_ech_settings *settings, shk_buf *configs,
                            uint8_t private_key[SHK_ECH_PRIVATE_KEY])
{
    static const uint8_t suites[] = {0, SHK_HPKE_KDF_SHA256, 0, SHK_HPKE_AEAD_AES_128_GCM,
                                     0, SHK_HPKE_KDF_SHA256, 0, SHK_HPKE_AEAD_CHACHA20_POLY1305};
    uint8_t public_key[SHK_HPKE_MAX_PUBLIC], memory[512];
    shk_buf list = shk_buf_over(memory, sizeof memory);
    shk_ech_config config = {
        .version = SHK_ECH_VERSION,
        .config_id = settings->config_id,
        .kem_id = SHK_HPKE_KEM_X25519,
        .public_key = shk_span_of(public_key, shk_hpke_public_size(SHK_HPKE_KEM_X25519)),
        .cipher_suites = shk_span_of(suites, sizeof suites),
        .maximum_name_length = settings->maximum_name_length,
        .public_name = shk_span_of_text(settings->public_name),
    };
    if (config.public_name.len > 255 || !shk_is_host_name(config.public_name, false))
        return SHK_E_ECH_PUBLIC_NAME;
    random->fill(random->context, private_key, SHK_ECH_PRIVATE_KEY);
    SHK_TRY(shk_hpke_public_key(crypto, config.kem_id, private_key, public_key));
    SHK_TRY(shk_encode(shk_ech_config_shape, NULL, &config, &list, NULL));
    uint8_t length[2] = {(uint8_t)(list.len >> 8), (uint8_t)list.len};
    SHK_TRY(shk_buf_reserve(configs, sizeof length + list.len)); /* all of it or nothing */
    SHK_TRY(shk_buf_append(configs, shk_span_of(length, 2)));
    return shk_buf_append(configs, shk_buf_span(&list));
}
