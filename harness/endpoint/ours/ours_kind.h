/* The parts of our endpoint: what connections share (setup, checks, sessions) and one connection
 * (ours.c). */
#ifndef SHK_ENDPOINT_OURS_OURS_KIND_H
#define SHK_ENDPOINT_OURS_OURS_KIND_H

#include <stdio.h>

#include "endpoint/endpoint.h"
#include "shakedown/conn.h"
#include "sim/random.h"

enum { SHK_OUR_PROTOCOLS = 16, SHK_OUR_SESSION_ID = 32 };

struct shk_endpoint_setup {
    shk_endpoint_config asked;
    bool name_is_address;
    shk_config config;
    const shk_provider *provider;
    shk_crypto *crypto;
    shk_credential *credential[2];
    const shk_credential *credentials[2];
    shk_trust *trust;
    shk_span peer_key;
    uint16_t compressions[SHK_COMPRESSIONS];
    int64_t time_ms;
    char *protocols_text;
    const char *protocols[SHK_OUR_PROTOCOLS];
    shk_signatures *signatures;
    FILE *key_log;   /* NULL: none */
    shk_buf session; /* client: the last one, or what was saved of it */
    shk_external_psk psks[SHK_MAX_PSKS];
    shk_ech_key ech_key;
    shk_replay_guard *replay_guard;
    shk_ticket_key ticket_keys[2]; /* the newest first; at the start the second is unused */
    int64_t ticket_key_ms;         /* when that was drawn */
    shk_sim_random ticket_stream;
    shk_random ticket_random;
    shk_session_cache *cache;
    uint8_t session_id[SHK_OUR_SESSION_ID]; /* server with a cache: of the last connection */
    size_t session_id_len;
    shk_message_observer *observer; /* the configuration's, called by ours */
    void *observer_context;
};

struct shk_endpoint {
    const shk_endpoint_setup *setup;
    shk_config config; /* the set-up's, with the session that this connection offers */
    shk_buf session;
    shk_buf key_log;
    shk_conn *conn;
    shk_sim_random random;
};

/* As the vtable's setup, teardown, save and forget. */
bool shk_ours_setup(const shk_endpoint_config *config, shk_endpoint_setup **out, char *why);
void shk_ours_teardown(shk_endpoint_setup *setup);
/* Part of setup: refuses settings that are impossible, or would have no effect, and returns the
 * usable versions. */
bool shk_ours_check(const shk_endpoint_config *config, uint16_t *min, uint16_t *max, char *why);
/* Part of setup: sessions kept and offered, tickets, PSKs. */
bool shk_ours_set_sessions(shk_endpoint_setup *s, const shk_endpoint_config *c, char *why);
/* To be called before each connection of a server: replaces the ticket key after a ticket's
 * lifetime.
 */
void shk_ours_renew_ticket_key(shk_endpoint_setup *setup);
bool shk_ours_save(const shk_endpoint_setup *setup, shk_buf *out);
bool shk_ours_forget(shk_endpoint_setup *setup);

#endif
