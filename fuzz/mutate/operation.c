/* Draws operations of scripts (mutate/operation.h). */
#include "mutate/operation.h"

#include <string.h>

#include "deviate/numbers.h"

enum {
    FIELD_TRIES = 4,
    MOST_TERMS = 3,
    LATER_ONCE_IN = 6, /* of times that are not the first */
    MARK_ONCE_IN = 8,
};

/* Messages that stand in most handshakes, so that what is drawn is mostly met. */
static const uint8_t common[] = {
    SHK_MSG_client_hello,
    SHK_MSG_client_hello,
    SHK_MSG_server_hello,
    SHK_MSG_server_hello,
    SHK_MSG_encrypted_extensions,
    SHK_MSG_certificate,
    SHK_MSG_certificate_verify,
    SHK_MSG_finished,
    SHK_MSG_finished,
    SHK_MSG_certificate_12,
    SHK_MSG_server_key_exchange,
    SHK_MSG_client_key_exchange,
    SHK_MSG_new_session_ticket,
    SHK_TARGET_CHANGE_CIPHER_SPEC,
    SHK_TARGET_DATA,
    SHK_TARGET_RECORD,
};

static uint8_t draw_time(shk_mutator *m)
{
    if (!shk_chance_once_in(&m->chance, LATER_ONCE_IN))
        return 1;
    return shk_chance_once_in(&m->chance, 3) ? SHK_EVERY_TIME
                                             : (uint8_t)(2 + shk_chance_below(&m->chance, 3));
}

/* A field of the outline, mostly one without fields in it. */
static void draw_path(shk_mutator *m, unsigned target, shk_path *path)
{
    const shk_fields *outline = shk_outline_of(target);
    *path = (shk_path){.node = SHK_WHOLE_MESSAGE};
    if (outline == NULL)
        return;
    for (unsigned i = 0; i < FIELD_TRIES; i++) {
        path->node = (uint16_t)shk_chance_below(&m->chance, outline->count);
        if (outline->list[path->node].leaf)
            break;
    }
    for (size_t i = 0; i < SHK_PATH_DEPTH; i++)
        if (shk_chance_once_in(&m->chance, 4))
            path->indices[i] = (uint32_t)shk_chance_below(&m->chance, 4);
    shk_path_bound(target, path);
}

static shk_point draw_point(shk_mutator *m, shk_player_role player)
{
    shk_point point = {.whose = (uint8_t)shk_chance_below(&m->chance, SHK_WHOSE)};
    bool rare = shk_chance_once_in(&m->chance, 4);
    point.target = rare ? (uint8_t)shk_chance_below(&m->chance, SHK_TARGETS)
                        : common[shk_chance_below(&m->chance, sizeof common)];
    point.time = draw_time(m);
    draw_path(m, point.target, &point.path);
    shk_point_settle(player, &point);
    return point;
}

/* A namer of any field of the outline, for numbers without a field. */
static shk_namer *any_namer(shk_mutator *m)
{
    static shk_namer *const namers[] = {
        shk_version_name,   shk_suite_name, shk_group_name,        shk_signature_scheme_name,
        shk_extension_name, shk_alert_name, shk_content_type_name, shk_handshake_type_name,
    };
    return namers[shk_chance_below(&m->chance, sizeof namers / sizeof namers[0])];
}

/* A count or a length mostly, else a code point. */
static uint32_t draw_number(shk_mutator *m)
{
    static const uint16_t lengths[] = {16, 31, 32, 33, 48, 64, 255, 256, 1000, 16384, 16385, 65535};
    switch (shk_chance_below(&m->chance, 3)) {
    case 0:
        return (uint32_t)shk_chance_below(&m->chance, 9);
    case 1:
        return lengths[shk_chance_below(&m->chance, sizeof lengths / sizeof lengths[0])];
    default:
        return shk_value_draw(&m->tables, &m->chance, any_namer(m), 2, 0);
    }
}

static bool put_zeros(shk_mutator *m, shk_buf *out)
{
    return shk_put_number(out, SHK_TERM_ZEROS, 1) && shk_put_number(out, draw_number(m) % 4096, 2);
}

