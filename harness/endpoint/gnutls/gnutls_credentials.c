/* Credentials of a GnuTLS end: certificates, raw keys, OCSP responses, or anonymous ones
 * (gnutls_kind.h). */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <gnutls/abstract.h>
#include <gnutls/x509.h>

#include "endpoint/file.h"
#include "endpoint/gnutls/gnutls_kind.h"

static bool read_file(const char *what, const char *file, shk_buf *out, char *why)
{
    char reason[SHK_WHY_SIZE] = "it is empty";
    if (file == NULL)
        return shk_gnutls_unusable(why, what, "(none)", "it is needed");
    return (shk_read_file(file, out, reason) && out->len > 0) ||
           shk_gnutls_unusable(why, what, file, reason);
}

/* The SubjectPublicKeyInfo, DER, of the first certificate in a file. */
static int read_public_key(const shk_buf *pem, gnutls_datum_t *out)
{
    const gnutls_datum_t data = {pem->data, (unsigned)pem->len};
    gnutls_x509_crt_t certificate = NULL;
    gnutls_pubkey_t key = NULL;
    int status = gnutls_x509_crt_init(&certificate);
    if (status == 0)
        status = gnutls_x509_crt_import(certificate, &data, GNUTLS_X509_FMT_PEM);
    if (status == 0)
        status = gnutls_pubkey_init(&key);
    if (status == 0)
        status = gnutls_pubkey_import_x509(key, certificate, 0);
    if (status == 0)
        status = gnutls_pubkey_export2(key, GNUTLS_X509_FMT_DER, out);
    gnutls_pubkey_deinit(key);
    gnutls_x509_crt_deinit(certificate);
    return status;
}

/* Loads the key of a certificate as a raw public key (RFC 7250). */
static int set_raw_pair(const shk_endpoint_setup *setup, const shk_buf *certificate,
                        const shk_buf *key)
{
    const gnutls_datum_t private_key = {key->data, (unsigned)key->len};
    gnutls_datum_t public_key = {NULL, 0};
    gnutls_datum_t public_pem = {NULL, 0};
    int status = read_public_key(certificate, &public_key);
    if (status == 0)
        status = gnutls_pem_base64_encode2("PUBLIC KEY", &public_key, &public_pem);
    if (status == 0)
        status = gnutls_certificate_set_rawpk_key_mem(setup->credentials, &public_pem, &private_key,
                                                      GNUTLS_X509_FMT_PEM, NULL, 0, NULL, 0, 0);
    gnutls_free(public_key.data);
    gnutls_free(public_pem.data);
    return status;
}

static bool set_pair(const shk_endpoint_setup *setup, const char *certificate, const char *key,
                     char *why)
{
    shk_buf files[2] = {shk_buf_growing(&shk_libc_allocator), shk_buf_growing(&shk_libc_allocator)};
    int status = 0;
    bool done = read_file("certificate file", certificate, &files[0], why) &&
                read_file("key file", key, &files[1], why);
    if (done) {
        const gnutls_datum_t chain = {files[0].data, (unsigned)files[0].len};
        const gnutls_datum_t private_key = {files[1].data, (unsigned)files[1].len};
        status = shk_endpoint_own_key_raw(&setup->config)
                     ? set_raw_pair(setup, &files[0], &files[1])
                     : gnutls_certificate_set_x509_key_mem2(
                           setup->credentials, &chain, &private_key, GNUTLS_X509_FMT_PEM, NULL, 0);
    }
    if (done && status < 0) {
        snprintf(why, SHK_WHY_SIZE, "certificate file %s with key file %s is not usable: %s",
                 certificate, key, gnutls_strerror(status));
        done = false;
    }
    shk_buf_free(&files[0]);
    shk_buf_wipe(&files[1]);
    return done;
}

/* Whether a server needs no certificate, since it has a PSK or an anonymous suite. */
static bool needs_no_certificate(const shk_endpoint_setup *setup)
{
    return setup->config.psk_identity != NULL || setup->is_anonymous;
}

