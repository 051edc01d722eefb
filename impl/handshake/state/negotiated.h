/* What may be negotiated by the configuration and the provider, and what has been. */
#ifndef SHK_HANDSHAKE_STATE_NEGOTIATED_H
#define SHK_HANDSHAKE_STATE_NEGOTIATED_H

#include "shakedown/config.h"
#include "shakedown/conn.h"
#include "shakedown/crypto.h"
#include "shakedown/registry.h"

/* The negotiated values the application can ask for. */
void shk_set_suite(shk_conn *conn, const shk_suite_row *suite);
/* Whether a suite or group can be used in some version from `min` to `max`, and is there. */
bool shk_suite_usable(const shk_conn *conn, uint16_t suite, uint16_t min, uint16_t max);
bool shk_group_usable(const shk_conn *conn, uint16_t group, uint16_t min, uint16_t max);
/* Whether a list of CertificateTypes holds the type. */
bool shk_has_certificate_type(shk_span types, uint8_t type);
/* Whether a configured list of CertificateTypes, which means X.509 where it is empty, has one. */
bool shk_type_enabled(shk_span configured, uint8_t type);
/* Whether the configuration has the protocol. */
bool shk_offers_protocol(const shk_config *config, shk_span name);
/* With the suite chosen: a suite of CBC goes on with encrypt_then_mac if any handshake of the
 * connection had it, whatever came between (RFC 7366 §3.1). */
shk_status shk_check_etm_unchanged(shk_conn *conn);
/* What a renegotiation may not change unless the configuration says so: extended_master_secret is
 * not given up (RFC 7627 §5.4), and a client meets the same server, by its certificate or raw key.
 */
shk_status shk_check_ems_unchanged(shk_conn *conn);

#endif
