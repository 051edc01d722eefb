/* First handshakes, whose sessions a stateful target resumes (state/ends.h). */
#include <string.h>

#include "handshake/state/session_content.h"
#include "shakedown/conn.h"
#include "state/ends.h"

enum { CACHED = 4, GUARDED = 4, EARLY_DATA = 1024, TURNS = 16, BY_ID = 2 };

static void keep(void *context, shk_span session)
{
    shk_state_session *kept = (shk_state_session *)context;
    if (session.len == 0 || session.len > sizeof kept->client)
        return;
    memcpy(kept->client, session.data, session.len);
    kept->client_len = session.len;
}

static bool move(shk_conn *from, shk_conn *to)
{
    shk_span out = shk_conn_output(from);
    size_t len = out.len;
    if (len > 0)
        shk_conn_feed(to, out.data, len);
    shk_conn_sent(from, len);
    return len > 0;
}

static void run_pair(const shk_config *configs)
{
    shk_state_random drawn[2];
    shk_conn *conns[2] = {NULL, NULL};
    bool ok = true;
    for (size_t i = 0; i < 2; i++) {
        shk_random random = shk_state_random_of(&drawn[i], i == 1);
        drawn[i].state += 2; /* another handshake than the one that resumes */
        ok = ok && shk_conn_new(&configs[i], &random, &conns[i]) == SHK_OK;
    }
    if (ok && shk_conn_start(conns[0]) == SHK_OK)
        for (int turn = 0; turn < TURNS && ok; turn++)
            ok = (int)move(conns[0], conns[1]) + (int)move(conns[1], conns[0]) > 0;
    shk_conn_free(conns[0]);
    shk_conn_free(conns[1]);
}

/* The session of the server's cache is found by its id, which the client's copy has. */
static void keep_cached(shk_state_session *kept, const shk_session_cache *cache)
{
    shk_session session;
    if (cache == NULL || !shk_session_read(shk_span_of(kept->client, kept->client_len), &session))
        return;
    shk_span cached = shk_session_cache_get(cache, session.session_id);
    if (cached.len == 0 || cached.len > sizeof kept->cached)
        return;
    memcpy(kept->id, session.session_id.data, session.session_id.len);
    kept->id_len = session.session_id.len;
    memcpy(kept->cached, cached.data, cached.len);
    kept->cached_len = cached.len;
}

static void add_stores(const shk_state_settings *settings, shk_config *server,
                       shk_state_stores *stores)
{
    if (settings->resumption == BY_ID)
        server->session_cache = stores->cache = shk_session_cache_new(server->allocator, CACHED);
    if (!settings->early_data)
        return;
    server->replay_guard = stores->guard = shk_replay_guard_new(server->allocator, GUARDED);
    server->max_early_data = stores->guard != NULL ? EARLY_DATA : 0;
}

static void make_session(const shk_state_ends *ends, const shk_state_settings *settings, bool is_13,
                         shk_state_session *kept)
{
    shk_state_stores stores = {NULL, NULL};
    shk_config configs[2];
    for (size_t i = 0; i < 2; i++) {
        configs[i] = shk_state_config(ends, settings, is_13, i == 1);
        configs[i].request_cookie = false;
    }
    configs[0].session_sink = keep;
    configs[0].session_sink_context = kept;
    add_stores(settings, &configs[1], &stores);
    run_pair(configs);
    keep_cached(kept, stores.cache);
    shk_state_stores_free(&stores);
}

static void ignore_session(void *context, shk_span session)
{
    (void)context;
    (void)session;
}

void shk_state_resume(const shk_state_ends *ends, const shk_state_input *input, bool is_13,
                      shk_config *config, shk_state_session *session, shk_state_stores *stores)
{
    const shk_state_settings *settings = &input->settings;
    memset(session, 0, sizeof *session);
    if (settings->resumption != 0 && (!config->is_server || settings->resumption == BY_ID))
        make_session(ends, settings, is_13, session);
    if (!config->is_server) {
        config->session_sink = ignore_session;
        config->session = shk_span_of(session->client, session->client_len);
        return;
    }
    add_stores(settings, config, stores);
    if (session->id_len > 0 && stores->cache != NULL)
        shk_session_cache_put(stores->cache, shk_span_of(session->id, session->id_len),
                              shk_span_of(session->cached, session->cached_len));
}

void shk_state_stores_free(shk_state_stores *stores)
{
    shk_session_cache_free(stores->cache);
    shk_replay_guard_free(stores->guard);
}
