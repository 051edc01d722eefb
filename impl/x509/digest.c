/* The hash of a certificate that stands for it in a channel binding (RFC 5929 §4.1). */
#include "x509/x509.h"

/* The hash of its signature, where that has one: MD5 and SHA-1 become SHA-256. */
static const EVP_MD *binding_hash(X509 *certificate)
{
    int nid = NID_undef;
    X509_get_signature_info(certificate, &nid, NULL, NULL, NULL);
    return nid == NID_md5 || nid == NID_sha1 || nid == NID_md5_sha1 ? EVP_sha256()
                                                                    : EVP_get_digestbynid(nid);
}

shk_status shk_x509_certificate_digest(const shk_crypto *crypto, shk_span certificate, uint8_t *out,
                                       size_t *len)
{
    const shk_libcrypto *self = (const shk_libcrypto *)crypto->self;
    X509 *parsed = shk_cert_cache_parse(self->known, certificate);
    unsigned size = 0;
    if (parsed == NULL)
        return SHK_E_CERTIFICATE_PARSE;
    const EVP_MD *hash = binding_hash(parsed);
    bool ok = hash == NULL || EVP_MD_get_size(hash) > SHK_MAX_HASH ||
              X509_digest(parsed, hash, out, &size) == 1;
    X509_free(parsed);
    *len = size;
    return ok ? SHK_OK : SHK_OWN(CRYPTO);
}
