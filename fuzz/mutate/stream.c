/* Mutations of a peer's byte stream (mutate/stream.h). */
#include "mutate/stream.h"

#include <string.h>

enum {
    RECORD_HEADER = 5,
    MESSAGE_HEADER = 4,
    EXPLICIT_NONCE = 8, /* of AEAD suites below TLS 1.3 (RFC 5288 §3) */
    MOST_RECORDS = 128,
    HEAD_ONCE_IN = 16,
};

typedef struct {
    size_t start; /* of the header */
    size_t end;
} record;

typedef struct {
    record list[MOST_RECORDS];
    size_t count;
} records;

/* A handshake message in a record. */
typedef struct {
    size_t start; /* of its header */
    size_t length;
    size_t row;
    const shk_form *form;
} message;

static bool is_record(shk_span bytes, size_t at)
{
    return bytes.len - at >= RECORD_HEADER && bytes.data[at] >= SHK_CHANGE_CIPHER_SPEC &&
           bytes.data[at] <= SHK_HEARTBEAT_RECORD && bytes.data[at + 1] == 3 &&
           bytes.data[at + 2] <= 4 &&
           shk_bytes_get(bytes.data + at + 3, 2) <= bytes.len - at - RECORD_HEADER;
}

static void find_records(shk_span bytes, records *out)
{
    out->count = 0;
    for (size_t at = 0; at < bytes.len && out->count < MOST_RECORDS;) {
        if (!is_record(bytes, at)) {
            at++;
            continue;
        }
        size_t end = at + RECORD_HEADER + shk_bytes_get(bytes.data + at + 3, 2);
        out->list[out->count++] = (record){at, end};
        at = end;
    }
}

/* The row and the form by which a body decodes; else any that its type can have. */
static bool identify(shk_mutator *m, uint8_t type, shk_span body, message *out)
{
    shk_any decoded;
    size_t seen = 0;
    for (size_t row = 0; row < SHK_MSG_COUNT; row++) {
        const shk_message_row *r = &shk_message_rows[row];
        for (size_t i = 0; r->value == type && i < r->forms->count; i++) {
            const shk_form *form = &r->forms->forms[i];
            bool fits = shk_decode(r->layout->shape, form, body, &decoded, NULL) == SHK_OK;
            if (fits || shk_chance_once_in(&m->chance, ++seen)) {
                out->row = row;
                out->form = form;
            }
            if (fits)
                return true;
        }
    }
    return seen > 0;
}

/* A message that begins in the fragment of the record: plain, or behind an explicit nonce. */
static bool find_message(shk_mutator *m, shk_span bytes, const record *in, message *out)
{
    size_t found = 0;
    for (size_t skip = 0; skip <= EXPLICIT_NONCE && found == 0; skip += EXPLICIT_NONCE)
        for (size_t at = in->start + RECORD_HEADER + skip; at + MESSAGE_HEADER <= in->end;) {
            message here = {.start = at, .length = shk_bytes_get(bytes.data + at + 1, 3)};
            if (here.length > in->end - at - MESSAGE_HEADER)
                break;
            shk_span body = shk_span_of(bytes.data + at + MESSAGE_HEADER, here.length);
            if (!identify(m, bytes.data[at], body, &here))
                break;
            if (shk_chance_once_in(&m->chance, ++found))
                *out = here;
            at += MESSAGE_HEADER + here.length;
        }
    return found > 0;
}

/* Replaces bytes of a record's fragment; its length follows. */
static bool splice_record(shk_edited *stream, const record *in, size_t at, size_t len,
                          shk_span bytes)
{
    if (bytes.len > stream->cap - (stream->len - len))
        return false;
    memmove(stream->data + at + bytes.len, stream->data + at + len, stream->len - at - len);
    if (bytes.len > 0)
        memcpy(stream->data + at, bytes.data, bytes.len);
    stream->len = stream->len - len + bytes.len;
    if (in != NULL)
        shk_bytes_put(stream->data + in->start + 3, 2,
                      in->end - in->start - RECORD_HEADER - len + bytes.len);
    return true;
}

