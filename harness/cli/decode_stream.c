/* Follows a stream of records or handshake messages, and prints each (cli/decode.h). */
#include <string.h>

#include "cli/decode.h"
#include "drive/hello.h"

enum { RECORD_HEADER = 5, MESSAGE_HEADER = 4, PLAIN_ALERT = 2 };

static const shk_segment *segment(const shk_decoding *d, size_t i)
{
    return (const shk_segment *)(const void *)d->segments.data + i;
}

/* Where a pending byte stands in the input; `at` is not before that of the last call. */
static size_t offset_of(shk_decoding *d, size_t at)
{
    const size_t count = d->segments.len / sizeof(shk_segment);
    while (d->segment_at + 1 < count && segment(d, d->segment_at + 1)->at <= at)
        d->segment_at++;
    const shk_segment *s = segment(d, d->segment_at);
    return count == 0 ? at : s->offset + (at - s->at);
}

bool shk_decoding_add(shk_decoding *d, shk_span fragment, size_t offset)
{
    const shk_segment here = {d->pending.len, offset};
    return shk_buf_append(&d->pending, fragment) == SHK_OK &&
           shk_buf_append(&d->segments, shk_span_of(&here, sizeof here)) == SHK_OK;
}

/* Drops what was printed, but only when nothing is left: each byte is then moved at most once,
 * however many records a message spans. The buffer never holds more than the input. */
static void forget_printed(shk_decoding *d)
{
    if (d->pending_at < d->pending.len)
        return;
    d->pending.len = d->segments.len = 0;
    d->pending_at = d->segment_at = 0;
}

static shk_form form_of_suite(const shk_decoding *d)
{
    shk_form form = {.version = d->version, .key_exchange = shk_suite_form(d->suite)};
    form.verify_length = d->version >= SHK_TLS13 ? (uint8_t)shk_hash_size(d->suite->hash) : 12;
    return form;
}

/* Whether a form of the table fits the version and the suite so far. */
static bool fits(const shk_decoding *d, const shk_form *form)
{
    if (d->version == 0 || form->version == 0)
        return true;
    return d->version >= SHK_TLS12 ? form->version >= SHK_TLS12 : form->version < SHK_TLS12;
}

static size_t add_row(const shk_decoding *d, shk_message id, shk_candidate *out, size_t count)
{
    const shk_message_row *row = &shk_message_rows[id];
    if (d->suite != NULL && d->version != 0) {
        out[count++] = (shk_candidate){row->name, row->layout, form_of_suite(d)};
        return count;
    }
    for (size_t i = 0; i < row->forms->count && count < SHK_MAX_CANDIDATES; i++)
        if (fits(d, &row->forms->forms[i]))
            out[count++] = (shk_candidate){row->name, row->layout, row->forms->forms[i]};
    return count;
}

/* What a message of the type may be: while the version is not known, that of either. */
static size_t candidates_of(const shk_decoding *d, uint8_t type, shk_span body, shk_candidate *out)
{
    if (d->version != 0) {
        shk_message id = shk_message_identify(type, d->version, body);
        return id == SHK_MSG_COUNT ? 0 : add_row(d, id, out, 0);
    }
    shk_message older = shk_message_identify(type, SHK_TLS12, body);
    shk_message newer = shk_message_identify(type, SHK_TLS13, body);
    size_t count = older == SHK_MSG_COUNT ? 0 : add_row(d, older, out, 0);
    return newer == SHK_MSG_COUNT || newer == older ? count : add_row(d, newer, out, count);
}

/* Notes what the hellos negotiate. */
static void follow(shk_decoding *d, const shk_layout *layout, shk_span body)
{
    shk_hello hello;
    bool choice = layout == shk_message_rows[SHK_MSG_server_hello].layout;
    if (layout == shk_message_rows[SHK_MSG_client_hello].layout) {
        d->version = d->first_version;
        d->suite = NULL;
        d->is_protected = false;
    } else if ((choice || layout == shk_message_rows[SHK_MSG_hello_retry_request].layout) &&
               shk_hello_of_server(body, &hello)) {
        d->version = shk_hello_version(&hello);
        d->suite = shk_suite_of(hello.suite);
        d->is_protected = choice && d->version >= SHK_TLS13;
    }
}

