/* Trust anchors as libcrypto keeps them. Only x509/ includes this. */
#ifndef SHK_X509_TRUST_H
#define SHK_X509_TRUST_H

#include <openssl/x509.h>

#include "shakedown/crypto.h"

struct shk_trust {
    X509_STORE *store;
    uint8_t *names; /* of the anchors' subjects, see trust_names */
    size_t names_len;
    uint8_t digest[SHK_TRUST_DIGEST]; /* see trust_digest */
};

/* Appends the certificate's subject to the names, and the certificate to the digest. */
shk_status shk_x509_add_anchor(shk_trust *trust, X509 *certificate);

#endif
