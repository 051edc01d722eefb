/* What the connections of a GnuTLS endpoint share: credentials, a priority, keys
 * (gnutls_kind.h). */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "endpoint/file.h"
#include "endpoint/gnutls/gnutls_kind.h"
#include "endpoint/gnutls/gnutls_priority.h"

enum { CACHED_SESSIONS = 64 };

static _Thread_local int64_t time_now;

void shk_gnutls_set_time(int64_t seconds)
{
    time_now = seconds;
}

static time_t tell_time(time_t *out)
{
    const time_t now = time_now != 0 ? (time_t)time_now : time(NULL);
    if (out != NULL)
        *out = now;
    return now;
}

static bool has_anonymous(gnutls_priority_t priority)
{
    const unsigned *exchanges = NULL;
    const int count = gnutls_priority_kx_list(priority, &exchanges);
    for (int i = 0; i < count; i++)
        if (exchanges[i] == GNUTLS_KX_ANON_DH || exchanges[i] == GNUTLS_KX_ANON_ECDH)
            return true;
    return false;
}

static bool set_priority(shk_endpoint_setup *setup, char *why)
{
    char priority[SHK_GNUTLS_PRIORITY_SIZE];
    const char *at = "";
    if (!shk_gnutls_priority(&setup->config, priority, why))
        return false;
    const int status = gnutls_priority_init(&setup->priority, priority, &at);
    if (status == 0) {
        setup->is_anonymous = has_anonymous(setup->priority);
        return true;
    }
    char keyword[64];
    snprintf(keyword, sizeof keyword, "%.*s", (int)strcspn(at, ":"), at);
    return shk_gnutls_unusable(why, "priority", keyword, gnutls_strerror(status));
}

static bool set_trust(shk_endpoint_setup *setup, char *why)
{
    const char *file = setup->config.ca_file;
    uint8_t address[sizeof(struct in6_addr)];
    const char *name = setup->config.server_name;
    setup->name_is_address = name != NULL && (inet_pton(AF_INET, name, address) == 1 ||
                                              inet_pton(AF_INET6, name, address) == 1);
    if (file == NULL)
        return true;
    if (!shk_gnutls_readable("CA file", file, why))
        return false;
    const int count =
        gnutls_certificate_set_x509_trust_file(setup->credentials, file, GNUTLS_X509_FMT_PEM);
    return count > 0 ||
           shk_gnutls_unusable(why, "CA file", file,
                               count == 0 ? "no certificate in it" : gnutls_strerror(count));
}

static bool set_alpn(shk_endpoint_setup *setup, char *why)
{
    const char *rest = setup->config.alpn;
    while (rest != NULL) {
        const size_t len = strcspn(rest, ",");
        if (len == 0 || len > SHK_MAX_PROTOCOL || setup->alpn_count == SHK_GNUTLS_PROTOCOLS)
            return shk_gnutls_unusable(why, "list of ALPN protocols", setup->config.alpn,
                                       "too long or empty");
        setup->alpn[setup->alpn_count].data = (unsigned char *)rest;
        setup->alpn[setup->alpn_count++].size = (unsigned)len;
        rest = rest[len] == ',' ? rest + len + 1 : NULL;
    }
    return true;
}

static bool set_key_log(shk_endpoint_setup *setup, char *why)
{
    const char *file = setup->config.key_log_file;
    if (file != NULL)
        setup->key_log = shk_open_secret(file, true);
    return file == NULL || setup->key_log != NULL ||
           shk_gnutls_unusable(why, "key log file", file, strerror(errno));
}

/* Server: whether a ClientHello with early data has been seen (RFC 8446 §8.2); notes it. */
static int add_seen(void *context, time_t expires, const gnutls_datum_t *key,
                    const gnutls_datum_t *data)
{
    const shk_span id = shk_span_of(key->data, key->size);
    (void)expires;
    if (shk_session_cache_get(context, id).len > 0)
        return GNUTLS_E_DB_ENTRY_EXISTS;
    shk_session_cache_put(context, id, shk_span_of(data->data, data->size));
    return 0;
}

static bool set_anti_replay(shk_endpoint_setup *setup, char *why)
{
    if (setup->config.max_early_data == 0)
        return true;
    setup->seen = shk_session_cache_new(&shk_libc_allocator, CACHED_SESSIONS);
    const int status = gnutls_anti_replay_init(&setup->anti_replay);
    if (setup->seen == NULL || status != 0)
        return shk_gnutls_unusable(why, "max_early_data", "of GnuTLS", gnutls_strerror(status));
    gnutls_anti_replay_set_ptr(setup->anti_replay, setup->seen);
    gnutls_anti_replay_set_add_function(setup->anti_replay, add_seen);
    return true;
}

static bool set_sessions(shk_endpoint_setup *setup, char *why)
{
    if (!setup->config.server)
        return true;
    if (setup->config.session_store == SHK_SESSIONS_IDS) {
        setup->cache = shk_session_cache_new(&shk_libc_allocator, CACHED_SESSIONS);
        return setup->cache != NULL ||
               shk_gnutls_unusable(why, "cache", "of sessions", "no memory");
    }
    const int status = gnutls_session_ticket_key_generate(&setup->ticket_key);
    return (status == 0 ||
            shk_gnutls_unusable(why, "ticket key", "of GnuTLS", gnutls_strerror(status))) &&
           set_anti_replay(setup, why);
}