bool shk_gnutls_set_certificates(shk_endpoint_setup *setup, char *why)
{
    const shk_endpoint_config *config = &setup->config;
    const bool second = config->more_certificate_file != NULL || config->more_key_file != NULL;
    if (config->certificate_file == NULL && config->key_file == NULL && !second &&
        (!config->server || needs_no_certificate(setup)))
        return true;
    /* for a client without groups of RFC 7919 */
    gnutls_certificate_set_known_dh_params(setup->credentials, GNUTLS_SEC_PARAM_MEDIUM);
    return set_pair(setup, config->certificate_file, config->key_file, why) &&
           (!second || set_pair(setup, config->more_certificate_file, config->more_key_file, why));
}

bool shk_gnutls_set_peer_key(shk_endpoint_setup *setup, char *why)
{
    const char *file = setup->config.peer_key_file;
    shk_buf pem = shk_buf_growing(&shk_libc_allocator);
    if (file == NULL)
        return true;
    bool done = read_file("peer key file", file, &pem, why);
    if (done) {
        const int status = read_public_key(&pem, &setup->peer_key);
        done =
            status == 0 || shk_gnutls_unusable(why, "peer key file", file, gnutls_strerror(status));
    }
    shk_buf_free(&pem);
    return done;
}

/* Server: sends the response unchecked; GnuTLS itself would not serve an expired one. */
static int staple(gnutls_session_t session, void *context, gnutls_datum_t *response)
{
    const shk_endpoint_setup *setup = context;
    (void)session;
    response->data = gnutls_malloc(setup->status.len);
    if (response->data == NULL)
        return GNUTLS_E_MEMORY_ERROR;
    memcpy(response->data, setup->status.data, setup->status.len);
    response->size = (unsigned)setup->status.len;
    return 0;
}

bool shk_gnutls_set_status(shk_endpoint_setup *setup, char *why)
{
    const shk_endpoint_config *config = &setup->config;
    if (config->status_request != SHK_STAPLING_NONE && !config->server && config->ca_file == NULL)
        return shk_gnutls_unusable(why, "status_request", "(OCSP)", "a CA file is needed");
    if (config->status_file == NULL || !config->server)
        return true;
    gnutls_certificate_set_ocsp_status_request_function(setup->credentials, staple, setup);
    return read_file("status file", config->status_file, &setup->status, why);
}

bool shk_gnutls_set_anonymous(shk_endpoint_setup *setup, char *why)
{
    if (!setup->is_anonymous)
        return true;
    int status = setup->config.server
                     ? gnutls_anon_allocate_server_credentials(&setup->anonymous_server)
                     : gnutls_anon_allocate_client_credentials(&setup->anonymous_client);
    if (status == 0 && setup->config.server)
        status = gnutls_anon_set_server_known_dh_params(setup->anonymous_server,
                                                        GNUTLS_SEC_PARAM_MEDIUM);
    return status == 0 ||
           shk_gnutls_unusable(why, "anonymous", "credentials", gnutls_strerror(status));
}

int shk_gnutls_use_credentials(const shk_endpoint *end)
{
    const shk_endpoint_setup *setup = end->setup;
    const struct {
        gnutls_credentials_type_t type;
        void *credentials;
    } rows[] = {
        {GNUTLS_CRD_CERTIFICATE, setup->credentials}, {GNUTLS_CRD_PSK, setup->psk_client},
        {GNUTLS_CRD_PSK, setup->psk_server},          {GNUTLS_CRD_ANON, setup->anonymous_client},
        {GNUTLS_CRD_ANON, setup->anonymous_server},
    };
    int status = 0;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0] && status == 0; i++)
        if (rows[i].credentials != NULL)
            status = gnutls_credentials_set(end->session, rows[i].type, rows[i].credentials);
    return status;
}

void shk_gnutls_free_credentials(shk_endpoint_setup *setup)
{
    if (setup->credentials != NULL)
        gnutls_certificate_free_credentials(setup->credentials);
    if (setup->psk_client != NULL)
        gnutls_psk_free_client_credentials(setup->psk_client);
    if (setup->psk_server != NULL)
        gnutls_psk_free_server_credentials(setup->psk_server);
    if (setup->anonymous_client != NULL)
        gnutls_anon_free_client_credentials(setup->anonymous_client);
    if (setup->anonymous_server != NULL)
        gnutls_anon_free_server_credentials(setup->anonymous_server);
    gnutls_free(setup->peer_key.data);
    shk_buf_free(&setup->status);
}
