/* What a server asks of the client's certificate by oid_filters (RFC 8446 §4.2.5). */
#ifndef SHK_HANDSHAKE_CERTIFICATES_CERT_FILTERS_H
#define SHK_HANDSHAKE_CERTIFICATES_CERT_FILTERS_H

#include "shakedown/crypto.h"

/* Whether a request may have these: no OID twice, each filter as it must be. */
bool shk_filters_well_formed(const shk_crypto *crypto, shk_span filters);
shk_status shk_certificate_passes_filters(const shk_crypto *crypto, shk_span filters,
                                          shk_span certificate, bool *passes);

#endif
