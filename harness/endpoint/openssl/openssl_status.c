/* OCSP responses and SCTs at the OpenSSL endpoint (openssl_kind.h). */
#include <time.h>

#include <openssl/ct.h>
#include <openssl/err.h>
#include <openssl/ocsp.h>

#include "endpoint/file.h"
#include "endpoint/openssl/openssl_kind.h"

/* Server: gives the client that asked the response. */
static int staple(SSL *ssl, void *context)
{
    const shk_endpoint_setup *setup = context;
    unsigned char *copy = OPENSSL_memdup(setup->status.data, setup->status.len);
    if (copy == NULL)
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    SSL_set_tlsext_status_ocsp_resp(ssl, copy, (long)setup->status.len); /* owns it now */
    return SSL_TLSEXT_ERR_OK;
}

/* RFC 6960 §4.2.2.1: thisUpdate has been, nextUpdate has not. */
static bool is_current(OCSP_SINGLERESP *single, int64_t now)
{
    ASN1_GENERALIZEDTIME *from = NULL;
    ASN1_GENERALIZEDTIME *until = NULL;
    int reason = 0;
    return OCSP_single_get0_status(single, &reason, NULL, &from, &until) ==
               V_OCSP_CERTSTATUS_GOOD &&
           ASN1_TIME_cmp_time_t(from, (time_t)now) <= 0 &&
           (until == NULL || ASN1_TIME_cmp_time_t(until, (time_t)now) >= 0);
}

static bool is_about(OCSP_SINGLERESP *single, const X509 *leaf, const X509 *issuer)
{
    ASN1_OBJECT *hash = NULL;
    OCSP_CERTID *id = (OCSP_CERTID *)OCSP_SINGLERESP_get0_id(single);
    OCSP_id_get0_info(NULL, &hash, NULL, NULL, id);
    const EVP_MD *md = EVP_get_digestbyobj(hash);
    OCSP_CERTID *wanted = md != NULL ? OCSP_cert_to_id(md, leaf, issuer) : NULL;
    const bool same = wanted != NULL && OCSP_id_cmp(id, wanted) == 0;
    OCSP_CERTID_free(wanted);
    return same;
}

static bool is_good(SSL *ssl, const shk_endpoint_setup *setup, OCSP_BASICRESP *basic)
{
    const int64_t now = setup->config.time != 0 ? setup->config.time : (int64_t)time(NULL);
    STACK_OF(X509) *chain = SSL_get0_verified_chain(ssl);
    if (sk_X509_num(chain) < 2 ||
        OCSP_basic_verify(basic, chain, SSL_CTX_get_cert_store(setup->ctx), 0) != 1)
        return false;
    for (int i = 0; i < OCSP_resp_count(basic); i++) {
        OCSP_SINGLERESP *single = OCSP_resp_get0(basic, i);
        if (is_about(single, sk_X509_value(chain, 0), sk_X509_value(chain, 1)))
            return is_current(single, now);
    }
    return false;
}

/* Client: libssl leaves the check to its user. A resumed handshake has no certificate, and no
 * response. */
static int check_status(SSL *ssl, void *context)
{
    const shk_endpoint_setup *setup = context;
    shk_endpoint *end = SSL_get_app_data(ssl);
    const unsigned char *der = NULL;
    if (SSL_session_reused(ssl) || SSL_get0_peer_certificate(ssl) == NULL)
        return 1;
    const long len = SSL_get_tlsext_status_ocsp_resp(ssl, &der);
    if (len <= 0 && setup->config.status_request != SHK_STAPLING_DEMAND)
        return 1;
    OCSP_RESPONSE *response = len > 0 ? d2i_OCSP_RESPONSE(NULL, &der, len) : NULL;
    OCSP_BASICRESP *basic =
        response != NULL && OCSP_response_status(response) == OCSP_RESPONSE_STATUS_SUCCESSFUL
            ? OCSP_response_get1_basic(response)
            : NULL;
    end->result.status_verified = basic != NULL && is_good(ssl, setup, basic);
    OCSP_BASICRESP_free(basic);
    OCSP_RESPONSE_free(response);
    return end->result.status_verified;
}

