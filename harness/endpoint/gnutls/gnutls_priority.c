/* GnuTLS priority strings (gnutls_priority.h). */
#include "endpoint/gnutls/gnutls_priority.h"

#include <stdio.h>
#include <string.h>

#include <gnutls/gnutls.h>

/* A cipher suite as GnuTLS has it. */
typedef struct {
    gnutls_kx_algorithm_t exchange;
    gnutls_cipher_algorithm_t cipher;
    gnutls_mac_algorithm_t mac;
    bool tls13;
} suite;

static bool find_suite(uint16_t value, suite *out)
{
    unsigned char id[2];
    gnutls_protocol_t min;
    for (size_t i = 0;
         gnutls_cipher_suite_info(i, id, &out->exchange, &out->cipher, &out->mac, &min) != NULL;
         i++)
        if ((id[0] << 8 | id[1]) == value) {
            out->tls13 = min == GNUTLS_TLS1_3;
            return true;
        }
    return false;
}

static bool unusable(char *why, const char *what, uint16_t value, const char *name)
{
    snprintf(why, SHK_WHY_SIZE, "%s 0x%04x (%s) is not usable: it has no keyword in GnuTLS", what,
             value, name != NULL ? name : "no name");
    return false;
}

static bool append(char *priority, const char *keyword)
{
    const size_t used = strlen(priority);
    const size_t len = strlen(keyword);
    if (len >= SHK_GNUTLS_PRIORITY_SIZE - used)
        return false;
    memcpy(priority + used, keyword, len + 1);
    return true;
}

/* Appends ":+", a prefix and a name to a priority string, unless it is already there. Our names
 * have '_' for GnuTLS's '-'. */
static bool enable(char *priority, const char *prefix, const char *name)
{
    char keyword[96];
    const int written = snprintf(keyword, sizeof keyword, ":+%s%s", prefix, name);
    const size_t len = strlen(keyword);
    for (char *c = keyword; *c != '\0'; c++)
        if (*c == '_')
            *c = '-';
    for (const char *at = priority; (at = strstr(at, keyword)) != NULL; at++)
        if (at[len] == ':' || at[len] == '\0')
            return true;
    return written >= 0 && (size_t)written == len && append(priority, keyword);
}

static bool enable_versions(const shk_endpoint_config *config, char *priority, bool *tls13,
                            char *why)
{
    uint16_t min;
    uint16_t max;
    bool has_13 = config->suites.count == 0;
    bool has_older = has_13;
    for (size_t i = 0; i < config->suites.count; i++) {
        suite found;
        const uint16_t value = config->suites.values[i];
        if (!find_suite(value, &found))
            return unusable(why, "suite", value, shk_suite_name(value));
        has_13 = has_13 || found.tls13;
        has_older = has_older || !found.tls13;
    }
    if (!shk_endpoint_versions(config, has_13, has_older, &min, &max, why))
        return false;
    for (uint16_t version = max; version >= min; version--) {
        const char *name = shk_version_name(version);
        const bool is_tls = name != NULL && strncmp(name, "TLS ", 4) == 0;
        if (!is_tls || !enable(priority, "VERS-TLS", name + 4))
            return unusable(why, "version", version, name);
    }
    *tls13 = max >= SHK_TLS13;
    return true;
}

/* TLS 1.3: GnuTLS derives psk_key_exchange_modes from the key exchanges. */
static bool enable_psk_modes(const shk_endpoint_config *config, char *priority)
{
    if (config->psk_identity == NULL && config->psk_mode == SHK_PSK_DHE_KE)
        return true;
    return (config->psk_mode == SHK_PSK_KE || enable(priority, "", "ECDHE-PSK")) &&
           (config->psk_mode == SHK_PSK_DHE_KE || enable(priority, "", "PSK"));
}

static bool enable_suite(uint16_t value, char *priority)
{
    suite found;
    if (!find_suite(value, &found))
        return false;
    /* TLS 1.3 suites name no key exchange; GnuTLS still needs those that its certificates can
     * serve. */
    const char *exchange =
        found.tls13 ? "ECDHE-RSA:+ECDHE-ECDSA:+DHE-RSA" : gnutls_kx_get_name(found.exchange);
    const char *cipher = gnutls_cipher_get_name(found.cipher);
    const char *mac = gnutls_mac_get_name(found.mac);
    return cipher != NULL && mac != NULL && exchange != NULL && enable(priority, "", cipher) &&
           enable(priority, "", mac) && enable(priority, "", exchange);
}

/* GnuTLS disables DSA by default; of its DSA schemes only the one with SHA-1 has a code point. */
static bool enable_dsa(const shk_endpoint_config *config, char *priority)
{
    suite found;
    for (size_t i = 0; i < config->suites.count; i++)
        if (find_suite(config->suites.values[i], &found) && found.exchange == GNUTLS_KX_DHE_DSS)
            return enable(priority, "SIGN-", "DSA-SHA1");
    return true;
}

