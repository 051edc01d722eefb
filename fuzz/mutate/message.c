/* Mutations of messages by their shapes (mutate/message.h). */
#include "mutate/message.h"

#include <stdlib.h>
#include <string.h>

enum {
    REPAIR_TRIES = 6,
    PIECE_TRIES = 24, /* for a new extension, which begins with nothing */
    PICKS = 8,        /* of nodes, until one fits */
    EXTENSION_HEAD = 4,
    LARGE_STEP = 8, /* how often what is too short grows at once by more than a number has */
};

/* One mutation; false: there was nothing to do it to. */
typedef bool mutation(shk_mutator *m, shk_edited *body);

bool shk_mutator_is_on(shk_mutator *m)
{
    if (!m->asked) { /* once: the environment is long, and mutations are many */
        const char *said = getenv("SHAKEDOWN_MUTATOR");
        m->off = said != NULL && strcmp(said, "off") == 0;
        m->asked = true;
    }
    return !m->off;
}

static size_t length(const shk_node *node)
{
    return node->end - node->start;
}

/* A node that `fits`, drawn at random; SHK_NO_NODE after some tries. */
static int pick(shk_mutator *m, bool (*fits)(const shk_nodes *nodes, const shk_node *node))
{
    for (unsigned i = 0; i < PICKS; i++) {
        size_t n = shk_chance_below(&m->chance, m->nodes.count);
        if (fits(&m->nodes, &m->nodes.list[n]))
            return (int)n;
    }
    return SHK_NO_NODE;
}

static bool is_number(const shk_nodes *nodes, const shk_node *node)
{
    (void)nodes;
    return node->width > 0 && node->leaf;
}

static bool is_bytes(const shk_nodes *nodes, const shk_node *node)
{
    (void)nodes;
    return node->width == 0 && node->leaf;
}

static bool is_item(const shk_nodes *nodes, const shk_node *node)
{
    (void)nodes;
    return node->name == NULL && node->parent != SHK_NO_NODE;
}

static bool has_length(const shk_nodes *nodes, const shk_node *node)
{
    (void)nodes;
    return node->prefix > 0;
}

static bool is_extension_block(const shk_nodes *nodes, const shk_node *node)
{
    (void)nodes;
    return node->prefix == 2 && node->name != NULL && strcmp(node->name, "extensions") == 0;
}

/* A number becomes one of its table, a neighbour, a bound, or one that stands elsewhere. */
static bool change_number(shk_mutator *m, shk_edited *body)
{
    int n = pick(m, is_number);
    if (n == SHK_NO_NODE)
        return false;
    const shk_node *node = &m->nodes.list[n];
    uint8_t *at = body->data + node->start;
    int other = shk_chance_once_in(&m->chance, 4) ? pick(m, is_number) : SHK_NO_NODE;
    uint32_t value =
        other != SHK_NO_NODE
            ? shk_bytes_get(body->data + m->nodes.list[other].start, m->nodes.list[other].width)
            : shk_value_draw(&m->tables, &m->chance, node->namer, node->width,
                             shk_bytes_get(at, node->width));
    shk_bytes_put(at, node->width, value);
    return true;
}

/* Bytes of a field without fields: libFuzzer mutates them, or they become longer or shorter. */
static bool change_bytes(shk_mutator *m, shk_edited *body)
{
    int n = pick(m, is_bytes);
    if (n == SHK_NO_NODE || length(&m->nodes.list[n]) > SHK_MUTATED_MAX / 2)
        return false;
    const shk_node *node = &m->nodes.list[n];
    size_t len = length(node), now = len;
    memcpy(m->piece, body->data + node->start, len);
    if (node->prefix == 0) { /* of a fixed length: the content alone */
        now = len > 0 ? m->plain(m->piece, len, len) : 0;
        memset(m->piece + now, 0, len - now);
        now = len;
    } else if (shk_chance_once_in(&m->chance, 2)) {
        now = m->plain(m->piece, len, len + 64);
    } else {
        static const uint16_t lengths[] = {0,  1,  2,  8,  12,  16,  31, 32,
                                           33, 48, 64, 65, 128, 255, 256};
        now = lengths[shk_chance_below(&m->chance, sizeof lengths / sizeof lengths[0])];
        if (now > len)
            memset(m->piece + len, (int)shk_chance_below(&m->chance, 256), now - len);
    }
    return shk_node_splice(&m->nodes, n, body, node->start, len, shk_span_of(m->piece, now));
}

