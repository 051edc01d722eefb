/* The configurations of a client and a server, with keys and trust anchors of the test PKI. */
#ifndef SHK_TESTS_PAIR_SETUP_H
#define SHK_TESTS_PAIR_SETUP_H

#include "assertions.h"

/* The chain and key of the test PKI's NAME; its trust anchors of a file there. The caller frees. */
shk_credential *test_credential(const char *name);
shk_trust *test_trust(const char *file);

/* A configuration with the provider, groups that every libcrypto has, the test PKI's key NAME
 * (server) or trust anchors (client), in December 2025. */
typedef struct {
    shk_crypto *crypto;
    shk_credential *credential;
    const shk_credential *credentials[1];
    shk_credential *client_credential; /* NULL: none */
    const shk_credential *client_credentials[1];
    shk_external_psk psks[2];
    shk_trust *trust;
    shk_config client;
    shk_config server;
} test_setup;

void test_setup_new(test_setup *setup, const char *key_name);
/* The same for one suite alone in all its versions: with the kind of key and the PSK that it needs.
 */
void test_setup_for_suite(test_setup *setup, const shk_suite_row *suite);
/* The server requires a client certificate and checks it; the client has the key NAME. */
void test_with_client_certificate(test_setup *setup, const char *key_name);
/* Both ends have a PSK of one identity, with keys of 32 bytes. */
void test_with_psk(test_setup *setup, const uint8_t *client_key, const uint8_t *server_key);
void test_setup_free(test_setup *setup);

#endif
