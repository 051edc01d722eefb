/* What the connections of our endpoint share: a configuration made of files and lists. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "endpoint/file.h"
#include "endpoint/ours/ours_kind.h"
#include "sim/clock.h"

/* Signs and stores the signature, or replays a stored one. The message is not checked in a replay,
 * since all bytes are compared on the wire. */
static shk_status sign(void *context, const shk_credential *credential,
                       const shk_signature_scheme_row *scheme, shk_span message, uint8_t *signature,
                       size_t *len)
{
    shk_endpoint_setup *s = (shk_endpoint_setup *)context;
    shk_signatures *kept = s->signatures;
    if (!kept->replay) {
        SHK_TRY(s->crypto->sign(credential->key, scheme, message, signature, len));
        uint8_t length[2] = {(uint8_t)(*len >> 8), (uint8_t)*len};
        SHK_TRY(shk_buf_append(&kept->bytes, shk_span_of(length, 2)));
        return shk_buf_append(&kept->bytes, shk_span_of(signature, *len));
    }
    const uint8_t *at = kept->bytes.data + kept->at;
    size_t left = kept->bytes.len - kept->at;
    *len = left < 2 ? SHK_MAX_SIGNATURE + 1 : (size_t)(at[0] << 8 | at[1]);
    if (*len > SHK_MAX_SIGNATURE || left - 2 < *len)
        return SHK_OWN(CRYPTO);
    memcpy(signature, at + 2, *len);
    kept->at += 2 + *len;
    return SHK_OK;
}

/* Reads certificate and key. False with the file and the reason in `why`. */
static bool load_credential(shk_endpoint_setup *s, const char *certificate_file,
                            const char *key_file, char *why)
{
    size_t at = s->config.credential_count;
    shk_buf certificate = shk_buf_growing(&shk_libc_allocator);
    shk_buf key = shk_buf_growing(&shk_libc_allocator);
    bool ok =
        shk_read_file(certificate_file, &certificate, why) && shk_read_file(key_file, &key, why);
    if (ok) {
        shk_status status = s->provider->credential(s->crypto, shk_buf_span(&certificate),
                                                    shk_buf_span(&key), &s->credential[at]);
        ok = status == SHK_OK;
        if (!ok)
            snprintf(why, SHK_WHY_SIZE, "%s: %s",
                     status == SHK_E_NO_CERTIFICATE ? certificate_file : key_file,
                     shk_error(status)->text);
    }
    s->credentials[at] = s->credential[at];
    s->config.credentials = s->credentials;
    s->config.credential_count += ok ? 1 : 0;
    shk_buf_free(&certificate);
    shk_buf_wipe(&key);
    return ok;
}

static bool load_credentials(shk_endpoint_setup *s, const shk_endpoint_config *c, char *why)
{
    return (c->certificate_file == NULL ||
            load_credential(s, c->certificate_file, c->key_file, why)) &&
           (c->more_certificate_file == NULL ||
            load_credential(s, c->more_certificate_file, c->more_key_file, why));
}

/* Reads a file, and passes its content to `set` for the credential. */
static bool load_stapled(shk_credential *credential, const char *file,
                         shk_status (*set)(shk_credential *credential, shk_span bytes), char *why)
{
    shk_buf bytes = shk_buf_growing(&shk_libc_allocator);
    bool ok = shk_read_file(file, &bytes, why);
    if (ok && set(credential, shk_buf_span(&bytes)) != SHK_OK) {
        snprintf(why, SHK_WHY_SIZE, "%s: is not well-formed", file);
        ok = false;
    }
    shk_buf_free(&bytes);
    return ok;
}

static bool set_stapling(shk_endpoint_setup *s, const shk_endpoint_config *c, char *why)
{
    return (c->status_file == NULL ||
            load_stapled(s->credential[0], c->status_file, s->provider->set_status, why)) &&
           (c->more_status_file == NULL ||
            load_stapled(s->credential[1], c->more_status_file, s->provider->set_status, why)) &&
           (c->sct_file == NULL ||
            load_stapled(s->credential[0], c->sct_file, s->provider->set_timestamps, why));
}

/* Offers a raw key first, then X.509 (RFC 7250). The trusted key is read from a certificate.
 */
