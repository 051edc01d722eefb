/* What RFC 5280 demands of certificates and X509_verify_cert does not look at. Only x509/ includes
 * this. */
#ifndef SHK_X509_PATH_CHECKS_H
#define SHK_X509_PATH_CHECKS_H

#include <openssl/x509.h>

#include "shakedown/errors.h"

/* The end entity's certificate is of version 3 (RFC 8446 §4.4.2.2), its extensions can be read and
 * are each there once (RFC 5280 §4.2). SHK_E_CERTIFICATE_VERSION, SHK_E_CERTIFICATE_PARSE. */
shk_status shk_x509_check_leaf(X509 *leaf);
/* A path that libcrypto found good, end entity first: no extension twice, and no wildcard that
 * reaches into an excluded subtree (RFC 5280 §4.2.1.10). SHK_E_CERTIFICATE_PARSE,
 * SHK_E_NAME_CONSTRAINTS, SHK_E_NO_MEMORY. */
shk_status shk_x509_check_path(const STACK_OF(X509) * path);

#endif
