/* OIDFilter: extensions that a client's certificate must have (RFC 8446 §4.2.5). */
#include <limits.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "x509/x509.h"

/* All bits of the filter are set in the certificate's keyUsage. */
static bool has_usage(const X509 *certificate, const ASN1_BIT_STRING *wanted)
{
    ASN1_BIT_STRING *has =
        (ASN1_BIT_STRING *)X509_get_ext_d2i(certificate, NID_key_usage, NULL, NULL);
    bool all = has != NULL;
    for (int bit = 0; all && bit < ASN1_STRING_length(wanted) * CHAR_BIT; bit++)
        all = !ASN1_BIT_STRING_get_bit(wanted, bit) || ASN1_BIT_STRING_get_bit(has, bit);
    ASN1_BIT_STRING_free(has);
    return all;
}

static shk_status key_usage(const X509 *certificate, shk_span values, bool *passes)
{
    const unsigned char *at = values.data;
    ASN1_BIT_STRING *wanted = d2i_ASN1_BIT_STRING(NULL, &at, (long)values.len);
    bool whole = wanted != NULL && at == values.data + values.len;
    *passes = whole && certificate != NULL && has_usage(certificate, wanted);
    ASN1_BIT_STRING_free(wanted);
    return whole ? SHK_OK : SHK_E_OID_FILTER;
}

static bool purpose_in(const EXTENDED_KEY_USAGE *list, const ASN1_OBJECT *purpose)
{
    for (int i = 0; i < sk_ASN1_OBJECT_num(list); i++)
        if (OBJ_cmp(sk_ASN1_OBJECT_value(list, i), purpose) == 0)
            return true;
    return false;
}

/* All purposes of the filter are in the certificate's extendedKeyUsage. */
static bool has_purposes(const X509 *certificate, const EXTENDED_KEY_USAGE *wanted)
{
    EXTENDED_KEY_USAGE *has =
        (EXTENDED_KEY_USAGE *)X509_get_ext_d2i(certificate, NID_ext_key_usage, NULL, NULL);
    bool all = has != NULL;
    for (int i = 0; all && i < sk_ASN1_OBJECT_num(wanted); i++)
        all = purpose_in(has, sk_ASN1_OBJECT_value(wanted, i));
    EXTENDED_KEY_USAGE_free(has);
    return all;
}

/* anyExtendedKeyUsage is no purpose to ask for. */
static shk_status extended_key_usage(const X509 *certificate, shk_span values, bool *passes)
{
    const unsigned char *at = values.data;
    EXTENDED_KEY_USAGE *wanted = d2i_EXTENDED_KEY_USAGE(NULL, &at, (long)values.len);
    bool good = wanted != NULL && at == values.data + values.len &&
                !purpose_in(wanted, OBJ_nid2obj(NID_anyExtendedKeyUsage));
    *passes = good && certificate != NULL && has_purposes(certificate, wanted);
    EXTENDED_KEY_USAGE_free(wanted);
    return good ? SHK_OK : SHK_E_OID_FILTER;
}

/* Of a known extension; `certificate` NULL: it does not pass. */
static shk_status of_extension(const X509 *certificate, int nid, shk_span values, bool *passes)
{
    *passes = true;
    if (nid != NID_key_usage && nid != NID_ext_key_usage)
        return SHK_OK;
    if (values.len == 0) { /* any value, but there must be one */
        *passes = certificate != NULL && X509_get_ext_by_NID(certificate, nid, -1) >= 0;
        return SHK_OK;
    }
    return nid == NID_key_usage ? key_usage(certificate, values, passes)
                                : extended_key_usage(certificate, values, passes);
}

shk_status shk_x509_oid_filter(shk_span certificate, shk_span oid, shk_span values, bool *passes)
{
    const unsigned char *at = oid.data;
    ASN1_OBJECT *object = d2i_ASN1_OBJECT(NULL, &at, (long)oid.len);
    int nid = object == NULL ? NID_undef : OBJ_obj2nid(object);
    bool whole = object != NULL && at == oid.data + oid.len;
    ASN1_OBJECT_free(object);
    *passes = false;
    if (!whole)
        return SHK_E_OID_FILTER;
    at = certificate.data;
    X509 *parsed = certificate.len > 0 ? d2i_X509(NULL, &at, (long)certificate.len) : NULL;
    if (certificate.len > 0 && parsed == NULL) { /* which has been parsed before */
        ERR_clear_error();
        return SHK_OWN(NO_MEMORY);
    }
    shk_status status = of_extension(parsed, nid, values, passes);
    X509_free(parsed);
    ERR_clear_error();
    return status;
}
