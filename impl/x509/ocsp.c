/* Stapled OCSP responses (RFC 6960, RFC 6066 §8): whether one says that a chain's end entity is
 * good. */
#include <limits.h>
#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <openssl/x509v3.h>

#include "x509/cert_cache.h"
#include "x509/trust.h"
#include "x509/x509.h"

/* Clocks differ by a little; a response without nextUpdate (RFC 6960 §4.2.2.1) is taken for a week.
 */
enum { CLOCK_SKEW_S = 300, WITHOUT_END_S = 7 * 24 * 3600 };

/* Whether the key of `issuer` has signed the leaf. */
static bool has_issued(X509 *issuer, X509 *leaf)
{
    return X509_check_issued(issuer, leaf) == X509_V_OK &&
           X509_verify(leaf, X509_get0_pubkey(issuer)) == 1;
}

/* The leaf's issuer: of the chain, or else of the anchors. The caller frees; NULL if there is none.
 */
static X509 *find_issuer(STACK_OF(X509) * chain, const shk_trust *trust)
{
    X509 *leaf = sk_X509_value(chain, 0);
    X509 *issuer = NULL;
    for (int i = 1; i < sk_X509_num(chain); i++)
        if (has_issued(sk_X509_value(chain, i), leaf) && X509_up_ref(sk_X509_value(chain, i)) == 1)
            return sk_X509_value(chain, i);
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    if (context != NULL && X509_STORE_CTX_init(context, trust->store, leaf, chain) == 1 &&
        X509_STORE_CTX_get1_issuer(&issuer, context, leaf) == 1 && !has_issued(issuer, leaf)) {
        X509_free(issuer);
        issuer = NULL;
    }
    X509_STORE_CTX_free(context);
    return issuer;
}

/* The issuer as the one anchor, at the time of the check: a response is signed by it, or by one
 * whom it has certified for that (RFC 6960 §4.2.2.2). */
static X509_STORE *store_of(X509 *issuer, const shk_chain_check *check)
{
    X509_STORE *store = X509_STORE_new();
    if (store == NULL)
        return NULL;
    X509_VERIFY_PARAM *parameters = X509_STORE_get0_param(store);
    X509_VERIFY_PARAM_set_time(parameters, (time_t)check->time);
    X509_VERIFY_PARAM_set_auth_level(parameters, check->security_level);
    X509_VERIFY_PARAM_set_flags(parameters, X509_V_FLAG_PARTIAL_CHAIN);
    if (X509_STORE_add_cert(store, issuer) == 1)
        return store;
    X509_STORE_free(store);
    return NULL;
}

/* Whether the response is signed over a hash that the level still takes: from level 1 on neither
 * MD5 nor SHA-1, as in certificates. */
static bool is_strong(const OCSP_BASICRESP *basic, const shk_chain_check *check)
{
    const X509_ALGOR *algorithm = OCSP_resp_get0_tbs_sigalg(basic);
    const ASN1_OBJECT *oid = NULL;
    int hash = NID_undef;
    X509_ALGOR_get0(&oid, NULL, NULL, algorithm);
    OBJ_find_sigid_algs(OBJ_obj2nid(oid), &hash, NULL);
    return check->security_level == 0 || (hash != NID_md5 && hash != NID_sha1);
}

static bool verifies(OCSP_BASICRESP *basic, X509 *issuer, const shk_chain_check *check)
{
    X509_STORE *store = store_of(issuer, check);
    STACK_OF(X509) *known = sk_X509_new_null();
    bool ok = is_strong(basic, check) && store != NULL && known != NULL &&
              sk_X509_push(known, issuer) > 0 && OCSP_basic_verify(basic, known, store, 0) == 1;
    sk_X509_free(known);
    X509_STORE_free(store);
    return ok;
}

/* Whether the single response is about the leaf: its issuer by the response's hash, and serial. */
static bool is_about(OCSP_SINGLERESP *single, X509 *leaf, X509 *issuer)
{
    const OCSP_CERTID *id = OCSP_SINGLERESP_get0_id(single);
    ASN1_OBJECT *algorithm = NULL;
    OCSP_id_get0_info(NULL, &algorithm, NULL, NULL, (OCSP_CERTID *)(uintptr_t)id);
    const EVP_MD *hash = EVP_get_digestbyobj(algorithm);
    OCSP_CERTID *wanted = hash == NULL ? NULL : OCSP_cert_to_id(hash, leaf, issuer);
    bool same = wanted != NULL && OCSP_id_cmp(wanted, id) == 0;
    OCSP_CERTID_free(wanted);
    return same;
}

/* Whether `time` is from `begin` on, and not behind `end` or, without one, not a week later. */
static bool is_current(const ASN1_GENERALIZEDTIME *begin, const ASN1_GENERALIZEDTIME *end,
                       int64_t time)
{
    int begun = ASN1_TIME_cmp_time_t(begin, (time_t)(time + CLOCK_SKEW_S));
    int over = end != NULL ? ASN1_TIME_cmp_time_t(end, (time_t)(time - CLOCK_SKEW_S))
                           : ASN1_TIME_cmp_time_t(begin, (time_t)(time - WITHOUT_END_S));
    return (begun == 0 || begun == -1) && (over == 0 || over == 1);
}

