/* Trust anchors as libcrypto keeps them. Only x509/ includes this. */
#ifndef SHK_X509_TRUST_H
#define SHK_X509_TRUST_H

#include <openssl/x509.h>

#include "shakedown/crypto.h"

struct shk_trust {
    X509_STORE *store;
    uint8_t *names; /* of the anchors' subjects, see trust_names */
    size_t names_len;
};

/* Appends the certificate's subject to the names. */
shk_status shk_x509_add_trust_name(shk_trust *trust, X509 *certificate);

#endif