static bool read_file(const char *what, const char *file, shk_buf *out, char *why)
{
    char reason[SHK_WHY_SIZE] = "it is empty";
    if (shk_read_file(file, out, reason) && out->len > 0)
        return true;
    snprintf(why, SHK_WHY_SIZE, "%s %.100s is not usable: %.120s", what, file, reason);
    return false;
}

bool shk_openssl_set_status(shk_endpoint_setup *setup, char *why)
{
    const shk_endpoint_config *config = &setup->config;
    if (config->status_request != SHK_STAPLING_NONE && !config->server) {
        if (config->ca_file == NULL)
            return shk_openssl_unusable(why, "status_request", "(without a CA file)");
        SSL_CTX_set_tlsext_status_type(setup->ctx, TLSEXT_STATUSTYPE_ocsp);
        SSL_CTX_set_tlsext_status_cb(setup->ctx, check_status);
        SSL_CTX_set_tlsext_status_arg(setup->ctx, setup);
    }
    if (config->status_file == NULL || !config->server)
        return true;
    SSL_CTX_set_tlsext_status_cb(setup->ctx, staple);
    SSL_CTX_set_tlsext_status_arg(setup->ctx, setup);
    return read_file("status file", config->status_file, &setup->status, why);
}

/* Server: RFC 6962 §3.3, with the leaf's certificate alone. */
static int add_scts(SSL *ssl, unsigned type, unsigned context, const unsigned char **out,
                    size_t *len, X509 *certificate, size_t index, int *alert, void *argument)
{
    const shk_endpoint_setup *setup = argument;
    (void)ssl;
    (void)type;
    (void)certificate;
    (void)alert;
    if ((context & SSL_EXT_TLS1_3_CERTIFICATE) != 0 && index > 0)
        return 0;
    *out = setup->scts.data;
    *len = setup->scts.len;
    return 1;
}

bool shk_openssl_set_scts(shk_endpoint_setup *setup, char *why)
{
    const shk_endpoint_config *config = &setup->config;
    if (config->signed_certificate_timestamp && !config->server &&
        SSL_CTX_enable_ct(setup->ctx, SSL_CT_VALIDATION_PERMISSIVE) != 1)
        return shk_openssl_unusable(why, "signed_certificate_timestamp", "(SSL_CTX_enable_ct)");
    if (config->sct_file == NULL || !config->server)
        return true;
    return read_file("SCT file", config->sct_file, &setup->scts, why) &&
           (SSL_CTX_add_custom_ext(setup->ctx, TLSEXT_TYPE_signed_certificate_timestamp,
                                   SSL_EXT_CLIENT_HELLO | SSL_EXT_TLS1_2_SERVER_HELLO |
                                       SSL_EXT_TLS1_3_CERTIFICATE | SSL_EXT_IGNORE_ON_RESUMPTION,
                                   add_scts, NULL, setup, NULL, NULL) == 1 ||
            shk_openssl_unusable(why, "SCT file", config->sct_file));
}

uint16_t shk_openssl_count_scts(const shk_endpoint *end)
{
    const shk_endpoint_setup *setup = SSL_CTX_get_app_data(SSL_get_SSL_CTX(end->ssl));
    uint16_t count = 0;
    if (setup->config.server || !setup->config.signed_certificate_timestamp)
        return 0;
    const STACK_OF(SCT) *scts = SSL_get0_peer_scts(end->ssl);
    for (int i = 0; i < sk_SCT_num(scts); i++)
        if (SCT_get_source(sk_SCT_value(scts, i)) == SCT_SOURCE_TLS_EXTENSION)
            count++;
    return count;
}
