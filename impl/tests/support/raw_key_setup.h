/* A server that sends its raw public key (RFC 7250) to a client that trusts it. */
#ifndef SHK_TESTS_RAW_KEY_SETUP_H
#define SHK_TESTS_RAW_KEY_SETUP_H

#include "pair_setup.h"

/* Types of certificates, in order of preference. */
extern const uint8_t raw_or_x509[2];
extern const uint8_t raw_alone[1];

#define CERTIFICATE_TYPES(array) shk_span_of(array, sizeof array)

/* The client trusts the server's key. */
void trust_key(test_setup *setup);

/* The server may send its key raw; the client, of that version alone, accepts and trusts it. */
void setup_raw(test_setup *setup, uint16_t version);

#endif