/* The pending message at `at`, of whose body of `len` bytes `have` are there. */
static void print_message(shk_decoding *d, size_t at, size_t len, size_t have)
{
    shk_printer *p = &d->printer;
    shk_candidate candidates[SHK_MAX_CANDIDATES];
    uint8_t type = d->pending.data[at];
    shk_span body = shk_span_of(d->pending.data + at + MESSAGE_HEADER, have);
    const size_t offset = offset_of(d, at);
    const size_t body_offset = offset_of(d, at + MESSAGE_HEADER);
    size_t count = candidates_of(d, type, body, candidates);
    size_t best = 0;
    const char *name = shk_handshake_type_name(type);
    const char *heading = count > 0 ? candidates[0].name : name != NULL ? name : "unknown";
    shk_decoding_begin(d, "message", heading);
    shk_print_number(p, "offset", offset, 8, NULL);
    shk_print_number(p, "type", type, 1, shk_handshake_type_name);
    shk_print_number(p, "length", len, 3, NULL);
    if (count > 0) {
        best = shk_decoding_body(d, candidates, count, body, body_offset, have < len);
    } else {
        shk_fault fault = {have < len ? SHK_E_TRUNCATED : SHK_E_UNKNOWN_MESSAGE,
                           have < len ? have : 0, NULL};
        shk_print_bytes(p, "undecoded", body);
        shk_decoding_error(d, heading, &fault, body_offset);
    }
    shk_decoding_end(d);
    if (count > 0 && have == len)
        follow(d, candidates[best].layout, body);
}

/* The end of the input, inside a header. */
static void print_cut_header(shk_decoding *d, size_t at)
{
    size_t have = d->pending.len - at;
    shk_fault fault = {SHK_E_TRUNCATED, have, have == 0 ? "type" : "length"};
    shk_decoding_begin(d, "message", "incomplete");
    shk_print_bytes(&d->printer, "undecoded", shk_span_of(d->pending.data + at, have));
    shk_decoding_error(d, "handshake message", &fault, offset_of(d, at));
    shk_decoding_end(d);
}

void shk_decoding_messages(shk_decoding *d, bool last)
{
    size_t at = d->pending_at;
    while (d->pending.len - at >= MESSAGE_HEADER) {
        const uint8_t *header = d->pending.data + at;
        size_t len = (size_t)header[1] << 16 | (size_t)header[2] << 8 | header[3];
        size_t have = d->pending.len - at - MESSAGE_HEADER;
        if (have < len && !last)
            break;
        print_message(d, at, len, have < len ? have : len);
        at += MESSAGE_HEADER + (have < len ? have : len);
    }
    if (last && at < d->pending.len) {
        print_cut_header(d, at);
        at = d->pending.len;
    }
    d->pending_at = at;
    forget_printed(d);
}

/* After ChangeCipherSpec the other direction may still be in the clear, or a new connection may
 * start: a record that is exactly one of these messages is not taken for a protected one. */
static bool looks_plain(shk_span fragment)
{
    if (fragment.len < MESSAGE_HEADER)
        return false;
    size_t len = (size_t)fragment.data[1] << 16 | (size_t)fragment.data[2] << 8 | fragment.data[3];
    uint8_t type = fragment.data[0];
    return len == fragment.len - MESSAGE_HEADER &&
           (type == shk_message_rows[SHK_MSG_client_hello].value ||
            type == shk_message_rows[SHK_MSG_new_session_ticket_12].value);
}

static void print_handshake(shk_decoding *d, shk_span fragment, size_t offset)
{
    if (!shk_decoding_add(d, fragment, offset)) {
        shk_fault fault = {SHK_E_NO_MEMORY, 0, NULL};
        shk_decoding_error(d, "record", &fault, offset);
        return;
    }
    shk_print_begin(&d->printer, "messages", true);
    shk_decoding_messages(d, false);
    shk_print_end(&d->printer, true);
    if (d->pending.len > 0)
        shk_print_number(&d->printer, "bytes_of_next_message", d->pending.len - d->pending_at, 4,
                         NULL);
}

/* The layout of a content type that has one: SHK_REC_COUNT if it has none. */
static shk_record_kind layout_of(uint8_t type)
{
    static const struct {
        uint8_t type;
        shk_record_kind kind;
    } rows[] = {
        {SHK_CHANGE_CIPHER_SPEC, SHK_REC_change_cipher_spec},
        {SHK_ALERT_RECORD, SHK_REC_alert_message},
        {SHK_HEARTBEAT_RECORD, SHK_REC_heartbeat_message},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].type == type)
            return rows[i].kind;
    return SHK_REC_COUNT;
}