/* Bytes of a node with its length prefix. */
static shk_span whole(const shk_node *node, const uint8_t *data)
{
    return shk_span_of(data + node->start - node->prefix, length(node) + node->prefix);
}

static bool take_piece(shk_mutator *m, shk_span bytes)
{
    if (bytes.len > sizeof m->piece)
        return false;
    memcpy(m->piece, bytes.data, bytes.len);
    return true;
}

static bool remove_item(shk_mutator *m, shk_edited *body)
{
    int n = pick(m, is_item);
    if (n == SHK_NO_NODE)
        return false;
    const shk_node *node = &m->nodes.list[n];
    return shk_node_splice(&m->nodes, node->parent, body, node->start, length(node),
                           shk_span_of(m->piece, 0));
}

/* An item once more: behind itself, or in front of another of its list. */
static bool duplicate_item(shk_mutator *m, shk_edited *body)
{
    int n = pick(m, is_item), other = pick(m, is_item);
    if (n == SHK_NO_NODE || !take_piece(m, whole(&m->nodes.list[n], body->data)))
        return false;
    const shk_node *node = &m->nodes.list[n];
    bool same_list = other != SHK_NO_NODE && m->nodes.list[other].parent == node->parent;
    size_t at = same_list ? m->nodes.list[other].start : node->end;
    return shk_node_splice(&m->nodes, node->parent, body, at, 0,
                           shk_span_of(m->piece, length(node)));
}

/* Two items of one list change places: the earlier one moves behind the later one. */
static bool swap_items(shk_mutator *m, shk_edited *body)
{
    int a = pick(m, is_item), b = pick(m, is_item);
    if (a == SHK_NO_NODE || b == SHK_NO_NODE || a == b ||
        m->nodes.list[a].parent != m->nodes.list[b].parent)
        return false;
    const shk_node *first = &m->nodes.list[a < b ? a : b], *last = &m->nodes.list[a < b ? b : a];
    size_t span = last->end - first->start, middle = last->start - first->end;
    if (!take_piece(m, shk_span_of(body->data + first->start, span)))
        return false;
    uint8_t *at = body->data + first->start;
    memcpy(at, m->piece + span - length(last), length(last));
    memcpy(at + length(last), m->piece + length(first), middle);
    memcpy(at + length(last) + middle, m->piece, length(first));
    return true;
}

/* A length alone, wrong on purpose. */
static bool spoil_length(shk_mutator *m, shk_edited *body)
{
    int n = pick(m, has_length);
    if (n == SHK_NO_NODE)
        return false;
    const shk_node *node = &m->nodes.list[n];
    uint8_t *at = body->data + node->start - node->prefix;
    shk_bytes_put(
        at, node->prefix,
        shk_value_draw(&m->tables, &m->chance, NULL, node->prefix, (uint32_t)length(node)));
    return true;
}

/* The body of an extension, made by repairing an empty one, in `piece` behind a header. */
static size_t make_extension(shk_mutator *m)
{
    size_t row = shk_chance_below(&m->chance, SHK_EXT_COUNT);
    shk_form form = shk_extension_form(
        (shk_extension)row,
        shk_chance_below(&m->chance, shk_extension_form_count((shk_extension)row)));
    shk_edited made = {m->piece + EXTENSION_HEAD, 0, 512};
    shk_nodes nodes; /* repairing reads others */
    shk_nodes_copy(&nodes, &m->nodes);
    shk_repair_message(m, shk_extension_rows[row].layout, &form, &made, PIECE_TRIES);
    shk_nodes_copy(&m->nodes, &nodes);
    shk_bytes_put(m->piece, 2, shk_extension_rows[row].value);
    shk_bytes_put(m->piece + 2, 2, made.len);
    return EXTENSION_HEAD + made.len;
}

