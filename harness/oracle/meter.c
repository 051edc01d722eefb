/* Metered endpoints (oracle/meter.h). */
#include "oracle/meter.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "shakedown/types.h"

enum {
    MEMORY_LIMIT = 256 * 1024 * 1024, /* of one end; malloc fails beyond it */
    PER_BYTE_WRITTEN = 64 /* that its application's bytes count for: each may be a record */
};

struct shk_endpoint {
    const shk_endpoint_kind *kind;
    shk_endpoint *end;
    shk_meter *meter;
};

/* What was open, and what was counted, before a call of the wrapped end. */
typedef struct {
    shk_memory *account;
    uint64_t allocations;
    int64_t time_ns;
} before;

static int64_t thread_time_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static before begin(shk_meter *meter)
{
    return (before){shk_memory_open(&meter->memory), meter->memory.allocations, thread_time_ns()};
}

/* Notes the first budget that is passed. */
static void check(shk_meter *meter)
{
    if (meter->why[0] == 0 && meter->memory.refused)
        snprintf(meter->why, sizeof meter->why, "%s: more than %d bytes of memory were asked for",
                 shk_stage_budgets[meter->stage].name, MEMORY_LIMIT);
    if (meter->why[0] == 0)
        (void)shk_within_budget(&shk_stage_budgets[meter->stage], meter->taken, meter->given,
                                meter->why);
}

static void finish(shk_meter *meter, const before *b)
{
    const int64_t time_ns = thread_time_ns() - b->time_ns;
    int64_t *const periods[2] = {meter->taken, meter->total.taken};
    shk_memory_open(b->account);
    for (size_t i = 0; i < 2; i++) {
        int64_t *taken = periods[i];
        if (meter->memory.peak > taken[SHK_TAKES_PEAK])
            taken[SHK_TAKES_PEAK] = meter->memory.peak;
        taken[SHK_TAKES_KEPT] = meter->memory.live;
        taken[SHK_TAKES_ALLOCATIONS] += (int64_t)(meter->memory.allocations - b->allocations);
        taken[SHK_TAKES_TIME] += (time_ns + 500) / 1000;
    }
    check(meter);
}

static void give(shk_meter *meter, int64_t bytes)
{
    meter->given_now += bytes;
    if (meter->given_now > meter->given)
        meter->given = meter->given_now;
}

static void begin_period(shk_meter *meter)
{
    meter->memory.peak = meter->memory.live;
    meter->given_now = 0;
    memset(meter->taken, 0, sizeof meter->taken);
}

static shk_stage stage_of(shk_endpoint *m)
{
    static const shk_stage stages[] = {
        [SHK_HANDSHAKING] = SHK_STAGE_HANDSHAKING,
        [SHK_CONNECTED] = SHK_STAGE_CONNECTED,
        [SHK_ENDED] = SHK_STAGE_OVER,
        [SHK_FAILED] = SHK_STAGE_OVER,
    };
    shk_endpoint_result result;
    m->kind->result(m->end, &result);
    return result.state == SHK_HANDSHAKING && m->meter->total.received == 0 ? SHK_STAGE_OPENED
                                                                            : stages[result.state];
}

shk_endpoint *shk_metered_open(const shk_endpoint_kind *kind, shk_endpoint_setup *setup,
                               uint64_t seed, shk_meter *meter)
{
    shk_endpoint *m = (shk_endpoint *)malloc(sizeof *m);
    memset(meter, 0, sizeof *meter);
    if (m == NULL)
        return NULL;
    meter->memory.limit = MEMORY_LIMIT;
    const before b = begin(meter);
    *m = (shk_endpoint){kind, kind->open(setup, seed), meter};
    finish(meter, &b);
    if (m->end != NULL)
        return m;
    free(m);
    return NULL;
}

void shk_meter_program(shk_meter *meter, const shk_process_usage *first,
                       const shk_process_usage *last, int64_t received)
{
    memset(meter, 0, sizeof *meter);
    meter->stage = SHK_STAGE_PROGRAM;
    meter->given = meter->given_now = meter->total.received = received;
    meter->taken[SHK_TAKES_PEAK] = last->peak - first->peak;
    meter->taken[SHK_TAKES_KEPT] = last->resident - first->resident;
    meter->taken[SHK_TAKES_TIME] = last->time_us - first->time_us;
    memcpy(meter->total.taken, meter->taken, sizeof meter->taken);
    check(meter);
}

static void close_metered(shk_endpoint *m)
{
    shk_meter *meter = m->meter;
    const before b = begin(meter);
    m->kind->close(m->end);
    shk_memory_open(b.account);
    meter->stage = SHK_STAGE_CLOSED;
    memset(meter->taken, 0, sizeof meter->taken);
    meter->taken[SHK_TAKES_KEPT] = meter->memory.live;
    check(meter);
    free(m);
}