/* Refuses settings that the linked GnuTLS does not have, instead of ignoring them. */
static bool refuse_missing(const shk_endpoint_config *config, char *why)
{
    const struct {
        bool asked;
        const char *option;
    } rows[] = {
        {config->psk_import && GNUTLS_VERSION_NUMBER < 0x030801, "psk_import"},
        {config->psk_hash == SHK_HASH_SHA384 && GNUTLS_VERSION_NUMBER < 0x03080b,
         "a PSK of SHA-384"},
        {config->require_extended_master_secret && GNUTLS_VERSION_NUMBER < 0x030801,
         "require_extended_master_secret"},
        {config->more_psks[0].identity != NULL, "a second PSK"},
    };
    const char *lacking = shk_endpoint_lacks(config, SHK_KINDS_GNUTLS);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0] && lacking == NULL; i++)
        if (rows[i].asked)
            lacking = rows[i].option;
    return lacking == NULL ||
           shk_gnutls_unusable(why, lacking, "(asked for)", "this GnuTLS does not have it");
}

#if GNUTLS_VERSION_NUMBER >= 0x030704
/* A GnuTLS that was built without a library for a method refuses it. */
static bool set_compression(shk_endpoint_setup *setup, char *why)
{
    static const gnutls_compression_method_t methods[SHK_COMPRESSIONS] = {
        GNUTLS_COMP_ZLIB, GNUTLS_COMP_BROTLI, GNUTLS_COMP_ZSTD}; /* as RFC 8879 §7.3 counts them */
    uint16_t ids[SHK_COMPRESSIONS];
    const char *names = setup->config.compress_certificate;
    if (names == NULL)
        return true;
    if (!shk_endpoint_compressions(names, ids, &setup->compression_count, why))
        return false;
    for (size_t i = 0; i < setup->compression_count; i++)
        setup->compressions[i] = methods[ids[i] - 1];
    return true;
}
#else
static bool set_compression(shk_endpoint_setup *setup, char *why)
{
    return setup->config.compress_certificate == NULL ||
           shk_gnutls_unusable(why, "compress_certificate", setup->config.compress_certificate,
                               "GnuTLS has it from 3.7.4 on");
}
#endif

/* Limits can only be set on a session: they are tried once on one that is never used. */
static bool set_limits(shk_endpoint_setup *setup, char *why)
{
    const char *option = "limits";
    gnutls_session_t session = NULL;
    int status = gnutls_init(&session, setup->config.server ? GNUTLS_SERVER : GNUTLS_CLIENT);
    if (status == 0)
        status = shk_gnutls_use_limits(setup, session, &option);
    if (session != NULL)
        gnutls_deinit(session);
    return status == 0 ||
           shk_gnutls_unusable(why, option, "(as asked for)", gnutls_strerror(status));
}

static void drop_session(shk_endpoint_setup *setup)
{
    if (setup->session.data != NULL)
        gnutls_memset(setup->session.data, 0, setup->session.size);
    gnutls_free(setup->session.data);
    setup->session = (gnutls_datum_t){NULL, 0};
}

static bool empty_cache(shk_session_cache **cache)
{
    if (*cache == NULL)
        return true;
    shk_session_cache_free(*cache);
    *cache = shk_session_cache_new(&shk_libc_allocator, CACHED_SESSIONS);
    return *cache != NULL;
}

bool shk_gnutls_forget(shk_endpoint_setup *setup)
{
    drop_session(setup);
    const bool done = empty_cache(&setup->cache) && empty_cache(&setup->seen);
    if (setup->anti_replay != NULL)
        gnutls_anti_replay_set_ptr(setup->anti_replay, setup->seen);
    return done;
}

void shk_gnutls_teardown(shk_endpoint_setup *setup)
{
    if (setup == NULL)
        return;
    if (setup->priority != NULL)
        gnutls_priority_deinit(setup->priority);
    shk_gnutls_free_credentials(setup);
    if (setup->anti_replay != NULL)
        gnutls_anti_replay_deinit(setup->anti_replay);
    shk_session_cache_free(setup->seen);
    if (setup->ticket_key.data != NULL)
        gnutls_memset(setup->ticket_key.data, 0, setup->ticket_key.size);
    gnutls_free(setup->ticket_key.data);
    drop_session(setup);
    shk_session_cache_free(setup->cache);
    if (setup->key_log != NULL)
        fclose(setup->key_log);
    free(setup);
}

bool shk_gnutls_setup(const shk_endpoint_config *config, shk_endpoint_setup **out, char *why)
{
    *out = NULL;
    shk_endpoint_setup *setup = calloc(1, sizeof *setup);
    if (setup == NULL)
        return shk_gnutls_unusable(why, "setup", "of GnuTLS", "no memory");
    setup->config = *config;
    setup->status = shk_buf_growing(&shk_libc_allocator);
    gnutls_global_set_time_function(tell_time);
    shk_gnutls_set_time(config->time); /* anti-replay begins in the set-up */
    const int status = gnutls_certificate_allocate_credentials(&setup->credentials);
    if (status != 0)
        (void)shk_gnutls_unusable(why, "setup", "of GnuTLS", gnutls_strerror(status));
    else if (refuse_missing(config, why) && set_priority(setup, why) &&
             shk_gnutls_set_certificates(setup, why) && shk_gnutls_set_peer_key(setup, why) &&
             set_trust(setup, why) && shk_gnutls_set_status(setup, why) && set_alpn(setup, why) &&
             set_key_log(setup, why) && set_sessions(setup, why) &&
             shk_gnutls_set_psk(setup, why) && shk_gnutls_set_anonymous(setup, why) &&
             set_compression(setup, why) && set_limits(setup, why)) {
        *out = setup;
        return true;
    }
    shk_gnutls_teardown(setup);
    return false;
}
