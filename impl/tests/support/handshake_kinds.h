/* Each kind of handshake as a row, for tests that cover all of them. A new kind is a new row. */
#ifndef SHK_TESTS_KINDS_H
#define SHK_TESTS_KINDS_H

#include "conn_pair.h"

#include "shakedown/session.h"

typedef enum { TEST_FULL, TEST_BY_TICKET, TEST_BY_ID } test_resumption;

typedef struct {
    const char *name;
    const char *key;       /* of the server, in the test PKI */
    const char *other_key; /* of a credential that stands before it and does not fit; NULL: none */
    uint16_t version;
    uint16_t suite; /* 0: the defaults */
    uint16_t group; /* the server's only one; 0: the defaults */
    test_resumption resumption;
    bool client_auth;
    bool oid_filters; /* with client_auth, by oid_filters */
    bool cookie;      /* there is a HelloRetryRequest for it */
    bool external_psk;
    bool imported_psk;
    shk_psk_mode psk_mode;
    bool early_data; /* with the session */
    bool status;     /* OCSP, SCTs, and certificates compressed where they can be */
    bool raw_keys;   /* both ends' */
    bool ech;        /* Encrypted ClientHello */
    bool grease;     /* of RFC 8701 and of ECH */
    bool no_encrypt_then_mac;
    bool no_extended_master_secret;
    uint16_t hello_padding;
    uint8_t tickets; /* 0: the default */
    bool renegotiated;
    bool key_update;          /* of the client, which asks for the server's */
    bool post_handshake_auth; /* with client_auth */
} test_kind;

extern const test_kind test_kinds[];
extern const size_t test_kind_count;

/* Both ends of a kind, and what a resumed one resumes. */
typedef struct {
    const test_kind *kind;
    test_setup setup;
    shk_credential *client_credential;
    const shk_credential *client_credentials[1];
    shk_credential *other_credential;
    const shk_credential *server_credentials[2];
    shk_external_psk psk;
    shk_ech_key ech_key;
    uint8_t ech_configs[512];
    shk_replay_guard *guard;
    shk_session_cache *cache;
    uint8_t session[2048]; /* the client's last */
    size_t session_len;
    uint8_t cached[2048]; /* the server's, by `id` */
    size_t cached_len;
    uint8_t id[32];
    size_t id_len;
    unsigned given; /* sessions, by the last handshake */
    bool encrypt_then_mac, extended_master_secret;
    bool resumed; /* the last handshake was */
    bool early;   /* its early data was accepted */
} test_kind_state;

/* Sets both ends up. A resumed kind has its first handshake here. Leaves the allocator to the
 * caller. */
void test_kind_new(test_kind_state *state, const test_kind *kind);
void test_kind_free(test_kind_state *state);
/* One handshake with application data both ways. Its parts may fail, but whatever they do, all is
 * freed. Returns whether all went well; `ends` receives both ends' statuses. */
bool test_kind_run(test_kind_state *state, shk_status ends[2]);

#endif
