/* The names of trust anchors, as peers are told of them (RFC 8446 §4.2.4). */
#include <stdlib.h>
#include <string.h>

#include "crypto/libcrypto.h"
#include "x509/trust.h"

enum { LENGTH = 2, MOST_NAME = 0xffff };

shk_status shk_x509_add_trust_name(shk_trust *trust, X509 *certificate)
{
    const unsigned char *der = NULL;
    size_t len = 0;
    if (X509_NAME_get0_der(X509_get_subject_name(certificate), &der, &len) != 1 || len > MOST_NAME)
        return SHK_E_CERTIFICATE_PARSE;
    uint8_t *grown = (uint8_t *)realloc(trust->names, trust->names_len + LENGTH + len);
    if (grown == NULL)
        return SHK_E_NO_MEMORY;
    uint8_t *at = grown + trust->names_len;
    at[0] = (uint8_t)(len >> 8);
    at[1] = (uint8_t)len;
    memcpy(at + LENGTH, der, len);
    trust->names = grown;
    trust->names_len += LENGTH + len;
    return SHK_OK;
}

shk_span shk_x509_trust_names(const shk_trust *trust)
{
    return shk_span_of(trust->names, trust->names_len);
}
