/* An endpoint that plays a script (drive/player_end.h). */
#include "drive/player_end.h"

#include <stdio.h>
#include <stdlib.h>

struct shk_endpoint {
    const shk_endpoint_kind *kind;
    shk_endpoint *end;
    shk_player *player;
    bool is_server;
    bool owned;
    bool no_memory; /* what should have been passed on is lost */
    shk_buf taken;
    shk_buf fed;
};

shk_endpoint *shk_player_end_wrap(const shk_endpoint_kind *kind, shk_endpoint *end, bool is_server,
                                  shk_player *player, bool owned)
{
    shk_endpoint *wrapper = (shk_endpoint *)calloc(1, sizeof *wrapper);
    if (wrapper == NULL)
        return NULL;
    wrapper->kind = kind;
    wrapper->end = end;
    wrapper->player = player;
    wrapper->is_server = is_server;
    wrapper->owned = owned;
    wrapper->taken = shk_buf_growing(&shk_libc_allocator);
    wrapper->fed = shk_buf_growing(&shk_libc_allocator);
    return wrapper;
}

static void close_player(shk_endpoint *p)
{
    if (p->owned)
        p->kind->close(p->end);
    shk_buf_free(&p->taken);
    shk_buf_free(&p->fed);
    free(p);
}

static void feed(shk_endpoint *p, shk_span bytes)
{
    p->fed.len = 0;
    if (bytes.len == 0)
        p->kind->feed(p->end, bytes);
    else if (!shk_player_pass(p->player, !p->is_server, bytes, &p->fed))
        p->no_memory = true;
    else if (p->fed.len > 0)
        p->kind->feed(p->end, shk_buf_span(&p->fed));
}

/* Also without output of the end: the player may have kept some back until now. */
static void take(shk_endpoint *p, shk_buf *out)
{
    p->taken.len = 0;
    p->kind->take(p->end, &p->taken);
    if (!shk_player_pass(p->player, p->is_server, shk_buf_span(&p->taken), out))
        p->no_memory = true;
}

static bool write_data(shk_endpoint *p, shk_span data)
{
    return p->kind->write(p->end, data);
}

static size_t read_data(shk_endpoint *p, uint8_t *data, size_t cap)
{
    return p->kind->read(p->end, data, cap);
}

static void shutdown_end(shk_endpoint *p)
{
    p->kind->shutdown(p->end);
}

static bool key_update(shk_endpoint *p, bool request)
{
    return p->kind->key_update(p->end, request);
}

static bool write_early(shk_endpoint *p, shk_span data)
{
    return p->kind->write_early != NULL && p->kind->write_early(p->end, data);
}

static bool request_authentication(shk_endpoint *p)
{
    return p->kind->request_authentication != NULL && p->kind->request_authentication(p->end);
}

static bool renegotiate(shk_endpoint *p)
{
    return p->kind->renegotiate != NULL && p->kind->renegotiate(p->end);
}

static size_t channel_binding(shk_endpoint *p, const char *name, uint8_t *out)
{
    return p->kind->channel_binding != NULL ? p->kind->channel_binding(p->end, name, out) : 0;
}

static bool export_keys(shk_endpoint *p, const char *label, shk_span context, uint8_t *out,
                        size_t len)
{
    return p->kind->export_keys(p->end, label, context, out, len);
}

static void result(shk_endpoint *p, shk_endpoint_result *out)
{
    p->kind->result(p->end, out);
    if (p->no_memory) {
        out->state = SHK_FAILED;
        snprintf(out->why, sizeof out->why, "no memory for what the script makes of a flight");
    }
}

const shk_endpoint_kind shk_endpoint_player = {
    .name = "player",
    .close = close_player,
    .feed = feed,
    .take = take,
    .write = write_data,
    .read = read_data,
    .shutdown = shutdown_end,
    .key_update = key_update,
    .write_early = write_early,
    .request_authentication = request_authentication,
    .renegotiate = renegotiate,
    .channel_binding = channel_binding,
    .export_keys = export_keys,
    .result = result,
};
