/* The options of an end (cli/end_options.h): what each sets, and how it is read. */
#include "cli/end_options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/code_points.h"
#include "cli/number.h"
#include "endpoint/file.h"

static bool set_text(const char **field, const char *value)
{
    *field = value;
    return true;
}

/* Options whose value is kept as it is. */
#define SET_TEXT(name, field)                                                                      \
    static bool set_##name(shk_cli_end *end, const char *value, char *why)                         \
    {                                                                                              \
        (void)why;                                                                                 \
        return set_text(&end->config.field, value);                                                \
    }
SET_TEXT(cert, certificate_file)
SET_TEXT(key, key_file)
SET_TEXT(dcert, more_certificate_file)
SET_TEXT(dkey, more_key_file)
SET_TEXT(cafile, ca_file)
SET_TEXT(alpn, alpn)
SET_TEXT(keylogfile, key_log_file)
SET_TEXT(psk_hint, psk_hint)
SET_TEXT(status_file, status_file)
SET_TEXT(dstatus_file, more_status_file)
SET_TEXT(sct_file, sct_file)
SET_TEXT(peer_key, peer_key_file)
SET_TEXT(cert_comp, compress_certificate)
#undef SET_TEXT

static bool set_servername(shk_cli_end *end, const char *value, char *why)
{
    if (!shk_is_reference_name(value)) {
        snprintf(why, SHK_WHY_SIZE, "'%.100s' is neither a host name nor an address [RFC 9525 §2]",
                 value);
        return false;
    }
    return set_text(&end->config.server_name, value);
}

static bool set_security_level(shk_cli_end *end, const char *value, char *why)
{
    uint64_t level;
    if (!shk_cli_number(value, 0, 5, &level, why))
        return false;
    end->config.security_level = (uint8_t)level;
    end->config.security_level_set = true;
    return true;
}

static bool set_flag(bool *field, const char *value, char *why)
{
    *field = strcmp(value, "yes") == 0;
    if (*field || strcmp(value, "no") == 0)
        return true;
    snprintf(why, SHK_WHY_SIZE, "'%s' is neither yes nor no", value);
    return false;
}

#define SET_FLAG(name, field)                                                                      \
    static bool set_##name(shk_cli_end *end, const char *value, char *why)                         \
    {                                                                                              \
        return set_flag(&end->config.field, value, why);                                           \
    }
SET_FLAG(keep_sessions, resume)
SET_FLAG(psk_import, psk_import)
SET_FLAG(allow_early_data, early_data)
SET_FLAG(ct, signed_certificate_timestamp)
SET_FLAG(enable_server_rpk, raw_server_key)
SET_FLAG(enable_client_rpk, raw_client_key)
SET_FLAG(enable_pha, post_handshake_auth)
SET_FLAG(renegotiation, renegotiation)
SET_FLAG(grease, grease)
SET_FLAG(ech_grease, ech_grease)
SET_FLAG(name_authorities, name_authorities)
SET_FLAG(fallback_scsv, fallback)
SET_FLAG(no_etm, no_encrypt_then_mac)
SET_FLAG(no_ems, no_extended_master_secret)
SET_FLAG(strict, strict)
SET_FLAG(renegotiation_changes, renegotiation_changes)
SET_FLAG(x509_strict, x509_strict)
SET_FLAG(require_ems, require_extended_master_secret)
SET_FLAG(cookie, cookie)
SET_FLAG(no_middlebox, no_middlebox_compatibility)
#undef SET_FLAG

static bool set_stapling(shk_cli_end *end, const char *value, shk_stapling asked, char *why)
{
    bool yes;
    if (!set_flag(&yes, value, why))
        return false;
    if (yes && end->config.status_request < asked)
        end->config.status_request = asked;
    return true;
}

static bool set_status(shk_cli_end *end, const char *value, char *why)
{
    return set_stapling(end, value, SHK_STAPLING_ASK, why);
}

static bool set_status_required(shk_cli_end *end, const char *value, char *why)
{
    return set_stapling(end, value, SHK_STAPLING_DEMAND, why);
}

static bool set_raw_public_keys(shk_cli_end *end, const char *value, char *why)
{
    return set_enable_server_rpk(end, value, why) && set_enable_client_rpk(end, value, why);
}

