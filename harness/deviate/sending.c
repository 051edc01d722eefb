/* What a player sends in place of a message (deviate/sending.h). */
#include "deviate/sending.h"

#include <string.h>

#include "shakedown/conn.h"

enum { RECORD_HEADER = 5, MESSAGE_HEADER = 4, LONGEST_RECORD = 16384, PREVIOUS_KEYS = 15 };
enum { MOST_TIMES = 100000, MOST_EXTRA = 1 << 24 /* so that a run ends, and has memory */ };

static const shk_operation *find(const shk_sending *s, shk_operation_kind kind)
{
    return shk_player_find(s->player, kind, s->side, s->target, s->time);
}

static bool has_record_operation(const shk_sending *s)
{
    static const shk_operation_kind kinds[] = {
        SHK_OP_FRAGMENT_AT,  SHK_OP_FRAGMENT_EVERY, SHK_OP_JOIN,   SHK_OP_PROTECT,
        SHK_OP_RECORD_TYPE,  SHK_OP_RECORD_VERSION, SHK_OP_DAMAGE, SHK_OP_CUT,
        SHK_OP_CLOSE_BEFORE, SHK_OP_CLOSE_AFTER,    SHK_OP_WAIT,   SHK_OP_NEXT_KEYS};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (find(s, kinds[i]) != NULL)
            return true;
    return false;
}

/* What waits to go out, behind what is kept back. */
static shk_buf *pending(const shk_sending *s)
{
    return s->conn != NULL ? shk_conn_pending_output(s->conn) : &s->player->out[s->side].kept;
}

/* Bytes that the side has produced so far. */
static uint64_t produced(const shk_sending *s)
{
    const shk_outgoing *out = &s->player->out[s->side];
    return out->gone + out->kept.len + (s->conn != NULL ? shk_conn_output(s->conn).len : 0);
}

/* One record. The middle seals what it has opened. */
static shk_status emit_record(const shk_sending *s, int epoch, uint8_t type, uint16_t version,
                              shk_span content)
{
    if (s->conn != NULL)
        return shk_conn_emit(s->conn, epoch, type, version, content);
    shk_sealer *sealer = &s->player->sides[s->side].sealer;
    if (s->sealed && epoch != 0)
        return sealer->key != NULL && shk_sealer_seal(sealer, type, content, pending(s))
                   ? SHK_OK
                   : SHK_E_CRYPTO;
    const uint8_t header[RECORD_HEADER] = {type, (uint8_t)(version >> 8), (uint8_t)version,
                                           (uint8_t)(content.len >> 8), (uint8_t)content.len};
    SHK_TRY(shk_buf_append(pending(s), shk_span_of(header, sizeof header)));
    return content.len > 0 ? shk_buf_append(pending(s), content) : SHK_OK;
}

static shk_status hash(const shk_sending *s, shk_span bytes)
{
    return s->hashed == NULL || bytes.len == 0 ? SHK_OK : shk_buf_append(s->hashed, bytes);
}

static size_t index_of(const shk_sending *s, const shk_operation *operation)
{
    return (size_t)(operation - s->player->script->operations);
}

/* How often an operation sends so many bytes; 0, and it is not applied, where a run would not end.
 */
static uint32_t times_of(const shk_sending *s, const shk_operation *operation, size_t len)
{
    shk_player *p = s->player;
    const uint32_t times = operation->numbers[0] > 0 ? operation->numbers[0] : 1;
    const uint64_t bytes = (uint64_t)times * (len + RECORD_HEADER);
    if (times <= MOST_TIMES && p->extra + bytes <= MOST_EXTRA) {
        p->extra += bytes;
        return times;
    }
    p->too_much[index_of(s, operation)] = true;
    p->applied[index_of(s, operation)] = false;
    return 0;
}

/* Of an epoch that has not come the operation is not applied. */
static int epoch_of(const shk_sending *s)
{
    const shk_operation *protect = find(s, SHK_OP_PROTECT);
    if (protect == NULL)
        return SHK_EPOCH_CURRENT;
    if (protect->numbers[0] == PREVIOUS_KEYS)
        return SHK_EPOCH_PREVIOUS;
    if (s->conn == NULL || (int)protect->numbers[0] < shk_conn_epochs(s->conn))
        return (int)protect->numbers[0];
    s->player->applied[index_of(s, protect)] = false;
    return SHK_EPOCH_CURRENT;
}

