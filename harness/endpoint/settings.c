/* What every kind of endpoint derives from its settings (endpoint/settings.h). */
#include "endpoint/settings.h"

#include <stdio.h>
#include <string.h>

const char *shk_endpoint_lacks(const shk_endpoint_config *config, unsigned kind)
{
#define SHK_SETTING(option, field, type, of, argument, whose, kinds, versions, ours, help)         \
    if ((SHK_KINDS_##kinds & kind) == 0 && SHK_IS_GIVEN_##type(config->field))                     \
        return #field;
#include "endpoint/settings.def"
    return NULL;
}

bool shk_endpoint_own_key_raw(const shk_endpoint_config *config)
{
    return config->server ? config->raw_server_key : config->raw_client_key;
}

bool shk_endpoint_peer_key_raw(const shk_endpoint_config *config)
{
    return config->server ? config->raw_client_key : config->raw_server_key;
}

bool shk_endpoint_can_authenticate(shk_u16s suites)
{
    for (size_t i = 0; i < suites.count; i++) {
        const shk_suite_row *row = shk_suite_of(suites.values[i]);
        if (row != NULL && row->auth != SHK_AUTH_ANON)
            return true;
    }
    return suites.count == 0;
}

static const char *version_text(uint16_t version)
{
    const char *name = shk_version_name(version);
    return name != NULL ? name : "an unknown version";
}

bool shk_endpoint_versions(const shk_endpoint_config *config, bool has_13, bool has_older,
                           uint16_t *min, uint16_t *max, char *why)
{
    const uint16_t low = config->min_version != 0 ? config->min_version : SHK_TLS12;
    const uint16_t high = config->max_version != 0 ? config->max_version : SHK_TLS13;
    *min = low;
    *max = high;
    if (has_13 && !has_older && *min < SHK_TLS13)
        *min = SHK_TLS13;
    if (has_older && !has_13 && *max > SHK_TLS12)
        *max = SHK_TLS12;
    if (*min <= *max)
        return true;
    snprintf(why, SHK_WHY_SIZE, "no version is left: of %s to %s, %s", version_text(low),
             version_text(high),
             has_13 && has_older ? "the lowest is above the highest"
             : has_13            ? "and suites of TLS 1.3 alone"
                                 : "and suites of TLS 1.2 or below alone");
    return false;
}

bool shk_endpoint_compressions(const char *names, uint16_t *out, size_t *count, char *why)
{
    static const char *const known[SHK_COMPRESSIONS] = {"zlib", "brotli", "zstd"};
    *count = 0;
    for (const char *at = names;; at++) {
        const size_t len = strcspn(at, ",");
        size_t i = 0;
        while (i < SHK_COMPRESSIONS && (strlen(known[i]) != len || memcmp(known[i], at, len) != 0))
            i++;
        if (i == SHK_COMPRESSIONS || *count == SHK_COMPRESSIONS) {
            snprintf(why, SHK_WHY_SIZE,
                     "compress_certificate %.100s is not usable: known are zlib, brotli, zstd",
                     names);
            return false;
        }
        out[(*count)++] = (uint16_t)(i + 1);
        at += len;
        if (*at == '\0')
            return true;
    }
}