static shk_span stream_bytes(const shk_edited *stream)
{
    return shk_span_of(stream->data, stream->len);
}

/* A message that has been edited goes back in place of what it was. */
static bool put_back(shk_edited *stream, const record *in, const message *was,
                     const shk_edited *body)
{
    size_t at = was->start + MESSAGE_HEADER;
    if (!splice_record(stream, in, at, was->length, shk_span_of(body->data, body->len)))
        return false;
    shk_bytes_put(stream->data + was->start + 1, 3, body->len);
    return true;
}

/* The body of a message, to be edited in `room`. */
static bool begin_edit(shk_edited *body, uint8_t *room, shk_span bytes, const message *of)
{
    if (of->length > SHK_MUTATED_MAX / 2)
        return false;
    memcpy(room, bytes.data + of->start + MESSAGE_HEADER, of->length);
    *body = (shk_edited){room, of->length, SHK_MAX_PLAINTEXT - MESSAGE_HEADER};
    return true;
}

static bool mutate_message(shk_mutator *m, shk_edited *stream, const record *in)
{
    message found;
    shk_edited body;
    if (!find_message(m, stream_bytes(stream), in, &found) ||
        !begin_edit(&body, m->message, stream_bytes(stream), &found))
        return false;
    shk_mutate_message(m, shk_message_rows[found.row].layout, found.form, &body);
    return put_back(stream, in, &found, &body);
}

static bool copy_record(shk_mutator *m, shk_edited *stream, size_t at, shk_span other,
                        const record *from)
{
    size_t len = from->end - from->start;
    if (len > sizeof m->piece)
        return false;
    memcpy(m->piece, other.data + from->start, len);
    return splice_record(stream, NULL, at, 0, shk_span_of(m->piece, len));
}

/* A record becomes two, the second with the same header. */
static bool split_record(shk_mutator *m, shk_edited *stream, const record *in)
{
    size_t len = in->end - in->start - RECORD_HEADER;
    if (len == 0)
        return false;
    size_t first = shk_chance_below(&m->chance, len);
    uint8_t header[RECORD_HEADER];
    memcpy(header, stream->data + in->start, RECORD_HEADER);
    shk_bytes_put(header + 3, 2, len - first);
    if (!splice_record(stream, NULL, in->start + RECORD_HEADER + first, 0,
                       shk_span_of(header, RECORD_HEADER)))
        return false;
    shk_bytes_put(stream->data + in->start + 3, 2, first);
    return true;
}

/* A record takes in the one that follows it at once. */
static bool join_records(shk_edited *stream, const records *all, size_t n)
{
    if (n + 1 >= all->count || all->list[n].end != all->list[n + 1].start)
        return false;
    record both = {all->list[n].start, all->list[n + 1].end};
    return splice_record(stream, &both, all->list[n].end, RECORD_HEADER, shk_span_of(NULL, 0));
}

static bool change_header(shk_mutator *m, shk_edited *stream, const record *in)
{
    uint8_t *header = stream->data + in->start;
    if (shk_chance_once_in(&m->chance, 2))
        header[0] = (uint8_t)(SHK_CHANGE_CIPHER_SPEC + shk_chance_below(&m->chance, 5));
    else
        header[2] = (uint8_t)shk_chance_below(&m->chance, 5);
    return true;
}

static bool swap_with_next(shk_mutator *m, shk_edited *stream, const records *all, size_t n)
{
    if (n + 1 >= all->count)
        return false;
    record first = all->list[n], next = all->list[n + 1];
    if (first.end != next.start ||
        !copy_record(m, stream, first.start, stream_bytes(stream), &next))
        return false;
    size_t len = next.end - next.start;
    return splice_record(stream, NULL, next.start + len, len, shk_span_of(NULL, 0));
}

