/* PSKs provisioned out of band at the GnuTLS endpoint (gnutls_kind.h). */
#include <string.h>

#include "endpoint/gnutls/gnutls_kind.h"

static int copy_key(const shk_endpoint_config *config, gnutls_datum_t *key)
{
    key->data = gnutls_malloc(config->psk_key.len);
    if (key->data == NULL)
        return GNUTLS_E_MEMORY_ERROR;
    memcpy(key->data, config->psk_key.data, config->psk_key.len);
    key->size = (unsigned)config->psk_key.len;
    return 0;
}

/* Server: the key of an identity. */
static int find_psk(gnutls_session_t session, const char *identity, gnutls_datum_t *key)
{
    const shk_endpoint *end = gnutls_session_get_ptr(session);
    const shk_endpoint_config *config = &end->setup->config;
    return strcmp(identity, config->psk_identity) == 0 ? copy_key(config, key) : -1;
}

#if GNUTLS_VERSION_NUMBER >= 0x030801
/* The PSK goes by its ImportedIdentity for TLS 1.3 and its hash (RFC 9258 §5.1). */
static int imported_identity(const shk_endpoint_config *config, gnutls_datum_t *out)
{
    const gnutls_datum_t identity = {(unsigned char *)config->psk_identity,
                                     (unsigned)strlen(config->psk_identity)};
    const gnutls_datum_t no_context = {NULL, 0};
    return gnutls_psk_format_imported_identity(
        &identity, &no_context, GNUTLS_TLS1_3,
        config->psk_hash == SHK_HASH_SHA384 ? GNUTLS_DIG_SHA384 : GNUTLS_DIG_SHA256, out);
}

static int give_imported(gnutls_session_t session, gnutls_datum_t *identity, gnutls_datum_t *key,
                         gnutls_psk_key_flags *flags)
{
    const shk_endpoint *end = gnutls_session_get_ptr(session);
    *flags = GNUTLS_PSK_KEY_EXT;
    const int status = imported_identity(&end->setup->config, identity);
    return status == 0 ? copy_key(&end->setup->config, key) : status;
}

static int find_imported(gnutls_session_t session, const gnutls_datum_t *identity,
                         gnutls_datum_t *key, gnutls_psk_key_flags *flags)
{
    const shk_endpoint *end = gnutls_session_get_ptr(session);
    gnutls_datum_t known = {NULL, 0};
    *flags = GNUTLS_PSK_KEY_EXT;
    const bool found = imported_identity(&end->setup->config, &known) == 0 &&
                       shk_span_equal(shk_span_of(identity->data, identity->size),
                                      shk_span_of(known.data, known.size));
    gnutls_free(known.data);
    return found ? copy_key(&end->setup->config, key) : -1;
}
#endif

/* Before 3.8.11 they are for SHA-256. */
static int allocate(shk_endpoint_setup *setup)
{
    const bool server = setup->config.server;
#if GNUTLS_VERSION_NUMBER >= 0x03080b
    const gnutls_mac_algorithm_t hash =
        setup->config.psk_hash == SHK_HASH_SHA384 ? GNUTLS_MAC_SHA384 : GNUTLS_MAC_SHA256;
    return server ? gnutls_psk_allocate_server_credentials2(&setup->psk_server, hash)
                  : gnutls_psk_allocate_client_credentials2(&setup->psk_client, hash);
#else
    return server ? gnutls_psk_allocate_server_credentials(&setup->psk_server)
                  : gnutls_psk_allocate_client_credentials(&setup->psk_client);
#endif
}

static int set_psk_server(const shk_endpoint_setup *setup)
{
    const shk_endpoint_config *config = &setup->config;
    int status = gnutls_psk_set_server_known_dh_params(setup->psk_server, GNUTLS_SEC_PARAM_MEDIUM);
    if (status == 0 && config->psk_hint != NULL)
        status = gnutls_psk_set_server_credentials_hint(setup->psk_server, config->psk_hint);
    gnutls_psk_set_server_credentials_function(setup->psk_server, find_psk);
#if GNUTLS_VERSION_NUMBER >= 0x030801
    if (config->psk_import)
        gnutls_psk_set_server_credentials_function3(setup->psk_server, find_imported);
#endif
    return status;
}

static int set_psk_client(const shk_endpoint_setup *setup)
{
    const shk_endpoint_config *config = &setup->config;
    const gnutls_datum_t key = {(unsigned char *)config->psk_key.data,
                                (unsigned)config->psk_key.len};
#if GNUTLS_VERSION_NUMBER >= 0x030801
    if (config->psk_import) {
        gnutls_psk_set_client_credentials_function3(setup->psk_client, give_imported);
        return 0;
    }
#endif
    return gnutls_psk_set_client_credentials(setup->psk_client, config->psk_identity, &key,
                                             GNUTLS_PSK_KEY_RAW);
}

bool shk_gnutls_set_psk(shk_endpoint_setup *setup, char *why)
{
    const shk_endpoint_config *config = &setup->config;
    if (config->psk_identity == NULL)
        return true;
    if (config->psk_key.len == 0)
        return shk_gnutls_unusable(why, "PSK", config->psk_identity, "no key");
    int status = allocate(setup);
    if (status == 0)
        status = config->server ? set_psk_server(setup) : set_psk_client(setup);
    return status == 0 ||
           shk_gnutls_unusable(why, "PSK", config->psk_identity, gnutls_strerror(status));
}
