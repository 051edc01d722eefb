/* The binary form of scripts (deviate/script.h): who plays; a length of two bytes, and the other
 * statements as text; then operations, up to the end. An operation is its row, its flags, and its
 * operands in the order of the form. Any bytes are a script: what is too large is taken modulo,
 * what is missing is 0, and statements that cannot be read are left out. */
#include <string.h>

#include "deviate/numbers.h"
#include "deviate/script_parts.h"
#include "deviate/values.h"
#include "shakedown/deviation.h"

enum { PLAYERS = 3, KEEP_LENGTHS = 1, KEEP_TRANSCRIPT = 2, KEYS = 16, TEXT_HEAD = 3 };

typedef struct {
    shk_span in;  /* NULL in what is written */
    shk_buf *out; /* the script's text, or what is written */
    shk_operation *operation;
    shk_player_role player;
    bool ok;
} coder;

/* With their length of two bytes before them. */
static bool put_counted(shk_buf *out, shk_span bytes)
{
    return shk_put_number(out, (uint32_t)bytes.len, 2) && shk_put_bytes(out, bytes);
}

static void code_point(coder *c, shk_point *point, bool with_path)
{
    if (c->in.data == NULL) {
        c->ok = c->ok && shk_point_put(point, c->out);
        return;
    }
    *point = shk_point_take(&c->in, c->player);
    if (!with_path)
        point->path = (shk_path){.node = SHK_WHOLE_MESSAGE};
}

static void code_number(coder *c, uint32_t *number, uint32_t bound)
{
    if (c->in.data == NULL)
        c->ok = c->ok && shk_put_number(c->out, *number, 4);
    else
        *number = shk_take_number(&c->in, 4) % (bound > 0 ? bound : UINT32_MAX);
}

static void code_value(coder *c, bool is_item)
{
    shk_span *value = &c->operation->value;
    if (c->in.data == NULL) {
        c->ok = c->ok && put_counted(c->out, *value);
        return;
    }
    size_t start = c->out->len;
    size_t len = shk_take_number(&c->in, 2);
    const shk_field *field = is_item ? NULL : shk_operation_field(c->operation);
    c->ok = c->ok && shk_value_bound(shk_take_bytes(&c->in, len), field != NULL ? field->width : 0,
                                     c->player, c->out);
    *value = shk_span_of(c->out->data + start, c->out->len - start);
}

/* A text that is one term, and of characters that a line can have. */
static void code_text(coder *c, bool file)
{
    shk_span *value = &c->operation->value;
    if (c->in.data == NULL) {
        shk_span text = {NULL, 0};
        if (value->len > TEXT_HEAD)
            text = shk_span_of(value->data + TEXT_HEAD, value->len - TEXT_HEAD);
        c->ok = c->ok && put_counted(c->out, text);
        return;
    }
    size_t start = c->out->len, asked = shk_take_number(&c->in, 2);
    shk_span text = shk_take_bytes(&c->in, asked);
    bool none = file && text.len == 0;
    c->ok = c->ok && shk_put_number(c->out, SHK_TERM_TEXT, 1) &&
            put_counted(c->out, none ? shk_span_of_text("other") : text);
    *value = shk_span_of(c->out->data + start, c->out->len - start);
    for (size_t i = TEXT_HEAD; c->ok && file && i < value->len; i++) {
        uint8_t *byte = c->out->data + start + i;
        if (*byte <= ' ' || *byte >= 0x7f || *byte == ',' || *byte == '"' || *byte == '#')
            *byte = '_';
    }
}

static void code_item(coder *c)
{
    shk_operation *o = c->operation;
    if (c->in.data != NULL) {
        o->item = (uint8_t)(shk_take_number(&c->in, 1) % SHK_ITEMS);
        o->item_number = shk_take_number(&c->in, 1);
        if (o->item == SHK_ITEM_MESSAGE)
            o->item_number %= SHK_MSG_COUNT;
        if (o->item == SHK_ITEM_CHANGE_CIPHER_SPEC || o->item == SHK_ITEM_APPLICATION_DATA ||
            o->item == SHK_ITEM_COPY || o->item == SHK_ITEM_BYTES)
            o->item_number = 0;
    } else {
        c->ok = c->ok && shk_put_number(c->out, o->item, 1) &&
                shk_put_number(c->out, o->item_number, 1);
    }
    if (o->item == SHK_ITEM_COPY)
        code_point(c, &o->points[1], false);
    else if (o->item != SHK_ITEM_CHANGE_CIPHER_SPEC && o->item != SHK_ITEM_FATAL_ALERT &&
             o->item != SHK_ITEM_WARNING_ALERT)
        code_value(c, true);
}

