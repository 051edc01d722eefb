/* A client and a server in memory, and what goes between them. */
#ifndef SHK_TESTS_CONN_PAIR_H
#define SHK_TESTS_CONN_PAIR_H

#include "pair_setup.h"
#include "vectors.h"

/* Two ends and what goes between them. */
typedef struct {
    uint64_t client_state;
    uint64_t server_state;
    shk_conn *client;
    shk_conn *server;
} test_pair;

void test_pair_open(test_pair *pair, const test_setup *setup);
void test_pair_close(test_pair *pair);
/* The pair and what it was made of. */
void test_pair_close_all(test_pair *pair, test_setup *setup);
/* Opens a pair, and starts the client. */
void test_pair_start(test_pair *pair, const test_setup *setup);
/* The same, and moves what the client sends to the server, whose answer then waits. */
void test_pair_send_hello(test_pair *pair, const test_setup *setup);
/* Moves all output of one end to the other; returns the receiver's status, SHK_OK if there was
 * none. */
shk_status test_move_output(shk_conn *from, shk_conn *to);
/* The records of one type that wait in the output, and the longest fragment of them. */
size_t test_records_in(const shk_conn *conn, uint8_t type, size_t *longest);
/* How test_move_output cuts what it moves. */
typedef enum { TEST_WHOLE, TEST_BYTES, TEST_PIECES /* of random lengths */ } test_cut;
/* For the rest of the test; all that moves is appended to `moved`. */
void test_cut_output(test_cut cut, uint64_t seed, shk_buf *moved);
/* Moves what waits, either way, until nothing moves or an end fails. */
void test_pair_pump(test_pair *pair);
/* Starts the client, and pumps. */
void test_pair_run(test_pair *pair);
/* Opens a pair, starts the client, and pumps. */
void test_pair_open_and_run(test_pair *pair, const test_setup *setup);
/* Both ends are connected; else the test fails with their descriptions. */
void assert_connected(const test_pair *pair);

/* A connection put in the state, with its version and a suite of it. For messages that would be
 * protected on the wire. */
shk_conn *test_conn_in(const shk_config *config, unsigned state);
/* Hands the connection a whole handshake message. */
shk_status test_message(shk_conn *conn, shk_message id, const test_bytes *body);
/* Has the connection send a record with the bytes of the hex text. */
void test_send_hex(shk_conn *from, uint8_t type, const char *hex);
/* The ClientHello message of the client's configuration; the caller frees. */
shk_buf test_first_hello(const test_setup *setup);
/* Whether the client's first hello has the extension. */
bool test_client_offers(const test_setup *setup, shk_extension extension);
/* Opens and runs a pair, both of whose ends must connect. */
void test_pair_connect(test_pair *pair, const test_setup *setup);

#endif
