/* Gathering what happens in a connection (oracle/oracle.h). */
#include "oracle/observation.h"

#include <stdlib.h>
#include <string.h>

#include "endpoint/facts.h"
#include "oracle/judge.h"

static const char exporter_label[] = "EXPORTER-shakedown-oracle";

shk_oracles *shk_oracles_new(const shk_provider *provider)
{
    shk_oracles *oracles = (shk_oracles *)calloc(1, sizeof *oracles);
    if (oracles == NULL)
        return NULL;
    oracles->provider = provider;
    oracles->crypto = provider->open();
    if (oracles->crypto != NULL && shk_flow_model_read(&oracles->flow[0], false) &&
        shk_flow_model_read(&oracles->flow[1], true))
        return oracles;
    shk_oracles_free(oracles);
    return NULL;
}

const shk_provider *shk_oracles_provider(const shk_oracles *oracles)
{
    return oracles->provider;
}

const shk_crypto *shk_oracles_crypto(const shk_oracles *oracles)
{
    return oracles->crypto;
}

void shk_oracles_free(shk_oracles *oracles)
{
    if (oracles == NULL)
        return;
    oracles->provider->close(oracles->crypto);
    free(oracles);
}

shk_observation *shk_observation_begin(const shk_oracles *oracles, const shk_observed_end ends[2],
                                       const shk_observation *first)
{
    shk_observation *o = (shk_observation *)calloc(1, sizeof *o);
    if (o == NULL)
        return NULL;
    o->crypto = oracles->crypto;
    o->flow = oracles->flow;
    o->first = first;
    for (size_t i = 0; i < 2; i++) {
        o->ends[i].who = ends[i];
        o->ends[i].key_log = shk_buf_growing(&shk_libc_allocator);
        o->ends[i].result.alert_sent = o->ends[i].result.alert_received = -1;
    }
    return o;
}

void shk_observation_free(shk_observation *o)
{
    if (o == NULL)
        return;
    for (size_t i = 0; i < 2; i++) {
        shk_timeline_free(&o->ends[i].timeline);
        shk_view_free(&o->ends[i].view);
        shk_buf_wipe(&o->ends[i].key_log);
    }
    shk_wipe(o, sizeof *o);
    free(o);
}

/* Asks an end where it stands, and once it is connected for exported keys (RFC 8446 §7.5, below TLS
 * 1.3 with extended_master_secret: RFC 7627 §5.4). */
static void ask(shk_observed *end)
{
    const shk_observed_end *who = &end->who;
    if (who->kind == NULL)
        return;
    who->kind->result(who->end, &end->result);
    const shk_endpoint_result *r = &end->result;
    const bool is_connected = r->state == SHK_CONNECTED || r->state == SHK_ENDED;
    end->connected = end->connected || is_connected;
    if (is_connected && !end->has_exported &&
        (r->version >= SHK_TLS13 || r->extended_master_secret))
        end->has_exported = who->kind->export_keys(who->end, exporter_label, shk_span_of(NULL, 0),
                                                   end->exported, SHK_OBSERVED_EXPORT);
}

_Static_assert((int)SHK_FACT_tls_exporter - (int)SHK_FACT_tls_unique + 1 == SHK_BINDINGS,
               "the rows of bindings stand together in facts.def");

static void ask_bindings(shk_observed *end)
{
    const shk_observed_end *who = &end->who;
    if (!end->connected || who->kind->channel_binding == NULL)
        return;
    for (size_t i = 0; i < SHK_BINDINGS; i++) {
        const shk_fact fact = (shk_fact)(SHK_BINDING_FIRST + i);
        shk_observed_binding *binding = &end->bindings[i];
        binding->is_asked =
            end->result.untold[fact] == NULL && shk_fact_defined(fact, &end->result);
        if (binding->is_asked)
            binding->len =
                who->kind->channel_binding(who->end, shk_fact_rows[fact].name, binding->bytes);
    }
}

static void add(shk_observation *o, bool server, bool sent, shk_span bytes)
{
    if (!shk_timeline_add(&o->ends[server].timeline, sent, bytes))
        o->lost = true;
}

void shk_observation_flight(void *observation, bool from_server, shk_span bytes)
{
    shk_observation *o = (shk_observation *)observation;
    ask(&o->ends[from_server]);
    add(o, from_server, true, bytes);
    add(o, !from_server, false, bytes);
}

void shk_observation_sent(shk_observation *o, bool by_server, shk_span bytes)
{
    o->altered = true;
    ask(&o->ends[by_server]);
    add(o, by_server, true, bytes);
}

void shk_observation_received(shk_observation *o, bool by_server, shk_span bytes)
{
    o->altered = true;
    add(o, by_server, false, bytes);
}

typedef struct {
    const shk_observation *observation;
    size_t side;
} secrets;

static size_t secret_for_view(const void *context, const char *label, const uint8_t *random,
                              uint8_t *out)
{
    const secrets *s = (const secrets *)context;
    return shk_secret_of(s->observation, s->side, label, random, out);
}

void shk_observation_end(shk_observation *o)
{
    for (size_t i = 0; i < 2; i++) {
        shk_observed *end = &o->ends[i];
        ask(end);
        if (end->who.kind != NULL)
            ask_bindings(end);
        if (end->who.kind != NULL && end->who.kind->key_log != NULL &&
            shk_buf_append(&end->key_log, end->who.kind->key_log(end->who.end)) != SHK_OK)
            o->lost = true;
        end->who.end = NULL;
    }
    for (size_t i = 0; i < 2; i++) {
        const secrets source = {o, i};
        shk_view_read(&o->ends[i].view, &o->ends[i].timeline, i == 1, o->crypto, secret_for_view,
                      &source);
        o->lost = o->lost || o->ends[i].view.lost;
    }
}
