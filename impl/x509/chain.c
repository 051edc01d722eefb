/* Certificate chains: parsing, path validation and names, on X509_verify_cert (RFC 5280 §6, RFC
 * 9525 §6). The verdict is an error row; which alert it sends stands there. */
#include <arpa/inet.h>
#include <openssl/x509v3.h>

#include "x509/path_checks.h"
#include "x509/trust.h"
#include "x509/x509.h"

enum { MAX_PATHS = 8 };

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
        {X509_V_ERR_INVALID_EXTENSION, SHK_E_CERTIFICATE_PARSE},
        {X509_V_ERR_PERMITTED_VIOLATION, SHK_E_NAME_CONSTRAINTS},
        {X509_V_ERR_EXCLUDED_VIOLATION, SHK_E_NAME_CONSTRAINTS},
        {X509_V_ERR_SUBTREE_MINMAX, SHK_E_NAME_CONSTRAINTS},
        {X509_V_ERR_UNSUPPORTED_CONSTRAINT_TYPE, SHK_E_NAME_CONSTRAINTS},
        {X509_V_ERR_UNSUPPORTED_CONSTRAINT_SYNTAX, SHK_E_NAME_CONSTRAINTS},
        {X509_V_ERR_UNSUPPORTED_NAME_SYNTAX, SHK_E_NAME_CONSTRAINTS},
        {X509_V_ERR_PATHLEN_INVALID_FOR_NON_CA, SHK_E_CERTIFICATE_PROFILE},
        {X509_V_ERR_PATHLEN_WITHOUT_KU_KEY_CERT_SIGN, SHK_E_CERTIFICATE_PROFILE},
        {X509_V_ERR_KU_KEY_CERT_SIGN_INVALID_FOR_NON_CA, SHK_E_CERTIFICATE_PROFILE},
        {X509_V_ERR_ISSUER_NAME_EMPTY, SHK_E_CERTIFICATE_PROFILE},
        {X509_V_ERR_SUBJECT_NAME_EMPTY, SHK_E_CERTIFICATE_PROFILE},
        {X509_V_ERR_MISSING_AUTHORITY_KEY_IDENTIFIER, SHK_E_CERTIFICATE_PROFILE},
        {X509_V_ERR_AUTHORITY_KEY_IDENTIFIER_CRITICAL, SHK_E_CERTIFICATE_PROFILE},
        {X509_V_ERR_SUBJECT_KEY_IDENTIFIER_CRITICAL, SHK_E_CERTIFICATE_PROFILE},
        {X509_V_ERR_CA_BCONS_NOT_CRITICAL, SHK_E_CERTIFICATE_PROFILE},
        {X509_V_ERR_CA_CERT_MISSING_KEY_USAGE, SHK_E_CERTIFICATE_PROFILE},
        {X509_V_ERR_EXTENSIONS_REQUIRE_VERSION_3, SHK_E_CERTIFICATE_PROFILE},
        {X509_V_ERR_MISSING_SUBJECT_KEY_IDENTIFIER, SHK_E_CERTIFICATE_PROFILE},
        {X509_V_ERR_EMPTY_SUBJECT_ALT_NAME, SHK_E_CERTIFICATE_PROFILE},
        {X509_V_ERR_EMPTY_SUBJECT_SAN_NOT_CRITICAL, SHK_E_CERTIFICATE_PROFILE},
        {X509_V_ERR_SIGNATURE_ALGORITHM_INCONSISTENCY, SHK_E_CERTIFICATE_PARSE},
        {X509_V_ERR_EC_KEY_EXPLICIT_PARAMS, SHK_E_CERTIFICATE_PROFILE},
        {X509_V_ERR_OUT_OF_MEM, SHK_E_NO_MEMORY},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].error == error)
            return shk_own_failure(rows[i].status, __FILE__, __LINE__);
    return SHK_E_CERTIFICATE_INVALID;
}

