/* The two ends of a stateful target over the toy provider: what they are configured with. All
 * configurations that settings can ask for are made of objects that are there once, so that an
 * input costs no more than its connection. */
#ifndef SHK_FUZZ_STATE_ENDS_H
#define SHK_FUZZ_STATE_ENDS_H

#include "shakedown/config.h"
#include "sim/toy.h"
#include "state/settings.h"

/* A row of targets.def. */
typedef struct {
    const char *name;
    bool is_server;
    bool is_13; /* TLS 1.3, at most; else TLS 1.2 */
} shk_state_target;

extern const shk_state_target shk_state_targets[];
extern const size_t shk_state_target_count;
/* NULL: no target has the name. */
const shk_state_target *shk_state_target_of(const char *name);

enum { SHK_STATE_KEYS = 9, SHK_STATE_MAX_SESSION = 1024 };

/* What a first handshake left to each end; empty where it failed. */
typedef struct {
    uint8_t client[SHK_STATE_MAX_SESSION], cached[SHK_STATE_MAX_SESSION], id[32];
    size_t client_len, cached_len, id_len;
} shk_state_session;

/* What all configurations are made of. */
typedef struct {
    shk_crypto *lasting; /* whose objects are not an input's */
    shk_crypto *crypto;  /* of connections */
    const shk_allocator *allocator;
    shk_credential *keys[SHK_STATE_KEYS]; /* the last one is the client's */
    const shk_credential *shown[SHK_STATE_KEYS + 1];
    shk_ech_key ech_key;
    uint8_t ech_configs[128];
} shk_state_ends;

/* Connections take their memory from the allocator. False without memory. */
bool shk_state_ends_new(shk_state_ends *ends, shk_toy_mode mode, const shk_allocator *allocator);
void shk_state_ends_free(shk_state_ends *ends);

/* The configuration of one end, without session, cache and guard. */
shk_config shk_state_config(const shk_state_ends *ends, const shk_state_settings *settings,
                            bool is_13, bool is_server);

/* What a configuration has for one connection alone. */
typedef struct {
    shk_session_cache *cache;
    shk_replay_guard *guard;
} shk_state_stores;

/* Adds what a resumption takes: a session for the client; cache and guard for the server, from the
 * configuration's allocator, which the caller gives back. A first handshake by the same settings
 * makes `session`, which must live as long as the configuration. */
void shk_state_resume(const shk_state_ends *ends, const shk_state_input *input, bool is_13,
                      shk_config *config, shk_state_session *session, shk_state_stores *stores);
void shk_state_stores_free(shk_state_stores *stores);

/* Randomness of one end that each run repeats. */
typedef struct {
    uint64_t state;
} shk_state_random;
shk_random shk_state_random_of(shk_state_random *random, bool is_server);

#endif
