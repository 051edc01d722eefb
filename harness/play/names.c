/* The names that OpenSSL and GnuTLS have for ours (play/names.h). */
#include "play/names.h"

#include <ctype.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

typedef struct {
    const char *ours;
    const char *theirs;
} name_pair;

void shk_name_upper(const char *name, char *out)
{
    size_t at = 0;
    for (; name[at] != 0 && at < SHK_PROGRAM_NAME - 1; at++)
        out[at] = (char)toupper((unsigned char)name[at]);
    out[at] = 0;
}

void shk_name_with_colons(const char *list, char *out)
{
    snprintf(out, SHK_PROGRAM_NAME, "%s", list);
    for (char *at = out; *at != 0; at++)
        if (*at == ',')
            *at = ':';
}

void shk_name_openssl_version(const char *version, char *out)
{
    const char *number = strncmp(version, "TLSv", 4) == 0 ? version + 4 : version;
    snprintf(out, SHK_PROGRAM_NAME, "TLSv%s", strcmp(number, "1.0") == 0 ? "1" : number);
}

/* Replaces the first `from` in place; `to` is not longer. */
static void shorten(char *text, const char *from, const char *to)
{
    char *found = strstr(text, from);
    if (found == NULL)
        return;
    memcpy(found, to, strlen(to));
    memmove(found + strlen(to), found + strlen(from), strlen(found + strlen(from)) + 1);
}

void shk_name_openssl_suite(const char *suite, char *out)
{
    static const name_pair parts[] = {
        {"_WITH_", "-"},
        {"AES_128_", "AES128-"},
        {"AES_256_", "AES256-"},
        {"AES128-CBC_", "AES128-"},
        {"AES256-CBC_", "AES256-"},
        {"DH_anon", "ADH"},
        {"ECADH", "AECDH"},
        {"CHACHA20_POLY1305_SHA256", "CHACHA20-POLY1305"},
    };
    snprintf(out, SHK_PROGRAM_NAME, "%s", suite);
    if (strstr(suite, "_WITH_") == NULL)
        return;
    shorten(out, "TLS_", "");
    const bool psk = strstr(out, "PSK_WITH") != NULL;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        if (!psk || strstr(parts[i].ours, "CBC") == NULL)
            shorten(out, parts[i].ours, parts[i].theirs);
    for (char *at = out; *at != 0; at++)
        if (*at == '_')
            *at = '-';
    if (strncmp(out, "RSA-", 4) == 0 && strncmp(out, "RSA-PSK", 7) != 0)
        shorten(out, "RSA-", "");
}

static bool named(const name_pair *pairs, size_t count, const char *name, char *out)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(pairs[i].ours, name) == 0) {
            snprintf(out, SHK_PROGRAM_NAME, "%s", pairs[i].theirs);
            return true;
        }
    return false;
}

/* TLS 1.3 has another name for ECDSA, where the scheme fixes the curve. */
bool shk_name_gnutls_scheme(const char *scheme, char *out)
{
    static const name_pair pairs[] = {
        {"rsa_pkcs1_sha1", "RSA-SHA1"},
        {"rsa_pkcs1_sha256", "RSA-SHA256"},
        {"rsa_pkcs1_sha384", "RSA-SHA384"},
        {"rsa_pkcs1_sha512", "RSA-SHA512"},
        {"ecdsa_sha1", "ECDSA-SHA1"},
        {"ecdsa_secp256r1_sha256", "ECDSA-SHA256:+SIGN-ECDSA-SECP256R1-SHA256"},
        {"ecdsa_secp384r1_sha384", "ECDSA-SHA384:+SIGN-ECDSA-SECP384R1-SHA384"},
        {"ecdsa_secp521r1_sha512", "ECDSA-SHA512:+SIGN-ECDSA-SECP521R1-SHA512"},
        {"rsa_pss_rsae_sha256", "RSA-PSS-RSAE-SHA256"},
        {"rsa_pss_rsae_sha384", "RSA-PSS-RSAE-SHA384"},
        {"rsa_pss_rsae_sha512", "RSA-PSS-RSAE-SHA512"},
        {"rsa_pss_pss_sha256", "RSA-PSS-SHA256"},
        {"ed25519", "EdDSA-Ed25519"},
        {"ed448", "EdDSA-Ed448"},
    };
    return named(pairs, sizeof pairs / sizeof pairs[0], scheme, out);
}

bool shk_name_gnutls_suite(const char *suite, char *out)
{
    static const name_pair exchanges[] = {
        {"", "ECDHE-RSA:+ECDHE-ECDSA"},
        {"RSA", "RSA"},
        {"DHE_RSA", "DHE-RSA"},
        {"DHE_DSS", "DHE-DSS"},
        {"DH_anon", "ANON-DH"},
        {"ECDH_anon", "ANON-ECDH"},
        {"PSK", "PSK"},
        {"DHE_PSK", "DHE-PSK"},
        {"ECDHE_PSK", "ECDHE-PSK"},
        {"RSA_PSK", "RSA-PSK"},
        {"ECDHE_RSA", "ECDHE-RSA"},
        {"ECDHE_ECDSA", "ECDHE-ECDSA"},
    };
    static const name_pair ciphers[] = {
        {"AES_128_CBC_SHA", "AES-128-CBC:+SHA1"},
        {"AES_256_CBC_SHA", "AES-256-CBC:+SHA1"},
        {"AES_128_CBC_SHA256", "AES-128-CBC:+SHA256"},
        {"AES_256_CBC_SHA384", "AES-256-CBC:+SHA384"},
        {"AES_128_GCM_SHA256", "AES-128-GCM:+AEAD"},
        {"AES_256_GCM_SHA384", "AES-256-GCM:+AEAD"},
        {"AES_128_CCM", "AES-128-CCM:+AEAD"},
        {"AES_128_CCM_SHA256", "AES-128-CCM:+AEAD"},
        {"CHACHA20_POLY1305_SHA256", "CHACHA20-POLY1305:+AEAD"},
    };
    char exchange[SHK_PROGRAM_NAME];
    char cipher[SHK_PROGRAM_NAME];
    char part[64] = "";
    const char *with = strstr(suite, "_WITH_");
    if (strncmp(suite, "TLS_", 4) != 0)
        return false;
    if (with != NULL)
        snprintf(part, sizeof part, "%.*s", (int)(with - suite - 4), suite + 4);
    if (!named(exchanges, sizeof exchanges / sizeof exchanges[0], part, exchange) ||
        !named(ciphers, sizeof ciphers / sizeof ciphers[0], with != NULL ? with + 6 : suite + 4,
               cipher))
        return false;
    snprintf(out, SHK_PROGRAM_NAME, "%.200s:+%.200s", cipher, exchange);
    return true;
}
