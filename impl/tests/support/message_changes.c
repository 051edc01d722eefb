/* Changes to messages (support/message_changes.h). */
#include "message_changes.h"

#include <string.h>

#include "extensions/extension_block.h"
#include "messages/client_hello.h"
#include "messages/encrypted_extensions.h"
#include "messages/hello_retry_request.h"
#include "messages/server_hello.h"

/* What the running test has set. */
static struct {
    test_change changes[2]; /* a copy: the test may have left the function that named them */
    size_t change_count;    /* 0: nothing is changed */
    bool once;
    unsigned seen; /* messages of the change's kind */
} running;

void test_change_messages(const test_change *change)
{
    running.change_count = 0;
    running.once = false;
    running.seen = 0;
    if (change != NULL)
        running.changes[running.change_count++] = *change;
}

void test_change_one(const test_change *change)
{
    test_change_messages(change);
    running.once = true;
}

void test_change_both(const test_change *first, const test_change *second)
{
    test_change_messages(first);
    running.changes[running.change_count++] = *second;
}

bool test_change_was_made(void)
{
    return running.seen > running.changes[0].skip;
}

/* The extension block of a message that was encoded: it ends these messages. */
static shk_span block_of(shk_message id, const void *message)
{
    switch (id) {
    case SHK_MSG_client_hello:
        return ((const shk_client_hello *)message)->extensions.raw;
    case SHK_MSG_server_hello:
        return ((const shk_server_hello *)message)->extensions.raw;
    case SHK_MSG_hello_retry_request:
        return ((const shk_hello_retry_request *)message)->extensions.raw;
    case SHK_MSG_encrypted_extensions:
        return ((const shk_encrypted_extensions *)message)->extensions.raw;
    default:
        fail_msg("extensions are not looked for in this message");
        return shk_span_of(NULL, 0);
    }
}

/* The extension's place in its block, its length included. */
static void find_extension(shk_extension id, shk_span block, size_t *from, size_t *to)
{
    shk_raw_extension e;
    *to = 0;
    for (shk_span rest = block; shk_list_next(&rest, NULL, shk_raw_extension_shape, &e);) {
        *from = *to;
        *to = block.len - rest.len;
        if (e.extension_type == shk_extension_rows[id].value)
            return;
    }
    fail_msg("no %s to change", shk_extension_rows[id].name);
}

/* Makes the change within out[from] to out[to], at an offset from there or, negative, from its end;
 * all of the rest goes up to the end of the message. */
static void apply_between(const test_change *change, int offset, shk_buf *out, size_t from,
                          size_t to)
{
    test_bytes put = from_hex(change->hex);
    size_t at = offset < 0 ? to - (size_t)-offset : from + (size_t)offset;
    assert_in_range(at, from, to);
    size_t cut = change->cut == ALL ? out->len - at : change->cut;
    assert_true(at + cut <= out->len);
    assert_int_equal(shk_buf_reserve(out, put.len), SHK_OK);
    uint8_t *place = out->data + at;
    memmove(place + put.len, place + cut, out->len - at - cut);
    memcpy(place, put.data, put.len);
    out->len += put.len - cut;
}

static void apply(const test_change *change, const void *message, shk_buf *out, size_t start)
{
    size_t from = 0, to = 0;
    if (change->at < IN_EXTENSION) {
        apply_between(change, change->at, out, start, out->len);
        return;
    }
    const int within = change->at - IN_EXTENSION;
    const shk_span block = block_of(change->message, message);
    const size_t block_at = out->len - block.len;
    find_extension((shk_extension)(within / 0x10000), block, &from, &to);
    apply_between(change, within % 0x10000 - 0x8000, out, block_at + from, block_at + to);
    const size_t len = out->len - block_at;
    out->data[block_at - 2] = (uint8_t)(len >> 8);
    out->data[block_at - 1] = (uint8_t)len;
}

/* Stands in for shk_encode (the linker's --wrap), whose output a change is made to. */
shk_status __real_shk_encode(shk_shape *shape, const shk_form *form, void *message, shk_buf *out,
                             shk_fault *fault);
shk_status __wrap_shk_encode(shk_shape *shape, const shk_form *form, void *message, shk_buf *out,
                             shk_fault *fault);

shk_status __wrap_shk_encode(shk_shape *shape, const shk_form *form, void *message, shk_buf *out,
                             shk_fault *fault)
{
    const test_change *change = &running.changes[0];
    size_t start = out->len;
    shk_status status = __real_shk_encode(shape, form, message, out, fault);
    if (status == SHK_OK && running.change_count > 0 &&
        shape == shk_message_rows[change->message].layout->shape) {
        const size_t seen = running.seen++;
        if (seen < change->skip || (running.once && seen > change->skip))
            return status;
        apply(change, message, out, start);
        if (running.change_count == 2)
            test_change_messages(&running.changes[1]);
    }
    return status;
}

static void run_changed(test_pair *pair, const test_setup *setup, const test_change *change)
{
    test_change_messages(change);
    test_pair_open_and_run(pair, setup);
    assert_true(change == NULL || test_change_was_made());
    test_change_messages(NULL);
}

void assert_change_refused(const test_setup *setup, const test_change *change, bool at_server,
                           shk_status row)
{
    test_pair pair;
    run_changed(&pair, setup, change);
    assert_refused(NULL, at_server ? pair.server : pair.client, row);
    test_pair_close(&pair);
}

void assert_changes_refused(const test_setup *setup, const changed_case *cases, size_t count,
                            bool at_server)
{
    for (size_t i = 0; i < count; i++) {
        test_pair pair;
        run_changed(&pair, setup, &cases[i].change);
        shk_conn *receiver = at_server ? pair.server : pair.client;
        shk_conn *sender = at_server ? pair.client : pair.server;
        assert_refused(cases[i].name, receiver, cases[i].expected);
        assert_int_equal(shk_conn_failure_of(sender)->alert_received,
                         shk_conn_failure_of(receiver)->alert_sent);
        test_pair_close(&pair);
    }
}
