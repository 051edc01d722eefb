/* Trust anchors as libcrypto keeps them. Only x509/ includes this. */
#ifndef SHK_X509_TRUST_H
#define SHK_X509_TRUST_H

#include <openssl/x509.h>

#include "shakedown/crypto.h"

struct shk_trust {
    X509_STORE *store;
};

#endif
