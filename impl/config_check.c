/* Whether a configuration can be used at all (shakedown/config.h): what is asked for has to be
 * there, whatever is negotiated. */
#include "config_check.h"

#include <string.h>

#include "handshake/hello/ech_configs.h"
#include "handshake/state/negotiated.h"
#include "shakedown/session.h"

/* But for the row that stands for RSA below TLS 1.2, and never travels. */
static bool known_schemes(const shk_u16s *schemes)
{
    for (size_t i = 0; i < schemes->count; i++) {
        const shk_signature_scheme_row *row = shk_signature_scheme_of(schemes->values[i]);
        if (row == NULL || row->max_version < SHK_TLS12)
            return false;
    }
    return true;
}

static bool known_code_points(const shk_config *config)
{
    for (size_t i = 0; i < config->suites.count; i++)
        if (shk_suite_of(config->suites.values[i]) == NULL)
            return false;
    for (size_t i = 0; i < config->groups.count; i++)
        if (shk_group_of(config->groups.values[i]) == NULL)
            return false;
    for (size_t i = 0; i < config->certificate_compressions.count; i++)
        if (shk_compression_algorithm_name(config->certificate_compressions.values[i]) == NULL)
            return false;
    return config->suites.count > 0 && config->suites.count <= SHK_MAX_SUITES &&
           config->schemes.count > 0 && known_schemes(&config->schemes) &&
           known_schemes(&config->chain_schemes);
}

/* A client must have a suite to offer: one of its versions, that the provider has, and with a PSK
 * where it takes one. An inner ClientHello is of TLS 1.3 (RFC 9849 §6.1). A server without refuses.
 */
static bool has_suites(const shk_config *config)
{
    if (config->is_server || config->client_hello.len > 0)
        return true;
    bool uses_ech = config->ech_configs.len > 0;
    uint16_t min = uses_ech ? SHK_TLS13 : config->min_version;
    for (size_t i = 0; i < config->suites.count; i++) {
        const shk_suite_row *row = shk_suite_of(config->suites.values[i]);
        if (row->min_version <= config->max_version && row->max_version >= min &&
            (!shk_suite_has_psk(row) || config->psk_count > 0) &&
            config->crypto->has_cipher(config->crypto, row->cipher))
            return true;
    }
    return false;
}

/* Groups that the provider lacks are left out; one must be left. */
static bool has_groups(const shk_config *config)
{
    for (size_t i = 0; i < config->groups.count; i++)
        if (config->crypto->has_group(config->crypto, config->groups.values[i]))
            return true;
    return false;
}

static bool usable_psks(const shk_config *config)
{
    for (size_t i = 0; i < config->psk_count; i++) {
        const shk_external_psk *psk = &config->psks[i];
        if (psk->key.len == 0 || psk->key.len > SHK_MAX_PSK || psk->identity.len > 65535)
            return false;
        if (psk->import && psk->identity.len == 0) /* RFC 9258 §5.1 */
            return false;
        if (psk->import && psk->identity.len + psk->import_context.len > SHK_MAX_IMPORTED_IDENTITY)
            return false;
    }
    return config->psk_count <= SHK_MAX_PSKS && config->psk_hint.len <= 65535;
}

/* A server has something to show for itself: a certificate, a PSK, or a suite that needs neither.
 */
static bool can_authenticate(const shk_config *config)
{
    bool anonymous = false;
    for (size_t i = 0; i < config->suites.count; i++)
        anonymous |= shk_suite_of(config->suites.values[i])->auth == SHK_AUTH_ANON;
    return !config->is_server || config->credential_count > 0 || config->psk_count > 0 || anonymous;
}

/* Raw keys and X.509 are all the types that there are here; whoever checks the peer at all
 * must have something to check a certificate of any type by, since the peer chooses. */
static bool usable_types(const shk_config *config)
{
    shk_span lists[] = {config->own_certificate_types, config->peer_certificate_types};
    for (size_t k = 0; k < 2; k++)
        for (size_t i = 0; i < lists[k].len; i++)
            if (lists[k].data[i] != SHK_CERTIFICATE_X509 &&
                lists[k].data[i] != SHK_CERTIFICATE_RAW_PUBLIC_KEY)
                return false;
    bool by_something = config->trust != NULL || config->peer_key_count > 0;
    if (config->is_server ? config->client_auth != SHK_CLIENT_AUTH_REQUIRE : !by_something)
        return true;
    bool chains = shk_type_enabled(lists[1], SHK_CERTIFICATE_X509);
    bool raw = shk_type_enabled(lists[1], SHK_CERTIFICATE_RAW_PUBLIC_KEY);
    return (!chains || config->trust != NULL) && (!raw || config->peer_key_count > 0);
}

/* What a server has asked for has to be there, whatever is negotiated. */
static bool usable_filters(const shk_config *config)
{
    return config->oid_filters.len == 0 ||
           (config->min_version >= SHK_TLS13 &&
            !shk_type_enabled(config->peer_certificate_types, SHK_CERTIFICATE_RAW_PUBLIC_KEY) &&
            shk_oid_filters_usable(config->crypto, config->oid_filters));
}

/* Limits of records are what RFC 6066 §4 and RFC 8449 §4 allow. */
static bool usable_sizes(const shk_config *config)
{
    uint16_t length = config->max_fragment_length;
    uint16_t limit = config->record_size_limit;
    return (length == 0 || length == 512 || length == 1024 || length == 2048 || length == 4096) &&
           (limit == 0 || (limit >= 64 && limit <= SHK_MAX_PLAINTEXT + 1)) &&
           config->max_send_fragment <= SHK_MAX_PLAINTEXT &&
           config->record_padding <= SHK_MAX_PLAINTEXT;
}

bool shk_config_usable(const shk_config *config)
{
    if (config->crypto == NULL || config->allocator == NULL)
        return false;
#ifndef SHK_DEVIATIONS
    if (config->hooks != NULL)
        return false;
#endif
    if (config->min_version > config->max_version || config->min_version < SHK_TLS10 ||
        config->max_version > SHK_TLS13)
        return false;
    if (!usable_types(config))
        return false;
    if (config->status_request == SHK_STAPLING_DEMAND && config->trust == NULL)
        return false;
    bool needs_clock = config->trust != NULL || config->session_sink != NULL ||
                       config->session.len > 0 || config->ticket_key_count > 0 ||
                       config->session_cache != NULL;
    if (needs_clock && config->clock.now_ms == NULL)
        return false;
    if (config->is_server && config->max_early_data > 0 && config->replay_guard == NULL)
        return false;
    if (config->no_extended_master_secret && config->require_extended_master_secret)
        return false;
    if (config->ticket_lifetime > 604800)
        return false;
    if (config->key_shares > SHK_MAX_OFFERED_SHARES || config->security_level > 5)
        return false;
    if (config->server_name != NULL && !shk_is_reference_name(config->server_name))
        return false;
    for (size_t i = 0; i < config->protocol_count; i++)
        if (strlen(config->protocols[i]) == 0 || strlen(config->protocols[i]) > 255)
            return false;
    return known_code_points(config) && has_suites(config) && has_groups(config) &&
           usable_sizes(config) && usable_filters(config) && shk_ech_config_usable(config) &&
           usable_psks(config) && can_authenticate(config);
}