static void feed(shk_endpoint *m, shk_span bytes)
{
    shk_meter *meter = m->meter;
    const shk_stage stage = stage_of(m);
    if (stage != meter->stage)
        begin_period(meter);
    meter->stage = stage;
    give(meter, (int64_t)bytes.len);
    meter->total.received += (int64_t)bytes.len;
    const before b = begin(meter);
    m->kind->feed(m->end, bytes);
    finish(meter, &b);
}

/* Grows the caller's buffer, which is none of the end's memory. */
static void *resize_uncounted(void *context, void *old, size_t old_size, size_t new_size)
{
    const shk_allocator *const *caller = (const shk_allocator *const *)context;
    shk_memory *account = shk_memory_open(NULL);
    void *block = (*caller)->resize((*caller)->context, old, old_size, new_size);
    shk_memory_open(account);
    return block;
}

static void take(shk_endpoint *m, shk_buf *out)
{
    shk_meter *meter = m->meter;
    const shk_allocator *callers = out->allocator;
    const shk_allocator uncounted = {resize_uncounted, &callers};
    const size_t had = out->len;
    const before b = begin(meter);
    if (callers != NULL)
        out->allocator = &uncounted;
    m->kind->take(m->end, out);
    out->allocator = callers;
    finish(meter, &b);
    meter->taken[SHK_TAKES_OUTPUT] += (int64_t)(out->len - had);
    meter->total.taken[SHK_TAKES_OUTPUT] += (int64_t)(out->len - had);
    check(meter);
}

static bool write_data(shk_endpoint *m, shk_span data)
{
    give(m->meter, PER_BYTE_WRITTEN * (int64_t)data.len);
    const before b = begin(m->meter);
    const bool done = m->kind->write(m->end, data);
    finish(m->meter, &b);
    return done;
}

/* Once the application has read everything a new period begins. */
static size_t read_data(shk_endpoint *m, uint8_t *data, size_t cap)
{
    shk_meter *meter = m->meter;
    const before b = begin(meter);
    const size_t len = m->kind->read(m->end, data, cap);
    finish(meter, &b);
    if (len == 0)
        begin_period(meter);
    return len;
}

static void shut_down(shk_endpoint *m)
{
    const before b = begin(m->meter);
    m->kind->shutdown(m->end);
    finish(m->meter, &b);
}

static bool key_update(shk_endpoint *m, bool request)
{
    const before b = begin(m->meter);
    const bool done = m->kind->key_update(m->end, request);
    finish(m->meter, &b);
    return done;
}

static bool write_early(shk_endpoint *m, shk_span data)
{
    give(m->meter, PER_BYTE_WRITTEN * (int64_t)data.len);
    const before b = begin(m->meter);
    const bool done = m->kind->write_early != NULL && m->kind->write_early(m->end, data);
    finish(m->meter, &b);
    return done;
}

static bool request_authentication(shk_endpoint *m)
{
    const before b = begin(m->meter);
    const bool done =
        m->kind->request_authentication != NULL && m->kind->request_authentication(m->end);
    finish(m->meter, &b);
    return done;
}

static bool renegotiate(shk_endpoint *m)
{
    const before b = begin(m->meter);
    const bool done = m->kind->renegotiate != NULL && m->kind->renegotiate(m->end);
    finish(m->meter, &b);
    return done;
}

static shk_span key_log(const shk_endpoint *m)
{
    return m->kind->key_log != NULL ? m->kind->key_log(m->end) : shk_span_of(NULL, 0);
}

static size_t channel_binding(shk_endpoint *m, const char *name, uint8_t *out)
{
    const before b = begin(m->meter);
    const size_t len =
        m->kind->channel_binding != NULL ? m->kind->channel_binding(m->end, name, out) : 0;
    finish(m->meter, &b);
    return len;
}

static bool export_keys(shk_endpoint *m, const char *label, shk_span context, uint8_t *out,
                        size_t len)
{
    const before b = begin(m->meter);
    const bool done = m->kind->export_keys(m->end, label, context, out, len);
    finish(m->meter, &b);
    return done;
}

static void result(shk_endpoint *m, shk_endpoint_result *out)
{
    const before b = begin(m->meter);
    m->kind->result(m->end, out);
    finish(m->meter, &b);
}

const shk_endpoint_kind shk_endpoint_metered = {
    .name = "metered",
    .close = close_metered,
    .feed = feed,
    .take = take,
    .write = write_data,
    .read = read_data,
    .shutdown = shut_down,
    .key_update = key_update,
    .write_early = write_early,
    .request_authentication = request_authentication,
    .renegotiate = renegotiate,
    .channel_binding = channel_binding,
    .key_log = key_log,
    .export_keys = export_keys,
    .result = result,
};
