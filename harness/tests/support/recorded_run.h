/* A connection of two ends of ours that was recorded, for tests that make false what was seen or
 * told of it, and have the oracles judge that. */
#ifndef SHK_TESTS_RECORDED_RUN_H
#define SHK_TESTS_RECORDED_RUN_H

#include "oracle/oracle.h"
#include "pairings.h"

enum { MAX_FLIGHTS = 64, MAX_FLIGHT = 16384, KEY_LOG = 4096, EXPORTED = 32 };

typedef struct {
    bool from_server;
    uint8_t sent[MAX_FLIGHT];
    uint8_t got[MAX_FLIGHT];
    size_t len;
} flight;

/* An end that tells what was recorded of it. */
struct shk_endpoint {
    shk_endpoint_result result;
    char key_log[KEY_LOG];
    uint8_t exported[EXPORTED];
    bool has_exported;
    uint8_t binding; /* the byte that all its channel bindings are made of; 0: it gives none */
};

/* A connection as it was recorded. */
typedef struct {
    flight flights[MAX_FLIGHTS];
    size_t count;
    shk_endpoint ends[2];
    shk_endpoint_config configs[2];
    bool altered;
    bool deviates[2];
} recorded;

enum {
    CLIENT_HELLO = 1,
    SERVER_HELLO = 2,
    NEW_SESSION_TICKET = 4,
    CERTIFICATE = 11,
    SERVER_KEY_EXCHANGE = 12
};

/* Records an honest run of two ends of ours. */
recorded *record(const shk_endpoint_config *client, const shk_endpoint_config *server);
recorded *record_version(uint16_t version);
/* What the oracles say of a recorded run. */
shk_judgement judge_and_keep(recorded *r, shk_observation **kept, const shk_observation *first,
                             const shk_oracles *oracles);
/* Likewise; frees the run. */
shk_judgement judge(recorded *r);
void expect_alarm(const shk_judgement *judgement, shk_oracle oracle, const char *words);
void expect_none(const shk_judgement *judgement);
/* The first message of that type, in the clear, in the flights of one end, with its header. */
uint8_t *message_of(flight *f, uint8_t type, bool sent);
/* Of the first flight with the message, in both ends' eyes. */
uint8_t *find(recorded *r, uint8_t type, bool sent);
/* The suite of a ServerHello. */
uint8_t *suite_of(uint8_t *server_hello);
/* Puts zeros, or other digits, in place of the secret of that label. */
void change_secret(char *key_log, const char *label, char digit);
/* Puts bytes into what was sent in a flight. */
void insert(flight *f, size_t at, shk_span bytes);
/* Seals a record of application data, the first by its keys, with a traffic secret of TLS 1.3. */
void seal_data(shk_span traffic_secret, shk_buf *out);

#endif
