/* What is kept of trust anchors beside the anchors: their names, as peers are told of them (RFC
 * 8446 §4.2.4), and a digest, by which sessions know them. */
#include <stdlib.h>
#include <string.h>

#include "x509/trust.h"
#include "x509/x509.h"

enum { LENGTH = 2, MOST_NAME = 0xffff };

static shk_status add_name(shk_trust *trust, X509 *certificate)
{
    const unsigned char *der = NULL;
    size_t len = 0;
    if (X509_NAME_get0_der(X509_get_subject_name(certificate), &der, &len) != 1 || len > MOST_NAME)
        return SHK_E_CERTIFICATE_PARSE;
    uint8_t *grown = (uint8_t *)realloc(trust->names, trust->names_len + LENGTH + len);
    if (grown == NULL)
        return SHK_OWN(NO_MEMORY);
    uint8_t *at = grown + trust->names_len;
    at[0] = (uint8_t)(len >> 8);
    at[1] = (uint8_t)len;
    memcpy(at + LENGTH, der, len);
    trust->names = grown;
    trust->names_len += LENGTH + len;
    return SHK_OK;
}

/* The digest of the anchors so far and of the one more. */
static shk_status add_digest(shk_trust *trust, X509 *certificate)
{
    uint8_t both[2 * SHK_TRUST_DIGEST];
    memcpy(both, trust->digest, SHK_TRUST_DIGEST);
    return X509_digest(certificate, EVP_sha256(), both + SHK_TRUST_DIGEST, NULL) == 1 &&
                   EVP_Digest(both, sizeof both, trust->digest, NULL, EVP_sha256(), NULL) == 1
               ? SHK_OK
               : SHK_OWN(CRYPTO);
}

shk_status shk_x509_add_anchor(shk_trust *trust, X509 *certificate)
{
    SHK_TRY(add_name(trust, certificate));
    return add_digest(trust, certificate);
}

shk_span shk_x509_trust_names(const shk_trust *trust)
{
    return shk_span_of(trust->names, trust->names_len);
}

shk_span shk_x509_trust_digest(const shk_trust *trust)
{
    return shk_span_of(trust->digest, sizeof trust->digest);
}
