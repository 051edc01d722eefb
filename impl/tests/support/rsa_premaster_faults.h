/* Faults of the padded block that a premaster secret is encrypted in (RFC 5246 §7.4.7.1). */
#ifndef SHK_TESTS_RSA_PREMASTER_FAULTS_H
#define SHK_TESTS_RSA_PREMASTER_FAULTS_H

#include <stddef.h>
#include <stdint.h>

/* Changes a block: 0, 2, padding, 0, and the 48 bytes of the secret, which start with the version.
 */
typedef void rsa_fault(uint8_t *block, size_t len);

rsa_fault wrong_first_byte;
rsa_fault wrong_type;
rsa_fault zero_within_padding;
rsa_fault zero_in_the_first_eight_of_padding;
rsa_fault no_separator;
rsa_fault wrong_version;

#endif
