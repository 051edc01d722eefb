/* What the players of scripts share (deviate/player_state.h). */
#include <string.h>

#include "deviate/player_state.h"

enum { MESSAGE_HEADER = 4 };

shk_whose shk_player_side(const shk_player *player, unsigned whose)
{
    return whose == SHK_OWN_MESSAGE ? player->own : (shk_whose)whose;
}

static bool is_at(const shk_player *player, const shk_point *point, shk_whose whose,
                  unsigned target, unsigned time)
{
    return player->active && point->target == target &&
           shk_player_side(player, point->whose) == whose &&
           (point->time == SHK_EVERY_TIME || point->time == time);
}

bool shk_player_meets(const shk_player *player, const shk_operation *operation, shk_whose whose,
                      unsigned target, unsigned time)
{
    return is_at(player, &operation->points[0], whose, target, time);
}

unsigned shk_target_of_record(uint8_t type)
{
    return type == SHK_ALERT_RECORD         ? SHK_TARGET_ALERT
           : type == SHK_CHANGE_CIPHER_SPEC ? SHK_TARGET_CHANGE_CIPHER_SPEC
           : type == SHK_APPLICATION_DATA   ? SHK_TARGET_DATA
                                            : SHK_TARGETS;
}

bool shk_player_is_met(const shk_player *player, shk_whose whose, unsigned target, unsigned time)
{
    for (size_t i = 0; i < player->script->operation_count; i++) {
        const shk_operation *o = &player->script->operations[i];
        if (shk_player_meets(player, o, whose, target, time) ||
            (player->held[i].len > 0 && is_at(player, &o->points[1], whose, target, time)))
            return true;
    }
    return false;
}

const shk_operation *shk_player_find(shk_player *player, shk_operation_kind kind, shk_whose whose,
                                     unsigned target, unsigned time)
{
    for (size_t i = 0; i < player->script->operation_count; i++) {
        const shk_operation *o = &player->script->operations[i];
        if (o->kind != kind || !shk_player_meets(player, o, whose, target, time))
            continue;
        player->applied[i] = true;
        return o;
    }
    return NULL;
}

/* Whether an operation is for binders, which cover the rest of the message. */
static bool is_for_binders(const shk_operation *operation)
{
    const shk_fields *outline = shk_outline_of(operation->points[0].target);
    for (int n = operation->points[0].path.node; outline != NULL && n > 0;
         n = outline->list[n].parent)
        if (outline->list[n].name != NULL && strcmp(outline->list[n].name, "binders") == 0)
            return true;
    return false;
}

static bool is_wanted(shk_edit_which which, const shk_operation *operation)
{
    return which == SHK_EDIT_ALL || is_for_binders(operation) == (which == SHK_EDIT_BINDERS);
}

/* Does the operations on a message; without those that keep the transcript, if `hashed`. */
static bool edit_message(shk_player *p, shk_whose whose, unsigned target, unsigned time,
                         const shk_form *form, shk_edit_which which, bool hashed, shk_buf *message)
{
    const size_t header = target < SHK_MSG_COUNT ? MESSAGE_HEADER : 0;
    shk_edit edit;
    bool any = false;
    bool ok = shk_edit_begin(&edit, target, form,
                             shk_span_of(message->data + header, message->len - header));
    for (size_t i = 0; ok && i < p->script->operation_count; i++) {
        const shk_operation *o = &p->script->operations[i];
        if (!shk_edits((shk_operation_kind)o->kind) || !is_wanted(which, o) ||
            (hashed && o->keep_transcript) || !shk_player_meets(p, o, whose, target, time) ||
            !shk_edit_apply(&edit, o, shk_player_copy, p))
            continue;
        p->applied[i] = true;
        any = true;
    }
    if (ok && any) {
        message->len = 0;
        ok = shk_edit_write(&edit, message);
    }
    shk_edit_free(&edit);
    return ok;
}

static bool keeps_transcript(const shk_player *p, shk_whose whose, unsigned target, unsigned time)
{
    for (size_t i = 0; i < p->script->operation_count; i++) {
        const shk_operation *o = &p->script->operations[i];
        if (o->keep_transcript && shk_edits((shk_operation_kind)o->kind) &&
            shk_player_meets(p, o, whose, target, time))
            return true;
    }
    return false;
}

static bool replace(shk_buf *buf, shk_span bytes)
{
    buf->len = 0;
    return bytes.len == 0 || shk_buf_append(buf, bytes) == SHK_OK;
}

bool shk_player_edit(shk_player *player, shk_whose whose, unsigned target, unsigned time,
                     const shk_form *form, shk_edit_which which, shk_buf *message, shk_buf *hashed)
{
    if (!player->active)
        return true;
    if (hashed != NULL && keeps_transcript(player, whose, target, time))
        return edit_message(player, whose, target, time, form, which, true, hashed) &&
               edit_message(player, whose, target, time, form, which, false, message);
    return edit_message(player, whose, target, time, form, which, false, message) &&
           (hashed == NULL || replace(hashed, shk_buf_span(message)));
}

