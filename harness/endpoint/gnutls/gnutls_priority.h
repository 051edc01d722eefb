/* GnuTLS priority strings: versions, suites, groups and signature schemes by the keywords of
 * GnuTLS. */
#ifndef SHK_ENDPOINT_GNUTLS_GNUTLS_PRIORITY_H
#define SHK_ENDPOINT_GNUTLS_GNUTLS_PRIORITY_H

#include "endpoint/endpoint.h"

enum { SHK_GNUTLS_PRIORITY_SIZE = 8192 };

/* Writes the priority string of a configuration to `priority` (SHK_GNUTLS_PRIORITY_SIZE bytes).
 * False: `why` names the code point that has no keyword. Ciphers, MACs and key exchanges are named
 * apart, so that a list of suites enables their whole cross product. Versions that none of the
 * suites can serve are left out. */
bool shk_gnutls_priority(const shk_endpoint_config *config, char *priority, char *why);

/* The code point of the signature scheme with that GnuTLS name, 0 if none. */
uint16_t shk_gnutls_scheme_named(const char *name);

#endif