/* How long the next record is, when `done` bytes of the content have gone. */
static size_t piece_length(const shk_sending *s, size_t done, size_t left)
{
    const shk_operation *every = find(s, SHK_OP_FRAGMENT_EVERY), *at = find(s, SHK_OP_FRAGMENT_AT);
    size_t len = left < LONGEST_RECORD || s->one_record ? left : LONGEST_RECORD;
    if (every != NULL && every->numbers[0] > 0 && every->numbers[0] < len)
        len = every->numbers[0];
    for (size_t i = 0; at != NULL && i < SHK_OPERAND_PAIR; i++)
        if (at->numbers[i] > done && at->numbers[i] - done < len)
            len = at->numbers[i] - done;
    return len;
}

/* Flips a bit of the record that begins so many bytes before the end of the output. One that it
 * does not have has met nothing. */
static void damage(const shk_sending *s, size_t from_end, const shk_operation *operation)
{
    shk_buf *out = pending(s);
    const uint32_t bit = operation->numbers[0];
    size_t at = out->len - from_end + RECORD_HEADER + bit / 8;
    if (at < out->len)
        out->data[at] ^= (uint8_t)(0x80 >> bit % 8);
    else
        s->player->applied[index_of(s, operation)] = false;
}

/* Sends content as records under the keys of the epoch. */
static shk_status emit_records(const shk_sending *s, int epoch, uint8_t type, shk_span content)
{
    const shk_operation *other_type = find(s, SHK_OP_RECORD_TYPE);
    const shk_operation *version = find(s, SHK_OP_RECORD_VERSION);
    size_t done = 0;
    do {
        size_t len = piece_length(s, done, content.len - done);
        size_t start = pending(s)->len;
        shk_span piece = content.len > 0 ? shk_span_of(content.data + done, len) : content;
        SHK_TRY(emit_record(s, epoch, type,
                            version != NULL ? (uint16_t)version->numbers[0] : s->version, piece));
        if (other_type != NULL) /* of the header alone: what is inside stays */
            pending(s)->data[start] = (uint8_t)other_type->numbers[0];
        done += len;
    } while (done < content.len);
    return SHK_OK;
}

static shk_status emit_with_marks(const shk_sending *s, int epoch, uint8_t type, shk_span content)
{
    shk_player *p = s->player;
    const shk_operation *bit = find(s, SHK_OP_DAMAGE), *cut = find(s, SHK_OP_CUT);
    const shk_operation *wait = find(s, SHK_OP_WAIT);
    shk_outgoing *out = &p->out[s->side];
    uint64_t start = produced(s);
    if (wait != NULL && out->barrier_count < SHK_SCRIPT_OPERATIONS)
        out->barriers[out->barrier_count++] = (shk_barrier){start, wait->numbers[0]};
    if (find(s, SHK_OP_CLOSE_BEFORE) != NULL)
        shk_player_close_at(p, s->side, start);
    SHK_TRY(emit_records(s, epoch, type, content));
    if (bit != NULL)
        damage(s, (size_t)(produced(s) - start), bit);
    if (cut != NULL)
        shk_player_close_at(p, s->side, start + cut->numbers[0]);
    if (find(s, SHK_OP_CLOSE_AFTER) != NULL)
        shk_player_close_at(p, s->side, produced(s));
    return SHK_OK;
}

/* What was joined goes first, and under its keys; then the ChangeCipherSpec that has waited. */
static shk_status emit_joined(const shk_sending *s, uint8_t type, shk_span content)
{
    shk_outgoing *out = &s->player->out[s->side];
    static const uint8_t change[1] = {1};
    SHK_TRY(shk_buf_append(&out->joined, content));
    shk_buf all = out->joined;
    out->joined = shk_buf_growing(&shk_libc_allocator);
    shk_status status = emit_with_marks(s, out->joined_epoch, type, shk_buf_span(&all));
    shk_buf_free(&all);
    if (status == SHK_OK && out->change_cipher_spec_waits)
        status =
            emit_record(s, SHK_EPOCH_CURRENT, SHK_CHANGE_CIPHER_SPEC, 0, shk_span_of(change, 1));
    out->change_cipher_spec_waits = false;
    return status;
}

/* The epoch by its number, where there are keys. */
static int epoch_number(const shk_sending *s)
{
    int epoch = epoch_of(s);
    return epoch == SHK_EPOCH_CURRENT && s->conn != NULL ? shk_conn_epochs(s->conn) - 1 : epoch;
}

static shk_status join(const shk_sending *s, shk_span content)
{
    shk_outgoing *out = &s->player->out[s->side];
    if (out->joined.len == 0)
        out->joined_epoch = epoch_number(s);
    return shk_buf_append(&out->joined, content);
}