/* Whether a record's fragment is in the clear. ChangeCipherSpec always is (RFC 8446 §5), even where
 * it says that the rest of its direction is not. */
static bool is_plain(const shk_decoding *d, uint8_t type, shk_span fragment)
{
    if (type == SHK_CHANGE_CIPHER_SPEC || (type == SHK_ALERT_RECORD && fragment.len == PLAIN_ALERT))
        return true;
    return type != SHK_APPLICATION_DATA &&
           (!d->is_protected || (type == SHK_HANDSHAKE && looks_plain(fragment)));
}

static void print_fragment(shk_decoding *d, uint8_t type, shk_span fragment, size_t offset,
                           bool cut)
{
    const shk_record_kind kind = layout_of(type);
    if (shk_content_type_name(type) == NULL) {
        shk_print_bytes(&d->printer, "undecoded", fragment);
    } else if (!is_plain(d, type, fragment)) {
        shk_print_bytes(&d->printer, "protected", fragment);
    } else if (type == SHK_HANDSHAKE) {
        print_handshake(d, fragment, offset);
    } else {
        const shk_record_row *row = &shk_record_rows[kind];
        shk_decoding_body(d, &(shk_candidate){row->name, row->layout, {.name = NULL}}, 1, fragment,
                          offset, cut);
    }
    if (type == SHK_CHANGE_CIPHER_SPEC)
        d->is_protected = d->is_protected || d->version < SHK_TLS13;
}

/* What is wrong with a record's header, if anything; `have` bytes follow it. */
static shk_fault check_header(const uint8_t *header, size_t len, size_t have)
{
    if (header[1] != 3)
        return (shk_fault){SHK_E_RECORD_VERSION, 1, "legacy_record_version"};
    if (len > SHK_MAX_CIPHERTEXT)
        return (shk_fault){SHK_E_RECORD_OVERFLOW, 3, "length"};
    if (len > have)
        return (shk_fault){SHK_E_TRUNCATED, RECORD_HEADER + have, "fragment"};
    if (shk_content_type_name(header[0]) == NULL)
        return (shk_fault){SHK_E_RECORD_TYPE, 0, "type"};
    return (shk_fault){SHK_OK, 0, NULL};
}

/* Prints the record at `at` and returns where the next one begins: a record of an unknown content
 * type can be skipped by its length, but nothing can be decoded after a header that has no version
 * of TLS. */
static size_t print_record(shk_decoding *d, shk_span input, size_t at)
{
    shk_printer *p = &d->printer;
    const uint8_t *header = input.data + at;
    size_t len = (size_t)header[3] << 8 | header[4];
    size_t have = input.len - at - RECORD_HEADER;
    shk_fault fault = check_header(header, len, have);
    bool lost = fault.status == SHK_E_RECORD_VERSION;
    shk_span fragment = shk_span_of(header + RECORD_HEADER, len < have ? len : have);
    shk_print_number(p, "offset", at, 8, NULL);
    shk_print_number(p, "type", header[0], 1, shk_content_type_name);
    shk_print_number(p, "legacy_record_version", (uint64_t)header[1] << 8 | header[2], 2,
                     shk_version_name);
    shk_print_number(p, "length", len, 2, NULL);
    if (lost)
        shk_print_bytes(p, "undecoded", shk_span_of(header, input.len - at));
    else
        print_fragment(d, header[0], fragment, at + RECORD_HEADER, len > have);
    if (fault.status != SHK_OK)
        shk_decoding_error(d, "record", &fault, at);
    return lost ? input.len : at + RECORD_HEADER + fragment.len;
}

void shk_decoding_records(shk_decoding *d, shk_span input)
{
    for (size_t at = 0; at < input.len;) {
        shk_decoding_begin(d, "kind", "record");
        if (input.len - at >= RECORD_HEADER) {
            at = print_record(d, input, at);
        } else {
            shk_fault fault = {SHK_E_TRUNCATED, input.len - at, "length"};
            shk_print_bytes(&d->printer, "undecoded", shk_span_of(input.data + at, input.len - at));
            shk_decoding_error(d, "record", &fault, at);
            at = input.len;
        }
        shk_decoding_end(d);
    }
    shk_decoding_messages(d, true);
}