static bool set_client_auth(shk_cli_end *end, const char *value, char *why)
{
    static const char *const names[] = {"none", "request", "require"};
    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(names[i], value) == 0) {
            end->config.client_auth = (shk_client_auth)i;
            return true;
        }
    snprintf(why, SHK_WHY_SIZE, "'%s' is none of none, request, require", value);
    return false;
}

static bool set_time(shk_cli_end *end, const char *value, char *why)
{
    char *rest;
    errno = 0;
    long long seconds = strtoll(value, &rest, 10);
    if (errno != 0 || *rest != 0 || rest == value || seconds <= 0) {
        snprintf(why, SHK_WHY_SIZE, "'%s' is not a number of seconds since 1970", value);
        return false;
    }
    end->config.time = seconds;
    return true;
}

static bool set_session_store(shk_cli_end *end, const char *value, char *why)
{
    bool ids = strcmp(value, "ids") == 0;
    end->config.session_store = ids ? SHK_SESSIONS_IDS : SHK_SESSIONS_TICKETS;
    if (ids || strcmp(value, "tickets") == 0)
        return true;
    snprintf(why, SHK_WHY_SIZE, "'%s' is neither tickets nor ids", value);
    return false;
}

static bool set_num_tickets(shk_cli_end *end, const char *value, char *why)
{
    uint64_t count;
    if (!shk_cli_number(value, 1, SHK_CLI_MAX_TICKETS, &count, why))
        return false;
    end->config.ticket_count = (uint8_t)count;
    return true;
}

static bool set_ticket_lifetime(shk_cli_end *end, const char *value, char *why)
{
    uint64_t seconds;
    if (!shk_cli_number(value, 1, 604800, &seconds, why))
        return false;
    end->config.ticket_lifetime = (uint32_t)seconds;
    return true;
}

static bool set_max_session_age(shk_cli_end *end, const char *value, char *why)
{
    uint64_t seconds;
    if (!shk_cli_number(value, 1, UINT32_MAX, &seconds, why))
        return false;
    end->config.max_session_age = (uint32_t)seconds;
    return true;
}

static bool set_ticket_seed(shk_cli_end *end, const char *value, char *why)
{
    return shk_cli_number(value, 0, UINT64_MAX, &end->config.ticket_seed, why);
}

/* The n-th identity goes with the n-th key. */
static const char **nth_identity(shk_endpoint_config *config, size_t n)
{
    return n == 0 ? &config->psk_identity : &config->more_psks[n - 1].identity;
}

static shk_span *nth_key(shk_endpoint_config *config, size_t n)
{
    return n == 0 ? &config->psk_key : &config->more_psks[n - 1].key;
}

static bool too_many_psks(char *why)
{
    snprintf(why, SHK_WHY_SIZE, "more than %d PSKs", SHK_MAX_PSKS);
    return false;
}

static bool set_psk_identity(shk_cli_end *end, const char *value, char *why)
{
    for (size_t n = 0; n < SHK_MAX_PSKS; n++)
        if (*nth_identity(&end->config, n) == NULL)
            return set_text(nth_identity(&end->config, n), value);
    return too_many_psks(why);
}

static bool set_psk_modes(shk_cli_end *end, const char *value, char *why)
{
    static const char *const names[] = {
        [SHK_PSK_DHE_KE] = "dhe", [SHK_PSK_KE] = "ke", [SHK_PSK_EITHER] = "either"};
    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(names[i], value) == 0) {
            end->config.psk_mode = (shk_psk_mode)i;
            return true;
        }
    snprintf(why, SHK_WHY_SIZE, "'%s' is none of dhe, ke, either", value);
    return false;
}

static bool set_psk_hash(shk_cli_end *end, const char *value, char *why)
{
    const bool sha384 = strcmp(value, "sha384") == 0;
    end->config.psk_hash = sha384 ? SHK_HASH_SHA384 : SHK_HASH_SHA256;
    if (sha384 || strcmp(value, "sha256") == 0)
        return true;
    snprintf(why, SHK_WHY_SIZE, "'%s' is neither sha256 nor sha384", value);
    return false;
}

static bool set_max_early_data(shk_cli_end *end, const char *value, char *why)
{
    uint64_t size;
    if (!shk_cli_number(value, 0, UINT32_MAX, &size, why))
        return false;
    end->config.max_early_data = (uint32_t)size;
    return true;
}