static bool put_term(shk_mutator *m, shk_player_role player, const shk_field *field, shk_buf *out)
{
    shk_namer *namer = field != NULL && field->namer != NULL ? field->namer : any_namer(m);
    unsigned width = field != NULL && field->width > 0 ? field->width : 2;
    shk_point point;
    switch (shk_chance_below(&m->chance, 5)) {
    case 0:
        return put_zeros(m, out);
    case 1:
        point = draw_point(m, player);
        return shk_put_number(out, SHK_TERM_COPY, 1) && shk_point_put(&point, out);
    case 2: {
        uint64_t bytes[4];
        size_t len = shk_chance_below(&m->chance, sizeof bytes + 1);
        for (size_t i = 0; i < 4; i++)
            bytes[i] = shk_chance_next(&m->chance);
        return shk_put_number(out, SHK_TERM_HEX, 1) && shk_put_number(out, (uint32_t)len, 2) &&
               shk_buf_append(out, shk_span_of(bytes, len)) == SHK_OK;
    }
    default:
        return shk_put_number(out, SHK_TERM_U8 + width - 1, 1) &&
               shk_put_number(out, shk_value_draw(&m->tables, &m->chance, namer, width, 0), width);
    }
}

/* A number for a field that is one; else terms, now and then in a vector. */
static void draw_value(shk_mutator *m, shk_player_role player, shk_operation *operation,
                       shk_buf *text)
{
    shk_buf made = shk_buf_growing(&shk_libc_allocator);
    const shk_field *field = shk_operation_field(operation);
    bool number = field != NULL && field->width > 0 && !shk_chance_once_in(&m->chance, 8);
    bool vector = !number && shk_chance_once_in(&m->chance, 4);
    size_t terms = number ? 1 : 1 + shk_chance_below(&m->chance, MOST_TERMS);
    bool ok = !vector ||
              shk_put_number(&made, SHK_TERM_VEC8 + (uint32_t)shk_chance_below(&m->chance, 3), 1);
    if (number)
        ok = shk_put_number(&made, SHK_TERM_NUMBER, 1) &&
             shk_put_number(
                 &made, shk_value_draw(&m->tables, &m->chance, field->namer, field->width, 0), 4);
    for (size_t i = 0; ok && !number && i < terms; i++)
        ok = put_term(m, player, field, &made);
    ok = ok && (!vector || shk_put_number(&made, SHK_TERM_END, 1));
    size_t start = text->len;
    if (ok && shk_buf_append(text, shk_buf_span(&made)) == SHK_OK)
        operation->value = shk_span_of(text->data + start, made.len);
    shk_buf_free(&made);
}

static void draw_item(shk_mutator *m, shk_operation *operation)
{
    operation->item = (uint8_t)shk_chance_below(&m->chance, SHK_ITEMS);
    operation->item_number = (uint32_t)shk_chance_below(&m->chance, 256);
    if (operation->item == SHK_ITEM_MESSAGE)
        operation->item_number %= SHK_MSG_COUNT;
    if (operation->item == SHK_ITEM_RECORD)
        operation->item_number = SHK_CHANGE_CIPHER_SPEC + operation->item_number % 5;
    if (operation->item == SHK_ITEM_FATAL_ALERT || operation->item == SHK_ITEM_WARNING_ALERT)
        operation->item_number = shk_value_of_table(&m->tables, &m->chance, shk_alert_name, 1);
}

shk_operation shk_operation_draw(shk_mutator *m, shk_player_role player, shk_buf *text)
{
    shk_operation o = {.kind = (uint8_t)shk_chance_below(&m->chance, SHK_OPERATIONS)};
    for (size_t i = 0; i < SHK_OPERAND_PAIR; i++) {
        o.points[i] = draw_point(m, player);
        o.numbers[i] = draw_number(m);
    }
    o.keep_lengths = shk_chance_once_in(&m->chance, MARK_ONCE_IN);
    o.keep_transcript = shk_chance_once_in(&m->chance, MARK_ONCE_IN);
    draw_item(m, &o);
    draw_value(m, player, &o, text);
    return o;
}

void shk_operation_change(shk_mutator *m, shk_player_role player, shk_operation *operation,
                          shk_buf *text)
{
    size_t side = shk_chance_below(&m->chance, SHK_OPERAND_PAIR);
    shk_point *point = &operation->points[side];
    switch (shk_chance_below(&m->chance, 9)) {
    case 0:
        operation->kind = (uint8_t)shk_chance_below(&m->chance, SHK_OPERATIONS);
        break;
    case 1:
        *point = draw_point(m, player);
        break;
    case 2:
        draw_path(m, point->target, &point->path);
        break;
    case 3:
        point->time = draw_time(m);
        break;
    case 4:
        operation->numbers[side] = draw_number(m);
        break;
    case 5:
        operation->numbers[side] += shk_chance_once_in(&m->chance, 2) ? 1U : UINT32_MAX;
        break;
    case 6:
        draw_item(m, operation);
        break;
    case 7:
        if (shk_chance_once_in(&m->chance, 2))
            operation->keep_lengths = !operation->keep_lengths;
        else
            operation->keep_transcript = !operation->keep_transcript;
        break;
    default:
        draw_value(m, player, operation, text);
    }
}
