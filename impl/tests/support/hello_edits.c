/* Hellos with one field or extension edited (support/hello_edits.h). */
#include "hello_edits.h"

#include <string.h>

#include "extensions/extension_block.h"
#include "messages/client_hello.h"
#include "messages/server_hello.h"

/* What is cut out and put in. */
typedef struct {
    test_bytes value;
    uint8_t raw[MAX_VECTOR];
    shk_buf extensions;
    uint8_t random[32];
} edited;

static void add_raw(shk_buf *out, uint16_t type, shk_span data)
{
    shk_raw_extension e = {type, data};
    assert_int_equal(shk_encode(shk_raw_extension_shape, NULL, &e, out, NULL), SHK_OK);
}

static void edit_extensions(const hello_case *c, edited *e, shk_extension_block *block)
{
    shk_raw_extension x;
    shk_span moved = {NULL, 0};
    e->extensions = shk_buf_over(e->raw, sizeof e->raw);
    for (shk_span rest = block->raw; shk_list_next(&rest, NULL, shk_raw_extension_shape, &x);) {
        bool hit = x.extension_type == c->type;
        if (hit && c->kind == MOVE)
            moved = x.extension_data;
        if (hit && (c->kind == REMOVE || c->kind == MOVE))
            continue;
        add_raw(&e->extensions, x.extension_type,
                hit && c->kind == REPLACE ? span_of(&e->value) : x.extension_data);
    }
    if (c->kind == MOVE)
        add_raw(&e->extensions, c->type, moved);
    if (c->kind == APPEND)
        add_raw(&e->extensions, c->type, span_of(&e->value));
    block->raw = shk_buf_span(&e->extensions);
    block->present = true;
}

static shk_span edited_random(const hello_case *c, edited *e, shk_span random)
{
    if (c->kind != RANDOM_END)
        return random;
    memcpy(e->random, random.data, 32);
    memcpy(e->random + 24, e->value.data, 8);
    return shk_span_of(e->random, 32);
}

/* A message in one record; the block's extensions are written as they are, whether or not their
 * shapes would have them. */
static size_t frame(uint8_t type, const test_bytes *body, uint8_t *out)
{
    size_t whole = body->len + 4;
    uint8_t head[9] = {22,
                       3,
                       3,
                       (uint8_t)(whole >> 8),
                       (uint8_t)whole,
                       type,
                       0,
                       (uint8_t)(body->len >> 8),
                       (uint8_t)body->len};
    memcpy(out, head, 9);
    memcpy(out + 9, body->data, body->len);
    return 9 + body->len;
}

static void put(test_bytes *out, const void *bytes, size_t len)
{
    assert_true(out->len + len <= MAX_VECTOR);
    memcpy(out->data + out->len, bytes, len);
    out->len += len;
}

static void put_vector(test_bytes *out, unsigned width, shk_span bytes)
{
    uint8_t length[2] = {(uint8_t)(bytes.len >> 8), (uint8_t)bytes.len};
    put(out, length + 2 - width, width);
    put(out, bytes.data, bytes.len);
}

static void put_u16(test_bytes *out, uint16_t value)
{
    uint8_t bytes[2] = {(uint8_t)(value >> 8), (uint8_t)value};
    put(out, bytes, 2);
}

static uint16_t u16_of(const test_bytes *bytes)
{
    unsigned value = (unsigned)bytes->data[0] << 8 | bytes->data[1];
    return (uint16_t)value;
}

shk_client_hello waiting_hello(const shk_conn *conn)
{
    shk_span out = shk_conn_output(conn);
    shk_client_hello hello;
    size_t len = (size_t)out.data[3] << 8 | out.data[4];
    assert_int_equal(shk_decode(shk_message_rows[SHK_MSG_client_hello].layout->shape, NULL,
                                shk_span_of(out.data + 9, len - 4), &hello, NULL),
                     SHK_OK);
    return hello;
}

size_t edited_client_hello(const hello_case *c, shk_conn *from, uint8_t *out)
{
    shk_span sent = shk_conn_output(from);
    shk_client_hello m = waiting_hello(from);
    edited e = {.value = from_hex(c->hex)};
    test_bytes body = {.len = 0};
    edit_extensions(c, &e, &m.extensions);
    put_u16(&body, c->kind == VERSION ? u16_of(&e.value) : m.legacy_version);
    put(&body, edited_random(c, &e, m.random).data, 32);
    put_vector(&body, 1, c->kind == SESSION_ID ? span_of(&e.value) : m.legacy_session_id);
    put_vector(&body, 2, c->kind == SUITES ? span_of(&e.value) : m.cipher_suites);
    put_vector(&body, 1, c->kind == COMPRESSION ? span_of(&e.value) : m.legacy_compression_methods);
    put_vector(&body, 2, m.extensions.raw);
    shk_conn_sent(from, sent.len);
    return frame(1, &body, out);
}

size_t edited_server_hello(const hello_case *c, shk_conn *from, uint8_t *out)
{
    shk_span sent = shk_conn_output(from);
    size_t len = (size_t)(sent.data[6] << 16 | sent.data[7] << 8 | sent.data[8]);
    bool retry =
        shk_message_identify(2, 0, shk_span_of(sent.data + 9, len)) == SHK_MSG_hello_retry_request;
    shk_server_hello m;
    edited e = {.value = from_hex(c->hex)};
    test_bytes body = {.len = 0};
    /* both have the same fields; the row tells the random and the extensions' place */
    assert_int_equal(
        shk_decode(shk_message_rows[retry ? SHK_MSG_hello_retry_request : SHK_MSG_server_hello]
                       .layout->shape,
                   NULL, shk_span_of(sent.data + 9, len), &m, NULL),
        SHK_OK);
    edit_extensions(c, &e, &m.extensions);
    put_u16(&body, c->kind == VERSION ? u16_of(&e.value) : m.legacy_version);
    put(&body, edited_random(c, &e, m.random).data, 32);
    put_vector(&body, 1, c->kind == SESSION_ID ? span_of(&e.value) : m.legacy_session_id_echo);
    put_u16(&body, c->kind == SUITES ? u16_of(&e.value) : m.cipher_suite);
    put(&body, "\0", 1);
    put_vector(&body, 2, m.extensions.raw);
    shk_conn_sent(from, sent.len);
    return frame(2, &body, out);
}

void assert_hello_refused(const hello_case *c, shk_conn *receiver, const uint8_t *bytes, size_t len)
{
    assert_case_fails(c->name, shk_conn_feed(receiver, bytes, len), c->expected);
    if (c->expected == SHK_OK)
        return;
    assert_refused(c->name, receiver, c->expected);
    assert_int_equal(shk_conn_feed(receiver, bytes, len), SHK_E_CLOSED);
}
