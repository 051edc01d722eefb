/* The player in the middle: reads what is in the clear, and sends on what the script makes of it.
 */
#include <string.h>

#include "deviate/sending.h"

enum { RECORD_HEADER = 5, MESSAGE_HEADER = 4 };

/* A record that has come completely. */
typedef struct {
    uint8_t type;
    uint16_t version;
    shk_span all;
    shk_span content;
    bool opened; /* it was protected, and these are what is inside */
} whole_record;

static shk_sending sending_of(shk_player *p, shk_whose side, unsigned target, uint16_t version)
{
    return (shk_sending){.player = p,
                         .side = side,
                         .target = target,
                         .time = ++p->times[side][target],
                         .version = version};
}

static bool met(const shk_sending *s)
{
    return shk_player_is_met(s->player, s->side, s->target, s->time);
}

/* The same bytes go on, unless something waits to be joined with them. */
static bool pass_on(shk_player *p, shk_whose side, shk_span bytes)
{
    return bytes.len == 0 || shk_buf_append(&p->out[side].kept, bytes) == SHK_OK;
}

/* What the messages behind depend on. */
static void note_hello(shk_player *p, unsigned id, shk_span body)
{
    enum { VERSION_AND_RANDOM = 34 };
    if (id == SHK_MSG_client_hello && body.len > VERSION_AND_RANDOM)
        memcpy(p->randoms[0], body.data + 2, sizeof p->randoms[0]);
    if (id != SHK_MSG_server_hello || body.len <= VERSION_AND_RANDOM)
        return;
    memcpy(p->randoms[1], body.data + 2, sizeof p->randoms[1]);
    size_t suite = VERSION_AND_RANDOM + 1 + body.data[VERSION_AND_RANDOM];
    p->version = (uint16_t)(body.data[0] << 8 | body.data[1]);
    if (body.len >= suite + 2)
        p->suite = (uint16_t)(body.data[suite] << 8 | body.data[suite + 1]);
    const shk_suite_row *row = shk_suite_of(p->suite);
    if (row != NULL && row->min_version >= SHK_TLS13)
        p->version = SHK_TLS13;
}

static shk_form form_of(const shk_player *p)
{
    enum { VERIFY_DATA_12 = 12 };
    shk_form form = {.version = p->version, .verify_length = VERIFY_DATA_12};
    const shk_suite_row *suite = shk_suite_of(p->suite);
    if (suite != NULL)
        form.key_exchange = shk_suite_form(suite);
    return form;
}

static size_t message_length(shk_span bytes)
{
    if (bytes.len < MESSAGE_HEADER)
        return SIZE_MAX;
    return MESSAGE_HEADER +
           ((size_t)bytes.data[1] << 16 | (size_t)bytes.data[2] << 8 | bytes.data[3]);
}

/* Whether the bytes are whole messages, the last too. */
static bool all_whole(shk_span bytes)
{
    while (bytes.len > 0) {
        size_t len = message_length(bytes);
        if (len > bytes.len)
            return false;
        bytes = shk_span_of(bytes.data + len, bytes.len - len);
    }
    return true;
}

static bool send_message(const shk_sending *s, unsigned id, shk_span raw)
{
    shk_player *p = s->player;
    const shk_form form = form_of(p);
    shk_buf message = shk_buf_growing(&shk_libc_allocator);
    bool ok = shk_buf_append(&message, raw) == SHK_OK &&
              shk_player_edit(p, s->side, id, s->time, &form, SHK_EDIT_ALL, &message, NULL) &&
              shk_send_deviating(s, SHK_HANDSHAKE, shk_buf_span(&message)) == SHK_OK;
    shk_buf_free(&message);
    return ok;
}

/* The messages that have come: each by itself, where the script speaks of one; else the records
 * that they came in. */
static bool pass_messages(shk_player *p, shk_whose side, const whole_record *last)
{
    shk_middle_side *from = &p->sides[side];
    shk_sending sendings[SHK_SCRIPT_OPERATIONS];
    shk_span raws[SHK_SCRIPT_OPERATIONS];
    unsigned ids[SHK_SCRIPT_OPERATIONS];
    size_t count = 0;
    bool any = p->out[side].joined.len > 0 || from->sealer.key != NULL, ok = true;
    bool updates = false;
    shk_span rest = shk_buf_span(&from->messages);
    while (rest.len > 0 && count < SHK_SCRIPT_OPERATIONS) {
        size_t len = message_length(rest);
        shk_span body = shk_span_of(rest.data + MESSAGE_HEADER, len - MESSAGE_HEADER);
        unsigned id = shk_message_identify(rest.data[0], p->version, body);
        raws[count] = shk_span_of(rest.data, len);
        ids[count] = id;
        rest = shk_span_of(rest.data + len, rest.len - len);
        if (id >= SHK_MSG_COUNT)
            break; /* nothing of ours: all goes on as it is */
        const shk_form form = form_of(p);
        note_hello(p, id, body);
        sendings[count] = sending_of(p, side, id, last->version);
        sendings[count].sealed = last->opened;
        updates = updates || id == SHK_MSG_key_update;
        shk_player_remember(p, side, id, sendings[count].time, &form, raws[count]);
        any = any || met(&sendings[count]);
        count++;
    }
    if (!any || rest.len > 0)
        ok = pass_on(p, side, shk_buf_span(&from->records));
    if (any && last->opened)
        ok = ok && shk_middle_reseal(p, side, from->first);
    for (size_t i = 0; ok && any && rest.len == 0 && i < count; i++)
        ok = send_message(&sendings[i], ids[i], raws[i]);
    from->messages.len = from->records.len = 0;
    if (updates)
        shk_middle_update(p, side);
    return ok;
}

