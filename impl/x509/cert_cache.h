/* A cache of parsed certificates, by their bytes: the chain of a peer that is met again is not
 * parsed again. Whether a certificate is good is decided anew each time, with all of its
 * signatures. Only x509/ and libcrypto_provider.c include this. */
#ifndef SHK_X509_CERT_CACHE_H
#define SHK_X509_CERT_CACHE_H

#include <openssl/x509.h>

#include "shakedown/types.h"

typedef struct shk_cert_cache shk_cert_cache;

/* NULL if there is no memory. May be used by several threads at once. */
shk_cert_cache *shk_cert_cache_new(void);
void shk_cert_cache_free(shk_cert_cache *known);
/* The certificate that `der` is, all of it; a reference that the caller frees. NULL if it cannot be
 * parsed. At most 32 certificates of at most 4 KiB each are kept; the oldest makes room. */
X509 *shk_cert_cache_parse(shk_cert_cache *known, shk_span der);

#endif
