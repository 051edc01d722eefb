/* Certificates beyond what X509_verify_cert looks at (x509/path_checks.h). */
#include "x509/path_checks.h"

#include <openssl/x509v3.h>
#include <string.h>
#include <strings.h>

#include "wire/vector.h"

enum { VERSION_3 = 2, MAX_EXTENSIONS = 128 /* which bounds the comparisons */ };

static bool has_duplicate_extension(const X509 *certificate)
{
    int count = X509_get_ext_count(certificate);
    if (count > MAX_EXTENSIONS)
        return true;
    for (int i = 0; i < count; i++) {
        const ASN1_OBJECT *type = X509_EXTENSION_get_object(X509_get_ext(certificate, i));
        if (X509_get_ext_by_OBJ(certificate, type, i) >= 0)
            return true;
    }
    return false;
}

shk_status shk_x509_check_leaf(X509 *leaf)
{
    if (X509_get_version(leaf) != VERSION_3)
        return SHK_E_CERTIFICATE_VERSION;
    return (X509_get_extension_flags(leaf) & EXFLAG_INVALID) == 0 && !has_duplicate_extension(leaf)
               ? SHK_OK
               : SHK_E_CERTIFICATE_PARSE;
}

static shk_span text_of(const ASN1_IA5STRING *text)
{
    return shk_span_of(ASN1_STRING_get0_data(text), (size_t)ASN1_STRING_length(text));
}

/* Whether one more label before `base` can give `excluded`: the wildcard of *.base then stands for
 * a name inside the subtree. (That base lies in the subtree itself is libcrypto's to see.) */
static bool reaches(shk_span base, shk_span excluded)
{
    if (excluded.len <= base.len)
        return false;
    size_t label = excluded.len - base.len;
    return memchr(excluded.data, '.', label) == NULL &&
           strncasecmp((const char *)excluded.data + label, (const char *)base.data, base.len) == 0;
}

/* `base` begins with the dot behind the asterisk. */
static bool is_excluded(const STACK_OF(GENERAL_SUBTREE) * excluded, shk_span base)
{
    for (int i = 0; i < sk_GENERAL_SUBTREE_num(excluded); i++) {
        const GENERAL_NAME *name = sk_GENERAL_SUBTREE_value(excluded, i)->base;
        if (name->type == GEN_DNS && reaches(base, text_of(name->d.dNSName)))
            return true;
    }
    return false;
}

static bool has_excluded_wildcard(const GENERAL_NAMES *names, const NAME_CONSTRAINTS *constraints)
{
    for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
        if (name->type != GEN_DNS)
            continue;
        shk_span text = text_of(name->d.dNSName);
        if (text.len > 2 && memcmp(text.data, "*.", 2) == 0 &&
            is_excluded(constraints->excludedSubtrees, shk_span_of(text.data + 1, text.len - 1)))
            return true;
    }
    return false;
}

static shk_status check_wildcards(X509 *leaf, const X509 *issuer)
{
    if (X509_get_ext_by_NID(issuer, NID_name_constraints, -1) < 0)
        return SHK_OK;
    NAME_CONSTRAINTS *constraints =
        (NAME_CONSTRAINTS *)X509_get_ext_d2i(issuer, NID_name_constraints, NULL, NULL);
    GENERAL_NAMES *names =
        (GENERAL_NAMES *)X509_get_ext_d2i(leaf, NID_subject_alt_name, NULL, NULL);
    shk_status status = SHK_OK;
    if (constraints == NULL)
        status = SHK_E_CERTIFICATE_PARSE;
    else if (has_excluded_wildcard(names, constraints))
        status = SHK_E_NAME_CONSTRAINTS;
    NAME_CONSTRAINTS_free(constraints);
    GENERAL_NAMES_free(names);
    return status;
}

shk_status shk_x509_check_path(const STACK_OF(X509) * path)
{
    X509 *leaf = sk_X509_value(path, 0);
    for (int i = 1; i < sk_X509_num(path); i++) {
        const X509 *issuer = sk_X509_value(path, i);
        bool is_anchor = i + 1 == sk_X509_num(path); /* which is trusted as it is */
        if (!is_anchor && has_duplicate_extension(issuer))
            return SHK_E_CERTIFICATE_PARSE;
        SHK_TRY(check_wildcards(leaf, issuer));
    }
    return SHK_OK;
}