static bool insert_extension(shk_mutator *m, shk_edited *body)
{
    int n = pick(m, is_extension_block);
    if (n == SHK_NO_NODE)
        return false;
    size_t len = make_extension(m);
    bool last = shk_bytes_get(m->piece, 2) == shk_extension_rows[SHK_EXT_pre_shared_key].value;
    size_t at = last ? m->nodes.list[n].end : m->nodes.list[n].start; /* RFC 8446 §4.2.11 */
    return shk_node_splice(&m->nodes, n, body, at, 0, shk_span_of(m->piece, len));
}

/* The content of a list, or of bytes, is emptied or doubled. */
static bool change_content(shk_mutator *m, shk_edited *body)
{
    int n = pick(m, has_length);
    if (n == SHK_NO_NODE)
        return false;
    const shk_node *node = &m->nodes.list[n];
    shk_span content = shk_span_of(body->data + node->start, length(node));
    if (shk_chance_once_in(&m->chance, 2))
        return shk_node_splice(&m->nodes, n, body, node->start, content.len,
                               shk_span_of(m->piece, 0));
    return take_piece(m, content) &&
           shk_node_splice(&m->nodes, n, body, node->end, 0, shk_span_of(m->piece, content.len));
}

static bool cross_nodes(shk_mutator *m, shk_edited *body, const shk_nodes *from, shk_span other);

static bool copy_within(shk_mutator *m, shk_edited *body)
{
    return cross_nodes(m, body, &m->nodes, shk_span_of(body->data, body->len));
}

static bool change_plainly(shk_mutator *m, shk_edited *body)
{
    body->len = m->plain(body->data, body->len, body->cap);
    return true;
}

/* How often each is done follows from how often it stands here. */
static mutation *const mutations[] = {
    change_number,  change_number,  change_number,    change_number,    change_bytes,
    change_bytes,   change_bytes,   remove_item,      duplicate_item,   swap_items,
    spoil_length,   change_content, insert_extension, insert_extension, copy_within,
    change_plainly, change_plainly, change_plainly,
};

void shk_mutate_message(shk_mutator *m, const shk_layout *layout, const shk_form *form,
                        shk_edited *body)
{
    if (body->len > SHK_MUTATED_MAX) {
        change_plainly(m, body);
        return;
    }
    shk_nodes_of(layout, form, shk_span_of(body->data, body->len), &m->nodes);
    bool done = false;
    for (unsigned i = 0; i < PICKS && !done; i++) {
        size_t n = shk_chance_below(&m->chance, sizeof mutations / sizeof mutations[0]);
        done = mutations[n](m, body);
        if (mutations[n] == spoil_length) /* repairing would undo it */
            return;
    }
    if (!shk_chance_once_in(&m->chance, 4))
        shk_repair_message(m, layout, form, body, REPAIR_TRIES);
}

/* Whether the one can stand for the other. */
static bool is_like(const shk_node *a, const shk_node *b)
{
    bool same_name =
        a->name == NULL ? b->name == NULL : b->name != NULL && strcmp(a->name, b->name) == 0;
    return same_name && a->prefix == b->prefix && a->width == b->width && a->namer == b->namer;
}

/* Also what holds items has the same name. */
static bool is_like_in(const shk_nodes *in_a, const shk_node *a, const shk_nodes *in_b,
                       const shk_node *b)
{
    return is_like(a, b) && a->parent != SHK_NO_NODE && b->parent != SHK_NO_NODE &&
           (a->name != NULL || is_like(&in_a->list[a->parent], &in_b->list[b->parent]));
}

static bool cross_nodes(shk_mutator *m, shk_edited *body, const shk_nodes *from, shk_span other)
{
    size_t start = shk_chance_below(&m->chance, from->count);
    const shk_node *source = &from->list[start];
    shk_span bytes = shk_span_of(other.data + source->start, length(source));
    size_t first = shk_chance_below(&m->chance, m->nodes.count);
    for (size_t i = 0; i < m->nodes.count; i++) {
        size_t n = (first + i) % m->nodes.count;
        const shk_node *node = &m->nodes.list[n];
        if (!is_like_in(&m->nodes, node, from, source) || !take_piece(m, bytes))
            continue;
        bool beside = node->name == NULL && shk_chance_once_in(&m->chance, 2);
        return shk_node_splice(&m->nodes, node->name == NULL ? node->parent : (int)n, body,
                               node->start, beside ? 0 : length(node),
                               shk_span_of(m->piece, bytes.len));
    }
    return false;
}

