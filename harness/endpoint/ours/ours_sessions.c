/* Sessions, ticket keys and PSKs of our endpoint (ours_kind.h). */
#include <string.h>

#include "endpoint/ours/ours_kind.h"

enum { CACHED_SESSIONS = 64, GUARDED_HELLOS = 4096 };

/* Where a ServerHello has its legacy_session_id, counted from the message's header (RFC 8446
 * §4.1.3, RFC 5246 §7.4.1.3). */
enum { SESSION_ID_AT = 4 + 2 + 32 };

static void keep_session(void *context, shk_span session)
{
    shk_endpoint_setup *s = (shk_endpoint_setup *)context;
    shk_buf_wipe(&s->session);
    if (shk_buf_append(&s->session, session) != SHK_OK)
        s->session.len = 0;
}

/* Stores the id of the session that the server will cache. */
static void note_session_id(void *context, bool sent, shk_message id, const shk_form *form,
                            shk_span raw)
{
    shk_endpoint_setup *s = (shk_endpoint_setup *)context;
    if (sent && id == SHK_MSG_server_hello && raw.len > SESSION_ID_AT &&
        raw.data[SESSION_ID_AT] <= SHK_OUR_SESSION_ID &&
        raw.len > SESSION_ID_AT + (size_t)raw.data[SESSION_ID_AT]) {
        s->session_id_len = raw.data[SESSION_ID_AT];
        memcpy(s->session_id, raw.data + SESSION_ID_AT + 1, s->session_id_len);
    }
    if (s->observer != NULL)
        s->observer(s->observer_context, sent, id, form, raw);
}

/* Restores what shk_ours_save returned for a server: an id with its length before it, and the
 * session. */
static void restore_cache(shk_endpoint_setup *s, shk_span saved)
{
    if (saved.len == 0 || saved.data[0] > SHK_OUR_SESSION_ID || saved.data[0] >= saved.len)
        return;
    size_t id_len = saved.data[0];
    shk_session_cache_put(s->cache, shk_span_of(saved.data + 1, id_len),
                          shk_span_of(saved.data + 1 + id_len, saved.len - 1 - id_len));
}

static void draw(shk_endpoint_setup *s, shk_ticket_key *key)
{
    s->ticket_random.fill(s->ticket_random.context, key->name, sizeof key->name);
    s->ticket_random.fill(s->ticket_random.context, key->key, sizeof key->key);
}

void shk_ours_renew_ticket_key(shk_endpoint_setup *setup)
{
    if (setup->config.ticket_key_count == 0)
        return;
    const shk_clock clock = setup->config.clock;
    const int64_t now_ms = clock.now_ms(clock.context);
    if (now_ms - setup->ticket_key_ms < (int64_t)setup->config.ticket_lifetime * 1000)
        return;
    setup->ticket_keys[1] = setup->ticket_keys[0];
    draw(setup, &setup->ticket_keys[0]);
    setup->ticket_key_ms = now_ms;
}

static void make_ticket_keys(shk_endpoint_setup *s, uint64_t seed)
{
    const shk_clock clock = s->config.clock;
    s->ticket_random =
        seed != 0 ? shk_sim_random_from(&s->ticket_stream, seed) : shk_system_random();
    for (size_t i = 0; i < 2; i++)
        draw(s, &s->ticket_keys[i]);
    s->ticket_key_ms = clock.now_ms(clock.context);
    s->config.ticket_keys = s->ticket_keys; /* also of connections that are open */
    s->config.ticket_key_count = 2;
}

static bool make_empty_cache(shk_endpoint_setup *s)
{
    shk_session_cache_free(s->cache);
    s->session_id_len = 0;
    s->cache = shk_session_cache_new(&shk_libc_allocator, CACHED_SESSIONS);
    s->config.session_cache = s->cache;
    return s->cache != NULL;
}

static bool make_replay_guard(shk_endpoint_setup *s)
{
    shk_replay_guard_free(s->replay_guard);
    s->replay_guard = shk_replay_guard_new(&shk_libc_allocator, GUARDED_HELLOS);
    s->config.replay_guard = s->replay_guard;
    return s->replay_guard != NULL;
}

static bool make_cache(shk_endpoint_setup *s, const shk_endpoint_config *c)
{
    if (!make_empty_cache(s))
        return false;
    restore_cache(s, c->saved);
    s->observer = s->config.observer;
    s->observer_context = s->config.observer_context;
    s->config.observer = note_session_id;
    s->config.observer_context = s;
    return true;
}

static bool set_server_sessions(shk_endpoint_setup *s, const shk_endpoint_config *c)
{
    if (c->max_early_data > 0 && !make_replay_guard(s))
        return false;
    if (!c->no_tickets)
        make_ticket_keys(s, c->ticket_seed);
    s->config.no_tickets_below_13 = c->session_store == SHK_SESSIONS_IDS;
    return c->session_store == SHK_SESSIONS_TICKETS || make_cache(s, c);
}

static bool set_psks(shk_endpoint_setup *s, const shk_endpoint_config *c, char *why)
{
    s->config.psks = s->psks;
    for (size_t i = 0; i < SHK_MAX_PSKS; i++) {
        const shk_endpoint_psk first = {c->psk_identity, c->psk_key};
        const shk_endpoint_psk psk = i == 0 ? first : c->more_psks[i - 1];
        if ((psk.identity == NULL) != (psk.key.len == 0)) {
            snprintf(why, SHK_WHY_SIZE, "a PSK needs an identity and a key");
            return false;
        }
        if (psk.identity == NULL)
            break;
        s->psks[s->config.psk_count++] =
            (shk_external_psk){.identity = shk_span_of_text(psk.identity),
                               .key = psk.key,
                               .hash = c->psk_hash,
                               .import = c->psk_import};
    }
    return true;
}

bool shk_ours_set_sessions(shk_endpoint_setup *s, const shk_endpoint_config *c, char *why)
{
    if (!set_psks(s, c, why))
        return false;
    if (c->psk_hint != NULL)
        s->config.psk_hint = shk_span_of_text(c->psk_hint);
    if (c->server)
        return set_server_sessions(s, c);
    if (c->resume) {
        s->config.session_sink = keep_session;
        s->config.session_sink_context = s;
    }
    if (c->saved.len > 0 && !shk_session_readable(c->saved)) {
        snprintf(why, SHK_WHY_SIZE,
                 "what is to be resumed from (--sess-in) is no session of this version");
        return false;
    }
    return shk_buf_append(&s->session, c->saved) == SHK_OK;
}

bool shk_ours_save(const shk_endpoint_setup *setup, shk_buf *out)
{
    uint8_t id_len = (uint8_t)setup->session_id_len;
    shk_span id = shk_span_of(setup->session_id, id_len);
    shk_span session = setup->cache != NULL ? shk_session_cache_get(setup->cache, id)
                                            : shk_buf_span(&setup->session);
    if (setup->cache != NULL && session.len > 0 &&
        (shk_buf_append(out, shk_span_of(&id_len, 1)) != SHK_OK ||
         shk_buf_append(out, id) != SHK_OK))
        return false;
    return shk_buf_append(out, session) == SHK_OK;
}

bool shk_ours_forget(shk_endpoint_setup *setup)
{
    shk_buf_wipe(&setup->session);
    return (setup->cache == NULL || make_empty_cache(setup)) &&
           (setup->replay_guard == NULL || make_replay_guard(setup));
}
