/* The field operations on one message (deviate/edit.h). */
#include "deviate/edit.h"

#include <string.h>

enum { MESSAGE_HEADER = 4, EXTENSION_HEADER = 4 };

/* What an operation works with. */
typedef struct {
    shk_edit *edit;
    const shk_operation *operation;
    shk_span value;
} work;

static const shk_field *at(const work *w, int field)
{
    return &w->edit->fields.list[field];
}

/* The fields anew, where the message can still be read; else those that there were, moved. */
static void find_fields(shk_edit *edit)
{
    shk_fields fields;
    if (!shk_fields_of(edit->target, edit->form, shk_buf_span(&edit->body), &fields))
        return;
    if (!fields.complete && edit->fields.list != NULL) {
        shk_fields_free(&fields);
        return;
    }
    shk_fields_free(&edit->fields);
    edit->fields = fields;
}

bool shk_edit_begin(shk_edit *edit, unsigned target, const shk_form *form, shk_span body)
{
    *edit =
        (shk_edit){.target = target, .form = form, .body = shk_buf_growing(&shk_libc_allocator)};
    if (body.len > 0 && shk_buf_append(&edit->body, body) != SHK_OK)
        return false;
    find_fields(edit);
    return edit->fields.list != NULL;
}

void shk_edit_free(shk_edit *edit)
{
    shk_fields_free(&edit->fields);
    shk_buf_free(&edit->body);
}

static bool splice(const work *w, int field, size_t start, size_t len, shk_span bytes)
{
    return shk_field_splice(&w->edit->fields, field, &w->edit->body, start, len, bytes,
                            w->operation->keep_lengths);
}

static int find(const work *w, size_t point)
{
    const shk_point *of = &w->operation->points[point];
    if (of->target != w->edit->target) /* a second field may be of another message */
        return SHK_NO_FIELD;
    return shk_field_at(&w->edit->fields, w->edit->target, &of->path);
}

static bool set(const work *w)
{
    int field = find(w, 0);
    return field >= 0 &&
           splice(w, field, at(w, field)->start, at(w, field)->end - at(w, field)->start, w->value);
}

static bool increase(const work *w)
{
    int field = find(w, 0);
    if (field < 0 || at(w, field)->width == 0)
        return false;
    uint32_t carry = w->operation->numbers[0];
    for (size_t i = at(w, field)->end; i-- > at(w, field)->start;) {
        uint64_t sum = (uint64_t)w->edit->body.data[i] + carry;
        w->edit->body.data[i] = (uint8_t)sum;
        carry = (uint32_t)(sum >> 8);
    }
    return true;
}

