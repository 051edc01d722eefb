/* What is seen on the wire (drive/wire.h). */
#include "drive/wire.h"

#include <string.h>

#include "drive/hello.h"
#include "shakedown/types.h"

enum {
    RECORD_HEADER = 5,
    MESSAGE_HEADER = 4,
    CHANGE_CIPHER_SPEC = 20,
    HANDSHAKE = 22,
    APPLICATION_DATA = 23,
    CLIENT_HELLO = 1,
    SERVER_HELLO = 2,
    CERTIFICATE = 11,
    SERVER_KEY_EXCHANGE = 12
};

void shk_wire_begin(shk_wire_reader *reader)
{
    memset(reader, 0, sizeof *reader);
    reader->record = shk_buf_growing(&shk_libc_allocator);
    reader->message = shk_buf_growing(&shk_libc_allocator);
}

void shk_wire_end(shk_wire_reader *reader)
{
    shk_buf_free(&reader->record);
    shk_buf_free(&reader->message);
}

/* RFC 8701 §2: both bytes are the same, and end in the digit a. */
static bool is_grease(uint16_t value)
{
    return (value & 0x0f0f) == 0x0a0a && value >> 8 == (value & 0xff);
}

static void share_shape(shk_codec *c, void *element)
{
    shk_seen_extension *share = (shk_seen_extension *)element;
    shk_u16(c, "group", &share->type, NULL);
    shk_opaque16(c, "key_exchange", &share->body, 0, 65535);
}

static uint16_t count_shares(shk_span body)
{
    enum { LENGTH = 2 };
    shk_seen_extension share;
    uint16_t count = 0;
    shk_span rest = body.len >= LENGTH ? shk_span_of(body.data + LENGTH, body.len - LENGTH) : body;
    while (shk_list_next(&rest, NULL, share_shape, &share))
        count++;
    return count;
}

static void note_extension(const shk_seen_extension *extension, bool first, shk_wire *wire)
{
    wire->grease = wire->grease || is_grease(extension->type);
    for (size_t i = 0; i < SHK_EXT_COUNT; i++)
        if (shk_extension_rows[i].value == extension->type)
            wire->offers |= (uint64_t)1 << i;
    if (first && extension->type == shk_extension_rows[SHK_EXT_key_share].value)
        wire->key_shares = count_shares(extension->body);
}

static void note_client_hello(shk_span message, bool first, shk_wire *wire)
{
    shk_hello hello;
    shk_seen_extension extension;
    if (!shk_hello_of_client(
            shk_span_of(message.data + MESSAGE_HEADER, message.len - MESSAGE_HEADER), &hello))
        return;
    for (shk_span rest = hello.extensions; shk_raw_extension_next(&rest, &extension);)
        note_extension(&extension, first, wire);
    if (!first)
        return;
    wire->hello_length = (uint16_t)message.len;
    wire->session_id = hello.session_id.len > 0;
    wire->fallback_scsv = shk_u16_list_has(hello.suites, SHK_TLS_FALLBACK_SCSV);
    for (size_t i = 0; i < hello.suites.len / 2; i++)
        wire->grease = wire->grease || is_grease(shk_u16_at(hello.suites, i));
}

static void note_server_hello(shk_wire_reader *reader, shk_span message)
{
    shk_hello hello;
    if (!shk_hello_of_server(
            shk_span_of(message.data + MESSAGE_HEADER, message.len - MESSAGE_HEADER), &hello))
        return;
    reader->suite = hello.suite;
    reader->retry =
        reader->retry || memcmp(hello.random.data, shk_retry_random, sizeof shk_retry_random) == 0;
}

/* RFC 4279 §2 to §4: the ServerKeyExchange of every PSK exchange starts with the hint. */
static bool has_hint(const shk_wire_reader *reader, shk_span message)
{
    const shk_suite_row *suite = shk_suite_of(reader->suite);
    return suite != NULL && shk_suite_has_psk(suite) && message.len >= MESSAGE_HEADER + 2 &&
           (message.data[MESSAGE_HEADER] | message.data[MESSAGE_HEADER + 1]) != 0;
}

/* Reads one handshake message. Of a client only the hellos are read: what follows them may be
 * protected. */
static void read_message(shk_wire_reader *reader, bool retried, shk_span message, shk_wire *wire)
{
    const uint8_t type = message.data[0];
    if (type == CLIENT_HELLO && reader->hellos <= (retried ? 1 : 0))
        note_client_hello(message, reader->hellos++ == 0, wire);
    else if (type == SERVER_HELLO)
        note_server_hello(reader, message);
    else if (type == SERVER_KEY_EXCHANGE)
        wire->psk_hint = has_hint(reader, message);
    else if (type != CERTIFICATE || reader->suite == 0)
        reader->encrypted = true;
}

static void read_handshake(shk_wire_reader *reader, bool retried, shk_span bytes, shk_wire *wire)
{
    if (reader->encrypted || shk_buf_append(&reader->message, bytes) != SHK_OK)
        return;
    size_t at = 0;
    while (reader->message.len - at >= MESSAGE_HEADER && !reader->encrypted) {
        const uint8_t *data = reader->message.data + at;
        const size_t len =
            MESSAGE_HEADER + ((size_t)data[1] << 16 | (size_t)data[2] << 8 | data[3]);
        if (reader->message.len - at < len)
            break;
        read_message(reader, retried, shk_span_of(data, len), wire);
        at += len;
    }
    shk_buf_drop(&reader->message, at);
}

static void read_record(shk_wire_reader *reader, bool retried, uint8_t type, shk_span body,
                        shk_wire *wire)
{
    if (type == HANDSHAKE)
        read_handshake(reader, retried, body, wire);
    wire->change_cipher_spec = wire->change_cipher_spec || type == CHANGE_CIPHER_SPEC;
    reader->encrypted = reader->encrypted || (type == CHANGE_CIPHER_SPEC && reader->suite != 0);
    if (type != APPLICATION_DATA)
        return;
    reader->records++;
    reader->data += body.len;
    reader->longest = body.len > reader->longest ? body.len : reader->longest;
}

void shk_wire_read(shk_wire_reader *reader, bool retried, shk_span bytes, shk_wire *wire)
{
    if (shk_buf_append(&reader->record, bytes) != SHK_OK)
        return;
    size_t at = 0;
    while (reader->record.len - at >= RECORD_HEADER) {
        const uint8_t *data = reader->record.data + at;
        const size_t len = (size_t)data[3] << 8 | data[4];
        if (reader->record.len - at < RECORD_HEADER + len)
            break;
        read_record(reader, retried, data[0], shk_span_of(data + RECORD_HEADER, len), wire);
        at += RECORD_HEADER + len;
    }
    shk_buf_drop(&reader->record, at);
}

void shk_wire_begin_data(shk_wire_reader *reader)
{
    reader->records = reader->data = reader->longest = 0;
}

void shk_wire_end_data(const shk_wire_reader *reader, uint16_t version, uint16_t suite, size_t len,
                       shk_wire *wire)
{
    const shk_suite_row *row = shk_suite_of(suite);
    const shk_cipher_row *cipher = row != NULL ? shk_cipher_of(row->cipher) : NULL;
    const bool is_13 = version >= SHK_TLS13;
    if (cipher == NULL || cipher->tag == 0 || reader->records == 0)
        return;
    /* The tag, and TLS 1.3's type or the nonce that is sent before (RFC 5288 §3). */
    const size_t beside = cipher->tag + (is_13 ? (size_t)1 : cipher->record_iv);
    wire->record_content = (uint16_t)(reader->longest - beside);
    wire->padded = is_13 && reader->data - reader->records * beside > len;
}