void shk_player_remember(shk_player *player, shk_whose whose, unsigned target, unsigned time,
                         const shk_form *form, shk_span bytes)
{
    if (player->seen_count == SHK_MOST_SEEN) {
        shk_buf_free(&player->seen[0].bytes);
        memmove(player->seen, player->seen + 1, (SHK_MOST_SEEN - 1) * sizeof player->seen[0]);
        player->seen_count--;
    }
    shk_seen_message *seen = &player->seen[player->seen_count++];
    *seen = (shk_seen_message){.whose = (uint8_t)whose,
                               .target = (uint8_t)target,
                               .time = (uint8_t)time,
                               .bytes = shk_buf_growing(&shk_libc_allocator)};
    if (form != NULL)
        seen->form = *form;
    if (bytes.len > 0 && shk_buf_append(&seen->bytes, bytes) != SHK_OK)
        player->seen_count--;
}

static bool copy_seen(const shk_seen_message *seen, const shk_point *point, shk_buf *out)
{
    const size_t header = seen->target < SHK_MSG_COUNT ? MESSAGE_HEADER : 0;
    const shk_span whole = shk_buf_span(&seen->bytes);
    shk_fields fields;
    if (point->path.node == SHK_WHOLE_MESSAGE)
        return shk_buf_append(out, whole) == SHK_OK;
    shk_span body = shk_span_of(whole.data + header, whole.len - header);
    if (!shk_fields_of(seen->target, &seen->form, body, &fields))
        return false;
    int field = shk_field_at(&fields, seen->target, &point->path);
    bool ok = field >= 0;
    if (ok && fields.list[field].end > fields.list[field].start)
        ok = shk_buf_append(out, shk_span_of(body.data + fields.list[field].start,
                                             fields.list[field].end - fields.list[field].start)) ==
             SHK_OK;
    shk_fields_free(&fields);
    return ok;
}

bool shk_player_copy(void *player, const shk_point *point, shk_buf *out)
{
    const shk_player *p = (const shk_player *)player;
    for (size_t i = p->seen_count; i-- > 0;) {
        const shk_seen_message *seen = &p->seen[i];
        if (seen->target == point->target && seen->whose == shk_player_side(p, point->whose) &&
            (point->time == SHK_EVERY_TIME || point->time == seen->time))
            return copy_seen(seen, point, out);
    }
    return false;
}

static bool item_message(shk_player *p, const shk_operation *o, shk_buf *content)
{
    shk_buf body = shk_buf_growing(&shk_libc_allocator);
    uint8_t type = o->item == SHK_ITEM_MESSAGE ? shk_message_rows[o->item_number].value
                                               : (uint8_t)o->item_number;
    bool ok = shk_value_bytes(o->value, 0, shk_player_copy, p, &body);
    uint8_t header[MESSAGE_HEADER] = {type, (uint8_t)(body.len >> 16), (uint8_t)(body.len >> 8),
                                      (uint8_t)body.len};
    ok = ok && shk_buf_append(content, shk_span_of(header, sizeof header)) == SHK_OK &&
         (body.len == 0 || shk_buf_append(content, shk_buf_span(&body)) == SHK_OK);
    shk_buf_free(&body);
    return ok;
}

bool shk_player_item(shk_player *player, const shk_operation *o, uint8_t *type, shk_buf *content)
{
    static const uint8_t change[1] = {1};
    const uint8_t alert[2] = {o->item == SHK_ITEM_FATAL_ALERT ? 2 : 1, (uint8_t)o->item_number};
    *type = SHK_HANDSHAKE;
    switch ((shk_item_kind)o->item) {
    case SHK_ITEM_MESSAGE:
    case SHK_ITEM_HANDSHAKE:
        return item_message(player, o, content);
    case SHK_ITEM_BYTES:
        return shk_value_bytes(o->value, 0, shk_player_copy, player, content);
    case SHK_ITEM_RECORD:
        *type = (uint8_t)o->item_number;
        return shk_value_bytes(o->value, 0, shk_player_copy, player, content);
    case SHK_ITEM_CHANGE_CIPHER_SPEC:
        *type = SHK_CHANGE_CIPHER_SPEC;
        return shk_buf_append(content, shk_span_of(change, 1)) == SHK_OK;
    case SHK_ITEM_FATAL_ALERT:
    case SHK_ITEM_WARNING_ALERT:
        *type = SHK_ALERT_RECORD;
        return shk_buf_append(content, shk_span_of(alert, 2)) == SHK_OK;
    case SHK_ITEM_APPLICATION_DATA:
        *type = SHK_APPLICATION_DATA;
        return shk_value_bytes(o->value, 0, shk_player_copy, player, content);
    default:
        if (o->points[1].target == SHK_TARGET_CHANGE_CIPHER_SPEC)
            *type = SHK_CHANGE_CIPHER_SPEC;
        if (o->points[1].target == SHK_TARGET_ALERT)
            *type = SHK_ALERT_RECORD;
        if (o->points[1].target == SHK_TARGET_DATA)
            *type = SHK_APPLICATION_DATA;
        return shk_player_copy(player, &o->points[1], content);
    }
}

void shk_player_close_at(shk_player *player, shk_whose side, uint64_t offset)
{
    shk_outgoing *out = &player->out[side];
    if (!out->closed || offset < out->close_at)
        out->close_at = offset;
    out->closed = true;
}