static bool flip(const work *w)
{
    int field = find(w, 0);
    size_t bit = w->operation->numbers[0];
    if (field < 0 || bit / 8 >= at(w, field)->end - at(w, field)->start)
        return false;
    w->edit->body.data[at(w, field)->start + bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
    return true;
}

static bool truncate_field(const work *w)
{
    int field = find(w, 0);
    size_t keep = w->operation->numbers[0];
    if (field < 0 || keep > at(w, field)->end - at(w, field)->start)
        return false;
    size_t start = at(w, field)->start + keep;
    return splice(w, field, start, at(w, field)->end - start, shk_span_of(NULL, 0));
}

static bool extend(const work *w)
{
    int field = find(w, 0);
    return field >= 0 && splice(w, field, at(w, field)->end, 0, w->value);
}

static bool set_length(const work *w)
{
    int field = find(w, 0);
    uint32_t length = w->operation->numbers[0];
    if (field == 0) {
        w->edit->length_set = true;
        w->edit->length = length;
        return true;
    }
    if (field < 0 || at(w, field)->prefix == 0)
        return false;
    uint8_t *prefix = w->edit->body.data + at(w, field)->start - at(w, field)->prefix;
    for (int i = at(w, field)->prefix - 1; i >= 0; i--, length >>= 8)
        prefix[i] = (uint8_t)length;
    return true;
}

/* The node of the outline that a point of the operation names. */
static const shk_field *node_of(const work *w, const shk_fields **outline)
{
    *outline = shk_outline_of(w->edit->target);
    return &(*outline)->list[w->operation->points[0].path.node];
}

/* The path to what holds the field. */
static shk_path path_of_parent(const work *w)
{
    const shk_fields *outline;
    shk_path path = w->operation->points[0].path;
    const shk_field *node = node_of(w, &outline);
    path.node = (uint16_t)node->parent;
    return path;
}

static unsigned last_index(const work *w)
{
    const shk_fields *outline;
    unsigned levels = 0;
    const shk_field *node = node_of(w, &outline);
    for (; node->parent >= 0; node = &outline->list[node->parent])
        levels += node->name == NULL;
    return levels > 0 ? w->operation->points[0].path.indices[levels - 1] : 0;
}

/* Where the i-th item of a list begins; its end, for the one behind the last. */
static bool place_of(const work *w, int list, unsigned index, size_t *out)
{
    unsigned count = 0;
    const shk_fields *fields = &w->edit->fields;
    *out = at(w, list)->end;
    for (size_t i = 0; i < fields->count; i++) {
        if (fields->list[i].parent != list || fields->list[i].name != NULL)
            continue;
        if (fields->list[i].index == index) {
            *out = fields->list[i].start;
            return true;
        }
        count++;
    }
    return index == count;
}

/* Where pre_shared_key begins, which is the last (RFC 8446 §4.2.11), or the end of the block. */
static size_t place_of_last(const work *w, int block)
{
    const shk_fields *fields = &w->edit->fields;
    for (size_t i = 0; i < fields->count; i++)
        if (fields->list[i].parent == block && fields->list[i].name == NULL &&
            shk_extension_identify(fields->list[i].extension) == SHK_EXT_pre_shared_key)
            return fields->list[i].start;
    return at(w, block)->end;
}

/* The type of an extension, by the name of its node or by its number. */
static uint16_t type_of(const work *w, const shk_field *node)
{
    for (unsigned id = 0; id < SHK_EXT_COUNT; id++)
        if (strcmp(shk_extension_rows[id].name, node->name) == 0)
            return shk_extension_rows[id].value;
    return (uint16_t)last_index(w);
}

/* A message that has no extension block gets one. */
static bool add_block(const work *w, shk_span extension)
{
    uint8_t len[2] = {(uint8_t)(extension.len >> 8), (uint8_t)extension.len};
    shk_buf *body = &w->edit->body;
    return shk_buf_append(body, shk_span_of(len, 2)) == SHK_OK &&
           shk_buf_append(body, extension) == SHK_OK;
}

static bool insert_extension(const work *w, const shk_field *node)
{
    const shk_fields *outline = shk_outline_of(w->edit->target);
    uint16_t type = type_of(w, node);
    shk_path path = path_of_parent(w);
    if (outline->list[path.node].name == NULL) /* the data of an item by its type */
        path.node = (uint16_t)outline->list[path.node].parent;
    uint8_t head[EXTENSION_HEADER] = {(uint8_t)(type >> 8), (uint8_t)type,
                                      (uint8_t)(w->value.len >> 8), (uint8_t)w->value.len};
    shk_buf extension = shk_buf_growing(&shk_libc_allocator);
    int block = shk_field_at(&w->edit->fields, w->edit->target, &path);
    size_t place = 0;
    bool ok = shk_buf_append(&extension, shk_span_of(head, sizeof head)) == SHK_OK &&
              (w->value.len == 0 || shk_buf_append(&extension, w->value) == SHK_OK);
    if (ok && block < 0) { /* that of an item that is not there cannot be added */
        ok = outline->list[path.node].parent == 0 && add_block(w, shk_buf_span(&extension));
    } else if (ok) {
        if (w->operation->kind == SHK_OP_INSERT_AT)
            ok = place_of(w, block, w->operation->numbers[0], &place);
        else
            place = place_of_last(w, block);
        ok = ok && splice(w, block, place, 0, shk_buf_span(&extension));
    }
    shk_buf_free(&extension);
    return ok;
}

static bool is_extension(const shk_fields *outline, const shk_field *node)
{
    const shk_field *parent = node->parent >= 0 ? &outline->list[node->parent] : NULL;
    if (node->name != NULL && strcmp(node->name, "extension_data") == 0)
        return true;
    return node->name != NULL && parent != NULL && parent->name != NULL &&
           strcmp(parent->name, "extensions") == 0;
}

static bool insert(const work *w)
{
    const shk_fields *outline;
    size_t place;
    const shk_field *node = node_of(w, &outline);
    if (is_extension(outline, node))
        return insert_extension(w, node);
    if (node->name != NULL || node->parent < 0)
        return false;
    shk_path path = path_of_parent(w);
    int list = shk_field_at(&w->edit->fields, w->edit->target, &path);
    unsigned index =
        w->operation->kind == SHK_OP_INSERT_AT ? w->operation->numbers[0] : last_index(w);
    return list >= 0 && place_of(w, list, index, &place) && splice(w, list, place, 0, w->value);
}

/* What a field takes with all that belongs to it: an extension its header, a vector its length. */
static int whole_of(const work *w, size_t point, size_t *start, size_t *end)
{
    const shk_fields *outline = shk_outline_of(w->edit->target);
    int field = find(w, point);
    if (field <= 0)
        return SHK_NO_FIELD;
    if (is_extension(outline, &outline->list[w->operation->points[point].path.node]))
        field = at(w, field)->parent;
    *start = at(w, field)->start - at(w, field)->prefix;
    *end = at(w, field)->end;
    return field;
}

static bool remove_field(const work *w)
{
    size_t start, end;
    int field = whole_of(w, 0, &start, &end);
    return field > 0 && splice(w, at(w, field)->parent, start, end - start, shk_span_of(NULL, 0));
}

static bool copy_range(const work *w, size_t start, size_t end, shk_buf *out)
{
    *out = shk_buf_growing(&shk_libc_allocator);
    return end == start ||
           shk_buf_append(out, shk_span_of(w->edit->body.data + start, end - start)) == SHK_OK;
}

static bool duplicate(const work *w)
{
    size_t start, end;
    shk_buf bytes;
    int field = whole_of(w, 0, &start, &end);
    if (field <= 0)
        return false;
    bool ok = copy_range(w, start, end, &bytes) &&
              splice(w, at(w, field)->parent, end, 0, shk_buf_span(&bytes));
    shk_buf_free(&bytes);
    return ok;
}

static bool swap(const work *w)
{
    size_t start[2], end[2];
    shk_buf bytes[2];
    int fields[2];
    for (size_t i = 0; i < 2; i++)
        if ((fields[i] = whole_of(w, i, &start[i], &end[i])) <= 0)
            return false;
    size_t later = start[1] > start[0] ? 1 : 0, other = 1 - later;
    if (end[other] > start[later]) /* one is in the other */
        return false;
    bool ok = true;
    for (size_t i = 0; i < 2; i++)
        ok = copy_range(w, start[i], end[i], &bytes[i]) && ok;
    int parents[2] = {at(w, fields[0])->parent, at(w, fields[1])->parent};
    ok = ok &&
         splice(w, parents[later], start[later], end[later] - start[later],
                shk_buf_span(&bytes[other])) &&
         splice(w, parents[other], start[other], end[other] - start[other],
                shk_buf_span(&bytes[later]));
    shk_buf_free(&bytes[0]);
    shk_buf_free(&bytes[1]);
    return ok;
}

static bool (*const edits[SHK_OPERATIONS])(const work *w) = {
    [SHK_OP_SET] = set,
    [SHK_OP_INCREASE] = increase,
    [SHK_OP_FLIP] = flip,
    [SHK_OP_TRUNCATE] = truncate_field,
    [SHK_OP_EXTEND] = extend,
    [SHK_OP_LENGTH] = set_length,
    [SHK_OP_INSERT_AT] = insert,
    [SHK_OP_INSERT] = insert,
    [SHK_OP_REMOVE] = remove_field,
    [SHK_OP_DUPLICATE] = duplicate,
    [SHK_OP_SWAP] = swap,
};

bool shk_edits(shk_operation_kind kind)
{
    return edits[kind] != NULL;
}

bool shk_edit_apply(shk_edit *edit, const shk_operation *operation, shk_copier *copier,
                    void *context)
{
    shk_buf value = shk_buf_growing(&shk_libc_allocator);
    const shk_field *field = shk_operation_field(operation);
    bool ok = shk_value_bytes(operation->value, field != NULL ? field->width : 0, copier, context,
                              &value);
    work w = {edit, operation, shk_buf_span(&value)};
    ok = ok && edits[operation->kind](&w);
    shk_buf_free(&value);
    if (ok)
        find_fields(edit);
    return ok;
}

bool shk_edit_write(const shk_edit *edit, shk_buf *out)
{
    size_t len = edit->length_set ? edit->length : edit->body.len;
    if (edit->target < SHK_MSG_COUNT) {
        uint8_t header[MESSAGE_HEADER] = {shk_message_rows[edit->target].value,
                                          (uint8_t)(len >> 16), (uint8_t)(len >> 8), (uint8_t)len};
        if (shk_buf_append(out, shk_span_of(header, sizeof header)) != SHK_OK)
            return false;
    }
    return edit->body.len == 0 || shk_buf_append(out, shk_buf_span(&edit->body)) == SHK_OK;
}