/* GnuTLS has another name for ECDSA in TLS 1.3, where the scheme fixes the curve. */
static const struct {
    uint16_t scheme;
    const char *name;
} scheme_rows[] = {
    {0x0201, "RSA-SHA1"},
    {0x0202, "DSA-SHA1"},
    {0x0203, "ECDSA-SHA1"},
    {0x0401, "RSA-SHA256"},
    {0x0402, "DSA-SHA256"},
    {0x0403, "ECDSA-SHA256"},
    {0x0403, "ECDSA-SECP256R1-SHA256"},
    {0x0501, "RSA-SHA384"},
    {0x0503, "ECDSA-SHA384"},
    {0x0503, "ECDSA-SECP384R1-SHA384"},
    {0x0601, "RSA-SHA512"},
    {0x0603, "ECDSA-SHA512"},
    {0x0603, "ECDSA-SECP521R1-SHA512"},
    {0x0804, "RSA-PSS-RSAE-SHA256"},
    {0x0805, "RSA-PSS-RSAE-SHA384"},
    {0x0806, "RSA-PSS-RSAE-SHA512"},
    {0x0807, "EdDSA-Ed25519"},
    {0x0808, "EdDSA-Ed448"},
    {0x0809, "RSA-PSS-SHA256"},
    {0x080a, "RSA-PSS-SHA384"},
    {0x080b, "RSA-PSS-SHA512"},
};
enum { SCHEME_ROWS = sizeof scheme_rows / sizeof scheme_rows[0] };

static bool enable_scheme(uint16_t scheme, char *priority)
{
    bool known = false;
    for (size_t i = 0; i < SCHEME_ROWS; i++) {
        if (scheme_rows[i].scheme != scheme)
            continue;
        if (!enable(priority, "SIGN-", scheme_rows[i].name))
            return false;
        known = true;
    }
    return known;
}

uint16_t shk_gnutls_scheme_named(const char *name)
{
    for (size_t i = 0; i < SCHEME_ROWS; i++)
        if (strcmp(scheme_rows[i].name, name) == 0)
            return scheme_rows[i].scheme;
    return 0;
}

static bool append_options(const shk_endpoint_config *config, char *priority)
{
    const struct {
        bool asked;
        const char *keyword;
    } rows[] = {
        {config->fallback, ":%FALLBACK_SCSV"},
        {config->no_encrypt_then_mac, ":%NO_ETM"},
        {config->no_extended_master_secret, ":%NO_SESSION_HASH"},
        {config->require_extended_master_secret, ":%FORCE_SESSION_HASH"},
        {config->no_middlebox_compatibility, ":%DISABLE_TLS13_COMPAT_MODE"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].asked && !append(priority, rows[i].keyword))
            return false;
    return true;
}

bool shk_gnutls_priority(const shk_endpoint_config *config, char *priority, char *why)
{
    bool tls13 = false;
    snprintf(priority, SHK_GNUTLS_PRIORITY_SIZE, "NORMAL:-VERS-ALL%s%s%s%s%s",
             config->suites.count > 0 ? ":-CIPHER-ALL:-MAC-ALL:-KX-ALL" : "",
             config->groups.count > 0 ? ":-GROUP-ALL" : "",
             config->schemes.count > 0 ? ":-SIGN-ALL" : "",
             config->raw_server_key ? ":-CTYPE-SRV-ALL:+CTYPE-SRV-RAWPK" : "",
             config->raw_client_key ? ":-CTYPE-CLI-ALL:+CTYPE-CLI-RAWPK" : "");
    if (!enable_versions(config, priority, &tls13, why))
        return false;
    if (tls13 && !enable_psk_modes(config, priority))
        return unusable(why, "psk_mode", (uint16_t)config->psk_mode, NULL);
    for (size_t i = 0; i < config->suites.count; i++) {
        const uint16_t value = config->suites.values[i];
        if (!enable_suite(value, priority))
            return unusable(why, "suite", value, shk_suite_name(value));
    }
    for (size_t i = 0; i < config->groups.count; i++) {
        const uint16_t value = config->groups.values[i];
        const char *name = shk_group_name(value);
        if (name == NULL || !enable(priority, "GROUP-", name))
            return unusable(why, "group", value, name);
    }
    for (size_t i = 0; i < config->schemes.count; i++) {
        const uint16_t value = config->schemes.values[i];
        if (!enable_scheme(value, priority))
            return unusable(why, "signature scheme", value, shk_signature_scheme_name(value));
    }
    return (config->schemes.count > 0 || enable_dsa(config, priority)) &&
           append_options(config, priority);
}