bool shk_cross_message(shk_mutator *m, const shk_layout *layout, const shk_form *form,
                       shk_edited *body, const shk_layout *other_layout, const shk_form *other_form,
                       shk_span other)
{
    if (body->len > SHK_MUTATED_MAX)
        return false;
    shk_nodes_of(layout, form, shk_span_of(body->data, body->len), &m->nodes);
    shk_nodes_of(other_layout, other_form, other, &m->other);
    for (unsigned i = 0; i < PICKS; i++)
        if (cross_nodes(m, body, &m->other, other))
            return true;
    return false;
}

/* More bytes where they are missing, or in what is too short. */
static bool grow(shk_mutator *m, shk_edited *body, size_t at)
{
    static const uint8_t steps[] = {1, 2, 2, 3, 4, 8, 32, 48};
    size_t len = steps[shk_chance_below(&m->chance, sizeof steps)];
    uint8_t bytes[64];
    for (size_t i = 0; i < len; i++)
        bytes[i] = len <= LARGE_STEP || shk_chance_once_in(&m->chance, 4)
                       ? (uint8_t)shk_chance_next(&m->chance)
                       : 0;
    if (len <= 2 && shk_chance_once_in(&m->chance, 2))
        memset(bytes, 0, len);
    return shk_node_splice(&m->nodes, m->nodes.open, body, at, 0, shk_span_of(bytes, len));
}

/* A length that stands before the fault becomes what there is, or something small. */
static bool mend_length(shk_mutator *m, shk_edited *body, size_t at)
{
    const shk_node *around = &m->nodes.list[m->nodes.open];
    unsigned width = 1 + (unsigned)shk_chance_below(&m->chance, 3);
    if (at < around->start + width || at > around->end)
        return false;
    size_t left = around->end - at;
    size_t value =
        shk_chance_once_in(&m->chance, 2) ? left : shk_chance_below(&m->chance, left + 1);
    shk_bytes_put(body->data + at - width, width, value);
    return true;
}

static bool cut_rest(shk_mutator *m, shk_edited *body, size_t at)
{
    const shk_node *around = &m->nodes.list[m->nodes.open];
    if (at < around->start || at >= around->end)
        return false;
    return shk_node_splice(&m->nodes, m->nodes.open, body, at, around->end - at,
                           shk_span_of(m->piece, 0));
}

/* Whether a try has brought the fault further on, or filled what it was about. */
static bool is_better(const shk_nodes *now, size_t now_len, const shk_nodes *before, size_t len)
{
    return now->fault.status == SHK_OK || now->fault.offset > before->fault.offset ||
           (now->fault.offset == before->fault.offset && now_len > len);
}

void shk_repair_message(shk_mutator *m, const shk_layout *layout, const shk_form *form,
                        shk_edited *body, unsigned tries)
{
    shk_any message;
    if (body->len > SHK_MUTATED_MAX / 2 ||
        shk_decode(layout->shape, form, shk_span_of(body->data, body->len), &message, NULL) ==
            SHK_OK)
        return;
    shk_nodes_of(layout, form, shk_span_of(body->data, body->len), &m->nodes);
    for (; tries > 0 && m->nodes.fault.status != SHK_OK; tries--) {
        const size_t len = body->len, at = m->nodes.fault.offset;
        memcpy(m->kept, body->data, len);
        bool done = m->nodes.fault.status == SHK_E_TRAILING_DATA ? cut_rest(m, body, at)
                    : shk_chance_once_in(&m->chance, 3)          ? mend_length(m, body, at)
                                                                 : grow(m, body, at);
        if (!done)
            continue;
        shk_nodes_of(layout, form, shk_span_of(body->data, body->len), &m->other);
        if (is_better(&m->other, body->len, &m->nodes, len)) {
            shk_nodes_copy(&m->nodes, &m->other);
        } else {
            memcpy(body->data, m->kept, len);
            body->len = len;
        }
    }
}
