/* Where our end has its primitives from, and with them its keys and certificates: libcrypto, or in
 * test programs and fuzz targets a toy (sim/toy_provider.h). */
#ifndef SHK_ENDPOINT_PROVIDER_H
#define SHK_ENDPOINT_PROVIDER_H

#include "shakedown/crypto.h"

/* Functions and errors are those of shakedown/crypto.h, of which `credential` reads PEM texts and
 * `set_status` refuses what is no OCSP response: SHK_E_STATUS_INVALID. What `credential` and
 * `trust` gave is freed before the provider is closed. */
typedef struct {
    /* NULL: no memory, or an algorithm is missing. */
    shk_crypto *(*open)(void);
    void (*close)(shk_crypto *crypto);
    shk_status (*credential)(const shk_crypto *crypto, shk_span certificates, shk_span key,
                             shk_credential **out);
    void (*credential_free)(const shk_crypto *crypto, shk_credential *credential);
    shk_status (*set_status)(shk_credential *credential, shk_span response);
    shk_status (*set_timestamps)(shk_credential *credential, shk_span list);
    shk_status (*trust)(shk_span pem, shk_trust **out);
    void (*trust_free)(shk_trust *trust); /* takes NULL too */
    /* The key of a certificate, as it travels raw (RFC 7250); `key_info_free` frees it. */
    shk_status (*key_info)(shk_span certificate, shk_span *out);
    void (*key_info_free)(shk_span key_info);
} shk_provider;

extern const shk_provider shk_provider_libcrypto;

#endif