static bool pass_handshake(shk_player *p, shk_whose side, const whole_record *record)
{
    shk_middle_side *from = &p->sides[side];
    if (from->records.len == 0 && record->opened)
        from->first = from->opener->sequence - 1;
    if (shk_buf_append(&from->records, record->all) != SHK_OK ||
        (record->content.len > 0 && shk_buf_append(&from->messages, record->content) != SHK_OK))
        return false;
    return !all_whole(shk_buf_span(&from->messages)) || pass_messages(p, side, record);
}

static bool send_record(const shk_sending *s, const whole_record *record)
{
    shk_buf content = shk_buf_growing(&shk_libc_allocator);
    bool ok = (record->content.len == 0 || shk_buf_append(&content, record->content) == SHK_OK) &&
              shk_player_edit(s->player, s->side, s->target, s->time, NULL, SHK_EDIT_ALL, &content,
                              NULL) &&
              shk_send_deviating(s, record->type, shk_buf_span(&content)) == SHK_OK;
    shk_buf_free(&content);
    return ok;
}

/* Below TLS 1.3 what follows ChangeCipherSpec is protected. */
static void note_change(shk_player *p, shk_whose side, uint8_t type)
{
    if (type == SHK_CHANGE_CIPHER_SPEC && p->version != SHK_TLS13)
        p->sides[side].encrypted = true;
}

/* What is in a record, in the clear or opened. */
static bool pass_content(shk_player *p, shk_whose side, const whole_record *record)
{
    unsigned target = shk_target_of_record(record->type);
    if (record->type == SHK_HANDSHAKE && (!p->sides[side].encrypted || record->opened))
        return pass_handshake(p, side, record);
    note_change(p, side, record->type);
    if (target == SHK_TARGETS)
        return pass_on(p, side, record->all);
    shk_sending s = sending_of(p, side, target, record->version);
    s.sealed = record->opened;
    shk_player_remember(p, side, target, s.time, NULL, record->content);
    if (!met(&s) && (!s.sealed || p->sides[side].sealer.key == NULL))
        return pass_on(p, side, record->all);
    return (!s.sealed || shk_middle_reseal(p, side, p->sides[side].opener->sequence - 1)) &&
           send_record(&s, record);
}

static bool is_protected(const shk_player *p, shk_whose side, uint8_t type)
{
    return p->version == SHK_TLS13 ? type == SHK_APPLICATION_DATA : p->sides[side].encrypted;
}

/* Whether the script counts the records of that side: they go on as they came, and stay closed, for
 * messages could not be put together from what is left of them. */
static bool counts_records(const shk_player *p, shk_whose side)
{
    for (size_t i = 0; i < p->script->operation_count; i++)
        for (size_t k = 0; k < SHK_OPERAND_PAIR; k++) {
            const shk_point *point = &p->script->operations[i].points[k];
            if (point->target == SHK_TARGET_RECORD && shk_player_side(p, point->whose) == side)
                return true;
        }
    return false;
}

static bool pass_record(shk_player *p, shk_whose side, const whole_record *record)
{
    shk_sending whole = sending_of(p, side, SHK_TARGET_RECORD, record->version);
    shk_buf plaintext = shk_buf_growing(&shk_libc_allocator);
    whole_record inner = *record;
    inner.opened = is_protected(p, side, record->type) && !counts_records(p, side) &&
                   shk_middle_open(p, side, &inner.type, record->content, &plaintext);
    if (inner.opened)
        inner.content = shk_buf_span(&plaintext);
    bool ok;
    if (met(&whole)) { /* as it is, protected or not */
        note_change(p, side, record->type);
        ok = send_record(&whole, record);
    } else {
        ok = pass_content(p, side, &inner);
    }
    shk_buf_free(&plaintext);
    return ok;
}

bool shk_middle_pass(shk_player *player, shk_whose side, shk_span bytes)
{
    shk_buf *pending = &player->sides[side].record;
    bool ok = bytes.len == 0 || shk_buf_append(pending, bytes) == SHK_OK;
    size_t at = 0;
    while (ok && pending->len - at >= RECORD_HEADER) {
        const uint8_t *header = pending->data + at;
        size_t len = (size_t)header[3] << 8 | header[4];
        if (pending->len - at < RECORD_HEADER + len)
            break;
        whole_record record = {header[0], (uint16_t)(header[1] << 8 | header[2]),
                               shk_span_of(header, RECORD_HEADER + len),
                               shk_span_of(header + RECORD_HEADER, len), false};
        ok = pass_record(player, side, &record);
        at += RECORD_HEADER + len;
    }
    shk_buf_drop(pending, at);
    return ok;
}
