/* What the unit tests share: hex, published vectors from corpora/vectors, scripted randomness, and
 * two ends in memory. Everything fails the running test by itself. */
#ifndef SHK_TESTS_SUPPORT_H
#define SHK_TESTS_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "shakedown/conn.h"

enum { MAX_VECTOR = 2048 };

/* The bytes of a hex text; at most MAX_VECTOR. */
typedef struct {
    uint8_t data[MAX_VECTOR];
    size_t len;
} test_bytes;

test_bytes from_hex(const char *text);
shk_span span_of(const test_bytes *bytes);
/* The field of a line "key|value" of corpora/vectors/FILE whose key is `key`. */
test_bytes vector_of(const char *file, const char *key);
void assert_bytes(shk_span actual, const test_bytes *expected);

/* Randomness that gives out the bytes of a script and fails the test when they run out. */
typedef struct {
    test_bytes bytes;
    size_t at;
} test_script;
shk_random scripted(test_script *script);
/* Randomness without a script: a counter. */
shk_random counting(uint64_t *state);

/* A file of the source tree; the caller frees. */
shk_buf read_source_file(const char *path);

/* The chain and key of the test PKI's NAME; its trust anchors of a file there. The caller frees. */
shk_credential *test_credential(const char *name);
shk_trust *test_trust(const char *file);

/* A configuration with the provider, the test PKI's key NAME (server) or trust anchors (client), in
 * December 2025. */
typedef struct {
    shk_crypto *crypto;
    shk_credential *credential;
    const shk_credential *credentials[1];
    shk_trust *trust;
    shk_config client;
    shk_config server;
} test_setup;

void test_setup_new(test_setup *setup, const char *key_name);
void test_setup_free(test_setup *setup);

/* Two ends and what goes between them. */
typedef struct {
    uint64_t client_state;
    uint64_t server_state;
    shk_conn *client;
    shk_conn *server;
} test_pair;

void test_pair_open(test_pair *pair, const test_setup *setup);
void test_pair_close(test_pair *pair);
/* Moves all output of one end to the other; returns the receiver's status, SHK_OK if there was
 * none. */
shk_status move_output(shk_conn *from, shk_conn *to);
/* Pumps until nothing moves or an end fails. */
void test_pair_run(test_pair *pair);
/* A pair that has run. */
void test_pair_of(test_pair *pair, const test_setup *setup);
/* Both ends are connected; else the test fails with what the ends say. */
void assert_connected(const test_pair *pair);
/* The end has failed with the row and has sent its alert. */
void assert_failed(const shk_conn *conn, shk_status expected);

/* A connection that has come to the state, with the version and a suite of the state's. For
 * messages that only a key would let through on the wire. */
shk_conn *test_conn_in(const shk_config *config, unsigned state);
/* Hands the connection a whole handshake message. */
shk_status test_message(shk_conn *conn, shk_message id, const test_bytes *body);

#endif