/* Lowers `until` to when is_current ends. */
static bool end_by_response(const ASN1_GENERALIZEDTIME *begin, const ASN1_GENERALIZEDTIME *end,
                            int64_t *until)
{
    int64_t last = INT64_MAX;
    if (!shk_x509_end_by(end != NULL ? end : begin, &last))
        return false;
    last += end != NULL ? CLOCK_SKEW_S : WITHOUT_END_S;
    *until = last < *until ? last : *until;
    return true;
}

/* What a verified response says of the leaf. */
static shk_status verdict(OCSP_BASICRESP *basic, X509 *leaf, X509 *issuer, int64_t time,
                          int64_t *until)
{
    for (int i = 0; i < OCSP_resp_count(basic); i++) {
        OCSP_SINGLERESP *single = OCSP_resp_get0(basic, i);
        ASN1_GENERALIZEDTIME *begin = NULL, *end = NULL;
        if (!is_about(single, leaf, issuer))
            continue;
        int status = OCSP_single_get0_status(single, NULL, NULL, &begin, &end);
        if (status == V_OCSP_CERTSTATUS_REVOKED)
            return SHK_E_CERTIFICATE_REVOKED;
        if (!is_current(begin, end, time))
            return SHK_E_STATUS_NOT_CURRENT;
        if (status != V_OCSP_CERTSTATUS_GOOD)
            return SHK_E_STATUS_UNKNOWN;
        return end_by_response(begin, end, until) ? SHK_OK : SHK_OWN(NO_MEMORY);
    }
    return SHK_E_STATUS_INVALID;
}

/* An OCSPResponse that is all of the bytes; NULL if they are none. */
static OCSP_RESPONSE *parse(shk_span der)
{
    const unsigned char *at = der.data;
    OCSP_RESPONSE *response =
        der.len > LONG_MAX ? NULL : d2i_OCSP_RESPONSE(NULL, &at, (long)der.len);
    if (response == NULL || at == der.data + der.len)
        return response;
    OCSP_RESPONSE_free(response);
    return NULL;
}

/* The BasicOCSPResponse of a successful response. */
static OCSP_BASICRESP *basic_of(shk_span der)
{
    OCSP_RESPONSE *response = parse(der);
    OCSP_BASICRESP *basic = NULL;
    if (response != NULL && OCSP_response_status(response) == OCSP_RESPONSE_STATUS_SUCCESSFUL)
        basic = OCSP_response_get1_basic(response);
    OCSP_RESPONSE_free(response);
    return basic;
}

bool shk_is_ocsp_response(shk_span bytes)
{
    OCSP_RESPONSE *response = parse(bytes);
    const bool is_one = response != NULL;
    OCSP_RESPONSE_free(response);
    ERR_clear_error();
    return is_one;
}

shk_status shk_x509_status(const shk_crypto *crypto, shk_span response, const shk_span *chain,
                           size_t count, const shk_chain_check *check, int64_t *until)
{
    const shk_libcrypto *self = (const shk_libcrypto *)crypto->self;
    STACK_OF(X509) *parsed = shk_x509_parse(self->known, chain, count);
    if (parsed == NULL || count == 0) {
        sk_X509_pop_free(parsed, X509_free);
        return SHK_E_CERTIFICATE_PARSE;
    }
    OCSP_BASICRESP *basic = basic_of(response);
    X509 *issuer = find_issuer(parsed, check->trust);
    shk_status status = SHK_E_STATUS_INVALID;
    if (basic != NULL && issuer != NULL && verifies(basic, issuer, check))
        status = verdict(basic, sk_X509_value(parsed, 0), issuer, check->time, until);
    OCSP_BASICRESP_free(basic);
    X509_free(issuer);
    sk_X509_pop_free(parsed, X509_free);
    ERR_clear_error();
    return status;
}

bool shk_x509_must_staple(const shk_crypto *crypto, shk_span certificate)
{
    enum { STATUS_REQUEST = 5 };
    const shk_libcrypto *self = (const shk_libcrypto *)crypto->self;
    X509 *leaf = shk_cert_cache_parse(self->known, certificate);
    TLS_FEATURE *features =
        leaf == NULL ? NULL : (TLS_FEATURE *)X509_get_ext_d2i(leaf, NID_tlsfeature, NULL, NULL);
    bool found = false;
    for (int i = 0; i < sk_ASN1_INTEGER_num(features); i++)
        found |= ASN1_INTEGER_get(sk_ASN1_INTEGER_value(features, i)) == STATUS_REQUEST;
    TLS_FEATURE_free(features);
    X509_free(leaf);
    ERR_clear_error();
    return found;
}
