/* What the files of x509/ do for the provider and for each other. */
#ifndef SHK_X509_X509_H
#define SHK_X509_X509_H

#include "crypto/libcrypto.h"
#include "x509/cert_cache.h"

/* x509/chain.c */
shk_status shk_x509_chain(const shk_crypto *crypto, const shk_span *chain, size_t count,
                          const shk_chain_check *check, shk_public_key **out, int64_t *until);

/* All certificates, all of their bytes. NULL if one cannot be parsed; the caller frees. */
STACK_OF(X509) * shk_x509_parse(shk_cert_cache *known, const shk_span *chain, size_t count);

/* x509/digest.c */
shk_status shk_x509_certificate_digest(const shk_crypto *crypto, shk_span certificate, uint8_t *out,
                                       size_t *len);

/* x509/spki.c */
/* The key, which it takes over, as an object of the provider. SHK_E_CERTIFICATE_KEY where it is
 * NULL or of no supported type. */
shk_status shk_x509_wrap_key(EVP_PKEY *key, shk_public_key **out);
shk_status shk_x509_public_key(const shk_crypto *crypto, shk_span spki, shk_public_key **out);
/* The SubjectPublicKeyInfo of a certificate, allocated for shk_key_info_free. */
shk_status shk_x509_key_info(X509 *certificate, shk_span *out);

/* x509/ocsp.c */
shk_status shk_x509_status(const shk_crypto *crypto, shk_span response, const shk_span *chain,
                           size_t count, const shk_chain_check *check, int64_t *until);
bool shk_x509_must_staple(const shk_crypto *crypto, shk_span certificate);

/* x509/cert_info.c */
/* Notes what peers care about in the certificate that was appended last to the chain; the first is
 * kept as the leaf. */
shk_status shk_x509_set_cert_info(shk_credential *credential, X509 *certificate);
void shk_x509_free_cert_info(shk_credential *credential);
bool shk_x509_covers_name(const shk_credential *credential, shk_span name);

/* x509/oid_filter.c */
shk_status shk_x509_oid_filter(shk_span certificate, shk_span oid, shk_span values, bool *passes);

/* x509/trust.c */
shk_span shk_x509_trust_names(const shk_trust *trust);
shk_span shk_x509_trust_digest(const shk_trust *trust);

/* x509/time.c */
/* Lowers `until` to a time, in seconds since 1970. False without memory, or where it is none. */
bool shk_x509_end_by(const ASN1_TIME *time, int64_t *until);

#endif
