/* What the unit tests share: hex, published vectors from corpora/vectors, scripted randomness, two
 * ends in memory, and changes to what they say. Everything fails the running test by itself. */
#ifndef SHK_TESTS_SUPPORT_H
#define SHK_TESTS_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "shakedown/conn.h"

enum { MAX_VECTOR = 2048 };

/* Tests are known by name, so that they can say which error rows they provoke. */
int test_begin(void **state);
#undef cmocka_unit_test
#define cmocka_unit_test(f)                                                                        \
    {                                                                                              \
#f, f, test_begin, NULL, (void *)(__FILE__ ":" #f)                                         \
    }

/* Where the environment variable SHK_TEST names a test, it is run alone. */
#undef cmocka_run_group_tests
#define cmocka_run_group_tests(tests, setup, teardown)                                             \
    (cmocka_set_test_filter(getenv("SHK_TEST")),                                                   \
     _cmocka_run_group_tests(#tests, tests, sizeof(tests) / sizeof((tests)[0]), setup, teardown))

/* cmocka's own is deprecated from 2.0 on, for names that 1.1 has not. Of numbers that are not
 * negative. */
#undef assert_in_range
#define assert_in_range(value, least, most)                                                        \
    assert_true((uintmax_t)(value) - (uintmax_t)(least) <= (uintmax_t)(most) - (uintmax_t)(least))

/* A call failed with this row of errors.def and no other. Where the environment variable
 * SHK_ERROR_TESTS names a file, "ROW FILE:FUNCTION" is appended to it (scripts/error-tests). */
#define assert_fails(status, row) test_assert_fails(NULL, status, row, __FILE__, __LINE__)
/* The same of one case of many; a row SHK_OK: it did not fail. */
#define assert_case_fails(name, status, row)                                                       \
    test_assert_fails(name, status, row, __FILE__, __LINE__)
void test_assert_fails(const char *name, shk_status status, shk_status row, const char *file,
                       int line);
/* The connection failed with the row, and sent the row's alert or none. */
#define assert_refused(name, conn, row) test_assert_refused(name, conn, row, __FILE__, __LINE__)
void test_assert_refused(const char *name, const shk_conn *conn, shk_status row, const char *file,
                         int line);

/* The running test does something on some systems alone: it does not count as what provokes an
 * error row, whose table is the same everywhere. */
void test_not_everywhere(void);

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
/* The records of one type that wait in the output, and the longest fragment of them. */
size_t records_in(const shk_conn *conn, uint8_t type, size_t *longest);
/* How move_output cuts what it moves. */
typedef enum { TEST_WHOLE, TEST_BYTES, TEST_PIECES /* of random lengths */ } test_cut;
/* For the rest of the test; all that moves is appended to `moved`. */
void test_cut_output(test_cut cut, uint64_t seed, shk_buf *moved);
/* Moves what waits, either way, until nothing moves or an end fails. */
void test_pair_pump(test_pair *pair);
/* Starts the client, and pumps. */
void test_pair_run(test_pair *pair);
/* A pair that has run. */
void test_pair_of(test_pair *pair, const test_setup *setup);
/* Both ends are connected; else the test fails with what the ends say. */
void assert_connected(const test_pair *pair);

/* A connection that has come to the state, with the version and a suite of the state's. For
 * messages that only a key would let through on the wire. */
shk_conn *test_conn_in(const shk_config *config, unsigned state);
/* Hands the connection a whole handshake message. */
shk_status test_message(shk_conn *conn, shk_message id, const test_bytes *body);
/* The ClientHello message that the configuration leads to; the caller frees. */
shk_buf test_first_hello(const test_setup *setup);
/* Opens and runs a pair, both of whose ends must connect. */
void test_pair_connect(test_pair *pair, const test_setup *setup);

/* The sessions that a client was given; the last one counts. */
typedef struct {
    uint8_t bytes[2048];
    size_t len;
    unsigned count;
} kept_session;

/* A session sink into a kept_session. */
void keep(void *context, shk_span session);
/* The time at both ends of setup_tickets. */
extern int64_t clock_ms;
extern const shk_ticket_key ticket_keys[2];
/* As test_setup_new with p256: a server that gives tickets under the first key, a client of at most
 * the version that keeps them. */
void setup_tickets(test_setup *setup, kept_session *kept, uint16_t version);
/* The client offers the session. */
void offer(test_setup *setup, const kept_session *kept);
/* One handshake, which must succeed; returns whether both ends resumed. */
bool handshake(const test_setup *setup);

/* A change to the body of a message that either end sends, made once it is encoded and before it is
 * hashed, signed or protected: both ends go on from the changed bytes. */
typedef struct {
    shk_message message;
    unsigned skip;   /* how many of these messages are left as they are */
    int at;          /* where; negative: from the end */
    size_t cut;      /* how many bytes go; ALL: the rest */
    const char *hex; /* what comes instead */
} test_change;
enum { ALL = 0x1000000, IN_EXTENSION = 0x1000000 };
/* For `at`: within the extension of that name, counted from its type or, negative, from its end,
 * wherever it stands; the length of the extension block is kept right. */
#define IN(name, offset) (IN_EXTENSION + (int)SHK_EXT_##name * 0x10000 + 0x8000 + (offset))
/* Arms a change for the rest of the test, or with NULL disarms it. */
void test_arm(const test_change *change);
/* The same for one message alone, the first that is not skipped. */
void test_arm_once(const test_change *change);
/* Arms the second once the first is made. */
void test_arm_both(const test_change *first, const test_change *second);
/* Whether the change, the last one of several, has been made. */
bool test_changed(void);

#endif
