/* The fields of a message in its bytes (deviate/fields.h). */
#include "deviate/fields.h"

#include <stdlib.h>
#include <string.h>

typedef struct {
    shk_fields *fields;
    int open; /* what the next field is in */
    bool failed;
} builder;

static int add(builder *b, shk_field field)
{
    shk_fields *fields = b->fields;
    if (fields->count == SHK_MAX_FIELDS)
        return SHK_NO_FIELD;                          /* what is behind cannot be addressed */
    if ((fields->count & (fields->count + 1)) == 0) { /* full at 0, 1, 3, 7, ... */
        void *grown = realloc(fields->list, 2 * (fields->count + 1) * sizeof fields->list[0]);
        if (grown == NULL) {
            b->failed = true;
            return SHK_NO_FIELD;
        }
        fields->list = (shk_field *)grown;
    }
    fields->list[fields->count] = field;
    return (int)fields->count++;
}

static void take_trace(void *context, const shk_trace *t)
{
    builder *b = (builder *)context;
    if (b->failed || b->open == SHK_NO_FIELD)
        return;
    if (t->kind == SHK_TRACE_END) {
        b->fields->list[b->open].end = t->end;
        b->open = b->fields->list[b->open].parent;
        return;
    }
    shk_field *open = &b->fields->list[b->open];
    open->leaf = false;
    shk_field field = {.name = t->name,
                       .parent = b->open,
                       .index = t->name == NULL ? open->items++ : 0,
                       .start = t->start,
                       .end = t->end,
                       .prefix = t->prefix,
                       .width = t->width,
                       .leaf = true,
                       .extension = t->extension,
                       .namer = t->namer};
    int added = add(b, field);
    if (added != SHK_NO_FIELD && t->kind == SHK_TRACE_BEGIN)
        b->open = added;
}

static const shk_layout *layout_of(unsigned target)
{
    if (target < SHK_MSG_COUNT)
        return shk_message_rows[target].layout;
    if (target < SHK_TARGET_DATA)
        return shk_record_rows[target - SHK_TARGET_RECORDS].layout;
    return NULL;
}

bool shk_fields_of(unsigned target, const shk_form *form, shk_span body, shk_fields *out)
{
    const shk_layout *layout = layout_of(target);
    *out = (shk_fields){NULL, 0, false};
    builder b = {out, SHK_NO_FIELD, false};
    shk_field whole = {.parent = SHK_NO_FIELD, .end = body.len, .leaf = true};
    b.open = add(&b, whole);
    out->complete = layout == NULL;
    if (!b.failed && layout != NULL)
        out->complete = shk_trace_fields(layout->shape, form, body, take_trace, &b, NULL) == SHK_OK;
    if (b.failed)
        shk_fields_free(out);
    return !b.failed;
}

void shk_fields_free(shk_fields *fields)
{
    free(fields->list);
    *fields = (shk_fields){NULL, 0, false};
}

static int named_child(const shk_fields *fields, int parent, const char *name)
{
    for (size_t i = 0; i < fields->count; i++)
        if (fields->list[i].parent == parent && fields->list[i].name != NULL &&
            strcmp(fields->list[i].name, name) == 0)
            return (int)i;
    return SHK_NO_FIELD;
}

static int item_at(const shk_fields *fields, int parent, unsigned index)
{
    for (size_t i = 0; i < fields->count; i++)
        if (fields->list[i].parent == parent && fields->list[i].name == NULL &&
            fields->list[i].index == index)
            return (int)i;
    return SHK_NO_FIELD;
}

/* In the bytes an extension's data stand in an item of the block. */
static int extension_child(const shk_fields *fields, int block, const char *name)
{
    for (size_t i = 0; i < fields->count; i++) {
        int found =
            fields->list[i].parent == block ? named_child(fields, (int)i, name) : SHK_NO_FIELD;
        if (found != SHK_NO_FIELD)
            return found;
    }
    return SHK_NO_FIELD;
}