STACK_OF(X509) * shk_x509_parse(shk_cert_cache *known, const shk_span *chain, size_t count)
{
    STACK_OF(X509) *parsed = sk_X509_new_null();
    for (size_t i = 0; parsed != NULL && i < count; i++) {
        X509 *certificate = shk_cert_cache_parse(known, chain[i]);
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
    X509_VERIFY_PARAM_set_auth_level(p, check->security_level);
    X509_VERIFY_PARAM_set_flags(p, X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_TRUSTED_FIRST |
                                       (check->strict ? X509_V_FLAG_X509_STRICT : 0U));
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

/* libcrypto ends a certificate's validity at notAfter; RFC 5280 §4.1.2.5 includes that second. */
static int accept_last_second(int ok, X509_STORE_CTX *context)
{
    if (ok || X509_STORE_CTX_get_error(context) != X509_V_ERR_CERT_HAS_EXPIRED)
        return ok;
    time_t now = X509_VERIFY_PARAM_get_time(X509_STORE_CTX_get0_param(context));
    const X509 *certificate = X509_STORE_CTX_get_current_cert(context);
    if (ASN1_TIME_cmp_time_t(X509_get0_notAfter(certificate), now) != 0)
        return 0;
    X509_STORE_CTX_set_error(context, X509_V_OK);
    return 1;
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

/* What libcrypto's verdict becomes. It tells keyUsage and extendedKeyUsage as one. */
static shk_status failure_of(X509_STORE_CTX *context, X509 *leaf, const shk_chain_check *check)
{
    int error = X509_STORE_CTX_get_error(context);
    bool of_leaf = X509_STORE_CTX_get_error_depth(context) == 0;
    shk_status status = row_of(error);
    if (error == X509_V_ERR_INVALID_PURPOSE && of_leaf && check_key_usage(leaf, check) != SHK_OK)
        status = SHK_E_KEY_USAGE;
    return shk_libcrypto_failure(status);
}

/* The certificate at which a path failed; of a leaf that does not verify, its supposed issuer. */
static X509 *failing_certificate(X509_STORE_CTX *context, const X509 *leaf)
{
    X509 *at = X509_STORE_CTX_get_current_cert(context);
    bool no_match = X509_STORE_CTX_get_error(context) == X509_V_ERR_CERT_SIGNATURE_FAILURE;
    return at == leaf && no_match ? sk_X509_value(X509_STORE_CTX_get0_chain(context), 1) : at;
}

/* What libcrypto does not look at, on a path that it has verified. */
static shk_status check_verified(STACK_OF(X509) * path, const shk_chain_check *check,
                                 int64_t *until)
{
    SHK_TRY(shk_x509_check_path(path));
    SHK_TRY(check_key_usage(sk_X509_value(path, 0), check));
    return end_by_path(path, until) ? SHK_OK : SHK_OWN(NO_MEMORY);
}

/* One path, by what libcrypto finds first. `blamed`: the certificate that it failed at. */
static shk_status verify_path(STACK_OF(X509) * certificates, const shk_chain_check *check,
                              X509 **blamed, int64_t *until)
{
    X509 *leaf = sk_X509_value(certificates, 0);
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    shk_status status = SHK_OK;
    *blamed = NULL;
    if (context == NULL ||
        X509_STORE_CTX_init(context, check->trust->store, leaf, certificates) != 1 ||
        !set_checks(context, check)) {
        X509_STORE_CTX_free(context);
        return SHK_OWN(NO_MEMORY);
    }
    X509_STORE_CTX_set_verify_cb(context, accept_last_second);
    if (X509_verify_cert(context) == 1) {
        status = check_verified(X509_STORE_CTX_get0_chain(context), check, until);
    } else {
        status = failure_of(context, leaf, check);
        *blamed = failing_certificate(context, leaf);
    }
    X509_STORE_CTX_free(context);
    return status;
}

/* A chain may have certificates that lead nowhere, in any order (RFC 8446 §4.4.2): what a path
 * failed at is left out, and another one tried, a few times. The first failure is the one that is
 * told. */
static shk_status verify(STACK_OF(X509) * chain, const shk_chain_check *check, int64_t *until)
{
    STACK_OF(X509) *left = sk_X509_dup(chain);
    X509 *blamed = NULL;
    if (left == NULL)
        return SHK_OWN(NO_MEMORY);
    shk_status first = verify_path(left, check, &blamed, until);
    shk_status status = first;
    for (int i = 1; status != SHK_OK && blamed != NULL && i < MAX_PATHS; i++) {
        if (blamed == sk_X509_value(chain, 0) || sk_X509_delete_ptr(left, blamed) == NULL)
            break;
        status = verify_path(left, check, &blamed, until);
    }
    sk_X509_free(left);
    return status == SHK_OK ? SHK_OK : first;
}

static shk_status read_parsed(STACK_OF(X509) * chain, const shk_chain_check *check,
                              shk_public_key **out, int64_t *until)
{
    X509 *leaf = sk_X509_value(chain, 0);
    SHK_TRY(shk_x509_check_leaf(leaf));
    if (check->trust != NULL)
        SHK_TRY(verify(chain, check, until));
    return shk_x509_wrap_key(X509_get_pubkey(leaf), out);
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
    shk_status status = read_parsed(parsed, check, out, until);
    sk_X509_pop_free(parsed, X509_free);
    return status;
}
