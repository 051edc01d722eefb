/* Verification of the peer's certificate, raw key and OCSP response (gnutls_kind.h). */
#include <string.h>

#include <gnutls/ocsp.h>
#include <gnutls/x509.h>

#include "endpoint/gnutls/gnutls_kind.h"
#include "shakedown/types.h"

/* The alert for what is wrong with a certificate (RFC 8446 §6.2, RFC 5246 §7.2.2). The first
 * matching row is used. */
static int alert_of_flaws(unsigned status)
{
    static const struct {
        unsigned flaw;
        int alert;
    } rows[] = {
        {GNUTLS_CERT_SIGNATURE_FAILURE, SHK_ALERT_bad_certificate},
        {GNUTLS_CERT_SIGNER_NOT_FOUND | GNUTLS_CERT_SIGNER_NOT_CA, SHK_ALERT_unknown_ca},
        {GNUTLS_CERT_REVOKED, SHK_ALERT_certificate_revoked},
        {GNUTLS_CERT_EXPIRED | GNUTLS_CERT_NOT_ACTIVATED, SHK_ALERT_certificate_expired},
        {GNUTLS_CERT_PURPOSE_MISMATCH, SHK_ALERT_unsupported_certificate},
        {GNUTLS_CERT_INVALID_OCSP_STATUS | GNUTLS_CERT_MISSING_OCSP_STATUS |
             GNUTLS_CERT_REVOCATION_DATA_SUPERSEDED | GNUTLS_CERT_REVOCATION_DATA_ISSUED_IN_FUTURE,
         SHK_ALERT_bad_certificate_status_response},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if ((status & rows[i].flaw) != 0)
            return rows[i].alert;
    return SHK_ALERT_bad_certificate;
}

/* Refuses the peer's certificate with an alert and a reason. */
static int refuse(shk_endpoint *end, int alert, const char *why)
{
    end->verify_alert = alert;
    snprintf(end->result.why, SHK_WHY_SIZE, "%s", why);
    return GNUTLS_E_CERTIFICATE_VERIFICATION_ERROR;
}

/* RFC 7250 §6: a raw key is trusted if it is known; there is nothing else to verify. */
static int verify_raw_key(shk_endpoint *end)
{
    const gnutls_datum_t *trusted = &end->setup->peer_key;
    unsigned count = 0;
    const gnutls_datum_t *key = gnutls_certificate_get_peers(end->session, &count);
    if (key == NULL || trusted->data == NULL ||
        shk_span_equal(shk_span_of(key->data, key->size),
                       shk_span_of(trusted->data, trusted->size)))
        return 0;
    return refuse(end, SHK_ALERT_bad_certificate, "the raw public key is not the trusted one");
}

static int verify_chain(shk_endpoint *end)
{
    const shk_endpoint_config *config = &end->setup->config;
    const char *purpose = config->server ? GNUTLS_KP_TLS_WWW_CLIENT : GNUTLS_KP_TLS_WWW_SERVER;
    gnutls_typed_vdata_st data[2] = {{GNUTLS_DT_KEY_PURPOSE_OID, (unsigned char *)purpose, 0}};
    unsigned count = 1;
    unsigned status = 0;
    if (!config->server && config->server_name != NULL) {
        data[count].type = GNUTLS_DT_DNS_HOSTNAME; /* takes addresses as text, too */
        data[count++].data = (unsigned char *)config->server_name;
    }
    const int result = gnutls_certificate_verify_peers(end->session, data, count, &status);
    if (result < 0 || status == 0)
        return result;
    gnutls_datum_t text = {NULL, 0};
    gnutls_certificate_verification_status_print(status, GNUTLS_CRT_X509, &text, 0);
    (void)refuse(end, alert_of_flaws(status),
                 text.data != NULL ? (const char *)text.data : "the certificate is not good");
    gnutls_free(text.data);
    return GNUTLS_E_CERTIFICATE_VERIFICATION_ERROR;
}

int shk_gnutls_verify(gnutls_session_t session)
{
    shk_endpoint *end = gnutls_session_get_ptr(session);
    const shk_endpoint_config *config = &end->setup->config;
    unsigned count = 0;
    if (gnutls_certificate_type_get2(session, GNUTLS_CTYPE_PEERS) == GNUTLS_CRT_RAWPK)
        return verify_raw_key(end);
    if (config->ca_file == NULL ||
        (config->server && gnutls_certificate_get_peers(session, &count) == NULL))
        return 0;
    const int result = verify_chain(end);
    if (result != 0 || config->server || config->status_request == SHK_STAPLING_NONE)
        return result;
    end->result.status_verified = gnutls_ocsp_status_request_is_checked(session, 0) != 0;
    gnutls_datum_t response = {NULL, 0};
    const bool has_come = gnutls_ocsp_status_request_get(session, &response) == 0;
    const bool needed = has_come || config->status_request == SHK_STAPLING_DEMAND;
    return end->result.status_verified || !needed
               ? 0
               : refuse(end, SHK_ALERT_bad_certificate_status_response,
                        "there is no good OCSP response for the certificate");
}
