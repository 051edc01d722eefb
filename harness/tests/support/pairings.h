/* What the tests of the harness share: the pairings of the kinds, configurations for them, one
 * drive. It brings <cmocka.h> and what that needs. */
#ifndef SHK_TESTS_PAIRINGS_H
#define SHK_TESTS_PAIRINGS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "drive/drive.h"
#include "shakedown/types.h"

#define PKI SHK_SOURCE_DIR "/corpora/pki/"

typedef struct {
    const shk_endpoint_kind *client;
    const shk_endpoint_kind *server;
} pairing;

enum { PAIRINGS = 4, VERSIONS = 2 };
extern const pairing pairings[PAIRINGS]; /* of the two libraries */
enum { ALL_PAIRINGS = 9 };
extern const pairing all_pairings[ALL_PAIRINGS]; /* with our own end */
extern const uint16_t versions[VERSIONS];        /* TLS 1.2 and 1.3 */

/* A list of one code point. */
shk_u16s one(const uint16_t *value);
/* A client that verifies server.shakedown.test, and servers, all of one version (0: both), at noon
 * of a day in 2025. */
shk_endpoint_config client_config(uint16_t version);
shk_endpoint_config server_config(uint16_t version, const char *certificate, const char *key);
shk_endpoint_config p256_server(uint16_t version);
shk_endpoint_config rsa_server(uint16_t version);

/* Sets both ends up; fails the test where that cannot be done. */
void set_up(const pairing *pair, const shk_endpoint_config *client,
            const shk_endpoint_config *server, shk_endpoint_setup *setups[2]);
void tear_down(const pairing *pair, shk_endpoint_setup *setups[2]);
/* One connection over the set-ups; the randomness of our ends comes from `seed` and the next. */
shk_verdict connect_over(const pairing *pair, shk_endpoint_setup *setups[2], uint64_t seed,
                         const shk_drive_options *options);

/* Both ends set up, opened, driven and closed. Fails the test where an end cannot be set up. */
shk_verdict drive(const pairing *pair, const shk_endpoint_config *client,
                  const shk_endpoint_config *server, const shk_drive_options *options);
/* As drive; fails the test unless the verdict is GOOD. */
shk_verdict drive_good(const pairing *pair, const shk_endpoint_config *client,
                       const shk_endpoint_config *server, const shk_drive_options *options);

#endif