static shk_status emit_now(const shk_sending *s, uint8_t type, shk_span content)
{
    bool marked = has_record_operation(s);
    if (s->flight != NULL && type == SHK_HANDSHAKE && !marked &&
        s->player->out[s->side].joined.len == 0)
        return shk_flight_append(s->flight, content);
    if (s->flight != NULL)
        SHK_TRY(shk_flight_flush(s->flight));
    if (type == SHK_HANDSHAKE && s->conn != NULL)
        shk_conn_show_sent(s->conn, content);
    if (find(s, SHK_OP_JOIN) != NULL)
        return join(s, content);
    if (s->player->out[s->side].joined.len > 0)
        return emit_joined(s, type, content);
    return emit_with_marks(s, epoch_of(s), type, content);
}

/* Sends the message itself; then its keys may be over. Where it has none that others follow from
 * the operation is not applied. */
static shk_status emit(const shk_sending *s, uint8_t type, shk_span content)
{
    const shk_operation *next = find(s, SHK_OP_NEXT_KEYS);
    SHK_TRY(emit_now(s, type, content));
    if (s->conn == NULL || next == NULL)
        return SHK_OK;
    const shk_status status = shk_conn_next_keys(s->conn);
    if (status != SHK_E_CONFIG)
        return status;
    s->player->applied[index_of(s, next)] = false;
    return SHK_OK;
}

/* Once more, beside it. */
static shk_status emit_again(const shk_sending *s, uint8_t type, shk_span content)
{
    if (s->flight != NULL && type == SHK_HANDSHAKE)
        return shk_flight_append(s->flight, content);
    if (s->flight != NULL)
        SHK_TRY(shk_flight_flush(s->flight));
    return emit_records(s, SHK_EPOCH_CURRENT, type, content);
}

/* What an item is to a script, which can speak of it by its own name. */
static unsigned target_of(const shk_sending *s, const shk_operation *o, uint8_t type,
                          shk_span content)
{
    if (type != SHK_HANDSHAKE || content.len < MESSAGE_HEADER)
        return shk_target_of_record(type);
    if (o->item == SHK_ITEM_MESSAGE)
        return o->item_number;
    if (o->item == SHK_ITEM_COPY)
        return o->points[1].target;
    unsigned id = shk_message_identify(
        content.data[0], s->player->version,
        shk_span_of(content.data + MESSAGE_HEADER, content.len - MESSAGE_HEADER));
    return id < SHK_MSG_COUNT ? id : SHK_TARGETS;
}

/* Sends one item, under its own name. */
static shk_status emit_item(const shk_sending *s, const shk_operation *o, uint8_t type,
                            shk_span content)
{
    shk_sending item = *s;
    item.target = target_of(s, o, type, content);
    if (s->conn != NULL && s->target == SHK_MSG_client_hello && item.target != s->target)
        item.version = SHK_TLS12; /* that of a first ClientHello is its own (RFC 8446 §5.1) */
    item.time = item.target < SHK_TARGETS ? ++s->player->times[s->side][item.target] : 0;
    if (o->item != SHK_ITEM_BYTES && o->item != SHK_ITEM_RECORD)
        return emit(&item, type, content);
    if (s->flight != NULL)
        SHK_TRY(shk_flight_flush(s->flight));
    item.one_record = true;
    if (o->item == SHK_ITEM_RECORD) /* under keys, whatever its type */
        return emit_with_marks(&item, epoch_number(&item), type, content);
    return content.len > 0 ? shk_buf_append(pending(s), content) : SHK_OK;
}

static shk_status emit_times(const shk_sending *s, const shk_operation *o, uint8_t type,
                             shk_span content)
{
    const uint32_t times = times_of(s, o, content.len);
    for (uint32_t i = 0; i < times; i++) {
        SHK_TRY(emit_item(s, o, type, content));
        bool message =
            type == SHK_HANDSHAKE && o->item != SHK_ITEM_BYTES && o->item != SHK_ITEM_RECORD;
        if (message && !o->keep_transcript)
            SHK_TRY(hash(s, content));
    }
    return SHK_OK;
}

/* Behind the Finished of a handshake of TLS 1.3 come other keys, and what follows is under them. */
static bool waits_for_keys(const shk_sending *s)
{
    return s->conn != NULL && s->flight != NULL && s->target == SHK_MSG_finished &&
           s->player->form.version >= SHK_TLS13 && !shk_conn_info_of(s->conn).connected;
}

void shk_send_deferred(shk_player *player, shk_conn *conn)
{
    for (size_t i = 0; i < player->script->operation_count; i++) {
        const shk_operation *o = &player->script->operations[i];
        const shk_sending s = {.player = player, .side = player->own, .conn = conn};
        shk_buf content = shk_buf_growing(&shk_libc_allocator);
        uint8_t type;
        if (!player->deferred[i])
            continue;
        player->deferred[i] = false;
        player->applied[i] = shk_player_item(player, o, &type, &content);
        if (player->applied[i] && emit_times(&s, o, type, shk_buf_span(&content)) != SHK_OK)
            player->applied[i] = false;
        shk_buf_free(&content);
    }
}

