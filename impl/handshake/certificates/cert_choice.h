/* Which of several credentials an end shows, and by which scheme it signs with it (RFC 8446
 * §4.4.2.2, §4.4.2.3, RFC 5246 §7.4.2, §7.4.6). */
#ifndef SHK_HANDSHAKE_CERTIFICATES_CERT_CHOICE_H
#define SHK_HANDSHAKE_CERTIFICATES_CERT_CHOICE_H

#include "extensions/extension_block.h"
#include "shakedown/conn.h"
#include "shakedown/crypto.h"

/* ClientCertificateType (RFC 5246 §7.4.4); ecdsa_sign stands for Ed25519 too (RFC 8422 §5.5). */
enum { SHK_RSA_SIGN = 1, SHK_DSS_SIGN = 2, SHK_ECDSA_SIGN = 64 };

/* What the peer wants of our certificate. Spans point into its hello or request. */
typedef struct {
    shk_span schemes;       /* SignatureSchemes that we may sign with */
    shk_span chain_schemes; /* that our certificates may be signed with */
    shk_span authorities;   /* DistinguishedNames of issuers; empty: any */
    shk_span filters;       /* OIDFilters */
    shk_span types;         /* ClientCertificateTypes, below TLS 1.3; empty: any */
    bool named_alone;       /* only a certificate that covers server_name */
} shk_cert_constraints;

/* Chooses the credential that suits best, and a scheme that the peer accepts. A suite of TLS 1.2
 * narrows it. */
bool shk_choose_credential(shk_conn *conn, const shk_cert_constraints *constraints,
                           const shk_suite_row *suite);
/* What the extensions of a ClientHello or a CertificateRequest of TLS 1.3 say about it. */
void shk_read_cert_constraints(const shk_extension_block *block, uint16_t place,
                               shk_cert_constraints *out);

#endif