static bool set_raw_public_keys(shk_endpoint_setup *s, const shk_endpoint_config *c, char *why)
{
    static const uint8_t types[] = {SHK_CERTIFICATE_RAW_PUBLIC_KEY, SHK_CERTIFICATE_X509};
    shk_buf pem = shk_buf_growing(&shk_libc_allocator);
    if (shk_endpoint_own_key_raw(c))
        s->config.own_certificate_types = shk_span_of(types, sizeof types);
    if (shk_endpoint_peer_key_raw(c)) {
        bool raw_alone = c->peer_key_file != NULL && c->ca_file == NULL; /* no chain is trusted */
        s->config.peer_certificate_types = shk_span_of(types, raw_alone ? 1 : sizeof types);
    }
    if (c->peer_key_file == NULL && c->raw_server_key && !c->server && c->ca_file != NULL) {
        snprintf(why, SHK_WHY_SIZE,
                 "a key that comes raw is not verified by trust anchors: name the "
                 "one that is trusted (--peer-key)");
        return false;
    }
    if (c->peer_key_file == NULL)
        return true;
    bool ok = shk_read_file(c->peer_key_file, &pem, why);
    if (ok && s->provider->key_info(shk_buf_span(&pem), &s->peer_key) != SHK_OK) {
        snprintf(why, SHK_WHY_SIZE, "%s: no certificate can be read from it", c->peer_key_file);
        ok = false;
    }
    s->config.peer_keys = &s->peer_key;
    s->config.peer_key_count = ok ? 1 : 0;
    shk_buf_free(&pem);
    return ok;
}

static bool set_compressions(shk_endpoint_setup *s, const char *list, char *why)
{
    s->config.certificate_compressions.values = s->compressions;
    return list == NULL ||
           shk_endpoint_compressions(list, s->compressions,
                                     &s->config.certificate_compressions.count, why);
}

static bool load_trust(shk_endpoint_setup *s, const char *file, char *why)
{
    shk_buf pem = shk_buf_growing(&shk_libc_allocator);
    bool ok = shk_read_file(file, &pem, why);
    if (ok && s->provider->trust(shk_buf_span(&pem), &s->trust) != SHK_OK) {
        snprintf(why, SHK_WHY_SIZE, "%s: no certificate can be read from it", file);
        ok = false;
    }
    shk_buf_free(&pem);
    s->config.trust = s->trust;
    return ok;
}

/* Splits the comma-separated list in place of a copy. */
static bool split_protocols(shk_endpoint_setup *s, const char *list, char *why)
{
    char *rest;
    const size_t len = strlen(list);
    if (len == 0 || list[0] == ',' || list[len - 1] == ',' || strstr(list, ",,") != NULL) {
        snprintf(why, SHK_WHY_SIZE, "ALPN: '%.100s' has an empty name", list);
        return false;
    }
    s->protocols_text = strdup(list);
    if (s->protocols_text == NULL)
        return false;
    for (char *name = strtok_r(s->protocols_text, ",", &rest); name != NULL;
         name = strtok_r(NULL, ",", &rest)) {
        if (s->config.protocol_count == SHK_OUR_PROTOCOLS || strlen(name) > SHK_MAX_PROTOCOL) {
            snprintf(why, SHK_WHY_SIZE, "ALPN: %s: too long or one too many", name);
            return false;
        }
        s->protocols[s->config.protocol_count++] = name;
    }
    s->config.protocols = s->protocols;
    return true;
}

static bool unsupported(char *why, const char *what, uint16_t value, shk_namer *name)
{
    const char *text = name(value);
    snprintf(why, SHK_WHY_SIZE, "%s 0x%04x (%s) is not supported by this build", what, value,
             text != NULL ? text : "no name");
    return false;
}

