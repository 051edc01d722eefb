/* Ends of one version, and how many records their data takes. */
#ifndef SHK_TESTS_RECORD_SIZE_SETUP_H
#define SHK_TESTS_RECORD_SIZE_SETUP_H

#include "message_changes.h"

enum { MUCH_DATA = 20000, RECORD_HEADER = 5, TAG = 16, VERSION_COUNT = 4 };

extern const uint16_t all_versions[VERSION_COUNT];

/* Both ends speak this version alone. */
void setup_version(test_setup *setup, uint16_t version);

/* Writes so much, in TLS 1.0 behind a first byte that goes alone; returns how many records it took.
 * They stay in the output. */
size_t records_of(shk_conn *conn, size_t len);

/* MUCH_DATA arrives, in records of so much content. */
void assert_carried(shk_conn *from, shk_conn *to, size_t content);

/* The sender forgets the negotiated limit and sends more than the receiver accepts. */
void assert_overflow(shk_conn *from, shk_conn *to, size_t len);

#endif
