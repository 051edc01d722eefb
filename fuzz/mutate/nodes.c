/* The fields of a message that is to be mutated (mutate/nodes.h). */
#include "mutate/nodes.h"

#include <string.h>

/* The nodes, and where what was traced last has ended. */
typedef struct {
    shk_nodes *nodes;
    size_t end;
} tracing;

static void take_trace(void *context, const shk_trace *t)
{
    tracing *state = (tracing *)context;
    shk_nodes *nodes = state->nodes;
    if (t->kind != SHK_TRACE_BEGIN)
        state->end = t->end;
    if (nodes->open == SHK_NO_NODE || nodes->count == SHK_MAX_NODES)
        return;
    if (t->kind == SHK_TRACE_END) {
        nodes->list[nodes->open].end = t->end;
        nodes->open = nodes->list[nodes->open].parent;
        return;
    }
    nodes->list[nodes->open].leaf = false;
    nodes->list[nodes->count] = (shk_node){.name = t->name,
                                           .parent = nodes->open,
                                           .start = t->start,
                                           .end = t->end,
                                           .prefix = t->prefix,
                                           .width = t->width,
                                           .leaf = true,
                                           .namer = t->namer};
    if (t->kind == SHK_TRACE_BEGIN)
        nodes->open = (int)nodes->count;
    nodes->count++;
}

void shk_nodes_of(const shk_layout *layout, const shk_form *form, shk_span body, shk_nodes *out)
{
    out->list[0] = (shk_node){.parent = SHK_NO_NODE, .end = body.len, .leaf = true};
    out->count = 1;
    out->open = 0;
    tracing state = {out, 0};
    if (shk_trace_fields(layout->shape, form, body, take_trace, &state, &out->fault) == SHK_OK &&
        state.end < body.len)
        out->fault = (shk_fault){.status = SHK_E_TRAILING_DATA, .offset = state.end};
}

void shk_nodes_copy(shk_nodes *to, const shk_nodes *from)
{
    memcpy(to->list, from->list, from->count * sizeof from->list[0]);
    to->count = from->count;
    to->open = from->open;
    to->fault = from->fault;
}

void shk_bytes_put(uint8_t *at, unsigned width, size_t value)
{
    for (unsigned i = width; i-- > 0; value >>= 8)
        at[i] = (uint8_t)value;
}

uint32_t shk_bytes_get(const uint8_t *at, unsigned width)
{
    uint32_t value = 0;
    for (unsigned i = 0; i < width; i++)
        value = value << 8 | at[i];
    return value;
}

bool shk_node_splice(const shk_nodes *nodes, int node, shk_edited *edited, size_t at, size_t len,
                     shk_span bytes)
{
    if (at > edited->len || len > edited->len - at || bytes.len > edited->cap - (edited->len - len))
        return false;
    for (int n = node; n != SHK_NO_NODE; n = nodes->list[n].parent) {
        const shk_node *around = &nodes->list[n];
        uint8_t *prefix = edited->data + around->start - around->prefix;
        if (around->prefix > 0)
            shk_bytes_put(prefix, around->prefix,
                          shk_bytes_get(prefix, around->prefix) - len + bytes.len);
    }
    memmove(edited->data + at + bytes.len, edited->data + at + len, edited->len - at - len);
    if (bytes.len > 0)
        memcpy(edited->data + at, bytes.data, bytes.len);
    edited->len = edited->len - len + bytes.len;
    return true;
}