/* Each code point of a list must have a row. */
static bool check_lists(const shk_endpoint_setup *s, const shk_endpoint_config *c, char *why)
{
    for (size_t i = 0; i < c->suites.count; i++)
        if (shk_suite_of(c->suites.values[i]) == NULL)
            return unsupported(why, "cipher suite", c->suites.values[i], shk_suite_name);
    for (size_t i = 0; i < c->groups.count; i++)
        if (!s->crypto->has_group(s->crypto, c->groups.values[i]))
            return unsupported(why, "group", c->groups.values[i], shk_group_name);
    const shk_u16s schemes[] = {c->schemes, c->chain_schemes};
    for (size_t k = 0; k < 2; k++)
        for (size_t i = 0; i < schemes[k].count; i++)
            if (shk_signature_scheme_of(schemes[k].values[i]) == NULL)
                return unsupported(why, "signature scheme", schemes[k].values[i],
                                   shk_signature_scheme_name);
    return true;
}

/* A server needs a certificate, a PSK, or an anonymous suite. */
static bool can_serve(const shk_endpoint_setup *s, char *why)
{
    bool anonymous = false;
    for (size_t i = 0; i < s->config.suites.count; i++)
        anonymous |= shk_suite_of(s->config.suites.values[i])->auth == SHK_AUTH_ANON;
    if (!s->config.is_server || s->config.credential_count > 0 || s->config.psk_count > 0 ||
        anonymous)
        return true;
    snprintf(why, SHK_WHY_SIZE,
             "a server needs a certificate and its key (--cert, --key), a PSK or anonymous suites");
    return false;
}

static bool set_ech(shk_endpoint_setup *s, const shk_endpoint_config *c, char *why)
{
    shk_span key = c->ech_key;
    if (key.len == 0)
        return true;
    if (key.len <= SHK_ECH_PRIVATE_KEY) {
        snprintf(why, SHK_WHY_SIZE, "ech_key has no ECHConfigList after its %d bytes",
                 SHK_ECH_PRIVATE_KEY);
        return false;
    }
    memcpy(s->ech_key.private_key, key.data, SHK_ECH_PRIVATE_KEY);
    s->ech_key.configs = shk_span_of(key.data + SHK_ECH_PRIVATE_KEY, key.len - SHK_ECH_PRIVATE_KEY);
    s->config.ech_keys = &s->ech_key;
    s->config.ech_key_count = 1;
    shk_status status = shk_ech_check_key(s->crypto, &s->ech_key);
    if (status != SHK_OK)
        snprintf(why, SHK_WHY_SIZE, "--ech-key: %s [RFC 9849 §4]",
                 status == SHK_E_CONFIG ? "no ECHConfigList, or none in it can be used"
                                        : shk_error(status)->text);
    return status == SHK_OK;
}

static bool check_filters(const shk_endpoint_setup *s, char *why)
{
    if (shk_oid_filters_usable(s->crypto, s->config.oid_filters))
        return true;
    snprintf(why, SHK_WHY_SIZE,
             "--oid-filters: %s, or for another extension than keyUsage and extendedKeyUsage "
             "[RFC 8446 §4.2.5]",
             shk_error(SHK_E_OID_FILTER)->text);
    return false;
}

