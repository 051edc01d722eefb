/* What the connections of a GnuTLS endpoint share: credentials, a priority, keys
 * (gnutls_kind.h). */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "endpoint/gnutls_kind.h"
#include "endpoint/gnutls_priority.h"

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

static bool unusable(char *why, const char *what, const char *name, const char *reason)
{
    snprintf(why, SHK_WHY_SIZE, "%s %s is not usable: %s", what, name, reason);
    return false;
}

static bool set_priority(shk_endpoint_setup *setup, char *why)
{
    char priority[SHK_GNUTLS_PRIORITY_SIZE];
    const char *at = "";
    if (!shk_gnutls_priority(&setup->config, priority, why))
        return false;
    const int status = gnutls_priority_init(&setup->priority, priority, &at);
    if (status == 0)
        return true;
    char keyword[64];
    snprintf(keyword, sizeof keyword, "%.*s", (int)strcspn(at, ":"), at);
    return unusable(why, "priority", keyword, gnutls_strerror(status));
}

/* Whether a file can be read; GnuTLS does not say which of two it could not. */
static bool readable(const char *what, const char *file, char *why)
{
    FILE *stream = file != NULL ? fopen(file, "r") : NULL;
    if (stream == NULL)
        return unusable(why, what, file != NULL ? file : "(none)",
                        file != NULL ? strerror(errno) : "it is needed");
    fclose(stream);
    return true;
}

static bool set_certificate(shk_endpoint_setup *setup, char *why)
{
    const char *certificate = setup->config.certificate_file;
    const char *key = setup->config.key_file;
    if (certificate == NULL && key == NULL && !setup->config.server)
        return true;
    if (!readable("certificate file", certificate, why) || !readable("key file", key, why))
        return false;
    const int status = gnutls_certificate_set_x509_key_file2(setup->credentials, certificate, key,
                                                             GNUTLS_X509_FMT_PEM, NULL, 0);
    if (status >= 0)
        return true;
    snprintf(why, SHK_WHY_SIZE, "certificate file %s with key file %s is not usable: %s",
             certificate, key, gnutls_strerror(status));
    return false;
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
    if (!readable("CA file", file, why))
        return false;
    const int count =
        gnutls_certificate_set_x509_trust_file(setup->credentials, file, GNUTLS_X509_FMT_PEM);
    return count > 0 || unusable(why, "CA file", file,
                                 count == 0 ? "no certificate in it" : gnutls_strerror(count));
}

static bool set_alpn(shk_endpoint_setup *setup, char *why)
{
    const char *rest = setup->config.alpn;
    while (rest != NULL) {
        const size_t len = strcspn(rest, ",");
        if (len == 0 || len > SHK_MAX_PROTOCOL || setup->alpn_count == SHK_GNUTLS_PROTOCOLS)
            return unusable(why, "list of ALPN protocols", setup->config.alpn, "too long or empty");
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
        setup->key_log = fopen(file, "a");
    return file == NULL || setup->key_log != NULL ||
           unusable(why, "key log file", file, strerror(errno));
}

/* Server: the key of an identity. Without one GnuTLS goes on to the next identity. */
static int find_psk(gnutls_session_t session, const char *identity, gnutls_datum_t *key)
{
    const shk_endpoint *end = gnutls_session_get_ptr(session);
    const shk_endpoint_config *config = &end->setup->config;
    if (strcmp(identity, config->psk_identity) != 0)
        return -1;
    key->data = gnutls_malloc(config->psk_key.len);
    if (key->data == NULL)
        return -1;
    memcpy(key->data, config->psk_key.data, config->psk_key.len);
    key->size = (unsigned)config->psk_key.len;
    return 0;
}

static bool set_psk(shk_endpoint_setup *setup, char *why)
{
    const shk_endpoint_config *config = &setup->config;
    int status;
    if (config->psk_identity == NULL)
        return true;
    if (config->server) {
        status = gnutls_psk_allocate_server_credentials(&setup->psk_server);
        if (status == 0)
            gnutls_psk_set_server_credentials_function(setup->psk_server, find_psk);
    } else {
        const gnutls_datum_t key = {(unsigned char *)config->psk_key.data,
                                    (unsigned)config->psk_key.len};
        status = gnutls_psk_allocate_client_credentials(&setup->psk_client);
        if (status == 0)
            status = gnutls_psk_set_client_credentials(setup->psk_client, config->psk_identity,
                                                       &key, GNUTLS_PSK_KEY_RAW);
    }
    return status == 0 || unusable(why, "PSK", config->psk_identity, gnutls_strerror(status));
}

static bool set_sessions(shk_endpoint_setup *setup, char *why)
{
    if (!setup->config.server)
        return true;
    if (setup->config.session_store == SHK_SESSIONS_IDS) {
        setup->cache = shk_session_cache_new(&shk_libc_allocator, CACHED_SESSIONS);
        return setup->cache != NULL || unusable(why, "cache", "of sessions", "no memory");
    }
    const int status = gnutls_session_ticket_key_generate(&setup->ticket_key);
    return status == 0 || unusable(why, "ticket key", "of GnuTLS", gnutls_strerror(status));
}

void shk_gnutls_teardown(shk_endpoint_setup *setup)
{
    if (setup == NULL)
        return;
    if (setup->priority != NULL)
        gnutls_priority_deinit(setup->priority);
    if (setup->credentials != NULL)
        gnutls_certificate_free_credentials(setup->credentials);
    if (setup->ticket_key.data != NULL)
        gnutls_memset(setup->ticket_key.data, 0, setup->ticket_key.size);
    gnutls_free(setup->ticket_key.data);
    if (setup->session.data != NULL)
        gnutls_memset(setup->session.data, 0, setup->session.size);
    gnutls_free(setup->session.data);
    shk_session_cache_free(setup->cache);
    if (setup->psk_client != NULL)
        gnutls_psk_free_client_credentials(setup->psk_client);
    if (setup->psk_server != NULL)
        gnutls_psk_free_server_credentials(setup->psk_server);
    if (setup->key_log != NULL)
        fclose(setup->key_log);
    free(setup);
}

bool shk_gnutls_setup(const shk_endpoint_config *config, shk_endpoint_setup **out, char *why)
{
    *out = NULL;
    shk_endpoint_setup *setup = calloc(1, sizeof *setup);
    if (setup == NULL)
        return unusable(why, "setup", "of GnuTLS", "no memory");
    setup->config = *config;
    gnutls_global_set_time_function(tell_time);
    const int status = gnutls_certificate_allocate_credentials(&setup->credentials);
    if (status != 0)
        (void)unusable(why, "setup", "of GnuTLS", gnutls_strerror(status));
    else if (set_priority(setup, why) && set_certificate(setup, why) && set_trust(setup, why) &&
             set_alpn(setup, why) && set_key_log(setup, why) && set_sessions(setup, why) &&
             set_psk(setup, why)) {
        *out = setup;
        return true;
    }
    shk_gnutls_teardown(setup);
    return false;
}
