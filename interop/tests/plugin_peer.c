/* A plugin for `shakedown play` (harness/play/plugin.h): a stack that answers whatever it is sent with
 * a fatal alert, crashes over it (PEER_CRASHES), never comes back (PEER_LOOPS), or was compiled with
 * other headers (PEER_IS_OLD). */
#include "play/plugin.h"

#include <stdlib.h>
#include <string.h>

struct shk_endpoint_setup {
    bool unused;
};

struct shk_endpoint {
    bool was_fed;
    bool sent;
};

static const char *library_version(void)
{
    return "1.0";
}

static bool setup(const shk_endpoint_config *config, shk_endpoint_setup **out, char *why)
{
    (void)config;
    (void)why;
    *out = (shk_endpoint_setup *)calloc(1, sizeof **out);
    return *out != NULL;
}

static void teardown(shk_endpoint_setup *s)
{
    free(s);
}

static shk_endpoint *open_end(shk_endpoint_setup *s, uint64_t seed)
{
    (void)s;
    (void)seed;
    return (shk_endpoint *)calloc(1, sizeof(shk_endpoint));
}

static void close_end(shk_endpoint *end)
{
    free(end);
}

static void feed(shk_endpoint *end, shk_span bytes)
{
    if (bytes.len == 0)
        return;
#ifdef PEER_CRASHES
    abort();
#endif
#ifdef PEER_LOOPS
    for (volatile int i = 0;; i++)
        continue;
#endif
    end->was_fed = true;
}

static void take(shk_endpoint *end, shk_buf *out)
{
    static const uint8_t alert[] = {21, 3, 3, 0, 2, 2, 40};
    if (!end->was_fed || end->sent || out->cap - out->len < sizeof alert)
        return;
    memcpy(out->data + out->len, alert, sizeof alert);
    out->len += sizeof alert;
    end->sent = true;
}

static bool write_data(shk_endpoint *end, shk_span data)
{
    (void)end;
    (void)data;
    return false;
}

static size_t read_data(shk_endpoint *end, uint8_t *data, size_t cap)
{
    (void)end;
    (void)data;
    (void)cap;
    return 0;
}

static void shutdown_end(shk_endpoint *end)
{
    (void)end;
}

static bool key_update(shk_endpoint *end, bool request)
{
    (void)end;
    return request && false;
}

static bool export_keys(shk_endpoint *end, const char *label, shk_span context, uint8_t *out,
                        size_t len)
{
    (void)end;
    (void)label;
    (void)context;
    (void)out;
    return len == 0;
}

static void result(shk_endpoint *end, shk_endpoint_result *out)
{
    memset(out, 0, sizeof *out);
    out->state = end->was_fed ? SHK_FAILED : SHK_HANDSHAKING;
    out->alert_sent = end->sent ? 40 : -1;
    out->alert_received = -1;
    if (end->sent)
        memcpy(out->why, "I refuse everything", sizeof "I refuse everything");
}

static const shk_endpoint_kind kind = {
    .name = "stubborn",
    .library_version = library_version,
    .setup = setup,
    .teardown = teardown,
    .open = open_end,
    .close = close_end,
    .feed = feed,
    .take = take,
    .write = write_data,
    .read = read_data,
    .shutdown = shutdown_end,
    .key_update = key_update,
    .export_keys = export_keys,
    .result = result,
};

const shk_endpoint_kind *shk_plugin_endpoint(uint64_t layout)
{
#ifdef PEER_IS_OLD
    layout++;
#endif
    return layout == SHK_PLUGIN_LAYOUT ? &kind : NULL;
}
