/* Two ends with Encrypted ClientHello (RFC 9849), and what their tests share. */
#ifndef SHK_TESTS_HIDDEN_H
#define SHK_TESTS_HIDDEN_H

#include "hello_edits.h"
#include "session_setup.h"

#include "extensions/encrypted_client_hello.h"
#include "messages/client_hello.h"

/* The public name; the server's certificate covers it. */
extern const char test_public_name[];

typedef struct {
    test_setup setup;
    shk_ech_key key;
    uint8_t configs[512];
} ech_setup;

/* Draws a key for a public name, with config_id 7; its configurations go to `memory`. */
void make_ech_key(const test_setup *setup, shk_ech_key *key, uint8_t *memory, size_t size,
                  uint64_t seed, const char *name);
/* A server with a key, and a client with its configuration. */
void setup_ech(ech_setup *s);
/* The same with sessions, as test_setup_tickets. */
void setup_ech_sessions(ech_setup *s, test_session *kept);
/* The server has another key of the same config_id. */
void change_ech_key(ech_setup *s, shk_ech_key *other, uint8_t *memory, size_t size);

/* Its encrypted_client_hello, which it must have. */
shk_encrypted_client_hello ech_of(const shk_client_hello *hello);
/* Both ends have the same keys, and agree on whether ECH was accepted. */
void assert_ech_outcome(const test_pair *pair, bool accepted);
void assert_server_name(const shk_conn *server, const char *name);

#endif