/* The data of an extension by its type, whatever they are called. */
static int data_of_type(const shk_fields *fields, int block, uint16_t type)
{
    for (size_t i = 0; i + 2 < fields->count; i++)
        if (fields->list[i].parent == block && fields->list[i].name == NULL &&
            fields->list[i].extension == type)
            return (int)i + 2; /* its type stands between */
    return SHK_NO_FIELD;
}

static int child(const shk_fields *fields, int parent, const char *name)
{
    int found = named_child(fields, parent, name);
    return found != SHK_NO_FIELD ? found : extension_child(fields, parent, name);
}

/* From the message down to the node. */
static size_t ancestors(const shk_fields *outline, int node, int *out)
{
    size_t depth = 0;
    for (int n = node; n > SHK_WHOLE_MESSAGE && depth < SHK_PATH_DEPTH * 2;
         n = outline->list[n].parent)
        out[depth++] = n;
    return depth;
}

int shk_field_at(const shk_fields *fields, unsigned target, const shk_path *path)
{
    int way[SHK_PATH_DEPTH * 2];
    const shk_fields *outline = shk_outline_of(target);
    if (path->node == SHK_WHOLE_MESSAGE || outline == NULL)
        return path->node == SHK_WHOLE_MESSAGE ? 0 : SHK_NO_FIELD;
    size_t depth = ancestors(outline, path->node, way), level = 0;
    int at = 0;
    while (depth-- > 0 && at != SHK_NO_FIELD) {
        const char *name = outline->list[way[depth]].name;
        if (name == NULL && (path->indices[level] & SHK_BY_TYPE) != 0)
            return data_of_type(fields, at, (uint16_t)path->indices[level]);
        at = name != NULL ? child(fields, at, name) : item_at(fields, at, path->indices[level]);
        level += name == NULL && level + 1 < SHK_PATH_DEPTH;
    }
    return at;
}

static void put_length(uint8_t *at, uint8_t width, size_t value)
{
    for (int i = width - 1; i >= 0; i--, value >>= 8)
        at[i] = (uint8_t)value;
}

static void fix_lengths(const shk_fields *fields, int field, shk_buf *body)
{
    for (int f = field; f != SHK_NO_FIELD; f = fields->list[f].parent) {
        const shk_field *at = &fields->list[f];
        if (at->prefix > 0)
            put_length(body->data + at->start - at->prefix, at->prefix, at->end - at->start);
    }
}

/* Moves what stands behind, and stretches what stands around. What stood in the bytes that are
 * replaced is not found any more: nobody knows where it would end. */
static void move_fields(shk_fields *fields, int field, size_t at, size_t len, size_t now)
{
    for (size_t i = 0; i < fields->count; i++) {
        shk_field *f = &fields->list[i];
        bool around = false;
        for (int a = field; a != SHK_NO_FIELD; a = fields->list[a].parent)
            around = around || a == (int)i;
        if (around) {
            f->end += now - len;
        } else if (f->start - f->prefix >= at + len) {
            f->start += now - len;
            f->end += now - len;
        } else if (f->start >= at) {
            f->parent = SHK_NO_FIELD;
        }
    }
}

bool shk_field_splice(shk_fields *fields, int field, shk_buf *body, size_t at, size_t len,
                      shk_span bytes, bool keep_lengths)
{
    if (at > body->len || len > body->len - at || shk_buf_reserve(body, bytes.len) != SHK_OK)
        return false;
    if (body->len - at - len > 0)
        memmove(body->data + at + bytes.len, body->data + at + len, body->len - at - len);
    if (bytes.len > 0)
        memcpy(body->data + at, bytes.data, bytes.len);
    body->len = body->len - len + bytes.len;
    move_fields(fields, field, at, len, bytes.len);
    if (!keep_lengths)
        fix_lengths(fields, field, body);
    return true;
}
