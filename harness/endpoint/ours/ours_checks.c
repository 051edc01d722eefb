/* Refuses settings of our endpoint that are impossible, or would have no effect, before anything
 * starts (ours_kind.h). */
#include <stdio.h>
#include <string.h>

#include "endpoint/ours/ours_kind.h"

/* An option, and what it needs to have an effect. */
typedef struct {
    bool given;
    bool possible;
    const char *option; /* as it is typed, or with '_' for '-' */
    const char *takes;
} condition;

static const char tls13[] = "TLS 1.3";
static const char older[] = "TLS 1.2 or below";
static const char tickets_of_13[] = "TLS 1.3 and sessions in tickets";

static bool all_hold(const condition *rows, size_t count, char *why)
{
    for (size_t i = 0; i < count; i++)
        if (rows[i].given && !rows[i].possible) {
            snprintf(why, SHK_WHY_SIZE, "%s takes %s", rows[i].option, rows[i].takes);
            for (char *at = why; *at != 0; at++)
                if (*at == '_')
                    *at = '-';
            return false;
        }
    return true;
}
#define ALL_HOLD(rows, why) all_hold(rows, sizeof(rows) / sizeof(rows)[0], why)

/* A PskIdentity of TLS 1.3 cannot be empty. */
static bool has_empty_identity(const shk_endpoint_config *c)
{
    bool empty = c->psk_identity != NULL && c->psk_identity[0] == '\0';
    for (size_t i = 0; i + 1 < SHK_MAX_PSKS && c->more_psks[i].identity != NULL; i++)
        empty |= c->more_psks[i].identity[0] == '\0';
    return empty;
}

static bool check_files(const shk_endpoint_config *c, char *why)
{
    const condition rows[] = {
        {c->certificate_file != NULL, c->key_file != NULL, "--cert", "--key"},
        {c->key_file != NULL, c->certificate_file != NULL, "--key", "--cert"},
        {c->more_certificate_file != NULL, c->more_key_file != NULL, "--dcert", "--dkey"},
        {c->more_key_file != NULL, c->more_certificate_file != NULL, "--dkey", "--dcert"},
        {c->more_certificate_file != NULL, c->certificate_file != NULL, "--dcert", "--cert"},
        {c->status_file != NULL, c->certificate_file != NULL, "--status-file", "--cert"},
        {c->more_status_file != NULL, c->more_certificate_file != NULL, "--dstatus-file",
         "--dcert"},
        {c->sct_file != NULL, c->certificate_file != NULL, "--sct-file", "--cert"},
        {c->peer_key_file != NULL, shk_endpoint_peer_key_raw(c), "--peer-key",
         "--enable-server-rpk or --enable-client-rpk, or --raw-public-keys"},
        {c->psk_import, c->psk_identity != NULL, "--psk-import", "--psk-identity"},
        {c->psk_import, !has_empty_identity(c), "--psk-import", "an identity that is not empty"},
        {c->psk_hash != SHK_HASH_NONE, c->psk_identity != NULL, "--psk-hash", "--psk-identity"},
        {c->psk_hint != NULL, c->psk_identity != NULL, "--psk-hint", "--psk-identity"},
        {c->name_authorities, c->ca_file != NULL, "--name-authorities", "--cafile"},
    };
    return ALL_HOLD(rows, why);
}

/* A peer that is asked for a certificate is always verified. */
static bool check_authentication(const shk_endpoint_config *c, char *why)
{
    static const char named[] = "a cipher suite that is not anonymous";
    static const char anchors[] = "--cafile or, where the key comes raw, --peer-key";
    const bool chains = c->ca_file != NULL;
    const bool raw = shk_endpoint_peer_key_raw(c) && c->peer_key_file != NULL;
    const condition rows[] = {
        {!c->server && chains, shk_endpoint_can_authenticate(c->suites), "--cafile", named},
        {c->server && c->client_auth != SHK_CLIENT_AUTH_NONE,
         shk_endpoint_can_authenticate(c->suites), "--client-auth", named},
        {c->server && c->client_auth != SHK_CLIENT_AUTH_NONE, chains || raw, "--client-auth",
         anchors},
        {c->oid_filters.len > 0, c->client_auth != SHK_CLIENT_AUTH_NONE, "--oid-filters",
         "--client-auth"},
        {c->server && c->post_handshake_auth, chains || raw, "--enable-pha", anchors},
        {c->server && c->raw_client_key && c->client_auth == SHK_CLIENT_AUTH_REQUIRE, raw,
         "--raw-public-keys with --client-auth require", "--peer-key"},
        {!c->server && c->status_request == SHK_STAPLING_ASK, chains, "--status", "--cafile"},
        {!c->server && c->status_request == SHK_STAPLING_DEMAND, chains, "--status-required",
         "--cafile"},
    };
    return ALL_HOLD(rows, why);
}