static bool set_size(uint16_t *field, const char *value, uint64_t min, uint64_t max, char *why)
{
    uint64_t size;
    if (!shk_cli_number(value, min, max, &size, why))
        return false;
    *field = (uint16_t)size;
    return true;
}

static bool set_key_shares(shk_cli_end *end, const char *value, char *why)
{
    return set_size(&end->config.key_shares, value, 1, SHK_MAX_OFFERED_SHARES, why);
}

static bool set_record_padding(shk_cli_end *end, const char *value, char *why)
{
    return set_size(&end->config.record_padding, value, 1, 16384, why);
}

static bool set_hello_padding(shk_cli_end *end, const char *value, char *why)
{
    return set_size(&end->config.hello_padding, value, 1, UINT16_MAX, why);
}

static bool set_limit(uint32_t *field, const char *value, char *why)
{
    uint64_t size;
    if (!shk_cli_number(value, 1, 0xffffff, &size, why))
        return false;
    *field = (uint32_t)size;
    return true;
}

static bool set_max_message(shk_cli_end *end, const char *value, char *why)
{
    return set_limit(&end->config.max_message, value, why);
}

static bool set_max_certificate(shk_cli_end *end, const char *value, char *why)
{
    return set_limit(&end->config.max_certificate, value, why);
}

static bool set_record_size_limit(shk_cli_end *end, const char *value, char *why)
{
    return set_size(&end->config.record_size_limit, value, 64, 16385, why);
}

static bool set_max_send_frag(shk_cli_end *end, const char *value, char *why)
{
    return set_size(&end->config.max_send_fragment, value, 1, 16384, why);
}

static bool set_maxfraglen(shk_cli_end *end, const char *value, char *why)
{
    if (!set_size(&end->config.max_fragment_length, value, 512, 4096, why))
        return false;
    const unsigned size = end->config.max_fragment_length;
    if ((size & (size - 1)) == 0)
        return true;
    snprintf(why, SHK_WHY_SIZE, "%u is none of 512, 1024, 2048, 4096", size);
    return false;
}

/* Bytes in hexadecimal, 1 to `cap` of them. */
static bool parse_bytes(const char *value, uint8_t *bytes, size_t cap, shk_span *out, char *why)
{
    shk_buf parsed = shk_buf_growing(&shk_libc_allocator);
    bool good = shk_parse_hex(value, &parsed) && parsed.len > 0 && parsed.len <= cap;
    if (good) {
        memcpy(bytes, parsed.data, parsed.len);
        *out = shk_span_of(bytes, parsed.len);
    } else {
        snprintf(why, SHK_WHY_SIZE, "1 to %zu bytes in lower-case hexadecimal are needed", cap);
    }
    shk_buf_wipe(&parsed);
    return good;
}

static bool set_psk(shk_cli_end *end, const char *value, char *why)
{
    for (size_t n = 0; n < SHK_MAX_PSKS; n++)
        if (nth_key(&end->config, n)->len == 0)
            return parse_bytes(value, end->psk_keys[n], sizeof end->psk_keys[n],
                               nth_key(&end->config, n), why);
    return too_many_psks(why);
}

static bool set_ech_config(shk_cli_end *end, const char *value, char *why)
{
    return parse_bytes(value, end->ech_configs, sizeof end->ech_configs, &end->config.ech_configs,
                       why);
}

static bool set_ech_key(shk_cli_end *end, const char *value, char *why)
{
    return parse_bytes(value, end->ech_key, sizeof end->ech_key, &end->config.ech_key, why);
}

static bool set_oid_filters(shk_cli_end *end, const char *value, char *why)
{
    return parse_bytes(value, end->oid_filters, sizeof end->oid_filters, &end->config.oid_filters,
                       why);
}

static bool set_saved(shk_cli_end *end, const char *value, char *why)
{
    return parse_bytes(value, end->saved, sizeof end->saved, &end->config.saved, why);
}