/* One mutation of the n-th record. */
static bool mutate_record(shk_mutator *m, shk_edited *stream, const records *all, size_t n)
{
    const record *in = &all->list[n];
    switch (shk_chance_below(&m->chance, 10)) {
    case 0:
        return splice_record(stream, NULL, in->start, in->end - in->start, shk_span_of(NULL, 0));
    case 1:
        return copy_record(m, stream, in->start, stream_bytes(stream),
                           &all->list[shk_chance_below(&m->chance, all->count)]);
    case 2:
        return swap_with_next(m, stream, all, n);
    case 3:
        return split_record(m, stream, in);
    case 4:
        return join_records(stream, all, n);
    case 5:
        return change_header(m, stream, in);
    default:
        return mutate_message(m, stream, in);
    }
}

void shk_mutate_stream(shk_mutator *m, shk_edited *stream)
{
    records all;
    find_records(stream_bytes(stream), &all);
    for (unsigned tries = 0; tries < 4 && all.count > 0; tries++)
        if (mutate_record(m, stream, &all, shk_chance_below(&m->chance, all.count)))
            return;
    stream->len = m->plain(stream->data, stream->len, stream->cap);
}

/* A message here is crossed with one of its type in the other stream. */
static bool cross_messages(shk_mutator *m, shk_edited *stream, const record *in, shk_span other,
                           const record *from)
{
    message here, there;
    shk_edited body;
    if (!find_message(m, stream_bytes(stream), in, &here) ||
        !find_message(m, other, from, &there) ||
        !begin_edit(&body, m->message, stream_bytes(stream), &here))
        return false;
    shk_span theirs = shk_span_of(other.data + there.start + MESSAGE_HEADER, there.length);
    return shk_cross_message(m, shk_message_rows[here.row].layout, here.form, &body,
                             shk_message_rows[there.row].layout, there.form, theirs) &&
           put_back(stream, in, &here, &body);
}

bool shk_cross_stream(shk_mutator *m, shk_edited *stream, shk_span other)
{
    records all, theirs;
    find_records(stream_bytes(stream), &all);
    find_records(other, &theirs);
    if (theirs.count == 0)
        return false;
    const record *from = &theirs.list[shk_chance_below(&m->chance, theirs.count)];
    if (all.count == 0)
        return copy_record(m, stream, stream->len, other, from);
    const record *in = &all.list[shk_chance_below(&m->chance, all.count)];
    if (shk_chance_once_in(&m->chance, 2) && cross_messages(m, stream, in, other, from))
        return true;
    size_t len = in->end - in->start;
    if (!copy_record(m, stream, in->end, other, from))
        return false;
    if (shk_chance_once_in(&m->chance, 2))
        splice_record(stream, NULL, in->start, len, shk_span_of(NULL, 0));
    return true;
}

size_t shk_mutate_stream_input(shk_mutator *m, size_t head, uint8_t *data, size_t size, size_t cap,
                               unsigned seed)
{
    m->chance.state = seed;
    if (size <= head || shk_chance_once_in(&m->chance, 3))
        return m->plain(data, size, cap);
    if (head > 0 && shk_chance_once_in(&m->chance, HEAD_ONCE_IN)) {
        size_t len = m->plain(data, head, head);
        memset(data + len, 0, head - len);
        return size;
    }
    shk_edited stream = {data + head, size - head, cap - head};
    shk_mutate_stream(m, &stream);
    return head + stream.len;
}

size_t shk_cross_stream_inputs(shk_mutator *m, size_t head, shk_span first, shk_span second,
                               uint8_t *out, size_t cap, unsigned seed)
{
    m->chance.state = seed;
    if (first.len > cap || first.len < head || second.len <= head)
        return 0;
    memcpy(out, first.data, first.len);
    shk_edited stream = {out + head, first.len - head, cap - head};
    bool done = shk_cross_stream(m, &stream, shk_span_of(second.data + head, second.len - head));
    return done ? head + stream.len : 0;
}