/* By the column `versions` of the settings. */
static bool check_settings(const shk_endpoint_config *c, uint16_t min, uint16_t max, char *why)
{
    enum { ANY, TLS13, BELOW_13 };
    const bool possible[] = {true, max >= SHK_TLS13, min < SHK_TLS13};
    static const char *const takes[] = {"", tls13, older};
    const condition rows[] = {
#define SHK_SETTING(option, field, type, of, argument, whose, kinds, versions, ours, help)         \
    {SHK_IS_GIVEN_##type(c->field), possible[versions], "--" #option, takes[versions]},
#include "endpoint/settings.def"
    };
    return ALL_HOLD(rows, why);
}

static bool check_versions(const shk_endpoint_config *c, uint16_t min, uint16_t max, char *why)
{
    const bool has_13 = max >= SHK_TLS13;
    const bool has_older = min < SHK_TLS13;
    const bool tickets = has_13 && !c->no_tickets;
    const condition rows[] = {
        {c->oid_filters.len > 0, !has_older, "--oid-filters", "TLS 1.3 alone (--tls 1.3)"},
        {c->oid_filters.len > 0, !c->raw_client_key, "--oid-filters",
         "certificates, not raw keys of clients"},
        {c->early_data, has_13, "early data", tls13},
        {c->ticket_count > 0, tickets, "--num-tickets", tickets_of_13},
        {c->ticket_lifetime > 0, tickets || c->session_store == SHK_SESSIONS_TICKETS,
         "--ticket-lifetime", "sessions in tickets"},
        {c->max_early_data > 0, tickets, "--max-early-data", tickets_of_13},
        {c->raw_server_key || c->raw_client_key, max >= SHK_TLS12, "--raw-public-keys",
         "TLS 1.2 or 1.3"},
        {has_empty_identity(c), has_older, "an empty --psk-identity", older},
    };
    return ALL_HOLD(rows, why);
}

/* Whether one of a list's code points can be used in the versions; an empty list stands for the
 * defaults. */
static bool one_serves(const char *what, shk_u16s values, uint16_t min, uint16_t max,
                       bool (*range)(uint16_t value, uint16_t *from, uint16_t *to), char *why)
{
    uint16_t from = 0;
    uint16_t to = 0;
    for (size_t i = 0; i < values.count; i++)
        if (range(values.values[i], &from, &to) && from <= max && to >= min)
            return true;
    if (values.count > 0)
        snprintf(why, SHK_WHY_SIZE, "none of the %s is of use from %s to %s", what,
                 shk_version_name(min), shk_version_name(max));
    return values.count == 0;
}

static bool suite_range(uint16_t value, uint16_t *from, uint16_t *to)
{
    const shk_suite_row *row = shk_suite_of(value);
    *from = row != NULL ? row->min_version : 0;
    *to = row != NULL ? row->max_version : 0;
    return row != NULL;
}

/* As suite_range, for an end without a PSK. */
static bool suite_range_without_psk(uint16_t value, uint16_t *from, uint16_t *to)
{
    return suite_range(value, from, to) && !shk_suite_has_psk(shk_suite_of(value));
}

static bool group_range(uint16_t value, uint16_t *from, uint16_t *to)
{
    const shk_group_row *row = shk_group_of(value);
    *from = row != NULL ? row->min_version : 0;
    *to = row != NULL ? row->max_version : 0;
    return row != NULL;
}

static bool scheme_range(uint16_t value, uint16_t *from, uint16_t *to)
{
    const shk_signature_scheme_row *row = shk_signature_scheme_of(value);
    *from = row != NULL ? row->min_version : 0;
    *to = row != NULL ? row->max_version : 0;
    return row != NULL;
}

/* In TLS 1.3 schemes of TLS 1.2 are valid in certificates, except DSA's. */
static bool chain_scheme_range(uint16_t value, uint16_t *from, uint16_t *to)
{
    const shk_signature_scheme_row *row = shk_signature_scheme_of(value);
    bool known = scheme_range(value, from, to);
    if (known && row->key != SHK_KEY_DSA)
        *to = SHK_TLS13;
    return known;
}

static bool check_names(const shk_endpoint_config *c, char *why)
{
    if (c->server_name != NULL && !shk_is_reference_name(c->server_name)) {
        snprintf(why, SHK_WHY_SIZE,
                 "--servername: '%.100s' is neither a host name nor an address [RFC 9525 §2]",
                 c->server_name);
        return false;
    }
    for (size_t i = 0; i + 1 < SHK_MAX_PSKS && c->more_psks[i].identity != NULL; i++)
        for (size_t k = 0; k <= i; k++) {
            const char *other = k == 0 ? c->psk_identity : c->more_psks[k - 1].identity;
            if (strcmp(other, c->more_psks[i].identity) != 0)
                continue;
            snprintf(why, SHK_WHY_SIZE, "the PSK identity %.100s is given twice", other);
            return false;
        }
    return true;
}

static bool check_contradictions(const shk_endpoint_config *c, char *why)
{
    if (!c->no_extended_master_secret || !c->require_extended_master_secret)
        return true;
    snprintf(why, SHK_WHY_SIZE, "extended_master_secret is both required and left out");
    return false;
}

bool shk_ours_check(const shk_endpoint_config *c, uint16_t *min, uint16_t *max, char *why)
{
    bool has_13 = c->suites.count == 0;
    bool has_older = has_13;
    for (size_t i = 0; i < c->suites.count; i++) {
        const shk_suite_row *row = shk_suite_of(c->suites.values[i]);
        has_13 = has_13 || (row != NULL && row->max_version >= SHK_TLS13);
        has_older = has_older || (row != NULL && row->min_version < SHK_TLS13);
    }
    const bool has_psk = c->psk_identity != NULL;
    return shk_endpoint_versions(c, has_13, has_older, min, max, why) && check_names(c, why) &&
           check_files(c, why) && check_authentication(c, why) &&
           check_settings(c, *min, *max, why) && check_versions(c, *min, *max, why) &&
           one_serves(has_psk ? "suites (--suites)" : "suites (--suites), without a PSK,",
                      c->suites, *min, *max, has_psk ? suite_range : suite_range_without_psk,
                      why) &&
           one_serves("groups", c->groups, *min, *max, group_range, why) &&
           one_serves("signature schemes", c->schemes, *min, *max, scheme_range, why) &&
           one_serves("signature schemes for chains", c->chain_schemes, *min, *max,
                      chain_scheme_range, why) &&
           check_contradictions(c, why);
}
