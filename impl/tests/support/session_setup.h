/* Ends that resume: a server that sends tickets, a client that keeps them, and a clock that tests
 * set. */
#ifndef SHK_TESTS_SESSION_SETUP_H
#define SHK_TESTS_SESSION_SETUP_H

#include "conn_pair.h"

/* The sessions that a client was given; the last one counts. */
typedef struct {
    uint8_t bytes[2048];
    size_t len;
    unsigned count;
} test_session;

/* A session sink into a test_session. */
void test_keep_session(void *context, shk_span session);
/* The time at both ends of test_setup_tickets. */
extern int64_t test_clock_ms;
extern const shk_ticket_key test_ticket_keys[2];
/* As test_setup_new with p256: a server that sends tickets under the first key, and a client of at
 * most the version that keeps them. */
void test_setup_tickets(test_setup *setup, test_session *kept, uint16_t version);
/* The client offers the session. */
void test_offer_session(test_setup *setup, const test_session *kept);
/* A first handshake by tickets of the version; its session is offered from then on. */
void test_setup_resumption(test_setup *setup, test_session *kept, test_session *first,
                           uint16_t version);
/* One handshake, which must succeed; returns whether both ends resumed. */
bool test_resumes(const test_setup *setup);

#endif
