/* Certificate chains: parsing, path validation and names, on X509_verify_cert (RFC 5280 §6, RFC
 * 9525 §6). The verdict is an error row; which alert it sends stands there. */
#include <arpa/inet.h>
#include <openssl/x509v3.h>

#include "crypto/libcrypto.h"
#include "x509/trust.h"

/* Rows for the errors that a person should be able to tell apart; all others are
 * CERTIFICATE_INVALID. */
static shk_status row_of(int error)
{
    static const struct {
        int error;
        shk_status status;
    } rows[] = {
        {X509_V_ERR_CERT_HAS_EXPIRED, SHK_E_CERTIFICATE_EXPIRED},
        {X509_V_ERR_CERT_NOT_YET_VALID, SHK_E_CERTIFICATE_NOT_YET_VALID},
        {X509_V_ERR_ERROR_IN_CERT_NOT_AFTER_FIELD, SHK_E_CERTIFICATE_PARSE},
        {X509_V_ERR_ERROR_IN_CERT_NOT_BEFORE_FIELD, SHK_E_CERTIFICATE_PARSE},
        {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, SHK_E_UNKNOWN_ISSUER},
        {X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, SHK_E_UNKNOWN_ISSUER},
        {X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, SHK_E_SELF_SIGNED},
        {X509_V_ERR_INVALID_CA, SHK_E_ISSUER_NOT_CA},
        {X509_V_ERR_PATH_LENGTH_EXCEEDED, SHK_E_ISSUER_NOT_CA},
        {X509_V_ERR_CERT_SIGNATURE_FAILURE, SHK_E_CERTIFICATE_SIGNATURE},
        {X509_V_ERR_HOSTNAME_MISMATCH, SHK_E_NAME_MISMATCH},
        {X509_V_ERR_IP_ADDRESS_MISMATCH, SHK_E_NAME_MISMATCH},
        {X509_V_ERR_INVALID_PURPOSE, SHK_E_EXTENDED_KEY_USAGE},
        {X509_V_ERR_EE_KEY_TOO_SMALL, SHK_E_WEAK_CERTIFICATE},
        {X509_V_ERR_CA_KEY_TOO_SMALL, SHK_E_WEAK_CERTIFICATE},
        {X509_V_ERR_CA_MD_TOO_WEAK, SHK_E_WEAK_CERTIFICATE},
        {X509_V_ERR_OUT_OF_MEM, SHK_E_NO_MEMORY},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].error == error)
            return rows[i].status;
    return SHK_E_CERTIFICATE_INVALID;
}

STACK_OF(X509) * shk_x509_parse(shk_known_certificates *known, const shk_span *chain, size_t count)
{
    STACK_OF(X509) *parsed = sk_X509_new_null();
    for (size_t i = 0; parsed != NULL && i < count; i++) {
        X509 *certificate = shk_known_certificates_parse(known, chain[i]);
        if (certificate == NULL || sk_X509_push(parsed, certificate) == 0) {
            X509_free(certificate);
            sk_X509_pop_free(parsed, X509_free);
            return NULL;
        }
    }
    return parsed;
}

static bool is_address(const char *name)
{
    unsigned char bytes[sizeof(struct in6_addr)];
    return inet_pton(AF_INET, name, bytes) == 1 || inet_pton(AF_INET6, name, bytes) == 1;
}

/* What X509_verify_cert shall check. Names come from subjectAltName alone (RFC 9525 §2). */
static bool set_checks(X509_STORE_CTX *context, const shk_chain_check *check)
{
    X509_VERIFY_PARAM *p = X509_STORE_CTX_get0_param(context);
    X509_VERIFY_PARAM_set_time(p, (time_t)check->time);
    X509_VERIFY_PARAM_set_auth_level(p, 1);
    X509_VERIFY_PARAM_set_flags(p, X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_TRUSTED_FIRST);
    X509_VERIFY_PARAM_set_hostflags(p, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT |
                                           X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    if (X509_VERIFY_PARAM_set_purpose(p, check->is_server ? X509_PURPOSE_SSL_SERVER
                                                          : X509_PURPOSE_SSL_CLIENT) != 1)
        return false;
    if (check->name == NULL)
        return true;
    return is_address(check->name) ? X509_VERIFY_PARAM_set1_ip_asc(p, check->name) == 1
                                   : X509_VERIFY_PARAM_set1_host(p, check->name, 0) == 1;
}

/* keyUsage of the end entity (RFC 8446 §4.4.2.2, RFC 5246 §7.4.2). */
static shk_status check_key_usage(X509 *leaf, const shk_chain_check *check)
{
    uint32_t wanted = check->encipherment ? KU_KEY_ENCIPHERMENT : KU_DIGITAL_SIGNATURE;
    return (X509_get_key_usage(leaf) & wanted) != 0 ? SHK_OK : SHK_E_KEY_USAGE;
}

/* The path is good as long as each of its certificates is. */
static bool end_by_path(STACK_OF(X509) * path, int64_t *until)
{
    for (int i = 0; i < sk_X509_num(path); i++)
        if (!shk_x509_end_by(X509_get0_notAfter(sk_X509_value(path, i)), until))
            return false;
    return true;
}

static shk_status verify(STACK_OF(X509) * chain, const shk_chain_check *check, int64_t *until)
{
    X509 *leaf = sk_X509_value(chain, 0);
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    shk_status status = SHK_E_NO_MEMORY;
    if (context != NULL && X509_STORE_CTX_init(context, check->trust->store, leaf, chain) == 1 &&
        set_checks(context, check)) {
        status = X509_verify_cert(context) == 1
                     ? check_key_usage(leaf, check)
                     : shk_libcrypto_failure(row_of(X509_STORE_CTX_get_error(context)));
        if (status == SHK_OK && !end_by_path(X509_STORE_CTX_get0_chain(context), until))
            status = SHK_E_NO_MEMORY;
    }
    X509_STORE_CTX_free(context);
    return status;
}

shk_status shk_x509_chain(const shk_crypto *crypto, const shk_span *chain, size_t count,
                          const shk_chain_check *check, shk_public_key **out, int64_t *until)
{
    const shk_libcrypto *self = (const shk_libcrypto *)crypto->self;
    STACK_OF(X509) *parsed = shk_x509_parse(self->known, chain, count);
    if (parsed == NULL || count == 0) {
        sk_X509_pop_free(parsed, X509_free);
        return shk_libcrypto_failure(SHK_E_CERTIFICATE_PARSE);
    }
    shk_status status = check->trust != NULL ? verify(parsed, check, until) : SHK_OK;
    if (status == SHK_OK)
        status = shk_x509_wrap_key(X509_get_pubkey(sk_X509_value(parsed, 0)), out);
    sk_X509_pop_free(parsed, X509_free);
    return status;
}