/* Copies the settings that shk_config has by the same name, if they are given. */
static void copy_settings(const shk_endpoint_config *c, shk_config *config)
{
    const unsigned whose = c->server ? SHK_OF_SERVER : SHK_OF_CLIENT;
#define COPY_COPIED(field, type) config->field = SHK_VALUE_##type(c->field)
#define COPY_PREPARED(field, type)
#define SHK_SETTING(option, field, type, of, argument, of_whom, kinds, versions, ours, help)       \
    if ((SHK_OF_##of_whom & whose) != 0 && SHK_IS_GIVEN_##type(c->field)) {                        \
        COPY_##ours(field, type);                                                                  \
    }
#include "endpoint/settings.def"
#undef COPY_COPIED
#undef COPY_PREPARED
}

static bool make_config(shk_endpoint_setup *s, const shk_endpoint_config *c, char *why)
{
    s->config = shk_config_default(c->server, s->crypto);
    copy_settings(c, &s->config);
    s->time_ms = c->time * 1000;
    s->config.clock = c->time != 0 ? shk_sim_clock(&s->time_ms) : shk_system_clock();
    s->config.request_cookie = c->cookie;
    s->config.request_timestamps = c->signed_certificate_timestamp;
    s->config.hooks = c->hooks;
    s->config.observer = c->observer;
    s->config.observer_context = c->observer_context;
    s->signatures = c->signatures;
    if (c->signatures != NULL) {
        s->config.signer = sign;
        s->config.signer_context = s;
    }
    if (!check_lists(s, c, why) || !check_filters(s, why) ||
        !shk_ours_check(c, &s->config.min_version, &s->config.max_version, why) ||
        !shk_ours_set_sessions(s, c, why) || !set_ech(s, c, why))
        return false;
    if (c->key_log_file != NULL) {
        s->key_log = shk_open_secret(c->key_log_file, true);
        if (s->key_log == NULL) {
            snprintf(why, SHK_WHY_SIZE, "%s: %s", c->key_log_file, strerror(errno));
            return false;
        }
    }
    return load_credentials(s, c, why) && can_serve(s, why) && set_stapling(s, c, why) &&
           set_raw_public_keys(s, c, why) && set_compressions(s, c->compress_certificate, why) &&
           (c->ca_file == NULL || load_trust(s, c->ca_file, why)) &&
           (c->alpn == NULL || split_protocols(s, c->alpn, why));
}

void shk_ours_teardown(shk_endpoint_setup *setup)
{
    if (setup == NULL)
        return;
    for (size_t i = 0; i < 2; i++)
        if (setup->credential[i] != NULL)
            setup->provider->credential_free(setup->crypto, setup->credential[i]);
    setup->provider->trust_free(setup->trust);
    setup->provider->key_info_free(setup->peer_key);
    setup->provider->close(setup->crypto);
    shk_session_cache_free(setup->cache);
    shk_replay_guard_free(setup->replay_guard);
    shk_buf_wipe(&setup->session);
    shk_wipe(setup->ticket_keys, sizeof setup->ticket_keys);
    shk_wipe(&setup->ticket_stream, sizeof setup->ticket_stream);
    shk_wipe(&setup->ech_key, sizeof setup->ech_key);
    free(setup->protocols_text);
    if (setup->key_log != NULL)
        fclose(setup->key_log);
    free(setup);
}

/* Makes a connection once, since shk_conn_new checks the configuration as a whole.
 */
static bool try_config(const shk_endpoint_setup *s, char *why)
{
    shk_sim_random stream;
    shk_random random = shk_sim_random_from(&stream, 0);
    shk_conn *conn = NULL;
    shk_status status = shk_conn_new(&s->config, &random, &conn);
    shk_conn_free(conn);
    if (status != SHK_OK && s->config.is_server && s->config.credential_count == 0)
        snprintf(why, SHK_WHY_SIZE,
                 "%s: a server without certificate needs a PSK or anonymous suites",
                 shk_error(status)->text);
    else if (status != SHK_OK && s->config.ech_configs.len > 0)
        snprintf(why, SHK_WHY_SIZE,
                 "--ech-config: no ECHConfigList, or none in it can be used [RFC 9849 §4]");
    else if (status != SHK_OK)
        snprintf(why, SHK_WHY_SIZE, "%s: versions %s to %s", shk_error(status)->text,
                 shk_version_name(s->config.min_version) != NULL
                     ? shk_version_name(s->config.min_version)
                     : "unknown",
                 shk_version_name(s->config.max_version) != NULL
                     ? shk_version_name(s->config.max_version)
                     : "unknown");
    return status == SHK_OK;
}

bool shk_ours_setup(const shk_endpoint_config *config, shk_endpoint_setup **out, char *why)
{
    shk_endpoint_setup *s = (shk_endpoint_setup *)calloc(1, sizeof *s);
    snprintf(why, SHK_WHY_SIZE, "no memory");
    if (s == NULL)
        return false;
    uint8_t address[16];
    const char *name = config->server_name;
    s->asked = *config;
    s->name_is_address = name != NULL && (inet_pton(AF_INET, name, address) == 1 ||
                                          inet_pton(AF_INET6, name, address) == 1);
    s->session = shk_buf_growing(&shk_libc_allocator);
    s->provider = config->provider != NULL ? config->provider : &shk_provider_libcrypto;
    s->crypto = s->provider->open();
    if (s->crypto == NULL || !make_config(s, config, why) || !try_config(s, why)) {
        shk_ours_teardown(s);
        return false;
    }
    *out = s;
    return true;
}