/* One operand, by its word in the form. */
static void code_operand(coder *c, const char *word, unsigned *points, unsigned *numbers)
{
    static const struct {
        const char *word;
        uint32_t bound;
    } bounded[] = {{"NUMBER", 0},
                   {"SECRET", SHK_SECRETS},
                   {"SCHEME", UINT16_MAX + 1},
                   {"ERROR", SHK_STATUS_COUNT},
                   {"KEYS", KEYS}};
    shk_operation *o = c->operation;
    bool field = strncmp(word, "FIELD", 5) == 0;
    if (field || strncmp(word, "POINT", 5) == 0)
        code_point(c, &o->points[(*points)++ % SHK_OPERAND_PAIR], field);
    for (size_t i = 0; i < sizeof bounded / sizeof bounded[0]; i++)
        if (strncmp(word, bounded[i].word, strlen(bounded[i].word)) == 0)
            code_number(c, &o->numbers[(*numbers)++ % SHK_OPERAND_PAIR], bounded[i].bound);
    if (strncmp(word, "VALUE", 5) == 0)
        code_value(c, false);
    if (strncmp(word, "TEXT", 4) == 0 || strncmp(word, "FILE", 4) == 0)
        code_text(c, word[0] == 'F');
    if (strncmp(word, "ITEM", 4) == 0)
        code_item(c);
}

static void code_operands(coder *c)
{
    unsigned points = 0, numbers = 0;
    const char *form = shk_operation_form(c->operation->kind);
    for (const char *at = form; *at != 0; at++)
        if (*at >= 'A' && *at <= 'Z' && (at == form || at[-1] == ' '))
            code_operand(c, at, &points, &numbers);
}

bool shk_script_encode(const shk_script *script, shk_buf *out)
{
    shk_buf head = shk_buf_growing(&shk_libc_allocator);
    coder c = {{NULL, 0}, out, NULL, script->player, true};
    c.ok = shk_script_print_head(script, &head) && head.len <= UINT16_MAX &&
           shk_put_number(out, script->player, 1) && put_counted(out, shk_buf_span(&head));
    for (size_t i = 0; c.ok && i < script->operation_count; i++) {
        shk_operation *o = &script->operations[i];
        unsigned flags =
            (o->keep_lengths ? KEEP_LENGTHS : 0U) | (o->keep_transcript ? KEEP_TRANSCRIPT : 0U);
        c.operation = o;
        c.ok = shk_put_number(out, o->kind, 1) && shk_put_number(out, flags, 1);
        code_operands(&c);
    }
    shk_buf_free(&head);
    return c.ok;
}

/* Statements that can be read; the others are not there. */
static void read_head(shk_script *script, shk_span head)
{
    char why[SHK_WHY_SIZE], line[1024];
    shk_script_reader reader = {.script = script, .why = why};
    shk_player_role player = script->player;
    while (head.len > 0) {
        const uint8_t *end = (const uint8_t *)memchr(head.data, '\n', head.len);
        size_t len = end != NULL ? (size_t)(end - head.data) : head.len;
        if (len < sizeof line && len > 0 && memchr(head.data, 0, len) == NULL) {
            memcpy(line, head.data, len);
            line[len] = 0;
            (void)shk_script_line(&reader, line); /* an operation here stands before the player */
            reader.player_known = false;
        }
        head = shk_span_of(head.data + len + (end != NULL), head.len - len - (end != NULL));
    }
    script->player = player;
}

shk_script *shk_script_decode(shk_span bytes)
{
    shk_script *script = shk_script_new(bytes.len);
    if (script == NULL)
        return NULL;
    script->player = (shk_player_role)(shk_take_number(&bytes, 1) % PLAYERS);
    size_t head = shk_take_number(&bytes, 2);
    read_head(script, shk_take_bytes(&bytes, head));
    coder c = {bytes, &script->text, NULL, script->player, true};
    while (c.in.len > 0 && c.ok && script->operation_count < SHK_SCRIPT_OPERATIONS) {
        shk_operation *o = &script->operations[script->operation_count++];
        o->kind = (uint8_t)(shk_take_number(&c.in, 1) % SHK_OPERATIONS);
        unsigned flags = shk_take_number(&c.in, 1);
        o->keep_lengths = (flags & KEEP_LENGTHS) != 0;
        o->keep_transcript = (flags & KEEP_TRANSCRIPT) != 0;
        c.operation = o;
        code_operands(&c);
    }
    if (c.ok)
        return script;
    shk_script_free(script);
    return NULL;
}
