/* Plays a script (deviate/player.h): what both players share. */
#include "deviate/player_state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

shk_player *shk_player_new(const shk_script *script, const char *files)
{
    shk_player *p = (shk_player *)calloc(1, sizeof *p);
    if (p == NULL)
        return NULL;
    p->script = script;
    p->files = files;
    p->provider = &shk_provider_libcrypto;
    p->own = script->player == SHK_PLAYER_MIDDLE   ? SHK_OWN_MESSAGE
             : script->player == SHK_PLAYER_SERVER ? SHK_SERVER_MESSAGE
                                                   : SHK_CLIENT_MESSAGE;
    p->hooks = shk_own_hooks;
    p->hooks.context = p;
    for (size_t i = 0; i < SHK_SCRIPT_OPERATIONS; i++)
        p->held[i] = shk_buf_growing(&shk_libc_allocator);
    for (size_t i = 0; i < SHK_SIDES; i++) {
        p->out[i].kept = p->out[i].joined = shk_buf_growing(&shk_libc_allocator);
        p->sides[i].record = shk_buf_growing(&shk_libc_allocator);
        p->sides[i].records = p->sides[i].messages = shk_buf_growing(&shk_libc_allocator);
    }
    shk_player_begin(p, 0);
    return p;
}

/* What is of one connection. */
static void forget_connection(shk_player *p)
{
    for (size_t i = 0; i < SHK_SCRIPT_OPERATIONS; i++)
        shk_buf_free(&p->held[i]);
    for (size_t i = 0; i < SHK_SIDES; i++) {
        shk_buf_free(&p->out[i].kept);
        shk_buf_free(&p->out[i].joined);
        p->out[i] = (shk_outgoing){.kept = p->out[i].kept, .joined = p->out[i].joined};
        shk_buf_free(&p->sides[i].record);
        shk_buf_free(&p->sides[i].records);
        shk_buf_free(&p->sides[i].messages);
        p->sides[i].encrypted = false;
    }
    shk_middle_forget_keys(p);
    memset(p->times, 0, sizeof p->times);
    memset(p->deferred, 0, sizeof p->deferred);
    p->extra = 0;
    p->form = (shk_form){.name = NULL};
    p->signed_scheme = 0;
    p->version = p->suite = 0;
}

void shk_player_free(shk_player *player)
{
    if (player == NULL)
        return;
    forget_connection(player);
    for (size_t i = 0; i < player->seen_count; i++)
        shk_buf_free(&player->seen[i].bytes);
    shk_player_drop_key(player);
    free(player);
}

void shk_player_use(shk_player *player, const shk_provider *provider, const shk_crypto *crypto)
{
    player->provider = provider;
    player->opened = crypto;
}

void shk_player_begin(shk_player *player, size_t connection)
{
    forget_connection(player);
    player->active = connection == (player->script->second ? 1 : 0);
    if (player->active)
        memset(player->applied, 0, sizeof player->applied);
}

const shk_deviation_hooks *shk_player_hooks(shk_player *player)
{
    return &player->hooks;
}

void shk_player_observe(void *player, bool sent, shk_message id, const shk_form *form, shk_span raw)
{
    shk_player *p = (shk_player *)player;
    shk_whose peer = p->own == SHK_CLIENT_MESSAGE ? SHK_SERVER_MESSAGE : SHK_CLIENT_MESSAGE;
    if (!sent)
        shk_player_remember(p, peer, id, p->times[peer][id], form, raw);
}

/* How far output may go now: to the first barrier that stands, or where the side closes. */
static uint64_t limit_of(const shk_player *p, shk_whose side)
{
    const shk_outgoing *out = &p->out[side];
    uint64_t limit = out->closed ? out->close_at : UINT64_MAX;
    for (size_t i = 0; i < out->barrier_count; i++)
        if (out->barriers[i].needed > out->came && out->barriers[i].offset < limit)
            limit = out->barriers[i].offset;
    return limit;
}

/* Lets out what may go of what is kept. */
static bool let_out(shk_player *p, shk_whose side, shk_buf *out)
{
    shk_outgoing *from = &p->out[side];
    uint64_t gone = from->gone;
    uint64_t limit = limit_of(p, side);
    size_t len = limit <= gone                   ? 0
                 : limit - gone < from->kept.len ? (size_t)(limit - gone)
                                                 : from->kept.len;
    bool ok = len == 0 || shk_buf_append(out, shk_span_of(from->kept.data, len)) == SHK_OK;
    shk_buf_drop(&from->kept, len);
    from->gone += len;
    from->close_now = from->closed && gone + len >= from->close_at;
    if (from->close_now)
        shk_buf_free(&from->kept);
    return ok;
}

bool shk_player_pass(shk_player *player, bool from_server, shk_span bytes, shk_buf *out)
{
    shk_whose side = from_server ? SHK_SERVER_MESSAGE : SHK_CLIENT_MESSAGE;
    shk_whose other = from_server ? SHK_CLIENT_MESSAGE : SHK_SERVER_MESSAGE;
    shk_outgoing *from = &player->out[side];
    size_t before = out->len;
    bool ok = player->own == SHK_OWN_MESSAGE
                  ? shk_middle_pass(player, side, bytes)
                  : bytes.len == 0 || shk_buf_append(&from->kept, bytes) == SHK_OK;
    ok = ok && let_out(player, side, out);
    player->out[other].came += out->len - before;
    return ok;
}

bool shk_player_closes(const shk_player *player, bool from_server)
{
    return player->out[from_server ? SHK_SERVER_MESSAGE : SHK_CLIENT_MESSAGE].close_now;
}

/* What keeps an operation from having been played; NULL: nothing. */
static const char *not_played(const shk_player *p, size_t i)
{
    const shk_operation *o = &p->script->operations[i];
    const bool permission = o->kind == SHK_OP_GO_ON || o->kind == SHK_OP_GO_ON_AFTER;
    if (p->too_much[i])
        return "would send too much";
    if (!p->applied[i] && !permission)
        return "met nothing to be applied to";
    if (p->held[i].len > 0)
        return "nothing came that it would be sent behind";
    if (o->kind != SHK_OP_JOIN)
        return NULL;
    return p->out[shk_player_side(p, o->points[0].whose)].joined.len > 0
               ? "nothing came that it would be joined with"
               : NULL;
}

bool shk_player_played(const shk_player *player, char *why)
{
    shk_buf line = shk_buf_growing(&shk_libc_allocator);
    bool all = true;
    for (size_t i = 0; all && i < player->script->operation_count; i++) {
        const char *fault = not_played(player, i);
        all = fault == NULL;
        if (!all && shk_operation_print(&player->script->operations[i], &line))
            snprintf(why, SHK_WHY_SIZE, "%s: %.*s", fault, (int)(line.len < 200 ? line.len : 200),
                     (const char *)line.data);
    }
    shk_buf_free(&line);
    return all;
}