/* Sends what the operations of a kind put beside the message; `*any` tells that there are some. */
static shk_status emit_items(const shk_sending *s, shk_operation_kind kind, bool *any)
{
    const shk_script *script = s->player->script;
    for (size_t i = 0; i < script->operation_count; i++) {
        const shk_operation *o = &script->operations[i];
        shk_buf content = shk_buf_growing(&shk_libc_allocator);
        uint8_t type;
        if (o->kind != kind || !shk_player_meets(s->player, o, s->side, s->target, s->time))
            continue;
        *any = true;
        shk_status status = SHK_OK;
        if (kind == SHK_OP_AFTER && waits_for_keys(s)) {
            s->player->deferred[i] = true;
            continue;
        }
        if (shk_player_item(s->player, o, &type, &content)) {
            s->player->applied[i] = true;
            status = emit_times(s, o, type, shk_buf_span(&content));
        }
        shk_buf_free(&content);
        SHK_TRY(status);
    }
    return SHK_OK;
}

static shk_status emit_copies(const shk_sending *s, uint8_t type, shk_span message)
{
    const shk_operation *repeat = find(s, SHK_OP_REPEAT);
    const uint32_t times = repeat == NULL ? 0 : times_of(s, repeat, message.len);
    for (uint32_t i = 0; i < times; i++) {
        SHK_TRY(emit_again(s, type, message));
        if (type == SHK_HANDSHAKE && !repeat->keep_transcript)
            SHK_TRY(hash(s, message));
    }
    return SHK_OK;
}

/* What was held until this message. */
static shk_status release_held(const shk_sending *s)
{
    shk_player *p = s->player;
    for (size_t i = 0; i < p->script->operation_count; i++) {
        const shk_point *until = &p->script->operations[i].points[1];
        if (p->held[i].len == 0 || until->target != s->target ||
            shk_player_side(p, until->whose) != s->side ||
            (until->time != SHK_EVERY_TIME && until->time != s->time))
            continue;
        uint8_t type = p->held[i].data[0];
        shk_span content = shk_span_of(p->held[i].data + 1, p->held[i].len - 1);
        SHK_TRY(emit_again(s, type, content));
        if (type == SHK_HANDSHAKE && !p->script->operations[i].keep_transcript)
            SHK_TRY(hash(s, content));
        shk_buf_free(&p->held[i]);
    }
    return SHK_OK;
}

/* Keeps the message for later; false: no operation wants it. */
static bool hold(const shk_sending *s, uint8_t type, shk_span message)
{
    const shk_operation *o = find(s, SHK_OP_HOLD);
    if (o == NULL)
        return false;
    shk_buf *held = &s->player->held[index_of(s, o)];
    if (!o->keep_transcript && s->hashed != NULL)
        s->hashed->len = 0;
    if (held->len > 0 && held->data[0] == type) /* behind what is held already */
        return shk_buf_append(held, message) == SHK_OK;
    held->len = 0;
    return shk_buf_append(held, shk_span_of(&type, 1)) == SHK_OK &&
           shk_buf_append(held, message) == SHK_OK;
}

shk_status shk_send_deviating(const shk_sending *s, uint8_t type, shk_span message)
{
    bool replaced = false, any = false;
    shk_buf own = shk_buf_growing(&shk_libc_allocator); /* what `hashed` has of the message */
    const shk_operation *drop = find(s, SHK_OP_DROP);
    shk_status status = SHK_OK;
    if (s->hashed != NULL) { /* in the order in which it goes out */
        status = shk_buf_append(&own, shk_buf_span(s->hashed));
        s->hashed->len = 0;
    }
    if (status == SHK_OK)
        status = emit_items(s, SHK_OP_BEFORE, &any);
    if (status == SHK_OK)
        status = emit_items(s, SHK_OP_INSTEAD, &replaced);
    bool held = status == SHK_OK && !replaced && drop == NULL && hold(s, type, message);
    bool gone = drop != NULL && !drop->keep_transcript;
    if (status == SHK_OK && !replaced && !gone && !held)
        status = hash(s, shk_buf_span(&own));
    if (status == SHK_OK && !replaced && drop == NULL && !held)
        status = emit(s, type, message);
    shk_buf_free(&own);
    if (status == SHK_OK && !held)
        status = emit_copies(s, type, message);
    if (status == SHK_OK)
        status = release_held(s);
    return status == SHK_OK ? emit_items(s, SHK_OP_AFTER, &any) : status;
}
