/* Certificates and signatures: what the files about them share (RFC 8446 §4.4, RFC 5246 §7.4.2 to
 * §7.4.8). */
#ifndef SHK_HANDSHAKE_CERTIFICATES_AUTHENTICATION_H
#define SHK_HANDSHAKE_CERTIFICATES_AUTHENTICATION_H

#include "handshake/state/handshake.h"
#include "messages/certificate.h"

/* What the peer wants of our certificate. Spans point into its hello or request. */
typedef struct {
    shk_span schemes;       /* SignatureSchemes that we may sign with */
    shk_span chain_schemes; /* that our certificates may be signed with */
    shk_span authorities;   /* DistinguishedNames of issuers; empty: any */
    shk_span filters;       /* OIDFilters */
    shk_span types;         /* ClientCertificateTypes, below TLS 1.3; empty: any */
    bool named_alone;       /* only a certificate that covers server_name */
} shk_certificate_wishes;

/* certificate_choice.c */
/* Chooses the credential that suits best, and a scheme that the peer accepts. A suite of TLS 1.2
 * narrows it. */
bool shk_choose_credential(shk_conn *conn, const shk_certificate_wishes *wishes,
                           const shk_suite_row *suite);
/* The wishes that a ClientHello or a CertificateRequest of TLS 1.3 has in its extensions. */
void shk_read_wishes(const shk_extension_block *block, uint16_t place, shk_certificate_wishes *out);

/* certificate_request.c */
/* Appends a CertificateRequest of TLS 1.3 or of older versions. */
shk_status shk_add_certificate_request(shk_conn *conn, shk_buf *flight);
shk_status shk_add_certificate_request_12(shk_conn *conn, shk_buf *flight);
/* The names of our trust anchors, as DistinguishedNames; empty where they would not fit. */
shk_span shk_our_authorities(const shk_conn *conn);
/* Client: chooses by the CertificateRequest that came. */
bool shk_choose_client_credential(shk_conn *conn);

/* authentication.c */
/* Whether a key can serve a suite of TLS 1.2: RSA suites need RSA keys, ECDSA suites EC or Ed25519
 * ones (RFC 8422 §2.2). */
bool shk_key_fits_suite(shk_key_kind kind, const shk_suite_row *suite);
/* Whether a scheme may be used in this connection at all. */
bool shk_scheme_usable(const shk_conn *conn, const shk_signature_scheme_row *scheme);
/* Whether a key can make or check the scheme's signatures. In TLS 1.2 an ECDSA scheme names the
 * hash alone, and any curve will do (RFC 8422 §5.1.1, RFC 8446 §4.2.3). */
bool shk_scheme_fits_key(const shk_conn *conn, const shk_signature_scheme_row *scheme,
                         shk_key_kind kind);
/* Below TLS 1.2 the key alone tells how it signs (RFC 4346 §7.4.3, RFC 8422 §5.10); NULL for keys
 * that came later. */
const shk_signature_scheme_row *shk_implied_scheme(shk_key_kind kind);

/* Whether the peer has shown a certificate rather than nothing or a raw key. */
bool shk_certificate_shown(const shk_conn *conn);
enum { SHK_MAX_CHAIN = 16 };

/* oid_filters.c */
/* Whether a request may have these: no OID twice, each filter as it must be. */
bool shk_are_filters(const shk_crypto *crypto, shk_span filters);
shk_status shk_passes_filters(const shk_crypto *crypto, shk_span filters, shk_span certificate,
                              bool *passes);

/* raw_public_keys.c */
/* Whether a configured list of CertificateTypes, which means X.509 where it is empty, has one. */
bool shk_type_enabled(shk_span configured, uint8_t type);
/* Server: whether the client would show its key in a type that is taken. */
bool shk_type_may_come(const shk_conn *conn);
/* Client, where a session or a PSK stands in for the server's certificate: it has no type. */
shk_status shk_check_type_unused(shk_conn *conn, const shk_extension_block *block);
/* Reads the peer's key off its SubjectPublicKeyInfo. */
shk_status shk_read_raw_key(shk_conn *conn, shk_span key_info);

/* certificate_status.c */
/* Client: whether a CertificateRequest of TLS 1.3 asks for what may go with a certificate. */
void shk_read_stapling_wishes(shk_conn *conn, const shk_extension_block *request);
/* Appends the extensions of our leaf's CertificateEntry. */
shk_status shk_add_entry_extensions(const shk_conn *conn, shk_buf *raw);
/* Appends a CertificateStatus if ServerHello has promised it. */
shk_status shk_add_certificate_status(shk_conn *conn, shk_buf *flight);
/* Client: checks an OCSP response about a chain; an empty one is none. */
shk_status shk_check_status(shk_conn *conn, const shk_span *chain, size_t count, shk_span response);
/* Client: likewise with the extensions of the leaf's CertificateEntry. */
shk_status shk_check_entry_status(shk_conn *conn, const shk_span *chain, size_t count,
                                  const shk_extension_block *leaf);

/* compression.c */
/* Client: which algorithm a CertificateRequest lets us compress with. */
void shk_read_compression_wishes(shk_conn *conn, const shk_extension_block *request);
/* Appends compress_certificate to a CertificateRequest's extensions; `pieces` is empty. */
shk_status shk_ask_for_compression(shk_conn *conn, shk_buf *pieces, shk_buf *raw);
/* Appends a CompressedCertificate by the algorithm agreed on. */
shk_status shk_add_compressed_certificate(shk_conn *conn, shk_certificate *certificate,
                                          shk_buf *flight);

#endif