/* "1.2" of "TLS 1.2", and, as OpenSSL has them, "TLSv1.2", "TLSv1". */
bool shk_cli_version(const char *value, uint16_t *out, char *why)
{
    const char *number = strncmp(value, "TLSv", 4) == 0 ? value + 4 : value;
    if (strcmp(value, "TLSv1") == 0)
        number = "1.0";
    for (uint32_t version = SHK_TLS10; version <= SHK_TLS13; version++)
        if (strcmp(shk_version_name(version) + 4, number) == 0) {
            *out = (uint16_t)version;
            return true;
        }
    snprintf(why, SHK_WHY_SIZE, "'%s' is not a TLS version; known are 1.0, 1.1, 1.2, 1.3", value);
    return false;
}

static bool set_min_protocol(shk_cli_end *end, const char *value, char *why)
{
    return shk_cli_version(value, &end->config.min_version, why);
}

static bool set_max_protocol(shk_cli_end *end, const char *value, char *why)
{
    return shk_cli_version(value, &end->config.max_version, why);
}

static bool set_tls(shk_cli_end *end, const char *value, char *why)
{
    return set_min_protocol(end, value, why) && set_max_protocol(end, value, why);
}

#define LIST(kind, end, field, value, why)                                                         \
    shk_code_points_parse(kind, value, (end)->field, SHK_CLI_MAX_LIST, &(end)->config.field, why)

static bool set_suites(shk_cli_end *end, const char *value, char *why)
{
    return LIST(SHK_CODE_SUITES, end, suites, value, why);
}

static bool set_groups(shk_cli_end *end, const char *value, char *why)
{
    return LIST(SHK_CODE_GROUPS, end, groups, value, why);
}

/* But for the row that stands for RSA below TLS 1.2. */
static bool have_code_points(shk_u16s schemes, char *why)
{
    for (size_t i = 0; i < schemes.count; i++) {
        const shk_signature_scheme_row *row = shk_signature_scheme_of(schemes.values[i]);
        if (row == NULL || row->max_version >= SHK_TLS12)
            continue;
        snprintf(why, SHK_WHY_SIZE,
                 "%s is how RSA signs below TLS 1.2, and has no code point of its own", row->name);
        return false;
    }
    return true;
}

static bool set_sigalgs(shk_cli_end *end, const char *value, char *why)
{
    return LIST(SHK_CODE_SCHEMES, end, schemes, value, why) &&
           have_code_points(end->config.schemes, why);
}

static bool set_sigalgs_cert(shk_cli_end *end, const char *value, char *why)
{
    return LIST(SHK_CODE_SCHEMES, end, chain_schemes, value, why) &&
           have_code_points(end->config.chain_schemes, why);
}

#undef LIST

const shk_end_option shk_end_options[SHK_END_OPTIONS] = {
#define SHK_END_OPTION(name, argument, whose, help)                                                \
    {#name, argument, SHK_OF_##whose, help, set_##name},
#include "cli/options.def"
#undef SHK_END_OPTION
};

/* Whether a name as typed, with '-', is the option's. */
static bool is_named(const shk_end_option *option, const char *typed, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (option->name[i] != (typed[i] == '-' ? '_' : typed[i]))
            return false;
    return option->name[len] == 0;
}

const shk_end_option *shk_end_option_named(const char *name, size_t len)
{
    for (size_t i = 0; i < SHK_END_OPTIONS; i++)
        if (is_named(&shk_end_options[i], name, len))
            return &shk_end_options[i];
    return NULL;
}

/* As it stands first: client-auth is no option "auth" of the client. */
bool shk_cli_is_end_option(const char *name, size_t len, int side, size_t *prefix, bool *flag)
{
    static const char *const own[2] = {"client-", "server-"}; /* as long as each other */
    const unsigned whose = side == 0 ? SHK_OF_CLIENT : SHK_OF_SERVER;
    const shk_end_option *option = shk_end_option_named(name, len);
    *prefix = 0;
    if (option == NULL && len > strlen(own[side]) &&
        strncmp(name, own[side], strlen(own[side])) == 0) {
        *prefix = strlen(own[side]);
        option = shk_end_option_named(name + *prefix, len - *prefix);
    }
    *flag = option != NULL && option->argument == NULL;
    return option != NULL && (option->whose & whose) != 0;
}

bool shk_cli_set_end(shk_cli_end *end, const char *name, const char *value, char *why)
{
    const shk_end_option *option = shk_end_option_named(name, strlen(name));
    if (option != NULL)
        return option->set(end, value, why);
    snprintf(why, SHK_WHY_SIZE, "'%s' is not an option of an end", name);
    return false;
}
