/* Two ends with early data enabled (RFC 8446 §4.2.10), and a session that allows it. */
#ifndef SHK_TESTS_EARLY_SETUP_H
#define SHK_TESTS_EARLY_SETUP_H

#include "session_setup.h"

enum { EARLY_LIMIT = 64 };

extern const uint8_t early_text[15];

typedef struct {
    test_setup setup;
    test_session kept;
    shk_replay_guard *guard;
} early_setup;

/* Both ends enable early data, and the client has a session that allows so many bytes; the server
 * then accepts EARLY_LIMIT. */
void setup_early(early_setup *s, uint32_t allowed);

void free_early(early_setup *s);

/* A pair whose client has written `early_text` before anything else. */
void open_early(test_pair *pair, const early_setup *s);

/* The server has read `early_text`, or nothing; both ends know whether it was accepted. */
void assert_early_data_taken(const test_pair *pair, bool taken);

/* A handshake whose early data is accepted, or rejected. */
void assert_early_data_outcome(early_setup *s, bool taken);

#endif
